//! The kept records of one service, in order of time.
//!
//! Records arrive nearly sorted: each is put in its place from the end.

use crate::model::{Fingerprint, LogRecord, Position, RecordId};
use std::{
    collections::{HashMap, VecDeque},
    sync::Arc,
};

/// How much is kept in memory, all services together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// Records.
    pub records: usize,
    /// Bytes of text and bookkeeping.
    pub bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { records: 200_000, bytes: 64 << 20 }
    }
}

/// Bytes a record takes beside its text, measured on a 64-bit machine: the record, its `Arc` and its place.
const OVERHEAD: usize = 112;

#[derive(Debug, Default)]
pub(super) struct Timeline {
    records: VecDeque<Arc<LogRecord>>,
    marks: HashMap<RecordId, Fingerprint>,
    bytes: usize,
}

impl Timeline {
    pub(super) fn insert(&mut self, record: Arc<LogRecord>) {
        self.bytes += record.text.len() + OVERHEAD;
        let position = record.position();
        let at = match self.records.back() {
            Some(last) if last.position() > position => {
                self.records.partition_point(|r| r.position() < position)
            }
            _ => self.records.len(),
        };
        self.records.insert(at, record);
    }

    pub(super) fn drop_oldest(&mut self) {
        if let Some(record) = self.records.pop_front() {
            self.bytes = self.bytes.saturating_sub(record.text.len() + OVERHEAD);
            self.marks.remove(&record.id);
        }
    }

    /// Index of the first record at or after `position`; the length for `None`.
    pub(super) fn index_of(&self, position: Option<Position>) -> usize {
        position.map_or(self.records.len(), |p| self.records.partition_point(|r| r.position() < p))
    }

    /// Index of the first record after `position`; 0 for `None`.
    pub(super) fn index_after(&self, position: Option<Position>) -> usize {
        position.map_or(0, |p| self.records.partition_point(|r| r.position() <= p))
    }

    pub(super) fn get(&self, at: usize) -> Option<&Arc<LogRecord>> {
        self.records.get(at)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Arc<LogRecord>> {
        self.records.iter()
    }

    pub(super) fn len(&self) -> usize {
        self.records.len()
    }

    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    pub(super) fn mark(&self, id: RecordId) -> Option<Fingerprint> {
        self.marks.get(&id).copied()
    }

    pub(super) fn set_mark(&mut self, id: RecordId, group: Fingerprint) {
        self.marks.insert(id, group);
    }
}
