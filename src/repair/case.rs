//! A verdict in the making: what is known of one service, and the words for it.

use super::{
    consent::Consent,
    history,
    judge::{Plan, Scene, Verdict},
    settings::{Limit, Preset, Settings},
};
use crate::model::{Attempt, Guard, GuardState, Service, Strategy};
use chrono::{DateTime, Utc};

/// A verdict in the making.
pub(super) struct Case<'a> {
    settings: &'a Settings,
    consent: &'a Consent,
    pub(super) guard: Guard,
    pub(super) plan: Option<Plan>,
}

impl<'a> Case<'a> {
    pub(super) fn new(
        (scene, settings): (&Scene<'a>, &'a Settings),
        service: &Service,
        consent: &'a Consent,
    ) -> Self {
        let mode = scene.modes.get(&service.name).copied().unwrap_or(settings.mode);
        let history = scene.history;
        let incident = history.incident(service);
        let failures = incident.iter().filter(|attempt| history::has_failed(attempt)).count();
        let guard = Guard {
            service: service.name.clone(),
            mode,
            state: GuardState::Fine,
            strategy: None,
            remedy: None,
            attempts: u32::try_from(incident.len()).unwrap_or(u32::MAX),
            allowed: consent.max_attempts.unwrap_or(settings.max_attempts),
            failures: u32::try_from(failures).unwrap_or(u32::MAX),
            acted_at: history.last_act(&service.name),
            next_at: None,
            reason: "".into(),
        };
        Self { settings, consent, guard, plan: None }
    }

    /// The limit of a way of repair, labels included.
    pub(super) fn limit(&mut self, strategy: Strategy) -> Limit {
        let mut settings = self.settings.clone();
        settings.max_attempts = self.consent.max_attempts.unwrap_or(settings.max_attempts);
        if let Some(cooldown) = self.consent.cooldown {
            settings.cooldown_seconds = cooldown;
            settings.preset = Preset::Compose;
        }
        let limit = settings.limit(strategy);
        self.guard.allowed = limit.attempts;
        limit
    }

    pub(super) fn verdict(
        mut self,
        state: GuardState,
        reason: String,
        until: Option<DateTime<Utc>>,
    ) -> Verdict {
        self.guard.state = state;
        self.guard.reason = reason.into();
        self.guard.next_at = until;
        Verdict { guard: self.guard, plan: self.plan }
    }

    pub(super) fn going_on(mut self, open: &Attempt) -> Verdict {
        self.limit(open.strategy);
        self.guard.strategy = Some(open.strategy);
        self.guard.remedy = Some(open.remedy);
        let verb = open.verb();
        if let Some(course) = open.course.as_ref().filter(|course| course.step().is_some()) {
            let why = format!("{}; {}", open.reason, course.told());
            return self.verdict(GuardState::Acting, why, None);
        }
        if open.acted_at.is_some() {
            let why = format!("{}; did {verb}, looking whether it stays well", open.reason);
            self.verdict(GuardState::Verifying, why, None)
        } else {
            self.verdict(GuardState::Acting, format!("{}; {verb} under way", open.reason), None)
        }
    }

    pub(super) fn given_up(self, what: &str, attempts: &[&Attempt], now: DateTime<Utc>) -> Verdict {
        let minutes = attempts.first().map_or(0, |first| (now - first.time).num_minutes());
        let last = attempts.last().and_then(|last| last.end.as_ref());
        let last = last.map_or_else(String::new, |(_, _, text)| format!("; last: {text}"));
        let why =
            format!("{what}; gave up after {} attempts in {minutes} min{last}", attempts.len());
        self.verdict(GuardState::GivenUp, why, None)
    }
}
