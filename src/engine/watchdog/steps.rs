//! Fixes of several steps: each step is in the audit log and on disk before it is done, so that a kill in between
//! neither repeats one nor forgets where it was.

use super::{ANSWER, Patrol};
use crate::{
    engine::{keeper::Note, ledger::Deed},
    model::{
        Actor, Attempt, Command, Course, Decision, Ending, GuardState, Outcome, RepairMode,
        SafeText, Service, ServiceName, StepKind, StepOrder,
    },
    repair::{
        Consent, Level,
        course::{self, Moment, Next},
        fixes::{Known, Signs},
        handoff::Bar,
    },
};
use chrono::{DateTime, TimeDelta, Utc};
use std::collections::BTreeMap;
use tokio::time::Instant;

/// What was logged longer ago says nothing of the trouble of now.
const LATELY: TimeDelta = TimeDelta::minutes(15);

impl Patrol {
    /// Goes on with every fix whose command is not under way.
    pub(super) async fn go_on(&mut self, services: &[Service], now: DateTime<Utc>) {
        let is_silent = |attempt: &&Attempt| !self.unanswered.contains(&attempt.number);
        let open: Vec<_> = self.history.all_open().filter(is_silent).cloned().collect();
        for attempt in open {
            let Some(course) = &attempt.course else { continue };
            let service = services.iter().find(|service| service.name == attempt.service);
            let barred = self.barred(&attempt, service);
            let bar = barred.as_ref().map(|why| Bar {
                why,
                may_return: self.may_return(&attempt, course, service),
                project: self.handle.capabilities().source.name.as_str(),
            });
            let moment =
                Moment { service, trails: &self.trails, settings: &self.settings, bar, now };
            match course::go_on(&attempt, course, moment) {
                Next::Wait => {}
                Next::Begin { is_again } => self.begin_step(&attempt, service, is_again, now).await,
                Next::Done => self.step_done(&attempt, "it is healthy".into(), now).await,
                Next::Fail(why) => {
                    self.step_failed(&attempt, self.masked(why.as_str()), now).await;
                }
                Next::End(ending, text) => {
                    let text = self.masked(text.as_str());
                    self.close(attempt.number, ending, text, now).await;
                }
            }
        }
    }

    /// Calls fixes off that go on, because a person wants less to be done than when they began; which ones.
    pub(super) fn call_off(
        &mut self,
        service: Option<&ServiceName>,
        mode: RepairMode,
    ) -> Vec<String> {
        let mut told = Vec::new();
        let concerned = self.history.all_open().filter_map(|a| Some((a, a.course.as_ref()?)));
        for (attempt, course) in concerned {
            if service.is_some_and(|service| *service != attempt.service) {
                continue;
            }
            if mode == RepairMode::Observe || mode < self.mode_of(&attempt.service) {
                self.called_off.insert(attempt.number, mode);
                told.push(format!("fix {} on {}", course.fix.name, attempt.service));
            } else if mode == RepairMode::Auto {
                self.called_off.remove(&attempt.number);
            }
        }
        told
    }

    /// What may be done to a service by itself at present.
    pub(super) fn mode_of(&self, service: &ServiceName) -> RepairMode {
        self.modes.get(service).copied().unwrap_or(self.settings.mode)
    }

    /// What services have logged lately, as far as fixes ask for it.
    pub(super) fn signs(&self, now: DateTime<Utc>) -> BTreeMap<ServiceName, Signs> {
        let asks = |known: &Known| {
            !(known.fix.when.categories.is_empty() && known.fix.when.rules.is_empty())
        };
        let mut signs = BTreeMap::<ServiceName, Signs>::new();
        if !self.fixes.iter().any(asks) {
            return signs;
        }
        self.handle.read(|store| {
            for group in store.groups().filter(|group| now - group.last_seen <= LATELY) {
                for count in &group.services {
                    let own = signs.entry(count.service.clone()).or_default();
                    own.categories.insert(group.category);
                    own.rules.insert(group.rule.clone());
                }
            }
        });
        signs
    }

    /// Why nothing more may be done about a fix that is under way: it was begun by an earlier run and this one may not
    /// act by itself, or somebody called it off.
    fn barred(&self, attempt: &Attempt, service: Option<&Service>) -> Option<String> {
        if let Some(why) = self.restraint() {
            return Some(why.to_string());
        }
        let mode = self.mode_of(&attempt.service);
        // Whoever said yes to it while it only asks, or observes, has not changed his mind.
        let is_granted = self.granted.contains(&attempt.number);
        let called_off = self.called_off.get(&attempt.number).copied();
        let less = called_off.or_else(|| (!is_granted && mode < RepairMode::Auto).then_some(mode));
        if let Some(mode) = less {
            return Some(format!("the mode for {} is {}", attempt.service, mode.as_str()));
        }
        let consent = service.map(|service| Consent::of(service, &self.settings));
        consent
            .filter(|consent| consent.level != Level::Repair && mode == RepairMode::Auto)
            .map(|c| c.why)
    }

    /// Whether a fix that was called off may bring a service back that it stopped.
    fn may_return(&self, attempt: &Attempt, course: &Course, service: Option<&Service>) -> bool {
        course.is_free
            && self.granted.contains(&attempt.number)
            && self.restraint().is_none()
            && service.is_some_and(|s| Consent::of(s, &self.settings).level == Level::Repair)
    }

    /// Writes down that the next step begins, and begins it.
    async fn begin_step(
        &mut self,
        attempt: &Attempt,
        service: Option<&Service>,
        is_again: bool,
        now: DateTime<Utc>,
    ) {
        let Some(mut course) = attempt.course.clone() else { return };
        let Some(step) = course.step().cloned() else { return };
        if !is_again {
            course.begun_at = Some(now);
            let deed = self.deed(attempt, &course, None, now);
            if !self.audit(deed).await || !self.note_course(attempt.number, &course).await {
                return;
            }
            self.tell_step(attempt, &course, now).await;
        }
        if step.kind == StepKind::WaitHealthy {
            return;
        }
        let stop_timeout = service.and_then(|s| Consent::of(s, &self.settings).stop_timeout);
        let order = StepOrder {
            service: attempt.service.clone(),
            strategy: attempt.strategy,
            is_first: !is_again && !course.is_undoing && course.done == 0,
            is_again,
            targets: attempt.targets.clone(),
            stop_timeout,
            intent: attempt.number,
            step,
        };
        let patience = order.step.limit() + ANSWER;
        let (handle, number) = (self.handle.clone(), attempt.number);
        self.unanswered.insert(number);
        self.under_way.spawn(async move {
            let answer = handle.request(Command::Step(order));
            let outcome = tokio::time::timeout(patience, answer).await;
            (number, outcome.unwrap_or_else(|_| Outcome::Unknown("no answer came".into())))
        });
    }

    /// What became of a step.
    pub(super) async fn step_answered(&mut self, attempt: &Attempt, outcome: Outcome) {
        let now = Utc::now();
        let Some(course) = &attempt.course else { return };
        let is_first = course.done == 0 && !course.is_undoing;
        match outcome {
            Outcome::Skipped(text) if is_first => {
                self.close(attempt.number, Ending::Skipped, text, now).await;
            }
            Outcome::Skipped(text) | Outcome::Failed(text) => {
                self.step_failed(attempt, course::failed(course, text.as_str()), now).await;
            }
            // How the service is, and what is on record, will tell.
            Outcome::Unknown(text) => {
                tracing::warn!(attempt.number, %text, "A step of a fix is in doubt.");
            }
            Outcome::Done(text) => self.step_done(attempt, text, now).await,
            Outcome::Progress(_) | Outcome::Found(_) | Outcome::Filed(..) => {}
        }
    }

    async fn step_done(&mut self, attempt: &Attempt, text: SafeText, now: DateTime<Utc>) {
        let Some(mut course) = attempt.course.clone() else { return };
        let deed = self.deed(attempt, &course, Some(text), now);
        self.audit(deed).await;
        course::done(&mut course);
        self.note_course(attempt.number, &course).await;
        if course.step().is_none() && !course.is_undoing {
            self.acted(attempt.number, now).await;
        }
        self.look_at = Instant::now();
    }

    async fn step_failed(&mut self, attempt: &Attempt, why: SafeText, now: DateTime<Utc>) {
        let Some(mut course) = attempt.course.clone() else { return };
        if course.step().is_some() {
            let deed = self.deed(attempt, &course, Some(format!("failed: {why}").into()), now);
            self.audit(deed).await;
        }
        match course::fail(&mut course, why) {
            Some((ending, text)) => self.close(attempt.number, ending, text, now).await,
            None => {
                self.note_course(attempt.number, &course).await;
            }
        }
        self.look_at = Instant::now();
    }

    /// Whether it is on disk how far a fix has come.
    async fn note_course(&mut self, number: u64, course: &Course) -> bool {
        let is_written = self.write(Note::Course(number, Box::new(course.clone()))).await.is_some();
        if let Some(attempt) = self.attempt(number) {
            attempt.course = Some(Box::new(course.clone()));
        }
        is_written
    }

    fn deed(
        &self,
        attempt: &Attempt,
        course: &Course,
        result: Option<SafeText>,
        now: DateTime<Utc>,
    ) -> Deed {
        Deed {
            service: Some(attempt.service.clone()),
            containers: attempt.targets.iter().map(|target| target.container.clone()).collect(),
            attempt: Some(attempt.number),
            result,
            ..Deed::new(now, Actor::Watchdog, self.masked(&course.told()), attempt.reason.clone())
        }
    }

    async fn tell_step(&mut self, attempt: &Attempt, course: &Course, now: DateTime<Utc>) {
        let decision = Decision {
            time: now,
            service: Some(attempt.service.clone()),
            state: GuardState::Acting,
            strategy: Some(attempt.strategy),
            remedy: Some(attempt.remedy),
            ending: None,
            reason: self.masked(course.told().trim_start_matches("fix ")),
        };
        self.tell(decision).await;
    }

    /// Words of a command may hold a secret.
    fn masked(&self, text: &str) -> SafeText {
        self.shared().redactor.redact(text).0.into()
    }
}
