//! The circuit breaker: where too much goes wrong at once the cause is shared, and restarting makes it worse.

use super::{history::History, settings::Settings};
use crate::model::Ending;
use chrono::{DateTime, TimeDelta, Utc};

/// The time over which actions are counted, and for which it then stays open.
pub(super) const SPAN: TimeDelta = TimeDelta::minutes(10);
/// So many services must fail at once at least.
const CROWD: usize = 4;
/// A repair that worked shows for so long that the cause is not shared.
const ACQUITTAL: TimeDelta = TimeDelta::minutes(30);

/// Whether acting is allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Breaker {
    Closed,
    /// Nothing is done until then; without a time: until the probe has ended.
    Open(Option<DateTime<Utc>>),
    /// One action, to see.
    Probe,
}

impl Breaker {
    /// Follows the breaker from the last time it was opened.
    pub(super) fn of(history: &History, now: DateTime<Utc>) -> Self {
        let Some(opened) = history.openings.last() else { return Self::Closed };
        let mut until = *opened + SPAN;
        loop {
            if now < until {
                return Self::Open(Some(until));
            }
            let Some(probe) = history.acts_since(until).next() else { return Self::Probe };
            match &probe.end {
                None => return Self::Open(None),
                Some((_, Ending::Worked, _)) => return Self::Closed,
                // Each time later than before, so this ends.
                Some((end, _, _)) => until = (*end).max(probe.time) + SPAN,
            }
        }
    }
}

/// Why it must open now, in one sentence: before one more action, with so many services that ask for one.
pub(super) fn must_open(
    history: &History,
    settings: &Settings,
    (ill, all): (usize, usize),
    now: DateTime<Utc>,
) -> Option<String> {
    let acts = history.acts_since(now - SPAN).count();
    if acts >= settings.breaker_actions.max(1) {
        return Some(format!(
            "repair paused: {acts} repairs within 10 min; a person should look for what they have in common"
        ));
    }
    let has_worked = history
        .acts_since(now - ACQUITTAL)
        .any(|attempt| matches!(attempt.end, Some((_, Ending::Worked, _))));
    (ill >= CROWD && ill * 2 > all && !has_worked).then(|| {
        format!("repair paused: {ill} of {all} services failed together; likely a shared cause (network, database)")
    })
}
