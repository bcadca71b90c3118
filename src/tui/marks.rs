//! The problems that the user marked, to do something with all of them at once.

use crate::{model::Fingerprint, store::Store};
use std::collections::BTreeSet;

/// Marked problems, by identity.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Marks(BTreeSet<Fingerprint>);

impl Marks {
    /// Marks a problem, or takes its mark away.
    pub(crate) fn toggle(&mut self, problem: Fingerprint) {
        if !self.0.remove(&problem) {
            self.0.insert(problem);
        }
    }

    /// Whether a problem is marked.
    pub(crate) fn has(&self, problem: Fingerprint) -> bool {
        self.0.contains(&problem)
    }

    /// How many are marked.
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether none is.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// All, in no order that means anything.
    pub(crate) fn iter(&self) -> impl Iterator<Item = Fingerprint> {
        self.0.iter().copied()
    }

    /// Takes all marks away; whether there were any.
    pub(crate) fn clear(&mut self) -> bool {
        !std::mem::take(&mut self.0).is_empty()
    }

    /// Forgets problems that are gone, or part of another one.
    pub(crate) fn keep_known(&mut self, store: &Store) {
        self.0.retain(|name| store.group(*name).is_some_and(|group| group.fingerprint == *name));
    }
}
