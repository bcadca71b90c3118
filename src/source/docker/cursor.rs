//! How far a container's log was read: what to ask the Engine for, and which of its lines are new.
//!
//! Lines are never dropped for being older than another stream's, and within one stream only until its anchor
//! has gone by: after that even a clock that was set back loses nothing.

use super::decoder::Line;
use crate::{
    model::{Anchor, Stream},
    source::Resume,
};
use chrono::{DateTime, Utc};
use std::collections::BTreeMap;

/// How far back of the newest anchor an older one is still read from. A stream whose anchor is older than that
/// was silent since: without the limit, one line of last week would have the whole week read again.
const REACH: chrono::TimeDelta = chrono::TimeDelta::minutes(1);

/// Place in one container's log.
#[derive(Debug, Clone, Default)]
pub(super) struct Cursor {
    /// Where to begin while no line has been taken.
    since: Option<DateTime<Utc>>,
    tail: Option<u64>,
    taken: BTreeMap<Stream, Anchor>,
    /// Streams whose anchor has not gone by on this connection, and how many lines of its time have.
    awaited: BTreeMap<Stream, (Anchor, u32)>,
    /// Newest lines that another connection saw of streams of which none was taken.
    seen: BTreeMap<Stream, DateTime<Utc>>,
}

impl Cursor {
    /// Begins where `from` says.
    pub(super) fn new(from: Resume) -> Self {
        let mut cursor =
            Self { since: from.since, tail: from.tail, taken: from.anchors, ..Self::default() };
        cursor.rewind();
        cursor
    }

    /// Makes ready for a new connection, which sends again what was taken last.
    pub(super) fn rewind(&mut self) {
        self.awaited = self.taken.iter().map(|(stream, anchor)| (*stream, (*anchor, 0))).collect();
    }

    /// The parameters of the request that say where to begin; they start with `&` or are empty.
    pub(super) fn parameters(&self) -> String {
        if let Some(newest) = self.newest() {
            let oldest = self.taken.values().map(|anchor| anchor.time).min().unwrap_or(newest);
            return since(oldest.max(newest - REACH));
        }
        let mut parameters = self.since.map(since).unwrap_or_default();
        if let Some(tail) = self.tail {
            parameters.push_str("&tail=");
            parameters.push_str(&tail.to_string());
        }
        parameters
    }

    /// Time of the newest line that was taken from any stream.
    pub(super) fn newest(&self) -> Option<DateTime<Utc>> {
        self.taken.values().map(|anchor| anchor.time).max()
    }

    /// Whether the line is new; it then counts as taken.
    pub(super) fn take(&mut self, line: &Line) -> bool {
        // Without a time nobody can know; better twice than never.
        let Some(time) = line.time else { return true };
        if let Some((anchor, seen)) = self.awaited.get_mut(&line.stream) {
            if time < anchor.time {
                return false;
            }
            if time == anchor.time && *seen < anchor.same {
                *seen += 1;
                if *seen == anchor.same {
                    self.awaited.remove(&line.stream);
                }
                return false;
            }
            self.awaited.remove(&line.stream);
        }
        let anchor = self.taken.entry(line.stream).or_insert(Anchor { time, same: 0 });
        if anchor.time == time {
            anchor.same += 1;
        } else {
            *anchor = Anchor { time, same: 1 };
        }
        true
    }

    /// Whether a line that another connection sees was not taken here, and should have been.
    ///
    /// Of a stream without taken lines, the first such line may be older than where reading began.
    pub(super) fn is_behind(&mut self, line: &Line) -> bool {
        let Some(time) = line.time else { return false };
        match self.taken.get(&line.stream) {
            Some(taken) => time > taken.time,
            None => self.seen.insert(line.stream, time).is_some_and(|seen| time > seen),
        }
    }
}

fn since(time: DateTime<Utc>) -> String {
    format!("&since={}.{:09}", time.timestamp(), time.timestamp_subsec_nanos())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(nanos: i64) -> DateTime<Utc> {
        DateTime::from_timestamp_nanos(1_000_000_000_000_000_000 + nanos)
    }

    fn line(stream: Stream, nanos: i64) -> Line {
        Line { stream, time: Some(at(nanos)), bytes: Vec::new() }
    }

    fn resumed(anchors: &[(Stream, i64, u32)]) -> Cursor {
        let anchors = anchors.iter().map(|(s, n, same)| (*s, Anchor { time: at(*n), same: *same }));
        Cursor::new(Resume { anchors: anchors.collect(), ..Resume::default() })
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
        assert_eq!(Cursor::new(first).parameters(), "&since=1000000000.000000001&tail=10");
        assert_eq!(Cursor::new(Resume::default()).parameters(), "");
    }

    #[test]
    fn drops_exactly_what_was_taken() {
        use Stream::{Stderr, Stdout};
        let mut cursor = resumed(&[(Stdout, 10, 2), (Stderr, 5, 1)]);
        let sent = [
            (Stderr, 5, false),
            (Stdout, 9, false),
            (Stdout, 10, false),
            (Stderr, 8, true),
            (Stdout, 10, false),
            (Stdout, 10, true),
            (Stderr, 9, true),
            (Stdout, 11, true),
            // The clock was set back: the anchor has gone by, so this is new.
            (Stdout, 3, true),
        ];
        for (stream, nanos, is_new) in sent {
            assert_eq!(cursor.take(&line(stream, nanos)), is_new, "{stream:?} {nanos}");
        }
        cursor.rewind();
        assert!(!cursor.take(&line(Stdout, 3)));
        assert!(cursor.take(&line(Stdout, 4)));
    }

    #[test]
    fn a_lost_anchor_does_not_hide_what_follows() {
        let mut cursor = resumed(&[(Stream::Stdout, 10, 3)]);
        assert!(!cursor.take(&line(Stream::Stdout, 10)));
        assert!(cursor.take(&line(Stream::Stdout, 12)));
        assert!(cursor.take(&line(Stream::Stdout, 11)));
    }

    #[test]
    fn a_line_without_time_is_always_new() {
        let mut cursor = resumed(&[(Stream::Stdout, 10, 1)]);
        let line = Line { stream: Stream::Stdout, time: None, bytes: Vec::new() };
        assert!(cursor.take(&line) && cursor.take(&line));
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
    }

    #[test]
    fn any_cut_and_resume_gives_each_line_once() {
        use proptest::prelude::*;
        let stream = prop::collection::vec((any::<bool>(), 0..3_i64), 1..60);
        proptest!(|(steps in stream, cuts in prop::collection::vec(0..60_usize, 0..5))| {
            // Times rise within a stream, and many lines share one.
            let mut clock = [0_i64; 2];
            let lines: Vec<Line> = steps.into_iter().map(|(is_err, step)| {
                clock[usize::from(is_err)] += step;
                let stream = if is_err { Stream::Stderr } else { Stream::Stdout };
                line(stream, clock[usize::from(is_err)])
            }).collect();
            let mut cursor = Cursor::default();
            let mut got = Vec::new();
            for end in cuts.into_iter().chain([lines.len()]) {
                cursor.rewind();
                for (at, line) in lines.iter().enumerate().take(end) {
                    if cursor.take(line) {
                        got.push(at);
                    }
                }
            }
            got.sort_unstable();
            prop_assert_eq!(got, (0..lines.len()).collect::<Vec<_>>());
        });
    }
}
