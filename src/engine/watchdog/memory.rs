//! What the watchdog writes down and reads again: a kill in between neither doubles an act nor refills a budget.

use super::Patrol;
use crate::{
    engine::{keeper::Note, ledger::Deed},
    model::{
        Actor, Attempt, Decision, Ending, Event, FixTally, GuardState, Remedy, SafeText,
        ServiceName, Tally,
    },
    repair::{History, Judgement},
    store::state::{RepairEntry, State},
};
use chrono::{DateTime, TimeDelta, Utc};

/// How far back the history is read: a service that was given up stays so for as long.
const BACK: TimeDelta = TimeDelta::days(30);

/// After so long it is tried again whether anything can be written.
const TRY_AGAIN: TimeDelta = TimeDelta::minutes(1);

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
                RepairEntry::Attempt(attempt) => {
                    history.remember(&attempt);
                    history.attempts.push(attempt);
                }
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
        self.audit_end(number, &end).await;
        self.write(Note::Ended(number, end.clone())).await;
        let Some(attempt) = self.attempt(number) else { return };
        attempt.end = Some(end.clone());
        let attempt = attempt.clone();
        self.history.remember(&attempt);
        self.granted.remove(&number);
        self.called_off.remove(&number);
        let (service, remedy) = (attempt.service.clone(), attempt.remedy);
        let state = match ending {
            Ending::Worked => GuardState::Fine,
            Ending::NeedsPerson => GuardState::GivenUp,
            _ => GuardState::Waiting,
        };
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
        self.count_fix(&attempt, ending);
        self.tell(decision).await;
    }

    async fn audit_end(
        &mut self,
        number: u64,
        (now, ending, text): &(DateTime<Utc>, Ending, SafeText),
    ) {
        let Some(attempt) = self.attempt(number) else { return };
        let deed = Deed {
            service: Some(attempt.service.clone()),
            attempt: Some(number),
            result: Some(ending.as_str().into()),
            ..Deed::new(*now, Actor::Watchdog, attempt.action(), text.clone())
        };
        self.audit(deed).await;
    }

    fn count_fix(&mut self, attempt: &Attempt, ending: Ending) {
        let Some(course) = &attempt.course else { return };
        let (service, fix) = (&attempt.service, &course.fix.name);
        let is_same =
            |t: &&mut FixTally| t.service == *service && t.fix == *fix && t.ending == ending;
        match self.fix_tallies.iter_mut().find(is_same) {
            Some(tally) => tally.count += 1,
            None => self.fix_tallies.push(FixTally {
                service: service.clone(),
                fix: fix.clone(),
                ending,
                count: 1,
            }),
        }
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
    pub(super) async fn write(&mut self, note: Note) -> Option<u64> {
        let notebook = self.notebook.clone()?;
        match notebook.write(note).await {
            Ok(number) => {
                self.unwritten = None;
                Some(number)
            }
            Err(error) => {
                self.cannot_write(format!("repair off: cannot write its record: {error}").into());
                None
            }
        }
    }

    /// Writes into the audit log; whether it is there. Without it nothing is done.
    pub(super) async fn audit(&mut self, deed: Deed) -> bool {
        let Some(ledger) = self.ledger.clone() else { return false };
        match ledger.append(deed).await {
            Ok(()) => true,
            Err(error) => {
                self.cannot_write(format!("repair off: cannot write the {error}").into());
                false
            }
        }
    }

    /// After a while, whether it can be written again.
    pub(super) async fn try_to_write(&mut self, now: DateTime<Utc>) {
        let Some((why, since)) = &self.unwritten else { return };
        if now - *since < TRY_AGAIN {
            return;
        }
        let deed = Deed::new(now, Actor::Watchdog, "resume", why.clone());
        if self.audit(deed).await {
            self.unwritten = None;
        }
    }

    fn cannot_write(&mut self, told: SafeText) {
        if self.unwritten.replace((told.clone(), Utc::now())).is_none() {
            self.shared().hint(Event::Trouble(told));
        }
    }

    pub(super) fn attempt(&mut self, number: u64) -> Option<&mut Attempt> {
        self.history.attempts.iter_mut().rev().find(|attempt| attempt.number == number)
    }
}
