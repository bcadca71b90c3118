//! Carries out one step of a fix, on the containers it was decided for.

use super::{Claim, Dispatcher, MARGIN, treat::change};
use crate::{
    action::beside,
    model::{Container, Outcome, Remedy, RunState, StepKind, StepOrder, Strategy},
    source::{Control, Error},
};
use std::{sync::Arc, time::Duration};
use tokio::time::{Instant, timeout};

/// How long the daemon may take to say how a container is.
const LOOK: Duration = Duration::from_secs(10);

impl Dispatcher {
    /// Does one step. Before the first one it looks whether all is as it was when it was decided.
    pub(super) async fn step(&self, order: &StepOrder) -> Outcome {
        let service = &order.service;
        let Some(control) = &self.control else {
            return Outcome::Failed("this run may only look".into());
        };
        if order.intent == 0 {
            return Outcome::Failed(format!("{service}: nothing is done without a record").into());
        }
        let services = std::slice::from_ref(service);
        let Ok(_claim) = Claim::take(&self.busy, services) else {
            return Outcome::Skipped(format!("{service} is being acted on already").into());
        };
        if order.is_first
            && let Some(why) = changed(control, order).await
        {
            return Outcome::Skipped(format!("{service} left alone: {why}").into());
        }
        let begun = Instant::now();
        let most = order.step.limit();
        match timeout(most, self.do_step(control, order)).await {
            Ok(Ok(())) => {
                Outcome::Done(format!("done in {:.1} s", begun.elapsed().as_secs_f32()).into())
            }
            Ok(Err(Error::Permanent(text))) => Outcome::Failed(self.masked(text.as_str())),
            Ok(Err(Error::Transient(text))) => Outcome::Unknown(self.masked(text.as_str())),
            Err(_) => Outcome::Failed(format!("not done after {} s", most.as_secs()).into()),
        }
    }

    async fn do_step(&self, control: &Arc<dyn Control>, order: &StepOrder) -> Result<(), Error> {
        let containers = self.of_order(order);
        let Some(first) = containers.first() else {
            return Err(Error::Permanent(format!("{} has no container", order.service).into()));
        };
        let files = || first.files.clone();
        match &order.step.kind {
            StepKind::Restart | StepKind::Stop | StepKind::Start => {
                for container in &containers {
                    do_verb(control, order, container).await?;
                }
                Ok(())
            }
            StepKind::Recreate | StepKind::Rebuild => {
                let is_rebuilt = order.step.kind == StepKind::Rebuild;
                Arc::clone(control).renew(order.service.clone(), files(), is_rebuilt).await
            }
            StepKind::Exec(words) => {
                let is_up = |container: &&Container| container.state == RunState::Running;
                let running: Vec<_> = containers.iter().filter(is_up).collect();
                if running.is_empty() {
                    return Err(Error::Permanent("no container of it runs".into()));
                }
                for container in running {
                    let id = container.origin.container.clone();
                    let (code, said) = Arc::clone(control).exec(id, words.clone()).await?;
                    if code != 0 {
                        let text = format!("it ended with {code}: {}", tail(said.as_str()));
                        return Err(Error::Permanent(text.into()));
                    }
                }
                Ok(())
            }
            StepKind::Run(words) => {
                let variables = [("DOGWATCH_SERVICE", order.service.as_str())];
                let done = beside::run(words, files().folder.as_str(), &variables).await;
                done.map_err(|why| Error::Permanent(tail(&why).into()))
            }
            // The watchdog itself waits.
            StepKind::WaitHealthy => Ok(()),
        }
    }

    /// The containers it was decided for, or those that came in their place.
    fn of_order(&self, order: &StepOrder) -> Vec<Container> {
        let is_one_off = |container: &Container| {
            let label = container.care.labels.get("com.docker.compose.oneoff");
            label.is_some_and(|value| value.trim().eq_ignore_ascii_case("true"))
        };
        let mut all = self.containers(&order.service);
        all.retain(|container| !is_one_off(container));
        let is_target = |container: &Container| {
            order.targets.iter().any(|target| target.container == container.origin.container)
        };
        if all.iter().any(is_target) {
            all.retain(is_target);
        }
        all
    }

    fn masked(&self, text: &str) -> crate::model::SafeText {
        self.shared.redactor.redact(text).0.into()
    }
}

/// What is otherwise than when the fix was decided.
async fn changed(control: &Arc<dyn Control>, order: &StepOrder) -> Option<String> {
    let usual = match order.strategy {
        Strategy::Exited => Remedy::Start,
        Strategy::Stuck => Remedy::Cycle,
        _ => Remedy::Restart,
    };
    for target in &order.targets {
        let name = target.container.short();
        match timeout(LOOK, Arc::clone(control).look(target.container.clone())).await {
            Ok(Ok(Some(look))) => {
                if let Some(change) = change((usual, order.strategy), target, look) {
                    return Some(format!("{name} {change}"));
                }
            }
            Ok(Ok(None)) => return Some(format!("{name} is there no more")),
            Ok(Err(error)) => return Some(error.to_string()),
            Err(_) => return Some("Docker does not answer".to_owned()),
        }
    }
    None
}

/// Stops, starts or restarts one container.
async fn do_verb(
    control: &Arc<dyn Control>,
    order: &StepOrder,
    container: &Container,
) -> Result<(), Error> {
    let id = container.origin.container.clone();
    let stop = order.stop_timeout.unwrap_or(container.stop_timeout);
    let stop = Duration::from_secs(u64::from(stop));
    if order.is_again
        && let Some(look) = Arc::clone(control).look(id.clone()).await?
        && look.state.is_up() == (order.step.kind == StepKind::Start)
    {
        return Ok(());
    }
    let control = Arc::clone(control);
    let call = match order.step.kind {
        StepKind::Stop => control.stop(id, stop),
        StepKind::Start => control.start(id),
        _ => control.restart(id, stop),
    };
    timeout(stop + MARGIN, call).await.unwrap_or_else(|_| {
        Err(Error::Transient("Docker did not answer in time; it may still happen".into()))
    })
}

/// The last lines of what a command said, in one line of at most 300 characters.
fn tail(said: &str) -> String {
    const MOST: usize = 300;
    let line = said.split_whitespace().collect::<Vec<_>>().join(" ");
    let skip = line.chars().count().saturating_sub(MOST);
    if skip == 0 { line } else { format!("…{}", line.chars().skip(skip).collect::<String>()) }
}
