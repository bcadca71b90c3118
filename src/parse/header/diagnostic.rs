//! Compilers' words, which begin with the place, and Android's, which begin with a letter and a tag.

use super::{Head, level};
use crate::model::Level;

impl Head<'_> {
    /// `src/a.c:3:5: error: x`, `a.cs(3,5): error CS1002: x`, `a.ts:3:5 - error TS2304: x`; the line stays whole.
    pub(super) fn take_diagnostic(&mut self, token: &[u8]) -> bool {
        let Some(place) = token.strip_suffix(b":").or(Some(token)) else { return false };
        if self.at > 0 || !is_place(place) {
            return false;
        }
        let behind = self.rest().get(token.len() + 1..).unwrap_or_default();
        let behind = behind.strip_prefix(b"- ").unwrap_or(behind);
        let length = behind.iter().take_while(|b| b.is_ascii_lowercase()).count();
        let found = match (&behind[..length], &behind[length..]) {
            (b"fatal", [b' ', b'e', b'r', b'r', b'o', b'r', b':', ..]) => Some(Level::Error),
            (word @ (b"error" | b"warning"), [b':', ..]) => level::of_word(word),
            (word @ (b"error" | b"warning"), [b' ', code @ ..]) => {
                let letters = code.iter().take_while(|b| b.is_ascii_uppercase()).count();
                let is_code = letters > 0 && code.get(letters).is_some_and(u8::is_ascii_digit);
                level::of_word(word).filter(|_| is_code)
            }
            _ => None,
        };
        let Some(found) = found else { return false };
        self.level = found;
        self.is_spoken = true;
        true
    }

    /// Android's brief form: `E/Tag(  123): message`, `D/Tag: message`.
    pub(super) fn take_tag(&mut self) -> bool {
        let rest = self.rest();
        let [letter, b'/', tag @ ..] = rest else { return false };
        let Some(found) = level::of_letter(*letter).filter(|_| *letter != b'N') else {
            return false;
        };
        let name = tag.iter().take(60).take_while(|b| !b" (:/".contains(b)).count();
        let Some(end) = memchr::memmem::find(&tag[..tag.len().min(80)], b": ") else {
            return false;
        };
        let between = tag[name.min(end)..end].trim_ascii_start();
        let is_process = between.starts_with(b"(")
            && between.ends_with(b")")
            && between[1..between.len() - 1].iter().all(|b| b.is_ascii_digit() || *b == b' ');
        if name < 3 || !(between.is_empty() || is_process) {
            return false;
        }
        self.level = found;
        self.at += 2 + end + 1;
        self.confirm();
        true
    }
}

/// A file with a line, and perhaps a column: `a.c:3:5`, `a.cs(3,5)`.
fn is_place(token: &[u8]) -> bool {
    let numbers = match token.strip_suffix(b")") {
        Some(inside) => match memchr::memrchr(b'(', inside) {
            Some(open) => &inside[open + 1..],
            None => return false,
        },
        None => match memchr::memchr(b':', token) {
            Some(colon) => &token[colon + 1..],
            None => return false,
        },
    };
    token.contains(&b'.')
        && !numbers.is_empty()
        && numbers.iter().all(|b| b.is_ascii_digit() || matches!(b, b':' | b','))
}
