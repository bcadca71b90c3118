//! What a person says of problems: fixed, known, muted, one with another, or two.

use super::{Dispatcher, title_of};
use crate::{
    group::{self, lifecycle},
    model::{ErrorGroup, Event, Fingerprint, Outcome, Status},
    store::Store,
};
use std::sync::PoisonError;

/// Triages that can be taken back.
const UNDO: usize = 50;
/// What can be taken back.
pub(super) enum Deed {
    /// Groups had these statuses.
    Judged(Vec<(Fingerprint, Status)>),
    /// The first one was as it is here before the others became part of it.
    Merged(Box<ErrorGroup>, Vec<ErrorGroup>),
    /// The group was as it is here before the group of this name was taken out of it.
    Split(Box<ErrorGroup>, Fingerprint),
}

/// Of a group that was let go for room.
const GONE: &str = "this problem is no longer kept";

impl Dispatcher {
    pub(super) fn triage(
        &self,
        groups: &[Fingerprint],
        what: &str,
        change: impl Fn(&mut ErrorGroup) -> Status,
    ) -> Outcome {
        let mut store = self.shared.store.write().unwrap_or_else(PoisonError::into_inner);
        let mut before = Vec::new();
        let mut who = String::new();
        for name in groups {
            let Some(group) = store.group_mut(*name) else { continue };
            before.push((*name, change(group)));
            who = title_of(group);
        }
        drop(store);
        match before.len() {
            0 => return Outcome::Failed(GONE.into()),
            1 => {}
            count => who = format!("{count} problems"),
        }
        self.remember(Deed::Judged(before));
        Outcome::Done(format!("{who} {what}.").into())
    }

    fn remember(&self, deed: Deed) {
        let mut undo = self.undo.lock().unwrap_or_else(PoisonError::into_inner);
        if undo.len() == UNDO {
            undo.remove(0);
        }
        undo.push(deed);
        drop(undo);
        self.shared.hint(Event::Changed);
    }

    pub(super) fn merge(&self, into: Fingerprint, from: &[Fingerprint]) -> Outcome {
        let mut store = self.shared.store.write().unwrap_or_else(PoisonError::into_inner);
        let Some(before) = store.group(into).cloned() else {
            return Outcome::Failed(GONE.into());
        };
        let into = before.fingerprint;
        let mut parts: Vec<ErrorGroup> = Vec::new();
        for name in from {
            let Some(part) = store.group(*name).cloned() else { continue };
            if store.merge_groups((part.fingerprint, into), group::merge) {
                parts.push(part);
            }
        }
        drop(store);
        let what = match parts.as_slice() {
            [] => return Outcome::Failed("these are one problem already".into()),
            [one] => format!("{} is", title_of(one)),
            all => format!("{} problems are", all.len()),
        };
        let text = format!("{what} part of {} now.", title_of(&before));
        self.remember(Deed::Merged(Box::new(before), parts));
        Outcome::Done(text.into())
    }

    pub(super) fn split(&self, fingerprint: Fingerprint, part: Fingerprint) -> Outcome {
        let mut store = self.shared.store.write().unwrap_or_else(PoisonError::into_inner);
        let Some(group) = store.group_mut(fingerprint) else {
            return Outcome::Failed(GONE.into());
        };
        let before = group.clone();
        let Some(new) = group::split(group, part) else {
            return Outcome::Failed("this problem has no such part to take out".into());
        };
        let (name, text) =
            (new.fingerprint, format!("{} is a problem of its own now.", title_of(&new)));
        store.split_group(part, new);
        drop(store);
        self.remember(Deed::Split(Box::new(before), name));
        Outcome::Done(text.into())
    }

    pub(super) fn undo(&self) -> Outcome {
        let last = self.undo.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let Some(deed) = last else {
            return Outcome::Failed("nothing to undo: no triage yet in this session".into());
        };
        let mut store = self.shared.store.write().unwrap_or_else(PoisonError::into_inner);
        let text = match deed {
            Deed::Judged(before) => rejudge(&mut store, before),
            Deed::Merged(before, parts) => unmerge(&mut store, *before, parts),
            Deed::Split(before, name) => unsplit(&mut store, *before, name),
        };
        drop(store);
        self.shared.hint(Event::Changed);
        text.map_or_else(|| Outcome::Failed(GONE.into()), |text| Outcome::Done(text.into()))
    }
}

/// `None` where all are gone.
fn rejudge(store: &mut Store, before: Vec<(Fingerprint, Status)>) -> Option<String> {
    let mut texts = Vec::new();
    for (name, status) in before {
        let Some(group) = store.group_mut(name) else { continue };
        lifecycle::restore(group, status);
        texts.push(format!("{} is {} again.", title_of(group), group.status.kind().as_str()));
    }
    match texts.len() {
        0 | 1 => texts.pop(),
        count => Some(format!("{count} problems are as they were.")),
    }
}

/// `None` where the group is gone, or part of another one meanwhile.
fn unmerge(store: &mut Store, before: ErrorGroup, parts: Vec<ErrorGroup>) -> Option<String> {
    let now = store.group(before.fingerprint).filter(|g| g.fingerprint == before.fingerprint)?;
    let text = match parts.as_slice() {
        [one] => format!("{} is a problem of its own again.", title_of(one)),
        all => format!("{} problems are their own again.", all.len()),
    };
    let without = group::unmerge(now, before, &parts);
    store.put_group(without);
    for part in parts {
        let own = part.fingerprint;
        // Each of its templates is counted there again, whatever was learnt meanwhile.
        let templates: Vec<_> = part.variety.parts.iter().map(|p| p.fingerprint).collect();
        for template in templates.into_iter().chain([own]) {
            store.split_group(template, part.clone());
        }
    }
    Some(text)
}

/// `None` where one of them is gone.
fn unsplit(store: &mut Store, before: ErrorGroup, name: Fingerprint) -> Option<String> {
    let whole = before.fingerprint;
    let text = format!("{} is one problem again.", title_of(&before));
    if !store.merge_groups((name, whole), group::merge) {
        return None;
    }
    let group = store.group_mut(whole)?;
    if group.count == before.count {
        *group = before;
    } else {
        // Events came meanwhile; what a split cannot divide is as it was.
        group.variety.slots = before.variety.slots;
        lifecycle::restore(group, before.status);
    }
    Some(text)
}
