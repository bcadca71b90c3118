//! Where names may stand in a template, and what is left of it without them.

use super::{
    shape::{Shape, WILD},
    word::{
        has_variable, is_bare, is_capital, is_choice, is_class, is_code, is_constant, is_label,
        is_plain, is_proper, is_prose, is_telling, is_verb, may_be_in_title, may_be_name, may_lead,
        stands_before_deed, stands_before_name,
    },
};

/// What changes in quotes.
const QUOTED: &str = "<str>";

/// A message of more words of its own may begin with a name.
const LONG: usize = 5;

/// Where names may stand in a template, and whether the word before says so. The first word is hardly ever a name; a
/// plain one is only where others show it.
pub(super) fn places(shape: &Shape) -> Vec<(usize, bool)> {
    let is_long = shape.constants(&[]) > LONG;
    let leads = |word: &str| {
        may_lead(word) || is_long && (is_class(word) || word.contains(':') && is_label(word))
    };
    let mut is_head = true;
    let words = shape.words().enumerate().filter(|&(at, word)| {
        let was_head = is_head;
        is_head &= is_bare(word);
        !was_head
            || if is_bare(word) {
                is_long || is_constant(word) && is_verb(shape.word(at + 1))
            } else {
                leads(word) || at == 0 && is_plain(word)
            }
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
        let is_state = is_state(shape, at);
        let is_slot = is_value
            || is_state
            || is_instance(shape, at)
            || is_annotation(shape, at)
            || at > 0 && stands_before_name(shape.word(at - 1), before)
            || at > 1 && shape.word(at - 1) == "of" && is_proper(word);
        let is_label = || is_label(word) && !(at > 0 && is_telling(shape.word(at - 1)));
        (may_be_name(word)
            || is_state
            || is_slot && is_code(word)
            || is_label()
            || is_value && is_choice(word))
        .then_some((at, is_slot))
    };
    words.filter_map(is_place).collect()
}

/// Signs of a change between what was and what is; an equals sign before them is no part of a word.
const ARROWS: [&str; 4] = ["->", "-->", ">", "→"];

/// Whether a word is a state before or behind such a sign: `state change: CREATED => DELETING`.
pub(super) fn is_state(shape: &Shape, at: usize) -> bool {
    let is_arrow = |at: usize| ARROWS.contains(&shape.word(at));
    at > 0 && is_letters(shape.word(at)) && (is_arrow(at - 1) || is_arrow(at + 1))
}

/// Whether a word has letters alone, as the name of a state has.
fn is_letters(word: &str) -> bool {
    word.len() > 1 && word.bytes().all(|b| b.is_ascii_alphabetic() || b == b'_')
}

/// Whether a word is the name of what has a number behind it: `media_worker[17]`.
fn is_instance(shape: &Shape, at: usize) -> bool {
    shape.gap(at + 1) == "[" && shape.gap(at + 2).starts_with(']') && is_bare(shape.word(at + 1))
}

/// Whether a word in brackets is the name of what has its number before them: `process 17 (mailer)`.
fn is_annotation(shape: &Shape, at: usize) -> bool {
    annotates(shape, at) && shape.gap(at + 1).starts_with(')') && !is_code(shape.word(at))
}

/// Whether a bracket opens before this word that tells more of the number, or what else changes, before it.
fn annotates(shape: &Shape, at: usize) -> bool {
    at > 0
        && shape.gap(at) == " ("
        && is_bare(shape.word(at - 1))
        && !(at > 1 && is_telling(shape.word(at - 2)))
}

/// Words of a title.
const MAX_TITLE: usize = 6;

/// Where titles of several words may stand, first and last word: in quotes, or each with a capital.
pub(super) fn titles(shape: &Shape) -> Vec<(usize, usize)> {
    let mut titles = Vec::new();
    let mut at = 1;
    while at < shape.len() {
        let end = title_end(shape, at).filter(|end| (at + 1..at + MAX_TITLE).contains(end));
        let is_title = end.is_some_and(|end| (at..=end).all(|at| may_be_in_title(shape.word(at))));
        if is_title {
            titles.extend(end.map(|end| (at, end)));
        }
        at = end.filter(|_| is_title).unwrap_or(at) + 1;
    }
    titles
}

/// The last word of the title that begins at this word.
fn title_end(shape: &Shape, at: usize) -> Option<usize> {
    if is_telling(shape.word(at - 1)) {
        return None;
    }
    let gap = shape.gap(at);
    if let Some(quote) = gap.chars().next_back().filter(|c| matches!(c, '"' | '\'' | '`')) {
        return (at..shape.len()).find(|end| shape.gap(end + 1).contains(quote));
    }
    let is_plain = || shape.word(at - 1).bytes().all(|b| b.is_ascii_alphabetic());
    let is_begin = matches!(gap, " " | " (" | " [") && is_plain() || annotates(shape, at);
    if !is_begin {
        return None;
    }
    let before = at.checked_sub(2).map(|at| shape.word(at));
    let is_slot = stands_before_name(shape.word(at - 1), before);
    if is_capital(shape.word(at)) {
        let end = run(shape, at, |word| is_capital(word) || is_slot && is_joint(word));
        // What joins two words of a title does not end it.
        return (at..=end).rev().find(|end| is_capital(shape.word(*end)));
    }
    let is_part = |word: &str| may_be_in_title(word) && !is_prose(word) && !is_code(word);
    let end = run(shape, at, is_part);
    let is_telling = |at: usize| has_variable(shape.word(at)) || is_proper(shape.word(at));
    (is_slot && is_part(shape.word(at)) && (at..=end).any(is_telling)).then_some(end)
}

/// The last of the words from this one on that are such a word, with a space between them.
fn run(shape: &Shape, at: usize, is_one: impl Fn(&str) -> bool) -> usize {
    let is_next = |next: &usize| shape.gap(*next) == " " && is_one(shape.word(*next));
    at + (at + 1..shape.len()).take_while(is_next).count()
}

/// Small words within titles.
fn is_joint(word: &str) -> bool {
    matches!(
        word,
        "a" | "an"
            | "and"
            | "at"
            | "by"
            | "for"
            | "in"
            | "of"
            | "on"
            | "or"
            | "the"
            | "to"
            | "with"
    )
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

/// Whether a template is one of those that a general one stands for, of whose names several are known: any word but one
/// of prose may be another name then, and so may a title.
pub(super) fn covers_loosely(general: &Shape, shape: &Shape) -> bool {
    let Some(more) = shape.len().checked_sub(general.len()).filter(|more| *more < MAX_TITLE) else {
        return false;
    };
    let is_equal = |at: usize, other: usize| {
        let (word, other_word) = (general.word(at), shape.word(other));
        general.gap(at) == shape.gap(other)
            && (word == other_word || word == WILD && may_be_name(other_word))
    };
    let head = (0..general.len()).take_while(|&at| is_equal(at, at)).count();
    let is_tail = |hole: usize| {
        general.gap(general.len()) == shape.gap(shape.len())
            && (hole + 1..general.len()).all(|at| is_equal(at, at + more))
    };
    (1..=head.min(general.len() - 1)).rev().filter(|&hole| is_hole(general, hole)).any(|hole| {
        general.gap(hole) == shape.gap(hole)
            && !is_telling(general.word(hole - 1))
            && may_be_several(shape, hole, hole + more)
            && is_tail(hole)
    })
}

/// Whether a name stands here, or what is in quotes and changes.
fn is_hole(general: &Shape, at: usize) -> bool {
    general.word(at) == WILD || general.word(at) == QUOTED && general.gap(at).ends_with('"')
}

/// Whether something in quotes changes, by its looks or because several names have stood there.
pub(super) fn quotes_a_name(shape: &Shape) -> bool {
    (1..shape.len()).any(|at| is_hole(shape, at) && shape.gap(at).ends_with('"'))
}

/// Whether these words may be a name where names are known to stand.
fn may_be_several(shape: &Shape, from: usize, to: usize) -> bool {
    if from == to {
        let word = shape.word(from);
        return !(is_code(word) || is_plain(word) && is_prose(word));
    }
    (from + 1..=to).all(|at| !shape.gap(at).contains(':'))
        && (is_capital(shape.word(from))
            || (from..=to).all(|at| may_be_in_title(shape.word(at)) && !is_prose(shape.word(at))))
}

/// Whether a template is one of those that a general one stands for.
pub(super) fn covers(general: &Shape, shape: &Shape) -> bool {
    general.len() == shape.len()
        && general.words().zip(shape.words()).all(|(general, word)| {
            general == word
                || (general == WILD && (may_be_name(word) || is_label(word)))
                || (has_variable(general) && has_variable(word) && general != WILD)
        })
}
