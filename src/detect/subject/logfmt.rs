//! Reads of a logfmt line what says what happened.

use super::event::joined;

/// Keys of what a program says, best first.
const MESSAGES: [&[u8]; 2] = [b"msg", b"message"];
/// Keys of why, best first.
const ERRORS: [&[u8]; 4] = [b"err", b"error", b"cause", b"reason"];

/// Message and error of a logfmt line; `None` where it has no message.
pub(super) fn words(text: &str) -> Option<String> {
    let (mut messages, mut errors) = ([None; MESSAGES.len()], [None; ERRORS.len()]);
    for sign in memchr::memchr_iter(b'=', text.as_bytes()) {
        let head = &text.as_bytes()[..sign];
        let keys = MESSAGES.iter().zip(&mut messages).chain(ERRORS.iter().zip(&mut errors));
        for (key, place) in keys {
            if place.is_none() && head.strip_suffix(*key).is_some_and(ends_word) {
                *place = Some(sign + 1);
            }
        }
    }
    let first = |places: &[Option<usize>]| places.iter().flatten().find_map(|at| value(text, *at));
    let message = first(&messages)?;
    joined(Some(message), first(&errors))
}

/// Whether a word may begin behind it.
fn ends_word(head: &[u8]) -> bool {
    matches!(head, [] | [.., b' '])
}

/// The value that begins at byte `at`; `None` where it says nothing.
fn value(text: &str, at: usize) -> Option<String> {
    let rest = text.get(at..)?;
    let value = match rest.strip_prefix('"') {
        None => rest.split(' ').next()?.to_owned(),
        Some(quoted) => unquoted(quoted)?,
    };
    (!matches!(value.as_str(), "" | "null" | "nil" | "<nil>" | "none")).then_some(value)
}

/// The text up to the closing quote; `None` where there is none.
fn unquoted(text: &str) -> Option<String> {
    let mut out = String::new();
    let mut chars = text.chars();
    loop {
        match chars.next()? {
            '"' => return Some(out),
            '\\' => out.push(chars.next()?),
            c => out.push(c),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The same, key by key.
    fn plainly(text: &str) -> Option<String> {
        let first = |keys: &[&[u8]]| {
            keys.iter().find_map(|key| {
                let sign = [*key, &b"="[..]].concat();
                let mut places = memchr::memmem::find_iter(text.as_bytes(), &sign);
                let at = places.find(|at| ends_word(&text.as_bytes()[..*at]))?;
                value(text, at + sign.len())
            })
        };
        joined(Some(first(&MESSAGES)?), first(&ERRORS))
    }

    proptest::proptest! {
        #[test]
        fn one_pass_reads_what_a_search_for_each_key_reads(
            text in "( |msg|message|err|error|cause|=|\"|\\\\|null|x|é|reason=){0,24}",
        ) {
            proptest::prop_assert_eq!(words(&text), plainly(&text));
        }
    }
}
