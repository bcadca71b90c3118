//! The task that empties the queue into the path, and saves what must outlive us.
//!
//! It owns the pipeline and the state on disk; nothing else takes lines. Counts and anchors are saved in one
//! transaction, so that a killed run neither loses nor doubles a count.

use super::{
    handle::Shared,
    ingest::Input,
    pipeline::{Outflow, Pipeline, StreamKey},
};
use crate::{
    detect::Detector,
    group::lifecycle,
    model::{Anchor, ContainerId, Event, Notice, Origin, SafeText},
    source::{Change, Delivery, Link},
    store::{
        Store,
        state::{Checkpoint, State},
    },
};
use chrono::{DateTime, Utc};
use std::{
    collections::HashSet,
    sync::{Arc, PoisonError},
    time::Duration,
};
use tokio::{
    sync::{mpsc, watch},
    time::{Instant, MissedTickBehavior, interval},
};

/// How often waiting events are looked at.
const TICK: Duration = Duration::from_millis(100);
/// How long a changed group may wait for the disk.
const SAVE_GROUPS: Duration = Duration::from_secs(1);
/// How long mere progress may wait for the disk: lines that are read twice for it change no count.
const SAVE_ANCHORS: Duration = Duration::from_secs(30);

/// Where things are saved, and under which name.
pub(super) struct Memory {
    pub(super) state: State,
    pub(super) project: String,
}

/// What makes the rules.
type Rules = Box<dyn FnOnce() -> (Detector, Vec<String>) + Send>;

pub(super) struct Runner {
    shared: Arc<Shared>,
    memory: Option<Memory>,
    verify: chrono::Duration,
}

/// A runner with its rules.
struct Running {
    shared: Arc<Shared>,
    pipeline: Pipeline,
    memory: Option<Memory>,
    verify: chrono::Duration,
    known: HashSet<ContainerId>,
    groups_saved: Instant,
    anchors_saved: Instant,
    away: Option<DateTime<Utc>>,
}

impl Runner {
    pub(super) const fn new(
        shared: Arc<Shared>,
        memory: Option<Memory>,
        verify: chrono::Duration,
    ) -> Self {
        Self { shared, memory, verify }
    }

    /// Makes the rules, while lines wait in the queue; then runs until `stop` is set, and saves.
    pub(super) async fn run(
        self,
        rules: Rules,
        past: Vec<(StreamKey, Anchor)>,
        queue: mpsc::Receiver<Input>,
        stop: watch::Receiver<bool>,
    ) {
        let Self { shared, memory, verify } = self;
        let Ok((detector, faults)) = tokio::task::spawn_blocking(rules).await else {
            shared.hint(Event::Trouble("the rules cannot be made; nothing is judged".into()));
            return;
        };
        {
            let mut store = shared.store.write().unwrap_or_else(PoisonError::into_inner);
            store.totals_mut().rules = detector.rules().len();
            store.guide(|rule| {
                detector.rules().get(rule.as_str()).map(|rule| Arc::clone(&rule.guidance))
            });
        }
        for fault in faults {
            shared.hint(Event::Trouble(fault.into()));
        }
        let now = Instant::now();
        let running = Running {
            shared,
            pipeline: Pipeline::new(Arc::new(detector), past),
            memory,
            verify,
            known: HashSet::new(),
            groups_saved: now,
            anchors_saved: now,
            away: None,
        };
        running.run(queue, stop).await;
    }
}

impl Running {
    /// Runs until the queue ends or `stop` is set, then saves.
    async fn run(mut self, mut queue: mpsc::Receiver<Input>, mut stop: watch::Receiver<bool>) {
        let mut tick = interval(TICK);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut upkeep = interval(Duration::from_secs(1));
        upkeep.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut is_open = true;
        loop {
            tokio::select! {
                biased;
                _ = stop.wait_for(|stop| *stop) => break,
                _ = upkeep.tick() => self.upkeep(Utc::now()),
                input = queue.recv(), if is_open => {
                    if let Some(input) = input {
                        self.take(input, Utc::now());
                    } else {
                        is_open = false;
                        self.end(Utc::now());
                    }
                }
                _ = tick.tick(), if self.pipeline.pending() > 0 => {
                    let outflow = self.pipeline.tick(Utc::now(), &self.shared.store);
                    self.tell(outflow);
                }
            }
        }
        let outflow = self.pipeline.finish(Utc::now(), &self.shared.store);
        self.tell(outflow);
        self.save(true);
    }

    fn take(&mut self, input: Input, now: DateTime<Utc>) {
        match input {
            Input::Log(delivery) => self.deliver(delivery, now),
            Input::Change(change) => self.change(change, now),
            Input::Unfollowed(origin, Some(reason)) => self.unreadable(&origin, reason),
            Input::Unfollowed(_, None) => {}
        }
    }

    fn deliver(&mut self, delivery: Delivery, now: DateTime<Utc>) {
        let outflow = match delivery {
            Delivery::Lines(lines) | Delivery::Recovered(lines) => {
                self.pipeline.accept(lines, now, &self.shared.store)
            }
            Delivery::Gap(gap) => {
                let text = gap.sentence();
                let notice = Notice { origin: gap.origin, time: gap.to, text };
                self.pipeline.notice(notice, now, &self.shared.store)
            }
            Delivery::Verified(..) => return,
        };
        self.tell(outflow);
    }

    fn change(&mut self, change: Change, now: DateTime<Utc>) {
        match change {
            Change::Container(container) => {
                self.known.insert(container.origin.container.clone());
                self.write(|store| store.put_container(*container));
            }
            Change::State(id, state, health) => {
                self.write(|store| store.set_state(&id, state, health));
            }
            Change::Usage(id, usage) => self.write(|store| store.set_usage(&id, usage)),
            Change::Removed(id) => {
                self.known.remove(&id);
                self.write(|store| store.remove_container(&id));
            }
            Change::Notice(notice) => {
                let outflow = self.pipeline.notice(notice, now, &self.shared.store);
                self.tell(outflow);
            }
            Change::Listed => {
                let known = self.known.clone();
                self.write(|store| store.retain_containers(&known));
            }
            Change::Link(link) => self.link(link, now),
            Change::Follow(_) | Change::Environment(..) => {}
        }
    }

    fn link(&mut self, link: Link, now: DateTime<Utc>) {
        match &link {
            Link::Away { since, .. } => {
                // Said once: the screen shows how long it lasts.
                self.away.get_or_insert(*since);
            }
            Link::Live => {
                self.known.clear();
                if let Some(since) = self.away.take() {
                    let seconds = (now - since).num_seconds().max(0);
                    let origin = our_origin();
                    let text = format!("the source was away for {seconds} s").into();
                    let outflow = self.pipeline.notice(
                        Notice { origin, time: now, text },
                        now,
                        &self.shared.store,
                    );
                    self.tell(outflow);
                }
            }
            Link::Connecting | Link::Ended => {}
        }
        let kept = match (&link, self.away) {
            (Link::Away { reason, .. }, Some(since)) => {
                Link::Away { since, reason: reason.clone() }
            }
            _ => link,
        };
        *self.shared.link.write().unwrap_or_else(PoisonError::into_inner) = kept;
        self.hint(Event::Changed);
    }

    fn unreadable(&mut self, origin: &Origin, reason: SafeText) {
        let text = format!("{}: {reason}", origin.service);
        self.write(|store| store.set_unreadable(&origin.container, reason));
        self.hint(Event::Trouble(text.into()));
    }

    /// A recorded log has been read to its end.
    fn end(&mut self, now: DateTime<Utc>) {
        let outflow = self.pipeline.finish(now, &self.shared.store);
        self.tell(outflow);
        *self.shared.link.write().unwrap_or_else(PoisonError::into_inner) = Link::Ended;
        self.hint(Event::Ended);
    }

    /// Moves groups along with time, and saves.
    fn upkeep(&mut self, now: DateTime<Utc>) {
        let is_changed = {
            let mut store = self.shared.store.write().unwrap_or_else(PoisonError::into_inner);
            age(&mut store, now, self.verify)
        };
        if is_changed {
            self.hint(Event::Changed);
        }
        self.save(false);
    }

    fn save(&mut self, is_last: bool) {
        let Some(memory) = &mut self.memory else { return };
        let is_groups_time = is_last || self.groups_saved.elapsed() >= SAVE_GROUPS;
        let is_anchors_time = is_last || self.anchors_saved.elapsed() >= SAVE_ANCHORS;
        let groups = if is_groups_time {
            self.shared.store.write().unwrap_or_else(PoisonError::into_inner).take_dirty()
        } else {
            Vec::new()
        };
        if groups.is_empty() && !is_anchors_time {
            return;
        }
        let anchors = self.pipeline.anchors();
        let checkpoint =
            Checkpoint { groups, anchors, now: Some(Utc::now()), ..Checkpoint::default() };
        let now = Instant::now();
        (self.groups_saved, self.anchors_saved) = (now, now);
        if let Err(error) = memory.state.save(&memory.project, &checkpoint) {
            let text = format!("triage and counts are not saved any more: {error}");
            tracing::warn!(%error, "Saving failed.");
            self.memory = None;
            self.hint(Event::Trouble(text.into()));
        }
    }

    fn write(&self, change: impl FnOnce(&mut Store)) {
        change(&mut self.shared.store.write().unwrap_or_else(PoisonError::into_inner));
        self.hint(Event::Changed);
    }

    fn tell(&self, outflow: Outflow) {
        for fingerprint in outflow.alarms {
            self.hint(Event::Alarm(fingerprint));
        }
        if outflow.is_changed {
            self.hint(Event::Changed);
        }
    }

    fn hint(&self, event: Event) {
        self.shared.hint(event);
    }
}

/// Whose lines of our own are.
fn our_origin() -> Arc<Origin> {
    Arc::new(Origin {
        service: "dogwatch".into(),
        container: "dogwatch".into(),
        replica: 0,
        is_tty: false,
    })
}

/// Moves every group along with time; whether any changed.
fn age(store: &mut Store, now: DateTime<Utc>, verify: chrono::Duration) -> bool {
    store.change_groups(|group, services| {
        let is_running = group.services.iter().any(|s| {
            services.get(&s.service).is_some_and(|s| s.containers.is_empty() || s.running() > 0)
        });
        lifecycle::tick(group, now, verify, is_running).is_some()
    })
}
