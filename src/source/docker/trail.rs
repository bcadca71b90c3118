//! The last lines that were taken from one log, in the order of its file, to know them when they come again.
//!
//! The Engine leaves out what stands before the first line of the asked time and then gives everything, also what is
//! older. So with the order in hand neither equal times nor a clock that was set back loses or doubles a line.

use crate::model::Stream;
use chrono::{DateTime, Utc};
use std::collections::VecDeque;

/// What names a line: its pipe and its time.
pub(super) type Key = (Stream, DateTime<Utc>);

/// Lines that are remembered.
const LENGTH: usize = 1024;

/// The end of what was taken.
#[derive(Debug, Clone)]
pub(super) struct Trail {
    lines: VecDeque<Key>,
    length: usize,
    /// The highest time of any line before the first one here.
    before: Option<DateTime<Utc>>,
    /// The last lines that have no end in the log, of each stream: they come again when their stream goes on.
    loose: VecDeque<Key>,
}

/// What a new connection must send again before anything new comes.
#[derive(Debug, Clone, Default)]
pub(super) struct Awaited {
    keys: VecDeque<Key>,
    /// Those that may come after others that stand behind them.
    loose: VecDeque<Key>,
    /// The time that was asked from, until a line of it or later came. Podman counts in seconds and sends more.
    since: Option<DateTime<Utc>>,
    /// Whether other lines may come before the first of them.
    is_unsure: bool,
    /// Whether a line came that should not stand there.
    is_lost: bool,
}

/// What a line on a new connection is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Met {
    /// One of those that were awaited.
    Known,
    /// Another one, and nothing is awaited, or the first such one was told.
    Other,
    /// The first one that should not stand there.
    Lost,
    /// It may stand before the awaited ones: more must come until one can say.
    Unsure,
}

impl Awaited {
    /// Takes the next line of the connection.
    pub(super) fn meet(&mut self, key: Key) -> Met {
        if self.since.is_some_and(|since| key.1 < since) {
            return Met::Known;
        }
        self.since = None;
        if let Some(at) = self.keys.iter().position(|other| *other == key) {
            let late = self.keys.drain(..=at).filter(|other| *other != key);
            let late: Vec<_> = late.filter(|other| self.loose.contains(other)).collect();
            late.into_iter().rev().for_each(|late| self.keys.push_front(late));
            self.is_unsure = false;
            return Met::Known;
        }
        if self.is_unsure {
            return Met::Unsure;
        }
        if self.is_lost || self.keys.iter().all(|other| self.loose.contains(other)) {
            return Met::Other;
        }
        self.is_lost = true;
        Met::Lost
    }

    /// Whether all have come.
    #[cfg(test)]
    pub(super) fn is_over(&self) -> bool {
        self.keys.is_empty()
    }

    /// Takes the next other line for one that should not stand there.
    pub(super) fn give_up(&mut self) {
        self.is_unsure = false;
    }
}

impl Trail {
    /// Behind lines of which only the highest time is known.
    pub(super) fn new(before: Option<DateTime<Utc>>) -> Self {
        Self { lines: VecDeque::new(), length: LENGTH, before, loose: VecDeque::new() }
    }

    /// Remembers the next line.
    pub(super) fn push(&mut self, key: Key) {
        if self.lines.len() == self.length
            && let Some((_, time)) = self.lines.pop_front()
        {
            self.before = self.before.max(Some(time));
        }
        self.lines.push_back(key);
    }

    /// Says of a line that it has no end in the log.
    pub(super) fn loosen(&mut self, key: Key) {
        self.loose.push_back(key);
        if self.loose.len() > 2 {
            self.loose.pop_front();
        }
    }

    /// The last line.
    pub(super) fn last(&self) -> Option<Key> {
        self.lines.back().copied()
    }

    pub(super) fn contains(&self, key: Key) -> bool {
        // Asked for the newest lines nearly always.
        self.lines.iter().rev().any(|other| *other == key)
    }

    /// The time to ask from, and what must come then; `None` without a line.
    pub(super) fn beginning(&self) -> Option<(DateTime<Utc>, Awaited)> {
        let since = self.since()?;
        let is_unsure = Some(since) <= self.before;
        let is_left_out = |key: &&Key| !is_unsure && key.1 < since;
        let keys = self.lines.iter().skip_while(is_left_out).copied().collect();
        Some((
            since,
            Awaited {
                keys,
                loose: self.loose.clone(),
                since: Some(since),
                is_unsure,
                is_lost: false,
            },
        ))
    }

    /// The time from which the last lines come again.
    pub(super) fn since(&self) -> Option<DateTime<Utc>> {
        let (_, last) = self.last()?;
        if Some(last) > self.before {
            return Some(last);
        }
        // The clock was set back; where that was long ago, the answer begins somewhere before.
        let highest = self.lines.iter().map(|(_, time)| *time).max();
        highest.filter(|highest| Some(*highest) > self.before).or(Some(last))
    }

    #[cfg(test)]
    pub(super) fn shorten(&mut self, length: usize) {
        self.length = length;
    }
}
