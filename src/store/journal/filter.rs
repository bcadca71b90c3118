//! A query made ready for raw lines: most of them are passed over before anything of them is read.

use super::{
    index::Index,
    line::{self, Head, Origins},
};
use crate::model::{LogRecord, Position, Query, Stream};
use std::ops::Range;

/// What a reader wants, for raw lines.
#[derive(Debug)]
pub(super) struct Filter<'a> {
    query: &'a Query,
    /// Meets every line that can meet the query's first plain word; more than those, but none less.
    word: Option<regex::bytes::Regex>,
    since: Option<Position>,
    until: Option<Position>,
}

/// A line that met the filter.
#[derive(Debug)]
pub(super) struct Hit {
    pub(super) position: Position,
    /// Where it stands in its file's bytes.
    pub(super) line: Range<usize>,
}

impl<'a> Filter<'a> {
    /// Rows from `since` on and before `until`.
    pub(super) fn new(query: &'a Query, since: Option<Position>, until: Option<Position>) -> Self {
        let word = query.text.iter().find_map(|text| {
            // JSON writes these characters in another way.
            let is_same = |c: char| c >= ' ' && c != '"' && c != '\\';
            let word = text.word().filter(|word| word.chars().all(is_same))?;
            regex::bytes::RegexBuilder::new(&regex::escape(word))
                .case_insensitive(!text.is_case_sensitive())
                .build()
                .ok()
        });
        Self { query, word, since, until }
    }

    /// Whether a file can hold such rows.
    pub(super) fn wants(&self, index: &Index) -> bool {
        let Some((first, last)) = index.times else { return false };
        self.since.is_none_or(|since| last >= since.time)
            && self.until.is_none_or(|until| first <= until.time)
            && index.services.keys().any(|service| self.wants_service(service))
    }

    /// Wants only rows from `since` on from now on.
    pub(super) fn begin_at(&mut self, since: Position) {
        self.since = Some(since);
    }

    /// Where the lines stand that may meet it, oldest first.
    pub(super) fn candidates(&self, bytes: &[u8]) -> Vec<Range<usize>> {
        let mut lines = Vec::new();
        let mut from = 0;
        let Some(word) = &self.word else {
            for end in memchr::memchr_iter(b'\n', bytes) {
                lines.push(from..end);
                from = end + 1;
            }
            return lines;
        };
        // Only as a key it stands so: in a text its quotes are escaped.
        let mut gaps = Vec::new();
        if self.query.keeps_gaps {
            let mut passed = 0;
            for at in memchr::memmem::find_iter(bytes, GAP) {
                if at < passed {
                    continue;
                }
                let begin = memchr::memrchr(b'\n', &bytes[..at]).map_or(0, |at| at + 1);
                let Some(end) = memchr::memchr(b'\n', &bytes[at..]) else { break };
                passed = at + end + 1;
                gaps.push(begin..at + end);
            }
        }
        while let Some(hit) = word.find_at(bytes, from) {
            let begin =
                memchr::memrchr(b'\n', &bytes[from..hit.start()]).map_or(from, |at| from + at + 1);
            let Some(end) = memchr::memchr(b'\n', &bytes[hit.start()..]) else { break };
            let end = hit.start() + end;
            lines.push(begin..end);
            from = end + 1;
        }
        if !gaps.is_empty() {
            lines.append(&mut gaps);
            lines.sort_unstable_by_key(|line| line.start);
            lines.dedup();
        }
        lines
    }

    /// Whether the line's time and service are wanted; all that can be said before the whole of it is read.
    pub(super) fn admits(&self, head: &Head<'_>) -> bool {
        self.since.is_none_or(|since| head.position >= since)
            && self.until.is_none_or(|until| head.position < until)
            && self.wants_service(&head.service)
    }

    /// The record of a line that meets the query; `Err` for what is no row.
    pub(super) fn record(&self, line: &[u8], origins: &Origins) -> Result<Option<LogRecord>, Bad> {
        let record = line::record(line, origins).ok_or(Bad)?;
        let is_gap = || self.query.keeps_gaps && is_gap(line, &record);
        let is_wanted = self.query.wants_words(&record) || is_gap();
        Ok(is_wanted.then_some(record))
    }

    /// Whether every row with an admitted head is wanted.
    pub(super) fn is_head_enough(&self) -> bool {
        self.query.min_level.is_none() && self.query.text.is_empty()
    }

    fn wants_service(&self, service: &str) -> bool {
        let query = self.query;
        (query.services.is_empty() || query.services.iter().any(|s| s.as_str() == service))
            && !query.hidden.iter().any(|s| s.as_str() == service)
    }
}

/// How a row begins to tell of a gap.
const GAP: &[u8] = b"\"gap\":{";

fn is_gap(line: &[u8], record: &LogRecord) -> bool {
    record.stream == Stream::System && memchr::memmem::find(line, GAP).is_some()
}

/// A line that is no row.
#[derive(Debug)]
pub(super) struct Bad;
