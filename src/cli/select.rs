//! Which lines of the record a command is about: the flags that `history` and `export` share, and the [`Sieve`] that
//! they make.

use super::moment::Since;
use crate::model::{Level, Query, Row, ServiceName, Speaker, Stream, TextMatcher};
use chrono::{DateTime, Utc};
use clap::{
    Args,
    builder::{PossibleValuesParser, TypedValueParser as _},
};
use std::{
    collections::{BTreeMap, BTreeSet},
    str::FromStr,
};

/// What may be wanted of a record.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Selection")]
pub struct SelectArgs {
    /// Only this service; may be repeated, or be a list with commas.
    #[arg(short, long = "service", value_name = "NAME", value_delimiter = ',')]
    pub services: Vec<String>,

    /// At least this level; lines that name none are left out.
    #[arg(long, value_parser = level())]
    pub level: Option<Level>,

    /// Only this pipe; may be repeated.
    #[arg(long = "stream", value_name = "PIPE", value_delimiter = ',', value_parser = pipe())]
    pub pipes: Vec<Stream>,

    /// Only these words: a service's, dogwatch's about a container, or dogwatch's about itself; may be repeated.
    #[arg(long = "source", value_name = "SOURCE", value_delimiter = ',', value_parser = speaker())]
    pub speakers: Vec<Speaker>,

    /// Nothing newer: 10m, today, 2024-01-15T10:30:00Z, or Unix seconds.
    #[arg(long, value_name = "TIME")]
    pub until: Option<Since>,

    /// Only lines with these words: text, /regex/, or !not; all of several must hold.
    #[arg(short = 'g', long = "grep", value_name = "WORDS", value_parser = words)]
    pub words: Vec<String>,

    /// Upper and lower case are the same, also where the words have upper-case letters.
    #[arg(short, long)]
    pub ignore_case: bool,

    /// One run of each container: `current`, `previous`, 1 for the first on record, -2 for the one before the previous.
    #[arg(long, value_name = "RUN", allow_hyphen_values = true)]
    pub run: Option<Run>,
}

impl SelectArgs {
    /// The sieve that these flags mean; `also` is one more condition on the text.
    ///
    /// # Errors
    /// A sentence, where the words cannot be read, or the range of time is empty.
    pub fn sieve(
        &self,
        since: Option<Since>,
        also: Option<&str>,
        now: DateTime<Utc>,
    ) -> Result<Sieve, String> {
        let since = since.map(|since| since.resolve(now));
        let until = self.until.map(|until| until.resolve(now));
        if let (Some(since), Some(until)) = (since, until)
            && since >= until
        {
            return Err(format!(
                "--since {since} is not before --until {until}: nothing can be in between"
            ));
        }
        let typed = self.words.iter().map(String::as_str).chain(also);
        let words =
            typed.map(|words| matcher(words, self.ignore_case)).collect::<Result<_, _>>()?;
        Ok(Sieve {
            services: self.services.iter().map(|name| name.trim().to_owned()).collect(),
            level: self.level,
            pipes: self.pipes.clone(),
            speakers: self.speakers.clone(),
            since,
            until,
            words,
            run: self.run,
            chosen: BTreeMap::new(),
        })
    }
}

/// One run of each container, counted as `journalctl --boot` counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Run(
    /// From 1: the first on record and on; 0: the newest; below: so many before the newest.
    pub i64,
);

impl FromStr for Run {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "current" => Ok(Self(0)),
            "previous" => Ok(Self(-1)),
            number => number
                .parse()
                .map(Self)
                .map_err(|_| "not a run: write current, previous, or a number".to_owned()),
        }
    }
}

impl Run {
    /// The one that is meant of runs in order of time.
    pub fn of<T: Copy>(self, runs: &[T]) -> Option<T> {
        let at = match self.0 {
            first @ 1.. => usize::try_from(first - 1).ok()?,
            back => runs.len().checked_sub(1 + usize::try_from(back.unsigned_abs()).ok()?)?,
        };
        runs.get(at).copied()
    }
}

/// A container as its runs are counted: by service and number, so that one that was re-created goes on.
pub type Seat = (String, u32);

/// Runs of each container by their beginnings, in order.
pub type Runs = BTreeMap<Seat, BTreeSet<DateTime<Utc>>>;

/// Tells which rows are wanted.
#[derive(Debug, Clone, Default)]
pub struct Sieve {
    /// Only these services; empty means all.
    pub services: BTreeSet<String>,
    level: Option<Level>,
    pipes: Vec<Stream>,
    speakers: Vec<Speaker>,
    /// Nothing older.
    pub since: Option<DateTime<Utc>>,
    /// Nothing from there on.
    pub until: Option<DateTime<Utc>>,
    /// All must hold.
    pub words: Vec<TextMatcher>,
    /// One run of each container; [`Sieve::choose`] must be told which there are.
    pub run: Option<Run>,
    chosen: BTreeMap<Seat, DateTime<Utc>>,
}

impl Sieve {
    /// Settles which run of each container is meant. Answers whether any container has that run.
    pub fn choose(&mut self, runs: &Runs) -> bool {
        let Some(run) = self.run else { return true };
        self.chosen = runs
            .iter()
            .filter_map(|(seat, runs)| {
                let runs: Vec<_> = runs.iter().copied().collect();
                Some((seat.clone(), run.of(&runs)?))
            })
            .collect();
        !self.chosen.is_empty()
    }

    /// Whether a row can be shown at all, if only as the context of another: everything but level and words.
    pub fn is_in_scope(&self, row: &Row<'_>) -> bool {
        self.covers(row)
            && (self.pipes.is_empty() || self.pipes.contains(&row.stream))
            && (self.speakers.is_empty() || self.speakers.contains(&row.source))
    }

    /// Whether a row is of a wanted service, time and run: a gap there matters whatever else is asked for.
    pub fn covers(&self, row: &Row<'_>) -> bool {
        let is_in_time = match row.time {
            Some(time) => {
                self.since.is_none_or(|since| time >= since)
                    && self.until.is_none_or(|until| time < until)
            }
            None => self.since.is_none() && self.until.is_none(),
        };
        is_in_time
            && (self.services.is_empty() || self.services.contains(&*row.service))
            && self.is_of_run(row)
    }

    /// Whether a row that is in scope has the level and the words that are asked for.
    pub fn hits(&self, row: &Row<'_>) -> bool {
        self.level.is_none_or(|level| row.level >= level)
            && self.words.iter().all(|words| words.matches(&row.text))
    }

    /// The conditions that whoever reads the record can judge before handing rows over; `is_whole` asks for rows around
    /// the hits too. Rows that tell of a gap come in any case.
    pub fn query(&self, is_whole: bool) -> Query {
        let services = self.services.iter().map(|name| ServiceName::from(name.as_str())).collect();
        let (min_level, text) =
            if is_whole { (None, Vec::new()) } else { (self.level, self.words.clone()) };
        Query { services, min_level, text, keeps_gaps: true, ..Query::default() }
    }

    fn is_of_run(&self, row: &Row<'_>) -> bool {
        self.run.is_none()
            || row.run.is_some_and(|run| {
                self.chosen.get(&(row.service.to_string(), row.replica)) == Some(&run)
            })
    }
}

/// A condition on text as the screen reads it; `ignores_case` overrules smart case.
fn matcher(typed: &str, ignores_case: bool) -> Result<TextMatcher, String> {
    let typed = if ignores_case { caseless(typed) } else { typed.to_owned() };
    TextMatcher::parse(&typed)?.ok_or_else(|| "there are no words to look for".to_owned())
}

/// The same condition as a regular expression without case.
fn caseless(typed: &str) -> String {
    let (not, words) = match typed.strip_prefix('!') {
        Some(words) => ("!", words),
        None => ("", typed),
    };
    match words.strip_prefix('/').and_then(|words| words.strip_suffix('/')) {
        _ if words.is_empty() => typed.to_owned(),
        Some(pattern) if !pattern.is_empty() => format!("{not}/(?i:{pattern})/"),
        _ => format!("{not}/(?i:{})/", regex::escape(words)),
    }
}

/// Checks words where they are typed.
pub fn words(typed: &str) -> Result<String, String> {
    matcher(typed, false).map(|_| typed.to_owned())
}

fn level() -> impl clap::builder::TypedValueParser<Value = Level> {
    named(
        &[Level::Trace, Level::Debug, Level::Info, Level::Warn, Level::Error, Level::Fatal],
        Level::as_str,
    )
}

fn pipe() -> impl clap::builder::TypedValueParser<Value = Stream> {
    named(&[Stream::Stdout, Stream::Stderr], Stream::as_str)
}

fn speaker() -> impl clap::builder::TypedValueParser<Value = Speaker> {
    named(&[Speaker::Container, Speaker::System, Speaker::Manager], |speaker| match speaker {
        Speaker::Container => "container",
        Speaker::System => "system",
        Speaker::Manager => "manager",
    })
}

/// A value by its name; clap lists the names where it is none of them.
fn named<T: Copy + Send + Sync + 'static>(
    values: &'static [T],
    name: impl Fn(T) -> &'static str + Clone + Send + Sync + 'static,
) -> impl clap::builder::TypedValueParser<Value = T> {
    let names: Vec<_> = values.iter().map(|value| name(*value)).collect();
    PossibleValuesParser::new(names).try_map(move |typed| {
        values
            .iter()
            .copied()
            .find(|value| name(*value) == typed)
            .ok_or_else(|| format!("{typed} is not known"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::replay::ndjson;
    use clap::Parser;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        select: SelectArgs,
        #[arg(long)]
        since: Option<Since>,
    }

    fn sieve(line: &str) -> Result<Sieve, String> {
        let line = Line::try_parse_from(format!("x {line}").split_whitespace())
            .map_err(|error| error.to_string())?;
        line.select.sieve(line.since, None, "2026-03-04T12:00:00Z".parse().unwrap())
    }

    fn row(extra: &str) -> String {
        format!(
            r#"{{"time":"2026-03-04T11:59:00Z","service":"api","replica":1,"stream":"stderr","level":"error","text":"Timeout of db 7"{extra}}}"#
        )
    }

    fn passes(line: &str, row: &str) -> bool {
        let row = ndjson::read(row.as_bytes()).unwrap();
        let sieve = sieve(line).unwrap();
        sieve.is_in_scope(&row) && sieve.hits(&row)
    }

    #[test]
    fn each_flag_lets_through_what_it_names_and_nothing_else() {
        let row = row("");
        for (line, want) in [
            ("", true),
            ("-s api", true),
            ("-s web,api", true),
            ("-s web -s db", false),
            ("--level error", true),
            ("--level fatal", false),
            ("--stream stderr", true),
            ("--stream stdout", false),
            ("--source container", true),
            ("--source system,manager", false),
            ("--since 2m", true),
            ("--since 30s", false),
            ("--until 30s", true),
            ("--until 2m", false),
            ("--since 2026-03-04T11:59:00Z --until 2026-03-04T11:59:00.1Z", true),
            ("--grep timeout", true),
            ("--grep Timeout", true),
            ("--grep TIMEOUT", false),
            ("-i --grep TIMEOUT", true),
            ("-i --grep /D[AB]\\s\\d/", true),
            ("--grep /d[ab]\\s\\d/ --grep timeout", true),
            ("--grep timeout --grep nothing", false),
            ("--grep !timeout", false),
            ("-i --grep !TIMEOUT", false),
            ("--grep !nothing", true),
        ] {
            assert_eq!(passes(line, &row), want, "{line}");
        }
    }

    #[test]
    fn bad_values_are_errors_that_name_the_good_ones() {
        for (line, part) in [
            ("--level bogus", "trace, debug, info, warn, error, fatal"),
            ("--stream both", "stdout, stderr"),
            ("--source user", "container, system, manager"),
            ("--until soon", "not a time"),
            ("--grep /(/", "unclosed group"),
            ("--grep !", "no words"),
            ("--run last", "current, previous"),
            ("--since 5m --until 10m", "is not before"),
        ] {
            let error = sieve(line).unwrap_err();
            assert!(error.contains(part), "{line}: {error}");
        }
    }

    #[test]
    fn runs_count_from_either_end() {
        let runs = [10, 20, 30];
        for (typed, want) in [
            ("current", Some(30)),
            ("previous", Some(20)),
            ("-2", Some(10)),
            ("-3", None),
            ("0", Some(30)),
            ("1", Some(10)),
            ("3", Some(30)),
            ("4", None),
            ("-9223372036854775808", None),
        ] {
            assert_eq!(typed.parse::<Run>().unwrap().of(&runs), want, "{typed}");
        }
    }

    #[test]
    fn the_previous_run_is_each_containers_own() {
        let mut sieve = sieve("--run previous").unwrap();
        let at = |text: &str| text.parse::<DateTime<Utc>>().unwrap();
        let (early, late) = (at("2026-03-04T08:00:00Z"), at("2026-03-04T09:00:00Z"));
        let runs = Runs::from([
            (("api".into(), 1), BTreeSet::from([early, late])),
            (("api".into(), 2), BTreeSet::from([late])),
        ]);
        assert!(sieve.choose(&runs));
        for (extra, want) in [
            (r#","run":"2026-03-04T08:00:00Z""#, true),
            (r#","run":"2026-03-04T09:00:00Z""#, false),
            (r#","run":"2026-03-04T09:00:00Z","fields":{}"#, false),
            ("", false),
        ] {
            let row = row(extra);
            assert_eq!(sieve.is_in_scope(&ndjson::read(row.as_bytes()).unwrap()), want, "{extra}");
        }
        assert!(!sieve.choose(&Runs::new()));
    }
}
