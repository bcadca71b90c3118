//! A level written as a word or a letter of its own, and when such a word is one.

use super::{Head, MARK, level};
use crate::model::Level;

/// How a word that names a level is written.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Case {
    Upper,
    Lower,
    Capital,
}

impl Head<'_> {
    /// The letters here, if they name a level: length, level, writing.
    pub(super) fn word(&self) -> Option<(usize, Level, Case)> {
        let rest = self.rest();
        let length =
            rest.iter().take(14).take_while(|b| b.is_ascii_alphanumeric() || **b == b'!').count();
        let word = rest.get(..length)?;
        let level = level::of_word(word).or_else(|| level::of_word(word.strip_suffix(b"!")?))?;
        let case = if word.iter().all(|b| !b.is_ascii_lowercase()) {
            Case::Upper
        } else if word.iter().all(|b| !b.is_ascii_uppercase()) {
            Case::Lower
        } else {
            Case::Capital
        };
        Some((length, level, case))
    }

    /// A level written as a word of its own. `gap` spaces stand before it, `strangers` bare words before those.
    pub(super) fn take_word(&mut self, gap: usize, strangers: usize) -> bool {
        let Some((length, level, case)) = self.word() else {
            return strangers == 0 && self.take_letter();
        };
        let word = &self.rest()[..length];
        let next = self.ahead(length);
        let after = self.ahead(length + 1);
        let is_everyday = level::is_everyday(word);
        let is_level = match next {
            // `Error::new`, `http://`, but `ERROR:: x`.
            b':' if after == b':' => case == Case::Upper && self.ahead(length + 2) == b' ',
            b':' if after == b'/' => false,
            // Node's console.trace, which says where it was called.
            b':' if word == b"Trace" && self.stamp.is_none() => false,
            b':' if case == Case::Upper => true,
            // `psql: error: ...`, `queries: info: ...`: the program's name, or that of a part of it, before it.
            b':' => {
                let is_named = self.stamp.is_none() || self.is_behind_colon(gap);
                (strangers == 0 || (strangers == 1 && is_named && after == b' ')) && !is_everyday
            }
            _ if case == Case::Upper => match next {
                b' ' if word == b"TRACE" && after == b'/' => false,
                b' ' if is_everyday => {
                    after == b'[' || self.ahead(length + 2) == b'[' || after == b' '
                }
                b'(' => !is_everyday,
                b' ' | b']' | b'|' | b',' | b'/' | b';' => true,
                b'[' => after.is_ascii_digit() || after == b'[',
                b'-' => after == b' ',
                _ => false,
            },
            b' ' if word == self.painted => true,
            // MSBuild: `error : x`.
            b' ' if after == b':' => {
                strangers == 0 && !is_everyday && self.ahead(length + 2) == b' '
            }
            // NLog: `2025-03-04 09:00:00.1|Warn|Logger|message`, a column whatever its case.
            b'|' => self.stamp.is_some() && self.is_behind_bar(),
            // Windows: `2016-09-28 04:30:30, Info                  CBS    ...`.
            b' ' if case == Case::Capital => {
                strangers == 0 && self.stamp.is_some() && after == b' ' && !is_everyday
            }
            b' ' if strangers == 0 && !is_everyday && case == Case::Lower => {
                (self.at == 0 && self.rest().get(length + 1..).is_some_and(is_code))
                    || (self.stamp.is_some() && gap >= 2)
                    || after == b' '
                    || (after == b'|' && self.ahead(length + 2) == b' ')
                    || self.rest().get(length + 1..).is_some_and(is_dashed)
            }
            // Icinga: `[2025-03-04 09:00:00 +0100] warning/TlsStream: message`.
            b'/' => case == Case::Lower && self.is_before_part(gap, length),
            // rustc: `error[E0425]: ...`.
            b'[' => case == Case::Lower && self.at == 0 && after.is_ascii_uppercase(),
            _ => false,
        };
        if !is_level {
            return false;
        }
        self.level = level;
        // An exception called `Error`, a panic: the word is part of the message.
        let is_spoken = (next == b'[' && case == Case::Lower)
            || next == b':'
                && (case == Case::Capital || word == b"panic" || after.is_ascii_digit());
        if is_spoken {
            self.is_spoken = true;
            return true;
        }
        self.at += length;
        if next == b'/' && case == Case::Lower {
            self.at += self.token().len();
        } else if next == b'[' {
            // logrus: `ERRO[0002] message`.
            self.at += self.rest().iter().take(16).position(|b| *b == b']').map_or(0, |e| e + 1);
        } else if matches!(next, b':' | b']' | b',' | b'|' | b';') {
            self.at += if after == b':' { 2 } else { 1 };
        }
        if next == b':' && after != b' ' {
            // Python: `ERROR:root:message`.
            let name = self.name();
            if name > 0 && self.ahead(name) == b':' {
                self.at += name + 1;
            }
        }
        self.confirm();
        true
    }

    /// Whether a colon and `gap` spaces stand before what is read next.
    fn is_behind_colon(&self, gap: usize) -> bool {
        let before = self.at.checked_sub(gap + 1).and_then(|at| self.bytes.get(at));
        before == Some(&b':')
    }

    /// Whether the level of `length` directly behind a stamp is joined to the name of the part that speaks.
    fn is_before_part(&self, gap: usize, length: usize) -> bool {
        let is_first = self.stamp.is_some_and(|stamp| self.at - gap <= stamp.end + 1);
        let part = self.token().get(length + 1..).unwrap_or_default();
        let name = part.strip_suffix(b":").unwrap_or_default();
        is_first && !name.is_empty() && name.iter().all(u8::is_ascii_alphanumeric)
    }

    /// Whether what is read next begins directly behind a bar.
    fn is_behind_bar(&self) -> bool {
        self.at.checked_sub(1).and_then(|at| self.bytes.get(at)) == Some(&b'|')
    }

    /// Mongo and Android: one letter behind the stamp, a component behind it.
    pub(super) fn take_letter(&mut self) -> bool {
        // Telegraf: `W! [outputs.influxdb] message`.
        // A colon behind another letter may as well be a drive's.
        let is_marked = self.ahead(2) == b' '
            && (self.ahead(1) == b'!'
                || self.ahead(1) == b':' && matches!(self.peek(), b'I' | b'W' | b'E'));
        if self.stamp.is_none() || !(self.ahead(1) == b' ' || is_marked) {
            return false;
        }
        let Some(level) = level::of_letter(self.peek()) else { return false };
        if is_marked {
            self.level = level;
            self.at += 2;
            self.confirm();
            return true;
        }
        let rest = self.rest()[1..].trim_ascii_start();
        if rest.starts_with(b"| ") {
            // etcd's older form: `W | etcdserver: message`.
            self.level = level;
            self.at += 1;
            self.spaces();
            self.at += 2;
            self.confirm();
            return true;
        }
        let component = rest.split(|b| *b == b' ').next().unwrap_or_default();
        let is_component = component.len() > 2
            && (component.ends_with(b":")
                || component.iter().all(|b| b.is_ascii_uppercase() || *b == b'_'));
        // No sentence begins with one of these two.
        let is_lone = !is_component && matches!(self.peek(), b'E' | b'W') && !component.is_empty();
        if is_component || is_lone {
            self.level = level;
            self.at += 1;
            if is_component && component.ends_with(b":") {
                self.spaces();
                self.at += component.len();
            }
            self.confirm();
        }
        is_component || is_lone
    }
}

/// Whether one more part of a head and a level in capitals follow: Sidekiq's `2025-03-04T09:00:00Z 7 TID-a1 MailJob
/// JID-b2c3 INFO: message`.
pub(super) fn names_level(rest: &[u8]) -> bool {
    let Some(part) = rest.strip_prefix(b" ") else { return false };
    let length = part.iter().take(60).position(|b| *b == b' ').unwrap_or(0);
    let is_marked = part[..length].iter().any(|b| MARK[usize::from(*b)]);
    let Some(word) = part.get(length + 1..) else { return false };
    let letters = word.iter().take(9).take_while(|b| b.is_ascii_uppercase()).count();
    let word = &word[..letters];
    is_marked
        && part[length + 1 + letters..].starts_with(b": ")
        && level::of_word(word).is_some()
        && !level::is_everyday(word)
}

/// One dash or up to three, a space behind them: `warn - x`, Verdaccio's `warn --- x`.
fn is_dashed(rest: &[u8]) -> bool {
    let dashes = rest.iter().take_while(|b| **b == b'-').count();
    matches!(dashes, 1..=3) && rest.get(dashes) == Some(&b' ')
}

/// A compiler's number: `TS2304: ...`.
fn is_code(rest: &[u8]) -> bool {
    let letters = rest.iter().take_while(|b| b.is_ascii_uppercase()).count();
    let digits = rest[letters..].iter().take_while(|b| b.is_ascii_digit()).count();
    letters > 0 && digits > 0 && rest.get(letters + digits) == Some(&b':')
}
