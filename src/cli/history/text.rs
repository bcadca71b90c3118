//! Rows as lines for people, in the manner of `docker compose logs`: `10:00:03.141 api-1 | text`.
//!
//! The mark between name and text says whose words follow, so that no service can play us: `|` the service's own, `*`
//! ours, `!` a gap, `=` the beginning of another run, `-` the context of a hit.

use super::walk::{Part, Sink};
use crate::{
    cli::select::Seat,
    model::{Level, Row, Speaker, TextMatcher},
};
use chrono::{DateTime, Local, NaiveDate, SecondsFormat, Utc};
use std::{
    collections::HashMap,
    io::{self, Write},
};

/// Colours of services, by their order of appearance, as Compose has them: cyan, yellow, green, magenta, blue, bright.
const COLOURS: [u8; 10] = [36, 33, 32, 35, 34, 96, 93, 92, 95, 94];
/// Names do not push the text further than this.
const MAX_WIDTH: usize = 32;
/// Escape sequence before a hit's words, as grep has it, and after them.
const FOUND: &str = "\x1b[1;31m";
const END: &str = "\x1b[0m";
const DIM: &str = "\x1b[2m";

/// How lines look.
#[derive(Debug, Clone, Default)]
pub struct Look {
    /// Whether the place they go to shows colours.
    pub has_colour: bool,
    /// Whole times of the Engine instead of the clock's of this place.
    pub has_timestamps: bool,
    /// Words to make stand out.
    pub words: Vec<TextMatcher>,
    /// No day is told for lines of this one.
    pub today: Option<NaiveDate>,
}

/// Writes rows as lines.
pub(super) struct TextSink<'a> {
    out: &'a mut dyn Write,
    look: Look,
    width: usize,
    services: HashMap<String, u8>,
    runs: HashMap<Seat, DateTime<Utc>>,
    day: Option<NaiveDate>,
}

impl<'a> TextSink<'a> {
    /// A sink that has written nothing yet.
    pub(super) fn new(out: &'a mut dyn Write, look: Look) -> Self {
        let day = look.today;
        Self { out, look, width: 0, services: HashMap::new(), runs: HashMap::new(), day }
    }

    fn colour(&mut self, service: &str) -> u8 {
        if let Some(colour) = self.services.get(service) {
            return *colour;
        }
        let colour = COLOURS[self.services.len() % COLOURS.len()];
        self.services.insert(service.to_owned(), colour);
        colour
    }

    /// A line with the day, where it is another than that of the line before.
    fn tell_day(&mut self, row: &Row<'_>) -> io::Result<()> {
        let Some(time) = row.time.filter(|_| !self.look.has_timestamps) else { return Ok(()) };
        let day = time.with_timezone(&Local).date_naive();
        if self.day.replace(day) == Some(day) {
            return Ok(());
        }
        let (dim, end) = if self.look.has_colour { (DIM, END) } else { ("", "") };
        writeln!(self.out, "{dim}-- {day} --{end}")
    }

    /// A line where another run of the container begins than the one shown before.
    fn tell_run(&mut self, row: &Row<'_>) -> io::Result<()> {
        let Some(run) = row.run else { return Ok(()) };
        let earlier = self.runs.insert((row.service.to_string(), row.replica), run);
        if earlier.is_none_or(|earlier| earlier == run) {
            return Ok(());
        }
        let began = run.to_rfc3339_opts(SecondsFormat::Secs, true);
        let container: String = row.container.chars().take(12).collect();
        let text = format!("another run, begun {began}, container {container}");
        let at = Row { text: text.into(), ..row.clone() };
        self.line(&at, '=')
    }

    fn line(&mut self, row: &Row<'_>, mark: char) -> io::Result<()> {
        let time = match row.time {
            None => String::new(),
            Some(time) if self.look.has_timestamps => {
                time.to_rfc3339_opts(SecondsFormat::Nanos, true) + " "
            }
            Some(time) => time.with_timezone(&Local).format("%H:%M:%S%.3f ").to_string(),
        };
        let name = match row.replica {
            0 => row.service.to_string(),
            replica => format!("{}-{replica}", row.service),
        };
        self.width = self.width.max(name.chars().count().min(MAX_WIDTH));
        let width = self.width;
        if !self.look.has_colour {
            return writeln!(self.out, "{time}{name:<width$} {mark} {}", row.text);
        }
        let colour = self.colour(&row.service);
        write!(self.out, "{DIM}{time}{END}\x1b[{colour}m{name:<width$} {mark}{END} ")?;
        if mark == '|' {
            self.coloured(row)?;
        } else {
            write!(self.out, "\x1b[{}m{}{END}", if mark == '!' { "1;33" } else { "2" }, row.text)?;
        }
        self.out.write_all(b"\n")
    }

    /// The text with the words that were looked for, and with its level where it is a bad one.
    fn coloured(&mut self, row: &Row<'_>) -> io::Result<()> {
        let base = match row.level {
            Level::Fatal => "\x1b[1;35m",
            Level::Error => "\x1b[31m",
            Level::Warn => "\x1b[33m",
            _ => "",
        };
        let mut spans: Vec<_> =
            self.look.words.iter().flat_map(|words| words.spans(&row.text)).collect();
        spans.sort_unstable();
        let mut from = 0;
        self.out.write_all(base.as_bytes())?;
        for (start, end) in spans {
            if start < from {
                continue;
            }
            let (before, found) = (&row.text[from..start], &row.text[start..end]);
            write!(self.out, "{before}{END}{FOUND}{found}{END}{base}")?;
            from = end;
        }
        write!(self.out, "{}{END}", &row.text[from..])
    }
}

impl Sink for TextSink<'_> {
    fn row(&mut self, row: &Row<'_>, part: Part) -> io::Result<()> {
        self.tell_day(row)?;
        self.tell_run(row)?;
        let mark = match (part, row.source) {
            _ if row.gap.is_some() => '!',
            (_, Speaker::System | Speaker::Manager) => '*',
            (Part::Context, Speaker::Container) => '-',
            (_, Speaker::Container) => '|',
        };
        self.line(row, mark)
    }

    fn skip(&mut self) -> io::Result<()> {
        self.out.write_all(b"--\n")
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}
