//! Patterns of one kind of line as one search: their branches, found by strings, and proven by their own expressions.

use super::{
    clauses::clauses,
    fnv::BuildFnv,
    found::Found,
    index::{Index, Sought},
    pattern::{self, Branches, Meaning, Piece},
    strings::{Literal, Spelling, Strings},
    window::{self, Window},
};
use regex_automata::meta::Regex;
use regex_syntax::hir::Hir;
use std::{collections::HashMap, sync::OnceLock};

/// Branches of the patterns of some rules.
#[derive(Debug, Default)]
pub(super) struct Part {
    index: Index,
    /// Ascending by rule.
    branches: Vec<Branch>,
    /// By literal: the branches whose first clause has it.
    led: Vec<Vec<u32>>,
    /// Branches without a string to look for.
    always: Vec<u32>,
}

#[derive(Debug)]
struct Branch {
    rule: u32,
    /// Of each clause but the first, its literals in ascending order.
    clauses: Box<[Vec<u32>]>,
    /// How to prove it; `None` where a string is proof enough.
    proof: Option<Proof>,
}

impl Branch {
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
    regex: OnceLock<Option<Box<Regex>>>,
}

impl Proof {
    fn is_in(&self, text: &[u8]) -> bool {
        let compile = || pattern::compile(&self.piece, self.branch as usize).map(Box::new);
        self.regex.get_or_init(compile).as_ref().is_some_and(|regex| regex.is_match(text))
    }
}

/// A branch that was read, and not yet put with the others.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Draft<'a> {
    /// Of each of these, a line must have a literal.
    pub(super) clauses: Vec<Vec<(Literal, Window)>>,
    /// Piece and branch to prove it with.
    pub(super) proof: Option<(&'a str, u32)>,
}

impl<'a> Draft<'a> {
    /// What to look for, for each branch of a pattern.
    pub(super) fn all(pattern: &'a str) -> Result<Vec<Self>, regex::Error> {
        let mut drafts = Vec::new();
        for Piece { text, meaning } in pattern::parse(pattern)? {
            match meaning {
                Meaning::Plain(literal) => {
                    let clauses = with_windows(vec![literal]).into_iter().collect::<Vec<_>>();
                    let proof = clauses.is_empty().then_some((text, 0));
                    drafts.push(Self { clauses, proof });
                }
                Meaning::Branches(Branches { all, is_cased }) => {
                    let branches = all.iter().zip(0..);
                    drafts
                        .extend(branches.map(|(hir, at)| Self::branch(hir, is_cased, (text, at))));
                }
            }
        }
        Ok(drafts)
    }

    fn branch(hir: &Hir, is_cased: bool, proof: (&'a str, u32)) -> Self {
        let strings = Spelling::Exact { is_cased }.all(hir);
        let exact = strings.and_then(|strings| Literal::exact(&strings)).and_then(with_windows);
        if let Some(clause) = exact {
            return Self { clauses: vec![clause], proof: None };
        }
        let of_shapes = |strings: Strings| {
            with_windows(strings.iter().map(|signs| Literal::of_shape(signs)).collect())
        };
        let clauses = clauses(hir, &window::cost).into_iter().filter_map(of_shapes).collect();
        Self { clauses, proof: Some(proof) }
    }
}

fn with_windows(literals: Vec<Literal>) -> Option<Vec<(Literal, Window)>> {
    let with_window = |literal| Window::best(&literal).map(|window| (literal, window));
    literals.into_iter().map(with_window).collect()
}

/// Gathers patterns.
#[derive(Debug, Default)]
pub(super) struct Builder<'a> {
    sought: Vec<Sought<'a>>,
    numbers: HashMap<&'a Literal, u32, BuildFnv>,
    part: Part,
}

impl<'a> Builder<'a> {
    /// For so many literals, counted in each clause that has them.
    pub(super) fn with_capacity(literals: usize) -> Self {
        let numbers = HashMap::with_capacity_and_hasher(literals, BuildFnv::default());
        Self { numbers, sought: Vec::with_capacity(literals), ..Self::default() }
    }

    /// Adds the pattern of a rule; rules come in order.
    pub(super) fn add(&mut self, rule: u32, drafts: &'a [Draft<'_>]) {
        for draft in drafts {
            let branch = self.part.branches.len() as u32;
            let mut clauses = draft.clauses.iter().map(|literals| self.numbers_of(literals));
            let first = clauses.next();
            let clauses = clauses.collect();
            match first {
                Some(literals) => {
                    for literal in literals {
                        self.part.led[literal as usize].push(branch);
                    }
                }
                None => self.part.always.push(branch),
            }
            let proof = draft.proof.map(|(piece, branch)| Proof {
                piece: piece.into(),
                branch,
                regex: OnceLock::new(),
            });
            self.part.branches.push(Branch { rule, clauses, proof });
        }
    }

    /// The numbers of some literals, in ascending order; equal ones of all branches have one number.
    fn numbers_of(&mut self, literals: &'a [(Literal, Window)]) -> Vec<u32> {
        let number = |(literal, window): &'a (Literal, Window)| {
            *self.numbers.entry(literal).or_insert_with(|| {
                let number = self.sought.len() as u32;
                self.sought.push(Sought { literal, window: *window, number });
                self.part.led.push(Vec::new());
                number
            })
        };
        let mut numbers: Vec<u32> = literals.iter().map(number).collect();
        numbers.sort_unstable();
        numbers.dedup();
        numbers
    }

    pub(super) fn build(self) -> Part {
        Part { index: Index::new(&self.sought), ..self.part }
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
                let led = self.led.get(*literal as usize);
                led.into_iter().flatten().for_each(|branch| branches.push(*branch));
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
