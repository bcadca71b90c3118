//! What a pattern asks of a line: one of some strings, and a proof where that is not enough.

use super::{
    clauses::clauses,
    pattern::{self, Branches, Meaning, Piece},
    strings::{Literal, Spelling, Strings},
    window::{self, Window},
};
use regex_syntax::hir::Hir;

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
