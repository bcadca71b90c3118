//! Joins the lines of one event: a message and the stack trace under it.
//!
//! Works on each stream of each container alone, so services and streams that talk at once do not mix. A line that
//! cannot begin a trace goes through at once; one that can waits until the next line decides, or a moment has passed.

mod level;
mod loose;
mod neighbours;
mod pending;
mod python;

use super::trace::Look;
use crate::model::{ContainerId, LogEvent, LogLine, LogRecord, RecordId, Stream};
use chrono::{DateTime, Utc};
use foldhash::HashMap;
use pending::{Pending, Verdict};
use std::sync::Arc;

/// Gathers records into events; holds at most one open event for each stream of each container.
#[derive(Debug, Default)]
pub struct Joiner {
    /// By container, standard output before standard error; a container where nothing waits is not in it.
    pending: HashMap<ContainerId, [Option<Pending>; 2]>,
}

impl Joiner {
    /// A joiner with nothing open.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes the next record of its stream and appends the events that are complete by now to `done`.
    ///
    /// Every record comes out in exactly one event, in order within its stream, except that a whole line of another
    /// worker inside a Python trace comes out before the trace.
    pub fn push(&mut self, record: Arc<LogRecord>, now: DateTime<Utc>, done: &mut Vec<LogEvent>) {
        if self.passes(record.line(), || Arc::clone(&record), now, done) {
            done.push(LogEvent::single(record));
        }
    }

    /// Whether the next line of its stream is an event of its own, which comes behind those in `done`; where it is not, or
    /// not yet, its `record` is taken. As [`Self::push`], for those who need no record of most lines.
    pub fn passes(
        &mut self,
        line: LogLine<'_>,
        record: impl FnOnce() -> Arc<LogRecord>,
        now: DateTime<Utc>,
        done: &mut Vec<LogEvent>,
    ) -> bool {
        if line.stream.is_ours() {
            return true;
        }
        let look = Look::of(line);
        // Most lines find nothing open and open nothing.
        if self.pending.is_empty() && !look.may_head() {
            return true;
        }
        let stream = usize::from(line.stream == Stream::Stderr);
        let container = &line.origin.container;
        let lanes = self.pending.get_mut(container);
        let Some(pending) = lanes.and_then(|lanes| lanes[stream].as_mut()) else {
            let may_head = look.may_head();
            if may_head {
                let pending = Pending::open(record(), now);
                self.pending.entry(container.clone()).or_default()[stream] = Some(pending);
            }
            return !may_head;
        };
        match pending.judge(look, now) {
            Verdict::Joins => pending.join(record(), now),
            Verdict::Passes => {
                pending.passing += 1;
                return true;
            }
            Verdict::Overflows => {
                let next = pending.carry_on(record(), now);
                loose::finish(std::mem::replace(pending, next), done);
            }
            Verdict::Ends if look.may_head() => {
                let ended = std::mem::replace(pending, Pending::open(record(), now));
                loose::finish(ended, done);
            }
            Verdict::Ends => {
                if let Some(lanes) = self.pending.get_mut(container) {
                    let ended = lanes[stream].take();
                    if lanes.iter().all(Option::is_none) {
                        self.pending.remove(container);
                    }
                    if let Some(ended) = ended {
                        loose::finish(ended, done);
                    }
                }
                return true;
            }
        }
        false
    }

    /// Completes the events of streams that were quiet for 250 ms, oldest first.
    pub fn flush_idle(&mut self, now: DateTime<Utc>, done: &mut Vec<LogEvent>) {
        if !self.pending.is_empty() {
            self.take(done, |p| p.is_due(now));
        }
    }

    /// Completes everything, oldest first.
    pub fn finish(&mut self, done: &mut Vec<LogEvent>) {
        self.take(done, |_| true);
    }

    /// Events that wait for more lines.
    pub fn pending(&self) -> usize {
        self.pending.values().flatten().flatten().count()
    }

    fn take(&mut self, done: &mut Vec<LogEvent>, is_due: impl Fn(&Pending) -> bool) {
        let mut due: Vec<(RecordId, Pending)> = Vec::new();
        self.pending.retain(|_, lanes| {
            let ended = lanes.iter_mut().filter_map(|lane| lane.take_if(|pending| is_due(pending)));
            due.extend(ended.map(|pending| (pending.event.head.id, pending)));
            lanes.iter().any(Option::is_some)
        });
        due.sort_by_key(|(id, _)| *id);
        for (_, pending) in due {
            loose::finish(pending, done);
        }
    }
}

#[cfg(test)]
mod tests;
