//! A finding with its name, on its way into the group that it belongs to.

use crate::{
    group::{self, Change, Grouper, Named, Namer, capacity, lifecycle},
    model::{Finding, Fingerprint, LogEvent, SafeText, Severity, Thrown},
    store::Store,
};
use chrono::{DateTime, Duration, Utc};
use std::sync::Arc;

/// An event this old or older is history: it is counted, but nobody is alarmed.
pub(super) const FRESH: Duration = Duration::seconds(10);

/// An event that is a problem, and by what name it is found.
#[derive(Debug)]
pub(super) struct Problem {
    finding: Finding,
    /// The name and the template that its message has by itself.
    pub(super) name: Fingerprint,
    template: Arc<SafeText>,
    /// Where it was thrown.
    thrown: Option<Box<Thrown>>,
    /// The name of the group that the user's own rule puts it into.
    pub(super) own: Option<Fingerprint>,
}

impl Problem {
    /// Names a finding, and places its template among those that are alike.
    pub(super) fn of(finding: Finding, namer: &mut Namer, grouper: &mut Grouper) -> Self {
        let (name, template, thrown) = namer.name_of(&finding);
        let own = Grouper::own(&finding, name);
        if own.is_none() {
            grouper.place(name, Some(finding.category), &template, thrown.as_deref());
        }
        Self { finding, name, template, thrown, own }
    }

    /// Puts it into its group, which is `key` by what was learnt; the group's name where somebody should hear of it.
    pub(super) fn absorb(
        self,
        store: &mut Store,
        event: &LogEvent,
        key: Option<(Fingerprint, &str)>,
        is_new: bool,
        now: DateTime<Utc>,
    ) -> Option<Fingerprint> {
        let Problem { finding, name, template, thrown, own } = self;
        let (learnt, general) = key.unwrap_or((own.unwrap_or(name), &template));
        let fingerprint = store.group_of(name, learnt);
        // What a person put together or took apart keeps its template.
        let is_learnt = fingerprint == learnt && own.is_none();
        for record in event.records() {
            store.mark(record, fingerprint);
        }
        let is_known = store.group(fingerprint).is_some();
        if is_known && !is_new {
            // An earlier run counted it; its place in this run's record is new.
            if let Some(group) = store.group_mut(fingerprint) {
                lifecycle::revisit(group, &finding);
            }
            return None;
        }
        let kind = (finding.origin.service.clone(), finding.category, finding.severity);
        *store.totals_mut().problems.entry(kind).or_default() += 1;
        let named = Named {
            fingerprint: name,
            template: &template,
            message: &finding.message,
            thrown: thrown.as_deref(),
        };
        let change = if let Some(group) = store.group_mut(fingerprint) {
            let change = lifecycle::absorb(group, &finding, now);
            if let Some(naming) = &finding.naming {
                group.variety.title.clone_from(&naming.title);
            }
            if is_learnt {
                group::generalise(group, general);
            }
            group::count(group, named);
            change
        } else {
            let template = if is_learnt { general.into() } else { SafeText::clone(&template) };
            let mut group = lifecycle::open(&finding, (fingerprint, template), now);
            group::count(&mut group, named);
            group.variety.title = finding.naming.as_ref().and_then(|naming| naming.title.clone());
            store.put_group(group);
            make_room(store);
            Change::Opened
        };
        // What is new and not critical shows in the list; a toast for each would hide the log.
        let is_critical =
            store.group(fingerprint).is_some_and(|g| g.severity() == Severity::Critical);
        let is_alarming = match change {
            Change::Opened | Change::Escalated => is_critical,
            Change::Regressed | Change::Unmuted => true,
            Change::StatusChanged | Change::Counted => false,
        };
        (is_alarming && now - event.head.time < FRESH).then_some(fingerprint)
    }
}

/// Folds the least of too many groups into one.
fn make_room(store: &mut Store) {
    let victims = capacity::victims(store.groups());
    for fingerprint in &victims {
        let Some(group) = store.take_group(*fingerprint) else { continue };
        let overflow = Grouper::overflow(group.category).0;
        if let Some(new) = capacity::fold(store.group_mut(overflow), group) {
            store.put_group(new);
        }
    }
}
