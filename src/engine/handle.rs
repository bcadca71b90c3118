//! All that a face gets: wishes down, hints up, and short looks at the store.

use super::{
    herald::Told,
    tap::{Tap, Taps},
};
use crate::{
    action::{
        TrackerInfo,
        issue::{self, IssueInput},
    },
    detect::Detector,
    model::{
        Actor, Command, CommandId, ContainerId, Event, Fingerprint, IssueDraft, Outcome, Query,
        SafeText, Scalings, Watchdog,
    },
    redact::Redactor,
    source::{Description, Link},
    store::{Store, journal::Reader},
};
use chrono::{DateTime, Utc};
use std::{
    collections::BTreeSet,
    sync::{
        Arc, Mutex, PoisonError, RwLock,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
};
use tokio::sync::{broadcast, mpsc, watch};

/// Troubles that are remembered.
const TROUBLES: usize = 100;

/// Lines of all services above and below the newest sample that an issue shows.
const CONTEXT: usize = 12;

/// The queue of commands is full; the face says so and keeps the key press.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the engine is busy, try again in a moment")]
pub struct Busy;

/// What this run can do, fixed at its start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Capabilities {
    /// What is watched.
    pub source: Description,
    /// Whether services can be restarted, stopped and started.
    pub can_control: bool,
    /// Whether it was asked to only look: no restart, no filing.
    pub is_read_only: bool,
    /// Where issues go.
    pub tracker: TrackerInfo,
    /// Whether triage is kept on disk; else a sentence why not.
    pub memory: Result<(), String>,
}

/// A handle on a running engine; cheap to clone.
#[derive(Debug, Clone)]
pub struct Handle {
    pub(super) shared: Arc<Shared>,
    pub(super) actor: Actor,
}

#[derive(Debug)]
pub(super) struct Shared {
    pub(super) store: RwLock<Store>,
    pub(super) link: RwLock<Link>,
    pub(super) events: broadcast::Sender<Event>,
    pub(super) commands: mpsc::Sender<(CommandId, Actor, Command)>,
    pub(super) next: AtomicU64,
    pub(super) is_hinted: AtomicBool,
    pub(super) capabilities: Capabilities,
    pub(super) troubles: Mutex<Vec<SafeText>>,
    pub(super) redactor: Arc<Redactor>,
    /// What was written to disk.
    pub(super) history: Option<Reader>,
    /// Why nothing is written to disk at the moment.
    pub(super) keeping: Mutex<Option<SafeText>>,
    pub(super) last_visit: Option<DateTime<Utc>>,
    /// The rules in force, once they are made.
    pub(super) detector: RwLock<Option<Arc<Detector>>>,
    /// How the watchdog sees everything.
    pub(super) watchdog: RwLock<Arc<Watchdog>>,
    /// How the scaler sees everything.
    pub(super) scalings: RwLock<Arc<Scalings>>,
    /// What became of messages, by place.
    pub(super) told: Mutex<Vec<Told>>,
    pub(super) taps: Taps,
    /// Containers that a person asked not to follow.
    pub(super) detached: watch::Sender<BTreeSet<ContainerId>>,
}

impl Shared {
    /// Notes why nothing is written to disk, or that all is well again.
    pub(super) fn set_keeping(&self, trouble: Option<SafeText>) {
        let mut keeping = self.keeping.lock().unwrap_or_else(PoisonError::into_inner);
        if *keeping != trouble {
            *keeping = trouble;
            drop(keeping);
            self.hint(Event::Changed);
        }
    }

    /// Counts messages.
    pub(super) fn count_told(&self, count: impl FnOnce(&mut Vec<Told>)) {
        count(&mut self.told.lock().unwrap_or_else(PoisonError::into_inner));
    }

    /// Tells every face; of [`Event::Changed`] only one is on its way until somebody looks.
    pub(super) fn hint(&self, event: Event) {
        if event == Event::Changed && self.is_hinted.swap(true, Ordering::AcqRel) {
            return;
        }
        if let Event::Trouble(text) = &event {
            let mut troubles = self.troubles.lock().unwrap_or_else(PoisonError::into_inner);
            if troubles.len() < TROUBLES && !troubles.contains(text) {
                troubles.push(text.clone());
            }
        }
        // An error means that nobody listens.
        let _ = self.events.send(event);
    }
}

impl Handle {
    /// A handle whose wishes are written down as those of `actor`; the first one's are those of the screen.
    #[must_use]
    pub fn acting_as(&self, actor: Actor) -> Self {
        Self { shared: Arc::clone(&self.shared), actor }
    }

    /// Sends a wish; its [`Outcome`] comes as [`Event::Done`] with the returned id.
    ///
    /// # Errors
    /// [`Busy`] when 64 commands are waiting.
    pub fn send(&self, command: Command) -> Result<CommandId, Busy> {
        let id = CommandId(self.shared.next.fetch_add(1, Ordering::Relaxed));
        self.shared.commands.try_send((id, self.actor, command)).map_err(|_| Busy)?;
        Ok(id)
    }

    /// Sends a wish and waits for what becomes of it, passing over progress.
    pub async fn request(&self, command: Command) -> Outcome {
        let mut events = self.events();
        let id = match self.send(command) {
            Ok(id) => id,
            Err(busy) => return Outcome::Failed(busy.to_string().into()),
        };
        loop {
            match events.recv().await {
                Ok(Event::Done(done, outcome)) if done == id => match outcome {
                    Outcome::Progress(_) => {}
                    outcome => return outcome,
                },
                Ok(_) | Err(broadcast::error::RecvError::Lagged(_)) => {}
                Err(broadcast::error::RecvError::Closed) => {
                    return Outcome::Failed("the engine has stopped".into());
                }
            }
        }
    }

    /// Hints from now on. A receiver that falls 1,024 behind misses some and re-reads the store.
    pub fn events(&self) -> broadcast::Receiver<Event> {
        self.shared.events.subscribe()
    }

    /// Every line that comes from now on, in order of arrival; a slow reader loses the oldest, and is told how many.
    pub fn tap(&self) -> Tap {
        self.shared.taps.open()
    }

    /// Whether a container is not followed because somebody said so ([`Command::Detach`]).
    pub fn is_detached(&self, container: &ContainerId) -> bool {
        self.shared.detached.borrow().contains(container)
    }

    /// A look at the store. Keep it short: writers wait meanwhile. Never await or draw inside.
    pub fn read<R>(&self, look: impl FnOnce(&Store) -> R) -> R {
        // Cleared before the look: a change that this look misses is hinted at again.
        self.shared.is_hinted.store(false, Ordering::Release);
        let store = self.shared.store.read().unwrap_or_else(PoisonError::into_inner);
        look(&store)
    }

    /// Writes the issue of a group, secrets masked; `None` where the group is no longer kept. Nothing is sent.
    pub fn draft_issue(&self, fingerprint: Fingerprint) -> Option<IssueDraft> {
        let (group, context, image) = self.read(|store| {
            let group = store.group(fingerprint)?.clone();
            let context = group.newest().map_or_else(Vec::new, |sample| {
                store.context(&Query::default(), sample.position, CONTEXT, CONTEXT).0
            });
            let service = group.main_service().and_then(|name| store.service(name));
            let image = service.and_then(|s| s.containers.first()).map(|c| c.image.clone());
            Some((group, context, image))
        })?;
        let input = IssueInput {
            group: &group,
            context: &context,
            project: &self.shared.capabilities.source.name,
            image: image.as_deref(),
            commit: None,
            now: Utc::now(),
            form: &self.shared.capabilities.tracker.form,
        };
        Some(issue::draft(&input, &|text| self.shared.redactor.redact(text)))
    }

    /// Text that may leave the machine: secrets masked, and how many there were.
    pub fn redact(&self, text: &str) -> (String, usize) {
        self.shared.redactor.redact(text)
    }

    /// Whether the source can be reached.
    pub fn link(&self) -> Link {
        self.shared.link.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// What went wrong with watching itself so far, oldest first: for a face that was not there yet.
    pub fn troubles(&self) -> Vec<SafeText> {
        self.shared.troubles.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Tells every face that something is wrong.
    pub fn trouble(&self, text: impl Into<SafeText>) {
        self.shared.hint(Event::Trouble(text.into()));
    }

    /// What was written to disk, also by earlier runs; `None` where no journal is kept. Reading it is blocking work.
    pub fn history(&self) -> Option<Reader> {
        self.shared.history.clone()
    }

    /// Why nothing is written to disk at the moment; `None` while all is well.
    pub fn keeping(&self) -> Option<SafeText> {
        self.shared.keeping.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// When this project was last watched, before this run; `None` at the first visit.
    pub fn last_visit(&self) -> Option<DateTime<Utc>> {
        self.shared.last_visit
    }

    /// What became of the messages to each place that the settings name.
    pub fn told(&self) -> Vec<Told> {
        self.shared.told.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// How the watchdog sees every service, as of its last look; without services in a run without one.
    pub fn watchdog(&self) -> Arc<Watchdog> {
        Arc::clone(&self.shared.watchdog.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// How the scaler sees everything; empty in a run without one.
    pub fn scalings(&self) -> Arc<Scalings> {
        Arc::clone(&self.shared.scalings.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// What this run can do.
    pub fn capabilities(&self) -> &Capabilities {
        &self.shared.capabilities
    }
}
