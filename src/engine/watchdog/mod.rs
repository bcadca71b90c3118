//! The task that keeps watch: it tells `repair` what is so, obeys what that decides, and remembers what was done.
//!
//! It acts like any face, by a [`Command`]; an intent is on disk before its command is sent. While the source is away it
//! decides nothing, because what is known is old.

mod alerts;
mod disk;
mod memory;
mod wishes;

pub(super) use memory::Past;
pub(super) use wishes::Wish;

use super::{
    handle::{Handle, Shared},
    ingest::Input,
    keeper::Notebook,
    ledger::{Deed, Ledger},
    runner::our_origin,
    settings::Watch,
};
use crate::{
    model::{
        Actor, Alert, Attempt, Command, Decision, Ending, Event, GuardState, Notice, Outcome,
        RepairMode, SafeText, Service, ServiceName, Severity, Tally, Treatment, Watchdog,
    },
    repair::{History, Judgement, Plan, Scene, Settings, Trails, Verdict, judge, verify},
    source::Link,
};
use alerts::Teller;
use chrono::{DateTime, Utc};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, PoisonError},
    time::Duration,
};
use tokio::{
    sync::{broadcast::error::RecvError, mpsc},
    task::{JoinHandle, JoinSet},
    time::{Instant, sleep_until},
};

/// Looks are no closer together, however much happens.
const PACE: Duration = Duration::from_secs(1);
/// After the source has come, it takes so long to tell of everything.
const SETTLED: chrono::Duration = chrono::Duration::seconds(3);
/// What an answer to a command may take beside the stop of each container.
const ANSWER: Duration = Duration::from_mins(5);
/// Attempts that faces are shown.
const RECENT: usize = 50;

/// What the watchdog is made of.
pub(super) struct Parts {
    /// `None` where nothing can be written down, and so nothing is done.
    pub(super) notebook: Option<Notebook>,
    pub(super) past: Past,
    /// Onto the record, and into the audit log: `None` where it cannot be written, and so nothing is done.
    pub(super) ways: (mpsc::WeakSender<Input>, Option<Ledger>),
}

/// Wishes that may wait: more than any person has in a second.
const WISHES: usize = 64;

/// Starts the task where there is to be one, and the way to it.
pub(super) fn start(
    handle: &Handle,
    watch: Option<Watch>,
    parts: Parts,
) -> (Option<JoinHandle<()>>, Option<mpsc::Sender<Wish>>) {
    let Some(watch) = watch else { return (None, None) };
    let (way, wishes) = mpsc::channel(WISHES);
    let patrol = Patrol::new(handle.clone(), watch, parts);
    (Some(tokio::spawn(patrol.run(wishes))), Some(way))
}

/// The watchdog at work.
struct Patrol {
    handle: Handle,
    settings: Settings,
    is_dry: bool,
    notebook: Option<Notebook>,
    ledger: Option<Ledger>,
    history: History,
    trails: Trails,
    deeds: mpsc::WeakSender<Input>,
    /// Alerts that fire, by who told of them; then all together.
    told: BTreeMap<Teller, Vec<Alert>>,
    alerts: Vec<Alert>,
    /// Modes that a person chose for a service.
    modes: BTreeMap<ServiceName, RepairMode>,
    begun: DateTime<Utc>,
    /// Since when the source is there.
    live_since: Option<DateTime<Utc>>,
    /// Attempts whose command has not come back, and what became of them.
    under_way: JoinSet<(u64, Outcome)>,
    unanswered: BTreeSet<u64>,
    /// How each service stood at the last look.
    before: BTreeMap<ServiceName, GuardState>,
    /// Why nothing could be written down the last time, and when.
    unwritten: Option<(SafeText, DateTime<Utc>)>,
    tallies: Vec<Tally>,
    advice: disk::Advice,
    looked_at: Instant,
    look_at: Instant,
}

impl Patrol {
    fn new(handle: Handle, watch: Watch, parts: Parts) -> Self {
        let Parts { notebook, past, ways: (deeds, ledger) } = parts;
        let now = Instant::now();
        Self {
            handle,
            settings: watch.settings,
            is_dry: watch.is_dry,
            notebook,
            ledger,
            history: past.into_history(),
            trails: Trails::default(),
            deeds,
            told: BTreeMap::new(),
            alerts: Vec::new(),
            modes: BTreeMap::new(),
            begun: Utc::now(),
            live_since: None,
            under_way: JoinSet::new(),
            unanswered: BTreeSet::new(),
            before: BTreeMap::new(),
            unwritten: None,
            tallies: Vec::new(),
            advice: disk::Advice::default(),
            looked_at: now,
            look_at: now,
        }
    }

    /// Keeps watch until nobody can wish anything any more.
    async fn run(mut self, mut wishes: mpsc::Receiver<Wish>) {
        let mut events = self.handle.events();
        // It is asked for as long as this task lives.
        let mut asking = JoinSet::new();
        let (tell, mut polled) = mpsc::channel(1);
        if let Some(address) = self.settings.prometheus.clone() {
            asking.spawn(alerts::ask(self.handle.clone(), address, self.interval(), tell));
        }
        loop {
            tokio::select! {
                biased;
                wish = wishes.recv() => match wish {
                    Some(wish) => self.grant(wish).await,
                    None => return,
                },
                Some(Ok((number, outcome))) = self.under_way.join_next() => {
                    self.answered(number, outcome).await;
                }
                Some(alerts) = polled.recv() => {
                    self.set_alerts(Teller::Prometheus, alerts);
                    self.look_at = Instant::now();
                }
                event = events.recv() => match event {
                    Ok(Event::Changed) | Err(RecvError::Lagged(_)) => {
                        self.look_at = self.look_at.min(self.looked_at + PACE);
                    }
                    Ok(_) => {}
                    Err(RecvError::Closed) => return,
                },
                () = sleep_until(self.look_at) => self.look(Utc::now()).await,
            }
        }
    }

    /// Between two looks where nothing happens.
    fn interval(&self) -> Duration {
        Duration::from_secs(self.settings.interval_seconds.clamp(1, 86_400))
    }

    /// Why nothing may be done, whatever the mode.
    fn restraint(&self) -> Option<SafeText> {
        let capabilities = self.handle.capabilities();
        if self.is_dry {
            return Some("a dry run".into());
        }
        if capabilities.is_read_only {
            return Some("started with --read-only".into());
        }
        if !capabilities.can_control {
            return Some("there is nothing to act on".into());
        }
        if self.notebook.is_none() {
            let why = capabilities.memory.as_ref().err();
            let why = why.map_or("nothing is remembered", String::as_str);
            return Some(format!("repair off: its attempts cannot be kept: {why}").into());
        }
        if self.ledger.is_none() {
            return Some("repair off: cannot write the audit log".into());
        }
        self.unwritten.as_ref().map(|(why, _)| why.clone())
    }

    /// What the policy obeys: nothing is decided that must not be done.
    fn in_force(&self) -> (Settings, BTreeMap<ServiceName, RepairMode>) {
        let mut settings = self.settings.clone();
        if self.restraint().is_none() {
            return (settings, self.modes.clone());
        }
        settings.mode = RepairMode::Observe;
        (settings, BTreeMap::new())
    }

    /// One look at everything: ends what has ended, decides, begins what is to be done.
    async fn look(&mut self, now: DateTime<Utc>) {
        self.looked_at = Instant::now();
        self.look_at = self.looked_at + self.interval();
        if self.handle.link() != Link::Live {
            self.live_since = None;
            return;
        }
        let live_since = *self.live_since.get_or_insert_with(|| {
            self.trails.was_away(now);
            now
        });
        if now < live_since + SETTLED {
            self.look_at = self.looked_at + PACE;
            return;
        }
        self.try_to_write(now).await;
        let services = self.see(now);
        self.end_what_ended(&services, now).await;
        let (settings, modes) = self.in_force();
        let judgement = self.judge(&services, &settings, &modes, now);
        self.write_down(&judgement, now).await;
        for verdict in &judgement.verdicts {
            if let (GuardState::Acting, Some(plan)) = (verdict.guard.state, &verdict.plan) {
                self.begin(verdict, plan.clone(), Actor::Watchdog, now).await;
            }
        }
        self.advice.look(&self.settings, now);
        self.publish(judgement, now).await;
    }

    /// Takes a look at the store.
    fn see(&mut self, now: DateTime<Utc>) -> Vec<Service> {
        let counts_problems = self.settings.errors_per_minute > 0;
        let (services, problems) = self.handle.read(|store| {
            let services: Vec<_> = store.services().cloned().collect();
            let mut problems = BTreeMap::<ServiceName, u64>::new();
            let groups =
                store.groups().filter(|g| counts_problems && g.base_severity >= Severity::Error);
            for count in groups.flat_map(|group| &group.services) {
                *problems.entry(count.service.clone()).or_default() += count.count;
            }
            (services, problems)
        });
        self.trails.see(&services, &problems, now);
        services
    }

    fn judge(
        &self,
        services: &[Service],
        settings: &Settings,
        modes: &BTreeMap<ServiceName, RepairMode>,
        now: DateTime<Utc>,
    ) -> Judgement {
        let scene = Scene {
            services,
            trails: &self.trails,
            history: &self.history,
            alerts: &self.alerts,
            modes,
            begun: self.begun,
        };
        judge(&scene, settings, now)
    }

    /// Closes attempts of which it is known how they ended.
    async fn end_what_ended(&mut self, services: &[Service], now: DateTime<Utc>) {
        let is_silent = |attempt: &&Attempt| !self.unanswered.contains(&attempt.number);
        let open: Vec<_> = self.history.all_open().filter(is_silent).cloned().collect();
        for attempt in open {
            let service = services.iter().find(|service| service.name == attempt.service);
            let end = verify(&attempt, service, &self.trails, &self.settings, now);
            if let Some((ending, text)) = end {
                self.close(attempt.number, ending, text, now).await;
            }
        }
    }

    /// Writes an intent down and sends the command. Nothing is done where it cannot be written.
    async fn begin(
        &mut self,
        verdict: &Verdict,
        plan: Plan,
        by: Actor,
        now: DateTime<Utc>,
    ) -> bool {
        let service = verdict.guard.service.clone();
        let attempt = Attempt {
            number: 0,
            time: now,
            service: service.clone(),
            strategy: plan.strategy,
            remedy: plan.remedy,
            targets: plan.targets.clone(),
            config: plan.config.as_str().into(),
            reason: verdict.guard.reason.clone(),
            course: None,
            acted_at: None,
            end: None,
        };
        let deed = Deed {
            service: Some(service.clone()),
            containers: plan.targets.iter().map(|target| target.container.clone()).collect(),
            ..Deed::new(now, by, plan.remedy.as_str(), attempt.reason.clone())
        };
        let Some(number) = self.intend(attempt).await else { return false };
        if !self.audit(Deed { attempt: Some(number), ..deed }).await {
            let text = "nothing was done: the audit log cannot be written";
            self.close(number, Ending::Skipped, text.into(), now).await;
            return false;
        }
        let spare = u32::try_from(plan.targets.len()).unwrap_or(u32::MAX);
        let patience = ANSWER.saturating_mul(spare.max(1));
        let treatment = Treatment {
            service,
            strategy: plan.strategy,
            remedy: plan.remedy,
            targets: plan.targets,
            stop_timeout: plan.stop_timeout,
            intent: number,
        };
        let handle = self.handle.clone();
        self.unanswered.insert(number);
        self.under_way.spawn(async move {
            let answer = handle.request(Command::Treat(treatment));
            let outcome = tokio::time::timeout(patience, answer).await;
            (number, outcome.unwrap_or_else(|_| Outcome::Unknown("no answer came".into())))
        });
        true
    }

    /// What became of a command.
    async fn answered(&mut self, number: u64, outcome: Outcome) {
        let now = Utc::now();
        self.unanswered.remove(&number);
        match outcome {
            Outcome::Skipped(text) => self.close(number, Ending::Skipped, text, now).await,
            Outcome::Failed(text) => self.close(number, Ending::Failed, text, now).await,
            // How the service is from now on will tell.
            Outcome::Unknown(text) => tracing::warn!(number, %text, "A repair is in doubt."),
            _ => self.acted(number, now).await,
        }
        self.look_at = Instant::now();
    }

    /// Shows how everything stands, and tells what has changed since the last look.
    async fn publish(&mut self, judgement: Judgement, now: DateTime<Utc>) {
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
    async fn tell(&mut self, decision: Decision) {
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

    fn shared(&self) -> &Shared {
        &self.handle.shared
    }
}

impl Shared {
    /// Shows how the watchdog sees everything.
    fn set_watchdog(&self, watchdog: Watchdog) {
        *self.watchdog.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(watchdog);
    }
}
