//! Walks one text from clue to clue, and asks what stands there.

use super::{
    class::{Class, Runs},
    kinds::{Form, TOKENS, Token},
    mark, pem,
    scanner::{Clue, Scanner},
};
use std::ops::Range;

/// One secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) kind: &'static str,
    pub(super) range: Range<usize>,
}

/// A look at one text.
#[derive(Debug)]
pub(super) struct Finder<'a> {
    pub(super) text: &'a [u8],
    pub(super) runs: Runs<'a>,
    /// Where the text breaks off because it was too long; a secret may be cut there.
    cut: Option<usize>,
    /// Clues before this are parts of what was already looked at.
    pub(super) name_end: usize,
    pub(super) found: Vec<Found>,
    /// Whether a private key begins that does not end here.
    pub(super) opens_key: bool,
}

/// A line this long was cut.
const CUT_LINE: usize = (1 << 20) - 64;
/// How the cut says so.
const CUT_NOTE: &[u8] = "… [dogwatch: cut".as_bytes();

impl<'a> Finder<'a> {
    pub(super) fn new(text: &'a [u8]) -> Self {
        let cut = (text.len() >= CUT_LINE).then(|| {
            let tail = text.len() - 256;
            memchr::memmem::rfind(&text[tail..], CUT_NOTE).map_or(text.len(), |at| tail + at)
        });
        let runs = Runs::new(text);
        Self { text, runs, cut, name_end: 0, found: Vec::new(), opens_key: false }
    }

    /// Finds all that tells itself, in order; what lies within an earlier one may be missing. Never looks back far.
    pub(super) fn find(&mut self, scanner: &Scanner) {
        let mut at = 0;
        while let Some(hit) = scanner.next(self.text, at) {
            let start = hit.at;
            at = start + 1;
            for clue in scanner.at(self.text, hit) {
                if let Some(found) = self.look(start, clue) {
                    at = at.max(found.range.end);
                    self.found.push(found);
                }
            }
        }
    }

    fn look(&mut self, start: usize, clue: Clue) -> Option<Found> {
        let found = match clue {
            Clue::Token(index, prefix) => self.token(start, &TOKENS[index], prefix),
            Clue::Name => self.assignment(start),
            Clue::Url => self.url(start + 3),
            Clue::Scheme(length) => self.scheme(start, start + length),
            Clue::Sql(length) => self.quoted(start + length),
            Clue::Driver => self.driver(start),
            Clue::Login(length) => self.login(start, start + length),
            Clue::PemBegin => self.key_begin(start),
            Clue::PemEnd => {
                let begin = start.checked_sub(4)?;
                let end = pem::mark_end(self.text, begin, b"END ")?;
                Some(Found { kind: pem::KIND, range: begin..end })
            }
        }?;
        (!found.range.is_empty() && !mark::is_within(self.text, found.range.start)).then_some(found)
    }

    /// A private key from its first mark to its last, or to the end of the text.
    fn key_begin(&mut self, start: usize) -> Option<Found> {
        let begin = start.checked_sub(5)?;
        let body = pem::mark_end(self.text, begin, b"BEGIN ")?;
        let mut from = body;
        let end = loop {
            let Some(dashes) = memchr::memmem::find(&self.text[from..], b"-----END ") else {
                break None;
            };
            if let Some(end) = pem::mark_end(self.text, from + dashes, b"END ") {
                break Some(end);
            }
            from += dashes + 1;
        };
        self.opens_key |= end.is_none();
        Some(Found { kind: pem::KIND, range: begin..end.unwrap_or(self.text.len()) })
    }

    fn token(&mut self, start: usize, token: &Token, length: usize) -> Option<Found> {
        let body = start + length;
        let prefix = &self.text[start..body];
        if !token.prefixes.iter().any(|p| is_prefix(prefix, p, token.form)) {
            return None;
        }
        let begins = match token.form {
            Form::Sure | Form::Hook => true,
            Form::AfterDigits => start > 0 && Class::Digit.has(self.text[start - 1]),
            Form::Word | Form::Digit | Form::Jwt => self.is_edge(start),
        };
        if !begins {
            return None;
        }
        let mut end = self.runs.end(body, token.class);
        if self.cut == Some(end) && end > start {
            return Some(Found { kind: token.kind, range: start..end });
        }
        let (least, most) = token.length;
        if end - body < least || end - body > most {
            return None;
        }
        if token.form == Form::Jwt {
            let part = self.text.get(end).filter(|b| **b == b'.').map(|_| end + 1)?;
            let second = self.runs.end(part, Class::Url64);
            if second - part < 10 && self.cut != Some(second) {
                return None;
            }
            end = self.runs.end(part, Class::Dotted);
        }
        if token.form == Form::Digit
            && !self.text[body..end].iter().take(256).any(u8::is_ascii_digit)
        {
            return None;
        }
        let begin = if token.form == Form::Hook { body } else { start };
        Some(Found { kind: token.kind, range: begin..end })
    }

    /// Whether a word may begin at `at`: nothing before belongs to it.
    pub(super) fn is_edge(&self, at: usize) -> bool {
        let head = &self.text[..at];
        match head {
            // Also behind an escaped line end or tab.
            [] | [.., b'\\', b'n' | b't' | b'r'] => true,
            // A byte in an URL.
            [.., b'%', a, b] if a.is_ascii_hexdigit() && b.is_ascii_hexdigit() => true,
            // The end of a colour that was written as text.
            [.., b'm'] => {
                let tail = &head[head.len().saturating_sub(16)..head.len() - 1];
                let digits =
                    tail.iter().rev().take_while(|b| b.is_ascii_digit() || **b == b';').count();
                tail.len() > digits && tail[tail.len() - digits - 1] == b'['
            }
            [.., last] => !last.is_ascii_alphanumeric() && *last != b'_' && last.is_ascii(),
        }
    }
}

/// Prefixes count in their own case; that of an address in any.
fn is_prefix(text: &[u8], prefix: &str, form: Form) -> bool {
    if form == Form::Hook {
        text.eq_ignore_ascii_case(prefix.as_bytes())
    } else {
        text == prefix.as_bytes()
    }
}
