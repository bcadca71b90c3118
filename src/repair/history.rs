//! What was tried before. It outlives dogwatch, so a restart of ours refills no budget.

use crate::model::{
    Attempt, Container, Ending, Remedy, SafeText, Service, ServiceName, Strategy, Target,
};
use chrono::{DateTime, TimeDelta, Utc};

/// How long an attempt of which nothing was heard may still have ended a container.
const UNHEARD: TimeDelta = TimeDelta::minutes(2);
/// Clocks differ, and the Engine's word arrives a little later than the deed.
const SLACK: TimeDelta = TimeDelta::seconds(2);

/// Attempts, oldest first, and what happened between them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct History {
    /// By number.
    pub attempts: Vec<Attempt>,
    /// When earlier attempts were forgotten, and of which service.
    pub resets: Vec<(DateTime<Utc>, ServiceName)>,
    /// When all acting was stopped, because too much went wrong at once.
    pub openings: Vec<DateTime<Utc>>,
    /// What worked, the newest for each trouble of each service; outlives its attempt.
    pub cures: Vec<Cure>,
}

/// Something that cured a trouble of a service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cure {
    pub(super) time: DateTime<Utc>,
    pub(super) service: ServiceName,
    pub(super) strategy: Strategy,
    pub(super) remedy: Remedy,
    /// The fix; `None` for what the watchdog does by itself.
    pub(super) fix: Option<SafeText>,
}

impl History {
    /// The attempt that goes on, whether or not the Engine has answered yet.
    pub fn open(&self, service: &ServiceName) -> Option<&Attempt> {
        self.attempts.iter().rev().find(|a| a.service == *service && a.end.is_none())
    }

    /// Remembers an attempt that worked, so that the same is offered first the next time.
    pub fn remember(&mut self, attempt: &Attempt) {
        if !matches!(attempt.end, Some((_, Ending::Worked, _)))
            || attempt.strategy == Strategy::Wish
        {
            return;
        }
        let cure = Cure {
            time: attempt.time,
            service: attempt.service.clone(),
            strategy: attempt.strategy,
            remedy: attempt.remedy,
            fix: attempt.course.as_ref().map(|course| course.fix.name.clone()),
        };
        self.cures.retain(|other| Cure { time: cure.time, ..other.clone() } != cure);
        self.cures.push(cure);
    }

    /// All attempts that go on.
    pub fn all_open(&self) -> impl Iterator<Item = &Attempt> {
        self.attempts.iter().filter(|attempt| attempt.end.is_none())
    }

    /// Attempts that count for the present incident of a service, oldest first.
    ///
    /// Not those before a reset or of another configuration, those that did nothing, or those that a person asked for.
    pub(super) fn incident(&self, service: &Service) -> Vec<&Attempt> {
        let reset = self.resets.iter().filter(|(_, name)| *name == service.name);
        let reset = reset.map(|(time, _)| *time).max();
        let config = config_of(service);
        let counts = |attempt: &&Attempt| {
            attempt.service == service.name
                && attempt.strategy != Strategy::Wish
                && reset.is_none_or(|reset| attempt.time > reset)
                && (attempt.config.as_str() == config || config.is_empty())
                && !was_skipped(attempt)
        };
        self.attempts.iter().filter(counts).collect()
    }

    /// The newest attempt on a service that did nothing because things had changed; when.
    pub(super) fn last_skip(&self, service: &ServiceName) -> Option<DateTime<Utc>> {
        let mine = self.attempts.iter().rev().find(|attempt| attempt.service == *service)?;
        mine.end
            .as_ref()
            .filter(|(_, ending, _)| *ending == Ending::Skipped)
            .map(|(time, ..)| *time)
    }

    /// When a service was last acted on.
    pub(super) fn last_act(&self, service: &ServiceName) -> Option<DateTime<Utc>> {
        let mine = |attempt: &&Attempt| attempt.service == *service && !was_skipped(attempt);
        self.attempts
            .iter()
            .rev()
            .find(mine)
            .map(|attempt| attempt.acted_at.unwrap_or(attempt.time))
    }

    /// Attempts of all services from a moment on that count against the limit of all.
    pub(super) fn acts_since(&self, since: DateTime<Utc>) -> impl Iterator<Item = &Attempt> {
        self.attempts
            .iter()
            .filter(|attempt| attempt.strategy != Strategy::Wish && !was_skipped(attempt))
            .filter(move |attempt| attempt.time >= since)
    }

    /// Whether it was a repair of ours that ended this container, and not a person.
    pub(super) fn has_ended(&self, container: &Container) -> bool {
        let Some(at) = container.finished_at else { return false };
        let id = &container.origin.container;
        // The run that was to be ended, and no later one: that a person may have ended.
        let was_meant = |attempt: &&Attempt| {
            let is_target = |target: &Target| {
                let is_its_run = target.started_at == container.started_at;
                let is_ours = match &attempt.course {
                    None => is_its_run || attempt.remedy == Remedy::Cycle,
                    Some(course) if is_its_run => course.may_have_ended(),
                    Some(course) => course.may_have_ended_again(),
                };
                target.container == *id && is_ours
            };
            attempt.remedy != Remedy::Start
                && !was_skipped(attempt)
                && attempt.targets.iter().any(is_target)
        };
        let newest = self.attempts.iter().rev().find(was_meant);
        newest.is_some_and(|attempt| {
            let end = attempt.end.as_ref().map(|(time, ..)| *time);
            let until = attempt.acted_at.or(end).unwrap_or(attempt.time + UNHEARD);
            at >= attempt.time - SLACK && at <= until + SLACK
        })
    }

    /// Whether a repair of ours made a service begin a new run that is younger than `started_at`, and that worked.
    pub(super) fn was_renewed(&self, service: &Service, started_at: DateTime<Utc>) -> bool {
        self.attempts.iter().rev().any(|attempt| {
            attempt.service == service.name
                && attempt.time > started_at
                && matches!(attempt.end, Some((_, Ending::Worked, _)))
        })
    }

    /// Forgets what no limit asks for any more.
    pub fn prune(&mut self, now: DateTime<Utc>) {
        let limit = now - TimeDelta::days(2);
        let is_kept = |attempt: &Attempt| attempt.time >= limit || attempt.end.is_none();
        let busy: Vec<_> =
            self.attempts.iter().filter(|a| a.time >= limit).map(|a| a.service.clone()).collect();
        // What a service was given up for stays until it is reset.
        let resets = self.resets.clone();
        self.attempts.retain(|attempt| {
            let is_reset =
                resets.iter().any(|(time, name)| *name == attempt.service && *time >= attempt.time);
            is_kept(attempt) || busy.contains(&attempt.service) || !is_reset
        });
        self.openings.retain(|time| *time >= limit);
        let newest = |name: &ServiceName, time: DateTime<Utc>| {
            !resets.iter().any(|(other, service)| service == name && *other > time)
        };
        self.resets.retain(|(time, name)| newest(name, *time));
    }
}

fn was_skipped(attempt: &Attempt) -> bool {
    matches!(attempt.end, Some((_, Ending::Skipped, _)))
}

/// Whether an attempt did not help, as far as is known.
pub(super) fn has_failed(attempt: &Attempt) -> bool {
    matches!(attempt.end, Some((_, ending, _)) if !matches!(ending, Ending::Worked | Ending::Skipped))
}

/// The configuration of a service, as Compose names it; empty where it does not.
pub(super) fn config_of(service: &Service) -> String {
    let hash = |container: &Container| {
        container.care.labels.get("com.docker.compose.config-hash").map(ToString::to_string)
    };
    service.containers.first().and_then(hash).unwrap_or_default()
}
