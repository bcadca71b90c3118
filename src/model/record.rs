//! One line as a service logged it, and where it stands among all others.
//!
//! `source` makes [`RawLine`]s, `parse` turns each into a [`LogRecord`], `store` keeps them.
//! The level here is the service's own word; our judgement is a `Severity`.

use super::{ContainerId, Gap, SafeText, ServiceName};
use bytes::Bytes;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Number of a record in order of arrival, from 1; where a journal is kept, it goes on over runs of dogwatch, so that
/// a [`Position`] names the same line for ever. 0 names none.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
pub struct RecordId(pub u64);

/// Which pipe a line came through.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Stream {
    /// Standard output; a container with a terminal has only this one.
    Stdout,
    /// Standard error. Says nothing about severity: many programs log everything there.
    Stderr,
    /// Not the service's words but ours, about a container: a restart, an exit code, a gap.
    System,
    /// What dogwatch itself did: a restart by hand, an issue filed, lines let go.
    Manager,
}

impl Stream {
    /// Lower-case word as written in JSON: `stdout`, `stderr`, `system`, `manager`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Stdout => "stdout",
            Self::Stderr => "stderr",
            Self::System => "system",
            Self::Manager => "manager",
        }
    }

    /// Whether the words are ours and not the service's.
    pub const fn is_ours(self) -> bool {
        matches!(self, Self::System | Self::Manager)
    }
}

/// What the program itself said about a line; ambiguous is [`Level::Unknown`].
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// The line does not say, or says two things.
    #[default]
    Unknown,
    /// Finer than debug.
    Trace,
    /// For the program's developers.
    Debug,
    /// Normal operation; includes notice.
    Info,
    /// Something to look at.
    Warn,
    /// Something failed.
    Error,
    /// The program, or a large part of it, cannot go on: fatal, critical, alert, emergency, panic.
    Fatal,
}

impl Level {
    /// Lower-case word as written in JSON: `unknown`, `trace`, `debug`, `info`, `warn`, `error`, `fatal`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Trace => "trace",
            Self::Debug => "debug",
            Self::Info => "info",
            Self::Warn => "warn",
            Self::Error => "error",
            Self::Fatal => "fatal",
        }
    }
}

/// Where records come from: one container of one service.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Origin {
    /// Compose service, or the name found in a recorded log.
    pub service: ServiceName,
    /// The container; for a recorded log, made from its name.
    pub container: ContainerId,
    /// Compose's container number, from 1; 0 where the source knows none.
    pub replica: u32,
    /// Whether the container has a terminal: one stream, carriage returns redraw the line.
    pub is_tty: bool,
}

/// One line as a source delivers it: no line end, escape sequences and all; cheap to clone.
#[derive(Debug, Clone)]
pub struct RawLine {
    /// Whose line it is.
    pub origin: Arc<Origin>,
    /// Which pipe it came through.
    pub stream: Stream,
    /// The Engine's time of writing; `None` where the source carries no time.
    pub time: Option<DateTime<Utc>>,
    /// The bytes, without the line end; any encoding, at most 1 MiB. Most share the memory that they were read into,
    /// so they are not to be kept.
    pub bytes: Bytes,
}

/// Order of records over all services: by time, then by arrival.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Position {
    /// When the line was written.
    pub time: DateTime<Utc>,
    /// Tie-break among equal times.
    pub id: RecordId,
}

impl Position {
    /// Before every record.
    pub const FIRST: Self = Self { time: DateTime::<Utc>::MIN_UTC, id: RecordId(0) };
}

/// One line, parsed.
#[derive(Debug, Clone)]
pub struct LogRecord {
    /// Number in order of arrival.
    pub id: RecordId,
    /// When the line was written: the Engine's time, else the line's own, else the time of arrival.
    pub time: DateTime<Utc>,
    /// Whose line it is.
    pub origin: Arc<Origin>,
    /// Which pipe it came through.
    pub stream: Stream,
    /// The program's own word.
    pub level: Level,
    /// The whole line, harmless, without colours.
    pub text: SafeText,
    /// Byte offset in `text` where the message begins, after the line's own timestamp and level;
    /// always on a character boundary, at most `text.len()`.
    pub message_at: u32,
}

impl LogRecord {
    /// Whether it tells of a [`Gap`]: lines of its service are missing before it.
    pub fn is_gap(&self) -> bool {
        self.stream == Stream::System && Gap::is_told_by(&self.text)
    }

    /// The same without its own memory.
    pub fn line(&self) -> LogLine<'_> {
        LogLine {
            time: self.time,
            origin: &self.origin,
            stream: self.stream,
            level: self.level,
            text: self.text.as_str(),
            message_at: self.message_at as usize,
        }
    }

    /// As [`LogLine::said`].
    pub fn said(&self) -> &str {
        self.line().said()
    }

    /// Place of this record in the merged stream.
    pub fn position(&self) -> Position {
        Position { time: self.time, id: self.id }
    }

    /// As [`LogLine::message`].
    pub fn message(&self) -> &str {
        self.line().message()
    }
}

/// One line, parsed, where it lies: a [`LogRecord`] that is lent, so that what nobody keeps needs no memory.
#[derive(Debug, Clone, Copy)]
pub struct LogLine<'a> {
    /// When the line was written.
    pub time: DateTime<Utc>,
    /// Whose line it is.
    pub origin: &'a Arc<Origin>,
    /// Which pipe it came through.
    pub stream: Stream,
    /// The program's own word.
    pub level: Level,
    /// The whole line, harmless, without colours.
    pub text: &'a str,
    /// Byte offset in `text` where the message begins.
    pub message_at: usize,
}

impl<'a> LogLine<'a> {
    /// The line without its own timestamp and level; never empty unless the line is.
    pub fn message(self) -> &'a str {
        self.text.get(self.message_at..).unwrap_or(self.text)
    }

    /// Whether there is only a head of Ruby's logger, or a head and the request's tag: Rails sets what it says of an
    /// exception apart with such lines.
    pub fn says_nothing(self) -> bool {
        let said = if self.message_at > 0 { self.message().trim_end() } else { "" };
        let is_tag = said.starts_with('[') && said.find(']') == Some(said.len() - 1);
        let is_bare = said.is_empty() && self.text.trim_end().ends_with(" :");
        self.text.get(1..4) == Some(", [") && (is_tag || is_bare)
    }

    /// The message with the indentation that it has behind its head; the whole line where there is no head.
    pub fn said(self) -> &'a str {
        let head = self.text.get(..self.message_at).unwrap_or_default();
        let spaces = head.len() - head.trim_end_matches(' ').len();
        self.text.get(head.len() - spaces.saturating_sub(1)..).unwrap_or(self.text)
    }
}

/// How far one stream of one container was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Anchor {
    /// Time of the last line that was taken; times rise within one stream.
    pub time: DateTime<Utc>,
    /// How many lines with exactly that time were taken (an Engine that counts in seconds gives many).
    pub same: u32,
}
