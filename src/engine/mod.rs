//! The beam: tasks and channels between the pillars and the faces.
//!
//! [`Engine::start`] joins a source, the rules and a tracker into one running whole and returns a [`Handle`], which is
//! all that a face gets. Four tasks: `ingest` keeps the source running, `runner` empties its queue into the
//! `pipeline`, `dispatch` carries out commands.

mod classify;
mod dispatch;
mod handle;
pub mod health;
mod ingest;
mod oneshot;
mod pipeline;
mod runner;
mod sample;
mod settings;

pub use crate::{
    action::{browser::open as open_page, github::prefilled_url},
    redact::Redactor,
};
pub use classify::{Classifier, Judgement};
pub use handle::{Busy, Capabilities, Handle};
pub use oneshot::{Scope, read_once};
pub use pipeline::{Outflow, Pipeline};
pub use sample::events_of;
pub use settings::Settings;

use crate::{
    action::Tracker,
    detect::Detector,
    model::Event,
    source::{Link, Source},
    store::{
        Store,
        state::{Anchors, State},
    },
};
use dispatch::Dispatcher;
use handle::Shared;
use ingest::Beginning;
use runner::{Memory, Runner};
use std::sync::{
    Arc, Mutex, RwLock,
    atomic::{AtomicBool, AtomicU64},
};
use tokio::{
    sync::{broadcast, mpsc, watch},
    task::JoinHandle,
};

/// Commands that may wait: more than any person presses keys in a second.
const COMMANDS: usize = 64;
/// Hints that a slow face may miss before it must read everything again.
const EVENTS: usize = 1024;

/// What an engine is made of.
pub struct Parts {
    /// Where lines come from.
    pub source: Arc<dyn Source>,
    /// How far back it is read where no earlier run knows better; `services` counts for one-shot runs alone.
    pub scope: Scope,
    /// Makes the rules, and a sentence for each thing that is wrong with the user's. It takes a tenth of a second,
    /// so it runs beside the first frame.
    pub rules: Box<dyn FnOnce() -> (Detector, Vec<String>) + Send>,
    /// Where issues go.
    pub tracker: Arc<dyn Tracker>,
    /// Whether services may only be looked at.
    pub is_read_only: bool,
    /// Where triage and counts are kept; `None` where they are not, as for a recorded log.
    pub state: Option<State>,
    /// Why they are not kept, as a sentence.
    pub state_trouble: Option<String>,
}

/// The tasks of a running engine.
pub struct Engine {
    stop: watch::Sender<bool>,
    ingest: JoinHandle<()>,
    runner: JoinHandle<()>,
    dispatch: JoinHandle<()>,
}

impl Engine {
    /// Starts everything; must be called inside a tokio runtime.
    ///
    /// Reading begins at once. What cannot be read of an earlier run's state is told as a trouble, and the run
    /// goes on without it.
    pub fn start(settings: &Settings, parts: Parts) -> (Self, Handle) {
        let description = parts.source.describe();
        let project = description.name.to_string();
        let mut store = Store::new(settings.limits);
        let mut trouble = parts.state_trouble;
        let mut anchors = Anchors::new();
        let mut memory = None;
        if let Some(mut state) = parts.state {
            match state.load(&project) {
                Ok(past) => {
                    anchors = past.anchors;
                    store.restore_groups(past.groups);
                    // A viewer reads the past and leaves the future to the writer.
                    if state.is_writer() {
                        if let Err(error) = state.begin_session(&project, chrono::Utc::now()) {
                            trouble = Some(error.to_string());
                        }
                        memory = Some(Memory { state, project });
                    }
                }
                Err(error) => trouble = Some(error.to_string()),
            }
        }
        let control = Arc::clone(&parts.source).control().filter(|_| !parts.is_read_only);
        let capabilities = Capabilities {
            source: description,
            can_control: control.is_some(),
            is_read_only: parts.is_read_only,
            tracker: parts.tracker.info(),
            memory: trouble.map_or(Ok(()), Err),
        };
        let (events, _) = broadcast::channel(EVENTS);
        let (commands, wishes) = mpsc::channel(COMMANDS);
        let (stop, stopped) = watch::channel(false);
        let shared = Arc::new(Shared {
            store: RwLock::new(store),
            link: RwLock::new(Link::Connecting),
            events,
            commands,
            next: AtomicU64::new(1),
            is_hinted: AtomicBool::new(false),
            capabilities,
            troubles: Mutex::default(),
            redactor: Redactor::new(),
        });

        let past: Vec<_> = anchors
            .iter()
            .flat_map(|(id, streams)| streams.iter().map(|(s, at)| ((id.clone(), *s), *at)))
            .collect();
        let beginning =
            Beginning { since: parts.scope.since, tail: parts.scope.tail, saved: anchors };
        let verify = chrono::Duration::seconds(settings.verify_seconds.min(1 << 31) as i64);

        let (queue, lines) = mpsc::channel(ingest::QUEUE);
        let watched = Arc::clone(&shared);
        let ingest = tokio::spawn(async move {
            if let Err(error) = ingest::run(parts.source, beginning, queue).await {
                watched.hint(Event::Trouble(error.to_string().into()));
            }
        });
        let runner = Runner::new(Arc::clone(&shared), memory, verify);
        let runner = tokio::spawn(runner.run(parts.rules, past, lines, stopped));
        let dispatcher = Dispatcher::new(Arc::clone(&shared), control, parts.tracker);
        let dispatch = tokio::spawn(dispatcher.run(wishes));
        (Self { stop, ingest, runner, dispatch }, Handle { shared })
    }

    /// Ends every task after what is on its way has been saved.
    pub async fn stop(self) {
        self.ingest.abort();
        self.dispatch.abort();
        let _ = self.stop.send(true);
        let _ = self.runner.await;
    }
}
