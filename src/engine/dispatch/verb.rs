//! Restart, stop and start of whole services, as a person asks for them, and whether what was started is well.

use super::{Claim, Dispatcher, MARGIN};
use crate::{
    model::{CommandId, Health, Outcome, SafeText, ServiceName},
    source::Control,
};
use chrono::{DateTime, Utc};
use std::{fmt::Write as _, sync::Arc, time::Duration};
use tokio::time::{Instant, sleep};

/// How long a restarted service may take to be healthy before we stop waiting and say so.
const SETTLE: Duration = Duration::from_mins(1);
/// How long the source may take to tell of a start.
const TOLD: Duration = Duration::from_secs(3);

/// A verb of the daemon, for a whole service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verb {
    Restart,
    Stop,
    Start,
}

impl Verb {
    const fn doing(self) -> &'static str {
        match self {
            Self::Restart => "Restarting",
            Self::Stop => "Stopping",
            Self::Start => "Starting",
        }
    }

    const fn done(self) -> &'static str {
        match self {
            Self::Restart => "Restarted",
            Self::Stop => "Stopped",
            Self::Start => "Started",
        }
    }
}

impl Dispatcher {
    /// Does this to every container of these services, in this order, and waits until a started one is well.
    pub(super) async fn act(
        &self,
        id: CommandId,
        verb: Verb,
        services: Vec<ServiceName>,
    ) -> Outcome {
        let Some(control) = &self.control else {
            let why = if self.shared.capabilities.is_read_only {
                "this run may only look: it was started with --read-only"
            } else {
                "a recorded log has no services to act on"
            };
            return Outcome::Failed(why.into());
        };
        let _claim = match Claim::take(&self.busy, &services) {
            Ok(claim) => claim,
            Err(service) => {
                let text = format!("{service} is being acted on already, wait for that to end");
                return Outcome::Failed(text.into());
            }
        };
        let started = Instant::now();
        let mut settled = String::new();
        for service in &services {
            let since = Utc::now();
            self.progress(id, format!("{} {service} …", verb.doing()));
            if let Err(reason) = self.act_on(control, verb, service).await {
                let text = format!("{} {service} failed: {reason}", verb.doing());
                return Outcome::Failed(text.into());
            }
            if verb != Verb::Stop {
                let acted = started.elapsed();
                self.progress(id, format!("{service} runs again; waiting for its health …"));
                settled = match self.settle(service, since).await {
                    Settled::Running => String::new(),
                    Settled::Healthy => {
                        let after = (started.elapsed().saturating_sub(acted)).as_secs_f32();
                        format!(", healthy {after:.1} s later")
                    }
                    Settled::Not(why) => {
                        let text = format!("{} {service}, but {why}", verb.done());
                        return Outcome::Failed(text.into());
                    }
                };
            }
        }
        let names = services.iter().map(ServiceName::as_str).collect::<Vec<_>>().join(", ");
        let mut text =
            format!("{} {names} in {:.1} s", verb.done(), started.elapsed().as_secs_f32());
        let _ = write!(text, "{settled}.");
        Outcome::Done(text.into())
    }

    async fn act_on(
        &self,
        control: &Arc<dyn Control>,
        verb: Verb,
        service: &ServiceName,
    ) -> Result<(), SafeText> {
        let containers = self.containers(service);
        if containers.is_empty() {
            return Err("it has no container; `docker compose up -d` makes one".into());
        }
        for container in containers {
            let id = container.origin.container.clone();
            let timeout = Duration::from_secs(u64::from(container.stop_timeout));
            let call = match verb {
                Verb::Restart => Arc::clone(control).restart(id, timeout),
                Verb::Stop => Arc::clone(control).stop(id, timeout),
                Verb::Start => Arc::clone(control).start(id),
            };
            match tokio::time::timeout(timeout + MARGIN, call).await {
                Ok(Ok(())) => {}
                Ok(Err(error)) => return Err(error.to_string().into()),
                Err(_) => {
                    let text = format!(
                        "Docker did not answer within {} s; it may still happen",
                        (timeout + MARGIN).as_secs()
                    );
                    return Err(text.into());
                }
            }
        }
        Ok(())
    }

    /// Waits until a service that was started at or after `since` is healthy, or runs where it has no health check.
    async fn settle(&self, service: &ServiceName, since: DateTime<Utc>) -> Settled {
        let begun = Instant::now();
        let deadline = begun + SETTLE;
        loop {
            let containers = self.containers(service);
            // Until the source has told of the new start, its health is that of the old run; after `TOLD` the
            // clocks of the two machines differ too much to compare.
            let is_new = begun.elapsed() > TOLD
                || containers.iter().all(|c| c.started_at.is_none_or(|at| at >= since));
            let is_up = is_new && containers.iter().all(|c| c.state.is_up());
            if is_up && containers.iter().all(|c| c.health == Health::None) {
                return Settled::Running;
            }
            if is_up && containers.iter().all(|c| c.health == Health::Healthy) {
                return Settled::Healthy;
            }
            if Instant::now() > deadline {
                let why = match containers.iter().map(|c| c.health).find(|h| *h != Health::Healthy)
                {
                    Some(Health::Unhealthy) => "it is unhealthy",
                    Some(Health::Starting) => "it is still starting after 60 s",
                    _ => "it does not run",
                };
                return Settled::Not(why);
            }
            sleep(Duration::from_millis(100)).await;
        }
    }
}

/// How a started service turned out.
enum Settled {
    /// It runs and has no health check.
    Running,
    /// Its health check passes.
    Healthy,
    /// Not within the time, and why.
    Not(&'static str),
}
