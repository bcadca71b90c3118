//! Reads the lines of the log that are to be shown, whatever the filter: from memory, and before its seam from the
//! window on the past.

use super::{
    index::Index,
    past::{Past, just_before},
    state::{Search, State, World},
};
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
    past: &'a Past,
    /// From here on memory has every line; what is older is read from the journal.
    seam: Option<Position>,
    /// Nothing up to here is shown.
    floor: Option<Position>,
}

/// From where memory has every line that a query may want; `None` where nothing older can be read.
fn seam(query: &Query, world: &World<'_>) -> Option<Position> {
    let complete = world.store.complete_from().filter(|_| world.record.has_journal)?;
    if query.services.len() != 1 {
        return Some(complete);
    }
    // Of one service memory has a newest part without a hole, which may be longer than what it has of all.
    let own = Query { services: query.services.clone(), ..Query::default() };
    let oldest = world.store.records_after(&own, None, 1);
    Some(oldest.first().map_or(complete, |oldest| complete.min(oldest.position())))
}

impl<'a> Reader<'a> {
    /// The lines of the log pane.
    pub(crate) fn of_log(state: &'a State, world: &World<'a>) -> Self {
        let query = state.filter.query();
        Self {
            store: world.store,
            index: state.logs.index.as_ref(),
            past: &state.logs.past,
            seam: seam(&query, world),
            floor: state.logs.floor(),
            query,
        }
    }

    /// The hits of a search.
    pub(crate) fn of_search(search: &'a Search, world: &World<'a>) -> Option<Self> {
        let index = search.index.as_ref()?;
        let query = index.query().clone();
        let seam = seam(&query, world);
        Some(Self {
            store: world.store,
            index: Some(index),
            past: &search.past,
            seam,
            floor: None,
            query,
        })
    }

    /// From where memory has every line; `None` where nothing older can be read.
    pub(crate) const fn seam(&self) -> Option<Position> {
        self.seam
    }

    /// Nothing up to here is shown.
    pub(crate) const fn floor(&self) -> Option<Position> {
        self.floor
    }

    /// The newest `count` lines before `before`, oldest first.
    pub(crate) fn before(&self, before: Option<Position>, count: usize) -> Vec<Arc<LogRecord>> {
        let is_here = |place: Position| self.seam.is_none_or(|seam| place > seam);
        let mut records =
            if before.is_none_or(is_here) { self.memory_before(before, count) } else { Vec::new() };
        if let Some(seam) = self.seam
            && records.len() < count
        {
            let edge = before.map_or(seam, |before| before.min(seam));
            let mut older = self.past.before(edge, count - records.len());
            older.append(&mut records);
            records = older;
        }
        if let Some(floor) = self.floor {
            records.retain(|r| r.position() > floor);
        }
        records
    }

    /// The oldest `count` lines after `after`, oldest first.
    pub(crate) fn after(&self, after: Option<Position>, count: usize) -> Vec<Arc<LogRecord>> {
        let after = after.max(self.floor);
        let Some(seam) = self.seam else { return self.memory_after(after, count) };
        if after.is_some_and(|after| after >= seam) {
            return self.memory_after(after, count);
        }
        let has_met = self.past.meets(seam);
        let mut records = match after {
            None if !has_met => Vec::new(),
            after => self.past.after(after, count),
        };
        // Behind a window that ends before memory begins something is missing; it is on its way.
        if records.len() < count && (has_met || after.is_none()) {
            let edge = just_before(if has_met { self.past.end(seam) } else { seam });
            records.extend(self.memory_after(after.max(Some(edge)), count - records.len()));
        }
        records
    }

    /// The oldest line that can be reached from the cursor without a hole.
    pub(crate) fn top(&self, cursor: Option<Position>) -> Option<Position> {
        let is_apart = cursor.is_some_and(|c| self.past.covers(c));
        let first = if is_apart { self.past.after(self.floor, 1) } else { self.after(None, 1) };
        first.first().map(|r| r.position())
    }

    /// The line at exactly this place.
    pub(crate) fn record(&self, place: Position) -> Option<Arc<LogRecord>> {
        self.store.record(place).or_else(|| self.past.record(place).cloned())
    }

    /// The line so many lines from this one, or the last one on that way.
    pub(crate) fn step(&self, from: Position, lines: isize) -> Option<Position> {
        let count = lines.unsigned_abs();
        let way =
            if lines < 0 { self.before(Some(from), count) } else { self.after(Some(from), count) };
        let end = if lines < 0 { way.first() } else { way.last() };
        end.map(|r| r.position())
    }

    fn memory_before(&self, before: Option<Position>, count: usize) -> Vec<Arc<LogRecord>> {
        let mut records = match self.index {
            Some(index) => self.fetch(index.before(before, count)),
            None => self.store.records_before(&self.query, before, count),
        };
        if let Some(seam) = self.seam {
            records.retain(|r| r.position() >= seam);
        }
        records
    }

    fn memory_after(&self, after: Option<Position>, count: usize) -> Vec<Arc<LogRecord>> {
        match self.index {
            Some(index) => self.fetch(index.after(after, count)),
            None => self.store.records_after(&self.query, after, count),
        }
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
    /// Whether its first row is not a line but what is said above the oldest one.
    pub(crate) has_top: bool,
}

impl Page {
    /// The row of the cursor, from the top of the pane.
    pub(crate) fn row(&self) -> Option<usize> {
        self.cursor.map(|cursor| cursor + usize::from(self.has_top))
    }
}

impl Reader<'_> {
    /// The lines of a pane of `height` rows with the cursor in its row `row`; the newest ones without a cursor.
    ///
    /// With `says_top` a row above the oldest line is kept free, where that is in sight.
    pub(crate) fn page(
        &self,
        cursor: Option<Position>,
        row: usize,
        height: usize,
        says_top: bool,
    ) -> Page {
        let Some(cursor) = cursor else {
            let records = self.before(None, height);
            let has_top = says_top && records.len() < height;
            return Page { records, cursor: None, has_top };
        };
        let mut records = self.before(Some(cursor), height);
        let above = records.len();
        records.extend(self.record(cursor));
        records.extend(self.after(Some(cursor), height));
        let cursor = above.min(records.len().saturating_sub(1));
        // The rows above the cursor are as many as there are, up to `row`.
        let top = usize::from(says_top && above < height);
        let mut first = (top + cursor).saturating_sub(row);
        let last = (first + height).min(top + records.len());
        first = first.min(last.saturating_sub(height));
        let has_top = top > 0 && first == 0;
        let (from, to) = (first.saturating_sub(top), last - top);
        let page = records.get(from..to).unwrap_or_default().to_vec();
        Page { records: page, cursor: Some(cursor - from), has_top }
    }
}
