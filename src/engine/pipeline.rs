//! The path of a line, top to bottom: parse, join, detect, group, keep.
//!
//! Sync and without tasks, so that live and one-shot runs walk the same way. Work is done before the store is
//! locked; the lock is held only to put the results in. Groups learn only from lines after the saved anchors.

use crate::{
    detect::Detector,
    group::{Change, Grouper, capacity, lifecycle},
    model::{
        Anchor, ContainerId, Finding, Fingerprint, LogEvent, LogRecord, Notice, RawLine, RecordId,
        SafeText, Severity, Stream,
    },
    parse::{Joiner, Parser},
    store::Store,
};
use chrono::{DateTime, Duration, Utc};
use std::{
    collections::HashMap,
    sync::{Arc, PoisonError, RwLock},
};

/// An event this old or older is history: it is counted, but nobody is alarmed.
const FRESH: Duration = Duration::seconds(10);

/// What the path did with one batch.
#[derive(Debug, Default)]
pub struct Outflow {
    /// Groups that came into being, regressed or escalated just now.
    pub alarms: Vec<Fingerprint>,
    /// Whether anything a face could show has changed.
    pub is_changed: bool,
}

/// One event judged.
#[derive(Debug)]
struct Judged {
    event: LogEvent,
    problem: Option<Problem>,
}

#[derive(Debug)]
struct Problem {
    finding: Finding,
    fingerprint: Fingerprint,
    template: SafeText,
}

/// The path, with what it remembers between lines.
pub struct Pipeline {
    parser: Parser,
    joiner: Joiner,
    detector: Arc<Detector>,
    grouper: Grouper,
    next: u64,
    saved: HashMap<StreamKey, Anchor>,
    settled: HashMap<StreamKey, Anchor>,
    done: Vec<LogEvent>,
    /// Nothing older is taken.
    since: Option<DateTime<Utc>>,
}

/// One stream of one container.
pub(super) type StreamKey = (ContainerId, Stream);

impl Pipeline {
    /// A path that does not count again what lies before `saved`.
    pub fn new(
        detector: Arc<Detector>,
        saved: impl IntoIterator<Item = ((ContainerId, Stream), Anchor)>,
    ) -> Self {
        let saved: HashMap<_, _> = saved.into_iter().collect();
        Self {
            parser: Parser::new(),
            joiner: Joiner::new(),
            detector,
            grouper: Grouper::new(),
            next: 1,
            settled: saved.clone(),
            saved,
            done: Vec::new(),
            since: None,
        }
    }

    /// The same path, which takes nothing older than `since`: a recorded log tells a line's time only in its words.
    #[must_use]
    pub fn since(self, since: Option<DateTime<Utc>>) -> Self {
        Self { since, ..self }
    }

    /// Takes lines of one container, in the order of their streams.
    pub fn accept(
        &mut self,
        lines: Vec<RawLine>,
        now: DateTime<Utc>,
        store: &RwLock<Store>,
    ) -> Outflow {
        let mut records = Vec::with_capacity(lines.len());
        for raw in lines {
            let id = self.number();
            let record = Arc::new(self.parser.parse(raw, id, now));
            if self.since.is_some_and(|since| record.time < since) {
                continue;
            }
            self.joiner.push(Arc::clone(&record), now, &mut self.done);
            records.push(record);
        }
        self.keep(records, now, store)
    }

    /// Takes something that happened to a container, as a line of our own.
    pub fn notice(&mut self, notice: Notice, now: DateTime<Utc>, store: &RwLock<Store>) -> Outflow {
        let record = Arc::new(LogRecord {
            id: self.number(),
            time: notice.time,
            origin: notice.origin,
            stream: Stream::System,
            level: crate::model::Level::Unknown,
            text: notice.text,
            message_at: 0,
        });
        self.done.push(LogEvent::single(Arc::clone(&record)));
        self.keep(vec![record], now, store)
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
        self.settled.iter().map(|((id, stream), at)| (id.clone(), *stream, *at)).collect()
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
        let judged: Vec<_> =
            std::mem::take(&mut self.done).into_iter().map(|event| self.judge(event)).collect();
        let mut outflow = Outflow {
            is_changed: !records.is_empty() || judged.iter().any(|j| j.problem.is_some()),
            ..Outflow::default()
        };
        if records.is_empty() && judged.is_empty() {
            return outflow;
        }
        let mut store = store.write().unwrap_or_else(PoisonError::into_inner);
        // History that is read at the start is not traffic.
        let is_traffic = |r: &LogRecord| !r.stream.is_ours() && now - r.time < FRESH;
        let lines = records.iter().filter(|r| is_traffic(r)).count();
        store.totals_mut().arrived(lines as u32, now);
        for record in records {
            store.push(record);
        }
        for Judged { event, problem } in judged {
            let is_new = self.settle(&event);
            if let Some(problem) = problem {
                outflow.alarms.extend(absorb(&mut store, &event, problem, is_new, now));
            }
        }
        outflow
    }

    fn judge(&mut self, event: LogEvent) -> Judged {
        let problem = self.detector.detect(&event).map(|finding| {
            let (fingerprint, template) = self.grouper.key(&finding);
            Problem { finding, fingerprint, template }
        });
        Judged { event, problem }
    }

    /// Moves the anchors over an event; whether it is new, seen from the earlier runs.
    fn settle(&mut self, event: &LogEvent) -> bool {
        let origin = &event.head.origin;
        if event.head.stream.is_ours() {
            return true;
        }
        let key = (origin.container.clone(), event.head.stream);
        let mut is_new = true;
        for record in event.records() {
            if let Some(saved) = self.saved.get_mut(&key) {
                let is_at_anchor = record.time == saved.time && saved.same > 0;
                if is_at_anchor {
                    saved.same -= 1;
                }
                if is_at_anchor || record.time < saved.time {
                    is_new = false;
                    continue;
                }
            }
            match self.settled.get_mut(&key) {
                Some(anchor) if record.time == anchor.time => anchor.same += 1,
                Some(anchor) if record.time < anchor.time => {}
                _ => {
                    self.settled.insert(key.clone(), Anchor { time: record.time, same: 1 });
                }
            }
        }
        is_new
    }
}

/// Puts a finding into its group; the group's name where somebody should hear of it.
fn absorb(
    store: &mut Store,
    event: &LogEvent,
    problem: Problem,
    is_new: bool,
    now: DateTime<Utc>,
) -> Option<Fingerprint> {
    let Problem { finding, fingerprint, template } = problem;
    for record in event.records() {
        store.mark(record, fingerprint);
    }
    let is_known = store.group(fingerprint).is_some();
    if is_known && !is_new {
        // An earlier run counted it; its place in this run's record is new.
        if let Some(group) = store.group_mut(fingerprint) {
            lifecycle::revisit(group, &finding);
        }
        return None;
    }
    let change = if let Some(group) = store.group_mut(fingerprint) {
        lifecycle::absorb(group, &finding, now)
    } else {
        store.put_group(lifecycle::open(&finding, (fingerprint, template), now));
        make_room(store);
        Change::Opened
    };
    // What is new and not critical shows in the list; a toast for each would hide the log.
    let is_critical = store.group(fingerprint).is_some_and(|g| g.severity() == Severity::Critical);
    let is_alarming = match change {
        Change::Opened | Change::Escalated => is_critical,
        Change::Regressed | Change::Unmuted => true,
        Change::StatusChanged | Change::Counted => false,
    };
    (is_alarming && now - event.head.time < FRESH).then_some(fingerprint)
}

/// Folds the least of too many groups into one.
fn make_room(store: &mut Store) {
    let victims = capacity::victims(store.groups());
    for fingerprint in &victims {
        let Some(group) = store.take_group(*fingerprint) else { continue };
        let overflow = Grouper::overflow(group.category).0;
        if let Some(new) = capacity::fold(store.group_mut(overflow), group) {
            store.put_group(new);
        }
    }
}
