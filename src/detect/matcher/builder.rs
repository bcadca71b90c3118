//! Makes one search of the patterns of some rules: those that are baked, and those that were read.

use super::{
    baked::Reader,
    draft::Draft,
    fnv::BuildFnv,
    index::Index,
    part::{Branch, Led, Part},
    strings::Literal,
    table::Sought,
    window::Window,
};
use std::collections::HashMap;

/// Gathers patterns.
#[derive(Debug, Default)]
pub(super) struct Builder<'a> {
    /// Finds the literals that are baked.
    index: Index,
    /// How many these are; those of `sought` have the next numbers.
    baked: u32,
    sought: Vec<Sought>,
    numbers: HashMap<&'a Literal, u32, BuildFnv>,
    branches: Vec<Branch>,
    /// Literals, and the branches whose first clause has them.
    led: Vec<(u32, u32)>,
    always: Vec<u32>,
}

impl<'a> Builder<'a> {
    /// Starts with patterns that are baked; `live` tells by their number who has them now, if anybody has: the rule, and
    /// the pattern itself.
    pub(super) fn read(
        image: &mut Reader<'_>,
        live: impl Fn(usize) -> Option<(u32, &'a str)>,
    ) -> Self {
        let (index, baked) = (Index::read(image), image.number());
        let branches = image.number();
        // Few literals lead to more than one branch.
        let led = Vec::with_capacity((baked + branches) as usize);
        let room = Vec::with_capacity(branches as usize);
        let mut builder = Self { index, baked, branches: room, led, ..Self::default() };
        for _ in 0..branches {
            let owner = live(image.number() as usize);
            let proof = image.proof();
            let mut clauses = (0..image.number()).map(|_| image.numbers());
            let (first, clauses) = (clauses.next(), clauses.collect());
            if let Some((rule, pattern)) = owner {
                let piece = proof.and_then(|(piece, branch)| Some((pattern.get(piece)?, branch)));
                builder.push(first, Branch::new(rule, clauses, piece));
            }
        }
        builder
    }

    /// Adds the pattern of a rule.
    pub(super) fn add(&mut self, rule: u32, drafts: &'a [Draft<'_>]) {
        for draft in drafts {
            let mut clauses = draft.clauses.iter().map(|literals| self.numbers_of(literals));
            let (first, clauses) = (clauses.next(), clauses.collect());
            self.push(first, Branch::new(rule, clauses, draft.proof));
        }
    }

    fn push(&mut self, first: Option<Vec<u32>>, branch: Branch) {
        let number = self.branches.len() as u32;
        match first {
            Some(literals) => {
                self.led.extend(literals.into_iter().map(|literal| (literal, number)));
            }
            None => self.always.push(number),
        }
        self.branches.push(branch);
    }

    /// The numbers of some literals, in ascending order; equal ones of all branches have one number.
    fn numbers_of(&mut self, literals: &'a [(Literal, Window)]) -> Vec<u32> {
        let number = |(literal, window): &'a (Literal, Window)| {
            *self.numbers.entry(literal).or_insert_with(|| {
                let number = self.baked + self.sought.len() as u32;
                self.sought.push(Sought { literal: literal.clone(), window: *window, number });
                number
            })
        };
        let mut numbers: Vec<u32> = literals.iter().map(number).collect();
        numbers.sort_unstable();
        numbers.dedup();
        numbers
    }

    pub(super) fn build(mut self) -> Part {
        let mut order: Vec<usize> = (0..self.branches.len()).collect();
        order.sort_by_key(|at| self.branches[*at].rule);
        let mut places = vec![0; order.len()];
        for (place, at) in (0..).zip(order) {
            places[at] = place;
        }
        let place = |branch: &mut u32| *branch = places[*branch as usize];
        self.led.iter_mut().for_each(|(_, branch)| place(branch));
        self.always.iter_mut().for_each(place);
        self.branches.sort_by_key(|branch| branch.rule);
        self.index.extend(&self.sought);
        Part {
            index: self.index,
            led: Led::new(&self.led, self.baked as usize + self.sought.len()),
            branches: self.branches,
            always: self.always,
        }
    }
}
