//! How far a container's log was read: what to ask the Engine for, and which of its lines are new.
//!
//! After an interruption the last line that was taken must come again. Where another one comes before it, the Engine
//! has thrown lines away. Times are never compared across streams.

use super::{
    decoder::Line,
    trail::{Awaited, Key, Met, Trail},
};
use crate::{
    model::{Anchor, Stream},
    source::Resume,
};
use chrono::{DateTime, Utc};
use std::collections::BTreeMap;

/// How far back of the newest anchor an older one is still read from. A stream whose anchor is older than that
/// was silent since: without the limit, one line of last week would have the whole week read again.
const REACH: chrono::TimeDelta = chrono::TimeDelta::minutes(1);

/// What a line is to us.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Taken {
    /// It was taken before.
    Known,
    /// It is new, and counts as taken now.
    New,
    /// It is new, and between the last line and it others are missing. Said once a connection; it must be offered
    /// again when that is settled.
    Lost,
    /// One cannot say until the last line comes by; it must be kept and offered again after [`Cursor::give_up`].
    Unsure,
}

/// Place in one container's log.
#[derive(Debug, Clone)]
pub(super) struct Cursor {
    /// Where to begin while no line has been taken.
    since: Option<DateTime<Utc>>,
    tail: Option<u64>,
    taken: BTreeMap<Stream, Anchor>,
    trail: Trail,
    /// What of it has not gone by on this connection.
    awaited: Awaited,
    /// Streams whose anchor of an earlier run has not gone by, and how many lines of its time have.
    anchors: BTreeMap<Stream, (Anchor, u32)>,
    /// The stream of the newest anchor, until it has gone by.
    newest_anchor: Option<Stream>,
    /// Newest lines that another connection saw of streams of which none was taken.
    seen: BTreeMap<Stream, DateTime<Utc>>,
}

impl Cursor {
    /// Begins where `from` says.
    pub(super) fn new(from: &Resume) -> Self {
        let mut cursor = Self {
            since: from.since,
            tail: from.tail,
            taken: from.anchors.clone(),
            trail: Trail::new(from.anchors.values().map(|anchor| anchor.time).max()),
            awaited: Awaited::default(),
            anchors: BTreeMap::new(),
            newest_anchor: None,
            seen: BTreeMap::new(),
        };
        cursor.rewind();
        cursor
    }

    /// Makes ready for a new connection, which sends again what was taken last.
    pub(super) fn rewind(&mut self) {
        self.anchors.clear();
        self.newest_anchor = None;
        if let Some((_, awaited)) = self.trail.beginning() {
            self.awaited = awaited;
            return;
        }
        self.anchors = self.taken.iter().map(|(stream, anchor)| (*stream, (*anchor, 0))).collect();
        let newest = self.taken.iter().max_by_key(|(_, anchor)| anchor.time);
        self.newest_anchor = newest.map(|(stream, _)| *stream);
    }

    /// The parameters of the request that say where to begin; they start with `&` or are empty.
    pub(super) fn parameters(&self) -> String {
        if let Some(time) = self.beginning() {
            return since(time);
        }
        let mut parameters = self.since.map(since).unwrap_or_default();
        if let Some(tail) = self.tail {
            parameters.push_str("&tail=");
            parameters.push_str(&tail.to_string());
        }
        parameters
    }

    /// The time from which the last lines come again; `None` while none was taken.
    pub(super) fn beginning(&self) -> Option<DateTime<Utc>> {
        if let Some(time) = self.trail.since() {
            return Some(time);
        }
        let newest = self.newest()?;
        let oldest = self.taken.values().map(|anchor| anchor.time).min().unwrap_or(newest);
        Some(oldest.max(newest - REACH))
    }

    /// Time of the line that was taken last; of several streams of an earlier run, the newest.
    pub(super) fn newest(&self) -> Option<DateTime<Utc>> {
        let last = self.trail.last().map(|(_, time)| time);
        last.or_else(|| self.taken.values().map(|anchor| anchor.time).max())
    }

    /// Whether all that was taken last has gone by on this connection, or nothing was.
    #[cfg(test)]
    fn is_found(&self) -> bool {
        self.awaited.is_over() && self.newest_anchor.is_none()
    }

    /// Whether this line was taken, as far as one remembers.
    pub(super) fn knows(&self, line: &Line) -> bool {
        let Some(time) = line.time else { return false };
        self.trail.contains((line.stream, time))
            || self.taken.get(&line.stream).is_some_and(|anchor| anchor.time == time)
    }

    /// What the line is.
    pub(super) fn take(&mut self, line: &Line) -> Taken {
        // Without a time nobody can know; better twice than never.
        let Some(time) = line.time else { return Taken::New };
        let key = (line.stream, time);
        let met = self.awaited.meet(key);
        if met == Met::Known || self.is_before_anchor(key) {
            return Taken::Known;
        }
        if met == Met::Unsure {
            return Taken::Unsure;
        }
        if self.newest_anchor.take().is_some() || met == Met::Lost {
            return Taken::Lost;
        }
        self.remember(key);
        Taken::New
    }

    /// Says of lines without an end that they may come late when they come again.
    pub(super) fn loosen(&mut self, lines: &[Line]) {
        let keys = lines.iter().filter_map(|line| Some((line.stream, line.time?)));
        keys.for_each(|key| self.trail.loosen(key));
    }

    /// Stops waiting for the last line: it is gone.
    pub(super) fn give_up(&mut self) {
        self.awaited.give_up();
    }

    /// From an earlier run only one line of each stream is known: all up to it were taken.
    fn is_before_anchor(&mut self, (stream, time): Key) -> bool {
        let Some((anchor, seen)) = self.anchors.get_mut(&stream) else { return false };
        if time < anchor.time {
            return true;
        }
        if time == anchor.time && *seen < anchor.same {
            *seen += 1;
            if *seen == anchor.same {
                self.anchors.remove(&stream);
                self.newest_anchor.take_if(|first| *first == stream);
            }
            return true;
        }
        self.anchors.remove(&stream);
        false
    }

    fn remember(&mut self, key: Key) {
        let (stream, time) = key;
        self.trail.push(key);
        let anchor = self.taken.entry(stream).or_insert(Anchor { time, same: 0 });
        if anchor.time == time {
            anchor.same += 1;
        } else {
            *anchor = Anchor { time, same: 1 };
        }
    }

    /// Whether a line that another connection sees as the last one was not taken here, and should have been.
    ///
    /// Of a stream without taken lines, the first such line may be older than where reading began.
    pub(super) fn is_behind(&mut self, line: &Line) -> bool {
        let Some(time) = line.time else { return false };
        if self.trail.last().is_some() {
            return !self.knows(line);
        }
        match self.taken.get(&line.stream) {
            Some(taken) => time > taken.time,
            None => self.seen.insert(line.stream, time).is_some_and(|seen| time > seen),
        }
    }
}

/// The parameter that asks from a time on, to the nanosecond.
pub(super) fn since(time: DateTime<Utc>) -> String {
    format!("&since={}.{:09}", time.timestamp(), time.timestamp_subsec_nanos())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(nanos: i64) -> DateTime<Utc> {
        DateTime::from_timestamp_nanos(1_000_000_000_000_000_000 + nanos)
    }

    fn line(stream: Stream, nanos: i64) -> Line {
        Line { stream, time: Some(at(nanos)), bytes: Vec::new() }
    }

    fn resumed(anchors: &[(Stream, i64, u32)]) -> Cursor {
        let anchors = anchors.iter().map(|(s, n, same)| (*s, Anchor { time: at(*n), same: *same }));
        Cursor::new(&Resume { anchors: anchors.collect(), ..Resume::default() })
    }

    #[test]
    fn asks_from_the_oldest_anchor_of_the_last_minute() {
        let minute = 60_000_000_000;
        for (anchors, want) in [
            (&[(Stream::Stdout, 7, 1), (Stream::Stderr, 5, 1)][..], "&since=1000000000.000000005"),
            (
                &[(Stream::Stdout, 0, 1), (Stream::Stderr, 2 * minute, 1)],
                "&since=1000000060.000000000",
            ),
        ] {
            assert_eq!(resumed(anchors).parameters(), want);
        }
        let first = Resume { since: Some(at(1)), tail: Some(10), ..Resume::default() };
        assert_eq!(Cursor::new(&first).parameters(), "&since=1000000000.000000001&tail=10");
        assert_eq!(Cursor::new(&Resume::default()).parameters(), "");
    }

    #[test]
    fn drops_exactly_what_was_taken() {
        use Stream::{Stderr, Stdout};
        use Taken::{Known, New};
        let mut cursor = resumed(&[(Stdout, 10, 2), (Stderr, 5, 1)]);
        for (stream, nanos, taken) in [
            (Stderr, 5, Known),
            (Stdout, 9, Known),
            (Stdout, 10, Known),
            (Stdout, 10, Known),
            (Stderr, 8, New),
            (Stdout, 10, New),
            (Stderr, 9, New),
            (Stdout, 11, New),
            // The clock was set back: the anchor has gone by, so this is new.
            (Stdout, 3, New),
        ] {
            assert_eq!(cursor.take(&line(stream, nanos)), taken, "{stream:?} {nanos}");
        }
        cursor.rewind();
        // Asked from the highest time here: with it, everything behind it comes again.
        assert_eq!(cursor.parameters(), "&since=1000000000.000000011");
        assert_eq!(cursor.take(&line(Stdout, 11)), Known);
        assert!(!cursor.is_found());
        assert_eq!(cursor.take(&line(Stdout, 3)), Known);
        assert!(cursor.is_found());
        assert_eq!(cursor.take(&line(Stdout, 4)), New);
    }

    #[test]
    fn says_where_the_engine_threw_lines_away() {
        use Stream::{Stderr, Stdout};
        use Taken::{Known, Lost, New};
        for (anchors, sent) in [
            // The anchor is gone.
            (&[(Stdout, 10, 1)][..], &[(Stdout, 12, Lost), (Stdout, 11, New)][..]),
            // Only one of three lines of its time is there.
            (&[(Stdout, 10, 3)], &[(Stdout, 10, Known), (Stdout, 12, Lost), (Stdout, 13, New)]),
            // The older anchor may be gone, as nothing behind it is.
            (&[(Stdout, 10, 1), (Stderr, 2, 1)], &[(Stdout, 10, Known), (Stderr, 11, New)]),
            // The newest one may not, whatever stream brings the next line.
            (&[(Stdout, 2, 1), (Stderr, 10, 1)], &[(Stdout, 11, Lost), (Stderr, 12, New)]),
            // Swapped within a moment: all of both streams is there.
            (
                &[(Stdout, 10, 1), (Stderr, 9, 1)],
                &[(Stdout, 10, Known), (Stderr, 9, Known), (Stderr, 10, New), (Stdout, 11, New)],
            ),
        ] {
            let mut cursor = resumed(anchors);
            for (stream, nanos, taken) in sent {
                let line = line(*stream, *nanos);
                assert_eq!(cursor.take(&line), *taken, "{anchors:?} {nanos}");
                assert!(*taken != Lost || cursor.take(&line) == New);
            }
            cursor.rewind();
            let (stream, nanos, _) = *sent.last().unwrap();
            let before = line(stream, nanos);
            assert_eq!(cursor.take(&before), Known);
            assert!(cursor.is_found());
            cursor.rewind();
            assert_eq!(cursor.take(&line(stream, nanos + 9)), Lost);
            assert_eq!(cursor.take(&line(stream, nanos + 9)), New);
            assert_eq!(cursor.take(&line(stream, nanos + 10)), New);
        }
    }

    #[test]
    fn a_line_without_time_is_always_new() {
        let mut cursor = resumed(&[(Stream::Stdout, 10, 1)]);
        let line = Line { stream: Stream::Stdout, time: None, bytes: Vec::new() };
        assert_eq!((cursor.take(&line), cursor.take(&line)), (Taken::New, Taken::New));
        assert!(!cursor.is_behind(&line));
    }

    #[test]
    fn knows_when_another_connection_sees_more() {
        let mut cursor = resumed(&[(Stream::Stdout, 10, 1)]);
        for (stream, nanos, is_behind) in [
            (Stream::Stdout, 10, false),
            (Stream::Stdout, 11, true),
            // Nothing was taken from this stream: an old line says nothing, a newer one does.
            (Stream::Stderr, 12, false),
            (Stream::Stderr, 12, false),
            (Stream::Stderr, 13, true),
        ] {
            assert_eq!(cursor.is_behind(&line(stream, nanos)), is_behind, "{stream:?} {nanos}");
        }
        cursor.take(&line(Stream::Stdout, 10));
        cursor.take(&line(Stream::Stdout, 12));
        assert!(!cursor.is_behind(&line(Stream::Stdout, 12)));
        // The last line of the log is none of ours, and the clock does not matter.
        assert!(cursor.is_behind(&line(Stream::Stdout, 1)));
    }

    /// Reads the log over and over, each time a little further, as the Engine sends it.
    fn read(cursor: &mut Cursor, lines: &[Line], ends: impl Iterator<Item = usize>) -> Vec<usize> {
        let mut got = Vec::new();
        for end in ends {
            cursor.rewind();
            let since = cursor.beginning();
            let first = lines.iter().position(|line| line.time >= since).unwrap_or(lines.len());
            let mut held = Vec::new();
            for (at, line) in lines.iter().enumerate().take(end).skip(first) {
                match cursor.take(line) {
                    Taken::Known => held.clear(),
                    Taken::New => got.push(at),
                    Taken::Unsure => held.push(at),
                    Taken::Lost => panic!("nothing was thrown away"),
                }
            }
            assert!(held.is_empty(), "what was taken comes again");
        }
        got
    }

    fn stream_of(is_err: bool) -> Stream {
        if is_err { Stream::Stderr } else { Stream::Stdout }
    }

    proptest! {
        #[test]
        fn any_cut_and_resume_gives_each_line_once(
            steps in prop::collection::vec((any::<bool>(), 0..3_i64), 1..60),
            cuts in prop::collection::vec(0..60_usize, 0..5),
            length in 1..70_usize,
        ) {
            // Times rise within a stream, and many lines share one, as with an Engine that counts in seconds.
            let mut clock = 0;
            let lines: Vec<Line> = steps.iter().map(|(is_err, step)| {
                clock += step;
                line(stream_of(*is_err), clock)
            }).collect();
            let mut cursor = Cursor::new(&Resume::default());
            // Lines of one time must not be more than are remembered.
            cursor.trail.shorten(length.max(60));
            let mut cuts = cuts;
            cuts.sort_unstable();
            let ends = cuts.into_iter().map(|cut| cut.min(lines.len())).chain([lines.len()]);
            prop_assert_eq!(read(&mut cursor, &lines, ends), (0..lines.len()).collect::<Vec<_>>());
        }

        #[test]
        fn neither_swapped_streams_nor_a_clock_that_is_set_back_lose_or_double_a_line(
            steps in prop::collection::vec((any::<bool>(), -40..60_i64, 0..9_i64), 1..80),
            cuts in prop::collection::vec(0..80_usize, 0..6),
            length in 1..90_usize,
        ) {
            // The clock jumps both ways, streams are swapped within a moment; no two lines share a time.
            let mut clock = 0;
            let lines: Vec<Line> = steps.iter().enumerate().map(|(number, (is_err, step, swap))| {
                clock += step;
                line(stream_of(*is_err), (clock + swap * i64::from(*is_err)) * 1_000 + number as i64)
            }).collect();
            let mut cursor = Cursor::new(&Resume::default());
            cursor.trail.shorten(length);
            let mut cuts = cuts;
            cuts.sort_unstable();
            let ends = cuts.into_iter().map(|cut| cut.min(lines.len())).chain([lines.len()]);
            prop_assert_eq!(read(&mut cursor, &lines, ends), (0..lines.len()).collect::<Vec<_>>());
        }

        #[test]
        fn anchors_of_an_earlier_run_give_each_line_once(
            steps in prop::collection::vec((any::<bool>(), 0..3_i64, 0..2_i64), 1..60),
            cut in 0..60_usize,
        ) {
            // Swapped across the streams, rising within each.
            let mut clock = 0;
            let mut last = [0; 2];
            let lines: Vec<Line> = steps.iter().map(|(is_err, step, swap)| {
                clock += step;
                let of = &mut last[usize::from(*is_err)];
                *of = (clock - swap).max(*of);
                line(stream_of(*is_err), *of)
            }).collect();
            let mut first = Cursor::new(&Resume::default());
            let cut = cut.min(lines.len());
            let mut got = read(&mut first, &lines, [cut].into_iter());
            let from = Resume { anchors: first.taken.clone(), ..Resume::default() };
            got.extend(read(&mut Cursor::new(&from), &lines, [lines.len()].into_iter()));
            prop_assert_eq!(got, (0..lines.len()).collect::<Vec<_>>());
        }
    }
}
