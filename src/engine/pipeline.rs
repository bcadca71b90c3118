//! The path of a line, top to bottom: redact, parse, join, detect, group, keep.
//!
//! Sync and without tasks, so that live and one-shot runs walk the same way. Work is done before the store is
//! locked; the lock is held only to put the results in. Groups learn only from lines that no earlier run counted.

use crate::{
    detect::Detector,
    group::{self, Change, Grouper, Named, Namer, capacity, lifecycle},
    model::{
        Anchor, Category, ContainerId, Finding, Fingerprint, Learnt, Level, LogEvent, LogRecord,
        Notice, Part, RawLine, RecordId, SafeText, Severity, Stream, Thrown,
    },
    parse::{Joiner, Parser},
    redact::{PemState, Redactor},
    store::{Packing, Store},
};
use chrono::{DateTime, Duration, Utc};
use std::{
    collections::HashMap,
    sync::{Arc, PoisonError, RwLock},
};

/// An event this old or older is history: it is counted, but nobody is alarmed.
const FRESH: Duration = Duration::seconds(10);
/// Of so many containers it is remembered whether they are in the middle of a private key.
const MAX_CONTAINERS: usize = 4_096;

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

#[derive(Debug)]
struct Problem {
    finding: Finding,
    /// The name and the template that its message has by itself.
    name: Fingerprint,
    template: Arc<SafeText>,
    /// Where it was thrown.
    thrown: Option<Box<Thrown>>,
    /// The name of the group that the user's own rule puts it into.
    own: Option<Fingerprint>,
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

/// The path, with what it remembers between lines.
pub struct Pipeline {
    redactor: Option<Arc<Redactor>>,
    keys: HashMap<ContainerId, [PemState; 2]>,
    parser: Parser,
    joiner: Joiner,
    detector: Arc<Detector>,
    grouper: Grouper,
    namer: Namer,
    next: u64,
    uncounted_from: Option<u64>,
    saved: HashMap<StreamKey, Anchor>,
    settled: HashMap<StreamKey, Anchor>,
    done: Vec<LogEvent>,
    /// Nothing older is taken.
    since: Option<DateTime<Utc>>,
}

/// One stream of one container.
pub type StreamKey = (ContainerId, Stream);

impl Pipeline {
    /// A path that does not count again what `past` has counted. Without a redactor, secrets stay in the text.
    pub fn new(detector: Arc<Detector>, redactor: Option<Arc<Redactor>>, past: Past) -> Self {
        let mut grouper = Grouper::new();
        grouper.restore(past.learnt);
        for (category, part) in past.parts {
            let thrown = part.thrown.as_deref();
            grouper.place(part.fingerprint, Some(category), &part.template, thrown);
        }
        Self {
            redactor,
            keys: HashMap::new(),
            parser: Parser::new(),
            joiner: Joiner::new(),
            detector,
            grouper,
            namer: Namer::new(),
            next: past.next_id.max(1),
            uncounted_from: past.uncounted_from,
            settled: past.counted.clone(),
            saved: past.counted,
            done: Vec::new(),
            since: None,
        }
    }

    /// The same path, which takes nothing older than `since`: a recorded log tells a line's time only in its words.
    #[must_use]
    pub fn since(self, since: Option<DateTime<Utc>>) -> Self {
        Self { since, ..self }
    }

    /// Judges by these rules from now on. What was judged stays as it is.
    pub fn judge_by(&mut self, detector: Arc<Detector>) {
        self.detector = detector;
    }

    /// Takes lines, in the order of their streams.
    pub fn accept(
        &mut self,
        lines: Vec<RawLine>,
        now: DateTime<Utc>,
        store: &RwLock<Store>,
    ) -> Outflow {
        let records = self.read(lines, now);
        for record in &records {
            self.joiner.push(Arc::clone(record), now, &mut self.done);
        }
        self.keep(records, now, store)
    }

    /// Takes lines that following missed: older than some that came, and new whatever their time.
    pub fn recover(
        &mut self,
        lines: Vec<RawLine>,
        now: DateTime<Utc>,
        store: &RwLock<Store>,
    ) -> Outflow {
        let records = self.read(lines, now);
        // They do not belong to an event that is open now.
        let mut joiner = Joiner::new();
        let mut events = Vec::new();
        for record in &records {
            joiner.push(Arc::clone(record), now, &mut events);
        }
        joiner.finish(&mut events);
        let outflow = self.keep(records, now, store);
        let judged = events.into_iter().map(|event| (self.judge(event), true)).collect();
        Outflow { is_changed: true, ..self.put(outflow, Vec::new(), judged, now, store) }
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

    /// Masks, numbers and parses.
    fn read(&mut self, lines: Vec<RawLine>, now: DateTime<Utc>) -> Vec<Arc<LogRecord>> {
        let mut records = Vec::with_capacity(lines.len());
        for mut raw in lines {
            self.redact(&mut raw);
            let id = self.number();
            let record = Arc::new(self.parser.parse(raw, id, now));
            if self.since.is_none_or(|since| record.time >= since) {
                records.push(record);
            }
        }
        records
    }

    fn redact(&mut self, raw: &mut RawLine) {
        let Some(redactor) = &self.redactor else { return };
        let at = match raw.stream {
            Stream::Stdout => 0,
            Stream::Stderr => 1,
            Stream::System | Stream::Manager => return,
        };
        let container = &raw.origin.container;
        if self.keys.len() >= MAX_CONTAINERS && !self.keys.contains_key(container) {
            self.keys.clear();
        }
        let keys = match self.keys.get_mut(container) {
            Some(known) => known,
            None => self.keys.entry(container.clone()).or_default(),
        };
        if let Some(redacted) = redactor.line(&mut keys[at], &raw.bytes) {
            raw.bytes = redacted.bytes;
        }
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

    /// The time of the newest line of a container that is settled.
    pub fn newest(&self, container: &ContainerId) -> Option<DateTime<Utc>> {
        let of = |stream| self.settled.get(&(container.clone(), stream)).map(|anchor| anchor.time);
        of(Stream::Stdout).max(of(Stream::Stderr))
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
        self.put(Outflow::default(), records, judged, now, store)
    }

    /// Puts records and judgements into the store; of each event it is told whether it is new in any case.
    fn put(
        &mut self,
        mut outflow: Outflow,
        records: Vec<Arc<LogRecord>>,
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
        for merge in self.grouper.take_merges() {
            kept.merge_groups(merge, group::merge);
        }
        kept.learn(self.grouper.take_learnt());
        for (Judged { event, problem }, is_new) in judged {
            let is_new = self.settle(&event) || is_new;
            if let Some(problem) = problem {
                let key = self.grouper.group(problem.name).filter(|_| problem.own.is_none());
                outflow.alarms.extend(absorb(&mut kept, &event, (*problem, key), is_new, now));
            }
        }
        drop(kept);
        pack(store);
        outflow.records.extend(records);
        outflow
    }

    fn judge(&mut self, event: LogEvent) -> Judged {
        let problem = self.detector.detect(&event).map(|finding| {
            let (name, template, thrown) = self.namer.name_of(&finding);
            let own = Grouper::own(&finding, name);
            if own.is_none() {
                self.grouper.place(name, Some(finding.category), &template, thrown.as_deref());
            }
            Box::new(Problem { finding, name, template, thrown, own })
        });
        Judged { event, problem }
    }

    /// Moves the anchors over an event; whether it is new, seen from the earlier runs.
    fn settle(&mut self, event: &LogEvent) -> bool {
        let origin = &event.head.origin;
        let is_counted = |id: RecordId| self.uncounted_from.is_none_or(|from| id.0 < from);
        if event.head.stream.is_ours() {
            return self.uncounted_from.is_none() || !is_counted(event.head.id);
        }
        let key = (origin.container.clone(), event.head.stream);
        let mut is_new = true;
        for record in event.records() {
            if !self.saved.is_empty()
                && is_counted(record.id)
                && let Some(saved) = self.saved.get_mut(&key)
            {
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
                Some(anchor) => *anchor = Anchor { time: record.time, same: 1 },
                None => {
                    self.settled.insert(key.clone(), Anchor { time: record.time, same: 1 });
                }
            }
        }
        is_new
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

/// Puts a finding into its group, which is `key` by what was learnt; its name where somebody should hear of it.
fn absorb(
    store: &mut Store,
    event: &LogEvent,
    (problem, key): (Problem, Option<(Fingerprint, &str)>),
    is_new: bool,
    now: DateTime<Utc>,
) -> Option<Fingerprint> {
    let Problem { finding, name, template, thrown, own } = problem;
    let (learnt, general) = key.unwrap_or((own.unwrap_or(name), &template));
    let fingerprint = store.group_of(name, learnt);
    // What a person put together or took apart keeps its template.
    let is_learnt = fingerprint == learnt && own.is_none();
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
    let kind = (finding.origin.service.clone(), finding.category, finding.severity);
    *store.totals_mut().problems.entry(kind).or_default() += 1;
    let named = Named {
        fingerprint: name,
        template: &template,
        message: &finding.message,
        thrown: thrown.as_deref(),
    };
    let change = if let Some(group) = store.group_mut(fingerprint) {
        let change = lifecycle::absorb(group, &finding, now);
        if let Some(naming) = &finding.naming {
            group.variety.title.clone_from(&naming.title);
        }
        if is_learnt {
            group::generalise(group, general);
        }
        group::count(group, named);
        change
    } else {
        let template = if is_learnt { general.into() } else { SafeText::clone(&template) };
        let mut group = lifecycle::open(&finding, (fingerprint, template), now);
        group::count(&mut group, named);
        group.variety.title = finding.naming.as_ref().and_then(|naming| naming.title.clone());
        store.put_group(group);
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
