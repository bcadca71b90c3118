//! The merged log: where its reader is, and how lines are shown.

use super::settings::{Settings, Timestamps};
use crate::model::Position;
use chrono::{DateTime, Utc};
use std::collections::BTreeSet;

/// What the log remembers.
#[derive(Debug, Clone)]
pub struct LogView {
    /// The line of the cursor; `None` while following.
    pub cursor: Option<Position>,
    /// The newest line that was seen when following ended.
    pub seen: Option<Position>,
    /// Rows from the pane's top to the cursor, where that can be.
    pub row: usize,
    /// Whether long lines are wrapped.
    pub wrap: bool,
    /// Timestamps.
    pub timestamps: Timestamps,
    /// Whether JSON lines are shown as they are.
    pub raw_json: bool,
    /// Columns scrolled sideways.
    pub column: usize,
    /// Marked lines.
    pub marks: BTreeSet<Position>,
    /// Only what is newer is shown.
    pub cleared: Option<Position>,
    /// The other end of a selection of lines.
    pub anchor: Option<Position>,
    /// Lines are shown from this moment on.
    pub opened: Option<DateTime<Utc>>,
    /// Rows of the pane, as last laid out.
    pub height: usize,
}

impl LogView {
    /// Following the newest line.
    pub fn new(settings: &Settings) -> Self {
        Self {
            cursor: None,
            seen: None,
            row: 0,
            wrap: settings.wrap,
            timestamps: settings.timestamps,
            raw_json: false,
            column: 0,
            marks: BTreeSet::new(),
            cleared: None,
            anchor: None,
            opened: None,
            height: 10,
        }
    }

    /// Whether the newest line is shown.
    pub fn is_following(&self) -> bool {
        self.cursor.is_none()
    }
}
