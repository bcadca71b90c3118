//! Lines packed together: their text and, apart from it, what stands beside the text.
//!
//! Two buffers, because most looks need only one: a search reads text, a jump reads places.

use super::columns::{self, Columns};
use crate::model::{Fingerprint, Level, LogRecord, Origin, Position, Query};
use std::{fmt, sync::Arc};
use zstd::bulk::{Compressor, Decompressor};

/// Bytes of text in one block; a longer line has its own.
pub(super) const TARGET: usize = 64 << 10;
/// Lines in one block.
const MAX_LINES: usize = 2_048;
/// The fastest of the usual levels: 200 MB/s, a third of the size.
const LEVEL: i32 = 1;
/// Buffers that grew beyond this for one long line are given back.
const MAX_BUFFER: usize = 4 * TARGET;

/// Bytes of an `Arc` beside what it holds, and of its place.
const ARC: usize = 24;

/// A record with the problem that it belongs to.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    pub(super) record: Arc<LogRecord>,
    pub(super) mark: Option<Fingerprint>,
}

/// Some lines of one service that follow each other, packed.
#[derive(Debug)]
pub(super) struct Block {
    /// Unique in one store.
    pub(super) serial: u64,
    pub(super) first: Position,
    pub(super) last: Position,
    pub(super) has_marks: bool,
    /// Whether some of its lines tell of gaps.
    has_gaps: bool,
    /// Lines of each level.
    levels: [u16; 7],
    origins: Box<[Arc<Origin>]>,
    text: Packed,
    columns: Packed,
}

/// A buffer, packed where that makes it smaller.
#[derive(Debug)]
struct Packed {
    bytes: Box<[u8]>,
    raw: u32,
}

/// How many of these records, oldest first, make the next block that has `room` for text; at least one.
pub(super) fn cut<'a>(records: impl IntoIterator<Item = &'a LogRecord>, room: usize) -> usize {
    let mut size = 0;
    let fits = |record: &&LogRecord| {
        size += record.text.len() + 1;
        size <= room
    };
    records.into_iter().take_while(fits).take(MAX_LINES).count().max(1)
}

impl Block {
    /// Lines.
    pub(super) fn len(&self) -> usize {
        self.levels.iter().map(|count| usize::from(*count)).sum()
    }

    /// Lines of at least this level.
    pub(super) fn len_of(&self, min: Option<Level>) -> usize {
        let from = min.map_or(0, |level| level as usize);
        self.levels.iter().skip(from).map(|count| usize::from(*count)).sum()
    }

    /// Whether some of its lines tell of gaps, and the query wants those whatever else it asks for.
    pub(super) const fn keeps_gaps_for(&self, query: &Query) -> bool {
        self.has_gaps && query.keeps_gaps
    }

    /// Bytes of text, unpacked.
    pub(super) const fn text_len(&self) -> usize {
        self.text.raw as usize
    }

    /// Whether a few more lines should rather go into this block than into a new one.
    pub(super) fn is_small(&self) -> bool {
        self.text_len() < TARGET / 2 && self.len() < MAX_LINES / 2
    }

    /// Bytes in memory.
    pub(super) fn bytes(&self) -> usize {
        size_of::<Self>()
            + ARC
            + self.text.bytes.len()
            + self.columns.bytes.len()
            + self.origins.len() * size_of::<Arc<Origin>>()
    }

    /// Whether `position` can stand in it.
    pub(super) fn spans(&self, position: Position) -> bool {
        self.first <= position && position <= self.last
    }

    /// The record of a line.
    pub(super) fn record(&self, columns: &Columns, at: usize, line: &str) -> Option<LogRecord> {
        columns.record(at, line, &self.origins)
    }
}

/// Packs; keeps what that needs from one block to the next.
pub(super) struct Packer {
    compressor: Option<Compressor<'static>>,
    unpacker: Unpacker,
    raw: Vec<u8>,
    out: Vec<u8>,
    serial: u64,
}

impl Packer {
    pub(super) fn new() -> Self {
        Self {
            compressor: Compressor::new(LEVEL).ok(),
            unpacker: Unpacker::new(),
            raw: Vec::new(),
            out: Vec::new(),
            serial: 0,
        }
    }

    /// Packs entries, which are in order; `None` for no entries.
    pub(super) fn pack(&mut self, entries: &[Entry]) -> Option<Block> {
        let (first, last) = (entries.first()?, entries.last()?);
        let mut levels = [0_u16; 7];
        self.raw.clear();
        for Entry { record, .. } in entries {
            self.raw.extend_from_slice(record.text.as_bytes());
            self.raw.push(b'\n');
            if let Some(count) = levels.get_mut(record.level as usize) {
                *count += 1;
            }
        }
        let text = self.squeeze();
        let mut origins = Vec::new();
        columns::write(entries, &mut origins, &mut self.raw);
        let columns = self.squeeze();
        self.raw.shrink_to(MAX_BUFFER);
        self.out.shrink_to(MAX_BUFFER);
        self.serial += 1;
        Some(Block {
            serial: self.serial,
            first: first.record.position(),
            last: last.record.position(),
            has_marks: entries.iter().any(|e| e.mark.is_some()),
            has_gaps: entries.iter().any(|e| e.record.is_gap()),
            levels,
            origins: origins.into_boxed_slice(),
            text,
            columns,
        })
    }

    /// Packs entries, which are in order, into as many blocks as they need.
    pub(super) fn pack_all(&mut self, mut entries: &[Entry]) -> Vec<Block> {
        let mut blocks = Vec::new();
        while !entries.is_empty() {
            let count = cut(entries.iter().map(|e| &*e.record), TARGET);
            let (now, later) = entries.split_at(count);
            blocks.extend(self.pack(now));
            entries = later;
        }
        blocks
    }

    /// The entries of a block.
    pub(super) fn unpack(&mut self, block: &Block) -> Vec<Entry> {
        let columns = self.unpacker.columns(block);
        let text = self.unpacker.text(block);
        text.split_terminator('\n')
            .enumerate()
            .filter_map(|(at, line)| {
                let record = Arc::new(block.record(&columns, at, line)?);
                Some(Entry { record, mark: columns.mark(at) })
            })
            .collect()
    }

    fn squeeze(&mut self) -> Packed {
        self.out.clear();
        self.out.reserve(zstd::zstd_safe::compress_bound(self.raw.len()));
        let packed = self
            .compressor
            .as_mut()
            .and_then(|c| c.compress_to_buffer(self.raw.as_slice(), &mut self.out).ok())
            .filter(|packed| *packed < self.raw.len());
        let bytes = if packed.is_some() { self.out.as_slice() } else { self.raw.as_slice() };
        Packed { bytes: bytes.into(), raw: self.raw.len() as u32 }
    }
}

/// Unpacks; keeps what that needs from one block to the next.
pub(super) struct Unpacker {
    decompressor: Option<Decompressor<'static>>,
    buffer: Vec<u8>,
}

impl Unpacker {
    pub(super) fn new() -> Self {
        Self { decompressor: Decompressor::new().ok(), buffer: Vec::new() }
    }

    /// The text of a block, each line ended by a line feed.
    pub(super) fn text<'a>(&'a mut self, block: &'a Block) -> &'a str {
        str::from_utf8(self.expand(&block.text)).unwrap_or_default()
    }

    /// What stands beside the text of a block.
    pub(super) fn columns(&mut self, block: &Block) -> Columns {
        Columns::read(self.expand(&block.columns), block.len())
    }

    fn expand<'a>(&'a mut self, packed: &'a Packed) -> &'a [u8] {
        if packed.bytes.len() == packed.raw as usize {
            return &packed.bytes;
        }
        self.buffer.clear();
        self.buffer.shrink_to(MAX_BUFFER);
        self.buffer.reserve(packed.raw as usize);
        if let Some(decompressor) = &mut self.decompressor {
            // What was packed here unpacks; nothing else could be done about it than to show no lines.
            let _ = decompressor.decompress_to_buffer(&packed.bytes, &mut self.buffer);
        }
        &self.buffer
    }
}

impl fmt::Debug for Packer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Packer").field("serial", &self.serial).finish_non_exhaustive()
    }
}

impl fmt::Debug for Unpacker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Unpacker").finish_non_exhaustive()
    }
}
