//! Whether a fix helped: what the logs and the containers say from when it was made until a while later.

use super::{
    answer::{Answer, Refusal, WARNING},
    logs,
    problems::{facts, find},
};
use crate::{
    engine::Handle,
    model::{ErrorGroup, Health, RunState, Status},
    source::Link,
};
use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// How often is looked.
const LOOK: Duration = Duration::from_millis(250);
/// New problems that are shown.
const NEW: usize = 20;

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Verification {
    /// The problem, such as `fp2:0123456789abcdef`.
    id: String,
    /// How many seconds it must stay away from now on: 30 without it, 300 at most. Clients that wait for no longer than
    /// a minute ask several times.
    seconds: Option<u64>,
    /// From when on an event counts against the fix: `2m`, or `2024-01-15T10:30:00Z`. Without it, from when the problem
    /// was marked fixed, else from now.
    since: Option<String>,
}

/// Watches until the time is over, or until the problem comes again.
pub(super) async fn verify(handle: &Handle, wish: &Verification) -> Answer {
    let begun = (Instant::now(), Utc::now());
    let before = find(handle, &wish.id)?;
    if handle.link() == Link::Ended {
        return Err(Refusal::new("this log was read to its end: nothing more can come in it"));
    }
    let window = Duration::from_secs(wish.seconds.unwrap_or(30).clamp(1, 300));
    let since = match &wish.since {
        Some(since) => logs::moment(since, begun.1)?,
        None => marked(&before).unwrap_or(begun.1),
    };
    let group = loop {
        let group = find(handle, &wish.id)?;
        let left = window.saturating_sub(begun.0.elapsed());
        if group.last_seen > since || left.is_zero() {
            break group;
        }
        sleep(left.min(LOOK)).await;
    };
    if let Link::Away { reason, .. } = handle.link() {
        return Err(Refusal(format!(
            "Docker cannot be reached, so silence means nothing: {reason}"
        )));
    }
    let not_running = not_running(handle, &group);
    let was_fixed = marked(&before).is_some();
    let verdict = match group.last_seen > since {
        true if was_fixed => "came_back",
        true => "still_there",
        false if !not_running.is_empty() => "not_running",
        false => "fixed",
    };
    let new: Vec<_> = handle.read(|store| {
        let is_new = |other: &&ErrorGroup| {
            other.fingerprint != group.fingerprint
                && other.first_seen >= since
                && other.status.is_open()
        };
        store.groups().filter(is_new).take(NEW).cloned().collect()
    });
    let new: Vec<Value> = new.iter().map(|group| facts(group, handle)).collect();
    Ok(json!({
        "warning": WARNING, "verdict": verdict, "since": since,
        "watched_seconds": begun.0.elapsed().as_secs(),
        "events_meanwhile": group.count.saturating_sub(before.count),
        "not_running": not_running, "new_problems": new, "problem": facts(&group, handle),
    }))
}

/// Since when it is said to be fixed, or when it came back.
const fn marked(group: &ErrorGroup) -> Option<DateTime<Utc>> {
    match group.status {
        Status::Verifying { since } | Status::Fixed { since } => Some(since),
        _ => None,
    }
}

/// Services of a problem whose silence means nothing.
fn not_running(handle: &Handle, group: &ErrorGroup) -> Vec<String> {
    handle.read(|store| {
        let is_well = |name: &_| {
            store.service(name).is_some_and(|service| {
                service.state() == RunState::Running && service.health() != Health::Unhealthy
            })
        };
        let places = group.services.iter().map(|of| &of.service);
        places.filter(|name| !is_well(name)).map(ToString::to_string).collect()
    })
}
