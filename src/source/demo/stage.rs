//! The play behind the traits: who watches sees changes, who follows reads lines, and the verbs really act.

use super::{
    actor::{Phase, Then},
    world::World,
};
use crate::{
    model::{Container, ContainerId, Origin},
    source::{
        Change, Control, Delivery, Description, End, Error, Lines, Link, Look, Resume, Source,
    },
};
use chrono::{DateTime, Utc};
use futures_util::future::BoxFuture;
use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::{
    sync::mpsc,
    time::{Instant, sleep},
};

/// How often watchers and followers look; what happens in between comes together.
const LOOK: Duration = Duration::from_millis(150);
/// A verb that is not done by then has failed.
const PATIENCE: Duration = Duration::from_secs(15);

/// A shop in memory: [`Source`] and [`Control`] without Docker.
///
/// Ten minutes of history are there at once; it is written when somebody looks for the first time.
pub struct Demo {
    world: Mutex<Option<World>>,
    seed: u64,
    pace: f64,
    /// The moment of making, by both clocks: the play goes on with the second one, which tests can pause.
    begin: (DateTime<Utc>, Instant),
}

impl Demo {
    /// A play that follows from `seed`. Its faults come and go `pace` times as fast as usual, 0.1 to 100;
    /// visitors and restarts keep their pace.
    pub fn new(seed: u64, pace: f64) -> Self {
        Self { world: Mutex::new(None), seed, pace, begin: (Utc::now(), Instant::now()) }
    }

    /// A look at the play of this moment.
    fn with<R>(&self, look: impl FnOnce(&mut World) -> R) -> R {
        let (wall, instant) = self.begin;
        let now = wall + instant.elapsed();
        let mut world = self.world.lock().unwrap_or_else(PoisonError::into_inner);
        let world = world.get_or_insert_with(|| World::new(self.seed, self.pace, wall));
        world.advance(now);
        look(world)
    }

    /// What a newcomer must know, and the number of the next change.
    fn all(&self) -> (Vec<Change>, u64) {
        self.with(|world| {
            let mut changes = vec![Change::Link(Link::Live)];
            for actor in &world.actors {
                changes.push(Change::Container(Box::new(actor.container())));
                changes.push(Change::Follow(Arc::clone(&actor.origin)));
            }
            changes.push(Change::Listed);
            (changes, world.change_number())
        })
    }

    /// Does something to a container and waits until `is_done`.
    async fn act(
        &self,
        container: &ContainerId,
        act: impl FnOnce(&mut World, usize),
        is_done: impl Fn(Phase) -> bool,
    ) -> Result<(), Error> {
        let at = self.with(|world| {
            let at = world.find(container)?;
            act(world, at);
            Some(at)
        });
        let Some(at) = at else {
            let text = format!("no such container: {}", container.short());
            return Err(Error::Permanent(text.into()));
        };
        let begin = Instant::now();
        while !self.with(|world| world.actors.get(at).is_none_or(|a| is_done(a.phase))) {
            if begin.elapsed() > PATIENCE {
                return Err(Error::Transient("the container does not answer".into()));
            }
            sleep(LOOK).await;
        }
        Ok(())
    }

    /// The next lines of a follower and where to go on, or why there are none.
    fn read(&self, target: &Arc<Origin>, at: u64, from: &Resume) -> Next {
        self.with(|world| {
            let actor = world.find(&target.container).and_then(|at| world.actors.get(at));
            let Some(actor) = actor else { return Next::End(End::Gone) };
            let (lines, next) = actor.journal.read(at, from, target);
            if next > at {
                return Next::Lines(lines, next);
            }
            if from.is_once {
                return Next::End(End::Finished);
            }
            if actor.has_process() { Next::Wait } else { Next::End(End::Stopped) }
        })
    }
}

enum Next {
    Lines(Lines, u64),
    Wait,
    End(End),
}

impl fmt::Debug for Demo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Demo")
            .field("seed", &self.seed)
            .field("pace", &self.pace)
            .finish_non_exhaustive()
    }
}

impl Source for Demo {
    fn describe(&self) -> Description {
        Description { name: "demo".into(), place: "a shop in memory".into(), is_live: true }
    }

    fn watch(self: Arc<Self>, out: mpsc::Sender<Change>) -> BoxFuture<'static, Result<(), Error>> {
        Box::pin(async move {
            let (mut changes, mut number) = self.all();
            loop {
                for change in changes {
                    if out.send(change).await.is_err() {
                        return Ok(());
                    }
                }
                tokio::select! {
                    biased;
                    () = out.closed() => return Ok(()),
                    () = sleep(LOOK) => {}
                }
                (changes, number) =
                    self.with(|world| (world.changes_from(number), world.change_number()));
            }
        })
    }

    fn follow(
        self: Arc<Self>,
        target: Arc<Origin>,
        from: Resume,
        out: mpsc::Sender<Delivery>,
    ) -> BoxFuture<'static, Result<End, Error>> {
        Box::pin(async move {
            let mut at = self.with(|world| {
                let actor = world.find(&target.container).and_then(|at| world.actors.get(at));
                actor.map_or(0, |actor| actor.journal.begin(&from))
            });
            loop {
                match self.read(&target, at, &from) {
                    Next::Lines(lines, next) => {
                        at = next;
                        if !lines.is_empty() && out.send(lines.into()).await.is_err() {
                            return Ok(End::Finished);
                        }
                    }
                    Next::End(end) => return Ok(end),
                    Next::Wait => tokio::select! {
                        biased;
                        () = out.closed() => return Ok(End::Finished),
                        () = sleep(LOOK) => {}
                    },
                }
            }
        })
    }

    fn control(self: Arc<Self>) -> Option<Arc<dyn Control>> {
        Some(self)
    }
}

impl Control for Demo {
    fn restart(
        self: Arc<Self>,
        container: ContainerId,
        _timeout: Duration,
    ) -> BoxFuture<'static, Result<(), Error>> {
        Box::pin(async move {
            let stop = |world: &mut World, at| world.stop(at, Then::Start);
            let is_started = |phase| matches!(phase, Phase::Starting(_) | Phase::Ready);
            self.act(&container, stop, is_started).await
        })
    }

    fn stop(
        self: Arc<Self>,
        container: ContainerId,
        _timeout: Duration,
    ) -> BoxFuture<'static, Result<(), Error>> {
        Box::pin(async move {
            let stop = |world: &mut World, at| world.stop(at, Then::Stay);
            self.act(&container, stop, |phase| phase == Phase::Stopped).await
        })
    }

    fn start(self: Arc<Self>, container: ContainerId) -> BoxFuture<'static, Result<(), Error>> {
        Box::pin(async move {
            let is_up = |phase| matches!(phase, Phase::Starting(_) | Phase::Ready);
            self.act(&container, World::start, is_up).await
        })
    }

    fn look(
        self: Arc<Self>,
        container: ContainerId,
    ) -> BoxFuture<'static, Result<Option<Look>, Error>> {
        let seen = self.with(|world| {
            let actor = world.find(&container).and_then(|at| world.actors.get(at))?;
            let Container { state, health, started_at, .. } = actor.container();
            Some(Look { state, health, started_at })
        });
        Box::pin(async move { Ok(seen) })
    }
}
