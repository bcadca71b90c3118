//! The lines of all services in memory, within limits that hold: the newest plain, the others packed.
//!
//! Older lines are on disk; [`Memory::complete_from`] is the seam.

use super::{
    Limits,
    block::Packer,
    lane::{self, Way},
    packing::{Packed, Packing},
    pages::Pages,
    scan::{self, Named, Scan},
    timeline::{Size, Timeline, after},
};
use crate::model::{Fingerprint, LogRecord, Position, Query, ServiceName};
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

#[derive(Debug)]
pub(super) struct Memory {
    limits: Limits,
    timelines: BTreeMap<ServiceName, Timeline>,
    size: Size,
    packer: Arc<Mutex<Packer>>,
    pages: Pages,
    complete_from: Option<Position>,
}

impl Memory {
    pub(super) fn new(limits: Limits) -> Self {
        Self {
            limits,
            timelines: BTreeMap::new(),
            size: Size::default(),
            packer: Arc::new(Mutex::new(Packer::new())),
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
    /// Keeps a record, and packs where too much is plain; how many fell out for it.
    pub(super) fn push(&mut self, record: Arc<LogRecord>) -> u64 {
        self.insert(record);
        while let Some(packing) = self.packing() {
            if !self.replace(packing.pack()) {
                break;
            }
        }
        self.make_room()
    }

    /// Keeps a record; how many fell out for it. Packs only where [`Self::packing`] was not asked for so long that the
    /// bound would not hold.
    pub(super) fn push_plain(&mut self, record: Arc<LogRecord>) -> u64 {
        self.insert(record);
        if self.size.hot > 2 * self.limits.hot()
            && let Some(packing) = self.packing()
        {
            self.replace(packing.pack());
        }
        self.make_room()
    }

    /// What should be packed next; `None` where little enough is plain.
    pub(super) fn packing(&self) -> Option<Packing> {
        let limits = self.limits;
        // Plain records may be twice as many while they are too young.
        let is_pressing = self.size.hot > 2 * limits.hot();
        let fullest = self.timelines.iter().max_by_key(|(_, t)| t.size().hot);
        let freeze = |(name, timeline): Named<'_>| {
            let hot = timeline.size().hot;
            let plan = timeline.to_freeze(is_pressing || hot > 2 * limits.hot_service())?;
            Some((name.clone(), plan))
        };
        let own = self.timelines.iter().filter(|(_, t)| t.size().hot > limits.hot_service());
        let mut found = own.filter_map(freeze);
        let (service, plan) = found
            .next()
            .or_else(|| fullest.filter(|_| self.size.hot > limits.hot()).and_then(freeze))
            .or_else(|| {
                let mut late = self.timelines.iter().filter(|(_, t)| t.is_late_full());
                late.find_map(|(name, t)| Some((name.clone(), t.to_fold()?)))
            })?;
        Some(Packing { service, plan, packer: Arc::clone(&self.packer) })
    }

    /// Puts packed lines in the place of the plain ones: whether those were still there, and how many records fell out.
    pub(super) fn put_packed(&mut self, packed: Packed) -> (bool, u64) {
        let is_put = self.replace(packed);
        (is_put, self.make_room())
    }

    fn insert(&mut self, record: Arc<LogRecord>) {
        let service = record.origin.service.clone();
        if !self.timelines.contains_key(&service) {
            self.timelines.insert(service.clone(), Timeline::default());
        }
        self.change(&service, |timeline| timeline.insert(record));
    }

    fn replace(&mut self, packed: Packed) -> bool {
        let Packed { service, plan, blocks } = packed;
        let is_put = self.change(&service, |timeline| timeline.put_packed(&plan, blocks));
        is_put == Some(true)
    }

    /// Remembers the problem of a record; how many fell out for it.
    pub(super) fn set_mark(&mut self, record: &LogRecord, group: Fingerprint) -> u64 {
        let position = record.position();
        self.change(&record.origin.service, |timeline| timeline.set_mark(position, group));
        self.make_room()
    }

    pub(super) fn begin_at(&mut self, position: Position) {
        self.complete_from = self.complete_from.max(Some(position));
    }

    /// Drops the oldest block of the fullest service until the rest fits; how many records that were.
    fn make_room(&mut self) -> u64 {
        let mut evicted = 0;
        while self.is_over() {
            let Some(name) = self.fullest().cloned() else { break };
            let dropped = self.change(&name, Timeline::drop_oldest).flatten();
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
        change: impl FnOnce(&mut Timeline) -> R,
    ) -> Option<R> {
        let timeline = self.timelines.get_mut(service)?;
        let before = timeline.size();
        let result = change(timeline);
        let now = timeline.size();
        self.size.records = self.size.records - before.records + now.records;
        self.size.bytes = self.size.bytes - before.bytes + now.bytes;
        self.size.hot = self.size.hot - before.hot + now.hot;
        Some(result)
    }
}
