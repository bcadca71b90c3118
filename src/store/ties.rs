//! Which names mean which group: groups that became one, and templates that a person took apart.

use crate::model::{Fingerprint, Learnt};
use foldhash::HashMap;

/// What must be kept on disk of how groups belong together.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ties {
    /// Names of groups that are no more, and the groups that they are part of now.
    pub merged: Vec<(Fingerprint, Fingerprint)>,
    /// Templates by the name that they have by themselves, and the groups that they were put into by a person.
    pub apart: Vec<(Fingerprint, Fingerprint)>,
    /// Templates with names left out.
    pub learnt: Vec<Learnt>,
}

impl Ties {
    /// Whether there is nothing to keep.
    pub fn is_empty(&self) -> bool {
        self.merged.is_empty() && self.apart.is_empty() && self.learnt.is_empty()
    }

    /// Adds what came later.
    pub fn merge(&mut self, later: Self) {
        self.merged.extend(later.merged);
        self.apart.extend(later.apart);
        self.learnt.extend(later.learnt);
    }
}

/// The ties of all groups in memory.
#[derive(Debug, Default)]
pub(super) struct Names {
    merged: HashMap<Fingerprint, Fingerprint>,
    apart: HashMap<Fingerprint, Fingerprint>,
    fresh: Ties,
}

impl Names {
    /// The group that a name means now; the name itself for most.
    pub(super) fn resolve(&self, name: Fingerprint) -> Fingerprint {
        self.merged.get(&name).copied().unwrap_or(name)
    }

    /// The names that mean a group besides its own, in order.
    pub(super) fn aliases(&self, group: Fingerprint) -> Vec<Fingerprint> {
        let names = self.merged.iter().filter(|(_, into)| **into == group);
        let mut names: Vec<_> = names.map(|(name, _)| *name).collect();
        names.sort_unstable();
        names
    }

    /// The group that a person put a template into.
    pub(super) fn apart(&self, part: Fingerprint) -> Option<Fingerprint> {
        self.apart.get(&part).map(|group| self.resolve(*group))
    }

    /// From now on `from` means `into`, which is no alias.
    pub(super) fn merge(&mut self, from: Fingerprint, into: Fingerprint) {
        for target in self.merged.values_mut().filter(|target| **target == from) {
            *target = into;
        }
        for (part, target) in self.apart.iter_mut().filter(|(_, target)| **target == from) {
            *target = into;
            self.fresh.apart.push((*part, into));
        }
        self.merged.remove(&into);
        self.merged.insert(from, into);
        self.fresh.merged.push((from, into));
    }

    pub(super) fn split(&mut self, part: Fingerprint, group: Fingerprint) {
        self.merged.remove(&group);
        // What was not saved yet would take the group away once more.
        self.fresh.merged.retain(|(from, _)| *from != group);
        self.apart.insert(part, group);
        self.fresh.apart.push((part, group));
    }

    /// Brings back what was saved, in the order in which it came about.
    pub(super) fn restore(&mut self, ties: &Ties) {
        ties.merged.iter().for_each(|(from, into)| self.merge(*from, *into));
        ties.apart.iter().for_each(|(part, group)| self.split(*part, *group));
        self.fresh = Ties::default();
    }

    pub(super) fn learn(&mut self, learnt: Vec<Learnt>) {
        self.fresh.learnt.extend(learnt);
    }

    pub(super) fn take_fresh(&mut self) -> Ties {
        std::mem::take(&mut self.fresh)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: Fingerprint = Fingerprint(1);
    const B: Fingerprint = Fingerprint(2);
    const C: Fingerprint = Fingerprint(3);

    #[test]
    fn a_name_means_the_group_that_its_own_became_part_of() {
        let mut names = Names::default();
        names.merge(A, B);
        names.merge(B, C);
        assert_eq!([A, B, C].map(|name| names.resolve(name)), [C, C, C]);
        assert_eq!((names.aliases(C), names.aliases(A)), (vec![A, B], vec![]));
        let mut later = Names::default();
        later.restore(&names.take_fresh());
        assert_eq!([A, B, C].map(|name| later.resolve(name)), [C, C, C]);
        assert!(later.take_fresh().is_empty());
    }

    #[test]
    fn what_was_taken_apart_has_its_own_name_until_it_is_put_back() {
        let mut names = Names::default();
        names.merge(A, B);
        names.split(A, A);
        assert_eq!((names.resolve(A), names.apart(A)), (A, Some(A)));
        assert_eq!(names.fresh.merged, []);
        names.merge(A, B);
        assert_eq!((names.resolve(A), names.apart(A)), (B, Some(B)));
    }
}
