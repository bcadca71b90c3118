//! All patterns as one search.
//!
//! Patterns are ASCII and without case. Each is taken apart into branches, and each branch says which strings a line
//! must have to match it; lines are searched for all strings at once, a word at a time, and only what is found is proven.

mod baked;
mod block;
mod builder;
mod clauses;
mod common;
mod draft;
mod entry;
mod fnv;
mod found;
mod index;
mod letters;
mod part;
mod pattern;
mod search;
mod strings;
mod table;
mod window;

#[cfg(target_arch = "x86_64")]
mod avx2;

use super::Rule;
use baked::Baked;
use builder::Builder;
use draft::Draft;
use part::Part;
use regex::bytes::RegexBuilder;
use regex_automata::nfa::thompson;
use regex_syntax::ParserBuilder;
use search::Search;
use std::sync::OnceLock;

pub(super) use part::Hits;

/// Only so much of a line is searched.
const MAX_LINE: usize = 16 * 1024;
/// Bound of the automaton of a user's pattern, in bytes.
const SIZE: usize = 1 << 20;
/// Groups within groups of a user's pattern.
const NESTED: u32 = 50;
/// Bound of the states of one `unless`, for each thread that searches.
const CACHE: usize = 256 << 10;

/// Compiled rules. Numbers of rules are their places in the slice given to [`Matcher::new`].
#[derive(Debug, Default)]
pub(super) struct Matcher {
    /// Rules for lines without a level and for warnings and worse.
    loud: Part,
    /// Rules that may speak on trace, debug and info.
    quiet: Part,
    /// Rules without a pattern.
    fallback: Vec<usize>,
    unless: Vec<Option<Unless>>,
}

/// Compiled when it is needed.
#[derive(Debug)]
struct Unless {
    pattern: Box<str>,
    search: OnceLock<Option<Search>>,
}

impl Matcher {
    /// A search for nothing.
    pub(super) fn empty() -> Self {
        Self::default()
    }

    pub(super) fn new(rules: &[Rule]) -> Result<Self, regex::Error> {
        Self::with(&Baked::built_in(), rules)
    }

    fn with(baked: &Baked, rules: &[Rule]) -> Result<Self, regex::Error> {
        let (mut live, mut read) = (vec![None; baked.len()], Vec::new());
        for (number, rule) in (0..).zip(rules) {
            let Some(pattern) = rule.pattern.as_deref() else { continue };
            let is_quiet = rule.levels.has_quiet();
            match baked.number(pattern) {
                Some((at, may_be_quiet)) if live[at].is_none() && (may_be_quiet || !is_quiet) => {
                    live[at] = Some((number, pattern, is_quiet));
                }
                _ => read.push((number, Draft::all(pattern)?, is_quiet)),
            }
        }
        let mut image = baked.rest;
        let of_all = |at| live.get(at).copied().flatten().map(|(rule, pattern, _)| (rule, pattern));
        let mut loud = Builder::read(&mut image, of_all);
        let of_quiet = |at| of_all(at).filter(|_| live[at].is_some_and(|(.., is_quiet)| is_quiet));
        let mut quiet = Builder::read(&mut image, of_quiet);
        for (number, drafts, is_quiet) in &read {
            loud.add(*number, drafts);
            if *is_quiet {
                quiet.add(*number, drafts);
            }
        }
        Ok(Self {
            loud: loud.build(),
            quiet: quiet.build(),
            fallback: (0..rules.len()).filter(|at| rules[*at].pattern.is_none()).collect(),
            unless: rules.iter().map(|rule| rule.unless.as_deref().map(Unless::new)).collect(),
        })
    }

    /// Rules whose pattern is in `text`; `is_quiet` asks only those that may speak below a warning.
    pub(super) fn hits<'a>(&'a self, text: &'a str, is_quiet: bool) -> Hits<'a> {
        let part = if is_quiet { &self.quiet } else { &self.loud };
        part.search(searched(text))
    }

    /// Whether the rule's `unless` is in `text`.
    pub(super) fn is_excused(&self, rule: usize, text: &str) -> bool {
        let unless = self.unless.get(rule).and_then(Option::as_ref);
        unless.is_some_and(|unless| unless.is_in(searched(text)))
    }

    /// Rules without a pattern, best first.
    pub(super) fn fallback(&self) -> impl Iterator<Item = usize> {
        self.fallback.iter().copied()
    }
}

impl Unless {
    fn new(pattern: &str) -> Self {
        Self { pattern: pattern.into(), search: OnceLock::new() }
    }

    fn is_in(&self, text: &[u8]) -> bool {
        let compile = || Search::new(&pattern::whole(&self.pattern)?, CACHE);
        self.search.get_or_init(compile).as_ref().is_some_and(|search| search.is_in(text))
    }
}

/// One pattern of a user's, within the limits that keep a bad one from costing seconds.
///
/// Most are good, and are only read and compiled as far as the limits need: a whole expression takes four times as long
/// to make. One that is not is made as a whole, for its error.
pub(super) fn check(pattern: &str) -> Result<(), regex::Error> {
    if is_within(pattern) {
        return Ok(());
    }
    let mut builder = RegexBuilder::new(pattern);
    builder.unicode(false).case_insensitive(true);
    builder.size_limit(SIZE).dfa_size_limit(2 << 20).nest_limit(NESTED).build().map(drop)
}

/// Whether a pattern can be read, and its automaton is within the bound.
fn is_within(pattern: &str) -> bool {
    let mut parser = ParserBuilder::new();
    parser.nest_limit(NESTED).unicode(false).utf8(false).case_insensitive(true);
    let config = thompson::Config::new().utf8(false).nfa_size_limit(Some(SIZE));
    let hir = parser.build().parse(pattern);
    hir.is_ok_and(|hir| thompson::Compiler::new().configure(config).build_from_hir(&hir).is_ok())
}

fn searched(text: &str) -> &[u8] {
    let bytes = text.as_bytes();
    bytes.get(..MAX_LINE).unwrap_or(bytes)
}

#[cfg(test)]
mod tests;
