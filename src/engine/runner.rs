//! The task that empties the queue into the path, and hands what must outlive us to the keeper.
//!
//! It owns the pipeline; nothing else takes lines. Rows come before the checkpoint that counts them, so that a killed
//! run neither loses nor doubles a line or a count.

use super::{
    handle::Shared,
    input::Input,
    keeper::{Entry, Keeper},
    past::Past,
    pipeline::{Intake, Outflow, Pipeline},
    rulebook::{Rulebook, announce},
    runs::Runs,
};
use crate::{
    group::lifecycle,
    model::{self, ContainerId, Event, Gap, LogRecord, Notice, Origin, RowGap},
    source::{Change, Delivery, Link},
    store::{
        Store,
        state::{Checkpoint, LastSeen},
    },
};
use chrono::{DateTime, Utc};
use std::{
    collections::{HashMap, HashSet, VecDeque},
    sync::{Arc, PoisonError},
    time::Duration,
};
use tokio::{
    sync::{mpsc, oneshot, watch},
    time::{Instant, MissedTickBehavior, interval},
};

/// How often waiting events are looked at.
const TICK: Duration = Duration::from_millis(100);
/// Records of the past that are taken at once.
const RECALL: usize = 2_000;
/// How long mere progress may wait for the disk where nothing else is to be saved.
const SAVE_PROGRESS: Duration = Duration::from_secs(5);

pub(super) struct Runner {
    pub(super) shared: Arc<Shared>,
    pub(super) keeper: Option<Keeper>,
    pub(super) verify: chrono::Duration,
    /// Whether secrets are masked before anything else happens to a line.
    pub(super) is_redacting: bool,
}

/// A runner with its rules.
pub(super) struct Running {
    rules: Rulebook,
    pub(super) shared: Arc<Shared>,
    intake: Intake,
    pub(super) pipeline: Pipeline,
    pub(super) keeper: Option<Keeper>,
    verify: chrono::Duration,
    pub(super) known: HashSet<ContainerId>,
    pub(super) runs: Runs,
    /// Up to where the record of a container is complete, where the Engine rotates its log.
    verified: HashMap<ContainerId, DateTime<Utc>>,
    /// Containers whose log was read to its end.
    pub(super) read_out: HashSet<ContainerId>,
    /// Containers whose log the Engine rotates.
    pub(super) rotating: HashSet<ContainerId>,
    /// Containers whose position has changed since it was last saved.
    pub(super) moved: HashMap<ContainerId, Arc<Origin>>,
    saved: Instant,
    pub(super) away: Option<DateTime<Utc>>,
    /// Containers that are gone, the first of them first: their secrets are still looked for.
    pub(super) gone: VecDeque<(DateTime<Utc>, ContainerId)>,
}

impl Runner {
    /// Makes the rules and waits for the past, while lines wait in the queue; then runs until `stop` is set, and saves.
    pub(super) async fn run(
        self,
        rules: Rulebook,
        past: oneshot::Receiver<Past>,
        (queue, news): (mpsc::Receiver<Input>, mpsc::Receiver<Change>),
        stop: watch::Receiver<bool>,
    ) {
        let Self { shared, keeper, verify, is_redacting } = self;
        let Some((detector, faults)) = rules.make().await else {
            shared.hint(Event::Trouble("the rules cannot be made; nothing is judged".into()));
            return;
        };
        let detector = announce(&shared, detector, faults);
        let Ok(past) = past.await else { return };
        let redactor = is_redacting.then(|| Arc::clone(&shared.redactor));
        let mut running = Running {
            rules,
            intake: Intake::new(redactor),
            pipeline: Pipeline::new(detector, past.counted),
            shared,
            keeper,
            verify,
            known: HashSet::new(),
            runs: Runs::new(past.containers),
            verified: past.verified,
            read_out: HashSet::new(),
            rotating: HashSet::new(),
            moved: HashMap::new(),
            saved: Instant::now(),
            away: None,
            gone: VecDeque::new(),
        };
        running.recall(&past.records, past.begins_at, Utc::now());
        running.run(queue, news, stop).await;
    }
}

impl Running {
    /// Runs until the queue ends or `stop` is set, then saves.
    async fn run(
        mut self,
        mut queue: mpsc::Receiver<Input>,
        mut news: mpsc::Receiver<Change>,
        mut stop: watch::Receiver<bool>,
    ) {
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
                Some(change) = news.recv() => self.change(change, Utc::now()),
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
        if let Some(keeper) = self.keeper.take() {
            let _ = tokio::task::spawn_blocking(move || keeper.stop()).await;
        }
    }

    /// Puts what the journal holds of earlier runs in front.
    fn recall(
        &mut self,
        records: &[Arc<LogRecord>],
        begins_at: Option<model::Position>,
        now: DateTime<Utc>,
    ) {
        if let Some(position) = begins_at {
            self.write(|store| store.begin_at(position));
        }
        for chunk in records.chunks(RECALL) {
            let outflow = self.pipeline.recall(chunk.to_vec(), now, &self.shared.store);
            self.tell(outflow);
        }
    }

    fn take(&mut self, input: Input, now: DateTime<Utc>) {
        match input {
            Input::Log(delivery) => self.deliver(delivery, now),
            Input::Did(deed) => {
                let outflow = self.pipeline.deed(deed, now, &self.shared.store);
                self.tell(outflow);
            }
            Input::ReadOut(origin) | Input::Unfollowed(origin, None) => self.read_out(origin),
            Input::Unfollowed(origin, Some(reason)) => {
                self.unreadable(&origin, reason);
                self.read_out(origin);
            }
        }
    }

    /// Nothing is owed of this container: should it be removed, nothing is missing.
    pub(super) fn read_out(&mut self, origin: Arc<Origin>) {
        self.read_out.insert(origin.container.clone());
        self.moved.insert(origin.container.clone(), origin);
    }

    fn deliver(&mut self, delivery: Delivery, now: DateTime<Utc>) {
        let store = &self.shared.store;
        let outflow = match delivery {
            Delivery::Lines(lines) => {
                if let Some(line) = lines.first() {
                    let container = &line.origin.container;
                    if self.rotating.contains(container)
                        && let Some(time) = line.time
                    {
                        self.verified.entry(container.clone()).or_insert(time);
                    }
                    self.read_out.remove(container);
                    self.moved.insert(container.clone(), Arc::clone(&line.origin));
                }
                self.pipeline.accept(self.intake.read(lines, now), now, store)
            }
            Delivery::Recovered(lines) => {
                self.write(|store| store.totals_mut().recovered += lines.len() as u64);
                self.pipeline.recover(self.intake.read(lines, now), now, &self.shared.store)
            }
            Delivery::Gap(gap) => return self.gap(gap, now),
            Delivery::Verified(container, until) => {
                self.verified.insert(container, until);
                return;
            }
        };
        self.tell(outflow);
    }

    /// Puts a hole onto the record, and onto the screen.
    pub(super) fn gap(&mut self, gap: Gap, now: DateTime<Utc>) {
        let text = gap.sentence();
        let row = RowGap { from: gap.from, to: gap.to, lines: gap.lines, reason: gap.reason };
        let notice = Notice { origin: gap.origin, time: gap.to, text };
        let mut outflow = self.pipeline.notice(notice, now, &self.shared.store);
        self.write(|store| {
            store.totals_mut().gaps += 1;
            store.totals_mut().lost += gap.lines.unwrap_or(0);
        });
        let records = std::mem::take(&mut outflow.records);
        self.keep(records, Some(row));
        self.tell(outflow);
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
        self.forget_secrets(now);
        if let Some((detector, faults)) = self.rules.renewed() {
            self.hint(Event::Rules(detector.rules().len()));
            self.pipeline.judge_by(announce(&self.shared, detector, faults));
        }
        self.save(false);
    }

    fn save(&mut self, is_last: bool) {
        let Some(keeper) = &self.keeper else { return };
        for gap in keeper.lost() {
            self.gap(gap, Utc::now());
        }
        let (groups, ties) = {
            let mut store = self.shared.store.write().unwrap_or_else(PoisonError::into_inner);
            (store.take_dirty(), store.take_ties())
        };
        let is_quiet = groups.is_empty() && ties.is_empty();
        if is_quiet && !is_last && self.saved.elapsed() < SAVE_PROGRESS {
            return;
        }
        self.saved = Instant::now();
        let containers = std::mem::take(&mut self.moved)
            .into_values()
            .map(|origin| LastSeen {
                verified: self.verified.get(&origin.container).copied(),
                started_at: self.runs.newest(&origin.container),
                is_read: self.read_out.contains(&origin.container),
                container: origin.container.clone(),
                service: origin.service.clone(),
                replica: origin.replica,
            })
            .collect();
        let checkpoint = Checkpoint {
            groups,
            anchors: self.pipeline.anchors(),
            containers,
            next_id: self.pipeline.next_id(),
            ties,
            now: Some(Utc::now()),
        };
        if let Some(keeper) = &self.keeper {
            keeper.save(checkpoint);
        }
    }

    /// Hands records to those who read along, and to the journal.
    fn keep(&self, records: Vec<Arc<LogRecord>>, gap: Option<RowGap>) {
        self.shared.taps.offer(&records);
        let Some(keeper) = &self.keeper else { return };
        if records.is_empty() {
            return;
        }
        let mut runs = self.runs.reader();
        let entry = |record: Arc<LogRecord>| Entry {
            run: runs.of(&record.origin, record.time),
            record,
            gap,
        };
        keeper.write(records.into_iter().map(entry).collect());
    }

    pub(super) fn write(&self, change: impl FnOnce(&mut Store)) {
        change(&mut self.shared.store.write().unwrap_or_else(PoisonError::into_inner));
        self.hint(Event::Changed);
    }

    pub(super) fn tell(&self, outflow: Outflow) {
        self.keep(outflow.records, None);
        for fingerprint in outflow.alarms {
            self.hint(Event::Alarm(fingerprint));
        }
        if outflow.is_changed {
            self.hint(Event::Changed);
        }
    }

    pub(super) fn hint(&self, event: Event) {
        self.shared.hint(event);
    }
}

/// Whose lines of our own are.
pub(super) fn our_origin() -> Arc<Origin> {
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
