//! Lines older than memory holds, read from the journal a page at a time: a window that slides over the record.
//!
//! Memory is complete from its seam on; the window ends there, or anywhere before it after a jump. What it lacks is
//! asked for with an [`Errand`], and comes back as a [`Found`].

use crate::{
    engine::Sign,
    model::{LogRecord, Position, RecordId, SafeText},
};
use chrono::Duration;
use std::{
    collections::{BTreeMap, VecDeque},
    sync::Arc,
};

/// Lines of one page.
pub(crate) const PAGE: usize = 1_000;
/// Lines that one window holds at most; it lets go of its far end.
const MOST: usize = 20_000;

/// Who asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Asker {
    /// The log pane.
    Log,
    /// The search.
    Search,
    /// The lines around an occurrence or a hit.
    Detail,
}

/// Which lines are wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    /// The newest ones before this place.
    Before(Position),
    /// The oldest ones after this place.
    After(Position),
    /// The line at this place, with so many of all services on both sides.
    Around(Position, usize),
}

/// Something to be read from the journal in the background.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Errand {
    /// Number of it; only the answer to the last one of each asker counts.
    pub(crate) ticket: u64,
    /// Who asked.
    pub(crate) asker: Asker,
    /// What for.
    pub(crate) way: Way,
    /// So many lines, at most.
    pub(crate) count: usize,
}

/// What an errand brought.
#[derive(Debug, Clone, Default)]
pub(crate) struct Found {
    /// Oldest first.
    pub(crate) records: Vec<Arc<LogRecord>>,
    /// Whether nothing more stands behind them on that way; around a place: nothing before them.
    pub(crate) is_end: bool,
    /// Which files of the record were passed over, and why; `None` where all were read.
    pub(crate) faults: Option<SafeText>,
    /// Which of them belong to problems.
    pub(crate) signs: Vec<(Position, Sign)>,
}

/// A part of the record, without a hole: all lines that are wanted between its ends.
#[derive(Debug, Clone, Default)]
pub(crate) struct Past {
    lines: VecDeque<Arc<LogRecord>>,
    /// Those of its lines that belong to problems.
    signs: BTreeMap<Position, Sign>,
    /// Nothing from here on is in it; `None` while nothing was read.
    end: Option<Position>,
    /// Whether nothing older is on record.
    is_start: bool,
    /// What is being read for it.
    asked: Option<Errand>,
    /// Why the last page could not be read.
    fault: Option<SafeText>,
}

impl Past {
    /// Those of its lines that belong to problems.
    pub(crate) const fn signs(&self) -> &BTreeMap<Position, Sign> {
        &self.signs
    }

    /// Whether a page is on its way.
    pub(crate) const fn is_loading(&self) -> bool {
        self.asked.is_some()
    }

    /// The number of the errand that it waits for.
    pub(crate) fn ticket(&self) -> Option<u64> {
        self.asked.map(|errand| errand.ticket)
    }

    /// Whether the record begins with its first line.
    pub(crate) const fn is_start(&self) -> bool {
        self.is_start
    }

    /// Why the last page could not be read.
    pub(crate) const fn fault(&self) -> Option<&SafeText> {
        self.fault.as_ref()
    }

    /// Lets the last page be asked for again.
    pub(crate) fn forgive(&mut self) {
        self.fault = None;
    }

    /// Its lines.
    pub(crate) fn len(&self) -> usize {
        self.lines.len()
    }

    /// Its oldest line.
    pub(crate) fn first(&self) -> Option<&Arc<LogRecord>> {
        self.lines.front()
    }

    /// All its lines, oldest first.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Arc<LogRecord>> {
        self.lines.iter()
    }

    /// Whether it goes on without a hole where memory is complete.
    pub(crate) fn meets(&self, seam: Position) -> bool {
        self.end.is_some_and(|end| end >= seam)
    }

    /// Where it ends; the seam where nothing was read.
    pub(crate) fn end_or(&self, seam: Position) -> Position {
        self.end.unwrap_or(seam)
    }

    /// Where it ends, or the seam where it goes beyond.
    pub(crate) fn end(&self, seam: Position) -> Position {
        self.end.map_or(seam, |end| end.max(seam))
    }

    /// Whether a place is within it.
    pub(crate) fn covers(&self, place: Position) -> bool {
        let is_behind =
            self.is_start || self.lines.front().is_some_and(|first| first.position() <= place);
        is_behind && self.end.is_some_and(|end| place < end)
    }

    /// How many of its lines stand up to this place.
    pub(crate) fn rank(&self, place: Position) -> usize {
        self.lines.partition_point(|line| line.position() <= place)
    }

    /// The line at exactly this place.
    pub(crate) fn record(&self, place: Position) -> Option<&Arc<LogRecord>> {
        let at = self.lines.partition_point(|line| line.position() < place);
        self.lines.get(at).filter(|line| line.position() == place)
    }

    /// Its newest `count` lines before `edge`, oldest first; none where it does not reach up to there.
    pub(crate) fn before(&self, edge: Position, count: usize) -> Vec<Arc<LogRecord>> {
        if self.end.is_none_or(|end| end < edge) {
            return Vec::new();
        }
        let to = self.lines.partition_point(|line| line.position() < edge);
        self.lines.range(to.saturating_sub(count)..to).cloned().collect()
    }

    /// Its oldest `count` lines after `edge`, oldest first.
    pub(crate) fn after(&self, edge: Option<Position>, count: usize) -> Vec<Arc<LogRecord>> {
        let from =
            edge.map_or(0, |edge| self.lines.partition_point(|line| line.position() <= edge));
        self.lines.range(from..).take(count).cloned().collect()
    }

    /// Begins anew before this place, with nothing read.
    pub(crate) fn restart(&mut self, end: Position) {
        *self = Self { end: Some(end), ..Self::default() };
    }

    /// Asks for the page before its oldest line, or before the place where it begins anew.
    pub(crate) fn ask_older(&mut self, seam: Position) -> Way {
        if self.end.is_none() {
            self.restart(seam);
        }
        let edge = self.lines.front().map(|first| first.position());
        Way::Before(edge.or(self.end).unwrap_or(seam))
    }

    /// Asks for the page behind its end.
    pub(crate) fn ask_newer(&self, seam: Position) -> Way {
        Way::After(just_before(self.end.unwrap_or(seam)))
    }

    /// Notes what is being read for it.
    pub(crate) fn expect(&mut self, errand: Errand) {
        self.asked = Some(errand);
        self.fault = None;
    }

    /// Takes what came. Whether it was still waited for.
    pub(crate) fn take(
        &mut self,
        ticket: u64,
        found: Result<Found, SafeText>,
        seam: Option<Position>,
    ) -> bool {
        let Some(errand) = self.asked.filter(|errand| errand.ticket == ticket) else {
            return false;
        };
        self.asked = None;
        match (errand.way, found) {
            (_, Err(fault)) => self.fault = Some(fault),
            (Way::Before(_) | Way::Around(..), Ok(found)) => {
                self.is_start = found.is_end;
                self.signs.extend(found.signs);
                for line in found.records.into_iter().rev() {
                    self.lines.push_front(line);
                }
                while self.lines.len() > MOST {
                    self.end = self.lines.pop_back().map(|line| line.position());
                }
            }
            (Way::After(_), Ok(found)) => {
                // Beyond the seam memory knows more.
                let is_in = |line: &Arc<LogRecord>| seam.is_none_or(|s| line.position() < s);
                let has_met = found.is_end || !found.records.iter().all(is_in);
                self.signs.extend(found.signs);
                self.lines.extend(found.records.into_iter().filter(is_in));
                let newest = self.lines.back().map(|line| just_behind(line.position()));
                self.end = if has_met { self.end.max(seam).max(newest) } else { newest };
                while self.lines.len() > MOST {
                    self.lines.pop_front();
                    self.is_start = false;
                }
            }
        }
        // Only lines that are in it need theirs.
        if let (Some(first), Some(last)) = (self.lines.front(), self.lines.back()) {
            let (first, last) = (first.position(), last.position());
            self.signs.retain(|place, _| first <= *place && *place <= last);
        }
        true
    }
}

/// The place directly behind another.
pub(crate) fn just_behind(place: Position) -> Position {
    Position { id: RecordId(place.id.0.saturating_add(1)), ..place }
}

/// The place directly before another.
pub(crate) fn just_before(place: Position) -> Position {
    match place.id.0.checked_sub(1) {
        Some(id) => Position { id: RecordId(id), ..place },
        None => Position {
            time: place.time.checked_sub_signed(Duration::nanoseconds(1)).unwrap_or(place.time),
            id: RecordId(u64::MAX),
        },
    }
}
