//! General templates whose names are known well, and what else they stand for: names that tell problems apart elsewhere,
//! and titles of several words.

use super::{
    forest::{Forest, Id},
    places::{covers_loosely, quotes_a_name},
    shape::Shape,
};
use foldhash::HashMap;

/// Templates that a general one stands for when its names are known well.
const PROOF: usize = 3;
/// Words of its own that such a one has.
const SPEAKING: usize = 4;
/// The same, where what changes stands in quotes.
const QUOTING: usize = 3;
/// Templates of one family that a general one is compared with.
const MAX_TEMPLATES: usize = 4_000;
/// General templates of one family that a template is compared with.
const MAX_GENERAL: usize = 256;

/// Templates by their first words.
#[derive(Debug, Default)]
pub(super) struct Families {
    families: HashMap<u64, Family>,
    /// The first templates that a general one was seen to stand for.
    proof: HashMap<Id, Vec<Id>>,
}

#[derive(Debug, Default)]
struct Family {
    all: Vec<Id>,
    /// Those whose names are known well.
    general: Vec<Id>,
}

impl Families {
    /// Takes a template; those that it stands for, and the general ones that stand for it.
    pub(super) fn add(&mut self, id: Id, shape: &Shape, forest: &Forest) -> Vec<Id> {
        let family = self.families.entry(shape.family()).or_default();
        if family.all.len() < MAX_TEMPLATES {
            family.all.push(id);
        }
        let covers = |general: &&Id| {
            let node = forest.get(**general).filter(|_| **general != id);
            node.is_some_and(|node| covers_loosely(&node.shape, shape))
        };
        let mut found: Vec<Id> = family.general.iter().filter(covers).copied().collect();
        if quotes_a_name(shape) && shape.constants(&[]) >= QUOTING {
            found.extend(family.establish(id, shape, forest));
        }
        found
    }

    /// Notes templates that a general one stands for; once its names are known well, all that it stands for.
    pub(super) fn prove(&mut self, general: Id, members: &[Id], forest: &Forest) -> Vec<Id> {
        let proof = self.proof.entry(general).or_default();
        let before = proof.len();
        for member in members {
            if proof.len() < PROOF && !proof.contains(member) {
                proof.push(*member);
            }
        }
        let shape = forest.get(general).map(|node| &node.shape);
        let is_news = before < PROOF && proof.len() == PROOF;
        let Some(shape) = shape.filter(|s| is_news && s.constants(&[]) >= SPEAKING) else {
            return Vec::new();
        };
        let family = self.families.entry(shape.family()).or_default();
        family.establish(general, shape, forest)
    }
}

impl Family {
    /// From now on the names of this one are known well; all that it stands for.
    fn establish(&mut self, general: Id, shape: &Shape, forest: &Forest) -> Vec<Id> {
        if self.general.len() >= MAX_GENERAL || self.general.contains(&general) {
            return Vec::new();
        }
        self.general.push(general);
        let is_covered = |other: &&Id| {
            let node = forest.get(**other).filter(|_| **other != general);
            node.is_some_and(|node| covers_loosely(shape, &node.shape))
        };
        self.all.iter().filter(is_covered).copied().collect()
    }
}
