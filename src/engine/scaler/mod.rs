//! The task that keeps services at the size that their load asks for: it measures, asks `repair::scale`, and obeys.
//!
//! It acts like any face, by a [`Command`]; an intent is in the audit log before its command is sent. While the source is
//! away it decides nothing, because what is known is old.

mod shapes;
mod told;

use super::{
    handle::Handle,
    input::Input,
    ledger::{Deed, Ledger},
    runner::our_origin,
    settings::{Hand, Scale},
};
use crate::{
    action::{
        prometheus::query,
        scale::{command, depth, messages},
    },
    model::{
        Actor, Command, GuardState, Outcome, RepairMode, RunState, SafeText, ScaleOrder,
        ScaleState, Scaling, Service, ServiceName,
    },
    repair::scale::{Advice, Change, Course, Gauge, Measure, Rule, Step, refusal},
    source::Link,
};
use chrono::{DateTime, Utc};
use shapes::Shapes;
use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};
use tokio::{
    sync::mpsc,
    task::{JoinHandle, JoinSet},
    time::{Instant, sleep_until},
};

/// Looks are no closer together.
const PACE: Duration = Duration::from_secs(1);
/// After the source has come, it takes so long to tell of everything.
const SETTLED: Duration = Duration::from_secs(3);
/// What Compose files say is believed for so long, but for a change they are read anew.
const FRESH: Duration = Duration::from_mins(5);
/// The same, where they stand against it: somebody may be mending them.
const REFUSED: Duration = Duration::from_mins(1);
/// Compose marks containers of `docker compose run` by it.
const ONE_OFF: &str = "com.docker.compose.oneoff";

/// Starts the task where there is to be one.
pub(super) fn start(
    handle: &Handle,
    settings: Option<Scale>,
    ways: (mpsc::WeakSender<Input>, Option<Ledger>),
) -> Option<JoinHandle<()>> {
    let scaler = Scaler::new(handle.clone(), settings?, ways);
    Some(tokio::spawn(scaler.run()))
}

/// What is known of one service.
struct Line {
    course: Course,
    due: Instant,
    is_under_way: bool,
    latest: Option<Scaling>,
    /// Changes that succeeded, and those that did not.
    changed: u64,
    failed: u64,
}

/// The scaler at work.
struct Scaler {
    handle: Handle,
    settings: Scale,
    deeds: mpsc::WeakSender<Input>,
    ledger: Option<Ledger>,
    lines: BTreeMap<ServiceName, Line>,
    shapes: Shapes,
    under_way: JoinSet<(ServiceName, Change, Outcome)>,
    /// Since when the source is there.
    live_since: Option<Instant>,
    looked_at: Option<DateTime<Utc>>,
}

impl Scaler {
    fn new(
        handle: Handle,
        settings: Scale,
        (deeds, ledger): (mpsc::WeakSender<Input>, Option<Ledger>),
    ) -> Self {
        Self {
            handle,
            settings,
            deeds,
            ledger,
            lines: BTreeMap::new(),
            shapes: Shapes::default(),
            under_way: JoinSet::new(),
            live_since: None,
            looked_at: None,
        }
    }

    /// Looks again and again; ends when it is aborted.
    async fn run(mut self) {
        let mut look_at = Instant::now();
        loop {
            tokio::select! {
                biased;
                Some(Ok((service, change, outcome))) = self.under_way.join_next() => {
                    self.answered(&service, change, outcome).await;
                }
                () = sleep_until(look_at) => {
                    self.look().await;
                    look_at = Instant::now() + PACE;
                }
            }
        }
    }

    /// One look at those that are due.
    async fn look(&mut self) {
        if self.handle.link() != Link::Live {
            self.live_since = None;
            return;
        }
        if self.live_since.get_or_insert_with(Instant::now).elapsed() < SETTLED {
            return;
        }
        let settings = &self.settings;
        let asked = |service: &Service| {
            let name = service.name.as_str();
            let is_chosen =
                settings.services.is_empty() || settings.services.iter().any(|n| n == name);
            let rule = Rule::of(service, settings.rules.get(name), &settings.usual)
                .filter(|_| is_chosen)?;
            Some((replicas_of(service), rule))
        };
        let (asked, known): (Vec<_>, BTreeSet<_>) = self.handle.read(|store| {
            let asked = store.services().filter_map(asked).collect();
            (asked, store.services().map(|service| service.name.clone()).collect())
        });
        for (service, rule) in &asked {
            let line = self.line(&service.name);
            if !line.is_under_way && line.due <= Instant::now() {
                line.due = Instant::now() + rule.interval().to_std().unwrap_or(PACE);
                self.attend(service, rule).await;
            }
        }
        let missing = self.settings.rules.keys().map(|name| ServiceName::from(name.as_str()));
        let missing: Vec<_> = missing.filter(|name| !known.contains(name)).collect();
        for service in missing {
            let advice = Advice {
                step: Step::LeaveAlone,
                wanted: 0,
                reason: "there is no such service".to_owned(),
            };
            self.tell(&service, ScaleState::LeftAlone, 0, advice, Utc::now()).await;
        }
        self.looked_at.get_or_insert_with(Utc::now);
        self.publish();
    }

    fn line(&mut self, service: &ServiceName) -> &mut Line {
        let past = &self.settings.past;
        self.lines.entry(service.clone()).or_insert_with(|| {
            let changes =
                past.iter().filter(|(name, _)| name == service).map(|(_, change)| *change);
            let course = Course::after(changes);
            let is_cut = self.settings.cut.contains(service);
            Line {
                course: if is_cut { course.cut() } else { course },
                due: Instant::now(),
                is_under_way: false,
                latest: None,
                changed: 0,
                failed: 0,
            }
        })
    }

    /// Measures one service and does what is to be done.
    async fn attend(&mut self, service: &Service, rule: &Rule) {
        let name = &service.name;
        let replicas = u32::try_from(service.containers.len()).unwrap_or(u32::MAX);
        self.conclude(name, replicas).await;
        if let Some(why) = self.refused(service, rule).await {
            return self.leave(name, replicas, why).await;
        }
        let now = Utc::now();
        let measure = match Measure::of(service, rule, now) {
            Some(measure) => Ok(measure),
            None => measured(rule).await.map(|figure| Measure::told(figure, rule)),
        };
        let measure = measure.as_ref().map_err(String::as_str);
        let advice = self.line(name).course.advise(rule, replicas, measure, now);
        let to = match advice.step {
            Step::Keep => return self.tell(name, ScaleState::Steady, replicas, advice, now).await,
            Step::Wait => return self.tell(name, ScaleState::Waiting, replicas, advice, now).await,
            Step::LeaveAlone => {
                return self.tell(name, ScaleState::LeftAlone, replicas, advice, now).await;
            }
            Step::To(to) => to,
        };
        if let Some(why) = self.restraint(name) {
            let reason = format!("{}; only said: {why}", advice.reason);
            let advice = Advice { wanted: to, reason, ..advice };
            return self.tell(name, ScaleState::WouldAct, replicas, advice, now).await;
        }
        // Somebody may have changed the file a moment ago.
        if let Some(why) = self.refused_within(service, rule, Duration::ZERO).await {
            return self.leave(name, replicas, why).await;
        }
        let change = Change { time: now, from: replicas, to };
        self.begin(service, change, advice).await;
    }

    /// Why a service cannot be scaled.
    async fn refused(&mut self, service: &Service, rule: &Rule) -> Option<String> {
        self.refused_within(service, rule, FRESH).await?;
        self.refused_within(service, rule, REFUSED).await
    }

    /// The same, by what its Compose files said so long ago at most.
    async fn refused_within(
        &mut self,
        service: &Service,
        rule: &Rule,
        age: Duration,
    ) -> Option<String> {
        let shape = self.shapes.of(service, &self.settings.compose, age).await;
        refusal(service, rule, shape.as_ref().map_err(SafeText::as_str))
    }

    /// Why nothing may be done, whatever was decided.
    fn restraint(&self, service: &ServiceName) -> Option<SafeText> {
        let capabilities = self.handle.capabilities();
        if capabilities.is_read_only {
            return Some("started with --read-only".into());
        }
        if !capabilities.can_control {
            return Some("there is nothing to act on".into());
        }
        match self.settings.hand {
            Hand::Bound => return Some("a dry run".into()),
            Hand::Free => {}
            Hand::Watchdog => {
                let watchdog = self.handle.watchdog();
                let guard = watchdog.guard(service);
                let mode = guard.map_or(RepairMode::Observe, |guard| guard.mode);
                if let Some(why) = &watchdog.restrained {
                    return Some(why.clone());
                }
                if mode != RepairMode::Auto {
                    return Some(format!("the watchdog's mode is {}", mode.as_str()).into());
                }
                let is_in_repair =
                    |state| matches!(state, GuardState::Acting | GuardState::Verifying);
                if guard.is_some_and(|guard| is_in_repair(guard.state)) {
                    return Some("it is being repaired".into());
                }
            }
        }
        self.ledger.is_none().then(|| "the audit log cannot be written".into())
    }

    /// Writes an intent down and sends the command. Nothing is done where it cannot be written.
    async fn begin(&mut self, service: &Service, change: Change, advice: Advice) {
        let name = service.name.clone();
        let reason = advice.reason.clone();
        if !self.audit(&name, change, reason.into(), None).await {
            return;
        }
        let files = service.containers.first().map(|c| c.files.clone()).unwrap_or_default();
        let order = ScaleOrder { service: name.clone(), from: change.from, to: change.to, files };
        let line = self.line(&name);
        line.course.begin(change);
        line.is_under_way = true;
        let advice = Advice { wanted: change.to, ..advice };
        self.tell(&name, ScaleState::Acting, change.from, advice, change.time).await;
        let handle = self.handle.clone();
        self.under_way.spawn(async move {
            let outcome = handle.request(Command::Scale(order)).await;
            (name, change, outcome)
        });
    }

    /// What became of a command.
    async fn answered(&mut self, service: &ServiceName, change: Change, outcome: Outcome) {
        let (is_done, text) = match outcome {
            Outcome::Done(text) => (true, text),
            Outcome::Failed(text) | Outcome::Skipped(text) | Outcome::Unknown(text) => {
                (false, text)
            }
            _ => (false, "no answer came".into()),
        };
        let line = self.line(service);
        line.is_under_way = false;
        let state = if is_done {
            ScaleState::Done
        } else {
            line.course.fail();
            ScaleState::Failed
        };
        let result = if is_done { "done".into() } else { format!("failed: {text}").into() };
        self.audit(service, change, text.clone(), Some(result)).await;
        let replicas = if is_done { change.to } else { change.from };
        let advice =
            Advice { step: Step::Wait, wanted: change.to, reason: text.as_str().to_owned() };
        self.tell(service, state, replicas, advice, Utc::now()).await;
        self.publish();
    }

    /// Writes down how a change ended that an earlier run began; who only looks leaves that to others.
    async fn conclude(&mut self, service: &ServiceName, replicas: u32) {
        let Some((change, is_done)) = self.line(service).course.conclude(replicas, Utc::now())
        else {
            return;
        };
        if self.restraint(service).is_some() {
            return;
        }
        let reason = format!("the run that began it was ended; now it has {replicas}");
        let result = if is_done { "done" } else { "failed: it was ended in the middle" };
        self.audit(service, change, reason.into(), Some(result.into())).await;
    }

    /// Writes into the audit log; whether it is there.
    async fn audit(
        &self,
        service: &ServiceName,
        change: Change,
        reason: SafeText,
        result: Option<SafeText>,
    ) -> bool {
        let Some(ledger) = &self.ledger else { return false };
        let time = if result.is_some() { Utc::now() } else { change.time };
        let action = Scale::action(change);
        let service = Some(service.clone());
        let deed = Deed { service, result, ..Deed::new(time, Actor::Watchdog, action, reason) };
        match ledger.append(deed).await {
            Ok(()) => true,
            Err(error) => {
                self.handle.trouble(format!("not scaled: cannot write the {error}"));
                false
            }
        }
    }
}

/// A service with what counts for its size: no one-off container, nothing that is gone or was never started, as a
/// Compose that died leaves it.
fn replicas_of(service: &Service) -> Service {
    let mut service = service.clone();
    service.containers.retain(|container| {
        let one_off = container.care.labels.get(ONE_OFF);
        let is_one_off = one_off.is_some_and(|word| word.eq_ignore_ascii_case("true"));
        !is_one_off && !matches!(container.state, RunState::Removed | RunState::Created)
    });
    service
}

/// Asks where the figures of the Engine do not reach.
async fn measured(rule: &Rule) -> Result<f64, String> {
    let variable = rule.url_env.as_deref().and_then(|name| std::env::var(name).ok());
    let url = rule.url.clone().or(variable).unwrap_or_default();
    let word = |text: &Option<String>| text.clone().unwrap_or_default();
    match rule.source {
        Gauge::Command => command(&word(&rule.command)).await,
        Gauge::Redis => depth(&url, &word(&rule.key), rule.group.as_deref()).await,
        Gauge::Rabbitmq => messages(&url, &word(&rule.key), rule.vhost.as_deref()).await,
        Gauge::Promql => query(&url, &word(&rule.query)).await,
        Gauge::Cpu | Gauge::Memory => Err("the Engine tells nothing of it".to_owned()),
    }
}
