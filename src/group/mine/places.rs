//! Where names may stand in a template, and what is left of it without them.

use super::{
    shape::{Shape, WILD},
    word::{is_bare, is_code, is_constant, may_be_name, may_lead, stands_before_name},
};

/// Where names may stand in a template, and whether the word before says so. The first word is hardly ever a name.
pub(super) fn places(shape: &Shape) -> Vec<(usize, bool)> {
    let mut words = shape.words().enumerate().skip_while(|(_, word)| is_bare(word)).peekable();
    if words.peek().is_some_and(|(at, word)| *at > 0 || !may_lead(word)) {
        words.next();
    }
    let is_place = |(at, word): (usize, &str)| {
        if shape.is_wild(at) {
            return None;
        }
        let before = at.checked_sub(2).map(|at| shape.word(at));
        let is_slot = at > 0 && stands_before_name(shape.word(at - 1), before);
        (may_be_name(word) || is_slot && is_code(word)).then_some((at, is_slot))
    };
    words.filter_map(is_place).collect()
}

/// Words of a template that stay, without those at these places.
pub(super) fn constants(shape: &Shape, places: &[usize]) -> usize {
    let words = shape.words().enumerate();
    words.filter(|(at, word)| !places.contains(at) && is_constant(word)).count()
}

/// Whether a template is one of those that a general one stands for.
pub(super) fn covers(general: &Shape, shape: &Shape) -> bool {
    general.len() == shape.len()
        && general
            .words()
            .zip(shape.words())
            .all(|(general, word)| general == word || (general == WILD && may_be_name(word)))
}
