//! `dogwatch analyze`: the report of one pass, where it was asked for, and the exit code.

use super::{
    issues::FilingArgs,
    output::{remark, to_place},
    report::{About, Baseline, FailOn, Format, Novelty, Report},
};
use crate::{
    engine::Redactor,
    model::{Fingerprint, ServiceName},
    store::Store,
};
use chrono::{DateTime, Utc};
use clap::Args;
use std::{
    collections::BTreeSet,
    fs, io,
    path::{Path, PathBuf},
};

const ANALYZE_EXAMPLES: &str = "\
Examples:
  dogwatch analyze                                    the whole stack
  dogwatch analyze -s api -s db --since 10m           two services, the last ten minutes
  dogwatch analyze --format markdown -o report.md     a file for people
  docker compose logs --no-color | dogwatch analyze - what a pipe brings
  dogwatch analyze --fail-on critical ci.log          fail a build only when it is bad
  dogwatch analyze -o run.sarif -o junit.xml -o -     several reports of one reading, and text on the screen
  dogwatch analyze --baseline .dogwatch-baseline.json --update-baseline   accept what is there today
  dogwatch analyze --baseline .dogwatch-baseline.json                     fail on what is new since
  dogwatch analyze --since 10m --create-issues        file errors as issues, each once; see `dogwatch issues`

A form is named by --format, or by the ending of a file: .json .md .html .sarif .xml (JUnit). With several files
the ending counts first, so that --format is left for standard output; else --format does.

Exit codes:
  0  nothing at or above --fail-on       2  wrong use, or a file cannot be read or written
  1  something at or above --fail-on     3  Docker, project or service cannot be reached
  5  an issue could not be filed         4  some services could not be read";

/// `dogwatch analyze`.
#[derive(Debug, Clone, Args)]
#[command(after_help = ANALYZE_EXAMPLES)]
pub struct AnalyzeArgs {
    /// A recorded log instead of Docker; `-` is standard input.
    #[arg(value_name = "FILE|-")]
    pub log: Option<PathBuf>,

    /// Only this service; may be repeated.
    #[arg(short, long = "service", value_name = "NAME")]
    pub services: Vec<String>,

    /// Write the report there, in the form that the ending names; `-` is standard output. May be repeated.
    #[arg(short, long, value_name = "FILE")]
    pub output: Vec<PathBuf>,

    /// Form of the report.
    #[arg(long, value_enum)]
    pub format: Option<Format>,

    /// Short for --format json.
    #[arg(long, conflicts_with = "format")]
    pub json: bool,

    /// Exit with 1 from this severity on.
    #[arg(long, value_enum, default_value_t, value_name = "SEVERITY")]
    pub fail_on: FailOn,

    /// What was there before, a baseline or a report in JSON: only what is new or came back fails the run.
    #[arg(long, value_name = "FILE")]
    pub baseline: Option<PathBuf>,

    /// Write what was found to the baseline, and do not fail.
    #[arg(long, requires = "baseline")]
    pub update_baseline: bool,

    /// What is filed, and where.
    #[command(flatten)]
    pub filing: FilingArgs,
}

impl AnalyzeArgs {
    /// The form of the report that goes to `place`; nothing is standard output.
    pub fn format(&self, place: Option<&Path>) -> Format {
        let asked = if self.json { Some(Format::Json) } else { self.format };
        let named = place.and_then(Format::of_ending);
        let form = if self.output.len() > 1 { named.or(asked) } else { asked.or(named) };
        form.unwrap_or_default()
    }
}

/// What was read, for the head of the report.
#[derive(Debug, Clone, Default)]
pub struct Read {
    /// Project or file.
    pub name: String,
    /// Whether it is a recorded log: samples are named by line number instead of time.
    pub is_recorded: bool,
    /// Nothing older was read.
    pub since: Option<DateTime<Utc>>,
}

/// The services that were asked for and are not in the store, with those that are; empty when all is well.
pub fn missing_services(store: &Store, args: &AnalyzeArgs) -> Option<String> {
    let known: BTreeSet<&str> = store.services().map(|s| s.name.as_str()).collect();
    let missing: Vec<_> =
        args.services.iter().map(String::as_str).filter(|s| !known.contains(s)).collect();
    let known: Vec<_> = known.into_iter().collect();
    (!missing.is_empty()).then(|| {
        let there = if known.is_empty() { "there is none".to_owned() } else { known.join(", ") };
        format!("no service {}; known: {there}", missing.join(", "))
    })
}

/// The baseline that was asked for. One that is to be written need not be there yet.
///
/// # Errors
/// What is wrong with the file, and the fix.
pub fn baseline(args: &AnalyzeArgs) -> Result<Option<Baseline>, String> {
    let Some(path) = &args.baseline else { return Ok(None) };
    match fs::read_to_string(path) {
        Ok(text) => Baseline::parse(&text)
            .map(Some)
            .map_err(|why| format!("{} is no baseline: {why}", path.display())),
        Err(error) if error.kind() == io::ErrorKind::NotFound && args.update_baseline => {
            Ok(Some(Baseline::default()))
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            Err(format!("there is no baseline {}: make it with --update-baseline", path.display()))
        }
        Err(error) => Err(format!("cannot read {}: {error}", path.display())),
    }
}

/// Writes the reports of a store that was filled by one pass, and the baseline where that was asked for. Returns the
/// exit code, and the problems that the baseline knows.
///
/// # Errors
/// When a file cannot be written, which it is.
pub fn publish(
    store: &Store,
    args: &AnalyzeArgs,
    read: Read,
    baseline: Option<&Baseline>,
    now: DateTime<Utc>,
) -> Result<(u8, BTreeSet<Fingerprint>), Unwritable> {
    let Read { name, is_recorded, since } = read;
    let services = args.services.iter().map(|s| ServiceName::from(s.as_str())).collect();
    let about = About { name, is_recorded, since, services };
    let mut report = Report::from_store(store, &about, &Redactor::new(), now);
    if let Some(baseline) = baseline {
        baseline.compare(&mut report);
    }
    report.judge(args.fail_on.severity());
    let write = |place: Option<&Path>| {
        to_place(place, |out| report.write(args.format(place), out))
            .map_err(|error| Unwritable { path: place.map(Path::to_owned), error })
    };
    if args.output.is_empty() {
        write(None)?;
    }
    for place in &args.output {
        write(Some(place))?;
    }
    let known = report.problems.iter().filter(|p| p.novelty == Some(Novelty::Known));
    let known = known.filter_map(|p| Fingerprint::parse(&p.fingerprint)).collect();
    let Some((baseline, path)) = baseline.zip(args.baseline.as_deref()) else {
        return Ok((report.exit_code(), known));
    };
    if !args.update_baseline {
        return Ok((report.exit_code(), known));
    }
    let updated = baseline.updated(&report, now);
    to_place(Some(path), |out| updated.write(out))
        .map_err(|error| Unwritable { path: Some(path.to_owned()), error })?;
    remark(&format!("{} was written; it will not fail on these problems", path.display()));
    Ok((0, known))
}

/// What could not be written; nothing is standard output.
#[derive(Debug)]
pub struct Unwritable {
    /// Where.
    pub path: Option<PathBuf>,
    /// Why.
    pub error: io::Error,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        cli::{Arguments, Command},
        store::Limits,
    };
    use clap::Parser;

    fn args(line: &str) -> AnalyzeArgs {
        let arguments = Arguments::try_parse_from(line.split_whitespace()).unwrap();
        let Some(Command::Analyze(args)) = arguments.command else { panic!("{line}") };
        args
    }

    #[test]
    fn a_quiet_store_is_a_file_and_exit_code_zero() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("report.json");
        let args = args(&format!("dogwatch analyze --json -o {}", path.display()));
        let store = Store::new(Limits::default());
        let (code, _) =
            publish(&store, &args, Read::default(), None, DateTime::UNIX_EPOCH).unwrap();
        assert_eq!(code, 0);
        let json: serde_json::Value =
            serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
        assert_eq!(json["summary"]["total_errors"], 0);
    }

    #[test]
    fn services_that_are_not_there_are_named() {
        let store = Store::new(Limits::default());
        assert_eq!(missing_services(&store, &args("dogwatch analyze")), None);
        let text = missing_services(&store, &args("dogwatch analyze -s api")).unwrap();
        assert_eq!(text, "no service api; known: there is none");
    }
}
