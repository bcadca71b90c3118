//! Judges every line of a log, in order, without a store: source, parse, detect and group in one pass.
//!
//! Lines go in as bytes and come out as [`Judgement`]s once their event is complete. Parsing and joining go line by
//! line; judging, which costs most, is spread over the processors.

use crate::{
    detect::Detector,
    group::{Grouper, Namer},
    model::{
        Category, Finding, Fingerprint, Level, LogEvent, LogRecord, RecordId, RuleId, SafeText,
        ServiceName, Severity, Thrown,
    },
    parse::{Joiner, Parser},
    source::replay::{LineReader, Splitter},
};
use bytes::Bytes;
use chrono::{DateTime, TimeDelta, Utc};
use foldhash::HashMap;
use serde::Serialize;
use std::{
    collections::VecDeque,
    num::NonZero,
    sync::{Arc, mpsc},
    thread,
};

/// Bytes looked at before the first line is read, to know the form of the log.
const SAMPLE: usize = 64 << 10;
/// Time that passes with each line, for the joiner: a stream is quiet after 10,000 lines of others.
const TICK: TimeDelta = TimeDelta::microseconds(25);
/// Lines between two looks for quiet streams.
const IDLE_EVERY: u64 = 1_000;
/// Events that are worth waking a thread.
const SHARE: usize = 256;
/// Shares that wait for each thread.
const AHEAD: usize = 4;

/// Lines that are held back because later ones may tell that two groups are one.
const HELD: usize = 200_000;

/// General templates that are remembered; beyond, all are forgotten.
const MAX_GENERAL: usize = 4_096;

/// What is said of one line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Judgement {
    /// Number of the line, from 1.
    pub line: u64,
    /// The service, where the line says whose it is.
    pub service: Option<ServiceName>,
    /// The program's own word.
    pub level: Level,
    /// What kind of trouble; `None` where the line is no problem.
    pub category: Option<Category>,
    /// How bad; `None` where the line is no problem.
    pub severity: Option<Severity>,
    /// The rule that found it.
    pub rule: Option<RuleId>,
    /// The message with its changing parts masked; one for many lines.
    pub template: Arc<SafeText>,
    /// Equal for equal problems.
    pub fingerprint: Fingerprint,
    /// The head line of the event that this line belongs to; `None` for a head and for an event of one line.
    pub part_of: Option<u64>,
    /// Where an exception was thrown; its fingerprint holds it.
    #[serde(skip)]
    pub thrown: Option<Box<Thrown>>,
    /// Whether the user's own rule made its fingerprint.
    #[serde(skip)]
    pub is_named: bool,
}

/// Judges lines; memory is bounded by one event for each stream, the lines that wait behind it, and 200,000 answers of
/// about 80 bytes, which share their templates.
#[derive(Debug)]
pub struct Classifier {
    is_each: bool,
    splitter: Splitter,
    /// What came before the form of the log was known.
    sample: Option<Vec<u8>>,
    reading: Reading,
    workers: Vec<mpsc::Sender<Job>>,
    /// Answers on their way, oldest first.
    answers: VecDeque<mpsc::Receiver<Vec<Judgement>>>,
    /// Lines that were read and not yet answered, by number from `first`.
    waiting: VecDeque<Option<Judgement>>,
    first: u64,
    grouper: Grouper,
    /// The general templates that were handed over last, by group.
    general: HashMap<Fingerprint, Arc<SafeText>>,
    /// Lines that were answered and wait for what later ones tell about their groups.
    held: VecDeque<Judgement>,
}

/// Events to judge, and where to answer.
type Job = (Vec<LogEvent>, mpsc::Sender<Vec<Judgement>>);

/// From bytes to events.
#[derive(Debug)]
struct Reading {
    reader: LineReader,
    parser: Parser,
    joiner: Joiner,
    is_each: bool,
    count: u64,
    now: DateTime<Utc>,
    events: Vec<LogEvent>,
}

impl Classifier {
    /// With `is_each` every line stands alone: nothing is joined. Starts a thread for each processor.
    pub fn new(detector: Detector, is_each: bool) -> Self {
        let reading = Reading {
            reader: LineReader::new(),
            parser: Parser::new(),
            joiner: Joiner::new(),
            is_each,
            count: 0,
            now: DateTime::UNIX_EPOCH,
            events: Vec::new(),
        };
        let detector = Arc::new(detector);
        let processors = thread::available_parallelism().map_or(1, NonZero::get).min(8);
        let start = |_| {
            let (jobs, queue) = mpsc::channel::<Job>();
            let detector = Arc::clone(&detector);
            let plain = reading.reader.plain().service.clone();
            // They stay: the search builds its tables once for each thread.
            thread::spawn(move || {
                let mut judge = Judge { detector: &detector, plain: &plain, namer: Namer::new() };
                for (events, answer) in queue {
                    // Nobody waits for the answer when the log was given up.
                    let _ = answer.send(judge.all(&events));
                }
            });
            jobs
        };
        let workers = (0..processors).map(start).collect();
        Self {
            is_each,
            splitter: Splitter::new(),
            sample: Some(Vec::new()),
            reading,
            workers,
            answers: VecDeque::new(),
            waiting: VecDeque::new(),
            first: 1,
            grouper: Grouper::new(),
            general: HashMap::default(),
            held: VecDeque::new(),
        }
    }

    /// Takes the next bytes and hands over, in the order of the lines, what is known of those long before.
    ///
    /// The newest 200,000 lines wait for what later ones tell about their groups. The first 64 KiB wait for more, or for [`Classifier::pause`]: they show the form of the log.
    pub fn push(&mut self, bytes: &[u8], done: &mut Vec<Judgement>) {
        let Some(sample) = &mut self.sample else {
            return self.read(bytes, done);
        };
        sample.extend_from_slice(bytes);
        if sample.len() >= SAMPLE {
            self.settle(done);
        }
    }

    /// Stops waiting for more: to be called when a pipe was silent for a quarter of a second.
    pub fn pause(&mut self, done: &mut Vec<Judgement>) {
        self.settle(done);
        self.reading.joiner.finish(&mut self.reading.events);
        self.judge(done);
    }

    /// Ends the log: hands over all the rest.
    pub fn finish(&mut self, done: &mut Vec<Judgement>) {
        self.settle(done);
        let Self { splitter, reading, .. } = self;
        splitter.finish(|line| reading.take(&line));
        reading.joiner.finish(&mut reading.events);
        self.judge(done);
    }

    fn settle(&mut self, done: &mut Vec<Judgement>) {
        if let Some(sample) = self.sample.take() {
            if !self.is_each {
                self.reading.reader.learn(&sample);
            }
            self.read(&sample, done);
        }
    }

    fn read(&mut self, bytes: &[u8], done: &mut Vec<Judgement>) {
        let Self { splitter, reading, .. } = self;
        splitter.push(Bytes::copy_from_slice(bytes), |line| reading.take(&line));
        self.hand_out();
        while self.answers.len() > self.workers.len() * AHEAD {
            self.take_answer();
        }
        self.release(HELD, done);
    }

    /// Waits until everything that was read is judged.
    fn judge(&mut self, done: &mut Vec<Judgement>) {
        self.hand_out();
        while !self.answers.is_empty() {
            self.take_answer();
        }
        self.release(0, done);
    }

    fn hand_out(&mut self) {
        let mut events = std::mem::take(&mut self.reading.events);
        let share = events.len().div_ceil(self.workers.len().max(1)).max(SHARE);
        while !events.is_empty() {
            let rest = events.split_off(events.len().min(share));
            let (answer, receiver) = mpsc::channel();
            if let Some(worker) = self.workers.first() {
                // A worker ends only with its queue.
                let _ = worker.send((events, answer));
                self.workers.rotate_left(1);
            }
            self.answers.push_back(receiver);
            events = rest;
        }
    }

    fn take_answer(&mut self) {
        let Some(answer) = self.answers.pop_front() else { return };
        self.waiting.resize((self.reading.count + 1 - self.first) as usize, None);
        for judgement in answer.recv().unwrap_or_default() {
            let at = judgement.line.checked_sub(self.first).map(|at| at as usize);
            if let Some(place) = at.and_then(|at| self.waiting.get_mut(at)) {
                *place = Some(judgement);
            }
        }
    }

    /// Groups what was answered, line by line, and hands over all but the newest `keep` lines.
    fn release(&mut self, keep: usize, done: &mut Vec<Judgement>) {
        while let Some(Some(judgement)) = self.waiting.pop_front_if(|next| next.is_some()) {
            if !judgement.is_named {
                let Judgement { fingerprint, category, ref template, ref thrown, .. } = judgement;
                self.grouper.place(fingerprint, category, template, thrown.as_deref());
            }
            self.held.push_back(judgement);
            self.first += 1;
        }
        let ready = self.held.len().saturating_sub(keep);
        let Self { held, grouper, general, .. } = self;
        done.extend(held.drain(..ready).map(|judgement| {
            let Some((fingerprint, template)) = grouper.group(judgement.fingerprint) else {
                return judgement;
            };
            if judgement.template.as_str() == template {
                return Judgement { fingerprint, ..judgement };
            }
            if general.len() >= MAX_GENERAL {
                general.clear();
            }
            let known = general.entry(fingerprint).or_default();
            if known.as_str() != template {
                *known = Arc::new(template.into());
            }
            Judgement { fingerprint, template: Arc::clone(known), ..judgement }
        }));
    }
}

impl Reading {
    fn take(&mut self, line: &Bytes) {
        self.count += 1;
        self.now += TICK;
        if self.is_each {
            self.reader.forget();
        }
        let raw = self.reader.read(line);
        let record = Arc::new(self.parser.parse(&raw, RecordId(self.count), self.now));
        if self.is_each || record.stream.is_ours() {
            self.events.push(LogEvent::single(record));
            return;
        }
        self.joiner.push(record, self.now, &mut self.events);
        if self.count.is_multiple_of(IDLE_EVERY) {
            self.joiner.flush_idle(self.now, &mut self.events);
        }
    }
}

#[derive(Debug)]
struct Judge<'a> {
    detector: &'a Detector,
    /// Whose the lines are that do not say.
    plain: &'a ServiceName,
    namer: Namer,
}

impl Judge<'_> {
    fn all(&mut self, events: &[LogEvent]) -> Vec<Judgement> {
        let mut done = Vec::with_capacity(events.len());
        for event in events {
            let finding = self.detector.detect(event);
            done.push(self.head(&event.head, finding.as_ref()));
            let head = event.head.id.0;
            done.extend(event.rest.iter().map(|record| {
                let judgement = self.head(record, None);
                Judgement { part_of: Some(head), ..judgement }
            }));
        }
        done
    }

    /// Under the name that it has by itself.
    fn head(&mut self, record: &LogRecord, finding: Option<&Finding>) -> Judgement {
        let (fingerprint, template, thrown) = if let Some(finding) = finding {
            self.namer.name_of(finding)
        } else {
            let (fingerprint, template) = self.namer.name(None, record.message());
            (fingerprint, template, None)
        };
        let own = finding.and_then(|finding| Grouper::own(finding, fingerprint));
        let service = &record.origin.service;
        Judgement {
            line: record.id.0,
            service: (service != self.plain).then(|| service.clone()),
            level: record.level,
            category: finding.map(|f| f.category),
            severity: finding.map(|f| f.severity),
            rule: finding.map(|f| f.rule.clone()),
            template,
            fingerprint: own.unwrap_or(fingerprint),
            part_of: None,
            thrown,
            is_named: own.is_some(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detect::RuleSet;

    fn classify(text: &[u8], is_each: bool, piece: usize) -> Vec<Judgement> {
        let mut classifier = Classifier::new(Detector::new(RuleSet::builtin().0), is_each);
        let mut done = Vec::new();
        for bytes in text.chunks(piece.max(1)) {
            classifier.push(bytes, &mut done);
        }
        classifier.finish(&mut done);
        done
    }

    const TRACE: &str = "api-1  | Traceback (most recent call last):\n\
        api-1  |   File \"/app/main.py\", line 3, in <module>\n\
        db-1   | FATAL:  sorry, too many clients already\n\
        api-1  |     x = d['a']\n\
        api-1  | KeyError: 'a'\n\
        api-1  | INFO ready\n";

    #[test]
    fn every_line_gets_one_answer_in_order() {
        let text = TRACE.repeat(300);
        for is_each in [false, true] {
            let done = classify(text.as_bytes(), is_each, 1 << 16);
            let lines: Vec<u64> = done.iter().map(|j| j.line).collect();
            assert_eq!(lines, (1..=1800).collect::<Vec<_>>());
            assert!(done.iter().any(|j| j.part_of.is_some()) != is_each);
        }
    }

    #[test]
    fn a_trace_is_one_problem_and_its_lines_name_the_head() {
        let done = classify(TRACE.as_bytes(), false, 7);
        let parts: Vec<_> = done.iter().map(|j| j.part_of).collect();
        assert_eq!(parts, [None, Some(1), None, Some(1), Some(1), None]);
        assert!(done[0].category.is_some() && done[2].category == Some(Category::Database));
        assert!(done[1].category.is_none() && done[5].category.is_none());
        assert_eq!(done[2].service.as_ref().map(ServiceName::as_str), Some("db"));
    }

    #[test]
    fn the_answer_does_not_depend_on_where_the_bytes_are_cut() {
        let text = TRACE.repeat(3);
        let whole = classify(text.as_bytes(), false, 1 << 20);
        for piece in [1, 5, 64] {
            assert_eq!(classify(text.as_bytes(), false, piece), whole);
        }
    }

    #[test]
    fn a_pause_answers_what_was_waiting() {
        let mut classifier = Classifier::new(Detector::new(RuleSet::builtin().0), false);
        let mut done = Vec::new();
        classifier.push(b"api-1  | Traceback (most recent call last):\napi-1  |   File", &mut done);
        assert_eq!(done.len(), 0);
        classifier.pause(&mut done);
        assert_eq!(done.len(), 1);
        classifier.push(b" \"a.py\"\n", &mut done);
        classifier.finish(&mut done);
        assert_eq!(done.len(), 2);
    }

    #[test]
    fn any_bytes_are_answered() {
        for (bytes, lines) in
            [(&b""[..], 0), (b"\n", 1), (b"\n\n\n", 3), (b"a\0\xff\xfe\r\nb", 2), (b"\r\r\r", 1)]
        {
            assert_eq!(classify(bytes, false, 1).len(), lines, "{bytes:?}");
        }
        let long = [vec![b'x'; 3 << 20], b"\nnext".to_vec()].concat();
        assert_eq!(classify(&long, false, 1 << 16).len(), 2);
    }

    #[test]
    fn the_form_is_that_of_the_scorer() {
        let done = classify(b"all is well 17", false, 99);
        let json = serde_json::to_value(&done[0]).unwrap();
        let keys: Vec<_> = json.as_object().unwrap().keys().cloned().collect();
        assert_eq!(keys.len(), 9, "{keys:?}");
        assert_eq!(json["line"], 1);
        assert_eq!(json["level"], "unknown");
        for key in ["service", "category", "severity", "rule", "part_of"] {
            assert!(json[key].is_null(), "{key}");
        }
        assert!(json["fingerprint"].as_str().unwrap().starts_with("fp2:"));
    }
}
