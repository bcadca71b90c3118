//! Follows one container: reads its log to the end, sleeps while it is stopped, and goes on at the anchor.
//!
//! What is transient is tried again with a growing delay.

use super::{
    input::Input,
    past::{Progress, SWAP, advance},
};
use crate::{
    model::{ContainerId, Gap, GapReason, Origin, SafeText},
    source::{Delivery, End, Error, Resume, Source, Verified},
};
use chrono::{DateTime, Utc};
use futures_util::FutureExt;
use std::{
    collections::BTreeSet,
    panic::AssertUnwindSafe,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};
use tokio::{
    sync::{Notify, mpsc, watch},
    time::{sleep, timeout},
};

/// Chunks on the way from one follower: enough to keep it reading while the queue is busy.
const FOLLOWER_QUEUE: usize = 2;
/// Time before the first new try, and the longest.
pub(super) const FIRST_DELAY: Duration = Duration::from_millis(500);
pub(super) const LAST_DELAY: Duration = Duration::from_secs(10);
/// How long the news of a removal may be behind the end of the log.
const TOLD: Duration = Duration::from_secs(5);

/// Where following begins, for containers with and without a past.
#[derive(Debug, Clone)]
pub(super) struct Beginning {
    /// Nothing older than this of a container without a past.
    pub(super) since: Option<DateTime<Utc>>,
    /// At most so many old lines.
    pub(super) tail: Option<u64>,
    /// Where an earlier run of dogwatch stopped.
    pub(super) progress: Progress,
    /// Containers that are not to be followed for now.
    pub(super) detached: watch::Receiver<BTreeSet<ContainerId>>,
}

/// What the watch has to say to a follower.
#[derive(Debug, Default)]
pub(super) struct Call {
    wake: Notify,
    /// Whether the follower waits for a start.
    is_idle: AtomicBool,
    /// Whether the container has started while it waited.
    has_started: AtomicBool,
    /// Whether the container is gone.
    is_removed: AtomicBool,
}

impl Call {
    /// The container has started. While it is read, that is the start of the run which is being read.
    pub(super) fn start(&self) {
        let is_idle = self.is_idle.load(Ordering::Acquire);
        self.has_started.fetch_or(is_idle, Ordering::AcqRel);
        self.wake.notify_one();
    }

    /// The container is gone.
    pub(super) fn remove(&self) {
        self.is_removed.store(true, Ordering::Release);
        self.wake.notify_one();
    }

    /// Whether the container is gone; the news of that may be a moment behind.
    async fn is_removed(&self) -> bool {
        let is_told = async {
            while !self.is_removed.load(Ordering::Acquire) {
                self.wake.notified().await;
            }
        };
        timeout(TOLD, is_told).await.is_ok()
    }
}

/// The follower of one container.
pub(super) struct Follower {
    pub(super) source: Arc<dyn Source>,
    pub(super) origin: Arc<Origin>,
    pub(super) beginning: Arc<Beginning>,
    pub(super) queue: mpsc::Sender<Input>,
    /// Whether the Engine may throw lines away before they are read.
    pub(super) is_rotating: bool,
}

impl Follower {
    /// Follows until the container is gone for good, or nobody wants its lines.
    pub(super) async fn run(self, call: Arc<Call>) {
        let Progress { anchors, verified, has_journal } = &self.beginning.progress;
        let mut detached = self.beginning.detached.clone();
        let saved = anchors.get(&self.origin.container);
        let fresh =
            Resume { since: self.beginning.since, tail: self.beginning.tail, ..Resume::default() };
        let resumed = Resume {
            anchors: saved.cloned().unwrap_or_default(),
            verified: verified.get(&self.origin.container).cloned(),
            ..Resume::default()
        };
        // Without a journal, recent history is read again for the screen. Where it does not go back to the last run's
        // end, reading goes on there.
        let is_known = *has_journal && saved.is_some();
        let mut from = if is_known { resumed.clone() } else { fresh };
        let mut reach = saved.filter(|_| !is_known).and_then(|a| a.values().map(|a| a.time).min());
        let mut delay = FIRST_DELAY;
        // A run of the container was told of that was not read to its end yet.
        let mut is_owed = true;
        loop {
            // What comes meanwhile stays with the Engine; reading goes on behind the last line that was taken.
            if detached.wait_for(|all| !all.contains(&self.origin.container)).await.is_err() {
                return;
            }
            let before = from.clone();
            let end = match self.read(&mut from, &mut reach, &mut detached).await {
                Read::Short => {
                    from = resumed.clone();
                    continue;
                }
                Read::Closed => return,
                Read::Detached => continue,
                Read::Ended(end) => end,
            };
            if from != before {
                delay = FIRST_DELAY;
            }
            let trouble = match end {
                Ok(End::Stopped) => {
                    let _ = self.queue.send(Input::ReadOut(Arc::clone(&self.origin))).await;
                    call.is_idle.store(true, Ordering::Release);
                    call.wake.notified().await;
                    call.is_idle.store(false, Ordering::Release);
                    is_owed = call.has_started.swap(false, Ordering::AcqRel);
                    continue;
                }
                Ok(End::Missed) => {
                    if is_owed && call.is_removed().await {
                        self.lost(&from).await;
                    }
                    None
                }
                Ok(End::Finished | End::Gone) => None,
                Err(error) if error.is_transient() => {
                    sleep(delay).await;
                    delay = (delay * 2).min(LAST_DELAY);
                    continue;
                }
                Err(error) => Some(SafeText::from(error.to_string())),
            };
            let _ = self.queue.send(Input::Unfollowed(self.origin, trouble)).await;
            return;
        }
    }

    /// Tells that nobody can know what the container wrote last.
    async fn lost(&self, from: &Resume) {
        let gap = Gap {
            origin: Arc::clone(&self.origin),
            from: from.anchors.values().map(|anchor| anchor.time).max(),
            to: Utc::now(),
            lines: None,
            reason: GapReason::Removed,
        };
        let _ = self.queue.send(Input::Log(Delivery::Gap(gap))).await;
    }

    /// Reads one stream to its end, moving `from` along.
    ///
    /// What reads is a part of this task: a chunk that it brings wakes nobody but the path.
    async fn read(
        &self,
        from: &mut Resume,
        reach: &mut Option<DateTime<Utc>>,
        detached: &mut watch::Receiver<BTreeSet<ContainerId>>,
    ) -> Read {
        let (tx, mut lines) = mpsc::channel::<Delivery>(FOLLOWER_QUEUE);
        let source = Arc::clone(&self.source);
        let following = source.follow(Arc::clone(&self.origin), from.clone(), tx);
        let mut following = AssertUnwindSafe(following).catch_unwind();
        let mut end = None;
        loop {
            let delivery = tokio::select! {
                biased;
                Ok(_) = detached.wait_for(|all| all.contains(&self.origin.container)) => {
                    return Read::Detached;
                }
                delivery = lines.recv() => delivery,
                ended = &mut following, if end.is_none() => {
                    end = Some(ended);
                    continue;
                }
            };
            let Some(delivery) = delivery else { break };
            if let Delivery::Lines(lines) = &delivery
                && let (Some(reach), Some(first)) = (reach.take(), lines.first())
                && first.time.is_some_and(|first| first > reach)
            {
                return Read::Short;
            }
            self.move_on(from, &delivery);
            if self.queue.send(Input::Log(delivery)).await.is_err() {
                return Read::Closed;
            }
        }
        let end = match end {
            Some(end) => end,
            None => following.await,
        };
        Read::Ended(end.unwrap_or_else(|_| {
            Err(Error::Transient("reading the log failed; this is a fault of dogwatch".into()))
        }))
    }

    /// Notes what was delivered, so that a new connection goes on behind it.
    fn move_on(&self, from: &mut Resume, delivery: &Delivery) {
        let lines = delivery.lines().iter();
        let timed = lines.filter_map(|line| Some((line.stream, line.time?)));
        if let Delivery::Verified(_, until) = delivery {
            let verified = from.verified.get_or_insert_default();
            verified.until = *until;
            verified.known.retain(|(_, time)| *time >= *until - SWAP);
        }
        for (stream, time) in timed {
            if self.is_rotating {
                let fresh = || Verified { until: time, known: Vec::new() };
                from.verified.get_or_insert_with(fresh).known.push((stream, time));
            }
            if matches!(delivery, Delivery::Lines(_)) {
                advance(&mut from.anchors, stream, time);
            }
        }
    }
}

/// How the reading of one stream ended.
enum Read {
    /// The first line is younger than what must be reached.
    Short,
    /// Nobody wants lines any more.
    Closed,
    /// A person wants none of this container for now.
    Detached,
    /// The stream ended.
    Ended(Result<End, Error>),
}
