//! What stands between the level and the message: thread, process, logger, client.

use super::{BRACKET, Head, PARTS};
use crate::parse::stamp;

impl Head<'_> {
    pub(super) fn pass_separators(&mut self) {
        let start = self.at;
        self.spaces();
        if matches!(self.peek(), b'-' | b'|') && self.ahead(1) == b' ' {
            self.at += 1;
            self.confirm();
        } else {
            self.at = start;
        }
    }

    /// Moves the message behind thread, process and logger that follow the level.
    pub(super) fn pass_decoration(&mut self) {
        if self.message_at == 0 {
            return;
        }
        self.at = self.message_at;
        for _ in 0..PARTS {
            let length = self.decoration();
            if length == 0 || self.at + length >= self.bytes.len() {
                break;
            }
            self.at += length;
            self.spaces();
            self.message_at = self.at;
        }
    }

    /// Length of the decoration here; 0 where the message begins.
    fn decoration(&mut self) -> usize {
        let rest = self.rest();
        let token = rest.iter().take(100).position(|b| *b == b' ').unwrap_or(rest.len());
        let word = &rest[..token];
        match rest.first() {
            Some(b'-' | b'|' | b':') if word.len() <= 3 && word.iter().all(|b| *b == word[0]) => {
                token
            }
            Some(b'[') => {
                let Some(close) = rest.iter().take(BRACKET).position(|b| *b == b']') else {
                    return 0;
                };
                let inside = rest[1..close].trim_ascii();
                if self.stamp.is_none()
                    && let Some(stamp) = stamp::read(self.bytes, self.at + 1)
                {
                    self.stamp = Some(stamp);
                    return close + 1;
                }
                let is_known = [&b"pid "[..], b"tid ", b"client ", b"thread "]
                    .iter()
                    .any(|p| inside.starts_with(p));
                let follows = rest.get(close + 1);
                let is_apart = matches!(follows, Some(b' ' | b'[' | b':' | b'-' | b'('));
                // A thread whose name has spaces, if a logger follows it.
                let behind = rest[close + 1..].trim_ascii_start();
                let next = behind.iter().position(|b| *b == b' ').unwrap_or(behind.len());
                let has_logger = || Self::logger(behind, &behind[..next]) > 0;
                if is_apart && (is_known || !inside.contains(&b' ') || has_logger()) {
                    return close + 1 + usize::from(follows == Some(&b':'));
                }
                0
            }
            Some(b'(') if word.ends_with(b")") => token,
            Some(b'<') if word.ends_with(b">") && word.get(1).is_some_and(u8::is_ascii_digit) => {
                token
            }
            Some(b'*') if word.len() > 1 && word[1..].iter().all(u8::is_ascii_digit) => token,
            Some(b'0'..=b'9') => {
                if self.stamp.is_none()
                    && let Some(stamp) = stamp::read(self.bytes, self.at)
                    && !stamp.is_clock_only()
                {
                    self.stamp = Some(stamp);
                    return stamp.end - self.at;
                }
                // Spring's pid, nginx's `31#31:`.
                let is_pid = rest[token..].starts_with(b" --- ");
                let is_nginx = word.contains(&b'#') && word.ends_with(b":");
                if is_pid || is_nginx { token } else { 0 }
            }
            Some(b'i') if word == b"in" => {
                // Flask: `ERROR in app: message`.
                let name = rest[3..].iter().take(60).position(|b| *b == b' ').unwrap_or(0);
                if name > 1 && rest[3 + name - 1] == b':' { 3 + name } else { 0 }
            }
            Some(b'A'..=b'Z' | b'a'..=b'z' | b'_') => Self::logger(rest, word),
            _ => 0,
        }
    }

    fn logger(rest: &[u8], word: &[u8]) -> usize {
        let name = word.strip_suffix(b":").unwrap_or(word);
        let is_name = |b: &u8| b.is_ascii_alphanumeric() || b"._$:/@-".contains(b);
        let is_exception = [&b"Error"[..], b"Exception", b"Throwable", b"Warning", b"Failure"]
            .iter()
            .any(|end| name.ends_with(end));
        if name.len() < 2
            || is_exception
            || !name.iter().all(is_name)
            || memchr::memmem::find(name, b"//").is_some()
        {
            return 0;
        }
        let has_path = name.contains(&b'.') || memchr::memmem::find(name, b"::").is_some();
        let behind = rest[word.len()..].trim_ascii_start();
        let padding = rest.len() - word.len() - behind.len();
        let is_separated =
            padding > 0 && ((has_path && behind.starts_with(b": ")) || behind.starts_with(b"- "));
        let is_file = memchr::memmem::find(name, b".go:").is_some()
            || memchr::memmem::find(name, b".java:").is_some();
        if (has_path && word.ends_with(b":")) || is_file {
            return word.len();
        }
        if is_separated { word.len() + padding + 1 } else { 0 }
    }
}
