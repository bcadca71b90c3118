//! Reads of a logfmt line what says what happened.

use super::event::joined;

/// Keys of what a program says, best first.
const MESSAGES: [&[u8]; 2] = [b"msg", b"message"];
/// Keys of why, best first.
const ERRORS: [&[u8]; 8] = [
    b"err",
    b"error",
    b"cause",
    b"reason",
    b"err.detail",
    b"error.message",
    b"exception",
    b"detail",
];

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
        None => bare(rest).to_owned(),
        Some(quoted) => unquoted(quoted)?,
    };
    (!is_nothing(&value)).then_some(value)
}

/// The words up to the next key: some programs write none of their values in quotes.
fn bare(text: &str) -> &str {
    let first = text.split(' ').next().unwrap_or_default();
    if is_nothing(first) {
        return first;
    }
    let is_key = |rest: &str| {
        let end = rest.find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-')));
        end.is_some_and(|end| end > 0 && rest[end..].starts_with('='))
    };
    let mut spaces = memchr::memchr_iter(b' ', text.as_bytes());
    let end = spaces.find(|at| is_key(&text[at + 1..])).unwrap_or(text.len());
    text[..end].trim_end()
}

fn is_nothing(value: &str) -> bool {
    matches!(value, "" | "null" | "nil" | "<nil>" | "none")
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

    #[test]
    fn a_value_without_quotes_ends_at_the_next_key() {
        for (line, want) in [
            ("level=error msg=no such key err=disk is full took=2s", "no such key: disk is full"),
            (
                "msg=Could not fetch audience=app error=map[message:no table]",
                "Could not fetch: map[message:no table]",
            ),
            ("msg=failed err=<nil> some words", "failed"),
            ("level=info msg=ready", "ready"),
            ("msg=\"no answer\" err.code=unknown err.detail=\"disk full\"", "no answer: disk full"),
        ] {
            assert_eq!(words(line).as_deref(), Some(want), "{line}");
        }
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
