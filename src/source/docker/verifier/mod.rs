//! Whether all that a container wrote was taken, where the Engine rotates its log: it leaves files out of a followed
//! log without a word. What was taken is compared with what is still there, from the last line known complete on.
//!
//! ```text
//! the log:   … anchor ─ lines ─ lines ─ last line of this look      lines
//! taken:     … anchor ─ lines ─ (missing) ─ lines                   lines of meanwhile
//!              until here complete ──────────────────> the next anchor
//! ```

mod look;
mod owed;
mod pending;

pub(super) use look::{Question, Verdict};

use super::{decoder::Line, tally::Tally, trail::Key};
use crate::{
    model::{LogDriver, Stream},
    source::Resume,
};
use chrono::{DateTime, TimeDelta, Utc};
use look::Look;
use owed::Owed;
use pending::{Pending, WAIT};
use std::{
    collections::{BTreeMap, HashMap},
    time::Duration,
};
use tokio::time::Instant;

/// Lines that one look may bring before the anchor has come.
const MOST_BEFORE: usize = 50_000;
/// Lines that may wait to be verified; a look is due at half of them.
const MOST_UNVERIFIED: usize = 400_000;
/// Silence after which the rest of a burst is verified, and the least time between two such looks.
const QUIET: Duration = Duration::from_millis(1_500);
const LEAST_PAUSE: Duration = Duration::from_secs(5);
/// A look is due behind so many bytes at the most.
const MOST_BYTES: u64 = 16 << 20;
/// Streams are swapped within much less than this.
const SWAP: TimeDelta = TimeDelta::seconds(1);
/// What Docker writes around each line.
const AROUND: u64 = 75;
/// Looks that may show nothing of what was taken before the log counts as emptied.
const MOST_EMPTY: u32 = 3;

/// The newest line that came by each stream.
type Reached = HashMap<Stream, DateTime<Utc>>;

/// The account of one container.
#[derive(Debug)]
#[allow(clippy::struct_excessive_bools, reason = "each is asked for by itself")]
pub(super) struct Verifier {
    /// Bytes behind which a look is due, and those that are surely kept when the log rotates.
    quarter: u64,
    kept: u64,
    /// The last line known complete; `None` until the first line.
    anchor: Option<Key>,
    /// Of an earlier run: up to there each stream is complete.
    floor: BTreeMap<Stream, DateTime<Utc>>,
    /// Lines on record behind the anchor.
    taken: Tally,
    /// Lines that a look saw and nobody took yet.
    pending: Pending,
    /// Lines that were brought as recovered and may still come by the stream.
    owed: Owed,
    /// The newest line that came by the stream, of each.
    reached: Reached,
    newest: Option<Key>,
    received: u64,
    lines: u64,
    last_line: Option<Instant>,
    last_look: Option<Instant>,
    /// Whether the last look found lines missing, so that the next one must not wait.
    is_urgent: bool,
    /// Whether nothing more will come by the stream.
    is_ending: bool,
    /// Whether only the whole log can say more, not its last lines.
    must_be_whole: bool,
    /// Whether the next look is the first one from what is on record, where all that it shows is to be judged.
    is_first_from_record: bool,
    not_before: Option<Instant>,
    empty: u32,
    look: Option<Look>,
}

impl Verifier {
    /// For a container whose log the Engine rotates; `None` for all others.
    pub(super) fn new(driver: &LogDriver, from: &Resume) -> Option<Self> {
        let size = driver.max_size.filter(|_| !from.is_once)?;
        let kept = driver.kept().unwrap_or(0).max(size / 2);
        let mut taken = Tally::default();
        let mut floor = BTreeMap::new();
        let anchor = if let Some(verified) = &from.verified {
            for key in &verified.known {
                taken.add(*key);
            }
            // Among lines of one moment any will do.
            let first = verified.known.iter().filter(|(_, time)| *time >= verified.until);
            let first = first.min_by_key(|(stream, time)| (*time, *stream)).copied();
            first.inspect(|first| {
                taken.remove(*first);
            })
        } else {
            None
        };
        let newest = from.anchors.iter().map(|(stream, anchor)| (*stream, anchor.time));
        let newest = newest.max_by_key(|(_, time)| *time);
        let anchor = anchor.or_else(|| {
            floor = from.anchors.iter().map(|(stream, anchor)| (*stream, anchor.time)).collect();
            newest
        });
        // On record, and perhaps still to come by the stream.
        let known = from.verified.iter().flat_map(|verified| &verified.known);
        let is_ahead = |(stream, time): &&Key| {
            from.anchors.get(stream).is_none_or(|anchor| *time > anchor.time)
        };
        let owed = Owed::new(known.filter(is_ahead).copied());
        let is_urgent = anchor.is_some();
        Some(Self {
            quarter: (size / 4).max(kept / 8).clamp(1, MOST_BYTES),
            kept,
            anchor,
            floor,
            taken,
            pending: Pending::default(),
            owed,
            reached: Reached::new(),
            newest: anchor,
            received: 0,
            lines: 0,
            last_line: None,
            last_look: None,
            is_urgent,
            is_ending: false,
            must_be_whole: true,
            is_first_from_record: from.verified.is_some(),
            not_before: None,
            empty: 0,
            look: None,
        })
    }

    /// Takes a line of the stream; `false` where it was brought before.
    pub(super) fn take(&mut self, line: &Line, now: Instant) -> bool {
        let Some(time) = line.time else { return true };
        let key = (line.stream, time);
        self.received += line.bytes.len() as u64 + AROUND;
        self.lines += 1;
        self.last_line = Some(now);
        self.reached.insert(line.stream, time);
        self.newest = Some(key);
        if self.owed.settle(key) {
            return false;
        }
        if self.anchor.is_none() {
            self.anchor = Some(key);
            return true;
        }
        self.pending.came(key);
        self.note(key);
        true
    }

    /// The line is on record.
    fn note(&mut self, key: Key) {
        self.taken.add(key);
        if let Some(look) = &mut self.look {
            look.meanwhile.add(key);
        }
    }

    /// When the next look should begin; `None` while one goes on and where nothing is to be verified.
    pub(super) fn due(&self, now: Instant) -> Option<Instant> {
        self.anchor?;
        if self.look.is_some() {
            return None;
        }
        let is_due = self.is_urgent
            || self.received >= self.quarter
            || self.taken.len() > MOST_UNVERIFIED / 2
            || self.is_ending && self.lines > 0;
        let due = if is_due {
            now
        } else {
            let quiet = self.last_line.filter(|_| self.lines > 0)? + QUIET;
            self.last_look.map_or(quiet, |last| quiet.max(last + LEAST_PAUSE))
        };
        Some(self.not_before.map_or(due, |not_before| due.max(not_before)))
    }

    /// Nothing more will come by the stream.
    pub(super) fn end(&mut self) {
        self.is_ending = true;
        self.not_before = None;
    }

    /// Whether everything that was taken is known complete.
    pub(super) fn is_settled(&self) -> bool {
        self.look.is_none() && self.pending.is_empty() && self.lines == 0 && !self.is_urgent
    }

    /// From the last line known complete to the last one taken, where something between them is in doubt.
    pub(super) fn unsettled(&self) -> Option<(DateTime<Utc>, DateTime<Utc>)> {
        let (from, to) = (self.anchor?, self.newest?);
        let is_in_doubt =
            self.is_urgent || self.received >= self.quarter || !self.pending.is_empty();
        is_in_doubt.then_some((from.1, to.1.max(from.1)))
    }

    /// The stream says that it lost lines, or begins anew.
    pub(super) fn doubt(&mut self) {
        self.is_urgent |= self.anchor.is_some();
        self.must_be_whole = true;
    }

    /// Whether a look must not wait for its turn any longer than it has to.
    pub(super) fn is_urgent(&self) -> bool {
        self.is_urgent || self.is_ending || self.received >= self.quarter
    }

    /// Begins a look.
    pub(super) fn begin(&mut self, now: Instant) -> Option<Question> {
        let (_, since) = self.anchor?;
        let tail = (!self.must_be_whole).then_some(self.lines.saturating_mul(2) + 1_000);
        let question = Question { since, tail };
        self.look = Some(Look { question: Some(question), ..Look::default() });
        self.received = 0;
        self.lines = 0;
        self.is_urgent = false;
        self.last_look = Some(now);
        Some(question)
    }

    /// Takes the next line of the look; `false` when it has seen enough.
    pub(super) fn compare(&mut self, line: Line, now: Instant) -> bool {
        let Some(look) = &mut self.look else { return false };
        let Some(time) = line.time else { return true };
        let key = (line.stream, time);
        look.first.get_or_insert(key);
        look.last = Some(key);
        look.bytes += line.bytes.len() as u64 + AROUND;
        if !look.is_anchor_found && self.anchor == Some(key) {
            look.is_anchor_found = true;
            if !self.is_first_from_record {
                look.before.clear();
            }
            look.seen.clear();
            return true;
        }
        look.seen.add(key);
        let waiting = self.pending.count(key);
        let is_old = self.floor.get(&line.stream).is_some_and(|floor| time <= *floor);
        if is_old || look.seen.count(key) <= self.taken.count(key) + waiting {
            return true;
        }
        if look.is_anchor_found {
            self.pending.push(key, line, now);
            look.is_full = self.pending.is_over();
        } else {
            look.before.push(line);
            look.is_full = look.before.len() > MOST_BEFORE;
        }
        !look.is_full
    }

    /// The look broke off; what it saw is true all the same.
    pub(super) fn break_off(&mut self, now: Instant) {
        self.look = None;
        self.is_urgent = true;
        self.not_before = Some(now + LEAST_PAUSE);
    }

    /// Ends the look.
    pub(super) fn finish(&mut self, now: Instant) -> Verdict {
        let Some(mut look) = self.look.take() else { return Verdict::Again };
        let Some((anchor_stream, anchor)) = self.anchor else { return Verdict::Again };
        let tail = look.question.and_then(|question| question.tail);
        if !look.is_anchor_found && tail.is_some() {
            // Not far enough back, or a damage hides it: only the whole log can say.
            self.must_be_whole = true;
            self.is_urgent = true;
            return Verdict::Again;
        }
        let (Some(first), Some(last)) = (look.first, look.last) else {
            self.empty += 1;
            self.is_urgent = self.empty < MOST_EMPTY;
            self.not_before = Some(now + WAIT);
            // A damage hides everything from whoever asks for the whole; the last lines may be there.
            self.must_be_whole = !self.must_be_whole;
            if self.is_urgent {
                return Verdict::Again;
            }
            self.empty = 0;
            let newest = self.newest.unwrap_or((anchor_stream, anchor));
            self.restart_at(newest);
            return Verdict::Emptied(anchor, newest.1);
        };
        self.empty = 0;
        let pace = look.pace(self.kept);
        self.not_before = self.last_look.zip(pace).map(|(begun, pace)| begun + pace);
        self.is_first_from_record = false;
        for line in std::mem::take(&mut look.before) {
            let Some(time) = line.time else { continue };
            self.pending.push((line.stream, time), line, now);
        }
        self.must_be_whole = !look.is_anchor_found;
        self.is_urgent |= look.is_full;
        // All up to the last line is settled now; what came meanwhile and was not seen stands behind it.
        look.meanwhile.subtract(&look.seen);
        self.taken = look.meanwhile;
        self.anchor = Some(last);
        self.floor.clear();
        let until = self.pending.earliest().map_or(last.1, |pending| pending.min(last.1)) - SWAP;
        if look.is_anchor_found {
            Verdict::Complete(until)
        } else {
            Verdict::Gap(anchor, first.1, until)
        }
    }

    /// Lines that are missing: the stream has gone past them, or does not bring them. They count as taken.
    pub(super) fn missing(&mut self, now: Instant) -> Vec<Line> {
        let is_ending = self.is_ending && self.look.is_none();
        let missing = self.pending.take_missing(&self.reached, is_ending, now);
        for line in &missing {
            let Some(time) = line.time else { continue };
            let key = (line.stream, time);
            self.note(key);
            self.owed.add(key);
        }
        if !missing.is_empty() {
            self.is_urgent |= !self.is_ending;
            self.must_be_whole = true;
            self.owed.forgive(&self.reached);
        }
        missing
    }

    /// When a pending line will have waited long enough.
    pub(super) fn next_missing(&self) -> Option<Instant> {
        self.pending.next_missing()
    }

    /// When too much is unverified: gives it up, and says between which two moments nobody knows.
    pub(super) fn give_up(&mut self) -> Option<(DateTime<Utc>, DateTime<Utc>)> {
        if self.taken.len() < MOST_UNVERIFIED {
            return None;
        }
        let (_, from) = self.anchor?;
        let newest = self.newest?;
        self.restart_at(newest);
        Some((from, newest.1))
    }

    fn restart_at(&mut self, newest: Key) {
        self.anchor = Some(newest);
        self.taken.clear();
        self.floor.clear();
        self.look = None;
    }
}

#[cfg(test)]
mod tests;
