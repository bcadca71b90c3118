//! `dogwatch history` and `dogwatch export`: the record of a project, searched and written out.
//!
//! `walk` finds in the `rows` what is wanted; `text` and `data` write it. Where the record is, is the business of the roof.

mod data;
mod harmless;
mod newest;
mod rows;
mod text;
mod walk;

pub use rows::{Range, Rows, services};
pub use text::Look;
pub use walk::{Frame, Walked};

use super::select::{Run, SelectArgs, Sieve};
use chrono::{DateTime, Local, SecondsFormat, Utc};
use clap::{Args, ValueEnum};
use data::{CountSink, CsvSink, JsonSink, NdjsonSink};
use std::{
    io::{self, Write},
    path::PathBuf,
};
use text::TextSink;

const HISTORY_EXAMPLES: &str = "\
Examples:
  dogwatch history timeout --since 2h                    lines with a word, the last two hours
  dogwatch history -s api --level error -C 3             errors of a service with three lines around each
  dogwatch history -s api --run previous -n 50           what it said before it was restarted
  dogwatch history '/5\\d\\d/' --grep '!health' --count    how many lines with one and without the other
  dogwatch history --source system --since yesterday     what happened to the containers
  dogwatch history --follow --level error                errors as they come
  dogwatch history --format ndjson | jq -r .text         for programs

The mark before the text says whose words it is:
  |  the service's     *  dogwatch's        !  lines are missing here
  -  beside a hit      =  another run of the container begins

Exit codes:
  0  found             2  wrong use
  1  nothing found     3  no such project, or nothing is on record";

const EXPORT_EXAMPLES: &str = "\
Examples:
  dogwatch export yesterday.ndjson.gz --since yesterday --until today
  dogwatch export errors.csv --format csv --level error
  dogwatch export -s api -s db | jq -c 'select(.level == \"error\")'

A file appears when it is complete. What was exported as NDJSON can be opened: dogwatch FILE

Exit codes:
  0  written           2  wrong use, or the file cannot be written
  1  nothing found     3  no such project, or nothing is on record";

/// Lines that following begins with, as `tail -f` does.
const FOLLOWED: u64 = 10;

/// `dogwatch history`.
#[derive(Debug, Clone, Args)]
#[command(after_help = HISTORY_EXAMPLES)]
#[allow(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
pub struct HistoryArgs {
    /// Only lines with these words: text, /regex/, or !not; short for --grep.
    #[arg(value_name = "WORDS", value_parser = super::select::words)]
    pub pattern: Option<String>,

    #[command(flatten)]
    #[allow(missing_docs, reason = "clap would show it as help")]
    pub select: SelectArgs,

    /// Show so many lines before each hit.
    #[arg(short = 'B', long, value_name = "LINES", help_heading = "Answer")]
    pub before_context: Option<u16>,

    /// Show so many lines behind each hit.
    #[arg(short = 'A', long, value_name = "LINES", help_heading = "Answer")]
    pub after_context: Option<u16>,

    /// Show so many lines around each hit.
    #[arg(short = 'C', long = "around", value_name = "LINES", help_heading = "Answer")]
    pub around: Option<u16>,

    /// Only the oldest so many hits; --tail asks for the newest.
    #[arg(long, value_name = "LINES", conflicts_with = "tail", help_heading = "Answer")]
    pub head: Option<u64>,

    /// Go on with lines as they come, until Ctrl-C; begins with the newest 10 unless more are asked for.
    #[arg(long, conflicts_with_all = ["head", "count", "until", "json"], help_heading = "Answer")]
    pub follow: bool,

    /// Say only how many there are.
    #[arg(long, help_heading = "Answer")]
    pub count: bool,

    /// Form of the answer.
    #[arg(long, value_enum, default_value_t, help_heading = "Answer")]
    pub format: Form,

    /// Short for --format json.
    #[arg(long, conflicts_with = "format", help_heading = "Answer")]
    pub json: bool,

    /// Whole times in UTC instead of the clock's of this place.
    #[arg(short, long, help_heading = "Answer")]
    pub timestamps: bool,

    /// Colours in text.
    #[arg(long, value_enum, default_value_t, value_name = "WHEN", help_heading = "Answer")]
    pub color: ColourWish,
}

impl HistoryArgs {
    /// Which of the hits, and how much around each; `tail` is that of the stack, `since` whether a time was named.
    pub fn frame(&self, tail: Option<u64>, since: bool) -> Frame {
        let tail = tail.or_else(|| (self.follow && !since).then_some(FOLLOWED));
        let lines = |own: Option<u16>| usize::from(own.or(self.around).unwrap_or(0));
        let (before, after) = (lines(self.before_context), lines(self.after_context));
        Frame { before, after, head: self.head, tail, follows: self.follow }
    }

    /// The form that was asked for.
    pub fn form(&self) -> Form {
        if self.json { Form::Json } else { self.format }
    }
}

/// `dogwatch export`.
#[derive(Debug, Clone, Args)]
#[command(after_help = EXPORT_EXAMPLES)]
pub struct ExportArgs {
    /// Where to; `-` or nothing is standard output. A name that ends in .gz is compressed.
    #[arg(value_name = "FILE|-")]
    pub output: Option<PathBuf>,

    #[command(flatten)]
    #[allow(missing_docs, reason = "clap would show it as help")]
    pub select: SelectArgs,

    /// Form of the file.
    #[arg(long, value_enum, default_value_t = ExportForm::Ndjson)]
    pub format: ExportForm,
}

/// Form of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum Form {
    /// Lines as `docker compose logs` has them.
    #[default]
    Text,
    /// One document: {"logs": [...], "count": N}.
    Json,
    /// One object a line, as the record holds them.
    Ndjson,
}

/// Form of an exported file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ExportForm {
    /// One object a line, as the record holds them.
    Ndjson,
    /// One document: {"logs": [...], "count": N}.
    Json,
    /// Lines as `docker compose logs` has them, with whole times.
    Text,
    /// A table: time, service, replica, container, stream, level, text.
    Csv,
}

/// When to use colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum ColourWish {
    /// On a terminal that shows them, unless `NO_COLOR` is set.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

impl ColourWish {
    /// Whether to use them, as the environment says; `is_terminal` tells where the answer goes.
    pub fn is_met(self, env: impl Fn(&str) -> Option<String>, is_terminal: bool) -> bool {
        let is_set = |name: &str| env(name).is_some_and(|value| !value.is_empty() && value != "0");
        match self {
            Self::Always => true,
            Self::Never => false,
            Self::Auto if env("NO_COLOR").is_some_and(|value| !value.is_empty()) => false,
            Self::Auto if is_set("CLICOLOR_FORCE") || is_set("FORCE_COLOR") => true,
            Self::Auto => {
                is_terminal
                    && env("CLICOLOR").is_none_or(|value| value != "0")
                    && env("TERM").is_none_or(|term| term != "dumb")
            }
        }
    }
}

/// How an answer is written.
#[derive(Debug, Clone)]
pub enum Manner {
    /// For people.
    Text(Look),
    /// One document.
    Json,
    /// One object a line.
    Ndjson,
    /// A table.
    Csv,
    /// Only how many.
    Count,
}

/// Searches `rows` and writes what is found. Where `sieve` asks for a run, it is settled first.
///
/// # Errors
/// When the record cannot be read, or `out` not written.
pub fn run(
    rows: &dyn Rows,
    sieve: &mut Sieve,
    frame: Frame,
    manner: Manner,
    out: &mut dyn Write,
) -> io::Result<Walked> {
    if sieve.run.is_some() {
        let runs = rows::runs(rows, sieve)?;
        if !sieve.choose(&runs) {
            return Ok(Walked::default());
        }
    }
    match manner {
        Manner::Text(look) => walk::walk(rows, sieve, frame, &mut TextSink::new(out, look)),
        Manner::Ndjson => walk::walk(rows, sieve, frame, &mut NdjsonSink::new(out)),
        Manner::Csv => walk::walk(rows, sieve, frame, &mut CsvSink::new(out)),
        Manner::Json => {
            let mut sink = JsonSink::new(out);
            let walked = walk::walk(rows, sieve, frame, &mut sink)?;
            sink.finish()?;
            Ok(walked)
        }
        Manner::Count => {
            let walked = walk::walk(rows, sieve, frame, &mut CountSink)?;
            writeln!(out, "{}", walked.hits)?;
            Ok(walked)
        }
    }
}

/// What a person should know beside the answer, a sentence each.
///
/// # Errors
/// When the record cannot be read.
pub fn remarks(
    rows: &dyn Rows,
    sieve: &Sieve,
    walked: Walked,
    shows_gaps: bool,
) -> io::Result<Vec<String>> {
    let mut remarks = Vec::new();
    if let (Some(since), Some(oldest)) = (sieve.since, rows.oldest()?)
        && since < oldest
    {
        let begins = oldest.with_timezone(&Local).to_rfc3339_opts(SecondsFormat::Secs, true);
        remarks.push(format!("the record begins at {begins}; nothing older is kept"));
    }
    match walked.damaged {
        0 => {}
        1 => remarks.push("1 damaged line of the record was passed over".to_owned()),
        count => remarks.push(format!("{count} damaged lines of the record were passed over")),
    }
    if !shows_gaps && walked.gaps > 0 {
        let gaps =
            if walked.gaps == 1 { "1 gap".to_owned() } else { format!("{} gaps", walked.gaps) };
        remarks.push(format!(
            "{gaps} in that time: lines are missing (dogwatch history --source system)"
        ));
    }
    if walked.hits == 0 {
        if let Some(Run(number)) = sieve.run
            && walked == Walked::default()
        {
            remarks
                .push(format!("no such run is on record (asked for: {number}, 0 is the newest)"));
        }
        if !sieve.services.is_empty() {
            let known = services(rows)?;
            let missing: Vec<_> =
                sieve.services.iter().filter(|name| !known.contains(*name)).cloned().collect();
            if !missing.is_empty() {
                let known: Vec<_> = known.into_iter().collect();
                remarks.push(format!(
                    "nothing of {} is on record; there is: {}",
                    missing.join(", "),
                    known.join(", ")
                ));
            }
        }
    }
    Ok(remarks)
}

/// A day is told for lines of another one than this.
pub fn day_of(now: DateTime<Utc>) -> chrono::NaiveDate {
    now.with_timezone(&Local).date_naive()
}

#[cfg(test)]
mod tests;
