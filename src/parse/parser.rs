//! One raw line to one record.

use super::{header, keyed, stamp::Stamp};
use crate::model::{ContainerId, Level, LogRecord, RawLine, RecordId, SafeText, Stream};
use chrono::{DateTime, Duration, Utc};
use std::collections::HashMap;

/// So many containers are remembered for lines without a time; beyond, all are forgotten.
const MAX_CONTAINERS: usize = 4_096;
/// A program's clock so close to ours belongs to a line that was just written.
const LIVE: Duration = Duration::seconds(60);

/// Turns raw lines into records; remembers the last time of each container whose source carries none.
#[derive(Debug, Default)]
pub struct Parser {
    last: HashMap<ContainerId, Seen>,
}

#[derive(Debug, Clone, Copy)]
struct Seen {
    time: DateTime<Utc>,
    arrived: DateTime<Utc>,
}

impl Parser {
    /// A parser that has seen nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// Makes a record of one line. Never fails: what cannot be understood is a message of unknown level.
    ///
    /// The record's time is the Engine's where the source gave one, else the line's own, else that of the line
    /// before it in the same container (a stack trace has no times), else `now`. Lines of [`Stream::System`] are
    /// our own words and are not searched for a level. Costs one allocation, and looks for a header in the first
    /// 512 bytes and for JSON keys in the first 16 KiB.
    pub fn parse(&mut self, raw: RawLine, id: RecordId, now: DateTime<Utc>) -> LogRecord {
        let bytes = visible(&raw.bytes, raw.origin.is_tty);
        let text = SafeText::from_untrusted(bytes);
        let read = match raw.stream {
            Stream::System => Reading::default(),
            Stream::Stdout | Stream::Stderr => Reading::of(&text, bytes),
        };
        let time = match raw.time {
            Some(time) => time,
            None => self.time(&raw.origin.container, read.stamp, now),
        };
        LogRecord {
            id,
            time,
            origin: raw.origin,
            stream: raw.stream,
            level: read.level,
            text,
            message_at: read.message_at as u32,
        }
    }

    fn time(
        &mut self,
        container: &ContainerId,
        stamp: Option<Stamp>,
        now: DateTime<Utc>,
    ) -> DateTime<Utc> {
        if let Some(time) = stamp.and_then(|s| s.resolve(now)) {
            let seen = Seen { time, arrived: now };
            if let Some(known) = self.last.get_mut(container) {
                *known = seen;
            } else {
                if self.last.len() >= MAX_CONTAINERS {
                    self.last.clear();
                }
                self.last.insert(container.clone(), seen);
            }
            return time;
        }
        match self.last.get(container) {
            // A recorded log, or one that is being written: there, our own clock goes on from the last stamp.
            Some(seen) if (seen.arrived - seen.time).abs() > LIVE => seen.time,
            Some(seen) => seen.time + (now - seen.arrived).max(Duration::zero()),
            None => now,
        }
    }
}

/// What one line says of itself.
#[derive(Debug, Default)]
struct Reading {
    level: Level,
    stamp: Option<Stamp>,
    message_at: usize,
}

impl Reading {
    fn of(text: &str, raw: &[u8]) -> Self {
        if text.starts_with('{')
            && let Some(keyed) = keyed::read_json(text, 0)
        {
            return Self { level: keyed.level, stamp: keyed.stamp, message_at: 0 };
        }
        let head = header::read(text, raw);
        let mut reading =
            Self { level: head.level, stamp: head.stamp, message_at: head.message_at };
        if head.level == Level::Unknown {
            let keyed = match text.as_bytes().get(head.message_at) {
                Some(b'{') => keyed::read_json(text, head.message_at),
                Some(_) => keyed::read_logfmt(header::reach(text), head.message_at),
                None => None,
            };
            if let Some(keyed) = keyed {
                reading.level = keyed.level;
                reading.stamp = reading.stamp.or(keyed.stamp);
            }
        }
        reading
    }
}

/// The bytes that a person sees: without the carriage return of the line end; on a terminal, what the last
/// carriage return left on the line.
fn visible(bytes: &[u8], is_tty: bool) -> &[u8] {
    let mut end = bytes.len();
    while end > 0 && matches!(bytes[end - 1], b'\r' | b'\n') {
        end -= 1;
    }
    let bytes = &bytes[..end];
    if is_tty && let Some(at) = memchr::memrchr(b'\r', bytes) {
        return &bytes[at + 1..];
    }
    bytes
}
