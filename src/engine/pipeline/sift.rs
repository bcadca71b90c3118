//! The path for a store that keeps no records: a line is judged where it was read, and a record is made only of what is
//! told or has to wait. A harmless line takes no memory of its own.

use super::{Judged, Outflow, Pipeline, Problem};
use crate::{
    model::{LogEvent, LogLine, Origin, RawLine},
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

impl Pipeline {
    /// As [`Pipeline::accept`]; what earlier runs counted is not asked, for they left nothing.
    pub(super) fn sift(
        &mut self,
        lines: Vec<RawLine>,
        now: DateTime<Utc>,
        store: &RwLock<Store>,
    ) -> Outflow {
        let detector = Arc::clone(&self.detector);
        let (mut judged, mut counts) = (Vec::new(), Counts::default());
        for mut raw in lines {
            if let Some(masking) = &mut self.masking {
                masking.mask(&mut raw);
            }
            let id = self.number();
            let parsed = self.parser.read(&raw, now);
            let line = parsed.line();
            if self.since.is_some_and(|since| line.time < since) {
                continue;
            }
            counts.add(line);
            let record = || Arc::new(parsed.to_record(id));
            let is_event = self.joiner.passes(line, record, now, &mut self.done);
            self.judge_done(&mut judged);
            if is_event && let Some(verdict) = detector.detect_line(line) {
                let event = LogEvent::single(record());
                let finding = detector.finding(&verdict, &event);
                let problem = Problem::of(finding, &mut self.namer, &mut self.grouper);
                judged.push((Judged { event, problem: Some(Box::new(problem)) }, false));
            }
        }
        self.put(Outflow::default(), (Vec::new(), counts), judged, now, store)
    }
}
