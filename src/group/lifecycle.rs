//! The life of a problem: it opens, counts, escalates, is fixed or muted, comes back.
//!
//! `engine::pipeline` opens groups and lets them absorb findings, `engine::dispatch` carries out triage, a timer ticks.
//! Times of events decide, never the order of arrival: a back-filled old line does not bring a fixed problem back.

use super::escalation;
use crate::model::{
    ErrorGroup, Finding, Fingerprint, Guidance, MuteUntil, RecordId, SafeText, Sample,
    ServiceCount, Severity, Status, Trend, Variety,
};
use chrono::{DateTime, Duration, Utc};
use std::collections::VecDeque;

/// A problem is new, or regressed, for so long.
const NEW_FOR: Duration = Duration::hours(24);
/// A problem that more runs than these have seen is not new.
const NEW_SESSIONS: u32 = 2;
/// How long a problem marked fixed must be quiet before it is believed.
pub const VERIFY_FOR: Duration = Duration::minutes(10);

/// What became of a group, the loudest thing only.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// It came into being.
    Opened,
    /// It was marked fixed, and an event later than that came.
    Regressed,
    /// It is shown one step worse now; [`ErrorGroup::escalation`] says why.
    Escalated,
    /// What muted it is over.
    Unmuted,
    /// It grew calm or old: verified, no longer new, no longer escalated.
    StatusChanged,
    /// One more event, nothing else.
    Counted,
}

/// The group of a finding that is the first of its name.
pub fn open(finding: &Finding, key: (Fingerprint, SafeText), now: DateTime<Utc>) -> ErrorGroup {
    let time = finding.position.time;
    let (fingerprint, template) = key;
    let mut group = ErrorGroup {
        fingerprint,
        template,
        rule: finding.rule.clone(),
        guidance: finding.guidance.clone(),
        category: finding.category,
        base_severity: finding.severity,
        escalation: None,
        status: Status::New,
        count: 0,
        first_seen: time,
        last_seen: time,
        services: Vec::new(),
        trend: Trend::default(),
        samples: VecDeque::new(),
        sessions: 1,
        issue: None,
        variety: Variety::default(),
    };
    count(&mut group, finding);
    grow_old(&mut group, now);
    group
}

/// Counts a finding and says what that changes.
///
/// A group is as severe as the worst of its findings. The first event in this run of a group that was brought back
/// from disk counts as one more session.
pub fn absorb(group: &mut ErrorGroup, finding: &Finding, now: DateTime<Utc>) -> Change {
    if is_from_earlier_run(group) {
        group.sessions = group.sessions.saturating_add(1);
    }
    if *group.guidance == Guidance::default() {
        group.guidance = finding.guidance.clone();
    }
    group.base_severity = group.base_severity.max(finding.severity);
    count(group, finding);
    let time = finding.position.time;
    let reason =
        (time >= group.last_seen).then(|| escalation::reason(&group.trend, time)).flatten();
    let change = match group.status {
        Status::Verifying { since } | Status::Fixed { since } if time > since => {
            group.status = Status::Regressed { at: time };
            group.escalation = None;
            return Change::Regressed;
        }
        Status::Muted { ref until, since, count } => {
            let is_over = match until {
                MuteUntil::Escalates => time > since && reason.is_some(),
                MuteUntil::Time(end) => now >= *end,
                MuteUntil::More(more) => group.count.saturating_sub(count) >= *more,
                MuteUntil::Forever => false,
            };
            if is_over {
                group.status = Status::Ongoing;
                escalate(group, reason);
                return Change::Unmuted;
            }
            Change::Counted
        }
        Status::New | Status::Ongoing | Status::Regressed { .. } => {
            if escalate(group, reason) {
                Change::Escalated
            } else {
                Change::Counted
            }
        }
        Status::Verifying { .. } | Status::Fixed { .. } => Change::Counted,
    };
    if grow_old(group, now) && change == Change::Counted {
        return Change::StatusChanged;
    }
    change
}

/// A finding that an earlier run counted already is seen again in this run's record: nothing but its place is new.
pub fn revisit(group: &mut ErrorGroup, finding: &Finding) {
    if is_from_earlier_run(group) {
        group.sessions = group.sessions.saturating_add(1);
    }
    group.relocate(&finding.origin.container, finding.position);
}

/// What time alone changes. A group marked fixed must be quiet for `verify`, while `is_running`: whether a service
/// of the group runs, since only then is silence a sign.
pub fn tick(
    group: &mut ErrorGroup,
    now: DateTime<Utc>,
    verify: Duration,
    is_running: bool,
) -> Option<Change> {
    let mut change = grow_old(group, now).then_some(Change::StatusChanged);
    match group.status {
        Status::Verifying { since } if is_running && now - since >= verify => {
            group.status = Status::Fixed { since };
            group.escalation = None;
            change = Some(Change::StatusChanged);
        }
        Status::Muted { until: MuteUntil::Time(end), .. } if now >= end => {
            group.status = Status::Ongoing;
            change = Some(Change::Unmuted);
        }
        _ => {}
    }
    if group.escalation.is_some() && escalation::is_over(&group.trend, now) {
        group.escalation = None;
        change = change.or(Some(Change::StatusChanged));
    }
    change
}

/// Marks a group fixed; verification begins. Returns the status before, for undo.
pub fn mark_fixed(group: &mut ErrorGroup, now: DateTime<Utc>) -> Status {
    std::mem::replace(&mut group.status, Status::Verifying { since: now })
}

/// Takes a group out of fixed or muted, or makes it known. Returns the status before, for undo.
pub fn reopen(group: &mut ErrorGroup) -> Status {
    std::mem::replace(&mut group.status, Status::Ongoing)
}

/// Makes a new or regressed group a known one; others stay as they are. Returns the status before, for undo.
pub fn acknowledge(group: &mut ErrorGroup) -> Status {
    if matches!(group.status, Status::New | Status::Regressed { .. }) {
        return reopen(group);
    }
    group.status.clone()
}

/// Hides a group until something happens. Returns the status before, for undo.
pub fn mute(group: &mut ErrorGroup, until: MuteUntil, now: DateTime<Utc>) -> Status {
    let muted = Status::Muted { until, since: now, count: group.count };
    std::mem::replace(&mut group.status, muted)
}

/// Undo: the status becomes what a triage returned.
pub fn restore(group: &mut ErrorGroup, status: Status) {
    group.status = status;
}

/// Ids of records begin at 1; samples from disk carry 0.
fn is_from_earlier_run(group: &ErrorGroup) -> bool {
    group.samples.iter().all(|s| s.position.id == RecordId::default())
}

/// After a day, or in its third run, a problem is neither new nor news.
fn grow_old(group: &mut ErrorGroup, now: DateTime<Utc>) -> bool {
    let is_old = match group.status {
        Status::New => now - group.first_seen > NEW_FOR || group.sessions > NEW_SESSIONS,
        Status::Regressed { at } => now - at > NEW_FOR,
        _ => false,
    };
    if is_old {
        group.status = Status::Ongoing;
    }
    is_old
}

/// `true` when the group is shown worse than before.
fn escalate(group: &mut ErrorGroup, reason: Option<SafeText>) -> bool {
    let Some(reason) = reason else { return false };
    if group.base_severity == Severity::Critical {
        return false;
    }
    group.escalation.replace(reason).is_none()
}

fn count(group: &mut ErrorGroup, finding: &Finding) {
    let time = finding.position.time;
    group.count = group.count.saturating_add(1);
    group.first_seen = group.first_seen.min(time);
    group.last_seen = group.last_seen.max(time);
    group.trend.add(time);
    match group.services.iter_mut().find(|s| s.service == finding.origin.service) {
        Some(known) => {
            known.count = known.count.saturating_add(1);
            known.last_seen = known.last_seen.max(time);
        }
        None => group.services.push(ServiceCount {
            service: finding.origin.service.clone(),
            count: 1,
            last_seen: time,
        }),
    }
    group.services.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| a.service.cmp(&b.service)));
    keep(&mut group.samples, finding);
}

/// Keeps a sample in order of time; beyond the limit the oldest but the very first falls out.
fn keep(samples: &mut VecDeque<Sample>, finding: &Finding) {
    let at = samples.partition_point(|s| s.position <= finding.position);
    let is_too_old = at == 1 && samples.len() >= ErrorGroup::MAX_SAMPLES;
    if is_too_old {
        return;
    }
    let sample = Sample {
        position: finding.position,
        service: finding.origin.service.clone(),
        container: finding.origin.container.clone(),
        // The first line's pipe; an event never spans two.
        stream: finding.stream,
        message: finding.message.clone(),
        lines: finding.lines.clone(),
    };
    samples.insert(at, sample);
    if samples.len() > ErrorGroup::MAX_SAMPLES {
        samples.remove(1);
    }
}
