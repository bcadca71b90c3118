//! What happens to the containers of a project: a list first, then events, and the list again now and then.
//!
//! Events are hints: the Engine forgets them and drops those that nobody takes at once. Truth is what list and
//! inspect say; each event has its container looked at, and every half minute all are.

use super::{
    connection::{Connection, DEADLINE},
    driver::Drivers,
    events,
    inspect::{self, Listed, Peers, Seen},
    labels, own,
    project::ProjectName,
    story::{Action, Happening, Story},
    usage::{self, Running},
};
use crate::{
    model::{Container, ContainerId, Notice, RunState, SafeText},
    source::{Change, Error, Link},
};
use bollard::query_parameters::ListContainersOptions;
use chrono::{DateTime, Utc};
use futures_util::{FutureExt, StreamExt, future::BoxFuture, stream};
use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
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
/// Containers that are looked at at once.
const AT_ONCE: usize = 8;

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

/// Why watching ends.
enum Stop {
    /// Nobody listens any more.
    Unwanted,
    /// The Engine cannot be asked.
    Failed(Error),
}

impl From<Error> for Stop {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

/// Looks at one container of the list; where its account cannot be read, the list is better than nothing.
async fn look(connection: &Connection, one: &Listed, peers: &Peers) -> Result<Option<Seen>, Error> {
    match inspect::ask(connection, &one.id, peers).await {
        Err(Error::Permanent(_)) => Ok(Some(inspect::from_list(one))),
        seen => seen,
    }
}

/// Whether there may be lines: a container that never ran has none.
fn is_readable(container: &Container) -> bool {
    container.unreadable.is_none() && container.state != RunState::Created
}

/// A container that was reported.
struct Known {
    seen: Seen,
    story: Story,
    is_environment_told: bool,
}

struct Watcher<'a> {
    connection: &'a Connection,
    project: &'a ProjectName,
    drivers: &'a Drivers,
    out: mpsc::Sender<Change>,
    running: &'a Running,
    own: Option<String>,
    known: BTreeMap<ContainerId, Known>,
    peers: Peers,
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

    /// Looks at every container; the first time everything is reported, later what changed.
    async fn sweep(&mut self, is_first: bool) -> Result<(), Stop> {
        let list = self.list().await?;
        if is_first {
            self.send(Change::Link(Link::Live)).await?;
        }
        self.forget_all_but(&list).await?;
        self.look_at(&list).await?;
        if is_first {
            self.send(Change::Listed).await?;
        }
        Ok(())
    }

    /// Looks at the list, and at the containers of which it says something else than what is known.
    ///
    /// What has an event under way is left to that: it says more.
    async fn glance(&mut self, events: &mpsc::Receiver<Happening>) -> Result<(), Stop> {
        let mut list = self.list().await?;
        if !events.is_empty() {
            return Ok(());
        }
        self.forget_all_but(&list).await?;
        list.retain(|one| {
            let known = self.known.get(&one.id);
            known.is_none_or(|known| !one.agrees_with(&known.seen.container))
        });
        self.look_at(&list).await
    }

    /// The project's containers without our own.
    async fn list(&mut self) -> Result<Vec<Listed>, Stop> {
        let filters = HashMap::from([labels::filter(self.project)]);
        let options =
            ListContainersOptions { all: true, filters: Some(filters), ..Default::default() };
        let list =
            self.connection.ask(DEADLINE, self.connection.bollard.list_containers(Some(options)));
        let list = list.await?.unwrap_or_default().into_iter().filter_map(Listed::read);
        let own = self.own.as_deref();
        let list: Vec<_> = list.filter(|one| own != Some(one.id.as_str())).collect();
        self.peers = list
            .iter()
            .filter_map(|one| Some((one.id.as_str().to_owned(), one.service()?)))
            .collect();
        Ok(list)
    }

    /// Those that are on the list no more were removed, whether or not an event says so.
    async fn forget_all_but(&mut self, list: &[Listed]) -> Result<(), Stop> {
        let there: BTreeSet<_> = list.iter().map(|one| &one.id).collect();
        let gone: Vec<_> = self.known.keys().filter(|id| !there.contains(id)).cloned().collect();
        for id in gone {
            let removal =
                Happening { id: id.as_str().to_owned(), action: Action::Destroy, time: Utc::now() };
            self.take(removal).await?;
        }
        Ok(())
    }

    async fn look_at(&mut self, list: &[Listed]) -> Result<(), Stop> {
        let peers = self.peers.clone();
        let looks: Vec<BoxFuture<'_, _>> =
            list.iter().map(|one| look(self.connection, one, &peers).boxed()).collect();
        let mut looks = stream::iter(looks).buffered(AT_ONCE);
        while let Some(seen) = looks.next().await {
            // One that was removed since is not on the next list.
            if let Some(seen) = seen? {
                self.report(seen).await?;
            }
        }
        Ok(())
    }

    /// Reports a container if anything in it changed, and that its log can be followed.
    async fn report(&mut self, mut seen: Seen) -> Result<(), Stop> {
        // Told once and not kept: it holds secrets.
        let environment = std::mem::take(&mut seen.environment);
        let container = &seen.container;
        let origin = Arc::clone(&container.origin);
        let is_up = container.state.is_up();
        let before = self.known.get(&origin.container);
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
    async fn take(&mut self, happening: Happening) -> Result<(), Stop> {
        if self.own.as_deref() == Some(happening.id.as_str()) {
            return Ok(());
        }
        let id = ContainerId::from(happening.id.as_str());
        if happening.action == Action::Destroy {
            self.tell(&id, &happening).await?;
            return self.forget(&id).await;
        }
        if let (Action::Die(code), Some(known)) = (&happening.action, self.known.get(&id)) {
            let health = known.seen.container.health;
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

    async fn send(&self, change: Change) -> Result<(), Stop> {
        self.out.send(change).await.map_err(|_| Stop::Unwanted)
    }
}
