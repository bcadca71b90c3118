//! The merged log: where its reader is, and how lines are shown.

use super::{
    index::Index,
    past::{Past, just_before},
    settings::{Settings, Timestamps},
};
use crate::model::{Position, RecordId};
use chrono::{DateTime, Utc};
use std::collections::BTreeSet;

/// What the log remembers.
#[derive(Debug, Clone)]
pub(crate) struct LogView {
    /// The line of the cursor; `None` while following.
    pub(crate) cursor: Option<Position>,
    /// Lines that had come when following ended, for the count of what is unseen.
    pub(crate) seen: usize,
    /// Rows from the pane's top to the cursor, where that can be.
    pub(crate) row: usize,
    /// Whether long lines are wrapped.
    pub(crate) wrap: bool,
    /// Timestamps.
    pub(crate) timestamps: Timestamps,
    /// Whether JSON lines are shown as they are.
    pub(crate) raw_json: bool,
    /// Columns scrolled sideways.
    pub(crate) column: usize,
    /// Marked lines.
    pub(crate) marks: BTreeSet<Position>,
    /// Only what is newer is shown.
    pub(crate) cleared: Option<Position>,
    /// The other end of a selection of lines.
    pub(crate) anchor: Option<Position>,
    /// Only what is newer than this moment is shown, because the filter says so.
    pub(crate) since: Option<DateTime<Utc>>,
    /// Lines older than memory.
    pub(crate) past: Past,
    /// Where the cursor goes as soon as the lines there are read.
    pub(crate) going: Option<DateTime<Utc>>,
    /// Where the lines of a filter stand that asks for more than services.
    pub(crate) index: Option<Index>,
}

impl LogView {
    /// Following the newest line.
    pub(crate) fn new(settings: &Settings) -> Self {
        Self {
            cursor: None,
            seen: 0,
            row: 0,
            wrap: settings.wrap,
            timestamps: settings.timestamps,
            raw_json: false,
            column: 0,
            marks: BTreeSet::new(),
            cleared: None,
            anchor: None,
            since: None,
            past: Past::default(),
            going: None,
            index: None,
        }
    }

    /// The first and last line of the selection.
    pub(crate) fn selection(&self) -> Option<(Position, Position)> {
        let (anchor, cursor) = (self.anchor?, self.cursor?);
        Some((anchor.min(cursor), anchor.max(cursor)))
    }

    /// Nothing up to here is shown.
    pub(crate) fn floor(&self) -> Option<Position> {
        let since = self.since.map(|time| just_before(Position { time, id: RecordId(0) }));
        self.cleared.max(since)
    }

    /// Whether the newest line is shown.
    pub(crate) fn is_following(&self) -> bool {
        self.cursor.is_none()
    }
}
