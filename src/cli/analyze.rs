//! `dogwatch analyze`: the report of one pass, where it was asked for, and the exit code.

use super::{
    AnalyzeArgs,
    output::to_place,
    report::{About, Report},
};
use crate::{engine::Redactor, model::ServiceName, store::Store};
use chrono::{DateTime, Utc};
use std::{collections::BTreeSet, io};

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

/// Writes the report of a store that was filled by one pass. Returns the exit code.
///
/// # Errors
/// When the report cannot be written.
pub fn publish(
    store: &Store,
    args: &AnalyzeArgs,
    read: Read,
    now: DateTime<Utc>,
) -> io::Result<u8> {
    let Read { name, is_recorded, since } = read;
    let services = args.services.iter().map(|s| ServiceName::from(s.as_str())).collect();
    let about = About { name, is_recorded, since, services };
    let report = Report::from_store(store, &about, &Redactor::new(), now);
    to_place(args.output.as_deref(), |out| report.write(args.format(), out))?;
    Ok(report.exit_code(args.fail_on))
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
        let code = publish(&store, &args, Read::default(), DateTime::UNIX_EPOCH).unwrap();
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
