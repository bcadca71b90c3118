//! What stands in square brackets: a stamp, a level, both, or a thread, a process, a logger.

use super::{BRACKET, Head, level, stamp};
use crate::model::Level;

impl Head<'_> {
    /// A group in square brackets: a stamp, a level, both, or neither. `needs_stamp`: only one with a stamp is taken.
    pub(super) fn take_bracket(&mut self, needs_stamp: bool) -> bool {
        if self.peek() != b'[' {
            return false;
        }
        let rest = self.rest();
        let Some(close) = closing(rest) else { return false };
        let inside = &rest[1..close];
        let lead = inside.iter().take_while(|b| **b == b' ').count();
        let start = self.at + 1 + lead;
        let mut level = None;
        let mut stamp = None;
        // Tornado: `[E 250304 09:00:00 web:12]`.
        let (letter, from) = match inside {
            [letter, b' ', digit, ..] if digit.is_ascii_digit() => {
                (level::of_letter(*letter), start + 2)
            }
            _ => (None, start),
        };
        if self.stamp.is_none()
            && let Some(read) = stamp::read(&self.bytes[..self.at + close], from)
        {
            stamp = Some(read);
            level = letter;
            let tail = &self.bytes[read.end..self.at + close];
            let tail = tail.trim_ascii_start();
            let tail = tail
                .strip_prefix(b":")
                .or(tail.strip_prefix(b","))
                .unwrap_or(tail)
                .trim_ascii_start();
            // Celery `[stamp: ERROR/MainProcess]`, env_logger `[stamp ERROR module]`, Serilog `[stamp ERR]`.
            let word = tail.split(|b| b" /,:".contains(b)).next().unwrap_or_default();
            level = level.or_else(|| level::of_word(word));
        } else if needs_stamp {
            return false;
        } else {
            let is_tagged =
                self.stamp.is_some() && self.bytes.get(self.at + close + 1) == Some(&b'[');
            let tag = || if is_tagged { tagged(inside) } else { None };
            let is_first = self.at == 0 && self.ahead(close + 1) == b' ';
            let lone = || if self.stamp.is_some() || is_first { lone(inside) } else { None };
            level = level.or_else(|| bracketed(inside.trim_ascii())).or_else(tag).or_else(lone);
        }
        if stamp.is_none() && level.is_none() && self.bytes.get(self.at + close + 1).is_none() {
            return false;
        }
        self.stamp = self.stamp.or(stamp);
        self.at += close + 1;
        if let Some(level) = level {
            self.level = level;
            if self.peek() == b':' {
                self.at += 1;
            }
        }
        // An access log: the whole line is the message.
        let is_access = start > 2 && self.rest().starts_with(b" \"");
        if (stamp.is_some() || level.is_some()) && !is_access {
            self.confirm();
            if level.is_none() {
                self.pass_separators();
            }
        }
        true
    }

    /// A group in round brackets; a level in one counts directly behind the stamp, `[2025-03-04 09:00:00](critical) x`,
    /// and at the beginning, `(WARNING) x`.
    pub(super) fn take_round(&mut self) -> bool {
        let start = self.at + 1;
        let is_glued =
            self.at == 0 || self.stamp.is_some() && self.bytes[..self.at].ends_with(b"]");
        if !self.pass_group(b')') {
            return false;
        }
        let inside = &self.bytes[start..self.at - 1];
        let level = level::of_word(inside).filter(|_| is_glued);
        if let Some(level) = level.or_else(|| lone(inside).filter(|_| inside.len() == 2)) {
            self.level = level;
            self.confirm();
        }
        true
    }
}

/// Where the square bracket that `text` begins with is closed, those within it passed over.
pub(super) fn closing(text: &[u8]) -> Option<usize> {
    let mut depth = 0_u32;
    let mut first = None;
    for (at, byte) in text.iter().take(BRACKET).enumerate() {
        match byte {
            b'[' => depth += 1,
            b']' => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return Some(at);
                }
                first.get_or_insert(at);
            }
            _ => {}
        }
    }
    first
}

/// Whether a level in capitals and brackets follows: `2025-03-04 09:00:00 cluster [WRN] message`.
pub(super) fn names_level(rest: &[u8]) -> bool {
    let Some(inside) = rest.strip_prefix(b" [") else { return false };
    let length = inside.iter().take(9).take_while(|b| b.is_ascii_uppercase()).count();
    inside[length..].starts_with(b"] ") && level::of_word(&inside[..length]).is_some()
}

/// The letter of `[12:00:00][W][wifi:482]: message`, as firmware writes it: a C there is a line of settings, a V chatter.
const fn tagged(inside: &[u8]) -> Option<Level> {
    match inside {
        b"C" => Some(Level::Info),
        b"VV" => Some(Level::Trace),
        [letter] => level::of_letter(*letter),
        _ => None,
    }
}

/// The letter of `2025/03/04 09:00:00 cmd/web.go:12:run() [W] message`, as Beego, Gogs and Gitea write it, and Xorg's two.
const fn lone(inside: &[u8]) -> Option<Level> {
    match inside {
        b"EE" => Some(Level::Error),
        b"WW" => Some(Level::Warn),
        b"II" => Some(Level::Info),
        [letter @ (b'D' | b'I' | b'W' | b'E' | b'F')] => level::of_letter(*letter),
        _ => None,
    }
}

/// The level inside square brackets: `error`, `ERROR/MainProcess`, `Server thread/WARN`, `core:error`,
/// `0304/090000:ERROR:file.cc(12)`.
fn bracketed(inside: &[u8]) -> Option<Level> {
    // Also Monolog's `app.ERROR` and Twisted's `web#error`.
    if let Some(mark) = inside.iter().rposition(|b| b"/.#".contains(b)).filter(|at| *at > 0)
        && let word = &inside[mark + 1..]
        && (inside[mark] == b'#' || word.iter().all(u8::is_ascii_uppercase))
        && let Some(level) = level::of_word(word)
    {
        return Some(level);
    }
    let word = inside.split(|b| b"/ ".contains(b)).next().unwrap_or_default();
    if let Some(level) = level::of_word(word)
        && (word.len() == inside.len() || !word.iter().any(u8::is_ascii_lowercase))
    {
        return Some(level);
    }
    if inside.contains(&b' ') || !inside.contains(&b':') {
        return None;
    }
    // A line's number may stand behind it: `host:app.Part:Error:1662`.
    let mut last = None;
    for part in inside.split(|b| *b == b':') {
        let level = level::of_word(part);
        if level.is_some() && part.iter().all(u8::is_ascii_uppercase) {
            return level;
        }
        if !part.iter().all(u8::is_ascii_digit) {
            last = level;
        }
    }
    last
}
