//! Makes room on a full disk: only what the settings name, only in mode `auto`, and once an hour over all runs.

use super::{ANSWER, Patrol, disk::AGAIN};
use crate::{
    engine::ledger::Deed,
    model::{Actor, Clean, CleanOrder, Command, Decision, Ending, GuardState, Outcome, RepairMode},
};
use chrono::{DateTime, Utc};

impl Patrol {
    /// Begins what is due. It is in the audit log before anything is sent.
    pub(super) async fn clean(&mut self, now: DateTime<Utc>) {
        let Some(full) = self.advice.text() else { return };
        let is_due = self.cleaned_at.is_none_or(|at| now - at >= AGAIN);
        if !is_due || self.settings.mode != RepairMode::Auto || self.restraint().is_some() {
            return;
        }
        for clean in self.settings.clean.clone() {
            let order = match (clean, &self.own_logs) {
                (Clean::DanglingImages, _) => CleanOrder::DanglingImages,
                (Clean::OwnLogs, Some(logs)) => CleanOrder::OwnLogs(logs.clone()),
                (Clean::OwnLogs, None) => continue,
            };
            let deed = Deed::new(now, Actor::Watchdog, clean.action(), full.clone());
            if !self.audit(deed).await {
                return;
            }
            self.cleaned_at = Some(now);
            let handle = self.handle.clone();
            self.cleaning.spawn(async move {
                let answer = handle.request(Command::Clean(order));
                let outcome = tokio::time::timeout(ANSWER * 2, answer).await;
                (clean, outcome.unwrap_or_else(|_| Outcome::Unknown("no answer came".into())))
            });
        }
    }

    /// Writes down and tells what came of it.
    pub(super) async fn cleaned(&mut self, clean: Clean, outcome: Outcome) {
        let now = Utc::now();
        let (ending, text) = match outcome {
            Outcome::Done(text) => (Ending::Worked, text),
            Outcome::Failed(text) | Outcome::Skipped(text) | Outcome::Unknown(text) => {
                (Ending::Failed, format!("{} failed: {text}", clean.action()).into())
            }
            Outcome::Progress(_) | Outcome::Found(_) | Outcome::Filed(..) => return,
        };
        let reason = "the disk is full";
        let deed = Deed {
            result: Some(text.clone()),
            ..Deed::new(now, Actor::Watchdog, clean.action(), reason)
        };
        self.audit(deed).await;
        let told = Decision {
            ending: Some(ending),
            ..Decision::about_all(now, GuardState::Fine, text.as_str())
        };
        self.tell(told).await;
    }
}
