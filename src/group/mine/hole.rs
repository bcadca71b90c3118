//! Templates that are equal but for some words, and whether those words show that names stand there.

use super::{
    forest::{Forest, Id},
    places::{is_state, is_value},
    shape::Shape,
    word::{has_variable, is_code, is_label, is_plain, is_proper, is_thing},
};

/// Templates that wait in a hole of several places where one of them never changed.
const MAX_MEMBERS: usize = 32;
/// Words that a place among several has shown before it is one for names.
const VALUES: usize = 3;
/// Words of its own that a long template has beside its names.
const LONG: usize = 5;

/// How many different words in one hole show that it holds names.
mod evidence {
    /// One of them is a variable by its looks.
    pub(super) const VARIABLE: usize = 2;
    /// The word before the hole is one that names follow, all of them look like identifiers, or much of the template
    /// stays.
    pub(super) const SLOT: usize = 3;
    /// Any words, where some of the template stays.
    pub(super) const SEVERAL: usize = 5;
    /// Any words.
    pub(super) const MANY: usize = 8;
    /// Any words, where most of the template stays; an identifier among them where names follow.
    pub(super) const LEAST: usize = 2;
}

/// Templates that are equal but for some words.
#[derive(Debug, Default)]
pub(super) struct Hole {
    members: Vec<Id>,
    /// Those that are no sign of names.
    things: Vec<Id>,
    looks: Looks,
    /// Not all that are no sign are so for a plain word at their head.
    has_thing: bool,
    /// Of several places, those where the members differ.
    varying: Vec<usize>,
}

/// What words have stood in a hole.
#[derive(Debug, Default)]
struct Looks {
    has_variable: bool,
    has_proper: bool,
    has_prose: bool,
}

impl Hole {
    /// Takes a template with names at these places and so many words beside them; `false` where it has it.
    pub(super) fn add(
        &mut self,
        id: Id,
        shape: &Shape,
        places: &[usize],
        constants: usize,
    ) -> bool {
        if self.members.contains(&id) {
            return false;
        }
        let words = || places.iter().map(|&at| shape.word(at));
        let is_label = |word| constants >= LONG && is_label(word);
        let is_sign = |at: &usize| {
            let word = shape.word(*at);
            is_value(shape, *at)
                || is_state(shape, *at)
                || !is_thing(word) && (!is_code(word) || is_label(word))
        };
        // A plain word at the head is hardly ever a name; where others are, it is one as well.
        if places.first() == Some(&0) && is_plain(shape.word(0)) {
            self.things.push(id);
        } else if places.iter().all(is_sign) {
            self.looks.has_proper |= places.len() == 1 && words().all(is_proper);
            self.members.push(id);
            self.looks.has_variable |= places.len() == 1 && words().any(has_variable);
            self.looks.has_prose |= words().any(|word| !has_variable(word) && !is_proper(word));
        } else {
            self.has_thing = true;
            self.things.push(id);
        }
        true
    }

    /// Takes a template with a title in this hole.
    pub(super) fn add_title(&mut self, id: Id) -> bool {
        let is_new = !self.members.contains(&id);
        if is_new {
            self.members.push(id);
        }
        is_new
    }

    /// Whether its words show that it holds names. The more of a template stays, the less it takes: two long messages
    /// that differ in one word are hardly ever two formats.
    pub(super) fn is_enough(&self, constants: usize, is_slot: bool) -> bool {
        let enough = match (is_slot, self.looks.has_prose, constants) {
            _ if self.looks.has_variable => return self.members.len() >= evidence::VARIABLE,
            (false, _, ..3) => return false,
            (true, _, 3..=LONG) if self.looks.has_proper => evidence::LEAST,
            (true, _, ..=LONG) | (false, false, 3) | (_, true, 6..=7) => evidence::SLOT,
            (false, true, 4..=LONG) if self.looks.has_proper => evidence::SLOT,
            (false, true, 4..=LONG) => evidence::SEVERAL,
            (false, true, 3) => evidence::MANY,
            _ => evidence::LEAST,
        };
        // Things are no sign by themselves; beside a name in a long template they are one.
        let is_long = constants > LONG || is_slot && constants == LONG;
        let things = usize::from(is_long && !self.members.is_empty() && self.has_thing);
        self.members.len() + things >= enough
    }

    /// Takes a template with one of few words in this hole, which holds no others; whether it has two of them now.
    pub(super) fn add_choice(&mut self, id: Id) -> bool {
        self.add_title(id) && self.members.len() >= evidence::VARIABLE
    }

    /// All that wait in it, which it forgets.
    pub(super) fn take(&mut self) -> Vec<Id> {
        let mut members = std::mem::take(&mut self.members);
        members.append(&mut self.things);
        members
    }

    /// Where the templates in a hole of these places differ, when that are not all of them; and those that are to be
    /// looked at again, because that is news.
    pub(super) fn narrowed(
        &mut self,
        forest: &Forest,
        places: &[usize],
    ) -> Option<(Vec<usize>, Vec<Id>)> {
        let mut again = Vec::new();
        if self.members.len() <= MAX_MEMBERS {
            let varying = self.varying(forest, places);
            if varying != self.varying {
                again.extend(self.members.iter().chain(&self.things));
                self.varying = varying;
            }
        }
        if self.varying.len() == places.len() {
            return None;
        }
        self.members.truncate(MAX_MEMBERS + 1);
        self.things.truncate(MAX_MEMBERS);
        Some((self.varying.clone(), again))
    }

    /// A place varies that has shown several words, or two of which one is no word of a sentence, each of them beside the
    /// same two in another place: what belongs to the message does not change freely.
    fn varying(&self, forest: &Forest, places: &[usize]) -> Vec<usize> {
        let members: Vec<_> = self.members.iter().filter_map(|id| forest.get(*id)).collect();
        let words = |at: usize| members.iter().map(move |node| node.shape.word(at));
        let differ = |at: usize| {
            let mut seen = Vec::with_capacity(VALUES);
            for word in words(at) {
                if seen.len() < VALUES && !seen.contains(&word) {
                    seen.push(word);
                }
            }
            seen.len()
        };
        let is_crossed = |at: usize, other: usize| {
            let pairs: Vec<_> = words(at).zip(words(other)).collect();
            pairs.iter().any(|&(a, x)| {
                pairs.iter().any(|&(b, y)| {
                    a != b && x != y && pairs.contains(&(a, y)) && pairs.contains(&(b, x))
                })
            })
        };
        let varies = |at: &usize| match differ(*at) {
            VALUES.. => true,
            2 => {
                words(*at).any(|word| has_variable(word) || is_proper(word))
                    && places.iter().any(|&other| other != *at && is_crossed(*at, other))
            }
            _ => false,
        };
        places.iter().copied().filter(varies).collect()
    }
}
