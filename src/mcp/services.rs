//! Services: how they are, and restarting one where that was switched on.

use super::answer::{Answer, Refusal, WARNING, text};
use crate::{
    engine::Handle,
    model::{Command, Container, Outcome, RunState, Service, ServiceName},
    source::Link,
    store::Store,
};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};
use std::{
    collections::VecDeque,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

/// Restarts within a span at most: a program that goes round in circles shall not do it to services.
const ACTS: usize = 5;
const SPAN: Duration = Duration::from_mins(10);

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Nothing {}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Chosen {
    /// The Compose service.
    service: String,
}

/// When was acted.
#[derive(Debug, Default)]
pub(super) struct Acts(Mutex<VecDeque<Instant>>);

impl Acts {
    fn take(&self, now: Instant) -> Result<(), Refusal> {
        let mut acts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        acts.retain(|at| now.duration_since(*at) < SPAN);
        if acts.len() >= ACTS {
            return Err(Refusal::new(
                "there were five restarts within ten minutes; ask a person before there are more",
            ));
        }
        acts.push_back(now);
        Ok(())
    }
}

/// All services, by name.
pub(super) fn list(handle: &Handle) -> Value {
    let services: Vec<_> =
        handle.read(|store| store.services().map(|service| facts(service, store)).collect());
    json!({
        "warning": WARNING, "project": handle.capabilities().source.name,
        "link": link(handle), "count": services.len(), "services": services,
    })
}

/// Restarts a service and waits until it is healthy, or runs.
pub(super) async fn restart(handle: &Handle, acts: &Acts, chosen: &Chosen) -> Answer {
    let service = ServiceName::from(chosen.service.as_str());
    let (is_known, needed_by) = handle.read(|store| {
        let known = store.service(&service).is_some_and(|known| !known.containers.is_empty());
        (known, store.dependants(&service))
    });
    if !is_known {
        return Err(Refusal::new("there is no such service; list_services gives the names"));
    }
    acts.take(Instant::now())?;
    match handle.request(Command::Restart(vec![service.clone()])).await {
        Outcome::Done(told) => {
            Ok(json!({ "done": told, "service": service, "needed_by": needed_by }))
        }
        Outcome::Failed(why) | Outcome::Skipped(why) => {
            Err(Refusal::new(text(handle, &why, 2_000)))
        }
        Outcome::Unknown(why) => Err(Refusal(format!(
            "nobody knows whether it was restarted: {}",
            text(handle, &why, 2_000)
        ))),
        // No other answer belongs to this wish.
        Outcome::Progress(_) | Outcome::Found(_) | Outcome::Filed(..) => {
            Err(Refusal::new("the engine gave no answer"))
        }
    }
}

/// Whether what is known is up to date, in one word.
fn link(handle: &Handle) -> &'static str {
    match handle.link() {
        Link::Connecting => "connecting",
        Link::Live => "live",
        Link::Away { .. } => "away",
        Link::Ended => "ended",
    }
}

fn facts(service: &Service, store: &Store) -> Value {
    let problems = store.groups().filter(|group| {
        group.status.is_open() && group.services.iter().any(|of| of.service == service.name)
    });
    let first = service.containers.first();
    let needs = first.map(|container| &container.depends_on);
    json!({
        "service": service.name,
        "state": service.state().as_str(),
        "health": service.health(),
        "is_troubled": service.is_troubled(),
        "restarts": service.restarts(),
        "needs": needs,
        "needed_by": store.dependants(&service.name),
        "problems": problems.count(),
        "lines": store.totals().by_service.get(&service.name).copied().unwrap_or_default(),
        "containers": service.containers.iter().map(container).collect::<Vec<_>>(),
    })
}

fn container(container: &Container) -> Value {
    let exit_code = match container.state {
        RunState::Exited(code) => Some(code),
        _ => None,
    };
    json!({
        "name": container.name, "image": container.image, "state": container.state.as_str(),
        "exit_code": exit_code, "health": container.health, "restarts": container.restarts,
        "started_at": container.started_at, "unreadable": container.unreadable,
        "cpu_percent": container.usage.map(|usage| usage.cpu_percent),
        "memory_bytes": container.usage.map(|usage| usage.memory),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn restarts_are_few() {
        let (acts, now) = (Acts::default(), Instant::now());
        for _ in 0..ACTS {
            assert_eq!(acts.take(now), Ok(()));
        }
        assert!(acts.take(now + SPAN / 2).is_err());
        assert_eq!(acts.take(now + SPAN), Ok(()));
    }
}
