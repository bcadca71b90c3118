//! All groups, the names by which each is found, and which of them are to be saved.

use super::ties::Names;
use crate::model::{ErrorGroup, Fingerprint, Guidance, RuleId};
use foldhash::{HashMap, HashSet};
use std::sync::Arc;

/// The groups; whatever is changed of one is saved at the next checkpoint.
#[derive(Debug, Default)]
pub(super) struct Groups {
    all: HashMap<Fingerprint, ErrorGroup>,
    dirty: HashSet<Fingerprint>,
    names: Names,
}

impl Groups {
    /// All of them, in no order.
    pub(super) fn all(&self) -> impl Iterator<Item = &ErrorGroup> {
        self.all.values()
    }

    /// One group, by any of its names.
    pub(super) fn get(&self, fingerprint: Fingerprint) -> Option<&ErrorGroup> {
        self.all.get(&self.names.resolve(fingerprint))
    }

    /// Which names mean which group.
    pub(super) const fn names(&self) -> &Names {
        &self.names
    }

    /// The same, to change.
    pub(super) const fn names_mut(&mut self) -> &mut Names {
        &mut self.names
    }

    /// One group to change, by any of its names.
    pub(super) fn get_mut(&mut self, fingerprint: Fingerprint) -> Option<&mut ErrorGroup> {
        let fingerprint = self.names.resolve(fingerprint);
        let group = self.all.get_mut(&fingerprint)?;
        self.dirty.insert(fingerprint);
        Some(group)
    }

    /// Lets `change` look at every group; whether it said of any that it changed it.
    pub(super) fn change(&mut self, mut change: impl FnMut(&mut ErrorGroup) -> bool) -> bool {
        let mut is_changed = false;
        for (fingerprint, group) in &mut self.all {
            if change(group) {
                self.dirty.insert(*fingerprint);
                is_changed = true;
            }
        }
        is_changed
    }

    /// Adds or replaces a group.
    pub(super) fn put(&mut self, group: ErrorGroup) {
        self.dirty.insert(group.fingerprint);
        self.all.insert(group.fingerprint, group);
    }

    /// Makes two groups one, by `fold` where both are there. `false` where they are one already, or `from` is not
    /// there.
    pub(super) fn merge(
        &mut self,
        (from, into): (Fingerprint, Fingerprint),
        fold: impl FnOnce(&mut ErrorGroup, ErrorGroup),
    ) -> bool {
        let (from, into) = (self.names.resolve(from), self.names.resolve(into));
        if from == into {
            return false;
        }
        let Some(group) = self.all.remove(&from) else { return false };
        self.dirty.remove(&from);
        match self.all.get_mut(&into) {
            Some(known) => fold(known, group),
            None => {
                self.all.insert(into, ErrorGroup { fingerprint: into, ..group });
            }
        }
        self.dirty.insert(into);
        self.names.merge(from, into);
        true
    }

    /// Adds a group that was taken out of another one, with the template of the name `part`.
    pub(super) fn split(&mut self, part: Fingerprint, group: ErrorGroup) {
        self.names.split(part, group.fingerprint);
        self.put(group);
    }

    /// Lets go of a group.
    pub(super) fn take(&mut self, fingerprint: Fingerprint) -> Option<ErrorGroup> {
        self.dirty.remove(&fingerprint);
        self.all.remove(&fingerprint)
    }

    /// Brings back groups that were saved; they are not saved again until they change.
    pub(super) fn restore(&mut self, groups: impl IntoIterator<Item = ErrorGroup>) {
        self.all.extend(groups.into_iter().map(|g| (g.fingerprint, g)));
    }

    /// Gives groups what their rules tell; nothing is saved for it.
    pub(super) fn guide(&mut self, find: impl Fn(&RuleId) -> Option<Arc<Guidance>>) {
        for group in self.all.values_mut() {
            if let Some(guidance) = find(&group.rule) {
                group.guidance = guidance;
            }
        }
    }

    /// The groups that changed since the last call.
    pub(super) fn take_dirty(&mut self) -> Vec<ErrorGroup> {
        self.dirty.drain().filter_map(|f| self.all.get(&f).cloned()).collect()
    }
}
