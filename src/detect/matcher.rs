//! All patterns as one search.
//!
//! Patterns are ASCII and without case. A lazy DFA of up to 64 MB makes one pass over a line find every rule; the
//! default cache would thrash on hostile text.

use super::Rule;
use regex::bytes::{Regex, RegexBuilder, RegexSet, RegexSetBuilder, SetMatches};

/// Only so much of a line is searched.
const MAX_LINE: usize = 16 * 1024;
/// Bound of the lazy DFA's cache.
const DFA_CACHE: usize = 64 << 20;
/// Bound of all compiled patterns together.
const SET_SIZE: usize = 64 << 20;

/// Compiled rules. Numbers of rules are their places in the slice given to [`Matcher::new`].
#[derive(Debug)]
pub(super) struct Matcher {
    /// Rules for lines without a level and for warnings and worse.
    loud: Part,
    /// Rules that may speak on trace, debug and info.
    quiet: Part,
    /// Rules without a pattern.
    fallback: Vec<usize>,
    unless: Vec<Option<Regex>>,
}

#[derive(Debug)]
struct Part {
    set: RegexSet,
    /// Number of the rule for each pattern, ascending.
    rules: Vec<usize>,
}

impl Part {
    fn new(rules: &[Rule], belongs: impl Fn(&Rule) -> bool) -> Result<Self, regex::Error> {
        let (numbers, patterns): (Vec<_>, Vec<_>) = rules
            .iter()
            .enumerate()
            .filter(|(_, rule)| belongs(rule))
            .filter_map(|(at, rule)| Some((at, rule.pattern.as_deref()?)))
            .unzip();
        let set = RegexSetBuilder::new(patterns)
            .unicode(false)
            .case_insensitive(true)
            .size_limit(SET_SIZE)
            .dfa_size_limit(DFA_CACHE)
            .build()?;
        Ok(Self { set, rules: numbers })
    }
}

/// Rules that hit one text, in the order of their numbers.
pub(super) struct Hits<'a> {
    matches: SetMatches,
    rules: &'a [usize],
}

impl Hits<'_> {
    pub(super) fn is_empty(&self) -> bool {
        !self.matches.matched_any()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = usize> {
        self.matches.iter().filter_map(|at| self.rules.get(at).copied())
    }
}

impl Matcher {
    /// A search for nothing.
    pub(super) fn empty() -> Self {
        let part = || Part { set: RegexSet::empty(), rules: Vec::new() };
        Self { loud: part(), quiet: part(), fallback: Vec::new(), unless: Vec::new() }
    }

    pub(super) fn new(rules: &[Rule]) -> Result<Self, regex::Error> {
        Ok(Self {
            loud: Part::new(rules, |_| true)?,
            quiet: Part::new(rules, |rule| rule.levels.has_quiet())?,
            fallback: (0..rules.len()).filter(|at| rules[*at].pattern.is_none()).collect(),
            unless: rules
                .iter()
                .map(|rule| rule.unless.as_deref().map(compile).transpose())
                .collect::<Result<_, _>>()?,
        })
    }

    /// Rules whose pattern is in `text`; `is_quiet` asks only those that may speak below a warning.
    pub(super) fn hits(&self, text: &str, is_quiet: bool) -> Hits<'_> {
        let part = if is_quiet { &self.quiet } else { &self.loud };
        Hits { matches: part.set.matches(searched(text)), rules: &part.rules }
    }

    /// Whether the rule's `unless` is in `text`.
    pub(super) fn is_excused(&self, rule: usize, text: &str) -> bool {
        let unless = self.unless.get(rule).and_then(Option::as_ref);
        unless.is_some_and(|unless| unless.is_match(searched(text)))
    }

    /// Rules without a pattern, best first.
    pub(super) fn fallback(&self) -> impl Iterator<Item = usize> {
        self.fallback.iter().copied()
    }
}

/// One pattern as the set sees it.
pub(super) fn compile(pattern: &str) -> Result<Regex, regex::Error> {
    RegexBuilder::new(pattern).unicode(false).case_insensitive(true).build()
}

/// One pattern of a user's, within the limits that keep a bad one from costing seconds.
pub(super) fn check(pattern: &str) -> Result<(), regex::Error> {
    RegexBuilder::new(pattern)
        .unicode(false)
        .case_insensitive(true)
        .size_limit(1 << 20)
        .dfa_size_limit(2 << 20)
        .nest_limit(50)
        .build()
        .map(drop)
}

fn searched(text: &str) -> &[u8] {
    let bytes = text.as_bytes();
    bytes.get(..MAX_LINE).unwrap_or(bytes)
}
