//! Where the records of a rare condition stand: found in slices, so that no frame reads the whole store.
//!
//! The newest records are looked at first, then the older ones; what arrives later is looked at as it comes.

use crate::{
    model::{Position, Query, ServiceName},
    store::Store,
};
use std::collections::{BTreeMap, VecDeque};

/// Records looked at in one slice at the new end.
const SLICE: usize = 2_048;
/// Older lines looked at in one slice; about two milliseconds.
const OLDER: usize = 8_192;
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

    /// The services that they are in, so far.
    pub(crate) fn by_service(&self) -> impl Iterator<Item = &ServiceName> {
        self.by_service.iter().filter(|(_, count)| **count > 0).map(|(service, _)| service)
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
        let older = store.scan_before(&self.query, self.oldest, OLDER);
        self.is_complete = older.reached.is_none();
        self.oldest = older.reached.or(self.oldest);
        for hit in older.hits.into_iter().rev() {
            *self.by_service.entry(hit.service).or_default() += 1;
            if self.hits.len() < MAX_HITS {
                self.hits.push_front(hit.position);
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        model::{Level, LogRecord, Origin, RecordId, Stream, TextMatcher},
        store::Limits,
    };
    use chrono::DateTime;
    use std::sync::Arc;

    fn lines(count: u64) -> Vec<Arc<LogRecord>> {
        let origins: Vec<_> = ["a", "b", "c"]
            .map(|name| {
                Arc::new(Origin {
                    service: name.into(),
                    container: name.into(),
                    replica: 1,
                    is_tty: false,
                })
            })
            .into();
        (1..=count)
            .map(|id| {
                let word = if id % 50 == 0 { "needle" } else { "hay" };
                Arc::new(LogRecord {
                    id: RecordId(id),
                    time: DateTime::from_timestamp_nanos(id as i64 * 1_000_000),
                    origin: Arc::clone(&origins[(id * id % 7 % 3) as usize]),
                    stream: Stream::Stdout,
                    level: Level::Info,
                    text: format!("{word} {id} {}", "and so on ".repeat(10)).as_str().into(),
                    message_at: 0,
                })
            })
            .collect()
    }

    fn looked(index: &mut Index, store: &Store) -> Vec<u64> {
        while index.step(store) {}
        index.before(None, usize::MAX).iter().map(|hit| hit.id.0).collect()
    }

    #[test]
    fn finds_all_in_packed_lines() {
        let records = lines(40_000);
        let mut store = Store::new(Limits { records: 20_000, bytes: 8 << 20 });
        for record in &records {
            store.push(Arc::clone(record));
        }
        let text = TextMatcher::parse("needle").unwrap().into_iter().collect();
        let mut index = Index::new(Query { text, ..Query::default() });
        let found = looked(&mut index, &store);
        let kept = store.count(index.query(), usize::MAX);
        assert!(kept > 300 && kept == found.len() && kept == index.len(), "{kept}");
        assert!(found.is_sorted());
    }
}
