//! A line as a record, or only as much of it as a search needs.

use super::cursor::Cursor;
use crate::model::{Level, LogRecord, Origin, Position, RecordId, Row, SafeText, Speaker, Stream};
use std::{
    borrow::Cow,
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

/// Containers whose origin is shared; beyond it the table begins anew.
const MAX_ORIGINS: usize = 4_096;

/// The beginning of a line: all that is needed to pass over it.
#[derive(Debug, PartialEq)]
pub(in super::super) struct Head<'a> {
    /// Its place among all.
    pub(in super::super) position: Position,
    /// Whose words it holds.
    pub(in super::super) speaker: Speaker,
    /// Its service, as it was written.
    pub(in super::super) service: Cow<'a, str>,
}

impl<'a> Head<'a> {
    /// Reads the beginning of a line without its line feed; `None` for what is no row, or has no time.
    pub(in super::super) fn of(line: &'a [u8]) -> Option<Self> {
        let [b'{', .., b'}'] = line else { return None };
        if let Some((head, _)) = Self::fast(line) {
            return Some(head);
        }
        let row: Row<'a> = serde_json::from_slice(line).ok()?;
        let position = Position { time: row.time?, id: RecordId(row.id) };
        Some(Self { position, speaker: row.source, service: row.service })
    }

    fn fast(line: &'a [u8]) -> Option<(Self, Cursor<'a>)> {
        let mut cursor = Cursor(line);
        cursor.eat(b"{\"id\":")?;
        let id = RecordId(cursor.number()?);
        cursor.eat(b",\"time\":\"")?;
        let position = Position { time: cursor.time()?, id };
        if cursor.has(b",\"line_time\":\"") {
            cursor.time()?;
        }
        cursor.eat(b",\"source\":\"")?;
        let speaker = match cursor.plain()? {
            b"container" => Speaker::Container,
            b"system" => Speaker::System,
            b"manager" => Speaker::Manager,
            _ => return None,
        };
        cursor.eat(b",\"service\":\"")?;
        let service = Cow::Borrowed(std::str::from_utf8(cursor.plain()?).ok()?);
        Some((Self { position, speaker, service }, cursor))
    }
}

/// Origins that were met, so that records of one container share theirs.
#[derive(Debug, Default)]
pub(in super::super) struct Origins(Mutex<HashMap<String, Vec<Arc<Origin>>>>);

impl Origins {
    fn of(&self, service: &str, container: &str, replica: u32) -> Arc<Origin> {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let same =
            |origin: &&Arc<Origin>| origin.replica == replica && origin.service.as_str() == service;
        if let Some(origin) = known.get(container).and_then(|all| all.iter().find(same)) {
            return Arc::clone(origin);
        }
        if known.values().map(Vec::len).sum::<usize>() >= MAX_ORIGINS {
            known.clear();
        }
        let origin = Arc::new(Origin {
            service: service.into(),
            container: container.into(),
            replica,
            is_tty: false,
        });
        known.entry(container.to_owned()).or_default().push(Arc::clone(&origin));
        origin
    }
}

/// The record of a line without its line feed; `None` for what is no row, or has no time.
pub(in super::super) fn record(line: &[u8], origins: &Origins) -> Option<LogRecord> {
    let [b'{', .., b'}'] = line else { return None };
    fast(line, origins).or_else(|| slow(line, origins))
}

fn fast(line: &[u8], origins: &Origins) -> Option<LogRecord> {
    let (head, mut cursor) = Head::fast(line)?;
    cursor.eat(b",\"container\":\"")?;
    let container = std::str::from_utf8(cursor.plain()?).ok()?;
    cursor.eat(b",\"replica\":")?;
    let replica = u32::try_from(cursor.number()?).ok()?;
    if cursor.has(b",\"run\":\"") {
        cursor.time()?;
    }
    cursor.eat(b",\"stream\":\"")?;
    let stream = match cursor.plain()? {
        b"stdout" => Stream::Stdout,
        b"stderr" => Stream::Stderr,
        b"system" => Stream::System,
        b"manager" => Stream::Manager,
        _ => return None,
    };
    cursor.eat(b",\"level\":\"")?;
    let level = match cursor.plain()? {
        b"unknown" => Level::Unknown,
        b"trace" => Level::Trace,
        b"debug" => Level::Debug,
        b"info" => Level::Info,
        b"warn" => Level::Warn,
        b"error" => Level::Error,
        b"fatal" => Level::Fatal,
        _ => return None,
    };
    cursor.eat(b",\"text\":")?;
    let from = cursor.0;
    cursor.eat(b"\"")?;
    let (text, is_escaped) = cursor.raw()?;
    let text = if is_escaped {
        let quoted = &from[..text.len() + 2];
        SafeText::from(serde_json::from_slice::<String>(quoted).ok()?)
    } else {
        SafeText::from_untrusted(text)
    };
    let mut message_at = 0;
    if cursor.has(b",\"message_at\":") {
        message_at = u32::try_from(cursor.number()?).ok()?;
    }
    // What follows is not in a record; that it was written to its end shows in the brace.
    if !matches!(cursor.0, b"}" | [b',', b'"', ..]) {
        return None;
    }
    let message_at = on_border(&text, message_at);
    let origin = origins.of(&head.service, container, replica);
    let Position { time, id } = head.position;
    Some(LogRecord { id, time, origin, stream, level, text, message_at })
}

fn slow(line: &[u8], origins: &Origins) -> Option<LogRecord> {
    let row: Row<'_> = serde_json::from_slice(line).ok()?;
    let text = SafeText::from(row.text.as_ref());
    Some(LogRecord {
        id: RecordId(row.id),
        time: row.time?,
        origin: origins.of(&row.service, &row.container, row.replica),
        stream: row.stream,
        level: row.level,
        message_at: on_border(&text, row.message_at),
        text,
    })
}

/// `at`, where a message can begin there.
fn on_border(text: &str, at: u32) -> u32 {
    if text.is_char_boundary(at as usize) { at } else { 0 }
}
