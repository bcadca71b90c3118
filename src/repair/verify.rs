//! Did a repair work? Well for the whole window, and nothing less; "still up after ten seconds" is no health.

use super::{
    settings::{Settings, seconds},
    standing::{ENDED, patience},
    trail::{Trails, is_well},
};
use crate::model::{Attempt, Container, Ending, Health, RunState, SafeText, Service};
use chrono::{DateTime, TimeDelta, Utc};

/// What an answer, an event and a slow start may take beside all that is known.
const SPARE: TimeDelta = TimeDelta::seconds(60);

/// How an attempt has ended at `now`, and a sentence; `None` while that is open.
///
/// An attempt without an answer of the Engine is judged by what is seen: that is how one is closed which an earlier run
/// of dogwatch began. The caller leaves out those that it still waits for itself.
pub fn verify(
    attempt: &Attempt,
    service: Option<&Service>,
    trails: &Trails,
    settings: &Settings,
    now: DateTime<Utc>,
) -> Option<(Ending, SafeText)> {
    let service_name = &attempt.service;
    let find = |id| service?.containers.iter().find(|c| c.origin.container == id);
    let mut targets = Vec::new();
    for target in &attempt.targets {
        let Some(container) = find(target.container.clone()) else {
            let text = format!("{service_name}: its container was replaced or removed meanwhile");
            return Some((Ending::Failed, text.into()));
        };
        targets.push((target, container));
    }
    let begun = attempt.acted_at.unwrap_or(attempt.time);
    let window = seconds(settings.window_seconds);
    let is_new = |(target, container): &(&crate::model::Target, &Container)| {
        container.started_at != target.started_at
    };
    let is_well = |(_, container): &(&crate::model::Target, &Container)| {
        let trail = trails.of(&container.origin.container);
        let since = trail.and_then(|trail| trail.well_since);
        is_well(container) && since.is_some_and(|since| since.max(begun) + window <= now)
    };
    if targets.iter().all(|target| is_new(target) && is_well(target)) {
        let health = match targets.first().map(|(_, container)| container.health) {
            Some(Health::Healthy) => "healthy",
            _ => "running",
        };
        let text = format!("{service_name} is {health} for {} s", window.num_seconds());
        return Some((Ending::Worked, text.into()));
    }
    let has_lasted = |container: &Container| {
        let trail = trails.of(&container.origin.container);
        trail.is_some_and(|trail| now - trail.state_since >= ENDED)
    };
    let ended = targets.iter().filter(|target| is_new(target)).find_map(|(_, container)| {
        match container.state {
            // What an event says of the run before may arrive after the new one.
            RunState::Exited(code) if has_lasted(container) => Some(code),
            _ => None,
        }
    });
    if let Some(code) = ended {
        let text = format!("{service_name} ended again with {code}");
        return Some((Ending::Failed, text.into()));
    }
    let slowest = targets.iter().map(|(_, container)| longest_start(container)).max();
    let deadline = begun + window + slowest.unwrap_or_default() + SPARE;
    if now < deadline {
        return None;
    }
    let waited = (now - begun).num_seconds();
    if attempt.acted_at.is_none() && !targets.iter().any(is_new) {
        let text =
            format!("{service_name}: dogwatch ended before it was known whether anything was done");
        return Some((Ending::Cut, text.into()));
    }
    let how = targets.iter().find(|target| !is_well(target)).map_or(
        "not well",
        |(_, container)| match (container.state, container.health) {
            (RunState::Running, Health::Unhealthy) => "still unhealthy",
            (RunState::Running, Health::Starting) => "still starting",
            (RunState::Running, _) => "not up for long enough",
            (RunState::Restarting, _) => "restarted by Docker again and again",
            _ => "not running",
        },
    );
    Some((Ending::Failed, format!("{service_name} is {how} after {waited} s").into()))
}

/// What a container may take to be well: its start period and a round of checks, and its stop before.
fn longest_start(container: &Container) -> TimeDelta {
    let stop = TimeDelta::seconds(i64::from(container.stop_timeout));
    let start = container.care.check.map_or(TimeDelta::zero(), |check| {
        let period = TimeDelta::from_std(check.start_period).unwrap_or_default();
        period.min(TimeDelta::hours(1)) + patience(Some(check))
    });
    stop + start
}
