//! Heads that one product alone writes: Redis, skarnet's supervisors, Bitnami's images, Jitsi, CUPS, `GlassFish`,
//! Zabbix.

use super::{HOST, Head, level, word::Case};
use crate::{
    model::Level,
    parse::stamp::{self, Stamp},
};

impl Head<'_> {
    pub(super) fn redis(&mut self) -> bool {
        let rest = self.rest();
        // Before its third version: `[12] 02 Jan 15:04:05.123 * message`.
        let is_old = rest[0] == b'[';
        let number = &rest[usize::from(is_old)..];
        let digits = number.iter().take(8).take_while(|b| b.is_ascii_digit()).count();
        let has_role = match &number[digits..] {
            [b']', b' ', ..] => is_old,
            [b':', b'M' | b'S' | b'C' | b'X', b' ', ..] => !is_old,
            _ => false,
        };
        if digits == 0 || !has_role {
            return false;
        }
        let Some(stamp) = stamp::read(self.bytes, self.at + digits + 3) else { return false };
        let mark = self.bytes.get(stamp.end + 1).copied().unwrap_or_default();
        if is_old && !(b".-*#".contains(&mark) && self.bytes.get(stamp.end + 2) == Some(&b' ')) {
            return false;
        }
        self.stamp = Some(stamp);
        self.at = stamp.end;
        self.confirm();
        self.spaces();
        self.level = match (self.peek(), self.ahead(1)) {
            (b'.' | b'-', b' ') => Level::Debug,
            (b'*', b' ') => Level::Info,
            // Of a rank above notice, and used for start and farewell as well as for disasters.
            (b'#', b' ') => Level::Unknown,
            _ => return true,
        };
        self.at += 2;
        self.confirm();
        self.at = self.message_at;
        // `# WARNING overcommit_memory is set to 0!` says it twice, and so does `# Warning: no config file specified`.
        if let Some((word, level, case)) = self.word()
            && (case == Case::Upper || self.ahead(word) == b':')
        {
            self.at += word;
            self.level = self.level.max(level);
            if self.peek() == b':' {
                self.at += 1;
            }
            self.confirm();
        }
        true
    }

    /// skarnet's and daemontools' programs, which name what they look after: `s6-supervise web: warning: message`.
    pub(super) fn supervised(&mut self) -> bool {
        let rest = self.rest();
        let name = rest.iter().take(40).take_while(|b| HOST[usize::from(**b)]).count();
        if !rest[..name].contains(&b'-') || rest.get(name) != Some(&b' ') {
            return false;
        }
        let object =
            rest[name + 1..].iter().take(60).take_while(|b| HOST[usize::from(**b)]).count();
        let behind = &rest[name + 1 + object..];
        let Some(word) = behind.strip_prefix(b": ").filter(|_| object > 0) else { return false };
        let length = word.iter().take(9).take_while(|b| b.is_ascii_lowercase()).count();
        let Some(level) =
            level::of_word(&word[..length]).filter(|_| word[length..].starts_with(b": "))
        else {
            return false;
        };
        self.level = level;
        self.at += name + 1 + object + 2 + length + 1;
        self.confirm();
        true
    }

    /// A name that Go's logger writes before the date without a space: `raft2025/03/04 09:00:00 WARN: message`.
    pub(super) fn pass_prefix(&mut self) {
        let rest = self.rest();
        let name = rest.iter().take(20).take_while(|b| b.is_ascii_lowercase()).count();
        let is_dated = name > 0 && rest.get(name + 4) == Some(&b'/');
        if is_dated && stamp::read(self.bytes, self.at + name).is_some() {
            self.at += name;
        }
    }

    /// llama.cpp: minutes, seconds and their parts since the start, and a letter: `0.04.413.360 E main: message`.
    pub(super) fn counted(&mut self) -> bool {
        let rest = self.rest();
        let clock = rest.iter().take(16).take_while(|b| b.is_ascii_digit() || **b == b'.').count();
        let parts = rest[..clock].rsplit(|b| *b == b'.').map(<[u8]>::len);
        let [b' ', letter, b' ', ..] = rest[clock..] else { return false };
        let Some(level) = level::of_letter(letter) else { return false };
        if !parts.clone().take(3).eq([3, 3, 2]) || parts.count() != 4 {
            return false;
        }
        self.level = level;
        self.at += clock + 2;
        self.confirm();
        true
    }

    /// Bitnami's images: `postgresql 14:46:13.55 WARN  ==> message`.
    pub(super) fn bitnami(&mut self) -> bool {
        let rest = self.rest();
        let name = rest.iter().take(40).position(|b| *b == b' ').unwrap_or(0);
        let Some(stamp) = (rest.get(name + 3) == Some(&b':'))
            .then(|| stamp::read(self.bytes, self.at + name + 1))
            .flatten()
            .filter(Stamp::is_clock_only)
        else {
            return false;
        };
        let rest = self.bytes[stamp.end..].trim_ascii_start();
        let Some(arrow) = memchr::memmem::find(&rest[..rest.len().min(12)], b" ==> ") else {
            return false;
        };
        let Some(level) = level::of_word(rest[..arrow].trim_ascii()) else { return false };
        self.at = self.bytes.len() - rest.len() + arrow + 5;
        (self.stamp, self.level) = (Some(stamp), level);
        self.confirm();
        true
    }

    /// Jitsi: `JVB 2025-01-29 19:48:04.701 WARNING: [1] message`; Collabora: `wsd-1-2 2025-01-29 19:48:04.701 [ coolwsd ]
    /// WRN  message`.
    pub(super) fn named(&mut self) -> bool {
        let is_name = |b: &&u8| b.is_ascii_alphanumeric() || **b == b'-';
        let start = self.at;
        let name = self.rest().iter().take(30).take_while(|b| is_name(b)).count();
        let Some(stamp) = (self.ahead(name) == b' ' && self.ahead(name + 1).is_ascii_digit())
            .then(|| stamp::read(self.bytes, self.at + name + 1))
            .flatten()
        else {
            return false;
        };
        self.at = stamp.end;
        self.spaces();
        let is_grouped = self.peek() == b'[' && self.pass_group(b']');
        self.spaces();
        match self.word() {
            Some((length, level, Case::Upper))
                if (is_grouped || !stamp.is_clock_only())
                    && self.ahead(length) == if is_grouped { b' ' } else { b':' } =>
            {
                self.at += length + 1;
                (self.stamp, self.level) = (Some(stamp), level);
                self.confirm();
                true
            }
            _ => {
                self.at = start;
                false
            }
        }
    }

    /// CUPS: `E [13/Aug/2009:17:46:08 +0100] message`.
    pub(super) fn cups(&mut self) -> bool {
        let letter = self.peek();
        let close = self.rest().iter().take(40).position(|b| *b == b']').unwrap_or(0);
        let Some(stamp) = (self.ahead(1) == b' ' && self.ahead(2) == b'[')
            .then(|| stamp::read(self.bytes, self.at + 3))
            .flatten()
            .filter(|stamp| stamp.end <= self.at + close)
        else {
            return false;
        };
        let Some(level) = level::of_letter(letter.to_ascii_uppercase()) else { return false };
        self.at += close + 1;
        (self.stamp, self.level) = (Some(stamp), level);
        self.confirm();
        true
    }

    /// `GlassFish` and Payara's uniform format: `[#|2025-03-04T09:00:00.123+0000|SEVERE|Payara 6|logger|pairs|`, the message
    /// behind the fifth bar or on the next line.
    pub(super) fn uniform(&mut self) -> bool {
        let Some(stamp) = stamp::read(self.bytes, self.at + 3) else { return false };
        let columns = &self.bytes[stamp.end..];
        let mut bars = memchr::memchr_iter(b'|', columns);
        let (Some(0), Some(word)) = (bars.next(), bars.next()) else { return false };
        let Some(level) = level::of_word(&columns[1..word]) else { return false };
        self.at = stamp.end + bars.nth(2).unwrap_or(word) + 1;
        (self.stamp, self.level) = (Some(stamp), level);
        self.confirm();
        true
    }

    /// Zabbix, padded on the left: `   148:20170824:163424.561 message`.
    pub(super) fn zabbix(&mut self) -> bool {
        let rest = self.rest();
        let digits = rest.iter().take(8).take_while(|b| b.is_ascii_digit()).count();
        let Some([b':', text @ ..]) = rest.get(digits..).filter(|_| digits > 0) else {
            return false;
        };
        let mut spelled = *b"....-..-.. ..:..:..........";
        let Some(text) = text.get(..19) else { return false };
        for (to, from) in [
            (0..4, 0..4),
            (5..7, 4..6),
            (8..10, 6..8),
            (11..13, 9..11),
            (14..16, 11..13),
            (17..23, 13..19),
        ] {
            spelled[to].copy_from_slice(&text[from]);
        }
        let Some(stamp) = stamp::read(&spelled[..23], 0).filter(|_| text[8] == b':') else {
            return false;
        };
        self.at += digits + 1 + text.len();
        self.stamp = Some(stamp.ending_at(self.at));
        self.confirm();
        true
    }
}
