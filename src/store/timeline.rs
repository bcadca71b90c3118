//! The kept records of one service, in order of time: packed blocks, then plain records.
//!
//! ```text
//! oldest                                            newest
//! [block][block][block][block] record record record record
//!            late records: belong among the blocks, and wait to be packed with one
//! ```

use super::{
    block::{Block, Entry, TARGET, cut},
    packing::Plan,
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
    blocks: VecDeque<Arc<Block>>,
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

    pub(super) fn blocks(&self) -> &VecDeque<Arc<Block>> {
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
        self.blocks.get(at).map(|b| &**b).filter(|b| b.spans(position))
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

    /// The oldest plain records that would make one block; `None` where there are none to pack.
    ///
    /// Only those that are settled, and only when they are half of all; `now_or_never` takes all ages.
    pub(super) fn to_freeze(&self, now_or_never: bool) -> Option<Plan> {
        let newest = self.hot.back()?.time;
        let is_settled = |record: &LogRecord| now_or_never || newest - record.time >= SETTLE;
        if !self.hot.get(self.hot.len() / 2).is_some_and(|r| is_settled(r)) {
            return None;
        }
        // A small block is filled up, unless that is more work than the new lines are worth: the blocks of a quiet
        // service pack as well as those of a loud one.
        let worth = self.hot_bytes * WORTH;
        let block = self.blocks.back().filter(|b| b.is_small() && b.text_len() < worth).cloned();
        let room = TARGET - block.as_ref().map_or(0, |b| b.text_len()).min(TARGET);
        let settled = self.hot.iter().map(|r| &**r).take_while(|r| is_settled(r));
        let count = cut(settled, room).min(self.hot.len());
        Some(Plan { block, plain: self.marked(&self.hot, count), is_late: false })
    }

    /// Whether so many late records wait that some should be packed.
    pub(super) fn is_late_full(&self) -> bool {
        self.late.len() > MAX_LATE || self.late_bytes > MAX_LATE_BYTES
    }

    /// The oldest late records with the block that they belong to.
    pub(super) fn to_fold(&self) -> Option<Plan> {
        let first = self.late.front()?.position();
        let block = self.blocks.get(self.blocks.partition_point(|b| b.last < first))?;
        let count = self.late.partition_point(|r| r.position() < block.last);
        let plain = self.marked(&self.late, count);
        (count > 0).then(|| Plan { block: Some(Arc::clone(block)), plain, is_late: true })
    }

    /// Puts what was packed in the place of what the plan named; whether all of that was still there.
    pub(super) fn put_packed(&mut self, plan: &Plan, blocks: Vec<Block>) -> bool {
        let at = match &plan.block {
            None => Some(self.blocks.len()),
            Some(block) => self.blocks.iter().rposition(|other| Arc::ptr_eq(other, block)),
        };
        let known = if plan.is_late { &self.late } else { &self.hot };
        let is_at = |at: usize, entry: Option<&Entry>| {
            entry.zip(known.get(at)).is_some_and(|(e, r)| Arc::ptr_eq(&e.record, r))
        };
        let count = plan.plain.len();
        let is_there =
            count > 0 && is_at(0, plan.plain.first()) && is_at(count - 1, plan.plain.last());
        let Some(at) = at.filter(|_| is_there) else { return false };
        if let Some(block) = &plan.block {
            self.blocks.remove(at);
            self.packed.records -= block.len();
            self.packed.bytes -= block.bytes();
        }
        let (known, known_bytes) = if plan.is_late {
            (&mut self.late, &mut self.late_bytes)
        } else {
            (&mut self.hot, &mut self.hot_bytes)
        };
        for record in known.drain(..count) {
            *known_bytes -= record.text.len() + OVERHEAD;
        }
        // A mark that came meanwhile stays beside the block.
        for entry in plan.plain.iter().filter(|entry| entry.mark.is_some()) {
            let position = entry.record.position();
            if self.marks.get(&position).copied() == entry.mark {
                self.marks.remove(&position);
            }
        }
        for (nth, block) in blocks.into_iter().enumerate() {
            self.packed.records += block.len();
            self.packed.bytes += block.bytes();
            self.blocks.insert(at + nth, Arc::new(block));
        }
        true
    }

    fn marked(&self, plain: &VecDeque<Arc<LogRecord>>, count: usize) -> Vec<Entry> {
        let entry = |record: &Arc<LogRecord>| Entry {
            record: Arc::clone(record),
            mark: self.marks.get(&record.position()).copied(),
        };
        plain.iter().take(count).map(entry).collect()
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
}

/// The place right after this one.
pub(super) fn after(position: Position) -> Position {
    Position { id: RecordId(position.id.0.saturating_add(1)), ..position }
}
