//! The kept records of one service, in order of time: packed blocks, then plain records.
//!
//! ```text
//! oldest                                            newest
//! [block][block][block][block] record record record record
//!            late records: belong among the blocks, and wait to be packed with one
//! ```

use super::{
    block::{Block, Entry, Packer, TARGET, cut},
    pages::Pages,
};
use crate::model::{Fingerprint, LogRecord, Position, RecordId};
use chrono::TimeDelta;
use std::{
    collections::{BTreeMap, VecDeque},
    sync::Arc,
};

/// Bytes a plain record takes beside its text, on a 64-bit machine: the record, its `Arc` and its place.
const OVERHEAD: usize = 112;
/// Bytes of a mark that is not in a block, with its share of the tree.
const MARK: usize = 48;
/// Records that are younger than the newest one by less than this stay plain: they may still get their marks.
const SETTLE: TimeDelta = TimeDelta::seconds(5);
/// A block is packed again for new lines that are at least one part of it in so many.
const WORTH: usize = 4;
/// Late records that wait.
const MAX_LATE: usize = 256;
/// Bytes of late records that wait.
const MAX_LATE_BYTES: usize = 128 << 10;

/// What is held.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) struct Size {
    pub(super) records: usize,
    /// All bytes.
    pub(super) bytes: usize,
    /// Bytes of plain records.
    pub(super) hot: usize,
}

#[derive(Debug, Default)]
pub(super) struct Timeline {
    blocks: VecDeque<Block>,
    /// All stand after the last block.
    hot: VecDeque<Arc<LogRecord>>,
    /// None stands after the last block.
    late: VecDeque<Arc<LogRecord>>,
    /// Of plain records, and of packed ones that were marked too late.
    marks: BTreeMap<Position, Fingerprint>,
    packed: Size,
    hot_bytes: usize,
    late_bytes: usize,
}

impl Timeline {
    pub(super) fn size(&self) -> Size {
        let hot = self.hot_bytes + self.late_bytes;
        Size {
            records: self.packed.records + self.hot.len() + self.late.len(),
            bytes: self.packed.bytes + hot + self.marks.len() * MARK,
            hot,
        }
    }

    pub(super) fn blocks(&self) -> &VecDeque<Block> {
        &self.blocks
    }

    pub(super) fn hot(&self) -> &VecDeque<Arc<LogRecord>> {
        &self.hot
    }

    pub(super) fn late(&self) -> &VecDeque<Arc<LogRecord>> {
        &self.late
    }

    /// The oldest place.
    pub(super) fn first(&self) -> Option<Position> {
        let block = self.blocks.front().map(|b| b.first);
        let late = self.late.front().map(|r| r.position());
        let hot = self.hot.front().map(|r| r.position());
        [block, late, hot].into_iter().flatten().min()
    }

    pub(super) fn record(&self, position: Position, pages: &Pages) -> Option<Arc<LogRecord>> {
        for plain in [&self.hot, &self.late] {
            if let Ok(at) = plain.binary_search_by_key(&position, |r| r.position()) {
                return plain.get(at).map(Arc::clone);
            }
        }
        let block = self.block_at(position)?;
        let columns = pages.columns(block);
        let at = columns.find(position)?;
        let text = pages.text(block);
        block.record(&columns, at, text.line(at)?).map(Arc::new)
    }

    pub(super) fn mark(&self, position: Position, pages: &Pages) -> Option<Fingerprint> {
        if let Some(mark) = self.marks.get(&position) {
            return Some(*mark);
        }
        let block = self.block_at(position).filter(|b| b.has_marks)?;
        let columns = pages.columns(block);
        columns.mark(columns.find(position)?)
    }

    fn block_at(&self, position: Position) -> Option<&Block> {
        let at = self.blocks.partition_point(|b| b.last < position);
        self.blocks.get(at).filter(|b| b.spans(position))
    }
}

impl Timeline {
    /// Puts a record in its place.
    pub(super) fn insert(&mut self, record: Arc<LogRecord>) {
        let position = record.position();
        let is_late = self.blocks.back().is_some_and(|b| position < b.last);
        let bytes = record.text.len() + OVERHEAD;
        let plain = if is_late {
            self.late_bytes += bytes;
            &mut self.late
        } else {
            self.hot_bytes += bytes;
            &mut self.hot
        };
        let at = match plain.back() {
            Some(last) if last.position() > position => {
                plain.partition_point(|r| r.position() < position)
            }
            _ => plain.len(),
        };
        plain.insert(at, record);
    }

    /// Remembers the problem of a record; one that is no longer kept is left out.
    pub(super) fn set_mark(&mut self, position: Position, group: Fingerprint) {
        if self.first().is_some_and(|first| first <= position) {
            self.marks.insert(position, group);
        }
    }

    /// Packs the oldest plain records into one block; whether there were any to pack.
    ///
    /// Only those that are settled, and only when they are half of all; `now_or_never` takes all ages.
    pub(super) fn freeze(&mut self, packer: &mut Packer, now_or_never: bool) -> bool {
        let Some(newest) = self.hot.back().map(|r| r.time) else { return false };
        let is_settled = |record: &LogRecord| now_or_never || newest - record.time >= SETTLE;
        if !self.hot.get(self.hot.len() / 2).is_some_and(|r| is_settled(r)) {
            return false;
        }
        // A small block is filled up, unless that is more work than the new lines are worth: the blocks of a quiet
        // service pack as well as those of a loud one.
        let worth = self.hot_bytes * WORTH;
        let small = self.blocks.pop_back_if(|b| b.is_small() && b.text_len() < worth);
        let mut entries = small.map_or_else(Vec::new, |block| {
            self.packed.records -= block.len();
            self.packed.bytes -= block.bytes();
            packer.unpack(&block)
        });
        let room =
            TARGET - entries.iter().map(|e| e.record.text.len() + 1).sum::<usize>().min(TARGET);
        let settled = self.hot.iter().map(|r| &**r).take_while(|r| is_settled(r));
        let count = cut(settled, room).min(self.hot.len());
        for record in self.hot.drain(..count) {
            self.hot_bytes -= record.text.len() + OVERHEAD;
            let mark = self.marks.remove(&record.position());
            entries.push(Entry { record, mark });
        }
        self.put_blocks(self.blocks.len(), packer.pack_all(&entries));
        true
    }

    /// Whether so many late records wait that some should be packed.
    pub(super) fn is_late_full(&self) -> bool {
        self.late.len() > MAX_LATE || self.late_bytes > MAX_LATE_BYTES
    }

    /// Packs the oldest late records again with the block that they belong to.
    pub(super) fn fold(&mut self, packer: &mut Packer) {
        let Some(first) = self.late.front().map(|r| r.position()) else { return };
        let at = self.blocks.partition_point(|b| b.last < first);
        let Some(block) = self.blocks.remove(at) else { return };
        self.packed.records -= block.len();
        self.packed.bytes -= block.bytes();
        let mut entries = packer.unpack(&block);
        let count = self.late.partition_point(|r| r.position() < block.last);
        for record in self.late.drain(..count) {
            self.late_bytes -= record.text.len() + OVERHEAD;
            let mark = self.marks.remove(&record.position());
            entries.push(Entry { record, mark });
        }
        entries.sort_by_key(|e| e.record.position());
        self.put_blocks(at, packer.pack_all(&entries));
    }

    /// Drops the oldest block, or the oldest record where all are plain: how many records, and the place of the
    /// last of them.
    pub(super) fn drop_oldest(&mut self) -> Option<(usize, Position)> {
        let (mut count, last) = if let Some(block) = self.blocks.pop_front() {
            self.packed.records -= block.len();
            self.packed.bytes -= block.bytes();
            (block.len(), block.last)
        } else {
            let record = self.hot.pop_front()?;
            self.hot_bytes -= record.text.len() + OVERHEAD;
            (1, record.position())
        };
        let late = self.late.partition_point(|r| r.position() < last);
        for record in self.late.drain(..late) {
            self.late_bytes -= record.text.len() + OVERHEAD;
            count += 1;
        }
        if !self.marks.is_empty() {
            self.marks = self.marks.split_off(&after(last));
        }
        Some((count, last))
    }

    fn put_blocks(&mut self, at: usize, blocks: Vec<Block>) {
        for (nth, block) in blocks.into_iter().enumerate() {
            self.packed.records += block.len();
            self.packed.bytes += block.bytes();
            self.blocks.insert(at + nth, block);
        }
    }
}

/// The place right after this one.
pub(super) fn after(position: Position) -> Position {
    Position { id: RecordId(position.id.0.saturating_add(1)), ..position }
}
