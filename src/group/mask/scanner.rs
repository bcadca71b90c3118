//! Reads a message word by word and writes its template.
//!
//! Each word is judged by itself (`variable`) and by the few words around it; nothing is learnt from other messages.

use super::{
    template::Template,
    variable::{self, Variable},
};

/// Words looked at; what a message says after them does not tell problems apart.
pub(in crate::group) const MAX_TOKENS: usize = 100;
/// Bytes of a message that are read at all.
const MAX_BYTES: usize = 4_096;
const METHODS: &[&str] = &["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"];
/// Names of time zones, and the halves of a day.
const ZONES: &[&str] = &[
    "AM", "PM", "Z", "UTC", "GMT", "CET", "CEST", "EET", "EEST", "MSK", "BST", "EST", "EDT", "CST",
    "CDT", "MST", "MDT", "PST", "PDT", "JST", "KST", "IST", "AEST", "AEDT",
];
/// What follows the word `user` without being one.
const NOT_USERS: &[&str] = &["unknown", "not", "is", "was", "has", "does", "request", "input"];

/// The template of a message.
pub(in crate::group) fn mask(text: &str) -> String {
    mask_in(text, String::new())
}

/// The same in the memory of a string that nobody needs any more.
pub(in crate::group) fn mask_in(text: &str, room: String) -> String {
    let rest = head(text, MAX_BYTES);
    let mut scanner = Scanner { rest, out: Template::for_text(rest, room), ..Scanner::default() };
    scanner.run();
    scanner.out.finish()
}

/// The first bytes of a text, cut at a character.
pub(super) fn head(text: &str, bytes: usize) -> &str {
    &text[..text.floor_char_boundary(bytes)]
}

#[derive(Debug, Default)]
pub(super) struct Scanner<'a> {
    pub(super) rest: &'a str,
    pub(super) out: Template,
    /// The last word, as written.
    pub(super) previous: &'a str,
    /// The one before it.
    before: &'a str,
    /// Words for which a number of three digits is an HTTP status.
    status_for: u8,
    /// The last word was an HTTP method.
    is_request: bool,
    /// A month's name was read: numbers belong to the date.
    is_date: bool,
    tokens: usize,
    pub(super) depth: usize,
}

impl<'a> Scanner<'a> {
    pub(super) fn run(&mut self) {
        while let Some(c) = self.rest.chars().next() {
            if self.tokens >= MAX_TOKENS || self.out.is_full() {
                break;
            }
            match c {
                c if c.is_whitespace() => {
                    self.rest = self.rest.trim_start();
                    self.out.space();
                }
                '"' | '\'' | '`' => self.quoted(c),
                '<' => self.angle(),
                '=' => self.equals(),
                c if is_delimiter(c) => self.literal(c.len_utf8()),
                _ => self.word(),
            }
        }
    }

    /// Takes so many bytes as they are.
    pub(super) fn literal(&mut self, bytes: usize) {
        let (taken, rest) = self.rest.split_at(bytes);
        self.out.push(taken);
        self.rest = rest;
    }

    pub(super) fn variable(&mut self, kind: Variable) {
        self.out.variable(kind);
        self.tokens += 1;
    }

    pub(super) fn remember(&mut self, word: &'a str) {
        self.before = std::mem::replace(&mut self.previous, word);
        self.tokens += 1;
        self.status_for = self.status_for.saturating_sub(1);
    }

    fn word(&mut self) {
        let letters = self.rest.bytes().take_while(u8::is_ascii_alphabetic).count();
        let is_plain = matches!(self.rest.as_bytes().get(letters), None | Some(b' '));
        if letters > 0 && is_plain && !self.is_request {
            return self.letters(letters);
        }
        let end = word_end(self.rest);
        let plain = self.rest.get(..end).unwrap_or(self.rest);
        let is_whole = plain.contains("://") || variable::is_path(plain) || self.is_request;
        let end = if is_whole {
            self.rest.find(ends_address).unwrap_or(self.rest.len()).max(end)
        } else {
            end
        };
        let (raw, rest) = self.rest.split_at(end);
        let word = raw.trim_end_matches(['.', ':', '!', '?', '*', '…']);
        if word.is_empty() {
            return self.literal(raw.len());
        }
        let tail = raw.get(word.len()..).unwrap_or_default();
        self.rest = rest;
        let from = self.out.begin_word();
        self.judge(word, tail);
        self.out.push(tail);
        if !self.out.end_word(from, self.rest.starts_with(')')) {
            // The same variable again in brackets, `3072 bytes (3 KB)`, was dropped with its bracket.
            self.rest = self.rest.get(1..).unwrap_or_default();
        }
        self.remember(word);
    }

    /// Takes a word of so many letters with a space behind it, as most are: the short way of [`Self::word`].
    fn letters(&mut self, letters: usize) {
        let (word, rest) = self.rest.split_at(letters);
        self.rest = rest;
        let from = self.out.begin_word();
        (self.is_request, self.is_date) = (METHODS.contains(&word), false);
        self.judge_letters(word);
        self.out.end_word(from, false);
        self.remember(word);
    }

    /// Writes a word, masked.
    fn judge(&mut self, word: &'a str, tail: &str) {
        let is_request = std::mem::replace(&mut self.is_request, METHODS.contains(&word));
        let is_date = std::mem::take(&mut self.is_date);
        if is_request && word.starts_with('/') {
            self.status_for = 3;
            return self.route(word);
        }
        if word.bytes().all(|b| b.is_ascii_alphabetic()) {
            return self.judge_letters(word);
        }
        if word.contains("://") {
            return self.out.variable(Variable::Url);
        }
        if self.status_for > 0 && self.status(word) {
            return;
        }
        if self.is_slot(word) {
            return self.out.variable(Variable::Val);
        }
        if let Some(kind) = variable::classify(word) {
            let is_day = is_date && matches!(kind, Variable::Num | Variable::Time);
            self.is_date = is_day && tail.is_empty();
            let kind = if is_day { Variable::Time } else { self.with_unit(kind, tail) };
            self.out.variable(kind);
            return self.swallow_fraction(kind);
        }
        self.note(word);
        if word.starts_with("HTTP/") {
            // The protocol's version does not tell problems apart.
            return self.out.push("HTTP");
        }
        self.pieces(word);
    }

    /// Writes a word of letters only: most of them are just that.
    fn judge_letters(&mut self, word: &'a str) {
        if self.is_slot(word) {
            return self.out.variable(Variable::Val);
        }
        if word.len() == 3 {
            if variable::is_month(word) && self.starts_date() {
                self.is_date = true;
                return self.out.date();
            }
            if variable::is_weekday(word) && variable::is_month(next_word(self.rest)) {
                return;
            }
        }
        self.note(word);
        self.out.push(word);
    }

    /// Words that say what the next number is.
    fn note(&mut self, word: &str) {
        if word.starts_with("HTTP/")
            || matches!(word, "status" | "Status" | "returned" | "answered")
        {
            self.status_for = 3;
        }
    }

    /// Writes `502` as `5xx`: the class of an HTTP status tells problems apart, the number does not.
    pub(super) fn status(&mut self, word: &str) -> bool {
        let class = match word.as_bytes() {
            [class @ b'1'..=b'5', b'0'..=b'9', b'0'..=b'9'] => *class,
            _ => return false,
        };
        self.out.push(match class {
            b'1' => "1xx",
            b'2' => "2xx",
            b'3' => "3xx",
            b'4' => "4xx",
            _ => "5xx",
        });
        self.status_for = 0;
        true
    }

    fn starts_date(&self) -> bool {
        next_word(self.rest).starts_with(|c: char| c.is_ascii_digit())
            || self.out.as_str().ends_with("<num> ")
    }

    /// A number and the unit after it are one: `12 ms`, `3 bytes`.
    fn with_unit(&mut self, kind: Variable, tail: &str) -> Variable {
        if kind != Variable::Num || !tail.is_empty() {
            return kind;
        }
        let next = next_word(self.rest);
        let Some(unit) = variable::unit(next).filter(|_| next.len() > 1 || next == "s") else {
            return kind;
        };
        self.skip_word(next);
        unit
    }

    /// `,123` after a time, and the name of its zone.
    fn swallow_fraction(&mut self, kind: Variable) {
        if kind != Variable::Time {
            return;
        }
        if let Some(fraction) = self.rest.strip_prefix(',') {
            let end = fraction.find(|c: char| !c.is_ascii_digit()).unwrap_or(fraction.len());
            if (3..=9).contains(&end) {
                self.rest = fraction.get(end..).unwrap_or_default();
            }
        }
        let next = next_word(self.rest);
        let is_offset = next.len() == 5
            && next.starts_with(['+', '-'])
            && next.bytes().skip(1).all(|b| b.is_ascii_digit());
        if !is_offset && !ZONES.contains(&next) {
            return;
        }
        self.skip_word(next);
        // `04:47:44 EST 2005`
        let year = next_word(self.rest);
        if year.len() == 4 && (year.starts_with("19") || year.starts_with("20")) && is_number(year)
        {
            self.skip_word(year);
        }
    }

    /// Leaves out the next word.
    fn skip_word(&mut self, next: &str) {
        let spaces = self.rest.len() - self.rest.trim_start().len();
        self.rest = self.rest.get(spaces + next.len()..).unwrap_or_default();
    }

    /// Whether the words around say that a plain word is a name: `for invalid user bob`, `password for bob from`.
    fn is_slot(&self, word: &str) -> bool {
        match self.previous {
            "user" => {
                let next = next_word(self.rest);
                !NOT_USERS.contains(&word)
                    && (matches!(self.before, "for" | "invalid" | "unknown")
                        || matches!(next, "from" | "by" | "at"))
            }
            "for" | "by" => next_word(self.rest) == "from" && !NOT_USERS.contains(&word),
            "lookup" => true,
            _ => false,
        }
    }

    /// A request's path: `/api/v1/orders/123?page=2` is `/api/v1/orders/<num>`.
    fn route(&mut self, path: &str) {
        let path = path.split(['?', '#']).next().unwrap_or(path);
        for segment in path.split('/').skip(1) {
            self.out.push("/");
            match variable::classify(segment) {
                Some(kind) => self.out.variable_after_slash(kind),
                None if is_version(segment) => self.out.push(segment),
                None if segment.len() > 40 => self.out.variable_after_slash(Variable::Id),
                None => self.pieces(segment),
            }
        }
    }

    /// A word of several parts: `blk_-123`, `ForkPoolWorker-3`, `node-7d9f8b6c5-x2x9z`, `v1.2.3`.
    fn pieces(&mut self, word: &str) {
        let mut rest = word;
        while let Some(c) = rest.chars().next() {
            let is_run = c.is_alphanumeric();
            let end = rest.find(|c: char| c.is_alphanumeric() != is_run).unwrap_or(rest.len());
            let (piece, after) = rest.split_at(end);
            rest = after;
            if !is_run {
                // The sign of a number is part of it.
                let is_sign = piece.len() > 1 && piece.ends_with('-');
                let is_number = rest.starts_with(|c: char| c.is_ascii_digit());
                let cut = if is_sign && is_number { piece.len() - 1 } else { piece.len() };
                self.out.push(piece.get(..cut).unwrap_or(piece));
                continue;
            }
            match &*variable::mask_run(piece) {
                "<num>" => self.out.variable(Variable::Num),
                "<hex>" => self.out.variable(Variable::Hex),
                "<id>" => self.out.variable(Variable::Id),
                text => self.out.push(text),
            }
        }
    }
}

fn is_version(segment: &str) -> bool {
    segment.strip_prefix('v').is_some_and(|n| n.len() == 1 && n.bytes().all(|b| b.is_ascii_digit()))
}

fn is_number(word: &str) -> bool {
    word.bytes().all(|b| b.is_ascii_digit())
}

/// ASCII that neither ends a word nor may.
const PLAIN: [bool; 256] = {
    let mut plain = [false; 256];
    let mut at = 0x21;
    while at < 0x7f {
        plain[at] = at as u8 != b'\'' && !is_delimiter(at as u8 as char);
        at += 1;
    }
    plain
};

const fn is_delimiter(c: char) -> bool {
    matches!(c, '(' | ')' | '[' | ']' | '{' | '}' | '<' | '>' | ',' | ';' | '|' | '"' | '`' | '=')
}

fn ends_address(c: char) -> bool {
    c.is_whitespace()
        || matches!(c, ',' | ';' | '|' | '"' | '\'' | '`' | '<' | '>' | ')' | ']' | '}')
}

/// Where the word at the start of a text ends; an apostrophe between letters is part of it.
fn word_end(text: &str) -> usize {
    let plain = text.bytes().position(|b| !PLAIN[b as usize]).unwrap_or(text.len());
    let mut last = text[..plain].chars().next_back().unwrap_or(' ');
    for (at, c) in text[plain..].char_indices() {
        let at = plain + at;
        let is_apostrophe = c == '\''
            && last.is_alphanumeric()
            && text.get(at + 1..).is_some_and(|t| t.starts_with(char::is_alphanumeric));
        if c.is_whitespace() || is_delimiter(c) || (c == '\'' && !is_apostrophe) {
            return at;
        }
        last = c;
    }
    text.len()
}

/// The next word without the punctuation around it; may be empty.
fn next_word(text: &str) -> &str {
    let text = text.trim_start();
    text.get(..word_end(text)).unwrap_or_default().trim_end_matches(['.', ':', '!', '?'])
}
