//! What others wish of the watchdog: a repair now, another mode, a fresh start, alerts.

use super::{Patrol, SETTLED, alerts::Teller};
use crate::{
    engine::ledger::Deed,
    model::{
        Actor, Command, GuardState, Outcome, Remedy, RepairMode, RunState, SafeText, ServiceName,
        Strategy, Target,
    },
    repair::{Consent, Level, Plan},
    source::Link,
};
use chrono::Utc;
use tokio::{sync::oneshot, time::Instant};

/// Why something is done that only a person wished for.
const ASKED: &str = "asked for by a person";

/// A wish, and where its answer goes.
pub(in crate::engine) struct Wish {
    pub(in crate::engine) command: Command,
    pub(in crate::engine) reply: oneshot::Sender<Outcome>,
}

impl Patrol {
    /// Grants a wish, or says why not.
    pub(super) async fn grant(&mut self, wish: Wish) {
        let outcome = match wish.command {
            Command::Repair { service, is_forced, by } => {
                let outcome = self.repair(service.clone(), is_forced, by).await;
                if let Outcome::Failed(why) = &outcome {
                    let refused = Some("refused".into());
                    self.note(by, "repair", Some(service), why.clone(), refused).await;
                }
                outcome
            }
            Command::SetRepairMode(None, mode) => {
                let stopped = stopped(&self.call_off(None, mode));
                self.settings.mode = mode;
                self.modes.clear();
                let action = format!("mode {}", mode.as_str());
                self.note(Actor::Screen, &action, None, ASKED.into(), None).await;
                let text = format!("The watchdog's mode is {} now.{stopped}", mode.as_str());
                Outcome::Done(text.into())
            }
            Command::SetRepairMode(Some(service), mode) => {
                let stopped = stopped(&self.call_off(Some(&service), mode));
                let word = mode.as_str();
                let text = format!("The watchdog's mode for {service} is {word} now.{stopped}");
                self.modes.insert(service.clone(), mode);
                let action = format!("mode {}", mode.as_str());
                self.note(Actor::Screen, &action, Some(service), ASKED.into(), None).await;
                Outcome::Done(text.into())
            }
            Command::ResetRepair(service) => {
                let text = format!("The attempts on {service} are forgotten.");
                self.reset(service.clone(), Utc::now()).await;
                self.note(Actor::Screen, "reset", Some(service), ASKED.into(), None).await;
                Outcome::Done(text.into())
            }
            Command::SetAlerts(alerts) => {
                self.set_alerts(Teller::Alertmanager, alerts);
                Outcome::Done("The alerts are noted.".into())
            }
            _ => Outcome::Failed("this is no wish for the watchdog".into()),
        };
        // Whoever asked may have gone.
        let _ = wish.reply.send(outcome);
        self.look_at = Instant::now();
    }

    /// Writes a wish into the audit log.
    async fn note(
        &mut self,
        by: Actor,
        action: &str,
        service: Option<ServiceName>,
        reason: SafeText,
        result: Option<SafeText>,
    ) {
        let deed = Deed { service, result, ..Deed::new(Utc::now(), by, action, reason) };
        self.audit(deed).await;
    }

    async fn repair(&mut self, service: ServiceName, is_forced: bool, by: Actor) -> Outcome {
        let now = Utc::now();
        let failed =
            |why: &str| Outcome::Failed(format!("{service} is not repaired: {why}").into());
        if let Some(why) = self.restraint() {
            return failed(why.as_str());
        }
        if self.handle.link() != Link::Live || self.live_since.is_none_or(|at| now < at + SETTLED) {
            return failed("it is not known yet how everything is, or not any more");
        }
        let services = self.see(now);
        let Some(found) = services.iter().find(|other| other.name == service) else {
            return failed("there is no such service");
        };
        if self.history.open(&service).is_some() {
            return failed("it is being repaired already");
        }
        let mut modes = self.modes.clone();
        modes.insert(service.clone(), RepairMode::Auto);
        let judgement = self.judge(&services, &self.settings, &modes, now);
        let verdict = judgement.verdicts.iter().find(|verdict| verdict.guard.service == service);
        let Some(mut verdict) = verdict.cloned() else { return failed("it is not known") };
        let consent = Consent::of(found, &self.settings);
        let plan = if is_forced {
            if consent.level == Level::Off {
                return failed(&consent.why);
            }
            let is_up = |state: RunState| state.is_up() || state == RunState::Restarting;
            let has_process = found.containers.iter().any(|c| is_up(c.state));
            let remedy = if has_process { Remedy::Restart } else { Remedy::Start };
            let fits = |state: RunState| remedy == Remedy::Start || is_up(state);
            let target = |c: &crate::model::Container| Target {
                container: c.origin.container.clone(),
                started_at: c.started_at,
            };
            let chosen = found.containers.iter().filter(|c| fits(c.state));
            let targets: Vec<_> = chosen.map(target).collect();
            if targets.is_empty() {
                return failed("it has no container");
            }
            verdict.guard.reason = ASKED.into();
            Plan {
                strategy: Strategy::Wish,
                remedy,
                fix: None,
                targets,
                stop_timeout: consent.stop_timeout,
                config: String::new(),
            }
        } else {
            match (verdict.guard.state, verdict.plan.clone()) {
                (GuardState::Acting, Some(plan)) => plan,
                (GuardState::Fine, _) => {
                    return Outcome::Skipped(format!("nothing is wrong with {service}").into());
                }
                _ => return failed(verdict.guard.reason.as_str()),
            }
        };
        let verb = plan.remedy.verb();
        if self.begin(&verdict, plan, by, now).await {
            Outcome::Done(format!("Repairing {service}: {verb}; {}.", verdict.guard.reason).into())
        } else {
            failed("its attempt cannot be written down")
        }
    }
}

/// Says of fixes that they are called off.
fn stopped(fixes: &[String]) -> String {
    if fixes.is_empty() {
        return String::new();
    }
    format!(" Called off: {}.", fixes.join(", "))
}
