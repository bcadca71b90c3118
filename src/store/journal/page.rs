//! The rows nearest to a place.

use super::{
    fault::Fault,
    filter::{Bad, Filter},
    line::{Head, Origins},
};
use crate::model::{LogRecord, Position};
use std::{collections::BTreeMap, sync::Arc};

/// Rows in order, oldest first.
#[derive(Debug, Clone, Default)]
pub struct Page {
    /// The rows.
    pub records: Vec<Arc<LogRecord>>,
    /// Whether nothing more that meets the query stands behind them, in the direction that was asked for.
    pub is_end: bool,
    /// Lines that were met and are no rows.
    pub skipped: u64,
    /// Files that were passed over.
    pub faults: Vec<Fault>,
}

/// A row with its neighbours.
#[derive(Debug, Clone, Default)]
pub struct Around {
    /// The rows, oldest first.
    pub records: Vec<Arc<LogRecord>>,
    /// Index of the first row at or after the place that was asked for; `records.len()` where all stand before it.
    pub at: usize,
    /// Whether the journal begins with them.
    pub is_start: bool,
    /// Whether the journal ends with them.
    pub is_end: bool,
    /// Files that were passed over.
    pub faults: Vec<Fault>,
}

/// Which end of what meets the query is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    Newest,
    Oldest,
}

/// The rows of one side, at most `count`.
#[derive(Debug)]
pub(super) struct Nearest {
    side: Side,
    count: usize,
    rows: BTreeMap<Position, LogRecord>,
    is_cut: bool,
    skipped: u64,
}

impl Nearest {
    pub(super) fn new(side: Side, count: usize) -> Self {
        Self { side, count, rows: BTreeMap::new(), is_cut: false, skipped: 0 }
    }

    /// Takes what a file's bytes hold.
    pub(super) fn take_lines(&mut self, bytes: &[u8], filter: &Filter<'_>, origins: &Origins) {
        let lines = filter.candidates(bytes);
        let side = self.side;
        let mut take = |line: &[u8]| match Head::of(line) {
            None => self.skipped += 1,
            Some(head) if !filter.admits(&head) => {}
            Some(head) if !self.has_room_for(head.position) => self.is_cut = true,
            Some(_) => match filter.record(line, origins) {
                Ok(Some(record)) => self.insert(record),
                Ok(None) => {}
                Err(Bad) => self.skipped += 1,
            },
        };
        // From the wanted side on, so that most rows are passed over by their time.
        match side {
            Side::Newest => lines.into_iter().rev().for_each(|line| take(&bytes[line])),
            Side::Oldest => lines.into_iter().for_each(|line| take(&bytes[line])),
        }
    }

    /// Joins what another file gave.
    pub(super) fn merge(&mut self, other: Self) {
        self.is_cut |= other.is_cut;
        self.skipped += other.skipped;
        for record in other.rows.into_values() {
            self.insert(record);
        }
    }

    /// Notes that there is more than was looked at.
    pub(super) fn cut(&mut self) {
        self.is_cut = true;
    }

    /// Whether a row at this place, or beyond, would come in.
    pub(super) fn has_room_for(&self, position: Position) -> bool {
        self.rows.len() < self.count
            || match self.side {
                Side::Newest => self.rows.first_key_value().is_some_and(|(p, _)| position > *p),
                Side::Oldest => self.rows.last_key_value().is_some_and(|(p, _)| position < *p),
            }
    }

    pub(super) fn into_page(self, faults: Vec<Fault>) -> Page {
        let records = self.rows.into_values().map(Arc::new).collect();
        Page { records, is_end: !self.is_cut, skipped: self.skipped, faults }
    }

    fn insert(&mut self, record: LogRecord) {
        self.rows.insert(record.position(), record);
        if self.rows.len() > self.count {
            self.is_cut = true;
            match self.side {
                Side::Newest => self.rows.pop_first(),
                Side::Oldest => self.rows.pop_last(),
            };
        }
    }
}
