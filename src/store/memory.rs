//! The lines of all services in memory, within limits that hold: the newest plain, the others packed.
//!
//! Older lines are on disk; [`Memory::complete_from`] is the seam.

use super::{
    Limits,
    block::Packer,
    lane::{self, Way},
    pages::Pages,
    scan::{self, Named, Scan},
    timeline::{Size, Timeline, after},
};
use crate::model::{Fingerprint, LogRecord, Position, Query, ServiceName};
use std::{collections::BTreeMap, sync::Arc};

#[derive(Debug)]
pub(super) struct Memory {
    limits: Limits,
    timelines: BTreeMap<ServiceName, Timeline>,
    size: Size,
    packer: Packer,
    pages: Pages,
    complete_from: Option<Position>,
}

impl Memory {
    pub(super) fn new(limits: Limits) -> Self {
        Self {
            limits,
            timelines: BTreeMap::new(),
            size: Size::default(),
            packer: Packer::new(),
            pages: Pages::new(limits.pages()),
            complete_from: None,
        }
    }

    pub(super) fn len(&self) -> usize {
        self.size.records
    }

    pub(super) fn bytes(&self) -> usize {
        self.size.bytes + self.pages.bytes()
    }

    /// Records that are not packed.
    #[cfg(test)]
    pub(super) fn plain(&self) -> usize {
        self.timelines.values().map(|t| t.hot().len() + t.late().len()).sum()
    }

    pub(super) fn complete_from(&self) -> Option<Position> {
        self.complete_from
    }

    pub(super) fn read(
        &self,
        query: &Query,
        way: Way,
        edge: Option<Position>,
        count: usize,
    ) -> Vec<Arc<LogRecord>> {
        let timelines = self.wanted(query).map(|(_, timeline)| timeline);
        lane::merge(timelines, (query, &self.pages), (way, edge), count)
    }

    pub(super) fn record(&self, position: Position) -> Option<Arc<LogRecord>> {
        self.timelines.values().find_map(|t| t.record(position, &self.pages))
    }

    pub(super) fn mark(&self, record: &LogRecord) -> Option<Fingerprint> {
        self.timelines.get(&record.origin.service)?.mark(record.position(), &self.pages)
    }

    pub(super) fn count(&self, query: &Query, limit: usize) -> usize {
        let timelines: Vec<_> = self.wanted(query).collect();
        scan::count(&timelines, (query, &self.pages), limit)
    }

    pub(super) fn scan(&self, query: &Query, before: Option<Position>, lines: usize) -> Scan {
        let timelines: Vec<_> = self.wanted(query).collect();
        scan::before(&timelines, (query, &self.pages), before, lines)
    }

    fn wanted(&self, query: &Query) -> impl Iterator<Item = Named<'_>> {
        self.timelines.iter().filter(|(name, _)| query.wants_service(name))
    }
}

impl Memory {
    /// Keeps a record; how many fell out for it.
    pub(super) fn push(&mut self, record: Arc<LogRecord>) -> u64 {
        let service = record.origin.service.clone();
        if !self.timelines.contains_key(&service) {
            self.timelines.insert(service.clone(), Timeline::default());
        }
        self.change(&service, |timeline, _, _| timeline.insert(record));
        self.pack(&service);
        self.make_room()
    }

    /// Remembers the problem of a record; how many fell out for it.
    pub(super) fn set_mark(&mut self, record: &LogRecord, group: Fingerprint) -> u64 {
        let position = record.position();
        self.change(&record.origin.service, |timeline, _, _| timeline.set_mark(position, group));
        self.make_room()
    }

    pub(super) fn begin_at(&mut self, position: Position) {
        self.complete_from = self.complete_from.max(Some(position));
    }

    /// Packs at most one block, where too much is plain.
    fn pack(&mut self, service: &ServiceName) {
        let limits = self.limits;
        let Some(size) = self.timelines.get(service).map(Timeline::size) else { return };
        // Plain records may be twice as many while they are too young.
        if size.hot > limits.hot_service() {
            let is_pressing = size.hot > 2 * limits.hot_service();
            let is_packed = self.change(service, |t, packer, _| t.freeze(packer, is_pressing));
            if is_packed == Some(true) {
                return;
            }
        }
        if self.size.hot > limits.hot() {
            let is_pressing = self.size.hot > 2 * limits.hot();
            let fullest = self.timelines.iter().max_by_key(|(_, t)| t.size().hot);
            if let Some(name) = fullest.map(|(name, _)| name.clone()) {
                self.change(&name, |t, packer, _| t.freeze(packer, is_pressing));
            }
        } else if self.timelines.get(service).is_some_and(Timeline::is_late_full) {
            self.change(service, |t, packer, _| t.fold(packer));
        }
    }

    /// Drops the oldest block of the fullest service until the rest fits; how many records that were.
    fn make_room(&mut self) -> u64 {
        let mut evicted = 0;
        while self.is_over() {
            let Some(name) = self.fullest().cloned() else { break };
            let dropped = self.change(&name, |timeline, _, _| timeline.drop_oldest()).flatten();
            let Some((count, last)) = dropped else { break };
            evicted += count as u64;
            self.complete_from = self.complete_from.max(Some(after(last)));
        }
        evicted
    }

    fn fullest(&self) -> Option<&ServiceName> {
        let fullest = self.timelines.iter().max_by_key(|(_, timeline)| timeline.size().bytes);
        fullest.map(|(name, _)| name)
    }

    fn is_over(&self) -> bool {
        self.size.records > self.limits.records || self.size.bytes > self.limits.records_bytes()
    }

    /// Changes a timeline and keeps the sums.
    fn change<R>(
        &mut self,
        service: &ServiceName,
        change: impl FnOnce(&mut Timeline, &mut Packer, &Pages) -> R,
    ) -> Option<R> {
        let timeline = self.timelines.get_mut(service)?;
        let before = timeline.size();
        let result = change(timeline, &mut self.packer, &self.pages);
        let now = timeline.size();
        self.size.records = self.size.records - before.records + now.records;
        self.size.bytes = self.size.bytes - before.bytes + now.bytes;
        self.size.hot = self.size.hot - before.hot + now.hot;
        Some(result)
    }
}
