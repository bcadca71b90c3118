//! The path of a line, top to bottom: redact and parse ([`Intake`]), then join, detect, group, keep ([`Pipeline`]).
//!
//! Sync and without tasks, so that live and one-shot runs walk the same way. Work is done before the store is
//! locked; the lock is held only to put the results in. Groups learn only from lines that no earlier run counted.

mod counted;
mod intake;
mod masking;
mod problem;
mod sift;

pub use counted::StreamKey;
pub use intake::Intake;

use crate::{
    detect::Detector,
    group::{self, Grouper, Namer},
    model::{
        Anchor, Category, ContainerId, Fingerprint, Learnt, Level, LogEvent, LogRecord, Notice,
        Part, RecordId, Stream,
    },
    parse::{Joiner, Parsed},
    store::{Packing, Store},
};
use chrono::{DateTime, Utc};
use counted::Counted;
use problem::{FRESH, Problem};
use sift::Counts;
use std::{
    collections::HashMap,
    sync::{Arc, PoisonError, RwLock},
};

/// What the path did with one batch.
#[derive(Debug, Default)]
pub struct Outflow {
    /// Groups that came into being, regressed or escalated just now.
    pub alarms: Vec<Fingerprint>,
    /// Whether anything a face could show has changed.
    pub is_changed: bool,
    /// What has come onto the record, in order of number.
    pub records: Vec<Arc<LogRecord>>,
}

/// One event judged.
#[derive(Debug)]
struct Judged {
    event: LogEvent,
    /// Few events are one: those that are none stay small.
    problem: Option<Box<Problem>>,
}

/// What earlier runs of dogwatch left.
#[derive(Debug, Default)]
pub struct Past {
    /// How far each stream was counted.
    pub counted: HashMap<StreamKey, Anchor>,
    /// Number of the next record.
    pub next_id: u64,
    /// Records from this number on were not counted, whatever their time; `None` where numbers begin anew in each run.
    pub uncounted_from: Option<u64>,
    /// What was learnt of templates.
    pub learnt: Vec<Learnt>,
    /// The templates of the groups.
    pub parts: Vec<(Category, Part)>,
}

/// The path of what was read, with what it remembers between lines.
pub struct Pipeline {
    joiner: Joiner,
    detector: Arc<Detector>,
    grouper: Grouper,
    namer: Namer,
    next: u64,
    counted: Counted,
    done: Vec<LogEvent>,
}

impl Pipeline {
    /// A path that does not count again what `past` has counted.
    pub fn new(detector: Arc<Detector>, past: Past) -> Self {
        let mut grouper = Grouper::new();
        grouper.restore(past.learnt);
        for (category, part) in past.parts {
            let thrown = part.thrown.as_deref();
            grouper.place(part.fingerprint, Some(category), &part.template, thrown);
        }
        Self {
            joiner: Joiner::new(),
            detector,
            grouper,
            namer: Namer::new(),
            next: past.next_id.max(1),
            counted: Counted::after(past.counted, past.uncounted_from),
            done: Vec::new(),
        }
    }

    /// Judges by these rules from now on. What was judged stays as it is.
    pub fn judge_by(&mut self, detector: Arc<Detector>) {
        self.detector = detector;
    }

    /// Takes lines, in the order of their streams.
    pub fn accept(
        &mut self,
        lines: Vec<Parsed>,
        now: DateTime<Utc>,
        store: &RwLock<Store>,
    ) -> Outflow {
        if !store.read().unwrap_or_else(PoisonError::into_inner).keeps_records() {
            return self.sift(&lines, now, store);
        }
        let records = self.records(lines);
        for record in &records {
            self.joiner.push(Arc::clone(record), now, &mut self.done);
        }
        self.keep(records, now, store)
    }

    /// Takes lines that following missed: older than some that came, and new whatever their time.
    pub fn recover(
        &mut self,
        lines: Vec<Parsed>,
        now: DateTime<Utc>,
        store: &RwLock<Store>,
    ) -> Outflow {
        let records = self.records(lines);
        // They do not belong to an event that is open now.
        let mut joiner = Joiner::new();
        let mut events = Vec::new();
        for record in &records {
            joiner.push(Arc::clone(record), now, &mut events);
        }
        joiner.finish(&mut events);
        let outflow = self.keep(records, now, store);
        let judged = events.into_iter().map(|event| (self.judge(event), true)).collect();
        let told = (Vec::new(), Counts::default());
        Outflow { is_changed: true, ..self.put(outflow, told, judged, now, store) }
    }

    /// Takes records of earlier runs, in order of their number: they are shown and marked, and counted where no
    /// earlier run did.
    pub fn recall(
        &mut self,
        records: Vec<Arc<LogRecord>>,
        now: DateTime<Utc>,
        store: &RwLock<Store>,
    ) -> Outflow {
        for record in &records {
            self.next = self.next.max(record.id.0 + 1);
            self.joiner.push(Arc::clone(record), now, &mut self.done);
        }
        let outflow = self.keep(records, now, store);
        Outflow { records: Vec::new(), ..outflow }
    }

    /// Takes something that happened to a container, as a line of our own.
    pub fn notice(&mut self, notice: Notice, now: DateTime<Utc>, store: &RwLock<Store>) -> Outflow {
        self.say(Stream::System, notice, now, store)
    }

    /// Takes something that dogwatch did, as a line of our own.
    pub fn deed(&mut self, deed: Notice, now: DateTime<Utc>, store: &RwLock<Store>) -> Outflow {
        self.say(Stream::Manager, deed, now, store)
    }

    fn say(
        &mut self,
        stream: Stream,
        words: Notice,
        now: DateTime<Utc>,
        store: &RwLock<Store>,
    ) -> Outflow {
        let record = Arc::new(LogRecord {
            id: self.number(),
            time: words.time,
            origin: words.origin,
            stream,
            level: Level::Unknown,
            text: words.text,
            message_at: 0,
        });
        // What dogwatch did is no problem, also where it names one.
        if stream == Stream::System {
            self.done.push(LogEvent::single(Arc::clone(&record)));
        }
        self.keep(vec![record], now, store)
    }

    fn records(&mut self, lines: Vec<Parsed>) -> Vec<Arc<LogRecord>> {
        lines.into_iter().map(|parsed| Arc::new(parsed.to_record(self.number()))).collect()
    }

    /// Gives up waiting for more lines of events that have been quiet.
    pub fn tick(&mut self, now: DateTime<Utc>, store: &RwLock<Store>) -> Outflow {
        self.joiner.flush_idle(now, &mut self.done);
        self.keep(Vec::new(), now, store)
    }

    /// Ends every waiting event: nothing more comes.
    pub fn finish(&mut self, now: DateTime<Utc>, store: &RwLock<Store>) -> Outflow {
        self.joiner.finish(&mut self.done);
        self.keep(Vec::new(), now, store)
    }

    /// Events that wait for more lines.
    pub fn pending(&self) -> usize {
        self.joiner.pending()
    }

    /// How far each stream was read and settled in groups.
    ///
    /// Lines of an event that still waits are not settled: a run that continues here sees the whole event.
    pub fn anchors(&self) -> Vec<(ContainerId, Stream, Anchor)> {
        self.counted.anchors()
    }

    /// The time of the newest line of a container that is settled.
    pub fn newest(&self, container: &ContainerId) -> Option<DateTime<Utc>> {
        self.counted.newest(container)
    }

    /// Number of the next record.
    pub fn next_id(&self) -> u64 {
        self.next
    }

    fn number(&mut self) -> RecordId {
        let id = RecordId(self.next);
        self.next += 1;
        id
    }

    fn keep(
        &mut self,
        records: Vec<Arc<LogRecord>>,
        now: DateTime<Utc>,
        store: &RwLock<Store>,
    ) -> Outflow {
        let done = std::mem::take(&mut self.done);
        let judged: Vec<_> = done.into_iter().map(|event| (self.judge(event), false)).collect();
        if records.is_empty() && judged.is_empty() {
            return Outflow::default();
        }
        self.put(Outflow::default(), (records, Counts::default()), judged, now, store)
    }

    /// Puts records, counts of lines without records, and judgements into the store; of each event it is told whether
    /// it is new in any case.
    fn put(
        &mut self,
        mut outflow: Outflow,
        (records, counts): (Vec<Arc<LogRecord>>, Counts),
        judged: Vec<(Judged, bool)>,
        now: DateTime<Utc>,
        store: &RwLock<Store>,
    ) -> Outflow {
        outflow.is_changed |=
            !records.is_empty() || judged.iter().any(|(judged, _)| judged.problem.is_some());
        let mut kept = store.write().unwrap_or_else(PoisonError::into_inner);
        // History that is read at the start is not traffic.
        let is_traffic = |r: &LogRecord| !r.stream.is_ours() && now - r.time < FRESH;
        let lines = records.iter().filter(|r| is_traffic(r)).count();
        kept.totals_mut().arrived(lines as u32, now);
        for record in &records {
            kept.push_plain(Arc::clone(record));
        }
        counts.tell(&mut kept);
        for merge in self.grouper.take_merges() {
            kept.merge_groups(merge, group::merge);
        }
        kept.learn(self.grouper.take_learnt());
        for (Judged { event, problem }, is_new) in judged {
            let is_new = self.counted.settle(&event) || is_new;
            if let Some(problem) = problem {
                let key = self.grouper.group(problem.name).filter(|_| problem.own.is_none());
                outflow.alarms.extend(problem.absorb(&mut kept, &event, key, is_new, now));
            }
        }
        drop(kept);
        pack(store);
        outflow.records.extend(records);
        outflow
    }

    fn judge(&mut self, event: LogEvent) -> Judged {
        let problem = self
            .detector
            .detect(&event)
            .map(|finding| Box::new(Problem::of(finding, &mut self.namer, &mut self.grouper)));
        Judged { event, problem }
    }
}

/// Packs what is plain beyond the limit, beside whoever reads.
fn pack(store: &RwLock<Store>) {
    loop {
        let packing = store.read().unwrap_or_else(PoisonError::into_inner).packing();
        let Some(packed) = packing.map(Packing::pack) else { return };
        if !store.write().unwrap_or_else(PoisonError::into_inner).put_packed(packed) {
            return;
        }
    }
}
