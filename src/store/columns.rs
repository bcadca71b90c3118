//! What stands beside the text of packed lines: place, kind, where the message begins, whose it is, its problem.
//!
//! Written column by column as differences, so that equal things stand together; read back as one [`Columns`].

use super::{block::Entry, varint};
use crate::model::{Fingerprint, Level, LogRecord, Origin, Position, RecordId, Stream};
use chrono::DateTime;
use std::sync::Arc;

const LEVELS: [Level; 7] = [
    Level::Unknown,
    Level::Trace,
    Level::Debug,
    Level::Info,
    Level::Warn,
    Level::Error,
    Level::Fatal,
];

/// One line beside its text.
#[derive(Debug, Clone, Copy)]
struct Line {
    position: Position,
    message_at: u32,
    origin: u16,
    kind: u8,
}

/// The lines of one block without their text, in order.
#[derive(Debug, Default)]
pub(super) struct Columns {
    lines: Vec<Line>,
    marks: Vec<(usize, Fingerprint)>,
}

/// Writes what stands beside the text; `origins` gives each origin its number.
pub(super) fn write(entries: &[Entry], origins: &mut Vec<Arc<Origin>>, out: &mut Vec<u8>) {
    out.clear();
    let (mut seconds, mut nanos) = (0, 0);
    for Entry { record, .. } in entries {
        let time = (record.time.timestamp(), i64::from(record.time.timestamp_subsec_nanos()));
        varint::put_signed(out, time.0.wrapping_sub(seconds));
        let from = if time.0 == seconds { nanos } else { 0 };
        varint::put_signed(out, time.1 - from);
        (seconds, nanos) = time;
    }
    let mut id = 0_u64;
    for Entry { record, .. } in entries {
        varint::put_signed(out, record.id.0.wrapping_sub(id).cast_signed());
        id = record.id.0;
    }
    out.extend(entries.iter().map(|e| kind_of(&e.record)));
    for Entry { record, .. } in entries {
        varint::put(out, u64::from(record.message_at));
    }
    for Entry { record, .. } in entries {
        let known = origins.iter().position(|o| Arc::ptr_eq(o, &record.origin));
        let known = known.or_else(|| origins.iter().position(|o| *o == record.origin));
        let number = known.unwrap_or_else(|| {
            origins.push(Arc::clone(&record.origin));
            origins.len() - 1
        });
        varint::put(out, number as u64);
    }
    let mut last = 0;
    for (at, entry) in entries.iter().enumerate() {
        if let Some(mark) = entry.mark {
            varint::put(out, (at - last) as u64);
            out.extend(mark.0.to_le_bytes());
            last = at;
        }
    }
}

impl Columns {
    /// Reads what [`write`] wrote about `count` lines; nothing where it does not fit.
    pub(super) fn read(bytes: &[u8], count: usize) -> Self {
        Self::try_read(bytes, count).unwrap_or_default()
    }

    fn try_read(mut bytes: &[u8], count: usize) -> Option<Self> {
        let bytes = &mut bytes;
        let mut lines = Vec::with_capacity(count);
        let (mut seconds, mut nanos) = (0_i64, 0);
        for _ in 0..count {
            let step = varint::take_signed(bytes)?;
            seconds = seconds.wrapping_add(step);
            let from = if step == 0 { nanos } else { 0 };
            nanos = varint::take_signed(bytes)? + from;
            let time = DateTime::from_timestamp(seconds, u32::try_from(nanos).ok()?)?;
            let position = Position { time, id: RecordId(0) };
            lines.push(Line { position, message_at: 0, origin: 0, kind: 0 });
        }
        let mut id = 0_u64;
        for line in &mut lines {
            id = id.wrapping_add(varint::take_signed(bytes)?.cast_unsigned());
            line.position.id = RecordId(id);
        }
        let (kinds, rest) = bytes.split_at_checked(count)?;
        *bytes = rest;
        for (line, kind) in lines.iter_mut().zip(kinds) {
            line.kind = *kind;
        }
        for line in &mut lines {
            line.message_at = u32::try_from(varint::take(bytes)?).ok()?;
        }
        for line in &mut lines {
            line.origin = u16::try_from(varint::take(bytes)?).ok()?;
        }
        let mut marks = Vec::new();
        let mut at = 0;
        while let Some(step) = varint::take(bytes) {
            let (mark, rest) = bytes.split_first_chunk()?;
            *bytes = rest;
            at += step as usize;
            marks.push((at, Fingerprint(u64::from_le_bytes(*mark))));
        }
        Some(Self { lines, marks })
    }

    /// How many lines there are.
    pub(super) fn len(&self) -> usize {
        self.lines.len()
    }

    /// Bytes in memory.
    pub(super) fn bytes(&self) -> usize {
        self.lines.len() * size_of::<Line>() + self.marks.len() * size_of::<(usize, Fingerprint)>()
    }

    /// Place of a line.
    pub(super) fn position(&self, at: usize) -> Option<Position> {
        self.lines.get(at).map(|line| line.position)
    }

    /// Index of the line at exactly this position.
    pub(super) fn find(&self, position: Position) -> Option<usize> {
        self.lines.binary_search_by_key(&position, |line| line.position).ok()
    }

    /// What the program said about a line.
    pub(super) fn level(&self, at: usize) -> Level {
        let code = self.lines.get(at).map_or(0, |line| line.kind & 0xf);
        LEVELS.get(usize::from(code)).copied().unwrap_or_default()
    }

    /// The pipe that a line came through.
    pub(super) fn stream(&self, at: usize) -> Option<Stream> {
        self.lines.get(at).map(|line| stream_of(line.kind))
    }

    /// The problem that a line belongs to.
    pub(super) fn mark(&self, at: usize) -> Option<Fingerprint> {
        let found = self.marks.binary_search_by_key(&at, |(line, _)| *line).ok()?;
        self.marks.get(found).map(|(_, mark)| *mark)
    }

    /// The record of a line, from its text and the origins of its block.
    pub(super) fn record(
        &self,
        at: usize,
        text: &str,
        origins: &[Arc<Origin>],
    ) -> Option<LogRecord> {
        let line = self.lines.get(at)?;
        Some(LogRecord {
            id: line.position.id,
            time: line.position.time,
            origin: Arc::clone(origins.get(usize::from(line.origin))?),
            stream: stream_of(line.kind),
            level: self.level(at),
            text: text.into(),
            message_at: line.message_at,
        })
    }
}

fn kind_of(record: &LogRecord) -> u8 {
    let stream = match record.stream {
        Stream::Stdout => 0,
        Stream::Stderr => 1,
        Stream::System => 2,
        Stream::Manager => 3,
    };
    record.level as u8 | stream << 4
}

const fn stream_of(kind: u8) -> Stream {
    match kind >> 4 {
        0 => Stream::Stdout,
        1 => Stream::Stderr,
        2 => Stream::System,
        _ => Stream::Manager,
    }
}
