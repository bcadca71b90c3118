//! Lines that a look saw and that the stream has not brought yet: it may still do so for a moment.

use super::Reached;
use crate::{
    model::Stream,
    source::docker::{decoder::Line, trail::Key},
};
use chrono::{DateTime, Utc};
use std::{collections::BTreeMap, time::Duration};
use tokio::time::Instant;

/// A line that a look saw has this long to come by the stream.
pub(super) const WAIT: Duration = Duration::from_secs(2);
/// Bytes that may wait.
const MOST_BYTES: usize = 8 << 20;

/// A line's name, the time first: so they stand in the order of the log.
type Place = (DateTime<Utc>, Stream);

/// The lines in order of their time, each with the time of the look.
#[derive(Debug, Default)]
pub(super) struct Pending {
    lines: BTreeMap<Place, Vec<(Instant, Line)>>,
    bytes: usize,
    /// No line has waited longer than since then.
    oldest: Option<Instant>,
}

impl Pending {
    /// Whether nothing waits.
    pub(super) fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    /// Whether more waits than may.
    pub(super) const fn is_over(&self) -> bool {
        self.bytes > MOST_BYTES
    }

    /// How many lines of this name wait.
    pub(super) fn count(&self, (stream, time): Key) -> u32 {
        self.lines.get(&(time, stream)).map_or(0, Vec::len) as u32
    }

    /// The time of the first line that waits.
    pub(super) fn earliest(&self) -> Option<DateTime<Utc>> {
        self.lines.keys().next().map(|(time, _)| *time)
    }

    /// When a line will have waited long enough.
    pub(super) fn next_missing(&self) -> Option<Instant> {
        self.oldest.map(|oldest| oldest + WAIT)
    }

    /// Lets a line wait that was seen `now`.
    pub(super) fn push(&mut self, (stream, time): Key, line: Line, now: Instant) {
        self.bytes += line.bytes.len();
        self.oldest.get_or_insert(now);
        self.lines.entry((time, stream)).or_default().push((now, line));
    }

    /// The stream has brought a line of this name.
    pub(super) fn came(&mut self, (stream, time): Key) {
        let Some(waiting) = self.lines.get_mut(&(time, stream)) else { return };
        if let Some((_, gone)) = waiting.pop() {
            self.bytes = self.bytes.saturating_sub(gone.bytes.len());
        }
        if waiting.is_empty() {
            self.lines.remove(&(time, stream));
        }
    }

    /// Takes the lines that the stream has gone past or has not brought in time; all of them where nothing more comes
    /// or too much waits.
    pub(super) fn take_missing(
        &mut self,
        reached: &Reached,
        is_ending: bool,
        now: Instant,
    ) -> Vec<Line> {
        let takes_all = is_ending || self.is_over();
        let mut missing = Vec::new();
        self.lines.retain(|(time, stream), waiting| {
            let is_passed = reached.get(stream).is_some_and(|reached| time < reached);
            let is_late = waiting.iter().any(|(seen, _)| now >= *seen + WAIT);
            if is_passed || is_late || takes_all {
                missing.extend(waiting.drain(..).map(|(_, line)| line));
            }
            !waiting.is_empty()
        });
        self.oldest = self.lines.values().flatten().map(|(seen, _)| *seen).min();
        let gone = missing.iter().map(|line: &Line| line.bytes.len()).sum();
        self.bytes = self.bytes.saturating_sub(gone);
        missing
    }
}
