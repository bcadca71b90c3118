//! What a person says of problems: fixed, known, muted, one with another, or two.

use super::{Dispatcher, title_of};
use crate::{
    group::{self, lifecycle},
    model::{ErrorGroup, Event, Fingerprint, Outcome, Status},
};
use std::sync::PoisonError;

/// Triages that can be taken back.
const UNDO: usize = 50;
/// Of a group that was let go for room.
const GONE: &str = "this problem is no longer kept";

impl Dispatcher {
    pub(super) fn triage(
        &self,
        fingerprint: Fingerprint,
        what: &str,
        change: impl FnOnce(&mut ErrorGroup) -> Status,
    ) -> Outcome {
        let mut store = self.shared.store.write().unwrap_or_else(PoisonError::into_inner);
        let Some(group) = store.group_mut(fingerprint) else {
            return Outcome::Failed(GONE.into());
        };
        let before = change(group);
        let text = format!("{} {what}.", title_of(group));
        drop(store);
        let mut undo = self.undo.lock().unwrap_or_else(PoisonError::into_inner);
        if undo.len() == UNDO {
            undo.remove(0);
        }
        undo.push((fingerprint, before));
        self.shared.hint(Event::Changed);
        Outcome::Done(text.into())
    }

    pub(super) fn merge(&self, into: Fingerprint, from: Fingerprint) -> Outcome {
        let mut store = self.shared.store.write().unwrap_or_else(PoisonError::into_inner);
        let (Some(one), Some(other)) = (store.group(into), store.group(from)) else {
            return Outcome::Failed(GONE.into());
        };
        let (into, from) = (one.fingerprint, other.fingerprint);
        let text = format!("{} is part of {} now.", title_of(other), title_of(one));
        if !store.merge_groups((from, into), group::merge) {
            return Outcome::Failed("these are one problem already".into());
        }
        drop(store);
        self.shared.hint(Event::Changed);
        Outcome::Done(text.into())
    }

    pub(super) fn split(&self, fingerprint: Fingerprint, part: Fingerprint) -> Outcome {
        let mut store = self.shared.store.write().unwrap_or_else(PoisonError::into_inner);
        let Some(group) = store.group_mut(fingerprint) else {
            return Outcome::Failed(GONE.into());
        };
        let Some(new) = group::split(group, part) else {
            return Outcome::Failed("this problem has no such part to take out".into());
        };
        let text = format!("{} is a problem of its own now.", title_of(&new));
        store.split_group(part, new);
        drop(store);
        self.shared.hint(Event::Changed);
        Outcome::Done(text.into())
    }

    pub(super) fn undo(&self) -> Outcome {
        let last = self.undo.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let Some((fingerprint, before)) = last else {
            return Outcome::Failed("nothing to undo: no triage yet in this session".into());
        };
        let mut store = self.shared.store.write().unwrap_or_else(PoisonError::into_inner);
        let Some(group) = store.group_mut(fingerprint) else {
            return Outcome::Failed(GONE.into());
        };
        lifecycle::restore(group, before);
        let text = format!("{} is {} again.", title_of(group), group.status.kind().as_str());
        drop(store);
        self.shared.hint(Event::Changed);
        Outcome::Done(text.into())
    }
}
