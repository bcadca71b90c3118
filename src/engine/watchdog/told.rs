//! What faces and the record are told: how everything stands after a look, and every decision.

use super::{PACE, Patrol, RECENT};
use crate::{
    engine::{handle::Shared, input::Input, ledger::Deed, runner::our_origin},
    model::{Actor, Decision, Event, GuardState, Notice, Watchdog},
    repair::{Judgement, Verdict},
};
use chrono::{DateTime, Utc};
use std::{
    collections::BTreeMap,
    sync::{Arc, PoisonError},
};

impl Patrol {
    /// Shows how everything stands, and tells what has changed since the last look.
    pub(super) async fn publish(&mut self, judgement: Judgement, now: DateTime<Utc>) {
        let mut told = Vec::new();
        let mut next = None;
        let mut before = BTreeMap::new();
        for Verdict { guard, .. } in &judgement.verdicts {
            next = [next, guard.next_at].into_iter().flatten().min();
            let was = self.before.get(&guard.service);
            let is_news = match was {
                None => guard.state != GuardState::Fine,
                Some(state) => *state != guard.state,
            };
            if is_news {
                told.push(Decision {
                    time: now,
                    service: Some(guard.service.clone()),
                    state: guard.state,
                    strategy: guard.strategy,
                    remedy: guard.remedy,
                    ending: None,
                    reason: guard.reason.clone(),
                });
            }
            before.insert(guard.service.clone(), guard.state);
        }
        self.before = before;
        if let Some(why) = &judgement.opening {
            told.push(Decision::about_all(now, GuardState::Paused, why.as_str()));
        }
        told.extend(
            self.advice.news().map(|text| Decision::about_all(now, GuardState::WouldAct, text)),
        );
        let recent = self.history.attempts.iter().rev().take(RECENT).rev().cloned().collect();
        let watchdog = Watchdog {
            mode: self.settings.mode,
            restrained: self.restraint(),
            guards: judgement.verdicts.into_iter().map(|verdict| verdict.guard).collect(),
            paused: judgement.paused_until,
            advice: self.advice.text().into_iter().collect(),
            recent,
            tallies: self.tallies.clone(),
            fixes: self.fix_tallies.clone(),
            looked_at: Some(now),
        };
        self.shared().set_watchdog(watchdog);
        for decision in told {
            self.tell(decision).await;
        }
        let until = next.and_then(|next| (next - now).to_std().ok());
        if let Some(until) = until {
            self.look_at = self.look_at.min(self.looked_at + until.max(PACE));
        }
        if self.history.all_open().next().is_some() {
            self.look_at = self.look_at.min(self.looked_at + PACE);
        }
    }

    /// Writes into the audit log that something would be done, is asked, or is done no more; acts are written by whoever
    /// begins and ends them.
    async fn audit_decision(&mut self, decision: &Decision) {
        let remedy = decision.remedy.map_or("repair", |remedy| remedy.as_str());
        let action = match (decision.ending, decision.state) {
            (None, GuardState::WouldAct) => format!("would {remedy}"),
            (None, GuardState::Asking) => format!("asks to {remedy}"),
            (None, GuardState::GivenUp) => "give up".to_owned(),
            (None, GuardState::Paused) => "pause".to_owned(),
            _ => return,
        };
        let reason = decision.reason.clone();
        let deed = Deed {
            service: decision.service.clone(),
            ..Deed::new(decision.time, Actor::Watchdog, action, reason)
        };
        self.audit(deed).await;
    }

    /// Tells faces of a decision, and puts onto the record what was, or would be, done.
    pub(super) async fn tell(&mut self, decision: Decision) {
        self.audit_decision(&decision).await;
        let word = match (decision.ending, decision.state) {
            (Some(ending), _) => Some(ending.as_str()),
            (None, GuardState::Acting) => Some("acting"),
            (None, GuardState::WouldAct) => Some("would act"),
            (None, GuardState::Asking) => Some("asking"),
            (None, GuardState::GivenUp) => Some("given up"),
            (None, GuardState::Paused) => Some("paused"),
            (None, _) => None,
        };
        if let (Some(word), Some(deeds)) = (word, self.deeds.upgrade()) {
            let origin = decision.service.as_ref().and_then(|service| {
                self.handle.read(|store| {
                    let containers = &store.service(service)?.containers;
                    containers.first().map(|container| Arc::clone(&container.origin))
                })
            });
            let verb = decision.remedy.map_or("", |remedy| remedy.verb());
            let text = match (decision.ending, verb) {
                (Some(_), _) | (None, "") => format!("watchdog: {word}: {}", decision.reason),
                (None, verb) => format!("watchdog: {word}: {verb}: {}", decision.reason),
            };
            let origin = origin.unwrap_or_else(our_origin);
            let notice = Notice { origin, time: decision.time, text: text.into() };
            let _ = deeds.send(Input::Did(notice)).await;
        }
        self.shared().hint(Event::Decided(Arc::new(decision)));
    }
}

impl Shared {
    /// Shows how the watchdog sees everything.
    fn set_watchdog(&self, watchdog: Watchdog) {
        *self.watchdog.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(watchdog);
    }
}
