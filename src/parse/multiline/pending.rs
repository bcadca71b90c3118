//! One event that waits for its next line, and whether a line belongs to it.

use super::{
    level,
    neighbours::{self, AT_ONCE},
    python::Python,
};
use crate::{
    model::{Level, LogEvent, LogLine, LogRecord},
    parse::{kin, trace::Look},
};
use chrono::{DateTime, Duration, Utc};
use std::sync::Arc;

/// Lines of one event, the head included.
const MAX_LINES: usize = 500;
/// Bytes of one event.
pub(super) const MAX_BYTES: usize = 256 * 1024;
/// A quiet stream has said what it had to say.
const IDLE: Duration = Duration::milliseconds(250);
/// Nothing waits longer; and lines written so far apart do not belong together.
const MAX_AGE: Duration = Duration::seconds(5);
/// Empty lines in a row within one event.
const MAX_BLANKS: usize = 3;
/// Lines of code that Node.js shows before the error.
const PREAMBLE: usize = 8;
/// Lines of an exception's message before its first frame.
const MAX_WORDS: usize = 12;
/// Lines of another worker that may stand inside a Python trace.
const MAX_PASSING: usize = 8;

/// What becomes of a line while an event is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It belongs to the event.
    Joins,
    /// It belongs to the event, which is too long to take it.
    Overflows,
    /// It is somebody else's; the event goes on.
    Passes,
    /// It is the next event.
    Ends,
}

/// How the head is written, where that says how the lines below it are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Plain,
    /// Somebody put a stamp before every line of the trace.
    Stamped,
    /// The first of the two lines of Java's own logger.
    Jul,
}

#[derive(Debug)]
pub(super) struct Pending {
    pub(super) event: LogEvent,
    bytes: usize,
    pub(super) first: DateTime<Utc>,
    pub(super) last: DateTime<Utc>,
    python: Python,
    form: Form,
    /// Calls at the margin belong to a goroutine.
    is_go: bool,
    /// A frame was there.
    has_trace: bool,
    /// Lines that belong to it whatever they look like.
    expects: usize,
    /// Node.js's lines of code that may still come before the error.
    preamble: usize,
    /// Lines of words since an exception; `None` where none was there, or frames were there since.
    words: Option<usize>,
    /// Only a frame confirms what is unsure.
    needs_frame: bool,
    /// From here on the lines of `rest` belong to it only if the next ones confirm it.
    unsure: Option<usize>,
    blanks: usize,
    pub(super) passing: usize,
}

impl Pending {
    /// An event that waits; its record is one that [may head](Look::may_head) others.
    pub(super) fn open(record: Arc<LogRecord>, now: DateTime<Utc>) -> Self {
        let look = Look::of(record.line());
        let said = Look::behind_stamp(record.line());
        let is_python = said.is_traceback() || look.is_bare_frame();
        let python = if is_python { Python::Open } else { Python::None };
        let form = if look.is_headed && !said.is_headed && (is_python || said.is_exception()) {
            Form::Stamped
        } else if look.is_jul() {
            Form::Jul
        } else {
            Form::Plain
        };
        let preamble = if look.is_preamble() { PREAMBLE } else { 0 };
        let is_go = look.text.starts_with("goroutine ");
        let expects = usize::from(look.announces_message());
        let words = look.tells_exception().then_some(0);
        Self {
            bytes: record.text.len(),
            event: LogEvent::single(record),
            first: now,
            last: now,
            python,
            form,
            is_go,
            has_trace: false,
            expects,
            preamble,
            words,
            needs_frame: false,
            unsure: None,
            blanks: 0,
            passing: 0,
        }
    }

    /// The same trace in a new event that begins with `record`.
    pub(super) fn carry_on(&self, record: Arc<LogRecord>, now: DateTime<Utc>) -> Self {
        Self {
            bytes: record.text.len(),
            event: LogEvent::single(record),
            first: now,
            last: now,
            words: None,
            needs_frame: false,
            unsure: None,
            blanks: 0,
            passing: 0,
            ..*self
        }
    }

    fn look<'a>(&self, line: LogLine<'a>) -> Look<'a> {
        if self.form == Form::Stamped { Look::behind_stamp(line) } else { Look::of(line) }
    }

    /// Whether nothing more is to be waited for.
    pub(super) fn is_due(&self, now: DateTime<Utc>) -> bool {
        now - self.last >= IDLE || now - self.first >= MAX_AGE
    }

    /// What becomes of the stream's next line.
    pub(super) fn judge(&self, plain: Look<'_>, now: DateTime<Utc>) -> Verdict {
        let look = if self.form == Form::Stamped { Look::behind_stamp(plain.line) } else { plain };
        let line = look.line;
        let written_apart = line.time - self.event.last().time;
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
            self.event.rest.len() + 1 >= MAX_LINES || self.bytes + line.text.len() > MAX_BYTES;
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
        if self.is_kin(look) {
            return true;
        }
        if look.is_headed {
            let is_detail =
                || Look::of(self.event.head.line()).is_postgres() && look.is_sql_detail();
            return neighbours::is_thrown(&self.event, look) || is_detail();
        }
        let is_awaited = self.expects > 0 && !self.is_anew(look);
        if is_awaited || self.preamble > 0 || look.indent >= 2 {
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

    /// A line that says what the head says.
    fn is_anew(&self, look: &Look<'_>) -> bool {
        look.line.said() == self.event.head.said() && !look.line.says_nothing()
    }

    /// A line that looks like an event of its own and is not; one that says what the head says begins anew.
    fn is_kin(&self, look: &Look<'_>) -> bool {
        if look.indent >= 2 || look.is_headed && self.is_anew(look) {
            return false;
        }
        (self.form == Form::Jul && self.event.rest.is_empty() && look.is_jul_message())
            || kin::goes_on(self.event.head.line(), self.event.last().line(), look.line)
    }

    /// A line at the margin that can only be part of a trace.
    fn is_sure(&self, look: &Look<'_>) -> bool {
        let event = &self.event;
        look.is_margin()
            || self.is_kin(look)
            || neighbours::is_exception_at_once(event, look)
            || (look.text.starts_with(['}', ']']) && neighbours::has_open_bracket(event))
            || look.is_python_chain()
            || look.is_barely_indented()
            || (self.python == Python::Closed && look.is_quote())
            || neighbours::is_place(event, look)
            || neighbours::is_listed(event, look)
            || neighbours::is_quoted(event, look)
            || neighbours::is_repeated(event, look)
            || (self.is_go && (look.is_go_call() || look.is_register()))
    }

    /// An exception or a Go function at the margin under a log line: the first of a trace, if frames follow.
    fn may_be_cause(&self, look: &Look<'_>) -> bool {
        let head = Look::of(self.event.head.line());
        let is_first = !self.has_trace && self.python == Python::None;
        let below = self.event.rest.iter().skip(usize::from(self.form == Form::Jul));
        let is_alone = below.into_iter().all(|r| r.text.trim().is_empty());
        // zap writes a function at the margin and its file indented, again and again.
        let is_next_call =
            self.has_trace && Look::of(self.event.last().line()).text.contains(".go:");
        (is_next_call && look.is_go_function())
            || (is_first
                && is_alone
                && head.is_headed
                && (look.is_exception() || look.is_go_function()))
    }

    /// A line that only the ones below it can confirm.
    fn is_unsure(&self, look: &Look<'_>) -> bool {
        neighbours::is_thrown(&self.event, look)
            || (look.indent < 2
                && !look.is_headed
                && !look.is_traceback()
                && self.python != Python::Open
                && !self.is_sure(look))
    }

    /// A further line of an exception's message, if the next line shows that it is not over.
    fn may_go_on(&self, look: &Look<'_>) -> bool {
        (self.may_be_field(look) || self.may_be_word())
            && !look.begins_trace()
            && !look.is_preamble()
    }

    /// A line of words anywhere between an exception and its first frame.
    fn may_be_word(&self) -> bool {
        self.python == Python::None && self.words.is_some_and(|words| words < MAX_WORDS)
    }

    /// What is known to be of an exception by the line below it, whatever that is.
    fn may_be_field(&self, look: &Look<'_>) -> bool {
        let last = Look::of(self.event.last().line());
        let is_told = match self.python {
            Python::Closed => last.is_exception() || last.is_sql_detail(),
            // A lone exception: pydantic lists the fields below it.
            Python::None => self.event.rest.is_empty() && last.is_exception() && !last.is_headed,
            Python::Open | Python::Chained => false,
        };
        // Prisma says nothing behind the name, and then it says a lot.
        let head = Look::of(self.event.head.line());
        let is_empty = head.is_exception() && head.text.trim_end().ends_with(':');
        let is_wordy = is_empty && !self.has_trace && self.event.rest.len() < MAX_WORDS;
        let below_blank = self.event.last().text.trim().is_empty();
        let is_heading = self.event.head.level >= Level::Error && look.text.ends_with(':');
        let is_shown = below_blank && (is_heading || look.is_numbered_source());
        (is_told && self.unsure.is_none()) || is_wordy || is_shown
    }

    pub(super) fn join(&mut self, record: Arc<LogRecord>, now: DateTime<Utc>) {
        let look = self.look(record.line());
        let at = self.event.rest.len();
        if self.event.head.level == Level::Unknown
            && record.level != Level::Unknown
            && self.is_kin(&look)
        {
            // The line below has the level of both.
            self.event.head =
                Arc::new(LogRecord { level: record.level, ..LogRecord::clone(&self.event.head) });
        }
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
            if look.is_exception() || look.is_thrown() || look.is_frame() {
                self.preamble = 0;
                self.unsure = None;
                self.words = look.is_exception().then_some(0);
            }
            return;
        }
        if self.expects > 0 {
            self.expects -= 1;
        } else if self.is_unsure(look) {
            self.needs_frame |=
                look.is_headed || !(self.may_be_field(look) || self.may_be_cause(look));
            self.words = if look.tells_exception() { Some(0) } else { self.words.map(|n| n + 1) };
            self.unsure.get_or_insert(at);
            return;
        } else if self.needs_frame && look.indent >= 2 && !look.is_frame() {
            return;
        }
        self.needs_frame = false;
        self.words = (look.tells_exception() && !look.is_frame()).then_some(0);
        self.unsure = None;
        self.has_trace |= look.is_frame();
        self.is_go |= look.text.starts_with("goroutine ") || look.text == "runtime stack:";
        self.python = self.python.behind(look);
    }

    /// The event, the lines behind it that nothing confirmed as its own, and when the last one came.
    pub(super) fn close(self) -> (LogEvent, Vec<Arc<LogRecord>>, DateTime<Utc>) {
        let Self { mut event, unsure, last, .. } = self;
        let loose = unsure.map(|at| event.rest.split_off(at)).unwrap_or_default();
        level::complete(&mut event);
        (event, loose, last)
    }
}
