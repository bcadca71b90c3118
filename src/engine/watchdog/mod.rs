//! The task that keeps watch: it tells `repair` what is so, obeys what that decides, and remembers what was done.
//!
//! It acts like any face, by a [`Command`]; an intent is on disk before its command is sent. While the source is away it
//! decides nothing, because what is known is old.

mod alerts;
mod clean;
mod disk;
mod memory;
mod steps;
mod told;
mod wishes;

pub(super) use memory::Past;
pub(super) use wishes::Wish;

use super::{
    handle::{Handle, Shared},
    input::Input,
    keeper::Notebook,
    ledger::{Deed, Ledger},
    settings::Watch,
};
use crate::{
    model::{
        Actor, Alert, Attempt, Clean, Command, Course, Ending, Event, FixTally, GuardState,
        Outcome, OwnLogs, RepairMode, SafeText, Service, ServiceName, Severity, Tally, Treatment,
    },
    repair::{
        History, Judgement, Plan, Scene, Settings, Trails, Verdict, fixes::Known, judge, verify,
    },
    source::Link,
};
use alerts::Teller;
use chrono::{DateTime, Utc};
use std::{
    collections::{BTreeMap, BTreeSet},
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
    fixes: Vec<Known>,
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
    /// Fixes that were begun in this run, and so are gone on with whatever the mode.
    granted: BTreeSet<u64>,
    /// Fixes that a person called off, by the mode that was chosen instead.
    called_off: BTreeMap<u64, RepairMode>,
    /// How each service stood at the last look.
    before: BTreeMap<ServiceName, GuardState>,
    /// Why nothing could be written down the last time, and when.
    unwritten: Option<(SafeText, DateTime<Utc>)>,
    tallies: Vec<Tally>,
    fix_tallies: Vec<FixTally>,
    advice: disk::Advice,
    own_logs: Option<OwnLogs>,
    /// When room was last made on the disk, by this run or an earlier one.
    cleaned_at: Option<DateTime<Utc>>,
    cleaning: JoinSet<(Clean, Outcome)>,
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
            fixes: watch.fixes,
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
            granted: BTreeSet::new(),
            called_off: BTreeMap::new(),
            before: BTreeMap::new(),
            unwritten: None,
            tallies: Vec::new(),
            fix_tallies: Vec::new(),
            advice: disk::Advice::default(),
            own_logs: watch.own_logs,
            cleaned_at: watch.cleaned_at,
            cleaning: JoinSet::new(),
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
                Some(Ok((clean, outcome))) = self.cleaning.join_next() => {
                    self.cleaned(clean, outcome).await;
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
        self.go_on(&services, now).await;
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
        self.clean(now).await;
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
            fixes: &self.fixes,
            signs: &self.signs(now),
            modes,
            begun: self.begun,
        };
        judge(&scene, settings, now)
    }

    /// Closes attempts of which it is known how they ended.
    async fn end_what_ended(&mut self, services: &[Service], now: DateTime<Utc>) {
        let is_silent = |attempt: &&Attempt| {
            attempt.course.is_none() && !self.unanswered.contains(&attempt.number)
        };
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
        let is_free = self.mode_of(&service) == RepairMode::Auto;
        let course = plan.fix.as_deref().map(|fix| {
            Box::new(Course { is_free, ..Course::new(fix.clone(), SafeText::default()) })
        });
        let attempt = Attempt {
            number: 0,
            time: now,
            service: service.clone(),
            strategy: plan.strategy,
            remedy: plan.remedy,
            targets: plan.targets.clone(),
            config: plan.config.as_str().into(),
            reason: verdict.guard.reason.clone(),
            course,
            acted_at: None,
            end: None,
        };
        let deed = Deed {
            service: Some(service.clone()),
            containers: plan.targets.iter().map(|target| target.container.clone()).collect(),
            ..Deed::new(now, by, attempt.action(), attempt.reason.clone())
        };
        let is_fix = attempt.course.is_some();
        let Some(number) = self.intend(attempt).await else { return false };
        if !self.audit(Deed { attempt: Some(number), ..deed }).await {
            let text = "nothing was done: the audit log cannot be written";
            self.close(number, Ending::Skipped, text.into(), now).await;
            return false;
        }
        if is_fix {
            self.granted.insert(number);
            self.look_at = Instant::now();
            return true;
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
        self.look_at = Instant::now();
        if let Some(attempt) = self.attempt(number).filter(|attempt| attempt.course.is_some()) {
            let attempt = attempt.clone();
            return self.step_answered(&attempt, outcome).await;
        }
        match outcome {
            Outcome::Skipped(text) => self.close(number, Ending::Skipped, text, now).await,
            Outcome::Failed(text) => self.close(number, Ending::Failed, text, now).await,
            // How the service is from now on will tell.
            Outcome::Unknown(text) => tracing::warn!(number, %text, "A repair is in doubt."),
            _ => self.acted(number, now).await,
        }
    }

    fn shared(&self) -> &Shared {
        &self.handle.shared
    }
}
