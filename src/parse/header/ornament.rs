//! Levels in an attire of their own: between asterisks, behind arrows and exclamation marks, as a glyph.

use super::{Head, level, word::Case};
use crate::model::Level;

/// Bytes that scripts put before a level: `!!! ERROR: x`, `==> WARN x`, `*WARNING* x`.
const ORNAMENTS: &[u8] = b"!*=>~+";
/// Marks in place of words: Next.js, Vite, consola, scripts.
const GLYPHS: &[(&str, Level)] = &[
    ("⨯", Level::Error),
    ("✖", Level::Error),
    ("✗", Level::Error),
    ("✘", Level::Error),
    ("❌", Level::Error),
    ("🚨", Level::Error),
    ("⛔", Level::Error),
    ("⚠", Level::Warn),
    ("❗", Level::Warn),
    ("‼", Level::Warn),
    ("✓", Level::Info),
    ("✔", Level::Info),
    ("ℹ", Level::Info),
];

impl Head<'_> {
    /// A level in capitals behind at most four ornaments; those behind it are passed, too.
    pub(super) fn ornamented(&mut self) -> bool {
        let is_ornament = |b: &&u8| ORNAMENTS.contains(b);
        let start = self.at;
        let before = self.rest().iter().take_while(is_ornament).count();
        self.at += before + usize::from(self.ahead(before) == b' ');
        let found = self.word().filter(|_| (1..=4).contains(&before));
        if let Some((length, level, Case::Upper)) = found
            && !level::is_everyday(&self.rest()[..length])
        {
            let behind = &self.rest()[length..];
            let after = behind.iter().take_while(is_ornament).count();
            let end = behind.get(after).copied().unwrap_or(b' ');
            if matches!(end, b' ' | b':') {
                self.level = level;
                self.at += length + after + usize::from(end == b':');
                self.confirm();
                return true;
            }
        }
        self.at = start;
        false
    }

    /// `GLib`: `(app:7): GLib-GIO-CRITICAL **: 09:00:00.123: message`.
    pub(super) fn glib(&mut self) -> bool {
        let rest = self.rest();
        let Some(domain) = memchr::memmem::find(&rest[..rest.len().min(60)], b"): ") else {
            return false;
        };
        let token = rest[domain + 3..].split(|b| *b == b' ').next().unwrap_or_default();
        let dash = token.iter().rposition(|b| *b == b'-').map_or(0, |dash| dash + 1);
        let end = domain + 3 + token.len();
        let Some(level) = level::of_word(&token[dash..]) else { return false };
        if !rest[end..].starts_with(b" **: ") {
            return false;
        }
        self.level = level;
        self.at += end + 5;
        self.confirm();
        true
    }

    /// A glyph that stands for a level.
    pub(super) fn glyph(&mut self) {
        let rest = self.rest();
        let found = GLYPHS.iter().find(|(glyph, _)| rest.starts_with(glyph.as_bytes()));
        if let Some((glyph, level)) = found {
            self.level = *level;
            self.at += glyph.len();
            self.confirm();
        }
    }
}
