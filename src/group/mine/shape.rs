//! A template cut into words, with hashes that say at once what it would be with one word left out.

use super::word::is_constant;
use crate::group::mask::MAX_TOKENS;
use std::ops::Range;

/// What stands where templates differ.
pub(in crate::group) const WILD: &str = "<*>";

/// A template, cut into words and what stands between them.
#[derive(Debug, Clone)]
pub(super) struct Shape {
    text: Box<str>,
    words: Box<[(u16, u16)]>,
    /// A bit for each word with text of its own.
    constants: u128,
    /// Hash of what stands between the words, and of the scope; equal for templates that could be one.
    frame: u64,
    /// Hash of the first word, and of the scope.
    family: u64,
    /// Hash of everything.
    sum: u64,
}

impl Shape {
    /// Cuts a template; only templates of one `scope` are ever equal.
    pub(super) fn new(text: &str, scope: u64) -> Self {
        let words = cut(text);
        let mut frame = mix(scope, words.len() as u64);
        let mut from = 0;
        for &(start, end) in &words {
            frame = mix(frame, hash(slice(text, from..start as usize)));
            from = end as usize;
        }
        frame = mix(frame, hash(slice(text, from..text.len())));
        let mut shape = Self {
            text: text.into(),
            words: words.into(),
            constants: 0,
            frame,
            family: 0,
            sum: frame,
        };
        shape.family = mix(scope, hash(shape.word(0)));
        let constants = (0..shape.len()).filter(|&at| is_constant(shape.word(at)));
        shape.constants = constants.fold(0, |bits, at| bits | bit(at));
        let sum = (0..shape.len()).map(|at| term(at, shape.word(at)));
        shape.sum = sum.fold(frame, u64::wrapping_add);
        shape
    }

    pub(super) fn text(&self) -> &str {
        &self.text
    }

    pub(super) fn len(&self) -> usize {
        self.words.len()
    }

    pub(super) fn word(&self, at: usize) -> &str {
        self.words.get(at).map_or("", |&(start, end)| slice(&self.text, start.into()..end.into()))
    }

    /// What stands before a word, behind the one before it; behind the last one for the number of words.
    pub(super) fn gap(&self, at: usize) -> &str {
        let from = at.checked_sub(1).and_then(|at| self.words.get(at)).map_or(0, |word| word.1);
        let to = self.words.get(at).map_or(self.text.len(), |word| word.0.into());
        slice(&self.text, from.into()..to)
    }

    pub(super) fn words(&self) -> impl Iterator<Item = &str> {
        (0..self.len()).map(|at| self.word(at))
    }

    pub(super) const fn frame(&self) -> u64 {
        self.frame
    }

    pub(super) const fn family(&self) -> u64 {
        self.family
    }

    pub(super) const fn sum(&self) -> u64 {
        self.sum
    }

    /// How many words have text of their own, without those at these places.
    pub(super) fn constants(&self, places: &[usize]) -> usize {
        let without = places.iter().fold(0, |bits, at| bits | bit(*at));
        (self.constants & !without).count_ones() as usize
    }

    pub(super) fn is_wild(&self, at: usize) -> bool {
        self.word(at) == WILD
    }

    /// The hash of this template without the words at these places.
    pub(super) fn without(&self, places: &[usize]) -> u64 {
        places.iter().fold(self.sum, |sum, &at| {
            sum.wrapping_sub(term(at, self.word(at))).wrapping_add(term(at, WILD))
        })
    }

    /// This template with one hole for all words from one to another.
    pub(super) fn text_without_span(&self, (from, to): (usize, usize)) -> String {
        let range =
            |at: usize| self.words.get(at).map_or((0, 0), |&(from, to)| (from.into(), to.into()));
        let (before, behind) =
            (slice(&self.text, 0..range(from).0), slice(&self.text, range(to).1..self.text.len()));
        [before, WILD, behind].concat()
    }

    /// This template without the words at these places, which are in order.
    pub(super) fn text_without(&self, places: &[usize]) -> String {
        let mut text = String::with_capacity(self.text.len());
        let mut from = 0;
        for &(start, end) in places.iter().filter_map(|&at| self.words.get(at)) {
            text.push_str(slice(&self.text, from..start.into()));
            text.push_str(WILD);
            from = end.into();
        }
        text.push_str(slice(&self.text, from..self.text.len()));
        text
    }
}

fn bit(at: usize) -> u128 {
    u32::try_from(at).ok().and_then(|at| 1_u128.checked_shl(at)).unwrap_or_default()
}

fn term(at: usize, word: &str) -> u64 {
    mix(hash(word), at as u64 + 1)
}

fn slice(text: &str, range: Range<usize>) -> &str {
    text.get(range).unwrap_or_default()
}

/// Where the words of a template stand. Punctuation at their end is not part of them; placeholders are.
fn cut(text: &str) -> Vec<(u16, u16)> {
    let mut words = Vec::with_capacity(24);
    let mut start = None;
    let end_of = |text: &str| text.trim_end_matches(['.', ':', '!', '?', '*', '…']).len();
    let mut push = |from: usize, to: usize| {
        let length = end_of(slice(text, from..to));
        if length > 0 && words.len() < MAX_TOKENS {
            words.push((from as u16, (from + length) as u16));
        }
    };
    // Up to here, brackets belong to the word: `LOCAL(<num>)`.
    let mut call = 0;
    for (at, c) in text.char_indices().take_while(|(at, _)| *at < usize::from(u16::MAX)) {
        if at < call {
            continue;
        }
        if c == '(' && start.is_some() {
            call = call_end(text, at);
            if call > at {
                continue;
            }
        }
        let is_between = c.is_whitespace()
            || matches!(
                c,
                '(' | ')' | '[' | ']' | '{' | '}' | ',' | ';' | '|' | '"' | '\'' | '`' | '='
            );
        match (is_between, start) {
            (true, Some(from)) if c == ' ' && goes_on(slice(text, from..at), text, at) => {}
            (true, Some(from)) => {
                push(from, at);
                start = None;
            }
            (false, None) => start = Some(at),
            _ => {}
        }
    }
    if let Some(from) = start {
        push(from, text.len().min(usize::from(u16::MAX)));
    }
    words
}

/// Whether the space after a word is part of it: `/srv/a b.txt` is one path.
fn goes_on(word: &str, text: &str, space: usize) -> bool {
    if !word.contains('/') && !word.ends_with("<path>") {
        return false;
    }
    let next =
        slice(text, space + 1..text.len()).split([' ', ',', ')', ']', '}', '"', '\'']).next();
    let next = next.unwrap_or_default().trim_end_matches(['.', ':', ';']);
    next.rsplit_once('.').is_some_and(|(stem, end)| {
        let is_end = (2..=4).contains(&end.len())
            && end.starts_with(|c: char| c.is_ascii_lowercase())
            && end.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
        is_end
            && !stem.is_empty()
            && stem.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b))
    })
}

/// Behind the bracket that closes the one at `open`, where there are few signs and no space between; else `open`.
fn call_end(text: &str, open: usize) -> usize {
    let inner = slice(text, open + 1..text.len());
    let length = inner.bytes().take(32).take_while(|b| !b" ()[]{}=,;\"".contains(b)).count();
    if inner.as_bytes().get(length) == Some(&b')') { open + length + 2 } else { open }
}

/// A quick hash; equal on every machine.
pub(super) fn hash(text: &str) -> u64 {
    let mut hash = text.len() as u64;
    for chunk in text.as_bytes().chunks(8) {
        let mut bytes = [0; 8];
        bytes[..chunk.len()].copy_from_slice(chunk);
        hash = mix(hash, u64::from_le_bytes(bytes));
    }
    hash
}

pub(super) const fn mix(hash: u64, with: u64) -> u64 {
    let wide = ((hash ^ 0x9e37_79b9_7f4a_7c15) as u128)
        .wrapping_mul((with ^ 0xd6e8_feb8_6659_fd93) as u128);
    (wide as u64) ^ ((wide >> 64) as u64) ^ with.rotate_left(23)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_cut_without_their_punctuation() {
        let shape = Shape::new("Failed for \"<str>\": user=<val>, a.b.c (x).", 0);
        let words: Vec<_> = shape.words().collect();
        assert_eq!(words, ["Failed", "for", "<str>", "user", "<val>", "a.b.c", "x"]);
        let shape = Shape::new("to LOCAL(<num>), f( x) g(a b)", 0);
        let words: Vec<_> = shape.words().collect();
        assert_eq!(words, ["to", "LOCAL(<num>)", "f", "x", "g", "a", "b"]);
    }

    #[test]
    fn a_word_left_out_leaves_the_same_hash_in_both() {
        let (a, b) = (Shape::new("user ann left", 1), Shape::new("user bob left", 1));
        assert_ne!(a.sum(), b.sum());
        assert_eq!(a.without(&[1]), b.without(&[1]));
        assert_eq!(a.text_without(&[1]), "user <*> left");
        assert_eq!(Shape::new("user <*> left", 1).sum(), a.without(&[1]));
        assert_ne!(Shape::new("user <*> left", 2).sum(), a.without(&[1]));
        assert_ne!(Shape::new("left ann user", 1).sum(), Shape::new("user ann left", 1).sum());
    }
}
