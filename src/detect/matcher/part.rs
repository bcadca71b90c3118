//! Patterns of one kind of line as one search: their branches, found by strings, and proven by their own expressions.

use super::{found::Found, index::Index, pattern, search::Search};
use std::{mem, sync::OnceLock};

/// Bound of the states of one branch, for each thread that searches.
const CACHE: usize = 1 << 20;

/// Branches of the patterns of some rules.
#[derive(Debug, Default)]
pub(super) struct Part {
    pub(super) index: Index,
    /// Ascending by rule.
    pub(super) branches: Vec<Branch>,
    pub(super) led: Led,
    /// Branches without a string to look for.
    pub(super) always: Vec<u32>,
}

/// By literal: the branches whose first clause has it.
#[derive(Debug, Default)]
pub(super) struct Led {
    /// Where in `branches` those of each literal end.
    ends: Vec<u32>,
    branches: Vec<u32>,
}

impl Led {
    /// Of pairs of a literal and a branch, for so many literals.
    pub(super) fn new(pairs: &[(u32, u32)], literals: usize) -> Self {
        let mut ends = vec![0; literals];
        for (literal, _) in pairs {
            ends[*literal as usize] += 1;
        }
        let mut sum = 0;
        for end in &mut ends {
            // For now, where they begin.
            sum += mem::replace(end, sum);
        }
        let mut branches = vec![0; pairs.len()];
        for (literal, branch) in pairs {
            let place = &mut ends[*literal as usize];
            branches[*place as usize] = *branch;
            *place += 1;
        }
        Self { ends, branches }
    }

    fn of(&self, literal: u32) -> &[u32] {
        let at = literal as usize;
        let first = at.checked_sub(1).map_or(0, |before| self.ends[before]);
        let end = self.ends.get(at).copied().unwrap_or(first);
        self.branches.get(first as usize..end as usize).unwrap_or_default()
    }
}

#[derive(Debug)]
pub(super) struct Branch {
    pub(super) rule: u32,
    /// Of each clause but the first, its literals in ascending order.
    clauses: Box<[Vec<u32>]>,
    /// How to prove it; `None` where a string is proof enough.
    proof: Option<Proof>,
}

impl Branch {
    /// `proof` is a piece of a pattern, and which of its branches this is.
    pub(super) fn new(rule: u32, clauses: Box<[Vec<u32>]>, proof: Option<(&str, u32)>) -> Self {
        let proof = proof.map(|(piece, branch)| Proof {
            piece: piece.into(),
            branch,
            search: OnceLock::new(),
        });
        Self { rule, clauses, proof }
    }

    /// Whether it has a string of every further clause among these.
    fn may_be_in(&self, literals: &[u32]) -> bool {
        let is_there = |clause: &Vec<u32>| literals.iter().any(|l| clause.binary_search(l).is_ok());
        self.clauses.iter().all(is_there)
    }
}

/// An expression that is compiled when it is needed.
#[derive(Debug)]
struct Proof {
    piece: Box<str>,
    /// Which branch of the piece.
    branch: u32,
    search: OnceLock<Option<Search>>,
}

impl Proof {
    fn is_in(&self, text: &[u8]) -> bool {
        let compile = || Search::new(&pattern::branch(&self.piece, self.branch as usize)?, CACHE);
        self.search.get_or_init(compile).as_ref().is_some_and(|search| search.is_in(text))
    }
}

impl Part {
    /// Rules that hit `text`.
    pub(super) fn search<'a>(&'a self, text: &'a [u8]) -> Hits<'a> {
        let mut literals = Found::default();
        self.index.search(text, |literal| literals.push(literal));
        literals.sort();
        let mut branches = Found::default();
        let mut last = None;
        for literal in literals.from(0) {
            if last.replace(*literal) != Some(*literal) {
                self.led.of(*literal).iter().for_each(|branch| branches.push(*branch));
            }
        }
        self.always.iter().for_each(|branch| branches.push(*branch));
        branches.sort();
        Hits { part: self, text, literals, branches, at: 0 }
    }

    #[cfg(test)]
    /// Branches that are tried on every line, as rule and text.
    pub(super) fn always(&self) -> impl Iterator<Item = (usize, &str)> {
        let branches = self.always.iter().filter_map(|at| self.branches.get(*at as usize));
        branches.map(|b| (b.rule as usize, b.proof.as_ref().map_or("", |proof| &proof.piece)))
    }
}

/// Rules that hit one text, in the order of their numbers; each is proven when it is asked for.
#[derive(Debug)]
pub(in crate::detect) struct Hits<'a> {
    part: &'a Part,
    text: &'a [u8],
    literals: Found,
    /// Those that one of the literals leads to; some are in it more than once.
    branches: Found,
    at: usize,
}

impl Iterator for Hits<'_> {
    type Item = usize;

    fn next(&mut self) -> Option<usize> {
        loop {
            let branches = self.branches.from(self.at);
            let number = *branches.first()?;
            self.at += branches.partition_point(|other| *other == number);
            let branch = self.part.branches.get(number as usize)?;
            if branch.may_be_in(self.literals.from(0))
                && branch.proof.as_ref().is_none_or(|proof| proof.is_in(self.text))
            {
                let next = self.part.branches.partition_point(|other| other.rule <= branch.rule);
                let branches = self.branches.from(self.at);
                self.at += branches.partition_point(|other| *other < next as u32);
                return Some(branch.rule as usize);
            }
        }
    }
}
