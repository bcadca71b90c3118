//! The head of a plain line: timestamp, level, process, thread and logger, in whatever order programs write them.
//!
//! A level counts only here, before the message begins; words inside the message are never one. Where the head says two
//! different things, the level is unknown.

mod bracket;
mod column;
mod decoration;
mod diagnostic;
mod dialect;
mod ornament;
mod product;
mod word;
mod wrapped;

use super::{
    keyed, level,
    stamp::{self, Stamp},
};
use crate::model::Level;
use word::Case;

/// A head ends within so many bytes.
const REACH: usize = 512;
/// A head has at most so many parts.
const PARTS: usize = 12;
/// A bracketed part is at most so long.
const BRACKET: usize = 120;

/// Bytes that names of hosts, threads and loggers have and other words have not.
const MARK: [bool; 256] = bytes_of(b"0123456789", b".:@/_#$-");
/// Bytes of the names of hosts and programs.
const HOST: [bool; 256] = bytes_of(ALPHANUMERIC, b"._-/()[]");
const ALPHANUMERIC: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/// A table of which bytes are among these.
const fn bytes_of(some: &[u8], others: &[u8]) -> [bool; 256] {
    let mut table = [false; 256];
    let mut at = 0;
    while at < some.len() {
        table[some[at] as usize] = true;
        at += 1;
    }
    at = 0;
    while at < others.len() {
        table[others[at] as usize] = true;
        at += 1;
    }
    table
}

/// What the head says.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Header {
    /// The line's own time, not resolved.
    pub(super) stamp: Option<Stamp>,
    /// The program's own word.
    pub(super) level: Level,
    /// Byte offset of the message; at most the length of the text.
    pub(super) message_at: usize,
}

/// The part of a line in which a head may stand.
pub(super) fn reach(text: &str) -> &[u8] {
    &text.as_bytes()[..text.len().min(REACH)]
}

/// Reads the head of `text`; `raw` is the line before its colours were taken away.
pub(super) fn read(text: &str, raw: &[u8]) -> Header {
    let bytes = reach(text);
    let mut head = Head { bytes, painted: painted(raw), ..Head::default() };
    head.read();
    let mut message_at = head.message_at.min(text.len());
    while !text.is_char_boundary(message_at) {
        message_at -= 1;
    }
    if message_at == text.len() {
        message_at = 0;
    }
    Header { stamp: head.stamp, level: head.level, message_at }
}

/// The first word that the program put into a colour: loggers paint their levels.
fn painted(raw: &[u8]) -> &[u8] {
    let raw = &raw[..raw.len().min(REACH)];
    let Some(escape) = memchr::memchr(0x1b, raw) else { return b"" };
    let mut rest = &raw[escape..];
    for _ in 0..8 {
        let Some(end) = rest.iter().take(16).position(|b| *b == b'm') else { return b"" };
        rest = &rest[end + 1..];
        let Some(next) = memchr::memchr(0x1b, rest) else { return b"" };
        let word = rest[..next].trim_ascii();
        let word = word.strip_prefix(b"[").and_then(|w| w.strip_suffix(b"]")).unwrap_or(word);
        if level::of_word(word).is_some() {
            return word;
        }
        rest = &rest[next..];
    }
    b""
}

#[derive(Default)]
struct Head<'a> {
    bytes: &'a [u8],
    painted: &'a [u8],
    at: usize,
    stamp: Option<Stamp>,
    level: Level,
    message_at: usize,
    /// The syslog daemon's word, used where the program has none.
    outer: Level,
    /// The word that names the level is part of the message: `Error: x`, `panic: x`.
    is_spoken: bool,
    /// A second stamp was passed: codes in capitals that follow are columns.
    has_codes: bool,
}

impl<'a> Head<'a> {
    fn read(&mut self) {
        let indent = self.spaces();
        if indent >= 2 {
            // Indented lines belong to something; only a stamp says otherwise.
            if self.zabbix()
                || (!self.take_stamp() && !self.take_bracket(true) && !self.take_labelled())
            {
                return;
            }
        } else if self.dialect() || self.channelled() {
            return;
        }
        let mut strangers = 0;
        for _ in 0..PARTS {
            let gap = self.spaces();
            if self.at >= self.bytes.len() || self.level != Level::Unknown {
                break;
            }
            if self.stamp.is_none() && self.take_stamp() {
                continue;
            }
            if self.take_phrase() || self.take_glog() || self.take_word(gap, strangers) {
                break;
            }
            if !self.take_part(&mut strangers) {
                break;
            }
        }
        if self.level == Level::Unknown {
            self.level = self.outer;
        } else if !self.is_spoken && !self.relayed() {
            let is_wrapped = self.contradicts();
            self.pass_decoration();
            if is_wrapped || self.contradicts() {
                self.level = Level::Unknown;
            }
        }
    }

    fn rest(&self) -> &'a [u8] {
        self.bytes.get(self.at..).unwrap_or_default()
    }

    fn peek(&self) -> u8 {
        self.ahead(0)
    }

    /// The byte `by` further on; a space behind the end.
    fn ahead(&self, by: usize) -> u8 {
        self.bytes.get(self.at + by).copied().unwrap_or(b' ')
    }

    fn spaces(&mut self) -> usize {
        let start = self.at;
        while self.at < self.bytes.len() && self.bytes[self.at] == b' ' {
            self.at += 1;
        }
        self.at - start
    }

    /// Up to here it is no message.
    fn confirm(&mut self) {
        let at = self.at;
        self.spaces();
        self.message_at = self.at;
        self.at = at;
    }

    fn take_stamp(&mut self) -> bool {
        let Some(stamp) = stamp::read(self.bytes, self.at) else { return false };
        // `12:30:05` alone may be a duration; a word boundary is required by `stamp`, a space here.
        if stamp.is_clock_only() && !matches!(self.bytes.get(stamp.end), Some(b' ' | b']' | b',')) {
            return false;
        }
        self.stamp = Some(stamp);
        self.at = stamp.end;
        let has_mark = matches!(self.peek(), b':' | b',' | b']') && self.ahead(1) == b' ';
        // NLog separates with bars and no spaces.
        // Python with colons for spaces: `2025-03-04 09:00:00,123:WARNING:shop.db:message`.
        let word = self.rest().strip_prefix(b":").unwrap_or_default();
        let length = word.iter().take_while(|b| b.is_ascii_uppercase()).count();
        // Jetty's `:INFO:oejs.Server:main: message` is a part of its own.
        let token = word.split(|b| *b == b' ').next().unwrap_or_default();
        let is_glued = word[length..].starts_with(b":")
            && !token.ends_with(b":")
            && level::of_word(&word[..length]).is_some();
        self.at += usize::from(has_mark || is_glued || self.peek() == b'|');
        self.confirm();
        if self.take_column() {
            return true;
        }
        self.pass_runtime();
        self.pass_host();
        self.pass_separators();
        let at = self.at;
        if !self.take_inner() {
            self.at = at;
        }
        true
    }

    /// What stands before the next space.
    fn token(&self) -> &'a [u8] {
        let rest = self.rest();
        let length = rest.iter().take(100).position(|b| *b == b' ').unwrap_or(rest.len());
        &rest[..length]
    }

    /// Length of the dotted or plain name that begins here.
    fn name(&self) -> usize {
        self.rest()
            .iter()
            .take(100)
            .take_while(|b| b.is_ascii_alphanumeric() || b"._$-/".contains(b))
            .count()
    }

    /// One part of a head that is neither stamp nor level: a bracket, a number, a logger. `false` where the message
    /// begins.
    fn take_part(&mut self, strangers: &mut usize) -> bool {
        match self.peek() {
            b'[' => return self.take_bracket(false),
            b'(' => return self.take_round(),
            b'<' => return self.take_angle(),
            b'{' => return self.ahead(1) != b'"' && self.pass_group(b'}'),
            0x80.. => return self.pass_mark(),
            b'-' | b'|' | b':' | b'*' | b'.' => {
                let run = self.rest().iter().take_while(|b| **b == self.peek()).count();
                // Logback's own words: `|-WARN in ch.qos.logback`.
                if self.rest().starts_with(b"|-") {
                    self.at += 2;
                    return true;
                }
                // RDS writes no space behind the stamp.
                // Gitea cuts a long path: `...web/init.go:72:run() [E] message`.
                let is_cut = self.peek() == b'.' && run == 3;
                let is_glued = self.stamp.is_some() && (self.peek() == b':' || is_cut);
                // A process's number may be joined to the dash before it: `- shop.Mailer -7448 [main] WARN  message`.
                let number = self.rest()[run..].iter().take_while(|b| b.is_ascii_digit()).count();
                let is_numbered = self.peek() == b'-' && self.stamp.is_some() && run == 1;
                let joined = run + if is_numbered { number } else { 0 };
                if self.ahead(joined) == b' ' && run <= 3 {
                    self.at += joined;
                    return true;
                }
                // Compilers name files from where they stand: `./src/a.c:3:5: error: x`.
                if !is_glued {
                    return self.ahead(run) == b'/' && self.take_diagnostic(self.token());
                }
            }
            _ => {}
        }
        let (rest, token) = (self.rest(), self.token());
        let length = token.len();
        if length == 0 || length >= 100 || token.contains(&b'"') || token.contains(&b'\'') {
            return false;
        }
        if self.take_diagnostic(token) || self.take_dotted(token) {
            return true;
        }
        // Monolog: `app.ERROR: message`; Postgres behind a stamp: `app@shop:[12]:LOG:  message`.
        if let Some(name) = token.strip_suffix(b":")
            && let Some(dot) =
                name.iter().rposition(|b| *b == b'.' || (*b == b':' && self.stamp.is_some()))
            && let Some(level) = level::of_word(&name[dot + 1..])
            && !name[dot + 1..].iter().any(u8::is_ascii_lowercase)
        {
            self.level = level;
            self.at += length;
            self.confirm();
            return true;
        }
        if self.at == 0 && self.take_labelled() {
            return true;
        }
        // At the very beginning only a long number is a counter; a short one counts things.
        let is_counter = length >= 6 && token.iter().all(u8::is_ascii_digit);
        let is_number = is_counter
            || (self.at > 0 && token.iter().all(|b| b.is_ascii_digit() || b"#:.x".contains(b)));
        let is_pair = memchr::memchr(b'=', token).is_some_and(|at| at > 0);
        // A level under a key counts more than a word behind the pairs.
        if is_pair
            && keyed::read_logfmt(self.bytes, self.at).is_some_and(|k| k.level != Level::Unknown)
        {
            return false;
        }
        let next_is_separator = {
            let behind = rest[length..].trim_ascii_start();
            behind.starts_with(b"- ") || behind.starts_with(b"| ") || behind.starts_with(b": ")
        };
        let has_mark = token.iter().any(|b| MARK[usize::from(*b)]);
        let is_code = self.pass_code(token);
        if !(is_number || is_pair || next_is_separator || is_code) {
            // After a stamp there may be a host, a thread, a logger; without one, only a name with a colon.
            let is_allowed = if self.stamp.is_some() {
                has_mark && *strangers < 3
                    || token == b"main"
                    || *strangers < 3
                        && (bracket::names_level(&rest[length..])
                            || word::names_level(&rest[length..]))
            } else {
                *strangers < 1 && token.ends_with(b":") && token.len() > 1
            };
            if !is_allowed {
                return false;
            }
        }
        if !(is_number || is_code) || self.stamp.is_none() {
            *strangers += 1;
        }
        self.at += length;
        true
    }

    /// A symbol that is no letter, a space behind it.
    fn pass_mark(&mut self) -> bool {
        let rest = self.rest();
        let length = rest.iter().take(8).position(|b| *b == b' ').unwrap_or(0);
        let mark = std::str::from_utf8(&rest[..length]).unwrap_or_default();
        let is_mark = !mark.is_empty() && !mark.chars().any(char::is_alphanumeric);
        self.at += if is_mark { length } else { 0 };
        is_mark
    }

    /// A short group in round, angle or curly brackets.
    fn pass_group(&mut self, close: u8) -> bool {
        let Some(end) = self.rest().iter().take(BRACKET).position(|b| *b == close) else {
            return false;
        };
        self.at += end + 1;
        true
    }

    /// Whether the message begins with another, worse level: then somebody wraps somebody else's words.
    fn contradicts(&mut self) -> bool {
        if !matches!(self.level, Level::Info | Level::Debug | Level::Trace) || self.message_at == 0
        {
            return false;
        }
        self.at = self.message_at;
        let other = match self.peek() {
            b'[' => {
                let rest = self.rest();
                let close = rest.iter().take(16).position(|b| *b == b']').unwrap_or(0);
                if close > 1 { level::of_word(rest[1..close].trim_ascii()) } else { None }
            }
            _ => self.word().and_then(|(length, level, case)| {
                (case == Case::Upper && self.ahead(length) == b':').then_some(level)
            }),
        };
        other.is_some_and(|level| level >= Level::Warn)
    }
}

#[cfg(test)]
mod tests;
