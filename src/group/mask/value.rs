//! Values: what stands in quotes, after `=`, and between the signs of an Erlang process.

use super::{
    scanner::{Scanner, head},
    variable::Variable,
};

/// A quote without its partner within so many bytes is a character like any other.
const MAX_QUOTED: usize = 1_000;
/// Quotes within quotes that are still read as prose.
const MAX_DEPTH: usize = 3;

/// Keys whose values say what is wrong, so they are read and not replaced.
const TELLING: &[&str] = &[
    "msg",
    "message",
    "err",
    "error",
    "errors",
    "exception",
    "reason",
    "cause",
    "event",
    "detail",
    "details",
    "panic",
    "fatal",
    "warning",
    "by",
    "description",
    "title",
];
/// Words whose values are few and say what is wrong.
const REASONS: &[&str] = &["result", "reason", "state", "status", "cause", "outcome"];
/// Keys whose values are few and known.
const NAMING: &[&str] = &["level", "lvl", "severity", "logger", "component", "type"];

impl<'a> Scanner<'a> {
    /// `"orders"` is a variable, `"key":` a name, `"failed to connect to db"` prose with variables in it.
    pub(super) fn quoted(&mut self, quote: char) {
        let Some((content, after)) = self.closing(quote) else {
            return self.literal(quote.len_utf8());
        };
        let is_key = self.previous_stands_before_value();
        let is_telling = is_key && TELLING.iter().any(|k| k.eq_ignore_ascii_case(self.previous));
        // What stands beside another value is one too: the referrer and the browser of an access log.
        let is_prose = content.starts_with(char::is_alphabetic)
            && content.matches(' ').count() >= 2
            && !self.out.as_str().ends_with("\"<str>\" ");
        let is_identifier = content.bytes().all(|b| b.is_ascii_alphabetic() || b"_.".contains(&b));
        let opens_key = self.out.as_str().trim_end().ends_with(['{', ',', '[']);
        let is_word = content.bytes().all(|b| b.is_ascii_alphabetic() || b"_-".contains(&b));
        let is_reason = is_word && REASONS.iter().any(|k| k.eq_ignore_ascii_case(self.previous));
        let keeps =
            (opens_key && after.starts_with(':') && !content.is_empty() && !content.contains(' '))
                || is_reason
                || (is_identifier
                    && is_key
                    && (self.previous == "KeyError" || NAMING.contains(&self.previous)));
        if keeps {
            self.literal(self.rest.len() - after.len());
            self.remember(content);
        } else if (is_telling || (is_prose && !is_key)) && self.depth < MAX_DEPTH {
            self.out.push("\"");
            self.depth += 1;
            self.rest = content;
            self.run();
            self.depth -= 1;
            self.rest = after;
            self.out.push("\"");
        } else {
            self.out.quoted_variable();
            self.rest = after;
            self.remember("");
        }
    }

    /// Whether what comes now is the value of the last word: `key: value`, `"key":value`, `key=value`.
    fn previous_stands_before_value(&self) -> bool {
        !self.previous.is_empty() && self.out.as_str().trim_end().ends_with([':', '='])
    }

    /// What stands in the quotes that open here, and what comes after them.
    fn closing(&self, quote: char) -> Option<(&'a str, &'a str)> {
        let inner = self.rest.get(quote.len_utf8()..)?;
        let limit = head(inner, MAX_QUOTED);
        let mut from = 0;
        while let Some(found) = limit.get(from..)?.find(quote) {
            let at = from + found;
            let after = inner.get(at + quote.len_utf8()..)?;
            let is_escaped = inner.get(..at)?.ends_with('\\');
            // The apostrophe of a word does not close.
            let is_inside = quote == '\'' && after.starts_with(char::is_alphanumeric);
            if !is_escaped && !is_inside {
                return Some((inner.get(..at)?, after));
            }
            from = at + quote.len_utf8();
        }
        None
    }

    /// An Erlang process, `<0.123.0>`, or just a sign.
    pub(super) fn angle(&mut self) {
        let inner = self.rest.get(1..).unwrap_or_default();
        let end = inner.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(inner.len());
        if end > 0 && inner.get(end..).is_some_and(|after| after.starts_with('>')) {
            self.rest = inner.get(end + 1..).unwrap_or_default();
            self.variable(Variable::Num);
        } else if end > 0 && self.out.as_str().ends_with(' ') {
            // `<1 sec` is a duration like `2 sec`.
            self.rest = inner;
        } else {
            self.literal(1);
        }
    }

    /// The value after a `=` is a variable, whatever it looks like, also when it is empty.
    pub(super) fn equals(&mut self) {
        let is_spaced = self.out.as_str().ends_with(' ');
        let is_operator =
            self.out.as_str().ends_with(['=', '!', '<', '>', ':', '+', '-', '*', '~']);
        let after = self.rest.get(1..).unwrap_or_default();
        self.literal(1);
        if is_operator || after.starts_with(['=', '>', '~']) {
            return;
        }
        let is = |keys: &[&str]| keys.iter().any(|k| k.eq_ignore_ascii_case(self.previous));
        if is(TELLING) || is(NAMING) {
            return;
        }
        if is_spaced && after.starts_with(' ') {
            self.rest = after.trim_start();
            self.out.space();
        }
        let quote = self.rest.chars().next().filter(|c| matches!(c, '"' | '\'' | '`'));
        if let Some((_, after)) = quote.and_then(|quote| self.closing(quote)) {
            self.rest = after;
            return self.variable(Variable::Val);
        }
        let end = self.rest.find(ends_value).unwrap_or(self.rest.len());
        let (value, after) = self.rest.split_at(end);
        let after = past_brackets(after);
        if self.previous.eq_ignore_ascii_case("status") && self.status(value) {
            self.rest = after;
            return;
        }
        self.rest = after;
        if is_code(value) {
            self.out.push(value);
            return self.remember(value);
        }
        self.variable(Variable::Val);
    }
}

/// `LEADER_NOT_AVAILABLE`: a value of words in capitals is one of a few that say what is wrong.
fn is_code(value: &str) -> bool {
    let mut words = value.split('_');
    value.contains('_')
        && words.all(|word| !word.is_empty() && word.bytes().all(|b| b.is_ascii_uppercase()))
}

/// What follows the bracket at the start of a text, where it closes soon: `Rect(0,0 - 1,1)`, `[a, b]`, `{x}`.
fn past_brackets(text: &str) -> &str {
    if !text.starts_with(['(', '[', '{']) {
        return text;
    }
    let mut depth = 0_usize;
    for (at, c) in head(text, 300).char_indices() {
        match c {
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth == 0 {
            return text.get(at + 1..).unwrap_or_default();
        }
    }
    text
}

fn ends_value(c: char) -> bool {
    c.is_whitespace()
        || matches!(c, ',' | ';' | '|' | '&' | '"' | ')' | ']' | '}' | '(' | '[' | '{')
}
