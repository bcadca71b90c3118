//! Joins the lines of one event: a message and the stack trace under it.
//!
//! Works on each stream of each container alone, so services and streams that talk at once do not mix. A line that
//! cannot begin a trace goes through at once; one that can waits until the next line decides, or a moment has passed.

mod pending;

use super::trace::Look;
use crate::model::{ContainerId, LogEvent, LogRecord, RecordId, Stream};
use chrono::{DateTime, Utc};
use pending::{Pending, Verdict};
use std::{collections::HashMap, sync::Arc};

/// Gathers records into events; holds at most one open event for each stream of each container.
#[derive(Debug, Default)]
pub struct Joiner {
    pending: HashMap<(ContainerId, Stream), Pending>,
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
        if record.stream.is_ours() {
            done.push(LogEvent::single(record));
            return;
        }
        let look = Look::of(&record);
        // Most lines find nothing open and open nothing.
        if self.pending.is_empty() && !look.may_head() {
            done.push(LogEvent::single(record));
            return;
        }
        let key = (record.origin.container.clone(), record.stream);
        let Some(pending) = self.pending.get_mut(&key) else {
            match Pending::open(record, now) {
                Ok(pending) => {
                    self.pending.insert(key, pending);
                }
                Err(record) => done.push(LogEvent::single(record)),
            }
            return;
        };
        match pending.judge(&record, now) {
            Verdict::Joins => pending.join(record, now),
            Verdict::Passes => {
                pending.passing += 1;
                done.push(LogEvent::single(record));
            }
            Verdict::Overflows => {
                let next = pending.carry_on(record, now);
                std::mem::replace(pending, next).finish(done);
            }
            Verdict::Ends => match Pending::open(record, now) {
                Ok(next) => std::mem::replace(pending, next).finish(done),
                Err(record) => {
                    if let Some(pending) = self.pending.remove(&key) {
                        pending.finish(done);
                    }
                    done.push(LogEvent::single(record));
                }
            },
        }
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
        self.pending.len()
    }

    fn take(&mut self, done: &mut Vec<LogEvent>, is_due: impl Fn(&Pending) -> bool) {
        let mut due: Vec<(RecordId, Pending)> = self
            .pending
            .extract_if(|_, pending| is_due(pending))
            .map(|(_, pending)| (pending.event.head.id, pending))
            .collect();
        due.sort_by_key(|(id, _)| *id);
        for (_, pending) in due {
            pending.finish(done);
        }
    }
}

#[cfg(test)]
mod tests;
