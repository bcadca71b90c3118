//! The selected problem's side of the screen.

use crate::{
    engine::Sign,
    model::{Fingerprint, LogRecord, Position, SafeText},
};
use chrono::{DateTime, Utc};
use std::{collections::BTreeMap, sync::Arc};

/// What stands around a place that memory does not hold any more.
#[derive(Debug, Clone, Default)]
pub(crate) struct Around {
    /// The place; `None` where memory is enough.
    pub(crate) place: Option<Position>,
    /// The errand that is on its way.
    pub(crate) asked: Option<u64>,
    /// The lines, oldest first; none while they are being read, and where they are no longer kept.
    pub(crate) lines: Vec<Arc<LogRecord>>,
    /// Those of them that belong to problems.
    pub(crate) signs: BTreeMap<Position, Sign>,
    /// Why there are none, where they were read.
    pub(crate) missing: Option<Missing>,
}

/// Why the lines around an occurrence are not there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Missing {
    /// They are being read.
    Loading,
    /// They are no longer kept.
    Gone,
    /// They are no longer kept: the record begins at this moment.
    Before(DateTime<Utc>),
    /// They are not on record.
    Unrecorded,
    /// They cannot be read.
    Fault(SafeText),
}

/// The selected problem's side of the screen.
#[derive(Debug, Clone)]
pub(crate) struct DetailView {
    /// The occurrence that the user went to; the newest one while `None`.
    pub(crate) chosen: Option<Position>,
    /// The occurrence on the screen, and since when: the newest one changes no faster than can be read.
    pub(crate) shown: Option<(Fingerprint, Position, DateTime<Utc>)>,
    /// The lines around it, where memory does not hold them.
    pub(crate) around: Around,
    /// What happened to a container shortly before the problem began.
    pub(crate) after: Option<Arc<LogRecord>>,
    /// Lines of context above and below: at least, until the user asks for more or fewer.
    pub(crate) context: usize,
    /// Whether the user asked for so many; else the context fills the pane.
    pub(crate) is_context_chosen: bool,
    /// Rows scrolled.
    pub(crate) scroll: isize,
    /// Whether long lines are wrapped.
    pub(crate) wrap: bool,
    /// Whether stack traces are shown whole.
    pub(crate) unfolded: bool,
}

impl DetailView {
    /// Lines of context to read for a pane of so many rows.
    pub(crate) fn lines_around(&self, rows: usize) -> usize {
        if self.is_context_chosen { self.context } else { self.context.max(rows) }
    }
}
