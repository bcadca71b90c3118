//! Reads the lines of the log that are to be shown, whatever the filter.

use super::{index::Index, state::State};
use crate::{
    model::{LogRecord, Position, Query},
    store::Store,
};
use std::sync::Arc;

/// A way through the records that meet the filter.
#[derive(Debug)]
pub(crate) struct Reader<'a> {
    store: &'a Store,
    query: Query,
    index: Option<&'a Index>,
    /// Nothing up to here is shown.
    floor: Option<Position>,
}

impl<'a> Reader<'a> {
    /// The lines of the log pane.
    pub(crate) fn of_log(state: &'a State, store: &'a Store) -> Self {
        let query = state.filter.query();
        let index = state.logs.index.as_ref();
        Self { store, query, index, floor: state.logs.cleared }
    }

    /// The hits of a search.
    pub(crate) fn of_search(index: &'a Index, store: &'a Store) -> Self {
        Self { store, query: index.query().clone(), index: Some(index), floor: None }
    }

    /// The newest `count` lines before `before`, oldest first.
    pub(crate) fn before(&self, before: Option<Position>, count: usize) -> Vec<Arc<LogRecord>> {
        let mut records = match self.index {
            Some(index) => self.fetch(index.before(before, count)),
            None => self.store.records_before(&self.query, before, count),
        };
        if let Some(floor) = self.floor {
            records.retain(|r| r.position() > floor);
        }
        records
    }

    /// The oldest `count` lines after `after`, oldest first.
    pub(crate) fn after(&self, after: Option<Position>, count: usize) -> Vec<Arc<LogRecord>> {
        let after = after.max(self.floor);
        match self.index {
            Some(index) => self.fetch(index.after(after, count)),
            None => self.store.records_after(&self.query, after, count),
        }
    }

    /// The line so many lines from this one, or the last one on that way.
    pub(crate) fn step(&self, from: Position, lines: isize) -> Option<Position> {
        let count = lines.unsigned_abs();
        let way =
            if lines < 0 { self.before(Some(from), count) } else { self.after(Some(from), count) };
        let end = if lines < 0 { way.first() } else { way.last() };
        end.map(|r| r.position())
    }

    fn fetch(&self, positions: Vec<Position>) -> Vec<Arc<LogRecord>> {
        positions.into_iter().filter_map(|p| self.store.record(p)).collect()
    }
}

/// A page of lines with the cursor's place in it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Page {
    /// Oldest first.
    pub(crate) records: Vec<Arc<LogRecord>>,
    /// Index of the cursor's line; `None` while following.
    pub(crate) cursor: Option<usize>,
}

impl Reader<'_> {
    /// The lines of a pane of `height` rows with the cursor in its row `row`; the newest ones without a cursor.
    pub(crate) fn page(&self, cursor: Option<Position>, row: usize, height: usize) -> Page {
        let Some(cursor) = cursor else {
            return Page { records: self.before(None, height), cursor: None };
        };
        let mut records = self.before(Some(cursor), height);
        let above = records.len();
        records.extend(self.store.record(cursor));
        records.extend(self.after(Some(cursor), height));
        let cursor = above.min(records.len().saturating_sub(1));
        // The rows above the cursor are as many as there are, up to `row`.
        let mut first = cursor.saturating_sub(row);
        let last = (first + height).min(records.len());
        first = first.min(last.saturating_sub(height));
        let page = records.get(first..last).unwrap_or_default().to_vec();
        Page { records: page, cursor: Some(cursor - first) }
    }
}
