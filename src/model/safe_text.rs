//! Text from outside, made harmless: the only way of foreign bytes to a terminal, a file name or GitHub.
//!
//! Log text is hostile: it may hold escape sequences that clear the screen, write the clipboard or type
//! into the shell, overrides that reorder words, and towers of combining marks. `from_untrusted` is the one
//! sanitiser; whoever holds a [`SafeText`] may draw it.

use bytes::Bytes;
use serde::{Deserialize, Deserializer, Serialize};
use std::{
    borrow::Borrow,
    fmt::{self, Write as _},
    ops::Deref,
};

/// Combining marks kept on one base character; more are dropped.
const MAX_MARKS: usize = 8;
/// An escape sequence longer than this is not believed: the rest of the line is kept as text.
const MAX_ESCAPE: usize = 4096;

/// A string without control characters, escape sequences, bidirectional overrides or invisible characters.
///
/// Invariant: every character is printable or a plain space. Cloning copies; one line is one allocation.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Default, Serialize)]
#[serde(transparent)]
pub struct SafeText(Box<str>);

impl SafeText {
    /// Makes any bytes harmless.
    ///
    /// Invalid UTF-8 becomes U+FFFD. Escape sequences (7-bit and C1: CSI, OSC, DCS, APC, PM, SOS) vanish; one
    /// that does not end vanishes only up to the end of the input. A tab becomes spaces up to the next multiple
    /// of four, a line feed a space, other controls their picture (`␀`, `␍`), bidirectional controls
    /// `⟨U+202E⟩`. Zero-width characters outside emoji sequences, tags, and more than eight combining marks on
    /// one base are dropped. Printable ASCII costs one scan and one copy. The result is at most six times longer.
    pub fn from_untrusted(bytes: &[u8]) -> Self {
        Self(plain(bytes).map_or_else(|| made(bytes), Box::from))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A [`SafeText`] that lies where it was read, where nothing had to be made harmless.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SafeLine(Held);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Held {
    /// Printable ASCII.
    Plain(Bytes),
    Made(Box<str>),
}

impl SafeLine {
    /// As [`SafeText::from_untrusted`]; printable ASCII costs one scan and no copy.
    pub fn from_untrusted(bytes: Bytes) -> Self {
        Self(if is_plain(&bytes) { Held::Plain(bytes) } else { Held::Made(made(&bytes)) })
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        match &self.0 {
            Held::Plain(bytes) => str::from_utf8(bytes).unwrap_or_default(),
            Held::Made(text) => text,
        }
    }

    /// The same with memory of its own.
    pub fn to_text(&self) -> SafeText {
        SafeText(self.as_str().into())
    }

    /// Whether it is what came, byte for byte.
    pub const fn is_unchanged(&self) -> bool {
        matches!(self.0, Held::Plain(_))
    }
}

fn made(bytes: &[u8]) -> Box<str> {
    sanitise(&String::from_utf8_lossy(bytes)).into_boxed_str()
}

/// The text of bytes that are all printable ASCII.
fn plain(bytes: &[u8]) -> Option<&str> {
    is_plain(bytes).then(|| std::str::from_utf8(bytes).ok()).flatten()
}

fn is_plain(bytes: &[u8]) -> bool {
    // Without an early end within a chunk the compiler looks at many bytes at once.
    let is_plain = |chunk: &[u8]| chunk.iter().fold(true, |all, b| all & is_printable(*b));
    bytes.chunks(64).all(is_plain)
}

const fn is_printable(byte: u8) -> bool {
    matches!(byte, 0x20..0x7f)
}

fn sanitise(input: &str) -> String {
    let mut out = String::with_capacity(input.len());
    let mut rest = input;
    let mut column = 0_usize;
    let mut marks = 0_usize;
    while let Some(c) = rest.chars().next() {
        if c.is_ascii() && is_printable(c as u8) {
            let run = rest.bytes().position(|b| !is_printable(b)).unwrap_or(rest.len());
            let (printable, after) = rest.split_at(run);
            out.push_str(printable);
            column += run;
            marks = 0;
            rest = after;
            continue;
        }
        if c == '\u{1b}' || ('\u{80}'..='\u{9f}').contains(&c) {
            rest = skip_escape(rest);
            continue;
        }
        rest = &rest[c.len_utf8()..];
        if is_combining(c) {
            marks += 1;
            if marks <= MAX_MARKS && !out.is_empty() && !is_invisible(c) {
                out.push(c);
            }
            continue;
        }
        marks = 0;
        column += 1;
        match c {
            '\t' => {
                let width = 4 - (column - 1) % 4;
                out.extend(std::iter::repeat_n(' ', width));
                column += width - 1;
            }
            '\n' => out.push(' '),
            '\u{0}'..='\u{1f}' => out.extend(char::from_u32(0x2400 + c as u32)),
            '\u{7f}' => out.push('␡'),
            '\u{202a}'..='\u{202e}'
            | '\u{2066}'..='\u{2069}'
            | '\u{200e}'
            | '\u{200f}'
            | '\u{61c}' => {
                let _ = write!(out, "⟨U+{:04X}⟩", c as u32);
            }
            '\u{200d}' if out.chars().next_back().is_some_and(is_emoji) && next_is_emoji(rest) => {
                out.push(c);
            }
            c if is_invisible(c) => {}
            '\u{2028}' | '\u{2029}' | '\u{85}' => out.push(' '),
            c => out.push(c),
        }
    }
    out
}

/// What follows the escape sequence at the start of `text`, which begins with ESC or a C1 control.
fn skip_escape(text: &str) -> &str {
    let mut chars = text.char_indices();
    let Some((_, first)) = chars.next() else { return text };
    let kind = if first == '\u{1b}' {
        match chars.next() {
            None => return "",
            Some((_, c)) => c,
        }
    } else {
        // A C1 control is ESC and the character 0x40 lower.
        char::from_u32(first as u32 - 0x40).unwrap_or(' ')
    };
    match kind {
        '[' => end_of(text, chars, |c| ('\u{40}'..='\u{7e}').contains(&c)),
        ']' | 'P' | 'X' | '^' | '_' => skip_string(text, chars),
        // Intermediates, then one final character.
        '\u{20}'..='\u{2f}' => end_of(text, chars, |c| ('\u{30}'..='\u{7e}').contains(&c)),
        // A control right after ESC is not part of a sequence.
        '\u{0}'..='\u{1f}' => &text[first.len_utf8()..],
        _ => chars.as_str(),
    }
}

fn end_of<'a>(
    text: &'a str,
    chars: std::str::CharIndices<'a>,
    is_final: impl Fn(char) -> bool,
) -> &'a str {
    for (at, c) in chars {
        if at > MAX_ESCAPE {
            return &text[at..];
        }
        if is_final(c) {
            return &text[at + c.len_utf8()..];
        }
        if c < ' ' || c == '\u{7f}' || c > '\u{7e}' {
            // Malformed: keep what cannot belong to it.
            return &text[at..];
        }
    }
    ""
}

/// OSC and its kin end with BEL, ST (ESC \) or C1 ST.
fn skip_string<'a>(text: &'a str, mut chars: std::str::CharIndices<'a>) -> &'a str {
    while let Some((at, c)) = chars.next() {
        if at > MAX_ESCAPE {
            return &text[at..];
        }
        match c {
            '\u{7}' | '\u{9c}' => return chars.as_str(),
            '\u{1b}' => {
                return if chars.as_str().starts_with('\\') {
                    &chars.as_str()[1..]
                } else {
                    // The string is broken off by another sequence.
                    &text[at..]
                };
            }
            '\n' => return &text[at..],
            _ => {}
        }
    }
    ""
}

fn is_combining(c: char) -> bool {
    matches!(c as u32,
        0x300..=0x36f | 0x483..=0x489 | 0x591..=0x5bd | 0x610..=0x61a | 0x64b..=0x65f
        | 0x6d6..=0x6dc | 0x1ab0..=0x1aff | 0x1dc0..=0x1dff | 0x20d0..=0x20ff | 0xfe20..=0xfe2f)
}

fn is_invisible(c: char) -> bool {
    matches!(c as u32,
        0xad | 0x34f | 0x115f | 0x1160 | 0x17b4 | 0x17b5 | 0x180b..=0x180f | 0x200b..=0x200d
        | 0x2060..=0x2065 | 0x206a..=0x206f | 0x3164 | 0xfe00..=0xfe0f | 0xfeff | 0xffa0
        | 0xfff0..=0xfffb | 0xe0000..=0xe0fff)
}

fn is_emoji(c: char) -> bool {
    matches!(c as u32, 0x1f000..=0x1faff | 0x2600..=0x27bf | 0x2b00..=0x2bff)
}

fn next_is_emoji(rest: &str) -> bool {
    rest.chars().next().is_some_and(is_emoji)
}

impl From<&str> for SafeText {
    fn from(text: &str) -> Self {
        Self::from_untrusted(text.as_bytes())
    }
}

impl From<String> for SafeText {
    fn from(text: String) -> Self {
        Self::from_untrusted(text.as_bytes())
    }
}

impl Deref for SafeText {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl Borrow<str> for SafeText {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for SafeText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl fmt::Debug for SafeText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

impl<'de> Deserialize<'de> for SafeText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self::from(String::deserialize(deserializer)?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn safe(text: &str) -> String {
        SafeText::from(text).to_string()
    }

    #[test]
    fn what_is_harmless_stays_where_it_is() {
        for bytes in [
            &b""[..],
            b"all is well",
            b"a\tb",
            b"a\r",
            b"\x1b[31mred\x1b[0m",
            "caf\u{e9}".as_bytes(),
            b"\xff",
            b"\x7f",
        ] {
            let is_plain = bytes.iter().all(|b| (b' '..=b'~').contains(b));
            let text = SafeLine::from_untrusted(Bytes::from_static(bytes));
            assert_eq!(text.is_unchanged(), is_plain, "{bytes:?}");
            assert_eq!(text.to_text(), SafeText::from_untrusted(bytes));
        }
    }

    proptest::proptest! {
        #[test]
        fn runs_read_as_their_characters_one_by_one(
            words in proptest::collection::vec("[ -~]{0,9}", 0..9),
            between in "[\u{300}\u{301}\u{e9}\u{1f600}\u{7f}\n\u{202e}]{0,12}",
        ) {
            // What nobody sees breaks a run and leaves no trace.
            let apart = |word: &String| word.chars().flat_map(|c| [c, '\u{200b}']).collect();
            let apart: Vec<String> = words.iter().map(apart).collect();
            proptest::prop_assert_eq!(safe(&words.join(&between)), safe(&apart.join(&between)));
        }
    }

    #[test]
    fn removes_every_kind_of_sequence() {
        for (input, want) in [
            ("\u{1b}[31mred\u{1b}[0m", "red"),
            ("\u{1b}]0;title\u{7}x", "x"),
            ("\u{1b}]52;c;AAAA\u{1b}\\x", "x"),
            ("\u{1b}]8;;http://a\u{1b}\\link\u{1b}]8;;\u{1b}\\", "link"),
            ("\u{1b}Pq#0\u{1b}\\x", "x"),
            ("\u{9b}2Jx", "x"),
            ("\u{9d}0;t\u{9c}x", "x"),
            ("\u{1b}cx", "x"),
            ("\u{1b}(Bx", "x"),
            ("\u{1b}[2", ""),
            ("\u{1b}", ""),
            ("a\u{1b}[31\u{1b}[0mb", "ab"),
        ] {
            assert_eq!(safe(input), want, "{input:?}");
        }
    }

    #[test]
    fn shows_controls_and_overrides() {
        assert_eq!(safe("rm -rf\rls"), "rm -rf␍ls");
        assert_eq!(safe("a\u{202e}b"), "a⟨U+202E⟩b");
        assert_eq!(safe("a\0\u{7f}"), "a␀␡");
        assert_eq!(safe("a\tb\t\tc"), "a   b       c");
        assert_eq!(safe("pass\u{200b}word"), "password");
        assert_eq!(safe("a\u{34f}b"), "ab", "a mark that is invisible");
    }

    #[test]
    fn keeps_words_of_all_languages() {
        for text in ["żółw", "日本語", "👩\u{200d}💻", "e\u{301}", "한글"] {
            assert_eq!(safe(text), text);
        }
        assert_eq!(safe(&format!("Z{}", "\u{301}".repeat(50_000))).chars().count(), 9);
    }

    #[test]
    fn bad_bytes_become_replacements() {
        assert_eq!(SafeText::from_untrusted(b"a\xffb").as_str(), "a\u{fffd}b");
    }

    proptest::proptest! {
        #[test]
        fn result_is_clean_and_stable(bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..200)) {
            let once = SafeText::from_untrusted(&bytes);
            let is_clean = |c: char| !c.is_control() && (c == '\u{200d}' || !is_invisible(c));
            proptest::prop_assert!(once.chars().all(is_clean));
            proptest::prop_assert_eq!(&SafeText::from(once.as_str()), &once);
        }
    }
}
