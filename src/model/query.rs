//! Which records a reader wants.

use super::{Level, LogRecord, ServiceName};
use std::collections::BTreeSet;

/// A text condition: plain words or a regular expression, smart case, optionally inverted.
#[derive(Debug, Clone)]
pub struct TextMatcher {
    regex: regex::Regex,
    source: String,
    is_inverted: bool,
    is_plain: bool,
    is_case_sensitive: bool,
}

impl TextMatcher {
    /// Reads what a user typed: a leading `!` excludes; `/.../` is a regular expression, else plain words;
    /// without an upper-case letter, case does not matter. Empty input is `Ok(None)`.
    ///
    /// # Errors
    /// The regular expression's own message, in one line.
    pub fn parse(input: &str) -> Result<Option<Self>, String> {
        let (is_inverted, words) = match input.strip_prefix('!') {
            Some(rest) => (true, rest),
            None => (false, input),
        };
        if words.is_empty() {
            return Ok(None);
        }
        let (pattern, is_plain) = match words.strip_prefix('/').and_then(|w| w.strip_suffix('/')) {
            Some(pattern) if !pattern.is_empty() => (pattern.to_owned(), false),
            _ => (regex::escape(words), !is_inverted && !words.contains('\n')),
        };
        let is_case_sensitive = words.chars().any(char::is_uppercase);
        let regex = regex::RegexBuilder::new(&pattern)
            .case_insensitive(!is_case_sensitive)
            .size_limit(1 << 20)
            .build()
            .map_err(|e| e.to_string().lines().last().unwrap_or_default().to_owned())?;
        let source = input.to_owned();
        Ok(Some(Self { regex, source, is_inverted, is_plain, is_case_sensitive }))
    }

    /// Whether `text` meets the condition.
    pub fn matches(&self, text: &str) -> bool {
        self.regex.is_match(text) != self.is_inverted
    }

    /// Whether it looks for plain words within one line: then a hit in lines joined by line feeds is a hit in one
    /// of them, and every line's hits are found.
    pub const fn is_plain(&self) -> bool {
        self.is_plain
    }

    /// Where the words, or the regular expression, first stand in `text` at or after byte `from`.
    pub fn find_at(&self, text: &str, from: usize) -> Option<usize> {
        let is_boundary = text.is_char_boundary(from);
        is_boundary.then(|| self.regex.find_at(text, from)).flatten().map(|m| m.start())
    }

    /// Byte ranges of the hits in `text`, in order, at most 32; none for an excluding condition.
    pub fn spans(&self, text: &str) -> Vec<(usize, usize)> {
        if self.is_inverted {
            return Vec::new();
        }
        self.regex
            .find_iter(text)
            .filter(|m| !m.is_empty())
            .take(32)
            .map(|m| (m.start(), m.end()))
            .collect()
    }

    /// The words that a text must hold as they stand, but for case; `None` for a pattern and for an excluding condition.
    pub fn word(&self) -> Option<&str> {
        self.is_plain.then_some(self.source.as_str())
    }

    /// Whether upper and lower case letters differ.
    pub const fn is_case_sensitive(&self) -> bool {
        self.is_case_sensitive
    }

    /// What the user typed.
    pub fn source(&self) -> &str {
        &self.source
    }
}

/// A condition on records; the default wants all.
#[derive(Debug, Clone, Default)]
pub struct Query {
    /// Only these services; empty means all.
    pub services: BTreeSet<ServiceName>,
    /// Not these services.
    pub hidden: BTreeSet<ServiceName>,
    /// At least this level; records that do not say pass only when this is `None`.
    pub min_level: Option<Level>,
    /// All of these must hold.
    pub text: Vec<TextMatcher>,
    /// Whether lines that tell of a [`super::Gap`] pass whatever level and text are asked for: where lines of a wanted
    /// service are missing, nobody knows whether they would have passed.
    pub keeps_gaps: bool,
}

impl Query {
    /// Whether a service may appear at all.
    pub fn wants_service(&self, service: &ServiceName) -> bool {
        (self.services.is_empty() || self.services.contains(service))
            && !self.hidden.contains(service)
    }

    /// Whether a record meets every condition.
    pub fn matches(&self, record: &LogRecord) -> bool {
        self.wants_service(&record.origin.service)
            && (self.wants_words(record) || self.keeps_gaps && record.is_gap())
    }

    /// Whether a record has the level and the text that are asked for.
    pub fn wants_words(&self, record: &LogRecord) -> bool {
        self.min_level.is_none_or(|min| record.level >= min)
            && self.text.iter().all(|t| t.matches(&record.text))
    }

    /// Whether it wants everything.
    pub fn is_all(&self) -> bool {
        self.services.is_empty()
            && self.hidden.is_empty()
            && self.min_level.is_none()
            && self.text.is_empty()
    }
}
