//! Where the records of a rare condition stand: found in slices, so that no frame reads the whole store.
//!
//! The newest records are looked at first, then the older ones; what arrives later is looked at as it comes.

use crate::{
    model::{Position, Query, ServiceName},
    store::Store,
};
use std::collections::{BTreeMap, VecDeque};

/// Records looked at in one slice; about a millisecond.
const SLICE: usize = 2_048;
/// Records at the new end that are looked at again, because late ones are put among them.
const UNSETTLED: usize = 512;
/// Places remembered; older ones are only counted.
const MAX_HITS: usize = 200_000;

/// The places of all records that meet a condition.
#[derive(Debug, Clone)]
pub(crate) struct Index {
    query: Query,
    hits: VecDeque<Position>,
    by_service: BTreeMap<ServiceName, usize>,
    /// Everything from here on, and up to `newest`, was looked at.
    oldest: Option<Position>,
    newest: Option<Position>,
    is_complete: bool,
}

impl Index {
    /// Nothing was looked at yet.
    pub(crate) fn new(query: Query) -> Self {
        Self {
            query,
            hits: VecDeque::new(),
            by_service: BTreeMap::new(),
            oldest: None,
            newest: None,
            is_complete: false,
        }
    }

    /// The condition.
    pub(crate) const fn query(&self) -> &Query {
        &self.query
    }

    /// Whether everything that is kept was looked at.
    pub(crate) const fn is_complete(&self) -> bool {
        self.is_complete
    }

    /// How many there are, so far.
    pub(crate) fn len(&self) -> usize {
        self.by_service.values().sum()
    }

    /// In how many services they are, so far.
    pub(crate) fn services(&self) -> usize {
        self.by_service.values().filter(|count| **count > 0).count()
    }

    /// Looks at one slice. Whether there is more to look at now.
    pub(crate) fn step(&mut self, store: &Store) -> bool {
        let lanes = Query {
            services: self.query.services.clone(),
            hidden: self.query.hidden.clone(),
            ..Query::default()
        };
        let Some(newest) = self.newest else {
            let records = store.records_before(&lanes, None, SLICE);
            self.oldest = records.first().map(|r| r.position());
            self.newest = records.iter().rev().nth(UNSETTLED).map(|r| r.position()).or(self.oldest);
            self.is_complete = records.len() < SLICE;
            self.add_back(records.iter().map(|r| (r.position(), r)));
            return !self.is_complete;
        };
        // The settled part ends at `newest`; what stands behind it is looked at again.
        while self.hits.back().is_some_and(|hit| *hit > newest) {
            if let Some(hit) = self.hits.pop_back() {
                self.forget(store, hit);
            }
        }
        let records = store.records_after(&lanes, Some(newest), SLICE + UNSETTLED);
        let is_behind = records.len() == SLICE + UNSETTLED;
        if let Some(record) =
            records.len().checked_sub(UNSETTLED + 1).and_then(|at| records.get(at))
        {
            self.newest = Some(record.position());
        }
        self.add_back(records.iter().map(|r| (r.position(), r)));
        if is_behind || self.is_complete {
            return is_behind;
        }
        let older = store.records_before(&lanes, self.oldest, SLICE);
        self.is_complete = older.len() < SLICE;
        if let Some(first) = older.first() {
            self.oldest = Some(first.position());
        }
        for record in older.iter().rev() {
            if self.query.matches(record) {
                *self.by_service.entry(record.origin.service.clone()).or_default() += 1;
                if self.hits.len() < MAX_HITS {
                    self.hits.push_front(record.position());
                }
            }
        }
        !self.is_complete
    }

    /// The newest `count` places before `before`, oldest first.
    pub(crate) fn before(&self, before: Option<Position>, count: usize) -> Vec<Position> {
        let end = before.map_or(self.hits.len(), |b| self.hits.partition_point(|hit| *hit < b));
        self.hits.range(end.saturating_sub(count)..end).copied().collect()
    }

    /// The oldest `count` places after `after`, oldest first.
    pub(crate) fn after(&self, after: Option<Position>, count: usize) -> Vec<Position> {
        let start = after.map_or(0, |a| self.hits.partition_point(|hit| *hit <= a));
        self.hits.range(start..).take(count).copied().collect()
    }

    /// How many places there are up to this one: `3` of 17.
    pub(crate) fn rank(&self, position: Position) -> usize {
        self.hits.partition_point(|hit| *hit <= position) + (self.len() - self.hits.len())
    }

    fn add_back<'a>(
        &mut self,
        records: impl Iterator<Item = (Position, &'a std::sync::Arc<crate::model::LogRecord>)>,
    ) {
        for (position, record) in records {
            if self.query.matches(record) {
                *self.by_service.entry(record.origin.service.clone()).or_default() += 1;
                self.hits.push_back(position);
            }
        }
        while self.hits.len() > MAX_HITS {
            self.hits.pop_front();
        }
    }

    fn forget(&mut self, store: &Store, hit: Position) {
        if let Some(record) = store.record(hit)
            && let Some(count) = self.by_service.get_mut(&record.origin.service)
        {
            *count = count.saturating_sub(1);
        }
    }
}
