//! Programs whose heads need a rule of their own: glog, Ruby, syslog, Erlang, npm, PHP.

use super::{HOST, Head, level};
use crate::{model::Level, parse::stamp};

/// What glog's port to Go says before each head that it writes ahead of reading its flags.
const UNPARSED: &[u8] = b"ERROR: logging before flag.Parse: ";

impl Head<'_> {
    /// Heads that need a rule of their own; whether one was read to its end.
    pub(super) fn dialect(&mut self) -> bool {
        if self.rest().starts_with(UNPARSED) {
            self.at += UNPARSED.len();
        }
        self.pass_prefix();
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
            b'0'..=b'9' => self.redis() || self.zabbix() || self.counted(),
            b'[' if rest.starts_with(b"[#|") => self.uniform(),
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

    /// What a script said through PHP-FPM, at its own level, if it has one: `NOTICE: PHP message: PHP Warning:  message`.
    pub(super) fn relayed(&mut self) -> bool {
        const RELAY: &[u8] = b"PHP message: ";
        let said = self.bytes.get(self.message_at..).and_then(|said| said.strip_prefix(RELAY));
        let Some(said) = said else { return false };
        self.level = said.strip_prefix(b"PHP ").map(php).unwrap_or_default();
        self.message_at += RELAY.len();
        true
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
