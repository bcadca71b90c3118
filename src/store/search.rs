//! Which lines of a block meet a query, told from its text without making records.

use super::columns::Columns;
use crate::model::{Gap, Query, Stream, TextMatcher};

/// Indices of the lines of `text`, each ended by a line feed, that meet the text conditions, in order.
pub(super) fn lines_with(text: &str, matchers: &[TextMatcher]) -> Vec<usize> {
    let Some(leader) = matchers.iter().position(TextMatcher::is_plain) else {
        return text
            .split_terminator('\n')
            .enumerate()
            .filter(|(_, line)| matchers.iter().all(|m| m.matches(line)))
            .map(|(at, _)| at)
            .collect();
    };
    let mut found = Vec::new();
    let (mut line, mut from) = (0, 0);
    // One search over all lines; where it hits, the line is looked for.
    while let Some(hit) = matchers.get(leader).and_then(|m| m.find_at(text, from)) {
        let bytes = text.as_bytes();
        let passed = bytes.get(from..hit).unwrap_or_default();
        line += memchr::memchr_iter(b'\n', passed).count();
        let start = memchr::memrchr(b'\n', passed).map_or(from, |at| from + at + 1);
        let rest = bytes.get(hit..).unwrap_or_default();
        let end = memchr::memchr(b'\n', rest).map_or(text.len(), |at| hit + at);
        let words = text.get(start..end).unwrap_or_default();
        let is_other = |(at, m): (usize, &TextMatcher)| at == leader || m.matches(words);
        if matchers.iter().enumerate().all(is_other) {
            found.push(line);
        }
        line += 1;
        from = end + 1;
        if from >= text.len() {
            break;
        }
    }
    found
}

/// Indices of the lines of `text`, each ended by a line feed, that read as if they told of a gap, in order.
pub(super) fn lines_of_gaps(text: &str) -> Vec<usize> {
    let lines = text.split_terminator('\n').enumerate();
    lines.filter(|(_, line)| Gap::is_told_by(line)).map(|(at, _)| at).collect()
}

/// Adds those of `gaps` that are our own words.
pub(super) fn add_gaps(lines: &mut Vec<usize>, gaps: Vec<usize>, columns: &Columns) {
    if gaps.is_empty() {
        return;
    }
    lines.extend(gaps.into_iter().filter(|at| columns.stream(*at) == Some(Stream::System)));
    lines.sort_unstable();
    lines.dedup();
}

/// Leaves only lines of the wanted level.
pub(super) fn retain_level(lines: &mut Vec<usize>, query: &Query, columns: &Columns) {
    if let Some(min) = query.min_level {
        lines.retain(|at| columns.level(*at) >= min);
    }
}
