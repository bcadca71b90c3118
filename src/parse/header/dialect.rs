//! Programs whose heads need a rule of their own: glog, Ruby, syslog, Erlang, Redis, npm, PHP, and marks in place of words.

use super::{Head, level, word::Case};
use crate::{
    model::Level,
    parse::stamp::{self, Stamp},
};

/// Bytes of the names of hosts and programs.
const HOST: [bool; 256] = {
    let mut host = [false; 256];
    let mut at = 0;
    while at < 128 {
        let byte = at as u8;
        host[at] = byte.is_ascii_alphanumeric()
            || matches!(byte, b'.' | b'_' | b'-' | b'/' | b'(' | b')' | b'[' | b']');
        at += 1;
    }
    host
};

impl Head<'_> {
    /// Heads that need a rule of their own; whether one was read to its end.
    pub(super) fn dialect(&mut self) -> bool {
        let rest = self.rest();
        match self.peek() {
            // glog and klog: `E0102 15:04:05.123456    1 file.go:12] message`.
            letter @ b'A'..=b'Z' if rest.get(1).is_some_and(u8::is_ascii_digit) => {
                self.glog(letter)
            }
            b'V' | b'D' | b'I' | b'W' | b'E' | b'F' if rest[1..].starts_with(b"/") => {
                self.take_tag()
            }
            // Ruby: `E, [2025-03-04T09:00:00.123456 #1] ERROR -- prog: message`.
            letter @ b'A'..=b'Z' if rest[1..].starts_with(b", [") => {
                self.at += 4;
                if self.take_stamp() {
                    if let Some(end) = memchr::memmem::find(self.rest(), b" -- ") {
                        self.at += end + 4;
                        if let Some(colon) =
                            memchr::memmem::find(self.rest(), b": ").filter(|c| *c < 40)
                        {
                            self.at += colon + 2;
                        }
                        self.confirm();
                    }
                    self.level = level::of_letter(letter).unwrap_or_default();
                    return true;
                }
                self.at -= 4;
                false
            }
            b'<' => {
                self.priority();
                false
            }
            // Sanitizers: `==7==ERROR: AddressSanitizer: ...`.
            b'=' if rest.starts_with(b"==") && rest.get(2).is_some_and(u8::is_ascii_digit) => {
                let digits = rest[2..].iter().take_while(|b| b.is_ascii_digit()).count();
                let word = rest[2 + digits..].strip_prefix(b"==").unwrap_or_default();
                let length = word.iter().position(|b| *b == b':').unwrap_or(0);
                self.level = level::of_word(&word[..length]).unwrap_or_default();
                if self.level != Level::Unknown {
                    self.at += digits + 4 + length + 1;
                    self.confirm();
                }
                true
            }
            // Erlang: `=ERROR REPORT==== 4-Mar-2025::09:00:00 ===`.
            b'=' if rest[1..].first().is_some_and(u8::is_ascii_uppercase) => {
                let word = rest[1..].split(|b| *b == b' ').next().unwrap_or_default();
                self.level = match word {
                    b"CRASH" | b"SUPERVISOR" => Level::Error,
                    b"PROGRESS" => Level::Info,
                    word => level::of_word(word).unwrap_or_default(),
                };
                self.level != Level::Unknown || self.ornamented()
            }
            b'!' | b'*' | b'=' | b'>' | b'~' | b'+' => self.ornamented(),
            b'(' => self.glib(),
            // apt: `E: message`.
            letter @ (b'E' | b'W') if rest[1..].starts_with(b": ") => {
                self.level = level::of_letter(letter).unwrap_or_default();
                self.at += 2;
                self.confirm();
                true
            }
            // Redis: `1:M 02 Jan 2006 15:04:05.123 * message`.
            b'0'..=b'9' => self.redis() || self.zabbix(),
            b'[' => self.redis(),
            b'a'..=b'z' | b'A'..=b'Z' => {
                self.bitnami() || self.named() || self.cups() || self.padded() || self.supervised()
            }
            0x80.. => {
                self.glyph();
                false
            }
            _ => false,
        }
    }

    /// glog's head behind another stamp, such as the one that `docker compose logs -t` writes.
    pub(super) fn take_glog(&mut self) -> bool {
        let letter = self.peek();
        let is_glog = self.stamp.is_some() && letter.is_ascii_uppercase();
        is_glog && self.ahead(1).is_ascii_digit() && self.glog(letter)
    }

    fn glog(&mut self, letter: u8) -> bool {
        let Some(level) = level::of_letter(letter) else { return false };
        let digits = self.rest()[1..].iter().take_while(|b| b.is_ascii_digit()).count();
        // The day has no separators; newer ones and CockroachDB write the year, too.
        let stamp = match digits {
            4 => {
                let mut spelled = [b'-'; 40];
                let clock = &self.rest()[5..];
                let length = clock.len().min(spelled.len() - 5);
                spelled[..2].copy_from_slice(&self.rest()[1..3]);
                spelled[3..5].copy_from_slice(&self.rest()[3..5]);
                spelled[5..5 + length].copy_from_slice(&clock[..length]);
                stamp::read(&spelled[..5 + length], 0).map(|s| s.ending_at(self.at + s.end))
            }
            6 | 8 => stamp::read(self.bytes, self.at + 1),
            _ => None,
        };
        let Some(stamp) = stamp else { return false };
        self.level = level;
        self.at = stamp.end;
        self.stamp = Some(stamp);
        // CockroachDB: `14 1@server/server.go:1587 ⋮ [n1] message`.
        if let Some(end) =
            memchr::memmem::find(self.rest(), "⋮ [".as_bytes()).filter(|end| *end < 120)
            && let Some(close) = super::bracket::closing(&self.rest()[end + "⋮ ".len()..])
        {
            self.at += end + "⋮ ".len() + close + 1;
            self.confirm();
            return true;
        }
        if let Some(end) = memchr::memmem::find(self.rest(), b"] ").filter(|end| *end < 80) {
            self.at += end + 2;
        }
        self.confirm();
        true
    }

    /// `<34>` and `<34>1`: the level of syslog's priority.
    fn priority(&mut self) {
        let rest = self.rest();
        let Some(close) = rest.iter().take(5).position(|b| *b == b'>') else { return };
        let Some(number) = level::number(&rest[1..close]) else { return };
        self.outer = level::of_syslog(number % 8).unwrap_or_default();
        self.at += close + 1;
        if self.rest().starts_with(b"1 ") {
            self.at += 2;
        }
        self.confirm();
    }

    /// Levels of more than one word: npm's and PHP's.
    pub(super) fn take_phrase(&mut self) -> bool {
        let rest = self.rest();
        match self.peek() {
            b'n' if rest.starts_with(b"npm ") => {
                let word = rest[4..].split(|b| *b == b' ').next().unwrap_or_default();
                let Some(level) = level::of_word(word) else { return false };
                self.level = level;
                self.at += 4 + word.len();
                self.confirm();
                return true;
            }
            b'P' if rest.starts_with(b"PHP ") => self.level = php(&rest[4..]),
            b'E' if self.at < 2 && rest.starts_with(b"ERR_PNPM_") => self.level = Level::Error,
            b'V' | b'D' | b'I' | b'W' | b'E' | b'F' if self.ahead(1) == b'/' => {
                return self.take_tag();
            }
            b'P' | b'F' | b'f' | b'W' | b'D' | b'N' => self.level = php(rest),
            _ => return false,
        }
        self.is_spoken = self.level != Level::Unknown;
        self.is_spoken
    }

    fn redis(&mut self) -> bool {
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
    fn supervised(&mut self) -> bool {
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

    /// Bitnami's images: `postgresql 14:46:13.55 WARN  ==> message`.
    fn bitnami(&mut self) -> bool {
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
    fn named(&mut self) -> bool {
        let is_name = |b: &&u8| b.is_ascii_alphanumeric() || **b == b'-';
        let start = self.at;
        let name = self.rest().iter().take(30).take_while(|b| is_name(b)).count();
        let Some(stamp) = (self.ahead(name) == b' ' && self.ahead(name + 1).is_ascii_digit())
            .then(|| stamp::read(self.bytes, self.at + name + 1))
            .flatten()
            .filter(|stamp| !stamp.is_clock_only())
        else {
            return false;
        };
        self.at = stamp.end;
        self.spaces();
        let is_grouped = self.peek() == b'[' && self.pass_group(b']');
        self.spaces();
        match self.word() {
            Some((length, level, Case::Upper))
                if self.ahead(length) == if is_grouped { b' ' } else { b':' } =>
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
    fn cups(&mut self) -> bool {
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

    /// Syslog names host and program behind the stamp: `host tag[123]: message`. Behind another stamp than syslog's
    /// own only a program with its number is believed.
    pub(super) fn pass_host(&mut self) {
        let Some(stamp) = self.stamp else { return };
        let rest = self.rest();
        let is_bsd = stamp.end >= 15 && self.bytes[stamp.end - 15].is_ascii_uppercase();
        let is_name = |b: &u8| HOST[usize::from(*b)];
        let start = rest.iter().take_while(|b| **b == b' ').count();
        let host = rest[start..].iter().take_while(|b| is_name(b)).count();
        self.outer = self.outer.max(facility(&rest[start..start + host]));
        // A relay names the host before it: `host daemon.err app[7]: message`.
        if is_bsd && self.outer == Level::Unknown && rest.get(start + host) == Some(&b' ') {
            let word = &rest[start + host + 1..];
            let length = word.iter().take(16).take_while(|b| is_name(b)).count();
            self.outer = facility(&word[..length]);
            if self.outer != Level::Unknown {
                self.at += start + host + 1 + length;
                self.confirm();
                return self.pass_host();
            }
        }
        // A daemon in a container names only itself: `dnsmasq[1]: message`, `imap(user)<7><abc>: message`.
        if is_bsd {
            let alone = &rest[start..];
            let is_own = |b: &&u8| is_name(b) || b"<>@+".contains(b);
            let own = alone.iter().take(80).take_while(is_own).count();
            if own > 1 && alone[own..].starts_with(b": ") && !is_level_word(&alone[..own]) {
                self.at += start + own + 1;
                self.confirm();
                return;
            }
        }
        let tag = rest.get(start + host + 1..).unwrap_or_default();
        let length = tag.iter().take_while(|b| is_name(b)).count();
        let has_number = length > 0 && tag[length - 1] == b']';
        if host > 0
            && rest[start] != b'['
            && rest.get(start + host) == Some(&b' ')
            && length > 0
            && tag[0] != b'['
            && tag[length..].starts_with(b": ")
            && (is_bsd || has_number)
        {
            self.at += start + host + 1 + length + 1;
            self.confirm();
        }
    }

    /// What a script said through PHP-FPM, at its own level: `NOTICE: PHP message: PHP Warning:  message`.
    pub(super) fn relayed(&mut self) -> bool {
        const RELAY: &[u8] = b"PHP message: ";
        let said = self.bytes.get(self.message_at..).and_then(|said| said.strip_prefix(RELAY));
        let level = said.and_then(|said| said.strip_prefix(b"PHP ")).map(php);
        let level = level.filter(|level| *level != Level::Unknown);
        if let Some(level) = level {
            self.level = level;
            self.message_at += RELAY.len();
        }
        level.is_some()
    }
}

/// The level in `OpenWrt`'s `daemon.err`.
fn facility(word: &[u8]) -> Level {
    let dot = word.iter().take(9).position(|b| *b == b'.').unwrap_or(0);
    let known: &[&[u8]] =
        &[b"kern", b"user", b"mail", b"daemon", b"auth", b"syslog", b"cron", b"authpriv"];
    let level = known.contains(&&word[..dot]).then(|| level::of_word(&word[dot + 1..]));
    level.flatten().unwrap_or_default()
}

fn is_level_word(word: &[u8]) -> bool {
    level::of_word(word).is_some()
}

/// The level of PHP's `Fatal error: ...` and its kin.
fn php(rest: &[u8]) -> Level {
    let end = rest.iter().take(28).position(|b| *b == b':').unwrap_or(0);
    match &rest[..end] {
        b"Fatal error" | b"fatal error" | b"Recoverable fatal error" => Level::Fatal,
        b"Parse error" => Level::Error,
        b"Warning" | b"Deprecated" => Level::Warn,
        b"Notice" => Level::Info,
        _ => Level::Unknown,
    }
}
