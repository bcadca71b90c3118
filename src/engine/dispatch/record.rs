//! What was done goes onto the record, among the lines of the services, and into the audit log.

use super::Dispatcher;
use crate::{
    engine::{input::Input, ledger::Deed, runner::our_origin},
    model::{Actor, Command, Event, Fingerprint, Notice, Outcome, ServiceName},
};
use chrono::Utc;
use std::{
    collections::BTreeSet,
    sync::{Arc, PoisonError},
};

impl Dispatcher {
    /// The services that a command is about; `None` for one that changes nothing.
    pub(super) fn about(&self, command: &Command) -> Option<Vec<ServiceName>> {
        let of = |groups: &[Fingerprint]| {
            let store = self.shared.store.read().unwrap_or_else(PoisonError::into_inner);
            let service = |name: &Fingerprint| store.group(*name)?.main_service().cloned();
            let services: BTreeSet<_> = groups.iter().filter_map(service).collect();
            Some(services.into_iter().collect())
        };
        match command {
            Command::Restart(services) | Command::Stop(services) | Command::Start(services) => {
                Some(services.clone())
            }
            Command::MarkFixed(groups)
            | Command::Reopen(groups)
            | Command::Acknowledge(groups)
            | Command::Mute(groups, _) => of(groups),
            Command::Merge { into: group, .. } | Command::Split { group, .. } => of(&[*group]),
            Command::FileIssue(draft) => of(&[draft.fingerprint]),
            Command::Attach(container) | Command::Detach(container) => {
                let store = self.shared.store.read().unwrap_or_else(PoisonError::into_inner);
                let service = store.container(container).map(|c| c.origin.service.clone());
                Some(service.into_iter().collect())
            }
            Command::UndoTriage | Command::Up(_) | Command::Down(_) => Some(Vec::new()),
            Command::Treat(treatment) => Some(vec![treatment.service.clone()]),
            // The watchdog and the scaler put onto the record what they do.
            Command::FindIssue(_)
            | Command::Scale(_)
            | Command::Clean(_)
            | Command::Step(_)
            | Command::Repair { .. }
            | Command::SetRepairMode(..)
            | Command::ResetRepair(_)
            | Command::SetAlerts(_) => None,
        }
    }

    /// Puts what was done onto the record, once for each service that it was done to.
    pub(super) async fn record(&self, about: Option<Vec<ServiceName>>, outcome: &Outcome) {
        let (Some(services), Some(deeds)) = (about, self.ways.deeds.upgrade()) else { return };
        let text = match outcome {
            Outcome::Done(text) | Outcome::Skipped(text) | Outcome::Unknown(text) => text.clone(),
            Outcome::Failed(text) => format!("failed: {text}").into(),
            Outcome::Filed(issue, false) => format!("filed issue #{}", issue.number).into(),
            Outcome::Filed(issue, true) => format!("found issue #{}", issue.number).into(),
            Outcome::Progress(_) | Outcome::Found(_) => return,
        };
        let mut origins: Vec<_> = services
            .iter()
            .filter_map(|service| self.containers(service).first().map(|c| Arc::clone(&c.origin)))
            .collect();
        if origins.is_empty() {
            origins.push(our_origin());
        }
        for origin in origins {
            let deed = Notice { origin, time: Utc::now(), text: text.clone() };
            let _ = deeds.send(Input::Did(deed)).await;
        }
    }

    /// Writes down what was done to services. A disk that refuses holds no person back, as it does the watchdog.
    pub(super) async fn audit(
        &self,
        (actor, verb): (Actor, Option<&'static str>),
        about: Option<&[ServiceName]>,
        outcome: &Outcome,
    ) {
        let (Some(verb), Some(ledger)) = (verb, &self.ways.ledger) else { return };
        let (Outcome::Done(result)
        | Outcome::Failed(result)
        | Outcome::Skipped(result)
        | Outcome::Unknown(result)) = outcome
        else {
            return;
        };
        let reason = match actor {
            Actor::Mcp => "asked for by a program",
            _ => "asked for by a person",
        };
        let all = about.filter(|services| !services.is_empty());
        let each = all.map_or_else(|| vec![None], |all| all.iter().cloned().map(Some).collect());
        for service in each {
            let deed = Deed {
                service,
                result: Some(result.clone()),
                ..Deed::new(Utc::now(), actor, verb, reason)
            };
            if let Err(error) = ledger.append(deed).await {
                self.shared.hint(Event::Trouble(error));
            }
        }
    }
}
