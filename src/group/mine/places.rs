//! Where names may stand in a template, and what is left of it without them.

use super::{
    shape::{Shape, WILD},
    word::{
        is_bare, is_choice, is_class, is_code, is_label, is_plain, is_telling, may_be_name,
        may_lead, stands_before_deed, stands_before_name,
    },
};

/// A message of more words of its own may begin with a name.
const LONG: usize = 5;

/// Where names may stand in a template, and whether the word before says so. The first word is hardly ever a name.
pub(super) fn places(shape: &Shape) -> Vec<(usize, bool)> {
    let is_long = shape.constants(&[]) > LONG;
    let leads = |word: &str| {
        may_lead(word) || is_long && (is_class(word) || word.contains(':') && is_label(word))
    };
    let mut is_head = true;
    let words = shape.words().enumerate().filter(|&(_, word)| {
        let was_head = is_head;
        is_head &= is_bare(word);
        !was_head || if is_bare(word) { is_long } else { leads(word) }
    });
    let is_place = |(at, word): (usize, &str)| {
        if shape.is_wild(at) {
            return None;
        }
        let before = at.checked_sub(2).map(|at| shape.word(at));
        if at > 0 && is_plain(word) && stands_before_deed(shape.word(at - 1), before) {
            return None;
        }
        let is_value = is_value(shape, at);
        let is_slot = is_value || at > 0 && stands_before_name(shape.word(at - 1), before);
        let is_label = || is_label(word) && !(at > 0 && is_telling(shape.word(at - 1)));
        (may_be_name(word) || is_slot && is_code(word) || is_label() || is_value && is_choice(word))
            .then_some((at, is_slot))
    };
    words.filter_map(is_place).collect()
}

/// Whether a word is one of the values that a message lists by their keys, `command: find plan: IXSCAN`, `(password: NO)`.
pub(super) fn is_value(shape: &Shape, at: usize) -> bool {
    let follows = shape.gap(at + 1);
    at > 0
        && shape.gap(at) == ": "
        && !is_telling(shape.word(at - 1))
        && (follows.starts_with([',', ')', ']', '}', ';'])
            || follows == " " && shape.gap(at + 2).starts_with([':', '=']))
}

/// Whether a template is one of those that a general one stands for.
pub(super) fn covers(general: &Shape, shape: &Shape) -> bool {
    general.len() == shape.len()
        && general.words().zip(shape.words()).all(|(general, word)| {
            general == word || (general == WILD && (may_be_name(word) || is_label(word)))
        })
}
