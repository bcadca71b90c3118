//! The built-in patterns as they were read, written down: to read that takes a small part of the time.
//!
//! The image is made from the patterns by a test, which also says when it is old and how to renew it. A pattern that is
//! not in it, as those of users, is read as ever.

use super::fnv::Fnv;
use std::{hash::Hasher as _, ops::Range};

/// All patterns, each as its key and whether it may speak on quiet lines; then what is sought on all lines, then on quiet
/// ones: the index, the number of its literals, and the branches.
///
/// A branch is the number of its pattern; one more than its place in the piece that proves it, with the piece's start and
/// length, or just 0; its clauses, each of numbers of literals. Lists have their length before them. A number has seven
/// bits a byte, the lowest first, and the eighth where more follow.
const IMAGE: &[u8] = include_bytes!("baked.bin");

/// The image, its patterns known.
#[derive(Debug)]
pub(super) struct Baked {
    /// Key, number, and whether it may speak on quiet lines; ascending.
    patterns: Vec<(u64, usize, bool)>,
    /// Behind the patterns.
    pub(super) rest: Reader<'static>,
}

impl Baked {
    pub(super) fn built_in() -> Self {
        Self::new(IMAGE)
    }

    pub(super) fn new(image: &'static [u8]) -> Self {
        let mut rest = Reader(image);
        let count = rest.number() as usize;
        let mut patterns = Vec::with_capacity(count);
        for number in 0..count {
            let (key, is_quiet) = (u64::from_le_bytes(rest.array()), rest.number() > 0);
            patterns.push((key, number, is_quiet));
        }
        patterns.sort_unstable();
        Self { patterns, rest }
    }

    /// How many patterns there are.
    pub(super) const fn len(&self) -> usize {
        self.patterns.len()
    }

    /// The number of a pattern, and whether it may speak on quiet lines; `None` where it is not in the image.
    pub(super) fn number(&self, pattern: &str) -> Option<(usize, bool)> {
        let key = key(pattern);
        let at = self.patterns.binary_search_by_key(&key, |(key, ..)| *key).ok()?;
        self.patterns.get(at).map(|(_, number, is_quiet)| (*number, *is_quiet))
    }
}

/// Nobody gains from a second pattern with the key of one of ours: the rules that one can write are one's own.
fn key(pattern: &str) -> u64 {
    let mut hash = Fnv::default();
    hash.write(pattern.as_bytes());
    hash.finish()
}

/// Reads an image; behind its end all is 0 and empty.
#[derive(Debug, Clone, Copy)]
pub(super) struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    pub(super) const fn new(image: &'a [u8]) -> Self {
        Self(image)
    }

    pub(super) fn number(&mut self) -> u32 {
        let (mut number, mut bits) = (0, 0);
        while let Some((byte, rest)) = self.0.split_first() {
            self.0 = rest;
            number |= u32::from(byte & 0x7f).checked_shl(bits).unwrap_or(0);
            bits += 7;
            if *byte < 0x80 {
                break;
            }
        }
        number
    }

    /// So many bytes.
    pub(super) fn array<const N: usize>(&mut self) -> [u8; N] {
        let (taken, rest) = self.0.split_first_chunk().unwrap_or((&[0; N], &[]));
        self.0 = rest;
        *taken
    }

    pub(super) fn bytes(&mut self) -> &'a [u8] {
        let count = self.number() as usize;
        let (taken, rest) = self.0.split_at(count.min(self.0.len()));
        self.0 = rest;
        taken
    }

    /// Numbers of literals, ascending.
    pub(super) fn numbers(&mut self) -> Vec<u32> {
        (0..self.number()).map(|_| self.number()).collect()
    }

    /// The piece that proves a branch, and which branch of it that is.
    pub(super) fn proof(&mut self) -> Option<(Range<usize>, u32)> {
        let branch = self.number().checked_sub(1)?;
        let (first, length) = (self.number() as usize, self.number() as usize);
        Some((first..first + length, branch))
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::detect::{
        Rule, RuleSet,
        matcher::{draft::Draft, index::Index, table::Sought},
    };
    use std::{collections::HashMap, env, fs};

    /// The image of the patterns of some rules.
    pub(in crate::detect::matcher) fn image(rules: &[Rule]) -> Vec<u8> {
        let mut patterns: Vec<(&str, bool)> = Vec::new();
        for rule in rules {
            if let Some(pattern) = rule.pattern.as_deref()
                && patterns.iter().all(|(other, _)| *other != pattern)
            {
                patterns.push((pattern, rule.levels.has_quiet()));
            }
        }
        let mut image = Vec::new();
        number(&mut image, patterns.len());
        for (pattern, is_quiet) in &patterns {
            image.extend(key(pattern).to_le_bytes());
            number(&mut image, usize::from(*is_quiet));
        }
        let drafts = patterns.iter().map(|(pattern, _)| Draft::all(pattern).unwrap());
        let drafts: Vec<Vec<Draft<'_>>> = drafts.collect();
        for only_quiet in [false, true] {
            let belongs = |at: &usize| !only_quiet || patterns[*at].1;
            let numbers: Vec<usize> = (0..patterns.len()).filter(belongs).collect();
            part(&mut image, &numbers, &patterns, &drafts);
        }
        image
    }

    fn part(
        image: &mut Vec<u8>,
        numbers: &[usize],
        patterns: &[(&str, bool)],
        drafts: &[Vec<Draft<'_>>],
    ) {
        let branches = || numbers.iter().flat_map(|at| drafts[*at].iter().map(move |d| (*at, d)));
        let clauses = branches().flat_map(|(_, draft)| &draft.clauses);
        let (mut sought, mut places) = (Vec::new(), HashMap::new());
        for (literal, window) in clauses.flatten() {
            let number = places.len() as u32;
            places.entry(literal).or_insert_with(|| {
                sought.push(Sought { literal: literal.clone(), window: *window, number });
                number as usize
            });
        }
        let mut index = Index::default();
        index.extend(&sought);
        index.write(image);
        number(image, sought.len());
        number(image, branches().count());
        for (at, Draft { clauses, proof }) in branches() {
            number(image, at);
            number(image, proof.map_or(0, |(_, branch)| branch as usize + 1));
            if let Some((piece, _)) = proof {
                number(image, piece.as_ptr() as usize - patterns[at].0.as_ptr() as usize);
                number(image, piece.len());
            }
            number(image, clauses.len());
            for clause in clauses {
                let mut literals: Vec<usize> = clause.iter().map(|(l, _)| places[l]).collect();
                literals.sort_unstable();
                literals.dedup();
                number(image, literals.len());
                for literal in literals {
                    number(image, literal);
                }
            }
        }
    }

    pub(in crate::detect::matcher) fn number(image: &mut Vec<u8>, number: usize) {
        let mut rest = number;
        while rest >= 0x80 {
            image.push(rest as u8 | 0x80);
            rest >>= 7;
        }
        image.push(rest as u8);
    }

    #[test]
    fn the_image_is_what_the_patterns_say() {
        let want = image(RuleSet::builtin().0.rules());
        if env::var_os("DOGWATCH_RENEW").is_some() {
            let file = concat!(env!("CARGO_MANIFEST_DIR"), "/src/detect/matcher/baked.bin");
            fs::write(file, want).unwrap();
            return;
        }
        assert!(
            want == IMAGE,
            "patterns changed, or how they are read: run \
             `DOGWATCH_RENEW=1 cargo test --lib matcher::baked` and commit src/detect/matcher/baked.bin"
        );
    }

    #[test]
    fn numbers_are_read_as_they_were_written() {
        let mut image = Vec::new();
        let numbers = [0, 1, 0x7f, 0x80, 300, 0x3fff, 0x4000, 70_000, u32::MAX as usize];
        for n in numbers {
            number(&mut image, n);
        }
        let mut reader = Reader(&image);
        assert_eq!(numbers.map(|_| reader.number() as usize), numbers);
        assert_eq!(reader.number(), 0);
    }
}
