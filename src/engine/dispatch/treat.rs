//! Carries out what the watchdog decided: on the very runs it was decided for, and on no others.

use super::{Claim, Dispatcher, MARGIN};
use crate::{
    engine::watchdog::Wish,
    model::{Command, Health, Outcome, Remedy, RunState, Strategy, Target, Treatment},
    source::{Control, Error, Look},
};
use std::{sync::Arc, time::Duration};
use tokio::{
    sync::oneshot,
    time::{Instant, timeout},
};

/// How long the daemon may take to say how a container is.
const LOOK: Duration = Duration::from_secs(10);

impl Dispatcher {
    /// Hands a wish to the watchdog and waits for its answer.
    pub(super) async fn wish(&self, command: Command) -> Outcome {
        let Some(watchdog) = &self.ways.watchdog else {
            return Outcome::Failed("there is no watchdog in this run".into());
        };
        let (reply, answer) = oneshot::channel();
        if watchdog.send(Wish { command, reply }).await.is_err() {
            return Outcome::Failed("the watchdog has stopped".into());
        }
        answer.await.unwrap_or_else(|_| Outcome::Failed("the watchdog has stopped".into()))
    }

    /// Does one treatment: looks at each container first, and leaves it alone where it is not as it was.
    pub(super) async fn treat(&self, treatment: &Treatment) -> Outcome {
        let service = &treatment.service;
        let Some(control) = &self.control else {
            return Outcome::Failed("this run may only look".into());
        };
        if treatment.intent == 0 {
            return Outcome::Failed(format!("{service}: nothing is done without a record").into());
        }
        let services = std::slice::from_ref(service);
        let Ok(_claim) = Claim::take(&self.busy, services) else {
            return Outcome::Skipped(format!("{service} is being acted on already").into());
        };
        let begun = Instant::now();
        let mut done = 0;
        for target in &treatment.targets {
            let name = target.container.short();
            match timeout(LOOK, Arc::clone(control).look(target.container.clone())).await {
                Ok(Ok(Some(look))) => {
                    if let Some(change) =
                        change((treatment.remedy, treatment.strategy), target, look)
                    {
                        if done > 0 {
                            continue;
                        }
                        let text = format!("{service} left alone: {name} {change}");
                        return Outcome::Skipped(text.into());
                    }
                }
                Ok(Ok(None)) => {
                    let text = format!("{service} left alone: {name} is there no more");
                    return Outcome::Skipped(text.into());
                }
                Ok(Err(error)) => return Outcome::Skipped(error.to_string().into()),
                Err(_) => {
                    return Outcome::Skipped("Docker does not answer; nothing was done".into());
                }
            }
            let stop = self.stop_timeout(treatment, target);
            match self.apply(control, treatment.remedy, target, stop).await {
                Ok(()) => done += 1,
                Err(Error::Permanent(text)) => return Outcome::Failed(text),
                Err(Error::Transient(text)) => return Outcome::Unknown(text),
            }
        }
        let (verb, seconds) = (treatment.remedy.verb(), begun.elapsed().as_secs_f32());
        Outcome::Done(format!("{service}: {verb} done in {seconds:.1} s").into())
    }

    async fn apply(
        &self,
        control: &Arc<dyn Control>,
        remedy: Remedy,
        target: &Target,
        stop: Duration,
    ) -> Result<(), Error> {
        let id = || target.container.clone();
        let control = || Arc::clone(control);
        let unheard =
            || Error::Transient("Docker did not answer in time; it may still happen".into());
        match remedy {
            Remedy::Fix => Err(Error::Permanent("a fix goes step by step".into())),
            Remedy::Start => {
                timeout(stop + MARGIN, control().start(id())).await.map_err(|_| unheard())?
            }
            Remedy::Restart => timeout(stop + MARGIN, control().restart(id(), stop))
                .await
                .map_err(|_| unheard())?,
            Remedy::Cycle => {
                timeout(stop + MARGIN, control().stop(id(), stop))
                    .await
                    .map_err(|_| unheard())??;
                timeout(stop + MARGIN, control().start(id())).await.map_err(|_| unheard())?
            }
        }
    }

    fn stop_timeout(&self, treatment: &Treatment, target: &Target) -> Duration {
        let own = self.containers(&treatment.service).into_iter();
        let own = own.filter(|c| c.origin.container == target.container).map(|c| c.stop_timeout);
        let seconds = treatment.stop_timeout.or(own.max()).unwrap_or(10);
        Duration::from_secs(u64::from(seconds))
    }
}

/// What is otherwise than when it was decided; `None` where all is as it was.
pub(super) fn change(
    (remedy, strategy): (Remedy, Strategy),
    target: &Target,
    look: Look,
) -> Option<&'static str> {
    let is_same_run = look.started_at == target.started_at;
    match remedy {
        Remedy::Start if !matches!(look.state, RunState::Exited(_)) => Some("runs already"),
        Remedy::Restart if look.state != RunState::Running => Some("does not run"),
        Remedy::Restart if strategy == Strategy::Unhealthy && look.health != Health::Unhealthy => {
            Some("is not unhealthy any more")
        }
        // Docker itself begins new runs of what is stuck.
        Remedy::Cycle if matches!(look.state, RunState::Running | RunState::Restarting) => None,
        Remedy::Cycle => Some("is not restarted any more"),
        Remedy::Start | Remedy::Restart if !is_same_run => Some("was started meanwhile"),
        Remedy::Start | Remedy::Restart | Remedy::Fix => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::DateTime;

    #[test]
    fn only_the_run_it_was_decided_for_is_treated() {
        use {Health as H, Remedy as R, RunState as S, Strategy as W};
        let at = |second| DateTime::from_timestamp(second, 0);
        for (remedy, strategy, state, health, started, is_left_alone) in [
            (R::Start, W::Exited, S::Exited(1), H::None, 7, false),
            (R::Start, W::Exited, S::Exited(1), H::None, 8, true),
            (R::Start, W::Exited, S::Running, H::None, 8, true),
            (R::Restart, W::Unhealthy, S::Running, H::Unhealthy, 7, false),
            (R::Restart, W::Unhealthy, S::Running, H::Healthy, 7, true),
            (R::Restart, W::Unhealthy, S::Running, H::Unhealthy, 8, true),
            (R::Restart, W::Memory, S::Running, H::Healthy, 7, false),
            (R::Restart, W::Memory, S::Exited(0), H::None, 7, true),
            (R::Cycle, W::Stuck, S::Restarting, H::None, 9, false),
            (R::Cycle, W::Stuck, S::Exited(0), H::None, 9, true),
        ] {
            let target = Target { container: "c".into(), started_at: at(7) };
            let look = Look { state, health, started_at: at(started) };
            let is_changed = change((remedy, strategy), &target, look).is_some();
            assert_eq!(is_changed, is_left_alone, "{remedy:?} {look:?}");
        }
    }
}
