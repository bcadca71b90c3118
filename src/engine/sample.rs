//! A few lines as events, read, parsed and joined as the whole program does it: for trying rules.

use crate::{
    model::{LogEvent, RecordId},
    parse::{Joiner, Parser},
    source::replay::LineReader,
};
use bytes::Bytes;
use chrono::{DateTime, Utc};
use std::sync::Arc;

/// The events of `text`, in order; their records are numbered by line.
pub fn events_of(text: &str) -> Vec<LogEvent> {
    let now = DateTime::<Utc>::UNIX_EPOCH;
    let (mut reader, mut parser, mut joiner) = (LineReader::new(), Parser::new(), Joiner::new());
    let mut done = Vec::new();
    for (number, line) in (1..).zip(text.lines()) {
        let raw = reader.read(&Bytes::copy_from_slice(line.as_bytes()));
        let record = parser.parse(&raw, RecordId(number), now);
        joiner.push(Arc::new(record), now, &mut done);
    }
    joiner.finish(&mut done);
    done.sort_by_key(|event| event.head.id);
    done
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_joined_and_numbered() {
        let events =
            events_of("a\nTraceback (most recent call last):\n  File \"x\"\nKeyError: 1\nb");
        let heads: Vec<u64> = events.iter().map(|e| e.head.id.0).collect();
        assert_eq!(heads, [1, 2, 5]);
        assert_eq!(events[1].rest.len(), 2);
        assert!(events_of("").is_empty());
    }
}
