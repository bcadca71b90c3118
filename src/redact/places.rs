//! Places where a secret stands without a name: in addresses, after a scheme, in statements and arguments.

use super::{
    class::Class,
    finder::{Finder, Found},
    values,
};

/// How far back a user's name may begin.
const REACH: usize = 256;
/// A user's name without password that is so long is a token.
const LONG_USER: usize = 20;

impl Finder<'_> {
    /// The password of `scheme://user:password@host`; `start` is behind the slashes.
    pub(super) fn url(&mut self, start: usize) -> Option<Found> {
        const KIND: &str = "url-password";
        let text = self.text;
        let end = self.runs.end(start, Class::Opaque);
        let stop = self.runs.end(start, Class::Authority).min(end);
        let at = self.runs.end(start, Class::NotAt);
        if at >= end {
            return None;
        }
        let head = &text[start..at.min(start + REACH)];
        let Some(colon) = head.iter().position(|b| matches!(b, b':' | b'/' | b'?' | b'#')) else {
            let is_token = at < stop && at - start >= LONG_USER;
            return is_token.then_some(Found { kind: KIND, range: start..at });
        };
        if head[colon] != b':' {
            return None;
        }
        let begin = start + colon + 1;
        // The last `@` before the path; where the password itself has a slash, the first one.
        let last = if at < stop { begin + memchr::memrchr(b'@', &text[begin..stop])? } else { at };
        let port = self.runs.end(begin, Class::Digit);
        let is_port = at >= stop && port == stop;
        let value = &text[begin..last];
        (!is_port && !value.is_empty() && !values::is_placeholder(value))
            .then_some(Found { kind: KIND, range: begin..last })
    }

    /// The credential after `Bearer ` or `Basic `.
    pub(super) fn scheme(&mut self, start: usize, behind: usize) -> Option<Found> {
        if !self.is_edge(start) {
            return None;
        }
        let rest = &self.text[behind..];
        let begin = behind + rest.iter().take(4).take_while(|b| matches!(b, b' ' | b'\t')).count();
        let end = self.runs.end(begin, Class::Credential);
        let value = &self.text[begin..end];
        let has_digit = value.iter().take(values::LONG).any(u8::is_ascii_digit);
        let is_token = value.len() >= 12 && has_digit
            || value.len() >= 16 && value.ends_with(b"=")
            || value.len() >= 40;
        is_token.then_some(Found { kind: "bearer", range: begin..end })
    }

    /// The quoted word at `start` of a statement about a user.
    pub(super) fn quoted(&mut self, start: usize) -> Option<Found> {
        let head = &self.text[start.saturating_sub(REACH)..start];
        let is_statement = [&b"user "[..], b"grant ", b"role "]
            .iter()
            .any(|word| head.windows(word.len()).any(|part| part.eq_ignore_ascii_case(word)));
        if !is_statement {
            return None;
        }
        let quote = *self.text.get(start).filter(|b| matches!(b, b'\'' | b'"'))?;
        let rest = &self.text[start + 1..];
        let end = start + 1 + memchr::memchr(quote, rest).unwrap_or(rest.len());
        let value = &self.text[start + 1..end];
        (!values::is_placeholder(value))
            .then_some(Found { kind: "password", range: start + 1..end })
    }

    /// `user:password@tcp(host:3306)/db`, the form of Go's database drivers; `at` is that of the `@`.
    pub(super) fn driver(&mut self, at: usize) -> Option<Found> {
        let from = at.saturating_sub(REACH);
        let head = &self.text[from..at];
        let begin =
            head.iter().rposition(|b| !Class::Opaque.has(*b) || *b == b'=').map_or(0, |b| b + 1);
        let colon = begin + memchr::memchr(b':', &head[begin..])?;
        // `mysql://` is an address.
        if head[colon..].starts_with(b"://") || values::is_placeholder(&head[colon + 1..]) {
            return None;
        }
        Some(Found { kind: "url-password", range: from + colon + 1..at })
    }

    /// `-u user:password`.
    pub(super) fn login(&mut self, start: usize, behind: usize) -> Option<Found> {
        let is_argument = start == 0 || self.text[start - 1] == b' ';
        let rest = &self.text[behind..];
        let quote = usize::from(matches!(rest.first(), Some(b'"' | b'\'')));
        let user = rest[quote..].iter().take(128).take_while(|b| Class::Path.has(**b)).count();
        let begin = behind + quote + user + 1;
        let is_login = is_argument
            && rest.get(quote).is_some_and(u8::is_ascii_alphabetic)
            && rest.get(quote + user) == Some(&b':');
        if !is_login {
            return None;
        }
        let end = self.runs.end(begin, Class::Opaque);
        let value = &self.text[begin..end];
        (!value.is_empty() && !values::is_placeholder(value))
            .then_some(Found { kind: "password", range: begin..end })
    }
}
