//! What a container has said, as the daemon would keep it: bounded, and readable from any point again.

use crate::{
    model::{Origin, RawLine, Stream},
    source::{Lines, Resume},
};
use bytes::Bytes;
use chrono::{DateTime, Utc};
use std::{collections::VecDeque, sync::Arc};

/// Lines kept for one container: more than half an hour of the busiest.
const KEPT: usize = 30_000;
/// Lines delivered at once.
const CHUNK: usize = 400;

#[derive(Debug, Default)]
pub(super) struct Journal {
    /// Number of the first line that is kept.
    first: u64,
    lines: VecDeque<Line>,
}

#[derive(Debug)]
struct Line {
    time: DateTime<Utc>,
    stream: Stream,
    text: Box<str>,
}

impl Journal {
    pub(super) fn write(&mut self, time: DateTime<Utc>, stream: Stream, text: &str) {
        self.lines.push_back(Line { time, stream, text: text.into() });
        if self.lines.len() > KEPT {
            self.lines.pop_front();
            self.first += 1;
        }
    }

    /// The number of the line from which a reader with these wishes begins.
    pub(super) fn begin(&self, from: &Resume) -> u64 {
        let is_tail = from.anchors.is_empty();
        let mut wanted = self.lines.iter().enumerate().filter(|(_, line)| is_wanted(line, from));
        let at = match from.tail.filter(|_| is_tail) {
            Some(tail) => {
                let mut newest: Vec<_> = wanted.map(|(at, _)| at).collect();
                let skipped = newest.len().saturating_sub(usize::try_from(tail).unwrap_or(KEPT));
                newest.drain(..skipped);
                newest.first().copied()
            }
            None => wanted.next().map(|(at, _)| at),
        };
        self.first + at.unwrap_or(self.lines.len()) as u64
    }

    /// The next lines from number `at` that a reader wants, and the number to go on with.
    pub(super) fn read(&self, at: u64, from: &Resume, origin: &Arc<Origin>) -> (Lines, u64) {
        let skipped = usize::try_from(at.saturating_sub(self.first)).unwrap_or(KEPT);
        let mut next = at.max(self.first);
        let mut lines = Lines::new();
        for line in self.lines.iter().skip(skipped).take(CHUNK) {
            next += 1;
            if is_wanted(line, from) {
                lines.push(RawLine {
                    origin: Arc::clone(origin),
                    stream: line.stream,
                    time: Some(line.time),
                    bytes: Bytes::copy_from_slice(line.text.as_bytes()),
                });
            }
        }
        (lines, next)
    }
}

/// No two lines of the play have the same time, so an anchor is simply the last line that was taken.
fn is_wanted(line: &Line, from: &Resume) -> bool {
    let is_after = from.anchors.get(&line.stream).is_none_or(|anchor| line.time > anchor.time);
    is_after && from.since.is_none_or(|since| line.time >= since)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Anchor;
    use std::collections::BTreeMap;

    fn at(second: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(second, 0).unwrap()
    }

    fn read(from: &Resume) -> Vec<String> {
        let mut journal = Journal::default();
        for second in 0..10 {
            let stream = if second % 2 == 0 { Stream::Stdout } else { Stream::Stderr };
            journal.write(at(second), stream, &second.to_string());
        }
        let origin =
            Origin { service: "a".into(), container: "a".into(), replica: 1, is_tty: false };
        let begin = journal.begin(from);
        let (lines, next) = journal.read(begin, from, &Arc::new(origin));
        assert_eq!(next, 10);
        lines.iter().map(|l| String::from_utf8(l.bytes.to_vec()).unwrap()).collect()
    }

    #[test]
    fn readers_get_what_they_ask_for() {
        let out = Anchor { time: at(6), same: 1 };
        let anchors = BTreeMap::from([(Stream::Stdout, out)]);
        let both = BTreeMap::from([
            (Stream::Stdout, out),
            (Stream::Stderr, Anchor { time: at(7), same: 1 }),
        ]);
        for (from, want) in [
            (Resume::default(), "0123456789"),
            (Resume { tail: Some(3), ..Resume::default() }, "789"),
            (Resume { tail: Some(0), ..Resume::default() }, ""),
            (Resume { since: Some(at(6)), ..Resume::default() }, "6789"),
            (Resume { since: Some(at(4)), tail: Some(2), ..Resume::default() }, "89"),
            (Resume { anchors, ..Resume::default() }, "135789"),
            (Resume { anchors: both, tail: Some(1), ..Resume::default() }, "89"),
        ] {
            assert_eq!(read(&from).concat(), want, "{from:?}");
        }
    }

    #[test]
    fn old_lines_fall_out_and_readers_go_on() {
        let mut journal = Journal::default();
        for second in 0..KEPT as i64 + 5 {
            journal.write(at(second), Stream::Stdout, "x");
        }
        let origin =
            Origin { service: "a".into(), container: "a".into(), replica: 1, is_tty: false };
        let (lines, next) = journal.read(0, &Resume::default(), &Arc::new(origin));
        assert_eq!((lines.len(), next), (CHUNK, 5 + CHUNK as u64));
    }
}
