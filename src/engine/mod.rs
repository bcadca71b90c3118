//! The beam: tasks and channels between the pillars and the faces.
//!
//! [`Engine::start`] joins a source, the rules and a tracker into one running whole and returns a [`Handle`], which is
//! all that a face gets. `ingest` keeps the source running, `runner` empties its queue into the `pipeline`, `keeper`
//! writes the record to disk, `dispatch` carries out commands.

mod classify;
mod dispatch;
mod filing;
mod follower;
mod handle;
pub mod health;
mod herald;
mod ingest;
mod input;
mod judge;
mod keeper;
mod ledger;
mod news;
mod oneshot;
mod packer;
mod past;
mod pipeline;
mod rulebook;
mod runner;
mod runs;
mod sample;
mod scaler;
mod settings;
mod tap;
mod watchdog;

pub use crate::{
    action::{browser::open as open_page, forge::prefilled_url},
    redact::Redactor,
};
pub use classify::{Classifier, Judgement};
pub use filing::{file, held};
pub use handle::{Busy, Capabilities, Handle};
pub use herald::{Herald, Told};
pub use judge::Sign;
pub use oneshot::{Scope, read_lines, read_once};
pub use pipeline::{Intake, Outflow, Past, Pipeline, StreamKey};
pub use rulebook::{Made, Make, Rulebook};
pub use sample::events_of;
pub use settings::{Hand, Scale, Settings, Watch};
pub use tap::{Drawn, Tap};

use crate::{
    action::Tracker,
    model::{Actor, Event, SafeText},
    source::{Link, Source},
    store::{
        Store,
        audit::Audit,
        journal::{Journal, Reader},
        state::{Saved, State},
    },
};
use chrono::Utc;
use dispatch::{Dispatcher, Ways};
use follower::Beginning;
use handle::Shared;
use keeper::{Disk, Keeper};
use ledger::Ledger;
use past::Left;
use runner::Runner;
use std::sync::{
    Arc, Mutex, RwLock,
    atomic::{AtomicBool, AtomicU64},
};
use tap::Taps;
use tokio::{
    sync::{broadcast, mpsc, watch},
    task::{JoinHandle, spawn_blocking},
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
    /// Makes the rules beside the first frame, and again when the user changes them.
    pub rules: Rulebook,
    /// Where issues go.
    pub tracker: Arc<dyn Tracker>,
    /// Whether services may only be looked at.
    pub is_read_only: bool,
    /// Masks secrets, in lines before they are parsed and in what leaves.
    pub redactor: Arc<Redactor>,
    /// What outlives this run.
    pub memory: Memory,
}

/// What outlives a run; the default keeps nothing, as for a recorded log.
#[derive(Debug, Default)]
pub struct Memory {
    /// Where triage and counts are kept.
    pub state: Option<State>,
    /// Where lines are written, and the number of the next one; only beside a state that may be written.
    pub journal: Option<(Journal, u64)>,
    /// Where lines are read back from.
    pub history: Option<Reader>,
    /// Where is written what is done to services; without it the watchdog does nothing.
    pub audit: Option<Audit>,
    /// Why something of it is not kept, as a sentence.
    pub trouble: Option<String>,
}

/// What was known when the last run ended, and where this one writes.
#[derive(Default)]
struct Recalled {
    saved: Saved,
    writable: Option<State>,
    repairs: watchdog::Past,
    /// What could not be read.
    trouble: Option<String>,
}

impl Recalled {
    /// Puts the problems of earlier runs into the store. A viewer reads the past and leaves the future to the writer.
    fn from(state: Option<State>, project: &str, store: &mut Store) -> Self {
        let mut recalled = Self::default();
        let Some(mut state) = state else { return recalled };
        match state.load(project) {
            Ok(saved) => recalled.saved = saved,
            Err(error) => {
                recalled.trouble = Some(error.to_string());
                return recalled;
            }
        }
        let saved = &mut recalled.saved;
        store.restore_groups(std::mem::take(&mut saved.groups));
        store.restore_ties(&saved.ties);
        past::rename(store, &saved.outdated);
        if state.is_writer() {
            match watchdog::Past::read(&state, project, Utc::now()) {
                Ok(past) => recalled.repairs = past,
                Err(error) => recalled.trouble = Some(error.to_string()),
            }
            if let Err(error) = state.begin_session(project, Utc::now()) {
                recalled.trouble = Some(error.to_string());
            }
            recalled.writable = Some(state);
        }
        recalled
    }
}

/// The tasks of a running engine.
pub struct Engine {
    stop: watch::Sender<bool>,
    ingest: JoinHandle<()>,
    runner: JoinHandle<()>,
    dispatch: JoinHandle<()>,
    watchdog: Option<JoinHandle<()>>,
    scaler: Option<JoinHandle<()>>,
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
        let Memory { state, journal, history, audit, trouble } = parts.memory;
        let Recalled { saved, writable, repairs, trouble: unread } =
            Recalled::from(state, &project, &mut store);
        let trouble = unread.or(trouble);
        let known = past::parts(&store);
        let control = Arc::clone(&parts.source).control().filter(|_| !parts.is_read_only);
        let capabilities = Capabilities {
            source: description,
            can_control: control.is_some(),
            is_read_only: parts.is_read_only,
            tracker: parts.tracker.info(),
            memory: trouble.map_or(Ok(()), Err),
        };
        let told = capabilities.memory.as_ref().err().map(|text| SafeText::from(text.as_str()));
        // Who switched it off knows.
        let is_unkept = journal.is_none() && settings.remember;
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
            troubles: Mutex::new(told.iter().cloned().collect()),
            redactor: parts.redactor,
            history: history.clone(),
            keeping: Mutex::new(told.filter(|_| is_unkept)),
            last_visit: saved.last_visit,
            detector: RwLock::default(),
            watchdog: RwLock::default(),
            scalings: RwLock::default(),
            told: Mutex::default(),
            taps: Taps::default(),
            detached: watch::Sender::default(),
        });

        let next_id = journal.as_ref().map_or(0, |(_, next)| *next);
        let keeper = writable.and_then(|state| {
            let journal = journal.map(|(journal, _)| journal);
            let disk = Disk { project, state, journal };
            let keeper = Keeper::start(disk, Arc::clone(&shared));
            keeper.map_err(|error| shared.hint(Event::Trouble(error.to_string().into()))).ok()
        });
        let notebook = keeper.as_ref().map(Keeper::notebook);
        let verify = chrono::Duration::seconds(settings.verify_seconds.min(1 << 31) as i64);

        let (queue, inputs) = mpsc::channel(input::QUEUE);
        let (news_in, news) = mpsc::channel(input::NEWS);
        let deeds = queue.downgrade();
        let (past_in, past_out) = tokio::sync::oneshot::channel();
        let watched = Arc::clone(&shared);
        let (source, scope) = (parts.source, parts.scope);
        let ingest = tokio::spawn(async move {
            let left = Left { saved, history, parts: known, next_id };
            let Ok((past, progress)) = spawn_blocking(move || past::read(left)).await else {
                return;
            };
            let _ = past_in.send(past);
            let detached = watched.detached.subscribe();
            let beginning = Beginning { since: scope.since, tail: scope.tail, progress, detached };
            if let Err(error) = ingest::run(source, beginning, queue, news_in).await {
                watched.hint(Event::Trouble(error.to_string().into()));
            }
        });
        let is_redacting = settings.redact;
        let runner = Runner { shared: Arc::clone(&shared), keeper, verify, is_redacting };
        let runner = tokio::spawn(runner.run(parts.rules, past_out, (inputs, news), stopped));
        let handle = Handle { shared: Arc::clone(&shared), actor: Actor::Screen };
        let ledger = Ledger::open(audit, settings.watchdog.as_ref());
        let ways = (deeds.clone(), ledger.clone());
        let scaler = scaler::start(&handle, settings.scale.clone(), ways.clone());
        let patrol = watchdog::Parts { notebook, past: repairs, ways };
        let (watchdog, wish) = watchdog::start(&handle, settings.watchdog.clone(), patrol);
        let compose = settings.scale.as_ref().map(|scale| scale.compose.clone());
        let ways = Ways { deeds, watchdog: wish, ledger, compose };
        let dispatcher = Dispatcher::new(shared, control, parts.tracker, ways);
        let dispatch = tokio::spawn(dispatcher.run(wishes));
        (Self { stop, ingest, runner, dispatch, watchdog, scaler }, handle)
    }

    /// Ends every task after what is on its way has been saved.
    pub async fn stop(self) {
        for task in self.watchdog.iter().chain(&self.scaler) {
            task.abort();
        }
        self.ingest.abort();
        self.dispatch.abort();
        let _ = self.stop.send(true);
        let _ = self.runner.await;
    }
}
