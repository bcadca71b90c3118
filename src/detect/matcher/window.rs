//! Four bytes of a shape that lines are searched for: where a word starts, or before it ends.

use super::{
    common,
    strings::{Literal, Sign},
};
use std::{array, slice};

/// Bytes of a window.
pub(super) const WIDTH: usize = 4;

/// Where in a text a window can be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// Its first byte starts a word.
    Start,
    /// Its last byte ends a word, of which it is not the whole.
    End,
    /// It is somewhere in a word. There are many such places.
    Inside,
}

/// Four bytes of a literal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Window {
    pub(super) place: Place,
    bytes: [u8; WIDTH],
    /// Whether the last byte is behind the literal, and so can be any.
    is_short: bool,
    /// Where in the literal it starts.
    pub(super) at: usize,
}

impl Window {
    /// All windows that are in every text that has the literal.
    fn all(literal: &Literal) -> impl Iterator<Item = Self> {
        let shape = literal.shape();
        let is_open = literal.left.is_edge || literal.left.is_limit;
        (0..shape.len().saturating_sub(WIDTH - 2)).filter_map(move |at| {
            let known = shape.get(at..shape.len().min(at + WIDTH))?;
            let is_short = known.len() < WIDTH;
            let before = at.checked_sub(1).map(|before| shape[before] != b' ');
            let is_in_word = !is_short && !known.contains(&b' ');
            let place = if known[0] != b' ' && !before.unwrap_or(!is_open) {
                Place::Start
            } else if is_in_word && before == Some(true) && shape.get(at + WIDTH) == Some(&b' ') {
                Place::End
            } else if is_in_word {
                Place::Inside
            } else {
                return None;
            };
            let bytes = array::from_fn(|by| known.get(by).copied().unwrap_or(b' '));
            Some(Self { place, bytes, is_short, at })
        })
    }

    /// The one that costs least to look for.
    pub(super) fn best(literal: &Literal) -> Option<Self> {
        Self::all(literal).min_by_key(Self::cost)
    }

    /// How often it is found in a million words of logs where it is nothing.
    pub(super) fn cost(&self) -> u32 {
        let found = match self.place {
            _ if self.is_short => SHORT,
            Place::Inside => INSIDE + common::frequency(Place::End, self.bytes),
            place => common::frequency(place, self.bytes),
        };
        1 + found
    }

    /// All that can be in its place, each as a number with the first byte lowest.
    pub(super) fn keys(&self) -> impl Iterator<Item = u32> {
        let [first, second, third, last] = &self.bytes;
        let lasts = if self.is_short { EVERY } else { slice::from_ref(last) };
        lasts.iter().map(|last| u32::from_le_bytes([*first, *second, *third, *last]))
    }
}

/// Every byte that a shape can have.
const EVERY: &[u8] = b" abcdefghijklmnopqrstuvwxyz0123456789\x7f";
/// Instead of the frequency of three bytes.
const SHORT: u32 = 3_000;
/// Added for having to look at all places of a word.
const INSIDE: u32 = 100_000;

/// What it costs to look for a shape; `None` where it has no window.
pub(super) fn cost(shape: &[Sign]) -> Option<u32> {
    Window::best(&Literal::of_shape(shape)).map(|window| window.cost())
}
