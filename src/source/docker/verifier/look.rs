//! One look at the log that the Engine holds: what it asks for, what it has seen, and what came of it.

use crate::source::docker::{decoder::Line, tally::Tally, trail::Key};
use chrono::{DateTime, Utc};
use std::time::Duration;

/// What a look is to be asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::source::docker) struct Question {
    /// From the last line known complete on.
    pub(in crate::source::docker) since: DateTime<Utc>,
    /// At most so many last lines, which the Engine finds without reading the whole log.
    pub(in crate::source::docker) tail: Option<u64>,
}

/// What came of a look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::source::docker) enum Verdict {
    /// Nothing before this moment is missing any more, or is told.
    Complete(DateTime<Utc>),
    /// Between the first two lines may be lost; nothing else is missing before the third.
    Gap(DateTime<Utc>, DateTime<Utc>, DateTime<Utc>),
    /// The last lines were not enough, or nothing was there: look again.
    Again,
    /// Nothing is there of what was taken between these two: the log was emptied.
    Emptied(DateTime<Utc>, DateTime<Utc>),
}

/// A look that goes on.
#[derive(Debug, Default)]
pub(super) struct Look {
    pub(super) question: Option<Question>,
    pub(super) is_anchor_found: bool,
    /// Unknown lines before the anchor, in case it does not come.
    pub(super) before: Vec<Line>,
    pub(super) first: Option<Key>,
    pub(super) last: Option<Key>,
    pub(super) seen: Tally,
    pub(super) bytes: u64,
    /// Taken while the look went on.
    pub(super) meanwhile: Tally,
    pub(super) is_full: bool,
}

impl Look {
    /// How long after the beginning of a look the next one may wait: while a quarter of the `kept` bytes is written.
    pub(super) fn pace(&self, kept: u64) -> Option<Duration> {
        let took = (self.last?.1 - self.first?.1).to_std().ok()?.as_secs_f64();
        let quarter = kept as f64 / 4.0;
        Some(Duration::from_secs_f64(
            (took * quarter / (self.bytes as f64).max(1.0)).clamp(0.0, 1.0),
        ))
    }
}
