//! Patterns of one kind of line as one search: their branches, found by strings, and proven by their own expressions.

use super::{
    clauses::{MAX_CLAUSES, clauses},
    found::Found,
    index::{Index, Sought},
    pattern::{self, Branches, Meaning, Piece},
    strings::{Literal, Spelling, Strings},
    window::{self, Window},
};
use regex_automata::meta::Regex;
use regex_syntax::hir::Hir;
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
    /// A bit for each of its clauses.
    clauses: u8,
    /// How to prove it; `None` where a string is proof enough.
    proof: Option<Proof>,
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
#[derive(Debug)]
pub(super) struct Draft<'a> {
    clauses: Vec<Vec<(Literal, Window)>>,
    /// Piece and branch to prove it with.
    proof: Option<(&'a str, u32)>,
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
    literals: Vec<Sought<'a>>,
    part: Part,
}

impl<'a> Builder<'a> {
    /// Adds the pattern of a rule; rules come in order.
    pub(super) fn add(&mut self, rule: u32, drafts: &'a [Draft<'_>]) {
        for draft in drafts {
            let number = self.part.branches.len() as u32;
            for (clause, literals) in draft.clauses.iter().enumerate() {
                let tag = tag(number, clause);
                let sought = literals.iter().map(|(literal, window)| Sought {
                    literal,
                    window: *window,
                    tag,
                });
                self.literals.extend(sought);
            }
            if draft.clauses.is_empty() {
                self.part.always.push(tag(number, 0));
            }
            let proof = draft.proof.map(|(piece, branch)| Proof {
                piece: piece.into(),
                branch,
                regex: OnceLock::new(),
            });
            let clauses = (1 << draft.clauses.len().max(1)) - 1;
            self.part.branches.push(Branch { rule, clauses, proof });
        }
    }

    pub(super) fn build(self) -> Part {
        Part { index: Index::new(&self.literals), ..self.part }
    }
}

/// A clause of a branch as one number; in order of branches.
const fn tag(branch: u32, clause: usize) -> u32 {
    branch << 2 | clause as u32
}

const _: () = assert!(MAX_CLAUSES <= 4, "a tag has two bits for the clause");

impl Part {
    /// Rules that hit `text`.
    pub(super) fn search<'a>(&'a self, text: &'a [u8]) -> Hits<'a> {
        let mut found = Found::default();
        for tag in &self.always {
            found.push(*tag);
        }
        self.index.search(text, |tag| found.push(tag));
        found.sort();
        Hits { part: self, text, found, at: 0 }
    }

    #[cfg(test)]
    /// Branches that are tried on every line, as rule and text.
    pub(super) fn always(&self) -> impl Iterator<Item = (usize, &str)> {
        let branches = self.always.iter().filter_map(|tag| self.branches.get(*tag as usize >> 2));
        branches.map(|b| (b.rule as usize, b.proof.as_ref().map_or("", |proof| &proof.piece)))
    }
}

/// Rules that hit one text, in the order of their numbers; each is proven when it is asked for.
#[derive(Debug)]
pub(in crate::detect) struct Hits<'a> {
    part: &'a Part,
    text: &'a [u8],
    /// Tags of the clauses whose strings are in the text.
    found: Found,
    at: usize,
}

impl<'a> Hits<'a> {
    /// The next branch of which every clause was found.
    fn next_branch(&mut self) -> Option<&'a Branch> {
        loop {
            let tags = self.found.from(self.at);
            let number = tags.first()? >> 2;
            let of_branch = tags.iter().take_while(|tag| **tag >> 2 == number);
            let clauses = of_branch.fold(0, |clauses, tag| {
                self.at += 1;
                clauses | 1 << (tag & 3)
            });
            let branch = self.part.branches.get(number as usize)?;
            if clauses == branch.clauses {
                return Some(branch);
            }
        }
    }
}

impl Iterator for Hits<'_> {
    type Item = usize;

    fn next(&mut self) -> Option<usize> {
        loop {
            let branch = self.next_branch()?;
            if branch.proof.as_ref().is_none_or(|proof| proof.is_in(self.text)) {
                let next = self.part.branches.partition_point(|other| other.rule <= branch.rule);
                self.at += self.found.from(self.at).partition_point(|tag| (tag >> 2) < next as u32);
                return Some(branch.rule as usize);
            }
        }
    }
}
