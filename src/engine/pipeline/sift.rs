//! The path for a store that keeps no records: a line is judged where it was read, and a record is made only of what is
//! told or has to wait. A harmless line takes no memory of its own.

use super::{Judged, Outflow, Pipeline, Problem};
use crate::{
    model::{Finding, LogEvent, LogLine, Origin, RecordId},
    parse::Parsed,
    store::Store,
};
use chrono::{DateTime, Utc};
use std::sync::{Arc, RwLock};

/// Counts that are searched for a line's own; beyond, a new one begins.
const NEAR: usize = 32;

/// How much was read, by origin; the same one may stand in it more than once.
#[derive(Debug, Default)]
pub(super) struct Counts(Vec<Count>);

#[derive(Debug)]
struct Count {
    origin: Arc<Origin>,
    lines: u64,
    bytes: u64,
}

impl Counts {
    fn add(&mut self, line: LogLine<'_>) {
        if line.stream.is_ours() {
            return;
        }
        let bytes = line.text.len() as u64;
        let mut near = self.0.iter_mut().rev().take(NEAR);
        match near.find(|count| Arc::ptr_eq(&count.origin, line.origin)) {
            Some(count) => {
                count.lines += 1;
                count.bytes += bytes;
            }
            None => self.0.push(Count { origin: Arc::clone(line.origin), lines: 1, bytes }),
        }
    }

    /// Moves them into the store.
    pub(super) fn tell(self, store: &mut Store) {
        for Count { origin, lines, bytes } in self.0 {
            store.count_lines(&origin.service, lines, bytes);
        }
    }
}

/// What is complete, in the order in which it became so.
enum Due<'a> {
    /// A line that is an event of its own.
    Line(RecordId, &'a Parsed),
    Event(LogEvent),
}

impl Pipeline {
    /// As [`Pipeline::accept`]; what earlier runs counted is not asked, for they left nothing.
    ///
    /// Goes stage by stage over all lines, not line by line over all stages: each has large tables of its own.
    pub(super) fn sift(
        &mut self,
        lines: &[Parsed],
        now: DateTime<Utc>,
        store: &RwLock<Store>,
    ) -> Outflow {
        let (mut due, mut counts) = (Vec::with_capacity(lines.len()), Counts::default());
        for parsed in lines {
            let (id, line) = (self.number(), parsed.line());
            counts.add(line);
            let record = || Arc::new(parsed.to_record(id));
            let is_event = self.joiner.passes(line, record, now, &mut self.done);
            due.extend(self.done.drain(..).map(Due::Event));
            due.extend(is_event.then_some(Due::Line(id, parsed)));
        }
        let found: Vec<_> = due.into_iter().filter_map(|due| self.find(due)).collect();
        let judged = found.into_iter().map(|(event, finding)| {
            let problem = Problem::of(finding, &mut self.namer, &mut self.grouper);
            (Judged { event, problem: Some(Box::new(problem)) }, true)
        });
        let judged = judged.collect();
        self.put(Outflow::default(), (Vec::new(), counts), judged, now, store)
    }

    /// The event and what it is, where that is a problem.
    fn find(&self, due: Due<'_>) -> Option<(LogEvent, Finding)> {
        match due {
            Due::Line(id, parsed) => {
                let verdict = self.detector.detect_line(parsed.line())?;
                let event = LogEvent::single(Arc::new(parsed.to_record(id)));
                let finding = self.detector.finding(&verdict, &event);
                Some((event, finding))
            }
            Due::Event(event) => self.detector.detect(&event).map(|finding| (event, finding)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        detect::{Detector, RuleSet},
        engine::{Intake, Past},
        model::RawLine,
        redact::Redactor,
        source::replay::{LineReader, Splitter},
        store::Limits,
    };
    use bytes::Bytes;
    use std::fs;

    /// Lines of every technology, as two services say them in turn.
    fn lines() -> Vec<RawLine> {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/logs");
        let logs =
            fs::read_dir(folder).unwrap().map(|file| fs::read_to_string(file.unwrap().path()));
        let (mut reader, mut splitter, mut lines) =
            (LineReader::new(), Splitter::new(), Vec::new());
        for log in logs {
            for (at, line) in log.unwrap().lines().enumerate() {
                let said = format!("{}-1  | {line}\n", ["api", "worker"][at / 3 % 2]);
                splitter.push(Bytes::from(said), |line| lines.push(reader.read(&line)));
            }
        }
        lines
    }

    /// Every group with what is counted of it, and every service with its lines.
    fn told(store: Store) -> Vec<String> {
        let store = RwLock::new(store);
        let detector = Arc::new(Detector::new(RuleSet::builtin().0));
        let redactor = Arc::new(Redactor::with_key([7; 32]));
        let mut intake = Intake::new(Some(redactor));
        let mut pipeline = Pipeline::new(detector, Past::default());
        for batch in lines().chunks(100) {
            let read = intake.read(batch.to_vec(), DateTime::UNIX_EPOCH);
            pipeline.accept(read, DateTime::UNIX_EPOCH, &store);
        }
        pipeline.finish(DateTime::UNIX_EPOCH, &store);
        let store = store.into_inner().unwrap();
        let totals = store.totals();
        let mut told = vec![format!("{} {} {:?}", totals.lines, totals.bytes, totals.by_service)];
        told.extend(store.groups().map(|group| format!("{group:?}")));
        told.sort();
        told
    }

    #[test]
    fn what_is_told_does_not_depend_on_whether_records_are_kept() {
        let kept = told(Store::new(Limits::default()));
        assert!(kept.len() > 50, "{} groups", kept.len());
        assert_eq!(told(Store::without_records()), kept);
    }
}
