//! What happens to the containers of a project: a list first, then events, and the list again now and then.
//!
//! Events are hints: the Engine forgets them and drops those that nobody takes at once. Truth is what list and
//! inspect say; each event has its container looked at, and every half minute all are.

use super::{
    connection::Connection,
    driver::Drivers,
    events,
    inspect::{self, Peers, Seen},
    own,
    project::ProjectName,
    stop::Stop,
    story::{Action, Happening, Story},
    usage::{self, Running},
};
use crate::{
    model::{Container, ContainerId, Notice, RunState, SafeText},
    source::{Change, Error},
};
use chrono::{DateTime, Utc};
use std::{
    collections::BTreeMap,
    sync::{
        Arc, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};
use tokio::{
    sync::mpsc,
    time::{Instant, sleep_until},
};

/// Time between two looks at the list, which finds what dropped events meant.
const GLANCE: Duration = Duration::from_secs(4);
/// Time between two looks at everything.
const SWEEP: Duration = Duration::from_secs(30);
/// The second look comes early: what happened before the events were listened to must not wait.
const FIRST_SWEEP: Duration = Duration::from_secs(2);
/// A start is reported once more after this, in case its log was still being read to the end of the last run.
const REMIND: Duration = Duration::from_secs(2);

/// Reports the project until nobody wants it or the Engine cannot be asked.
pub(super) async fn watch(
    connection: &Connection,
    project: &ProjectName,
    drivers: &Drivers,
    out: mpsc::Sender<Change>,
) -> Result<(), Error> {
    let (tx, rx) = mpsc::channel(events::QUEUE);
    let running = Running::default();
    let has_missed = AtomicBool::new(false);
    let mut watcher = Watcher {
        connection,
        project,
        drivers,
        out: out.clone(),
        running: &running,
        own: own::container(),
        known: BTreeMap::new(),
        peers: Peers::new(),
        reminders: Vec::new(),
    };
    let result = tokio::select! {
        biased;
        error = events::listen(connection, project, tx, &has_missed) => Err(error.into()),
        result = watcher.run(rx, &has_missed) => result,
        () = usage::measure(connection, &running, out) => Err(Stop::Unwanted),
    };
    match result {
        Ok(()) | Err(Stop::Unwanted) => Ok(()),
        Err(Stop::Failed(error)) => Err(error),
    }
}

/// Whether there may be lines: a container that never ran has none.
fn is_readable(container: &Container) -> bool {
    container.unreadable.is_none() && container.state != RunState::Created
}

/// A container that was reported.
pub(super) struct Known {
    pub(super) seen: Seen,
    story: Story,
    is_environment_told: bool,
}

pub(super) struct Watcher<'a> {
    pub(super) connection: &'a Connection,
    pub(super) project: &'a ProjectName,
    drivers: &'a Drivers,
    out: mpsc::Sender<Change>,
    running: &'a Running,
    pub(super) own: Option<String>,
    pub(super) known: BTreeMap<ContainerId, Known>,
    pub(super) peers: Peers,
    /// Starts to be reported once more.
    reminders: Vec<(Instant, ContainerId)>,
}

impl Watcher<'_> {
    async fn run(
        &mut self,
        mut events: mpsc::Receiver<Happening>,
        has_missed: &AtomicBool,
    ) -> Result<(), Stop> {
        self.sweep(true).await?;
        let mut sweep_at = Instant::now() + FIRST_SWEEP;
        let mut glance_at = Instant::now() + GLANCE;
        loop {
            let wake_at = self.next_due().into_iter().fold(sweep_at.min(glance_at), Instant::min);
            tokio::select! {
                biased;
                happening = events.recv() => match happening {
                    Some(happening) => {
                        self.take(happening).await?;
                        if has_missed.swap(false, Ordering::Relaxed) {
                            sweep_at = Instant::now();
                        }
                    }
                    None => return Ok(()),
                },
                () = sleep_until(wake_at) => {
                    self.tell_what_is_due().await?;
                    if Instant::now() >= sweep_at {
                        self.sweep(false).await?;
                        sweep_at = Instant::now() + SWEEP;
                        glance_at = Instant::now() + GLANCE;
                    } else if Instant::now() >= glance_at {
                        self.glance(&events).await?;
                        glance_at = Instant::now() + GLANCE;
                    }
                }
            }
        }
    }

    /// Reports a container if anything in it changed, and that its log can be followed.
    pub(super) async fn report(&mut self, mut seen: Seen) -> Result<(), Stop> {
        // Told once and not kept: it holds secrets.
        let environment = std::mem::take(&mut seen.environment);
        let origin = Arc::clone(&seen.container.origin);
        let before = self.known.get(&origin.container);
        if let (RunState::Exited(_), Some(before)) = (seen.container.state, before) {
            seen.container.care.end = before.story.last_end(seen.container.finished_at);
        }
        let container = &seen.container;
        let is_up = container.state.is_up();
        let has_changed = before.is_none_or(|before| before.seen.container != *container);
        // Of a run that is over already there are still the lines that it wrote.
        let is_other_run =
            before.is_none_or(|before| before.seen.container.started_at != container.started_at);
        let is_to_follow = is_readable(container) && (is_up || is_other_run);
        {
            let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
            if container.state == RunState::Running {
                running.insert(origin.container.clone());
            } else {
                running.remove(&origin.container);
            }
        }
        self.drivers.learn(&origin.container, &container.log);
        if has_changed {
            self.send(Change::Container(Box::new(container.clone()))).await?;
        }
        if let Some(known) = self.known.get_mut(&origin.container) {
            known.seen = seen;
        } else {
            let story = Story::new(&seen);
            let is_environment_told = false;
            self.known.insert(origin.container.clone(), Known { seen, story, is_environment_told });
        }
        if is_to_follow {
            let known = self.known.get_mut(&origin.container);
            let is_told = known.is_none_or(|k| std::mem::replace(&mut k.is_environment_told, true));
            if !is_told && !environment.is_empty() {
                self.send(Change::Environment(origin.container.clone(), environment)).await?;
            }
            self.send(Change::Follow(origin)).await?;
        }
        Ok(())
    }

    /// Takes one event: what it says at once, what it means for its container, and a word about it.
    pub(super) async fn take(&mut self, happening: Happening) -> Result<(), Stop> {
        if self.own.as_deref() == Some(happening.id.as_str()) {
            return Ok(());
        }
        let id = ContainerId::from(happening.id.as_str());
        if happening.action == Action::Destroy {
            self.tell(&id, &happening).await?;
            return self.forget(&id).await;
        }
        if let (Action::Die(code), Some(known)) = (&happening.action, self.known.get_mut(&id)) {
            let health = known.seen.container.health;
            // Where it runs again by now, that is a change to be told.
            known.seen.container.state = RunState::Exited(*code);
            self.send(Change::State(id.clone(), RunState::Exited(*code), health)).await?;
        }
        let seen = match inspect::ask(self.connection, &id, &self.peers).await {
            Ok(Some(seen)) => seen,
            // Gone since, or not to be read: its `destroy`, or the next sweep, says more.
            Ok(None) | Err(Error::Permanent(_)) => return self.tell(&id, &happening).await,
            Err(error) => return Err(error.into()),
        };
        self.peers.insert(happening.id.clone(), seen.container.origin.service.clone());
        let is_new = !self.known.contains_key(&id);
        if is_new {
            // Its story begins with this event.
            let mut before = seen.clone();
            before.container.restarts = 0;
            let story = Story::new(&before);
            let mut seen = Seen { environment: Vec::new(), ..seen.clone() };
            // Never equal to what is reported next, as nothing of it has been reported.
            seen.container.state = RunState::Unknown;
            seen.container.started_at = None;
            let is_environment_told = false;
            self.known.insert(id.clone(), Known { seen, story, is_environment_told });
        }
        let is_start = happening.action == Action::Start;
        if let Some(known) = self.known.get_mut(&id) {
            known.seen.health_output.clone_from(&seen.health_output);
            let after = Seen { container: seen.container.clone(), ..known.seen.clone() };
            if let Some(text) = known.story.tell(&happening, &after) {
                self.notice(&id, happening.time, text).await?;
            }
        }
        self.report(seen).await?;
        if is_start {
            self.reminders.push((Instant::now() + REMIND, id));
        }
        Ok(())
    }

    /// Tells an event of a container that cannot be looked at any more.
    async fn tell(&mut self, id: &ContainerId, happening: &Happening) -> Result<(), Stop> {
        let Some(known) = self.known.get_mut(id) else { return Ok(()) };
        match known.story.tell(happening, &known.seen) {
            Some(text) => self.notice(id, happening.time, text).await,
            None => Ok(()),
        }
    }

    async fn forget(&mut self, id: &ContainerId) -> Result<(), Stop> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner).remove(id);
        self.drivers.forget(id);
        match self.known.remove(id) {
            Some(_) => self.send(Change::Removed(id.clone())).await,
            None => Ok(()),
        }
    }

    /// When something must be told although nothing happens.
    fn next_due(&self) -> Option<Instant> {
        let now = Utc::now();
        let stories = self.known.values().filter_map(|known| known.story.due());
        let stories = stories.map(|due| Instant::now() + (due - now).to_std().unwrap_or_default());
        stories.chain(self.reminders.iter().map(|(at, _)| *at)).min()
    }

    async fn tell_what_is_due(&mut self) -> Result<(), Stop> {
        let now = Instant::now();
        let (due, later) = self.reminders.iter().cloned().partition(|(at, _)| *at <= now);
        self.reminders = later;
        let due: Vec<(Instant, ContainerId)> = due;
        for (_, id) in due {
            let container = self.known.get(&id).map(|known| &known.seen.container);
            if let Some(container) = container.filter(|container| is_readable(container)) {
                self.send(Change::Follow(Arc::clone(&container.origin))).await?;
            }
        }
        let now = Utc::now();
        let words = self.known.iter_mut().filter_map(|(id, known)| {
            Some((id.clone(), known.story.due()?, known.story.wait_is_over(now)?))
        });
        let words: Vec<_> = words.collect();
        for (id, time, text) in words {
            self.notice(&id, time, text).await?;
        }
        Ok(())
    }

    async fn notice(
        &self,
        id: &ContainerId,
        time: DateTime<Utc>,
        text: SafeText,
    ) -> Result<(), Stop> {
        let Some(known) = self.known.get(id) else { return Ok(()) };
        let origin = Arc::clone(&known.seen.container.origin);
        self.send(Change::Notice(Notice { origin, time, text })).await
    }

    pub(super) async fn send(&self, change: Change) -> Result<(), Stop> {
        self.out.send(change).await.map_err(|_| Stop::Unwanted)
    }
}
