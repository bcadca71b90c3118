//! One raw line to one record.

use super::{header, keyed, stamp::Stamp};
use crate::model::{
    ContainerId, Level, LogLine, LogRecord, Origin, RawLine, RecordId, SafeLine, Stream,
};
use bytes::{Buf as _, Bytes};
use chrono::{DateTime, Duration, Utc};
use foldhash::HashMap;
use std::sync::Arc;

/// So many containers are remembered for lines without a time; beyond, all are forgotten.
const MAX_CONTAINERS: usize = 4_096;
/// A program's clock so close to ours belongs to a line that was just written.
const LIVE: Duration = Duration::seconds(60);

/// One line as it was read: to look at, and to make a record of.
#[derive(Debug)]
pub struct Parsed {
    time: DateTime<Utc>,
    origin: Arc<Origin>,
    stream: Stream,
    level: Level,
    text: SafeLine,
    message_at: usize,
}

impl Parsed {
    /// The line where it lies.
    pub fn line(&self) -> LogLine<'_> {
        LogLine {
            time: self.time,
            origin: &self.origin,
            stream: self.stream,
            level: self.level,
            text: self.text.as_str(),
            message_at: self.message_at,
        }
    }

    /// A record of it.
    pub fn to_record(&self, id: RecordId) -> LogRecord {
        LogRecord {
            id,
            time: self.time,
            origin: Arc::clone(&self.origin),
            stream: self.stream,
            level: self.level,
            text: self.text.to_text(),
            message_at: self.message_at as u32,
        }
    }
}

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

    /// Reads one line. Never fails: what cannot be understood is a message of unknown level.
    ///
    /// Its time is the Engine's where the source gave one, else the line's own, else that of the line
    /// before it in the same container (a stack trace has no times), else `now`. Lines of [`Stream::System`] are
    /// our own words and are not searched for a level. Printable ASCII is not copied; looks for a header in the first
    /// 512 bytes and for JSON keys in the first 16 KiB.
    pub fn read(&mut self, raw: RawLine, now: DateTime<Utc>) -> Parsed {
        let RawLine { origin, stream, time, bytes } = raw;
        let bytes = visible(bytes, origin.is_tty);
        let text = SafeLine::from_untrusted(bytes.clone());
        // Of what is printable ASCII nothing is hidden.
        let hidden = if text.is_unchanged() { b"" } else { &bytes[..] };
        let read = match stream {
            Stream::System | Stream::Manager => Reading::default(),
            Stream::Stdout | Stream::Stderr => Reading::of(text.as_str(), hidden),
        };
        let time = match time {
            Some(time) => time,
            None => self.time(&origin.container, read.stamp, now),
        };
        let Reading { level, message_at, .. } = read;
        Parsed { time, origin, stream, level, text, message_at }
    }

    /// Makes a record of one line, as [`Self::read`] reads it.
    pub fn parse(&mut self, raw: &RawLine, id: RecordId, now: DateTime<Utc>) -> LogRecord {
        self.read(raw.clone(), now).to_record(id)
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

/// What a record's line itself says of its time; what it leaves out (year, date) is taken from the record's.
pub fn line_time(record: &LogRecord) -> Option<DateTime<Utc>> {
    Reading::of(&record.text, b"").stamp?.resolve(record.time)
}

/// What one line says of itself.
#[derive(Debug, Default)]
struct Reading {
    level: Level,
    stamp: Option<Stamp>,
    message_at: usize,
}

impl Reading {
    /// `raw` is the line as it came where its text differs from that.
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
fn visible(mut bytes: Bytes, is_tty: bool) -> Bytes {
    let end = bytes.iter().rposition(|b| !matches!(b, b'\r' | b'\n')).map_or(0, |at| at + 1);
    bytes.truncate(end);
    if is_tty && let Some(at) = memchr::memrchr(b'\r', &bytes) {
        bytes.advance(at + 1);
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::ServiceName;

    fn now() -> DateTime<Utc> {
        at("2026-11-21T22:12:29Z")
    }

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    fn raw(bytes: &[u8], time: Option<DateTime<Utc>>, is_tty: bool) -> RawLine {
        let origin = Arc::new(Origin {
            service: ServiceName::from("api"),
            container: ContainerId::from("api-1"),
            replica: 1,
            is_tty,
        });
        RawLine { origin, stream: Stream::Stdout, time, bytes: Bytes::copy_from_slice(bytes) }
    }

    fn parse(bytes: &[u8]) -> LogRecord {
        Parser::new().parse(&raw(bytes, None, false), RecordId(1), now())
    }

    #[test]
    fn a_terminal_shows_what_the_last_carriage_return_left() {
        for (bytes, is_tty, want) in [
            (&b"10%\r50%\r100%"[..], true, "100%"),
            (b"10%\r50%\r", true, "50%"),
            (b"done\r\n", true, "done"),
            (b"10%\r50%", false, "10%␍50%"),
            (b"done\r", false, "done"),
            (b"\r", true, ""),
        ] {
            let record = Parser::new().parse(&raw(bytes, None, is_tty), RecordId(1), now());
            assert_eq!(record.text.as_str(), want, "{bytes:?}");
        }
    }

    #[test]
    fn the_engine_knows_the_time_best() {
        let engine = at("2025-01-01T00:00:00Z");
        let line = b"2024-06-01T00:00:00Z ERROR x";
        let mut parser = Parser::new();
        assert_eq!(parser.parse(&raw(line, Some(engine), false), RecordId(1), now()).time, engine);
        let own = parser.parse(&raw(line, None, false), RecordId(2), now()).time;
        assert_eq!(own, at("2024-06-01T00:00:00Z"));
    }

    #[test]
    fn a_line_without_a_time_takes_that_of_the_line_before() {
        let mut parser = Parser::new();
        let mut next = |text: &str, now| {
            parser.parse(&raw(text.as_bytes(), None, false), RecordId(1), now).time
        };
        assert_eq!(next("  no time yet", now()), now());
        assert_eq!(next("2024-06-01T00:00:00Z ERROR x", now()), at("2024-06-01T00:00:00Z"));
        let later = now() + Duration::seconds(9);
        assert_eq!(next("  at a recorded frame", later), at("2024-06-01T00:00:00Z"));
        // A program that is writing now: its silence passes, too.
        assert_eq!(next("2026-11-21T22:12:38Z ERROR x", later), at("2026-11-21T22:12:38Z"));
        let last = later + Duration::seconds(20);
        assert_eq!(next("  at a frame", last), at("2026-11-21T22:12:58Z"));
    }

    #[test]
    fn reads_json_and_logfmt_wherever_they_begin() {
        for (line, level, message_at) in [
            (r#"{"level":"error","msg":"x"}"#, Level::Error, 0),
            (r#"2025-03-04T09:00:00Z {"level":"warn","msg":"x"}"#, Level::Warn, 21),
            (r#"time="2025-03-04T09:00:00Z" level=error msg="x""#, Level::Error, 0),
            ("ts=2025-03-04T09:00:00Z caller=a.go:1 level=warn msg=x", Level::Warn, 0),
            (r#"INFO {"level":"error"}"#, Level::Info, 5),
            (r#"{"msg":"no level","error":"x"}"#, Level::Error, 0),
        ] {
            let record = parse(line.as_bytes());
            assert_eq!((record.level, record.message_at), (level, message_at), "{line}");
        }
        let line = r#"time="2025-03-04T09:00:00Z" level=error msg=x"#;
        assert_eq!(parse(line.as_bytes()).time, at("2025-03-04T09:00:00Z"));
    }

    #[test]
    fn our_own_lines_have_no_level() {
        let mut line = raw(b"ERROR: restarted (exit 1), run 2", None, false);
        line.stream = Stream::System;
        let record = Parser::new().parse(&line, RecordId(1), now());
        assert_eq!((record.level, record.message_at), (Level::Unknown, 0));
    }

    #[test]
    fn an_enormous_line_is_a_line() {
        let mut bytes = b"2025-03-04 09:00:00 ERROR ".to_vec();
        bytes.resize(1 << 20, 0xff);
        let record = parse(&bytes);
        assert_eq!(record.level, Level::Error);
        assert!(record.message().starts_with('\u{fffd}'));
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_make_a_record(bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..300)) {
            let record = parse(&bytes);
            proptest::prop_assert!(record.text.is_char_boundary(record.message_at as usize));
            proptest::prop_assert!(record.text.is_empty() || !record.message().is_empty());
        }
    }
}
