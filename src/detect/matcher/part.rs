//! Patterns of one kind of line as one search: their branches, found by strings, and proven by their own expressions.

use super::{
    index::{Index, Sought},
    pattern::Pattern,
    strings::{Literal, Spelling, required},
    window::{self, Window},
};
use regex_automata::meta::Regex;
use std::sync::OnceLock;

/// Branches of the patterns of some rules.
#[derive(Debug, Default)]
pub(super) struct Part {
    index: Index,
    /// Ascending by rule.
    branches: Vec<Branch>,
    /// Branches without a string to look for.
    always: Vec<u32>,
}

#[derive(Debug)]
struct Branch {
    rule: u32,
    /// Its place in the pattern.
    number: u32,
    /// Whether its strings are all it can match.
    is_exact: bool,
    regex: OnceLock<Option<Box<Regex>>>,
}

/// A branch that was read, and not yet put with the others.
#[derive(Debug)]
pub(super) struct Draft {
    literals: Vec<(Literal, Window)>,
    is_exact: bool,
}

impl Draft {
    /// What to look for, for each branch of a pattern; nothing where it must be tried on every line.
    pub(super) fn all(pattern: &Pattern) -> Vec<Self> {
        let is_cased = pattern.is_cased;
        let exact = |hir| {
            let strings = Spelling::Exact { is_cased }.all(hir)?;
            with_windows(Literal::exact(&strings)?)
        };
        let shapes = |hir| {
            let required = required(hir, &window::cost)?;
            with_windows(required.strings.iter().map(|signs| Literal::of_shape(signs)).collect())
        };
        let draft = |hir| match exact(hir) {
            Some(literals) => Self { literals, is_exact: true },
            None => Self { literals: shapes(hir).unwrap_or_default(), is_exact: false },
        };
        pattern.branches.iter().map(draft).collect()
    }
}

fn with_windows(literals: Vec<Literal>) -> Option<Vec<(Literal, Window)>> {
    literals
        .into_iter()
        .map(|literal| Window::best(&literal).map(|window| (literal, window)))
        .collect()
}

/// Gathers patterns.
#[derive(Debug, Default)]
pub(super) struct Builder<'a> {
    literals: Vec<Sought<'a>>,
    part: Part,
}

impl<'a> Builder<'a> {
    /// Adds the pattern of a rule; rules come in order.
    pub(super) fn add(&mut self, rule: u32, drafts: &'a [Draft]) {
        for (number, draft) in drafts.iter().enumerate() {
            let (number, tag) = (number as u32, self.part.branches.len() as u32);
            let Draft { literals, is_exact } = draft;
            let sought =
                |(literal, window): &'a (Literal, Window)| Sought { literal, window: *window, tag };
            self.literals.extend(literals.iter().map(sought));
            // An exact one without literals can match nothing.
            if literals.is_empty() && !is_exact {
                self.part.always.push(tag);
            }
            let branch = Branch { rule, number, is_exact: *is_exact, regex: OnceLock::new() };
            self.part.branches.push(branch);
        }
    }

    pub(super) fn build(self) -> Part {
        Part { index: Index::new(&self.literals), ..self.part }
    }
}

impl Part {
    /// Rules that hit `text`. `patterns` are those of all rules, by number.
    pub(super) fn search<'a>(
        &'a self,
        text: &'a [u8],
        patterns: &'a [Option<Box<str>>],
    ) -> Hits<'a> {
        let mut found = self.always.clone();
        self.index.search(text, |tag| found.push(tag));
        if found.len() > 1 {
            found.sort_unstable();
            found.dedup();
        }
        Hits { part: self, patterns, text, found, at: 0 }
    }

    #[cfg(test)]
    /// Branches that are tried on every line, as rule and place in its pattern.
    pub(super) fn always(&self) -> impl Iterator<Item = (usize, usize)> {
        let branches = self.always.iter().filter_map(|at| self.branches.get(*at as usize));
        branches.map(|branch| (branch.rule as usize, branch.number as usize))
    }
}

impl Branch {
    fn is_in(&self, text: &[u8], patterns: &[Option<Box<str>>]) -> bool {
        let regex = self.regex.get_or_init(|| {
            let pattern = patterns.get(self.rule as usize)?.as_deref()?;
            Some(Box::new(Pattern::parse(pattern).ok()?.compile(self.number as usize)?))
        });
        regex.as_ref().is_some_and(|regex| regex.is_match(text))
    }
}

/// Rules that hit one text, in the order of their numbers; each is proven when it is asked for.
#[derive(Debug)]
pub(in crate::detect) struct Hits<'a> {
    part: &'a Part,
    patterns: &'a [Option<Box<str>>],
    text: &'a [u8],
    /// Branches whose strings are in the text, ascending.
    found: Vec<u32>,
    at: usize,
}

impl Iterator for Hits<'_> {
    type Item = usize;

    fn next(&mut self) -> Option<usize> {
        let branch = |at: &u32| self.part.branches.get(*at as usize);
        loop {
            let rest = self.found.get(self.at..)?;
            let rule = branch(rest.first()?)?.rule;
            let of_rule = rest.iter().map_while(branch).take_while(|branch| branch.rule == rule);
            let count = of_rule.clone().count();
            self.at += count;
            let is_hit = of_rule.clone().any(|branch| branch.is_exact)
                || of_rule.clone().any(|branch| branch.is_in(self.text, self.patterns));
            if is_hit {
                return Some(rule as usize);
            }
        }
    }
}
