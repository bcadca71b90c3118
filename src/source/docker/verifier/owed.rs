//! Lines that were brought as recovered: should the stream bring one after all, it is on record already.

use super::Reached;
use crate::source::docker::trail::Key;
use chrono::TimeDelta;
use std::collections::BTreeSet;

/// A line may come by the stream until its stream is so much further.
const GRACE: TimeDelta = TimeDelta::seconds(30);

/// The lines by name.
#[derive(Debug)]
pub(super) struct Owed {
    lines: BTreeSet<Key>,
    /// They are searched for those that will not come when they are so many.
    limit: usize,
}

impl Owed {
    pub(super) fn new(lines: impl IntoIterator<Item = Key>) -> Self {
        Self { lines: lines.into_iter().collect(), limit: 1024 }
    }

    /// This line may still come.
    pub(super) fn add(&mut self, key: Key) {
        self.lines.insert(key);
    }

    /// A line has come; whether it was one of these.
    pub(super) fn settle(&mut self, key: Key) -> bool {
        self.lines.remove(&key)
    }

    /// Forgets those that will not come any more, where they are many.
    pub(super) fn forgive(&mut self, reached: &Reached) {
        if self.lines.len() <= self.limit {
            return;
        }
        self.lines.retain(|(stream, time)| {
            reached.get(stream).is_none_or(|reached| *time + GRACE > *reached)
        });
        self.limit = self.lines.len().max(512) * 2;
    }
}
