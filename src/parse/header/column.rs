//! Levels in a column of their own: Postgres' CSV, Jetty, `ClickHouse`, `NLog`, machines that log codes in capitals.

use super::{BRACKET, Head, level, stamp};
use crate::model::Level;

/// The column of Postgres' CSV log that holds the level, counted from the one behind the stamp; the message is two
/// further.
const SEVERITY: usize = 10;

impl Head<'_> {
    /// A level that stands directly behind the stamp, without a space; whether one was read.
    pub(super) fn take_column(&mut self) -> bool {
        match (self.peek(), self.ahead(1)) {
            (b':', b'A'..=b'Z') => self.jetty(),
            (b':', b':') => self.between_colons(),
            (b',', b'"' | b',') => self.postgres_csv(),
            // NLog with an event's number: `2025-03-04 09:00:00.1234|5|INFO|`; take_stamp passed the first bar.
            (b'0'..=b'9', _) if self.bytes.get(self.at - 1) == Some(&b'|') => {
                let digits = self.rest().iter().take_while(|b| b.is_ascii_digit()).count();
                self.at += if self.ahead(digits) == b'|' { digits + 1 } else { 0 };
                false
            }
            _ => false,
        }
    }

    /// A name and a level that a colon joins, before the stamp that proves them: `Zigbee2MQTT:warn  2021-05-23 22:16:45: x`.
    pub(super) fn take_labelled(&mut self) -> bool {
        let token = self.token();
        let colon = token.iter().rposition(|b| *b == b':').filter(|colon| *colon > 0);
        let Some(level) = colon.and_then(|colon| level::of_word(&token[colon + 1..])) else {
            return false;
        };
        let gap = self.rest()[token.len()..].iter().take_while(|b| **b == b' ').count();
        let stamp_at = self.at + token.len() + gap;
        if stamp::read(self.bytes, stamp_at).is_none_or(|stamp| stamp.is_clock_only()) {
            return false;
        }
        self.level = level;
        self.at = stamp_at;
        self.take_stamp();
        self.confirm();
        true
    }

    /// A process and a level that a dot joins, behind a stamp, as `ZoneMinder` writes
    /// them: `zmc_m1[7].ERR-file.cpp/3 [x]`.
    pub(super) fn take_dotted(&mut self, token: &[u8]) -> bool {
        let Some(dot) = memchr::memmem::find(token, b"].").filter(|_| self.stamp.is_some()) else {
            return false;
        };
        let word = &token[dot + 2..];
        let length = word.iter().take_while(|b| b.is_ascii_uppercase()).count();
        let Some(level) = level::of_word(&word[..length]) else { return false };
        if !matches!(word.get(length), None | Some(b'-')) {
            return false;
        }
        self.level = level;
        self.at += token.len();
        self.confirm();
        true
    }

    /// A name and a level in columns of their own, as Prosody writes them: `portmanager         error   message`.
    pub(super) fn padded(&mut self) -> bool {
        let rest = self.rest();
        let name =
            rest.iter().take(40).take_while(|b| b.is_ascii_alphanumeric() || **b == b'_').count();
        let gap = rest[name..].iter().take(40).take_while(|b| **b == b' ').count();
        let word = rest.get(name + gap..).unwrap_or_default();
        let length = word.iter().take(14).take_while(|b| b.is_ascii_lowercase()).count();
        let is_column = name > 2 && gap > 1 && word[length..].starts_with(b"  ");
        let Some(level) = level::of_word(&word[..length]).filter(|_| is_column) else {
            return false;
        };
        self.level = level;
        self.at += name + gap + length;
        self.confirm();
        true
    }

    /// `SABnzbd`: `::INFO::[notifier:166] message`.
    fn between_colons(&mut self) -> bool {
        let rest = &self.rest()[2..];
        let length = rest.iter().take_while(|b| b.is_ascii_uppercase()).count();
        let level = level::of_word(&rest[..length]).filter(|_| rest[length..].starts_with(b"::"));
        self.level = level.unwrap_or_default();
        if level.is_some() {
            self.at += length + 4;
            self.confirm();
        }
        level.is_some()
    }

    /// Jetty: `:INFO:oejs.Server:main: message`.
    fn jetty(&mut self) -> bool {
        let rest = self.rest();
        let mut colons = memchr::memchr_iter(b':', &rest[..rest.len().min(BRACKET)]).skip(1);
        let (Some(first), Some(logger), Some(thread)) =
            (colons.next(), colons.next(), colons.next())
        else {
            return false;
        };
        let Some(found) = level::of_word(&rest[1..first]) else { return false };
        if rest[first..thread].contains(&b' ') {
            return false;
        }
        self.level = found;
        self.at += if thread > logger { thread + 1 } else { logger + 1 };
        self.confirm();
        true
    }

    /// `,"app","shop",12,...,ERROR,42P01,"message"`.
    fn postgres_csv(&mut self) -> bool {
        let rest = self.rest();
        let (mut column, mut start, mut is_quoted) = (0, 1, false);
        for (at, byte) in rest.iter().enumerate().skip(1) {
            match byte {
                b'"' => is_quoted = !is_quoted,
                b',' if !is_quoted => {
                    if column == SEVERITY {
                        self.level = level::of_word(&rest[start..at]).unwrap_or_default();
                    } else if column == SEVERITY + 1 {
                        self.at += at + 1 + usize::from(rest.get(at + 1) == Some(&b'"'));
                        self.confirm();
                        return self.level != Level::Unknown;
                    }
                    column += 1;
                    start = at + 1;
                }
                _ => {}
            }
        }
        self.level = Level::Unknown;
        false
    }

    /// `ClickHouse`: `<Error> message`; other groups in angle brackets are passed.
    pub(super) fn take_angle(&mut self) -> bool {
        let start = self.at + 1;
        if !self.pass_group(b'>') {
            return false;
        }
        let inside = &self.bytes[start..self.at - 1];
        if let Some(level) = level::of_word(inside) {
            self.level = level;
            self.confirm();
        }
        true
    }

    /// Whether `token` is a code in capitals where columns are to be expected: behind a second, finer stamp that the
    /// machine puts among them (`2005-06-03-15.42.50.675872 R02-M1-N0 RAS KERNEL INFO message`), or before the first.
    pub(super) fn pass_code(&mut self, token: &[u8]) -> bool {
        let is_code = token.iter().all(|b| {
            b.is_ascii_uppercase() || b.is_ascii_digit() || matches!(b, b'-' | b':' | b'_' | b'.')
        }) && token[0].is_ascii_alphanumeric();
        if !is_code {
            return false;
        }
        if self.stamp.is_none() {
            // An alert's name before the seconds since 1970.
            let behind = self.rest().get(token.len() + 1..).unwrap_or_default();
            return self.at == 0 && behind.iter().take_while(|b| b.is_ascii_digit()).count() == 10;
        }
        self.has_codes |=
            token.len() > 18 && token.contains(&b'-') && !token.iter().any(u8::is_ascii_uppercase);
        self.has_codes
    }
}
