//! The decision: how every service stands, and what is done now.
//!
//! Nothing is decided twice while it goes on, nothing beyond its attempts, nothing against a person, a label or Docker.

use super::{
    backoff,
    breaker::{self, Breaker},
    case::Case,
    consent::{self, Consent, Level},
    fixes::{self, Known, Signs},
    history::{self, History},
    order::Order,
    settings::{Settings, seconds},
    standing::{self, Standing, Trouble, target},
    trail::{Trails, is_well},
};
use crate::model::{
    Alert, Attempt, Ending, Fix, Guard, GuardState, Remedy, RepairMode, RunState, SafeText,
    Service, ServiceName, Strategy, Target,
};
use chrono::{DateTime, TimeDelta, Utc};
use std::{collections::BTreeMap, sync::Arc};

/// What a service gets to find itself again once what it needs is well.
const RECOVERY: TimeDelta = TimeDelta::seconds(30);
/// What a service gets that shares the network of one that was restarted.
const FOLLOWING: TimeDelta = TimeDelta::seconds(10);
/// The rule that means all alerts with this label.
const ASKING: &str = "auto_repair=true";
/// How long an alert fires at least.
const FIRING: TimeDelta = TimeDelta::minutes(1);
/// After a repair was skipped because things had changed, they are looked at again.
const SECOND_LOOK: TimeDelta = TimeDelta::seconds(15);

/// All that is known.
#[derive(Debug, Clone, Copy)]
pub struct Scene<'a> {
    /// Every service, by name.
    pub services: &'a [Service],
    /// How they have been over time.
    pub trails: &'a Trails,
    /// What was tried before.
    pub history: &'a History,
    /// What other systems say.
    pub alerts: &'a [Alert],
    /// The user's fixes.
    pub fixes: &'a [Known],
    /// What services have logged lately.
    pub signs: &'a BTreeMap<ServiceName, Signs>,
    /// Modes that a person chose for a service in this run.
    pub modes: &'a BTreeMap<ServiceName, RepairMode>,
    /// When the watchdog began.
    pub begun: DateTime<Utc>,
}

/// What is to be done to a service now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// What is wrong.
    pub strategy: Strategy,
    /// What is done about it.
    pub remedy: Remedy,
    /// The fix whose steps that are, for [`Remedy::Fix`].
    pub fix: Option<Arc<Fix>>,
    /// To which runs.
    pub targets: Vec<Target>,
    /// Seconds that a stop may take, where a label or a setting says so.
    pub stop_timeout: Option<u32>,
    /// The service's configuration, for the record.
    pub config: String,
}

/// How a service stands, and what would cure it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// How it stands.
    pub guard: Guard,
    /// What would be done: it is to be done now exactly where the state is [`GuardState::Acting`].
    pub plan: Option<Plan>,
}

/// All verdicts of one look.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Judgement {
    /// One for each service, in their order.
    pub verdicts: Vec<Verdict>,
    /// Services that have been well for so long that their attempts are to be forgotten.
    pub resets: Vec<ServiceName>,
    /// Why all acting is to be stopped now; goes into the history.
    pub opening: Option<String>,
    /// Until when all acting is stopped, and since when it was.
    pub paused_until: Option<DateTime<Utc>>,
}

/// Judges every service at `now`.
pub fn judge(scene: &Scene<'_>, settings: &Settings, now: DateTime<Utc>) -> Judgement {
    let order = Order::of(scene.services);
    let standings: Vec<_> = scene
        .services
        .iter()
        .map(|service| standing::of_service(service, scene.trails, scene.history, settings, now))
        .collect();
    let judge = Judge { scene, settings, now, order, standings };
    judge.all()
}

struct Judge<'a> {
    scene: &'a Scene<'a>,
    settings: &'a Settings,
    now: DateTime<Utc>,
    order: Order<'a>,
    standings: Vec<Standing>,
}

impl Judge<'_> {
    fn all(&self) -> Judgement {
        let mut judgement = Judgement::default();
        for (service, standing) in self.scene.services.iter().zip(&self.standings) {
            judgement.verdicts.push(self.one(service, standing));
            if self.is_stable(service, standing) {
                judgement.resets.push(service.name.clone());
            }
        }
        self.limit_together(&mut judgement);
        judgement
    }

    /// One service by itself.
    fn one(&self, service: &Service, standing: &Standing) -> Verdict {
        let consent = Consent::of(service, self.settings);
        let mut case = Case::new((self.scene, self.settings), service, &consent);
        if let Some(open) = self.scene.history.open(&service.name) {
            return case.going_on(open);
        }
        let trouble = match self.trouble(service, standing) {
            Ok(trouble) => trouble,
            Err((state, why)) => return case.verdict(state, why, None),
        };
        case.guard.strategy = Some(trouble.strategy);
        case.guard.remedy = Some(trouble.remedy);
        let what = trouble.what.clone();
        if consent.level == Level::Off {
            return case.verdict(GuardState::LeftAlone, format!("{what}; {}", consent.why), None);
        }
        let limit = case.limit(trouble.strategy);
        let attempts = self.scene.history.incident(service);
        if let Some(told) = lost(&attempts) {
            let why = format!("{what}; a person must look: {told}");
            return case.verdict(GuardState::GivenUp, why, None);
        }
        if attempts.len() >= limit.attempts as usize {
            return case.given_up(&what, &attempts, self.now);
        }
        if let Some(why) = self.waits_for(service) {
            return case.verdict(GuardState::Waiting, format!("{what}; {why}"), None);
        }
        let wait = [
            (
                self.scene.begun + seconds(self.settings.start_period_seconds),
                "the watchdog has just begun",
            ),
            (self.due(service, &trouble), "it must last"),
            (backoff::next_at(&attempts, limit).unwrap_or(self.now), "cooling down"),
            (self.after_skip(service), "it has just changed"),
        ];
        if let Some((until, why)) = wait.into_iter().max_by_key(|(until, _)| *until)
            && until > self.now
        {
            return case.verdict(GuardState::Waiting, format!("{what}; {why}"), Some(until));
        }
        let fix = self.fix(service, &trouble, &attempts);
        let image = service.containers.first().map_or("", |c| c.image.as_str());
        if let Some(store) = consent::data_store(image).filter(|_| !consent.is_named)
            && ends_process(fix.as_deref(), trouble.remedy)
        {
            let why = format!(
                "{what}; it runs {store}, and a data store is only restarted when it is named"
            );
            return case.verdict(GuardState::LeftAlone, why, None);
        }
        let circle = self.order.circle(&service.name);
        let circle = circle.map_or_else(String::new, |circle| format!("; circle {circle}"));
        let told = fix
            .as_ref()
            .map_or_else(String::new, |fix| format!("; fix {}: {}", fix.name, fix.told()));
        let remedy = if fix.is_some() { Remedy::Fix } else { trouble.remedy };
        case.guard.remedy = Some(remedy);
        let plan = Plan {
            strategy: trouble.strategy,
            remedy,
            fix,
            targets: trouble.targets,
            stop_timeout: consent.stop_timeout,
            config: history::config_of(service),
        };
        case.plan = Some(plan);
        let (state, why) = match (consent.level, case.guard.mode) {
            (Level::Repair, RepairMode::Auto) => (GuardState::Acting, String::new()),
            (Level::Repair, RepairMode::Ask) => (GuardState::Asking, String::new()),
            (Level::Repair, RepairMode::Observe) => {
                (GuardState::WouldAct, "; only observing".to_owned())
            }
            _ => (GuardState::WouldAct, format!("; only watched: {}", consent.why)),
        };
        // Steps that are done are told one by one.
        let told = if state == GuardState::Acting { String::new() } else { told };
        case.verdict(state, format!("{what}{circle}{told}{why}"), None)
    }

    /// The fix that is tried next; `None` for what the watchdog does by itself.
    fn fix(&self, service: &Service, trouble: &Trouble, incident: &[&Attempt]) -> Option<Arc<Fix>> {
        let case = fixes::Case {
            service: &service.name,
            strategy: trouble.strategy,
            signs: self.scene.signs.get(&service.name),
            remedy: trouble.remedy,
            incident,
            cures: &self.scene.history.cures,
        };
        fixes::choose(self.scene.fixes, case)
    }

    /// What is wrong with a service, or how it stands where nothing is to be cured.
    fn trouble(
        &self,
        service: &Service,
        standing: &Standing,
    ) -> Result<Trouble, (GuardState, String)> {
        match standing {
            Standing::Ill(trouble) => Ok(trouble.clone()),
            Standing::Left(why) => Err((GuardState::LeftAlone, why.clone())),
            Standing::Starting => Err((GuardState::Fine, "starting".to_owned())),
            Standing::Well => self
                .left_behind(service)
                .or_else(|| self.alerted(service))
                .ok_or((GuardState::Fine, String::new())),
        }
    }

    /// A service that was well until one was restarted whose network it shares, or that it wants to follow.
    fn left_behind(&self, service: &Service) -> Option<Trouble> {
        let find = |name: &ServiceName| self.scene.services.iter().find(|s| s.name == *name);
        let ill = |because: String, due: DateTime<Utc>, targets: Vec<Target>| Trouble {
            strategy: Strategy::Dependant,
            remedy: Remedy::Restart,
            due,
            what: because,
            targets,
        };
        let leaders = self.order.leaders(service, self.settings.cascade);
        for container in service.containers.iter().filter(|c| is_well(c)) {
            let Some(own) = container.started_at else { continue };
            for name in &container.care.shares {
                let Some(parent) = find(name) else { continue };
                let newest = parent.containers.iter().filter_map(|c| c.started_at).max();
                if let (Some(newest), Some(well)) = (newest, self.scene.trails.well_since(parent))
                    && newest > own
                {
                    let because = format!("{name} was restarted, whose network it shares");
                    return Some(ill(
                        because,
                        newest.max(well) + FOLLOWING,
                        vec![target(container)],
                    ));
                }
            }
            for name in &leaders {
                let Some(leader) = find(name) else { continue };
                if self.scene.history.was_renewed(leader, own)
                    && let Some(well) = self.scene.trails.well_since(leader)
                    && leader.containers.iter().any(|c| c.started_at > Some(own))
                {
                    let because = format!("{name} was repaired, and it wants to be restarted then");
                    return Some(ill(because, well, vec![target(container)]));
                }
            }
        }
        None
    }

    /// A service that an alert names which may be acted on.
    fn alerted(&self, service: &Service) -> Option<Trouble> {
        let named = &self.settings.alerts;
        let counts = |alert: &&Alert| {
            alert.service.as_ref() == Some(&service.name)
                && named.iter().any(|name| {
                    name == alert.name.as_str() || (name == ASKING && alert.asks_for_repair)
                })
        };
        let alert = self.scene.alerts.iter().find(counts)?;
        Some(Trouble {
            strategy: Strategy::Alert,
            remedy: Remedy::Restart,
            due: alert.since + FIRING,
            what: format!("alert {} fires", alert.name),
            targets: service.containers.iter().filter(|c| is_well(c)).map(target).collect(),
        })
    }

    /// Why a service must wait for another one; `None` where all that it needs is well.
    fn waits_for(&self, service: &Service) -> Option<String> {
        for name in self.order.causes(&service.name) {
            let at = self.scene.services.iter().position(|other| other.name == *name)?;
            let (other, standing) = (self.scene.services.get(at)?, self.standings.get(at)?);
            let is_finished = !other.containers.is_empty()
                && other.containers.iter().all(|c| c.state == RunState::Exited(0));
            if is_finished || other.containers.is_empty() {
                continue;
            }
            if self.scene.history.open(name).is_some() {
                return Some(format!("waits for {name}, which is being repaired"));
            }
            if self.scene.trails.well_since(other).is_some() {
                continue;
            }
            return Some(match standing {
                Standing::Ill(trouble) => format!("waits for {name}: {}", trouble.what),
                Standing::Left(why) => format!("waits for {name}: {why}"),
                _ => format!("waits for {name}, which is starting"),
            });
        }
        None
    }

    /// From when on a trouble is sure, also after what it needs has become well.
    fn due(&self, service: &Service, trouble: &Trouble) -> DateTime<Utc> {
        if trouble.strategy == Strategy::Dependant {
            return trouble.due;
        }
        let causes = self.order.causes(&service.name).into_iter();
        let recovered = causes.filter_map(|name| {
            let other = self.scene.services.iter().find(|other| other.name == *name)?;
            let attempt = self.scene.history.attempts.iter().rev().find(|a| a.service == *name)?;
            let well = self.scene.trails.well_since(other)?;
            (attempt.time <= well).then_some(well)
        });
        let check = service.containers.first().and_then(|c| c.care.check);
        let recovery = match trouble.strategy {
            Strategy::Unhealthy => standing::patience(check),
            Strategy::Exited => TimeDelta::zero(),
            _ => RECOVERY,
        };
        recovered.map(|well| well + recovery).fold(trouble.due, DateTime::max)
    }

    fn after_skip(&self, service: &Service) -> DateTime<Utc> {
        self.scene.history.last_skip(&service.name).map_or(self.now, |time| time + SECOND_LOOK)
    }

    /// Whether the attempts of a service are to be forgotten.
    fn is_stable(&self, service: &Service, standing: &Standing) -> bool {
        let attempts = self.scene.history.incident(service);
        let Some(last) = attempts.last() else { return false };
        let Some((end, ..)) = last.end else { return false };
        let since = self.scene.trails.well_since(service).map(|well| well.max(end));
        *standing == Standing::Well
            && since.is_some_and(|since| since + seconds(self.settings.stable_seconds) <= self.now)
    }

    /// What holds for all together: so many at once, and the circuit breaker.
    fn limit_together(&self, judgement: &mut Judgement) {
        let is_ready = |verdict: &&Verdict| {
            matches!(
                verdict.guard.state,
                GuardState::Acting | GuardState::Asking | GuardState::WouldAct
            ) && verdict.plan.is_some()
                && verdict.guard.strategy != Some(Strategy::Dependant)
        };
        let ill = judgement.verdicts.iter().filter(is_ready).count();
        let is_lasting = |standing: &&Standing| !matches!(standing, Standing::Left(_));
        let all = self.standings.iter().filter(is_lasting).count();
        let mut acts = 0;
        let mut breaker = Breaker::of(self.scene.history, self.now);
        let open = self.scene.history.all_open().count();
        let before = self.scene.history.acts_since(self.now - breaker::SPAN).count();
        for at in 0..judgement.verdicts.len() {
            let Some(verdict) = judgement.verdicts.get_mut(at) else { continue };
            let is_new = verdict.guard.state == GuardState::Acting && verdict.plan.is_some();
            if !is_new {
                continue;
            }
            let is_full = before + acts >= self.settings.breaker_actions.max(1);
            if breaker == Breaker::Closed && acts == 0 {
                let crowd = (ill, all);
                judgement.opening =
                    breaker::must_open(self.scene.history, self.settings, crowd, self.now);
                if judgement.opening.is_some() {
                    breaker = Breaker::Open(Some(self.now + breaker::SPAN));
                }
            }
            match breaker {
                Breaker::Open(until) => {
                    hold(verdict, GuardState::Paused, "too much goes wrong at once", until);
                    judgement.paused_until = until.or(judgement.paused_until);
                }
                // Full with what begins now: the next look stops and tells.
                _ if is_full || open + acts >= self.settings.at_once.max(1) => {
                    hold(verdict, GuardState::Waiting, "other repairs go first", None);
                }
                Breaker::Probe if open + acts > 0 => {
                    hold(verdict, GuardState::Paused, "one repair goes first, to see", None);
                }
                Breaker::Probe | Breaker::Closed => acts += 1,
            }
        }
    }
}

/// Why nothing more is tried before a person has looked; `None` where something is.
fn lost<'a>(incident: &[&'a Attempt]) -> Option<&'a SafeText> {
    incident.iter().find_map(|attempt| match &attempt.end {
        Some((_, Ending::NeedsPerson, text)) => Some(text),
        _ => None,
    })
}

/// Whether a process that runs is ended by it.
fn ends_process(fix: Option<&Fix>, remedy: Remedy) -> bool {
    fix.map_or(remedy != Remedy::Start, |fix| fix.all_steps().any(|step| step.kind.ends_process()))
}

/// Holds back what would be done now.
fn hold(verdict: &mut Verdict, state: GuardState, why: &str, until: Option<DateTime<Utc>>) {
    verdict.guard.state = state;
    verdict.guard.next_at = until;
    verdict.guard.reason = format!("{}; {why}", verdict.guard.reason).into();
}
