//! What is known now: the newest records of every service, the services, the groups, and how much there was.
//!
//! `engine::pipeline` and `engine::dispatch` write, everybody reads through `engine::Handle`. Memory is bounded by
//! [`Limits`]; what falls out is counted. No clock, no waiting: `now` is an argument where it matters.

pub mod audit;
mod block;
mod columns;
mod groups;
pub mod journal;
mod lane;
mod limits;
mod memory;
mod packing;
mod pages;
mod roster;
mod scan;
mod search;
pub mod state;
mod ties;
mod timeline;
mod totals;
mod varint;

pub use limits::Limits;
pub use packing::{Packed, Packing};
pub use scan::{Hit, Scan};
pub use ties::Ties;
pub use totals::Totals;

use crate::model::{
    Container, ContainerId, ErrorGroup, Fingerprint, Guidance, Health, Learnt, LogRecord, Position,
    Query, RuleId, RunState, SafeText, Service, ServiceName, Usage,
};
use groups::Groups;
use lane::Way;
use memory::Memory;
use roster::Roster;
use std::{
    collections::{BTreeMap, BTreeSet, HashSet},
    sync::Arc,
};

/// Everything a face can show.
#[derive(Debug)]
pub struct Store {
    memory: Memory,
    roster: Roster,
    groups: Groups,
    totals: Totals,
    keeps_records: bool,
}

impl Store {
    /// An empty store.
    pub fn new(limits: Limits) -> Self {
        Self {
            keeps_records: true,
            memory: Memory::new(limits),
            roster: Roster::default(),
            groups: Groups::default(),
            totals: Totals::default(),
        }
    }

    /// An empty store that counts records and keeps none: for who asks only for services, groups and totals.
    pub fn without_records() -> Self {
        Self { keeps_records: false, ..Self::new(Limits::default()) }
    }

    /// Whether it keeps records.
    pub const fn keeps_records(&self) -> bool {
        self.keeps_records
    }

    /// Services by name, also those known only from their records.
    pub fn services(&self) -> impl Iterator<Item = &Service> {
        self.roster.services().values()
    }

    /// One service.
    pub fn service(&self, name: &ServiceName) -> Option<&Service> {
        self.roster.services().get(name)
    }

    /// A container and its service's name.
    pub fn container(&self, id: &ContainerId) -> Option<&Container> {
        self.roster.container(id)
    }

    /// Services that need `name`, directly.
    pub fn dependants(&self, name: &ServiceName) -> BTreeSet<ServiceName> {
        self.roster.dependants(name)
    }

    /// All groups, in no order.
    pub fn groups(&self) -> impl Iterator<Item = &ErrorGroup> {
        self.groups.all()
    }

    /// One group, by its name or by that of a group that became part of it.
    pub fn group(&self, fingerprint: Fingerprint) -> Option<&ErrorGroup> {
        self.groups.get(fingerprint)
    }

    /// The group that the template of a name belongs to, which is `group` where no person said otherwise.
    pub fn group_of(&self, part: Fingerprint, group: Fingerprint) -> Fingerprint {
        self.groups.names().apart(part).unwrap_or_else(|| self.groups.names().resolve(group))
    }

    /// How much there was.
    pub fn totals(&self) -> &Totals {
        &self.totals
    }

    /// The newest `count` records that meet `query` and stand before `before`, oldest first.
    ///
    /// Opens only the blocks that the answer may stand in, about 0.1 ms each; stops after `count` hits.
    pub fn records_before(
        &self,
        query: &Query,
        before: Option<Position>,
        count: usize,
    ) -> Vec<Arc<LogRecord>> {
        let mut found = self.memory.read(query, Way::Back, before, count);
        found.reverse();
        found
    }

    /// The oldest `count` records that meet `query` and stand after `after` (from the very first for `None`),
    /// oldest first.
    pub fn records_after(
        &self,
        query: &Query,
        after: Option<Position>,
        count: usize,
    ) -> Vec<Arc<LogRecord>> {
        self.memory.read(query, Way::Forward, after, count)
    }

    /// Looks at about `lines` lines before `before`, the newest first, and says which of them meet `query` and
    /// how far it came. Makes no records: about a tenth of a microsecond a line.
    pub fn scan_before(&self, query: &Query, before: Option<Position>, lines: usize) -> Scan {
        self.memory.scan(query, before, lines)
    }

    /// The record at `position` with up to `before` and `after` others around it that meet `query`, in order,
    /// and the index of the first record at or after `position` in the answer.
    pub fn context(
        &self,
        query: &Query,
        position: Position,
        before: usize,
        after: usize,
    ) -> (Vec<Arc<LogRecord>>, usize) {
        let mut records = self.records_before(query, Some(position), before);
        let at = records.len();
        if let Some(record) = self.record(position) {
            records.push(record);
        }
        records.extend(self.records_after(query, Some(position), after));
        (records, at)
    }

    /// The record at exactly this position, while it is kept.
    pub fn record(&self, position: Position) -> Option<Arc<LogRecord>> {
        self.memory.record(position)
    }

    /// How many kept records meet `query`, counting no further than `limit`.
    ///
    /// Without a text condition this looks at no packed line.
    pub fn count(&self, query: &Query, limit: usize) -> usize {
        if query.is_all() {
            return self.memory.len().min(limit);
        }
        self.memory.count(query, limit)
    }

    /// The problem that the record at `position` belongs to.
    pub fn group_at(&self, record: &LogRecord) -> Option<Fingerprint> {
        self.memory.mark(record).map(|group| self.groups.names().resolve(group))
    }

    /// Bytes that the records take in memory, with everything that serves them; at most [`Limits::bytes`], and a
    /// quarter more while a reader pins.
    pub fn bytes(&self) -> usize {
        self.memory.bytes()
    }

    /// From here on memory holds every line of all services; `None` when nothing older exists.
    pub fn complete_from(&self) -> Option<Position> {
        self.memory.complete_from().filter(|from| *from > Position::FIRST)
    }
}

/// For `engine::pipeline` and `engine::dispatch` only.
impl Store {
    /// Keeps a record, and packs where too much is plain; the oldest ones of the fullest service make room.
    pub fn push(&mut self, record: Arc<LogRecord>) {
        self.note(&record);
        if self.keeps_records {
            self.totals.evicted += self.memory.push(record);
        }
    }

    /// The same without packing, which [`Self::packing`] is for: nobody waits for the compressor then.
    pub fn push_plain(&mut self, record: Arc<LogRecord>) {
        self.note(&record);
        if self.keeps_records {
            self.totals.evicted += self.memory.push_plain(record);
        }
    }

    /// What should be packed next; `None` where little enough is plain. [`Packing::pack`] it under no lock.
    pub fn packing(&self) -> Option<Packing> {
        self.memory.packing()
    }

    /// Puts packed lines in the place of the plain ones; whether those were still there.
    pub fn put_packed(&mut self, packed: Packed) -> bool {
        let (is_put, evicted) = self.memory.put_packed(packed);
        self.totals.evicted += evicted;
        is_put
    }

    /// Counts lines of a service whose records are not kept.
    pub fn count_lines(&mut self, service: &ServiceName, lines: u64, bytes: u64) {
        self.roster.note(service);
        self.totals.count(service, lines, bytes);
    }

    fn note(&mut self, record: &LogRecord) {
        // What dogwatch says of itself comes from no service.
        if !record.stream.is_ours() {
            self.count_lines(&record.origin.service, 1, record.text.len() as u64);
        }
    }

    /// Says that lines older than this place exist, on disk only.
    pub fn begin_at(&mut self, position: Position) {
        self.memory.begin_at(position);
    }

    /// Remembers that a record belongs to a problem.
    pub fn mark(&mut self, record: &LogRecord, group: Fingerprint) {
        if self.keeps_records {
            self.totals.evicted += self.memory.set_mark(record, group);
        }
    }

    /// Adds a container, or replaces what was known of it.
    pub fn put_container(&mut self, container: Container) {
        self.roster.put(container);
    }

    /// Changes a container's state and health.
    pub fn set_state(&mut self, id: &ContainerId, state: RunState, health: Health) {
        if let Some(container) = self.roster.container_mut(id) {
            container.state = state;
            container.health = health;
            if !state.is_up() {
                container.usage = None;
            }
        }
    }

    /// Changes a container's last measure.
    pub fn set_usage(&mut self, id: &ContainerId, usage: Usage) {
        if let Some(container) = self.roster.container_mut(id) {
            container.usage = Some(usage);
        }
    }

    /// Notes that a container's log cannot be read, and why.
    pub fn set_unreadable(&mut self, id: &ContainerId, reason: SafeText) {
        if let Some(container) = self.roster.container_mut(id) {
            container.unreadable = Some(reason);
        }
    }

    /// Forgets a container; its service and records stay.
    pub fn remove_container(&mut self, id: &ContainerId) {
        self.roster.retain(|container| container != id);
    }

    /// Forgets every container that is not in `known`.
    pub fn retain_containers(&mut self, known: &HashSet<ContainerId>) {
        self.roster.retain(|container| known.contains(container));
    }

    /// A group to change; it will be saved at the next checkpoint.
    pub fn group_mut(&mut self, fingerprint: Fingerprint) -> Option<&mut ErrorGroup> {
        self.groups.get_mut(fingerprint)
    }

    /// Lets `change` look at every group, with the services beside it; whether it said of any that it changed it.
    pub fn change_groups(
        &mut self,
        mut change: impl FnMut(&mut ErrorGroup, &BTreeMap<ServiceName, Service>) -> bool,
    ) -> bool {
        self.groups.change(|group| change(group, self.roster.services()))
    }

    /// Adds or replaces a group; it will be saved at the next checkpoint.
    pub fn put_group(&mut self, group: ErrorGroup) {
        self.groups.put(group);
    }

    /// Makes two groups one: `from` is found under `into` from now on, by `fold` where both are there. `false` where
    /// they are one already, or `from` is not there.
    pub fn merge_groups(
        &mut self,
        (from, into): (Fingerprint, Fingerprint),
        fold: impl FnOnce(&mut ErrorGroup, ErrorGroup),
    ) -> bool {
        self.groups.merge((from, into), fold)
    }

    /// The names that mean a group besides its own, in order.
    pub fn aliases(&self, group: Fingerprint) -> Vec<Fingerprint> {
        self.groups.names().aliases(group)
    }

    /// Adds a group that a person took out of another one: the template of the name `part` is counted there.
    pub fn split_group(&mut self, part: Fingerprint, group: ErrorGroup) {
        self.groups.split(part, group);
    }

    /// Keeps what was learnt of templates for later runs.
    pub fn learn(&mut self, learnt: Vec<Learnt>) {
        self.groups.names_mut().learn(learnt);
    }

    /// Brings back how names belong together.
    pub fn restore_ties(&mut self, ties: &Ties) {
        self.groups.names_mut().restore(ties);
    }

    /// How names came to belong together since the last call.
    pub fn take_ties(&mut self) -> Ties {
        self.groups.names_mut().take_fresh()
    }

    /// Lets go of a group to make room; it comes back as new when it is seen again.
    pub fn take_group(&mut self, fingerprint: Fingerprint) -> Option<ErrorGroup> {
        self.totals.forgotten_groups += 1;
        self.groups.take(fingerprint)
    }

    /// Brings back groups that were saved; they are not saved again until they change.
    pub fn restore_groups(&mut self, groups: impl IntoIterator<Item = ErrorGroup>) {
        self.groups.restore(groups);
    }

    /// Gives groups that were restored what their rules tell; nothing is saved for it.
    pub fn guide(&mut self, find: impl Fn(&RuleId) -> Option<Arc<Guidance>>) {
        self.groups.guide(find);
    }

    /// The groups that changed since the last call.
    pub fn take_dirty(&mut self) -> Vec<ErrorGroup> {
        self.groups.take_dirty()
    }

    /// The counters.
    pub fn totals_mut(&mut self) -> &mut Totals {
        &mut self.totals
    }
}

#[cfg(test)]
mod tests;
