//! Joins the lines of one event: a message and the stack trace under it.
//!
//! Works on each stream of each container alone, so services and streams that talk at once do not mix. A line that
//! cannot begin a trace goes through at once; one that can waits until the next line decides, or a moment has passed.

use super::trace::Look;
use crate::model::{ContainerId, Level, LogEvent, LogRecord, RecordId, Stream};
use chrono::{DateTime, Duration, Utc};
use std::{collections::HashMap, sync::Arc};

/// Lines of one event, the head included.
const MAX_LINES: usize = 500;
/// Bytes of one event.
const MAX_BYTES: usize = 256 * 1024;
/// A quiet stream has said what it had to say.
const IDLE: Duration = Duration::milliseconds(250);
/// Nothing waits longer; and lines written so far apart do not belong together.
const MAX_AGE: Duration = Duration::seconds(5);
/// A program writes a message and its trace at once; an exception so long after a harmless line is another event.
const AT_ONCE: Duration = Duration::milliseconds(5);
/// Empty lines in a row within one event.
const MAX_BLANKS: usize = 3;
/// Lines of code that Node.js shows before the error.
const PREAMBLE: usize = 8;
/// Lines of another worker that may stand inside a Python trace.
const MAX_PASSING: usize = 8;

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
            self.take(done, |p| now - p.last >= IDLE || now - p.first >= MAX_AGE);
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

/// What becomes of a line while an event is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    /// It belongs to the event.
    Joins,
    /// It belongs to the event, which is too long to take it.
    Overflows,
    /// It is somebody else's; the event goes on.
    Passes,
    /// It is the next event.
    Ends,
}

/// Where a Python trace stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Python {
    None,
    /// Frames come, then the exception.
    Open,
    /// The exception was there.
    Closed,
    /// `During handling of the above exception ...`: another trace comes.
    Chained,
}

#[derive(Debug)]
struct Pending {
    event: LogEvent,
    bytes: usize,
    first: DateTime<Utc>,
    last: DateTime<Utc>,
    python: Python,
    /// Calls at the margin belong to a goroutine.
    is_go: bool,
    /// A frame was there.
    has_trace: bool,
    /// Lines that belong to it whatever they look like.
    expects: usize,
    /// Node.js's lines of code that may still come before the error.
    preamble: usize,
    /// From here on the lines of `rest` belong to it only if the next ones confirm it.
    unsure: Option<usize>,
    blanks: usize,
    passing: usize,
}

impl Pending {
    /// An event that waits; gives the record back where nothing can follow it.
    fn open(record: Arc<LogRecord>, now: DateTime<Utc>) -> Result<Self, Arc<LogRecord>> {
        let look = Look::of(&record);
        if !look.may_head() {
            return Err(record);
        }
        let python = if look.is_traceback() { Python::Open } else { Python::None };
        let preamble = if look.is_preamble() { PREAMBLE } else { 0 };
        let is_go = look.text.starts_with("goroutine ");
        let expects = usize::from(look.announces_message());
        Ok(Self {
            bytes: record.text.len(),
            event: LogEvent::single(record),
            first: now,
            last: now,
            python,
            is_go,
            has_trace: false,
            expects,
            preamble,
            unsure: None,
            blanks: 0,
            passing: 0,
        })
    }

    /// The same trace in a new event that begins with `record`.
    fn carry_on(&self, record: Arc<LogRecord>, now: DateTime<Utc>) -> Self {
        Self {
            bytes: record.text.len(),
            event: LogEvent::single(record),
            first: now,
            last: now,
            unsure: None,
            blanks: 0,
            passing: 0,
            ..*self
        }
    }

    fn judge(&self, record: &LogRecord, now: DateTime<Utc>) -> Verdict {
        let look = Look::of(record);
        let written_apart = record.time - self.event.last().time;
        let is_other = written_apart > AT_ONCE && self.is_harmless_so_far() && look.is_exception();
        if now - self.first > MAX_AGE || written_apart > MAX_AGE || is_other || !self.takes(&look) {
            let is_inside = self.python == Python::Open || self.preamble > 0;
            let is_passing = look.is_headed && !look.may_head() && self.passing < MAX_PASSING;
            if is_inside && is_passing && now - self.first <= MAX_AGE {
                return Verdict::Passes;
            }
            return Verdict::Ends;
        }
        let is_full =
            self.event.rest.len() + 1 >= MAX_LINES || self.bytes + record.text.len() > MAX_BYTES;
        if is_full { Verdict::Overflows } else { Verdict::Joins }
    }

    /// Whether there is one line only, of trace, debug or info.
    fn is_harmless_so_far(&self) -> bool {
        let level = self.event.head.level;
        self.event.rest.is_empty() && matches!(level, Level::Trace | Level::Debug | Level::Info)
    }

    fn takes(&self, look: &Look<'_>) -> bool {
        if look.is_blank() {
            return self.blanks < MAX_BLANKS;
        }
        if look.is_headed {
            return look.is_sql_detail() && Look::of(&self.event.head).is_postgres();
        }
        if self.expects > 0 || self.preamble > 0 || look.indent >= 2 {
            return true;
        }
        if look.is_traceback() {
            return matches!(self.python, Python::None | Python::Chained);
        }
        if self.python == Python::Open {
            return look.is_python_exception();
        }
        self.is_sure(look) || self.may_go_on(look) || self.may_be_cause(look)
    }

    /// A line at the margin that can only be part of a trace.
    fn is_sure(&self, look: &Look<'_>) -> bool {
        look.is_margin()
            || look.is_python_chain()
            || look.is_barely_indented()
            || (self.python == Python::Closed && look.is_quote())
            || (self.is_go && (look.is_go_call() || look.is_register()))
    }

    /// An exception or a Go function at the margin under a log line: the first of a trace, if frames follow.
    fn may_be_cause(&self, look: &Look<'_>) -> bool {
        let head = Look::of(&self.event.head);
        let is_first = !self.has_trace && self.python == Python::None;
        let is_alone = self.event.rest.iter().all(|r| r.text.trim().is_empty());
        // zap writes a function at the margin and its file indented, again and again.
        let is_next_call = self.has_trace && Look::of(self.event.last()).text.contains(".go:");
        (is_next_call && look.is_go_function())
            || (is_first
                && is_alone
                && head.is_headed
                && (look.is_exception() || look.is_go_function()))
    }

    /// A further line of an exception's message, if the next line shows that it is not over.
    fn may_go_on(&self, look: &Look<'_>) -> bool {
        let last = Look::of(self.event.last());
        let is_told = match self.python {
            Python::Closed => last.is_exception() || last.is_sql_detail(),
            // A lone exception: pydantic lists the fields below it.
            Python::None => self.event.rest.is_empty() && last.is_exception() && !last.is_headed,
            Python::Open | Python::Chained => false,
        };
        is_told && self.unsure.is_none() && !look.is_exception() && !look.is_preamble()
    }

    fn join(&mut self, record: Arc<LogRecord>, now: DateTime<Utc>) {
        let look = Look::of(&record);
        let at = self.event.rest.len();
        if look.is_blank() {
            self.blanks += 1;
            self.unsure.get_or_insert(at);
        } else {
            self.blanks = 0;
            self.advance(&look, at);
        }
        self.bytes += record.text.len();
        self.last = now;
        self.event.rest.push(record);
    }

    fn advance(&mut self, look: &Look<'_>, at: usize) {
        if self.preamble > 0 {
            // Everything between the place and the error is code, if an error comes at all.
            self.preamble -= 1;
            self.unsure.get_or_insert(at);
            if look.is_exception() {
                self.preamble = 0;
                self.unsure = None;
            }
            return;
        }
        if self.expects > 0 {
            self.expects -= 1;
        } else if look.indent < 2
            && !look.is_headed
            && !look.is_traceback()
            && self.python != Python::Open
            && !self.is_sure(look)
        {
            self.unsure.get_or_insert(at);
            return;
        }
        self.unsure = None;
        self.has_trace |= look.is_frame();
        self.is_go |= look.text.starts_with("goroutine ");
        self.python = match self.python {
            _ if look.is_traceback() => Python::Open,
            Python::Open if look.indent == 0 => Python::Closed,
            Python::Closed if look.is_python_chain() || look.is_quote() => Python::Chained,
            other => other,
        };
    }

    /// Gives the event away; lines that nothing confirmed stand for themselves.
    fn finish(self, done: &mut Vec<LogEvent>) {
        let Self { mut event, unsure, last, .. } = self;
        let loose = unsure.map(|at| event.rest.split_off(at)).unwrap_or_default();
        done.push(event);
        let mut open: Option<Self> = None;
        for record in loose {
            if let Some(pending) = &mut open
                && pending.judge(&record, last) == Verdict::Joins
            {
                pending.join(record, last);
                continue;
            }
            if let Some(pending) = open.take() {
                pending.finish(done);
            }
            match Self::open(record, last) {
                Ok(pending) => open = Some(pending),
                Err(record) => done.push(LogEvent::single(record)),
            }
        }
        if let Some(pending) = open {
            pending.finish(done);
        }
    }
}

#[cfg(test)]
mod tests;
