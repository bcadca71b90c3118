//! What the watchdog writes down and reads again: a kill in between neither doubles an act nor refills a budget.

use super::Patrol;
use crate::{
    engine::keeper::Note,
    model::{Attempt, Decision, Ending, Event, GuardState, Remedy, SafeText, ServiceName, Tally},
    repair::{History, Judgement},
    store::state::{RepairEntry, State},
};
use chrono::{DateTime, TimeDelta, Utc};

/// How far back the history is read: a service that was given up stays so for as long.
const BACK: TimeDelta = TimeDelta::days(30);

/// What earlier runs left of the watchdog's history.
#[derive(Debug, Default)]
pub(in crate::engine) struct Past(Vec<RepairEntry>);

impl Past {
    /// Reads it.
    ///
    /// # Errors
    /// What the database says.
    pub(in crate::engine) fn read(
        state: &State,
        project: &str,
        now: DateTime<Utc>,
    ) -> Result<Self, crate::store::state::Error> {
        Ok(Self(state.repairs(project, now - BACK)?))
    }

    pub(super) fn into_history(self) -> History {
        let mut history = History::default();
        for entry in self.0 {
            match entry {
                RepairEntry::Attempt(attempt) => history.attempts.push(attempt),
                RepairEntry::Reset(time, service) => history.resets.push((time, service)),
                RepairEntry::Pause(time, _) => history.openings.push(time),
            }
        }
        history
    }
}

impl Patrol {
    /// Writes an intent down; its number, or `None` where it is not on disk and so must not be done.
    pub(super) async fn intend(&mut self, mut attempt: Attempt) -> Option<u64> {
        attempt.number = self.write(Note::Entry(RepairEntry::Attempt(attempt.clone()))).await?;
        let number = attempt.number;
        self.history.attempts.push(attempt);
        Some(number)
    }

    /// Notes that the Engine said that an attempt is done.
    pub(super) async fn acted(&mut self, number: u64, now: DateTime<Utc>) {
        if let Some(attempt) = self.attempt(number) {
            attempt.acted_at = Some(now);
        }
        self.write(Note::Acted(number, now)).await;
    }

    /// Notes how an attempt ended, and tells it.
    pub(super) async fn close(
        &mut self,
        number: u64,
        ending: Ending,
        text: SafeText,
        now: DateTime<Utc>,
    ) {
        let end = (now, ending, text);
        self.write(Note::Ended(number, end.clone())).await;
        let Some(attempt) = self.attempt(number) else { return };
        attempt.end = Some(end.clone());
        let (service, remedy) = (attempt.service.clone(), attempt.remedy);
        let state = if ending == Ending::Worked { GuardState::Fine } else { GuardState::Waiting };
        let decision = Decision {
            time: now,
            service: Some(attempt.service.clone()),
            state,
            strategy: Some(attempt.strategy),
            remedy: Some(attempt.remedy),
            ending: Some(ending),
            reason: end.2,
        };
        self.count(service, remedy, ending);
        self.tell(decision).await;
    }

    fn count(&mut self, service: ServiceName, remedy: Remedy, ending: Ending) {
        if ending == Ending::Skipped {
            return;
        }
        let is_same = |tally: &Tally| tally.service == service && tally.remedy == remedy;
        let at = self.tallies.iter().position(is_same).unwrap_or_else(|| {
            self.tallies.push(Tally { service, remedy, worked: 0, failed: 0 });
            self.tallies.len() - 1
        });
        let Some(tally) = self.tallies.get_mut(at) else { return };
        let count = if ending == Ending::Worked { &mut tally.worked } else { &mut tally.failed };
        *count += 1;
    }

    /// Writes down what a judgement says of the history itself.
    pub(super) async fn write_down(&mut self, judgement: &Judgement, now: DateTime<Utc>) {
        for service in &judgement.resets {
            self.reset(service.clone(), now).await;
        }
        if let Some(why) = &judgement.opening {
            self.history.openings.push(now);
            self.write(Note::Entry(RepairEntry::Pause(now, why.as_str().into()))).await;
        }
        self.history.prune(now);
    }

    /// Forgets the attempts on a service.
    pub(super) async fn reset(&mut self, service: ServiceName, now: DateTime<Utc>) {
        self.history.resets.push((now, service.clone()));
        self.write(Note::Entry(RepairEntry::Reset(now, service))).await;
    }

    /// Writes a note; `None` where it is not on disk, which is told once, and nothing is done until one is.
    async fn write(&mut self, note: Note) -> Option<u64> {
        let notebook = self.notebook.clone()?;
        match notebook.write(note).await {
            Ok(number) => {
                self.unwritten = None;
                Some(number)
            }
            Err(error) => {
                let told: SafeText = format!("repair off: cannot write its record: {error}").into();
                if self.unwritten.replace(told.clone()).is_none() {
                    self.shared().hint(Event::Trouble(told));
                }
                None
            }
        }
    }

    fn attempt(&mut self, number: u64) -> Option<&mut Attempt> {
        self.history.attempts.iter_mut().rev().find(|attempt| attempt.number == number)
    }
}
