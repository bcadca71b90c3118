//! Keeps the source running: one task watches the stack, one follows each container.
//!
//! Lines come together in one bounded queue, which `runner` empties; changes have a way of their own, so that no flood
//! of lines holds up a start or an end. What is transient is tried again with a growing delay. Nothing is parsed here.

use super::{
    follower::{Beginning, Call, FIRST_DELAY, Follower, LAST_DELAY},
    input::Input,
};
use crate::{
    model::{ContainerId, Origin},
    source::{Change, Error, Link, Source},
};
use chrono::Utc;
use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};
use tokio::{
    sync::mpsc,
    task::{AbortHandle, JoinSet},
    time::sleep,
};

/// Runs until the queue's receiver is gone, or a permanent error ends the watch.
pub(super) async fn run(
    source: Arc<dyn Source>,
    beginning: Beginning,
    queue: mpsc::Sender<Input>,
    news: mpsc::Sender<Change>,
) -> Result<(), Error> {
    let mut followers = Followers {
        source: Arc::clone(&source),
        beginning: Arc::new(beginning),
        queue,
        tasks: JoinSet::new(),
        wake: HashMap::new(),
        rotating: HashSet::new(),
    };
    let mut delay = FIRST_DELAY;
    let mut was_live = false;
    loop {
        // Bound: a burst of changes of 256 containers waits for the runner, not in memory.
        let (tx, mut changes) = mpsc::channel(256);
        let watch = tokio::spawn(Arc::clone(&source).watch(tx));
        while let Some(change) = changes.recv().await {
            if let Change::Follow(origin) = change {
                followers.wake(&origin);
                continue;
            }
            match &change {
                Change::Link(Link::Live) => {
                    delay = FIRST_DELAY;
                    was_live = true;
                }
                Change::Removed(container) => followers.release(container),
                Change::Container(container) if container.log.max_size.is_some() => {
                    followers.rotating.insert(container.origin.container.clone());
                }
                _ => {}
            }
            if news.send(change).await.is_err() {
                watch.abort();
                return Ok(());
            }
        }
        let reason = match watch.await {
            Ok(Ok(())) => return followers.finish().await,
            Ok(Err(error)) if error.is_transient() || was_live => error.to_string(),
            Ok(Err(error)) => return Err(error),
            Err(_) => "the watch failed; this is a fault of dogwatch".to_owned(),
        };
        let away = Link::Away { since: Utc::now(), reason: reason.into() };
        if news.send(Change::Link(away)).await.is_err() {
            return Ok(());
        }
        sleep(delay).await;
        delay = (delay * 2).min(LAST_DELAY);
    }
}

/// One task a container; each sleeps while its container is stopped.
struct Followers {
    source: Arc<dyn Source>,
    beginning: Arc<Beginning>,
    queue: mpsc::Sender<Input>,
    tasks: JoinSet<()>,
    wake: HashMap<ContainerId, (Arc<Call>, AbortHandle)>,
    /// Containers whose log the Engine rotates.
    rotating: HashSet<ContainerId>,
}

impl Followers {
    /// Follows a container, or tells its follower that it started again. A wake-up that comes while the old
    /// stream is still ending is kept until then.
    fn wake(&mut self, origin: &Arc<Origin>) {
        while self.tasks.try_join_next().is_some() {}
        self.wake.retain(|_, (_, task)| !task.is_finished());
        if let Some((call, _)) = self.wake.get(&origin.container) {
            return call.start();
        }
        let call = Arc::new(Call::default());
        let follower = Follower {
            source: Arc::clone(&self.source),
            origin: Arc::clone(origin),
            beginning: Arc::clone(&self.beginning),
            queue: self.queue.clone(),
            is_rotating: self.rotating.contains(&origin.container),
        };
        let task = self.tasks.spawn(follower.run(Arc::clone(&call)));
        self.wake.insert(origin.container.clone(), (call, task));
    }

    /// Lets the follower of a removed container find that it is gone, after it has read what is left.
    fn release(&mut self, container: &ContainerId) {
        self.rotating.remove(container);
        if let Some((call, _)) = self.wake.get(container) {
            call.remove();
        }
    }

    /// Waits until every stream has ended: for a recorded log, where nothing starts again.
    async fn finish(mut self) -> Result<(), Error> {
        drop(self.queue);
        while self.tasks.join_next().await.is_some() {}
        Ok(())
    }
}
