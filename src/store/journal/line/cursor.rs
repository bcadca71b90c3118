//! Steps over the bytes of a line that has exactly the shape we write.

use super::clock;
use chrono::{DateTime, Utc};

/// What is left of a line. Each step that does not fit answers `None`, and the line is for `serde_json`.
#[derive(Clone, Copy)]
pub(super) struct Cursor<'a>(pub(super) &'a [u8]);

impl<'a> Cursor<'a> {
    /// Steps over `expected`.
    pub(super) fn eat(&mut self, expected: &[u8]) -> Option<()> {
        self.0 = self.0.strip_prefix(expected)?;
        Some(())
    }

    /// Steps over `expected` where it stands; whether it did.
    pub(super) fn has(&mut self, expected: &[u8]) -> bool {
        self.eat(expected).is_some()
    }

    /// A whole number of at most 19 digits.
    pub(super) fn number(&mut self) -> Option<u64> {
        let len = self.0.iter().take_while(|b| b.is_ascii_digit()).count();
        let (digits, rest) = self.0.split_at(len);
        if !(1..=19).contains(&len) {
            return None;
        }
        self.0 = rest;
        Some(digits.iter().fold(0, |sum, digit| sum * 10 + u64::from(digit - b'0')))
    }

    /// The inside of a string without escapes, its opening quote already behind us; steps over the closing one.
    pub(super) fn plain(&mut self) -> Option<&'a [u8]> {
        let len = memchr::memchr2(b'"', b'\\', self.0)?;
        if self.0[len] == b'\\' {
            return None;
        }
        let text = &self.0[..len];
        self.0 = &self.0[len + 1..];
        Some(text)
    }

    /// The inside of a string, escapes and all, and whether it has some.
    pub(super) fn raw(&mut self) -> Option<(&'a [u8], bool)> {
        let (mut at, mut is_escaped) = (0, false);
        loop {
            at += memchr::memchr2(b'"', b'\\', self.0.get(at..)?)?;
            if self.0[at] == b'"' {
                let text = &self.0[..at];
                self.0 = &self.0[at + 1..];
                return Some((text, is_escaped));
            }
            is_escaped = true;
            at += 2;
        }
    }

    /// A time, its opening quote already behind us.
    pub(super) fn time(&mut self) -> Option<DateTime<Utc>> {
        clock::read(self.plain()?)
    }
}
