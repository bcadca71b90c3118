//! `name=value` in all its forms: configuration, logfmt, JSON, YAML, `dict`, Ruby hash, query, header, argument.

use super::{
    class::Class,
    finder::{Finder, Found},
    names::{Meaning, meaning},
    values,
};
use std::ops::Range;

/// Bytes of a name before and after the word that gave it away.
const REACH: usize = 64;
/// Blanks around the sign between name and value.
const BLANKS: usize = 8;

/// What stands between a name and its value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sign {
    /// `=`, `=>`, `:=`.
    Equals,
    /// `:`.
    Colon,
    /// Blanks: `--password x`, `requirepass x`.
    Blank,
}

/// A value, and what is around it.
struct Value {
    range: Range<usize>,
    is_quoted: bool,
}

impl Finder<'_> {
    /// The value of the name around `at`, if it is a secret.
    pub(super) fn assignment(&mut self, at: usize) -> Option<Found> {
        if at < self.name_end {
            return None;
        }
        let end = self.name_end_after(at);
        self.name_end = end;
        let (sign, mut start) = self.sign_after(end)?;
        let name = self.name_begin_before(at)..end;
        if sign == Sign::Blank && !self.takes_blank(&name, start) {
            return None;
        }
        let meaning = self.meaning_of(&name);
        if matches!(meaning, Meaning::Plain | Meaning::Address) {
            return None;
        }
        // Lists: a header may have several values.
        if self.text.get(start) == Some(&b'[')
            && self.text.get(start + 1).is_some_and(|b| matches!(b, b'"' | b'\''))
        {
            start += 1;
        }
        let kind = kind_of(&self.text[name.clone()], meaning);
        let value = self.value_at(start, meaning)?;
        let text = &self.text[value.range.clone()];
        if text.starts_with(b"-----BEGIN ") || text == b"-----BEGIN" {
            return None;
        }
        if text.len() <= values::LONG && !self.is_secret(sign, &value, meaning) {
            return None;
        }
        Some(Found { kind, range: value.range })
    }

    fn name_end_after(&self, at: usize) -> usize {
        let tail = &self.text[at..self.text.len().min(at + REACH)];
        at + tail.iter().take_while(|b| Class::Dotted.has(**b)).count()
    }

    fn name_begin_before(&self, at: usize) -> usize {
        let head = &self.text[at.saturating_sub(REACH)..at];
        let begin = at - head.iter().rev().take_while(|b| Class::Dotted.has(**b)).count();
        // An escaped line end is not part of the name.
        if begin < at && begin > 0 && self.text[begin - 1] == b'\\' { begin + 1 } else { begin }
    }

    /// What the name means; `api key` and `Auth token` are one name.
    fn meaning_of(&self, name: &Range<usize>) -> Meaning {
        let own = meaning(&self.text[name.clone()]);
        if own != Meaning::Plain || name.start < 2 || self.text[name.start - 1] != b' ' {
            return own;
        }
        let head = &self.text[name.start.saturating_sub(16)..name.end];
        let before = head.len() - name.len() - 1;
        let begin =
            head[..before].iter().rposition(|b| !b.is_ascii_alphabetic()).map_or(0, |b| b + 1);
        meaning(&head[begin..])
    }

    /// The sign after the name, and where the value begins.
    fn sign_after(&self, end: usize) -> Option<(Sign, usize)> {
        let text = self.text;
        let get = |at: usize| text.get(at).copied().unwrap_or(b'\n');
        let mut at = end;
        while get(at) == b'\\' && at < end + 8 {
            at += 1;
        }
        if matches!(get(at), b'"' | b'\'' | b'`') {
            at += 1;
        }
        if matches!(get(at), b']' | b')') {
            at += 1;
        }
        let closed = at;
        at = self.past_blanks(at);
        let rest = &text[at.min(text.len())..];
        let sign = match rest {
            [b'=', b'=' | b'>', ..] | [b':', b'=', ..] => Some((Sign::Equals, 2)),
            [b'=', ..] => Some((Sign::Equals, 1)),
            // `Auth::Token` is a name of code.
            [b':', b':', ..] => return None,
            [b':', ..] => Some((Sign::Colon, 1)),
            [b'%', b'3', b'D' | b'd' | b'A' | b'a', ..] => Some((Sign::Equals, 3)),
            _ => None,
        };
        if let Some((sign, length)) = sign {
            return Some((sign, self.past_blanks(at + length)));
        }
        (at > closed && closed == end).then_some((Sign::Blank, at))
    }

    fn past_blanks(&self, at: usize) -> usize {
        let rest = self.text.get(at..).unwrap_or_default();
        at + rest.iter().take(BLANKS).take_while(|b| matches!(b, b' ' | b'\t')).count()
    }

    /// Whether blanks alone may stand between this name and its value.
    fn takes_blank(&self, name: &Range<usize>, start: usize) -> bool {
        let word = &self.text[name.clone()];
        let rest = self.text.get(start..).unwrap_or_default();
        let next = rest.first().copied().unwrap_or(b'-');
        // `--password --host db`: the next argument. A password may begin with a dash too.
        let is_next_argument = next == b'-'
            && rest
                .iter()
                .take(REACH)
                .take_while(|b| !matches!(b, b' ' | b'\t' | b'='))
                .all(|b| b.is_ascii_alphabetic() || *b == b'-');
        let is_argument =
            word.starts_with(b"--") && !is_next_argument && !matches!(next, b'[' | b'<' | b'(');
        let is_directive =
            word.eq_ignore_ascii_case(b"requirepass") || word.eq_ignore_ascii_case(b"masterauth");
        let is_sql = word.eq_ignore_ascii_case(b"password") && matches!(next, b'\'' | b'"');
        is_directive || is_sql || is_argument
    }

    fn value_at(&mut self, start: usize, meaning: Meaning) -> Option<Value> {
        let rest = self.text.get(start..)?;
        let slashes = rest.iter().take(8).take_while(|b| **b == b'\\').count();
        let mut open = start + slashes;
        // Python's bytes and unicode.
        if slashes == 0 && matches!(rest, [b'b' | b'u' | b'r', b'"' | b'\'', ..]) {
            open += 1;
        }
        let value = match self.text.get(open) {
            Some(quote @ (b'"' | b'\'' | b'`')) => {
                let body = open + 1;
                Value { range: body..self.quote_end(body, *quote, slashes), is_quoted: true }
            }
            _ if meaning == Meaning::Cookie => {
                let end = memchr::memchr3(b'"', b'\'', b'\n', rest)
                    .map_or(self.text.len(), |e| start + e);
                Value { range: start..end, is_quoted: false }
            }
            _ => Value { range: start..self.bare_end(start), is_quoted: false },
        };
        match meaning {
            Meaning::Authorization => Some(self.credential(value)),
            _ => Some(value),
        }
    }

    /// Where the quote closes that opened before `body` after so many backslashes, or the end.
    fn quote_end(&self, body: usize, quote: u8, slashes: usize) -> usize {
        let text = self.text;
        let mut at = body;
        while let Some(next) = memchr::memchr(quote, text.get(at..).unwrap_or_default()) {
            let place = at + next;
            let before = text[body..place].iter().rev().take_while(|b| **b == b'\\').count();
            // A quote with more backslashes than the opening one belongs to the value.
            if before == slashes
                || slashes > 0 && before < slashes
                || slashes == 0 && before % 2 == 0
            {
                return place - before.min(slashes);
            }
            at = place + 1;
        }
        text.len()
    }

    /// Where a value without quotes ends: at white space, a quote, or a sign after which the next field begins.
    pub(super) fn bare_end(&mut self, start: usize) -> usize {
        let end = self.runs.end(start, Class::Opaque);
        // A hash in angle brackets is a placeholder.
        if self.text.get(start) == Some(&b'<') {
            let close = self.runs.end(start + 1, Class::Opaque);
            return if self.text.get(close) == Some(&b'>') { close + 1 } else { start };
        }
        let ends = |at: &usize| match self.text[*at] {
            b'&' | b',' | b';' => self.is_field(*at + 1, end),
            b'}' | b')' | b']' => {
                let next = self.text.get(at + 1).copied().unwrap_or(b' ');
                *at + 1 == end || !next.is_ascii_alphanumeric()
            }
            b'\\' => matches!(self.text.get(at + 1), Some(b'n' | b'r' | b't')) || *at + 1 == end,
            _ => false,
        };
        (start..end).find(ends).unwrap_or(end)
    }

    /// Whether a further field, or nothing, begins at `at`.
    fn is_field(&self, at: usize, end: usize) -> bool {
        let rest = &self.text[at.min(end)..end];
        let name =
            rest.iter().take(48).take_while(|b| Class::Dotted.has(**b) || **b == b' ').count();
        match rest.get(name) {
            None => name == rest.len() && rest.is_empty(),
            Some(b'=' | b':') => name > 0,
            Some(_) => false,
        }
    }

    /// What follows the scheme of an `Authorization`.
    fn credential(&mut self, value: Value) -> Value {
        const SCHEMES: [&[u8]; 9] = [
            b"basic",
            b"bearer",
            b"token",
            b"digest",
            b"negotiate",
            b"ntlm",
            b"apikey",
            b"key",
            b"aws4-hmac-sha256",
        ];
        let Range { start, end } = value.range;
        let text = &self.text[start..end];
        let word = text.iter().take(20).take_while(|b| Class::Dotted.has(**b)).count();
        let Some(scheme) = SCHEMES.iter().find(|s| text[..word].eq_ignore_ascii_case(s)) else {
            return value;
        };
        let from = self.past_blanks(start + word);
        let is_list = matches!(*scheme, b"digest" | b"aws4-hmac-sha256");
        let end = if value.is_quoted {
            end
        } else if is_list {
            self.text.len()
        } else {
            self.bare_end(from)
        };
        Value { range: from.min(end)..end, is_quoted: value.is_quoted }
    }

    fn is_secret(&self, sign: Sign, value: &Value, meaning: Meaning) -> bool {
        let text = &self.text[value.range.clone()];
        if text.is_empty() || values::is_placeholder(text) {
            return false;
        }
        let rest = &self.text[value.range.end..];
        if !value.is_quoted
            && (text.ends_with(b"(")
                || text.ends_with(b"()")
                || self.is_sentence(sign, value, rest, meaning))
        {
            return false;
        }
        match meaning {
            Meaning::Plain | Meaning::Address => false,
            Meaning::Secret => true,
            Meaning::Maybe => values::looks_random(text) && !values::is_count(text),
            Meaning::Authorization => {
                text.len() >= 4 && (value.is_quoted || !is_letters(text) || text.len() >= 12)
            }
            Meaning::Cookie => text.contains(&b'='),
            Meaning::Signature => {
                text.len() >= 20 && text.iter().all(|b| Class::Credential.has(*b) || *b == b'%')
            }
        }
    }

    /// `token: unexpected end of input`: a plain word after a colon, then more words.
    fn is_sentence(&self, sign: Sign, value: &Value, rest: &[u8], meaning: Meaning) -> bool {
        let word = values::bare(&self.text[value.range.clone()]);
        let is_spaced = self.text[value.range.start.saturating_sub(1)] == b' ';
        let goes_on = matches!(rest, [b' ', next, ..] if next.is_ascii_alphabetic()
            || meaning == Meaning::Maybe && b"('\"".contains(next));
        sign == Sign::Colon && is_spaced && goes_on && is_letters(word)
    }
}

fn is_letters(word: &[u8]) -> bool {
    word.iter().all(|b| b.is_ascii_alphabetic() || *b == b'\'' || !b.is_ascii())
}

fn kind_of(name: &[u8], meaning: Meaning) -> &'static str {
    let has = |word: &str| {
        name.windows(word.len()).any(|part| part.eq_ignore_ascii_case(word.as_bytes()))
    };
    match meaning {
        Meaning::Authorization => "authorization",
        Meaning::Cookie => "cookie",
        Meaning::Signature => "signature",
        _ if has("pass") || has("pwd") || has("pw") => "password",
        _ if has("secret") => "secret",
        _ if has("token") || has("jwt") || has("csrf") || has("xsrf") => "token",
        _ if has("key") => "key",
        _ if has("sess") || has("sid") => "session",
        _ => "credential",
    }
}
