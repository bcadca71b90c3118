//! All that a face gets: wishes down, hints up, and short looks at the store.

use crate::{
    action::TrackerInfo,
    model::{Command, CommandId, Event, Outcome},
    source::{Description, Link},
    store::Store,
};
use std::sync::{
    Arc, RwLock,
    atomic::{AtomicU64, Ordering},
};
use tokio::sync::{broadcast, mpsc};

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
    /// Where issues go.
    pub tracker: TrackerInfo,
    /// Rules that look at each event.
    pub rules: usize,
    /// Whether triage is kept on disk; else a sentence why not.
    pub memory: Result<(), String>,
}

/// A handle on a running engine; cheap to clone. The engine ends when the last one is dropped.
#[derive(Debug, Clone)]
pub struct Handle {
    pub(super) shared: Arc<Shared>,
}

#[derive(Debug)]
pub(super) struct Shared {
    pub(super) store: RwLock<Store>,
    pub(super) link: RwLock<Link>,
    pub(super) events: broadcast::Sender<Event>,
    pub(super) commands: mpsc::Sender<(CommandId, Command)>,
    pub(super) next: AtomicU64,
    pub(super) capabilities: Capabilities,
}

impl Handle {
    /// Sends a wish; its [`Outcome`] comes as [`Event::Done`] with the returned id.
    ///
    /// # Errors
    /// [`Busy`] when 64 commands are waiting.
    pub fn send(&self, command: Command) -> Result<CommandId, Busy> {
        let id = CommandId(self.shared.next.fetch_add(1, Ordering::Relaxed));
        self.shared.commands.try_send((id, command)).map_err(|_| Busy)?;
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

    /// A look at the store. Keep it short: writers wait meanwhile. Never await or draw inside.
    pub fn read<R>(&self, look: impl FnOnce(&Store) -> R) -> R {
        let store = self.shared.store.read().unwrap_or_else(std::sync::PoisonError::into_inner);
        look(&store)
    }

    /// Whether the source can be reached.
    pub fn link(&self) -> Link {
        self.shared.link.read().unwrap_or_else(std::sync::PoisonError::into_inner).clone()
    }

    /// What this run can do.
    pub fn capabilities(&self) -> &Capabilities {
        &self.shared.capabilities
    }
}
