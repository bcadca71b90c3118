//! Two groups become one, by what was learnt or by a person's wish, and one becomes two again.

use super::{capacity::fold_service, fingerprint, values};
use crate::model::{
    ErrorGroup, FiledIssue, Fingerprint, Part, Sample, ServiceCount, Slot, Status, Trend, Variety,
};
use std::{cmp::Reverse, collections::VecDeque};

/// Moves everything that is known of `from` into `into`.
///
/// What needs attention wins over what does not, with one exception: what a person said of the one holds for both
/// while nobody has looked at the other. So a muted problem stays muted when a new one turns out to be the same, and
/// a fixed one has regressed when the other's events are younger than the mark.
pub fn merge(into: &mut ErrorGroup, from: ErrorGroup) {
    into.status = status(into, &from);
    into.count = into.count.saturating_add(from.count);
    into.first_seen = into.first_seen.min(from.first_seen);
    into.last_seen = into.last_seen.max(from.last_seen);
    into.base_severity = into.base_severity.max(from.base_severity);
    into.sessions = into.sessions.max(from.sessions);
    into.trend.join(&from.trend);
    into.escalation = into.escalation.take().or(from.escalation);
    for service in from.services {
        fold_service(&mut into.services, service);
    }
    into.services.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| a.service.cmp(&b.service)));
    into.issue = issue(into.issue.take(), from.issue);
    join_samples(&mut into.samples, from.samples);
    into.variety.title = into.variety.title.take().or(from.variety.title);
    for part in from.variety.parts {
        into.variety.add_part(part);
    }
    let slots = values::carried(&from.template, from.variety.slots, &into.template, from.count);
    let own = &mut into.variety.slots;
    if own.len() < slots.len() {
        own.resize_with(slots.len().min(Variety::MAX_SLOTS), Slot::default);
    }
    own.iter_mut().zip(&slots).for_each(|(slot, other)| slot.join(other));
}

/// Takes [`merge`] back: `before`, as it was without `from`, with the events that came since. The trend of those is as
/// far as samples tell; those of a template of `from` are left where they were counted.
pub fn unmerge(now: &ErrorGroup, before: ErrorGroup, from: &[ErrorGroup]) -> ErrorGroup {
    let theirs: u64 = from.iter().map(|group| group.count).sum();
    let count = now.count.saturating_sub(theirs);
    if count <= before.count {
        return before;
    }
    let is_theirs = |sample: &&Sample| {
        from.iter().any(|group| group.samples.iter().any(|s| s.position == sample.position))
    };
    let samples: VecDeque<Sample> =
        now.samples.iter().filter(|sample| !is_theirs(sample)).cloned().collect();
    let mut trend = before.trend.clone();
    let newest = before.newest().map(|sample| sample.position);
    for sample in samples.iter().filter(|sample| Some(sample.position) > newest) {
        trend.add(sample.position.time);
    }
    let services = now.services.iter().filter_map(|seen| {
        let theirs = from.iter().flat_map(|g| &g.services).filter(|s| s.service == seen.service);
        let count = seen.count.saturating_sub(theirs.map(|s| s.count).sum());
        (count > 0).then(|| ServiceCount { count, ..seen.clone() })
    });
    let parts = now.variety.parts.iter().filter_map(|part| {
        let theirs = from.iter().flat_map(|g| &g.variety.parts);
        let theirs = theirs.filter(|p| p.fingerprint == part.fingerprint).map(|p| p.count);
        let count = part.count.saturating_sub(theirs.sum());
        (count > 0).then(|| Part { count, ..part.clone() })
    });
    ErrorGroup {
        count,
        services: services.collect(),
        variety: Variety { parts: parts.collect(), ..before.variety.clone() },
        last_seen: now.last_seen,
        samples,
        trend,
        ..before
    }
}

/// Takes the events of one template out of a group, as a group of its own; `None` where the group does not know the
/// template, or has no other. The new group has the template's name, or another where the old group has that one.
///
/// Counts are those of the template; the trend and the services of both are as far as samples tell.
pub fn split(group: &mut ErrorGroup, part: Fingerprint) -> Option<ErrorGroup> {
    if group.variety.parts.len() < 2 {
        return None;
    }
    let at = group.variety.parts.iter().position(|p| p.fingerprint == part)?;
    let part = group.variety.parts.remove(at);
    let is_taken = part.fingerprint == group.fingerprint;
    let name = if is_taken { Fingerprint(!part.fingerprint.0) } else { part.fingerprint };
    let category = group.category;
    let is_part = |s: &Sample| {
        let name = fingerprint::of_part(Some(category), &s.message, part.thrown.as_deref());
        name == part.fingerprint
    };
    let (samples, kept) = std::mem::take(&mut group.samples).into_iter().partition(is_part);
    group.samples = kept;
    let samples: VecDeque<Sample> = samples;
    let mut trend = Trend::default();
    for sample in &samples {
        trend.add(sample.position.time);
    }
    let times = || samples.iter().map(|s| s.position.time);
    let count = part.count.max(1);
    group.count = group.count.saturating_sub(count).max(1);
    group.variety.slots.clear();
    Some(ErrorGroup {
        fingerprint: name,
        template: part.template.clone(),
        count,
        first_seen: times().min().unwrap_or(group.first_seen),
        last_seen: times().max().unwrap_or(group.last_seen),
        trend,
        samples,
        status: Status::Ongoing,
        escalation: None,
        issue: None,
        variety: Variety { parts: vec![part], ..Variety::default() },
        ..group.clone()
    })
}

fn status(into: &ErrorGroup, from: &ErrorGroup) -> Status {
    let (judged, other) = match (&into.status, &from.status) {
        (Status::Muted { .. } | Status::Verifying { .. } | Status::Fixed { .. }, Status::New) => {
            (into, from)
        }
        (Status::New, Status::Muted { .. } | Status::Verifying { .. } | Status::Fixed { .. }) => {
            (from, into)
        }
        _ => return more_urgent(into, from),
    };
    match judged.status {
        Status::Muted { until, since, count } => {
            Status::Muted { until, since, count: count.saturating_add(other.count) }
        }
        Status::Verifying { since } | Status::Fixed { since } if other.last_seen > since => {
            Status::Regressed { at: other.last_seen }
        }
        _ => judged.status.clone(),
    }
}

fn more_urgent(into: &ErrorGroup, from: &ErrorGroup) -> Status {
    let first = if from.status.kind() < into.status.kind() { from } else { into };
    let other = if std::ptr::eq(first, from) { into } else { from };
    match first.status {
        Status::Muted { until, since, count } => {
            Status::Muted { until, since, count: count.saturating_add(other.count) }
        }
        _ => first.status.clone(),
    }
}

/// An open issue before a closed one, then the older one.
fn issue(a: Option<FiledIssue>, b: Option<FiledIssue>) -> Option<FiledIssue> {
    [a, b].into_iter().flatten().min_by_key(|issue| (Reverse(issue.is_open), issue.number))
}

fn join_samples(into: &mut VecDeque<Sample>, from: VecDeque<Sample>) {
    into.extend(from);
    into.make_contiguous().sort_by_key(|sample| sample.position);
    while into.len() > ErrorGroup::MAX_SAMPLES {
        // The very first one stays.
        into.remove(1);
    }
}
