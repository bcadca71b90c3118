//! What Postgres adds to an error, each on a line of its own.

use super::frame;

/// Whether a head is that of a line which may have such lines behind it.
pub(super) fn is_head(head: &str) -> bool {
    const LEVELS: &[&str] = &["ERROR", "FATAL", "PANIC", "WARNING", "NOTICE", "LOG"];
    let head = head.trim_end().strip_suffix(':');
    head.is_some_and(|head| LEVELS.iter().any(|level| head.ends_with(level)))
}

/// `DETAIL:` and its kin, with or without a head of their own.
pub(super) fn is_detail(text: &str, message: &str) -> bool {
    let Some(before) = before_colon(text) else { return false };
    let begins = |text: &str| text.split_once(": ").is_some_and(|(word, _)| is_word(word));
    before.rsplit(' ').next().is_some_and(is_word)
        || begins(message)
        || frame::behind_user(message).is_some_and(begins)
}

/// Postgres's words for what it adds to an error.
fn is_word(word: &str) -> bool {
    matches!(word, "DETAIL" | "HINT" | "STATEMENT" | "CONTEXT" | "QUERY" | "LOCATION")
}

/// What stands before the first colon with two spaces behind it, else before the first with one.
fn before_colon(text: &str) -> Option<&str> {
    let bytes = text.as_bytes();
    let first =
        |sign: &[u8]| memchr::memchr_iter(b':', bytes).find(|at| bytes[*at..].starts_with(sign));
    first(b":  ").or_else(|| first(b": ")).map(|at| &text[..at])
}

#[cfg(test)]
mod tests {
    use super::*;

    proptest::proptest! {
        #[test]
        fn colons_split_as_the_words_around_them(text in "[:a é]{0,16}") {
            let plainly = text.split_once(":  ").or_else(|| text.split_once(": "));
            proptest::prop_assert_eq!(before_colon(&text), plainly.map(|(before, _)| before));
        }
    }
}
