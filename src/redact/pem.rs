//! Private keys in PEM form, over the lines of one stream.

use super::{
    class::{Class, Runs},
    finder::Found,
};
use std::ops::Range;

/// Lines of a private key whose end does not come.
const MAX_LINES: u8 = 100;
/// Lines in a row without a piece of a key after which it is taken to be over.
const MAX_OTHER: u8 = 8;
pub(super) const KIND: &str = "private-key";

/// Whether one stream of one container is within a private key. One a stream; a new one is outside.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PemState {
    left: u8,
    other: u8,
}

impl PemState {
    /// Whether the next line may be part of a private key.
    pub fn is_open(&self) -> bool {
        self.left > 0
    }

    pub(super) fn open(&mut self) {
        *self = Self { left: MAX_LINES, other: MAX_OTHER };
    }

    pub(super) fn close(&mut self) {
        *self = Self::default();
    }

    /// Takes a line within a key: finds the pieces of the key in its first `end` bytes.
    ///
    /// A line of one word goes whole, whatever it is. Of other lines, which have a logger's time and level before
    /// the key or come from another thread, long base64 words go, and a last word that ends with `=`.
    pub(super) fn pieces(&mut self, text: &[u8], found: &mut Vec<Found>) {
        self.left = self.left.saturating_sub(1);
        let line = trimmed(text);
        if line.is_empty() {
            return;
        }
        let before = found.len();
        if text[line.clone()].contains(&b' ') {
            words(text, found);
        } else {
            found.push(Found { kind: KIND, range: line });
        }
        self.other = if found.len() > before { MAX_OTHER } else { self.other.saturating_sub(1) };
        if self.other == 0 {
            self.close();
        }
    }
}

fn words(text: &[u8], found: &mut Vec<Found>) {
    const LONG: usize = 24;
    let mut runs = Runs::new(text);
    let mut at = 0;
    while at < text.len() {
        let end = runs.end(at, Class::Base64);
        let is_last = trimmed(&text[end..]).is_empty();
        if end - at >= LONG || is_last && end > at + 1 && text[end - 1] == b'=' {
            found.push(Found { kind: KIND, range: at..end });
        }
        at = end + 1;
    }
}

/// Where the line is without white space and quotes around it.
fn trimmed(text: &[u8]) -> Range<usize> {
    let is_text = |b: &u8| !b.is_ascii_whitespace() && !b"\"',;".contains(b);
    let Some(begin) = text.iter().position(is_text) else { return 0..0 };
    let end = text.iter().rposition(is_text).map_or(begin, |last| last + 1);
    begin..end
}

/// Where the mark ends that begins with five dashes at `at`, if it is that of a private key.
pub(super) fn mark_end(text: &[u8], at: usize, word: &[u8]) -> Option<usize> {
    let rest = text.get(at..)?.strip_prefix(b"-----")?.strip_prefix(word)?;
    let rest = &rest[..rest.len().min(64)];
    let label = memchr::memmem::find(rest, b"-----")?;
    let is_key =
        rest[..label].ends_with(b"PRIVATE KEY") || rest[..label].ends_with(b"PRIVATE KEY BLOCK");
    is_key.then_some(at + 5 + word.len() + label + 5)
}
