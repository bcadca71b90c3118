//! The one place where a command is carried out.
//!
//! Commands come through one queue and each runs in a task of its own, so that a restart that takes a minute does
//! not hold up a mark; no service is acted on twice at the same time. What became of it goes back as an event.

mod clean;
mod following;
mod project;
mod record;
mod resize;
mod step;
mod treat;
mod triage;
mod verb;

use super::{filing, handle::Shared, input::Input, ledger::Ledger, watchdog::Wish};
use crate::{
    action::{Filed, Tracker, scale::Compose},
    group::lifecycle,
    model::{
        Actor, Command, CommandId, Container, ErrorGroup, Event, FiledIssue, Fingerprint,
        IssueDraft, Outcome, ServiceName,
    },
    source::Control,
};
use chrono::Utc;
use std::{
    collections::HashSet,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::{sync::mpsc, task::JoinSet};
use verb::Verb;

/// Added to a container's own stop timeout before a call is given up.
const MARGIN: Duration = Duration::from_secs(30);

/// Carries out commands; cheap to clone.
#[derive(Clone)]
pub(super) struct Dispatcher {
    shared: Arc<Shared>,
    control: Option<Arc<dyn Control>>,
    tracker: Arc<dyn Tracker>,
    busy: Arc<Mutex<HashSet<ServiceName>>>,
    undo: Arc<Mutex<Vec<triage::Deed>>>,
    filing: Arc<tokio::sync::Mutex<()>>,
    ways: Ways,
}

/// Where things go from here.
#[derive(Clone)]
pub(super) struct Ways {
    /// Where what was done goes onto the record.
    pub(super) deeds: mpsc::WeakSender<Input>,
    /// Where the watchdog takes wishes; `None` where there is none.
    pub(super) watchdog: Option<mpsc::Sender<Wish>>,
    /// Where it is written who did what to a service.
    pub(super) ledger: Option<Ledger>,
    /// What changes how many containers a service has; `None` where nothing is scaled.
    pub(super) compose: Option<Compose>,
}

impl Dispatcher {
    pub(super) fn new(
        shared: Arc<Shared>,
        control: Option<Arc<dyn Control>>,
        tracker: Arc<dyn Tracker>,
        ways: Ways,
    ) -> Self {
        Self {
            ways,
            shared,
            control,
            tracker,
            busy: Arc::default(),
            undo: Arc::default(),
            filing: Arc::default(),
        }
    }

    /// Runs until the queue's senders are gone.
    pub(super) async fn run(self, mut commands: mpsc::Receiver<(CommandId, Actor, Command)>) {
        let mut tasks = JoinSet::new();
        while let Some((id, actor, command)) = commands.recv().await {
            while tasks.try_join_next().is_some() {}
            let dispatcher = self.clone();
            tasks.spawn(async move {
                let about = dispatcher.about(&command);
                let verb = verb_of(&command);
                let outcome = dispatcher.carry_out(id, command).await;
                dispatcher.audit((actor, verb), about.as_deref(), &outcome).await;
                dispatcher.record(about, &outcome).await;
                dispatcher.shared.hint(Event::Done(id, outcome));
            });
        }
    }

    async fn carry_out(&self, id: CommandId, command: Command) -> Outcome {
        match command {
            Command::Restart(services) => self.act(id, Verb::Restart, services).await,
            Command::Stop(services) => self.act(id, Verb::Stop, services).await,
            Command::Start(services) => self.act(id, Verb::Start, services).await,
            Command::Up(files) => self.project(id, true, files).await,
            Command::Down(files) => self.project(id, false, files).await,
            Command::MarkFixed(groups) => {
                self.triage(&groups, "marked fixed; watching what stays away", |g| {
                    lifecycle::mark_fixed(g, Utc::now())
                })
            }
            Command::Reopen(groups) => self.triage(&groups, "open again", lifecycle::reopen),
            Command::Acknowledge(groups) => {
                self.triage(&groups, "acknowledged", lifecycle::acknowledge)
            }
            Command::Mute(groups, until) => {
                self.triage(&groups, "muted", |g| lifecycle::mute(g, until, Utc::now()))
            }
            Command::Merge { into, from } => self.merge(into, &from),
            Command::Split { group, part } => self.split(group, part),
            Command::Attach(container) => self.attach(&container),
            Command::Detach(container) => self.detach(&container),
            Command::UndoTriage => self.undo(),
            Command::FindIssue(group) => self.find_issue(group).await,
            Command::FileIssue(draft) => self.file_issue(id, draft).await,
            Command::Treat(treatment) => self.treat(&treatment).await,
            Command::Step(order) => self.step(&order).await,
            Command::Scale(order) => self.scale(&order).await,
            Command::Clean(order) => self.clean(order).await,
            wish @ (Command::Repair { .. }
            | Command::SetRepairMode(..)
            | Command::ResetRepair(_)
            | Command::SetAlerts(_)) => self.wish(wish).await,
        }
    }

    async fn find_issue(&self, fingerprint: Fingerprint) -> Outcome {
        match Arc::clone(&self.tracker).find(fingerprint).await {
            Ok(found) => {
                if let Some(issue) = &found {
                    self.remember_issue(fingerprint, issue.clone());
                }
                Outcome::Found(found)
            }
            Err(error) => Outcome::Failed(error.to_string().into()),
        }
    }

    async fn file_issue(&self, id: CommandId, draft: IssueDraft) -> Outcome {
        let _one_at_a_time = self.filing.lock().await;
        let fingerprint = draft.fingerprint;
        let tell = |text: &str| self.progress(id, text.to_owned());
        match filing::file(&self.tracker, draft, true, tell).await {
            Ok(Filed::Now(issue)) => {
                self.remember_issue(fingerprint, issue.clone());
                Outcome::Filed(issue, false)
            }
            Ok(Filed::Before(issue) | Filed::Closed(issue)) => {
                self.remember_issue(fingerprint, issue.clone());
                Outcome::Filed(issue, true)
            }
            Ok(Filed::Held(limit)) => Outcome::Failed(filing::held(limit).into()),
            Err(error) => Outcome::Failed(error.to_string().into()),
        }
    }

    fn remember_issue(&self, fingerprint: Fingerprint, issue: FiledIssue) {
        let mut store = self.shared.store.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(group) = store.group_mut(fingerprint) {
            group.issue = Some(issue);
        }
        drop(store);
        self.shared.hint(Event::Changed);
    }

    fn containers(&self, service: &ServiceName) -> Vec<Container> {
        let store = self.shared.store.read().unwrap_or_else(PoisonError::into_inner);
        store.service(service).map(|s| s.containers.clone()).unwrap_or_default()
    }

    fn progress(&self, id: CommandId, text: String) {
        self.shared.hint(Event::Done(id, Outcome::Progress(text.into())));
    }
}

/// What a command of a person does to services; `None` for one that does nothing to them, and for the watchdog's own.
const fn verb_of(command: &Command) -> Option<&'static str> {
    match command {
        Command::Restart(_) => Some("restart"),
        Command::Stop(_) => Some("stop"),
        Command::Start(_) => Some("start"),
        Command::Up(_) => Some("up"),
        Command::Down(_) => Some("down"),
        _ => None,
    }
}

/// Services that are being acted on; given back when dropped.
struct Claim {
    busy: Arc<Mutex<HashSet<ServiceName>>>,
    services: Vec<ServiceName>,
}

impl Claim {
    /// Takes all or none; the first one that is taken already otherwise.
    fn take(
        busy: &Arc<Mutex<HashSet<ServiceName>>>,
        services: &[ServiceName],
    ) -> Result<Self, ServiceName> {
        let mut taken = busy.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(service) = services.iter().find(|s| taken.contains(*s)) {
            return Err(service.clone());
        }
        taken.extend(services.iter().cloned());
        Ok(Self { busy: Arc::clone(busy), services: services.to_vec() })
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        let mut taken = self.busy.lock().unwrap_or_else(PoisonError::into_inner);
        for service in &self.services {
            taken.remove(service);
        }
    }
}

/// A group's name in a sentence: what it says, cut to what fits a toast.
fn title_of(group: &ErrorGroup) -> String {
    const WIDTH: usize = 40;
    let title = group.title();
    if title.chars().count() <= WIDTH {
        return format!("“{title}”");
    }
    let cut: String = title.chars().take(WIDTH - 1).collect();
    format!("“{}…”", cut.trim_end())
}
