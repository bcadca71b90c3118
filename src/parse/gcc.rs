//! What gcc and clang say around an error: on which way they came to the file, within what, and what else they know.

const INCLUDED: &str = "In file included from ";

/// Where the compiler was when it found what the next line says: `In file included from src/app.h:12,`,
/// `src/cart.c: In function 'total':`.
pub(super) fn is_context(text: &str) -> bool {
    text.starts_with(INCLUDED)
        || text.ends_with(':')
            && text.split_once(": ").is_some_and(|(file, words)| {
                !file.contains(' ') && (words.starts_with("In ") || words == "At top level:")
            })
}

/// One more file on the way, indented: `from src/main.c:3:`.
pub(super) fn is_way(text: &str) -> bool {
    text.starts_with("   ") && text.trim_start().starts_with("from ") && text.ends_with([',', ':'])
}

/// `src/cart.c:42:12: error: words` and its kin.
pub(super) fn is_message(text: &str) -> bool {
    const KINDS: [&str; 4] = ["error", "fatal error", "warning", "note"];
    let mut words = text.splitn(3, ": ");
    let (place, kind) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    words.next().is_some()
        && !place.contains(' ')
        && place.ends_with(|c: char| c.is_ascii_digit())
        && KINDS.contains(&kind)
}

/// Whether a message only adds to the one above it.
pub(super) fn is_note(text: &str) -> bool {
    text.contains(": note: ") && is_message(text)
}
