//! What stands between the level and the message: thread, process, logger, client.

use super::{ALPHANUMERIC, Head, PARTS, bracket::closing, bytes_of};
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
            let passed = &self.rest()[..length];
            // TiDB: behind `[server.go:12]` even a bracket is the message.
            let is_place = passed.starts_with(b"[") && names_file(passed, &[b".go", b".rs"]);
            self.at += length;
            self.spaces();
            self.message_at = self.at;
            if is_place {
                break;
            }
        }
    }

    /// Length of the decoration here; 0 where the message begins.
    fn decoration(&mut self) -> usize {
        let rest = self.rest();
        let token = rest.iter().take(100).position(|b| *b == b' ').unwrap_or(rest.len());
        let word = &rest[..token];
        match rest.first() {
            Some(b'-' | b'|' | b':' | b'>')
                if word.len() <= 3 && word.iter().all(|b| *b == word[0]) =>
            {
                token
            }
            Some(b'[') => {
                let Some(close) = closing(rest) else { return 0 };
                let inside = rest[1..close].trim_ascii();
                if self.stamp.is_none()
                    && let Some(stamp) = stamp::read(self.bytes, self.at + 1)
                {
                    self.stamp = Some(stamp);
                    return close + 1;
                }
                let is_known =
                    [&b"pid "[..], b"tid ", b"client ", b"thread ", b"req-", b"instance: "]
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
            Some(b'(') if word.ends_with(b")") || word.ends_with(b"):") => token,
            // WildFly's thread behind its logger: `[org.jboss.as] (Controller Boot Thread) message`.
            Some(b'(') if self.bytes[..self.at].ends_with(b"] ") => {
                rest.iter().take(60).position(|b| *b == b')').map_or(0, |close| close + 1)
            }
            Some(b'<') if word.ends_with(b">") && word.get(1).is_some_and(u8::is_ascii_digit) => {
                token
            }
            // nginx' connection, Fluentd's worker.
            Some(b'*' | b'#') if word.len() > 1 && word[1..].iter().all(u8::is_ascii_digit) => {
                token
            }
            Some(b'0'..=b'9') => {
                let is_behind_bracket = self.bytes[..self.at].ends_with(b"] ");
                if self.stamp.is_none()
                    && let Some(stamp) = stamp::read(self.bytes, self.at)
                    && (is_behind_bracket || !stamp.is_clock_only())
                {
                    self.stamp = Some(stamp);
                    return stamp.end - self.at;
                }
                // Spring's pid, nginx's `31#31:`.
                let is_pid = rest[token..].starts_with(b" --- ");
                let is_nginx = word.contains(&b'#') && word.ends_with(b":");
                // HAProxy: `063/090000 (7) : message`.
                let is_haproxy = rest[token..].starts_with(b" (")
                    && word.len() == 10
                    && word.iter().all(|b| b.is_ascii_digit() || *b == b'/');
                if is_pid || is_nginx || is_haproxy { token } else { 0 }
            }
            Some(b'T') if word.starts_with(b"ThreadId(") => token,
            Some(b'i') if word == b"in" => {
                // Flask: `ERROR in app: message`.
                let name = rest[3..].iter().take(60).position(|b| *b == b' ').unwrap_or(0);
                if name > 1 && rest[3 + name - 1] == b':' { 3 + name } else { 0 }
            }
            Some(b'A'..=b'Z' | b'a'..=b'z' | b'_') => match span(rest, word) {
                0 => Self::logger(rest, word),
                length => length,
            },
            _ => 0,
        }
    }

    fn logger(rest: &[u8], word: &[u8]) -> usize {
        let name = word.strip_suffix(b":").unwrap_or(word);
        // .NET on one line: `Shop.Mail[0] message`.
        if let Some(inside) = name.strip_suffix(b"]")
            && let Some(open) = memchr::memchr(b'[', inside)
            && inside[open + 1..].iter().all(u8::is_ascii_digit)
            && inside[..open].iter().all(|b| b.is_ascii_alphanumeric() || *b == b'.')
            && rest.len() > word.len() + 1
        {
            return word.len();
        }
        // Django: `log 7 140 message`, the module, the process and the thread.
        let mut numbers = rest[word.len()..].split(|b| *b == b' ').skip(1);
        let mut number = || {
            let number = numbers.next().filter(|n| n.iter().all(u8::is_ascii_digit));
            number.map_or(0, <[u8]>::len)
        };
        let (process, thread) = (number(), number());
        if process > 0 && thread > 0 && name.len() == word.len() {
            return word.len() + process + thread + 2;
        }
        // Spring's name for its dispatcher has brackets: `o.a.c.c.C.[.[.[/].[dispatcher] : message`.
        let bracket = name.windows(2).position(|pair| pair == b".[");
        let bare = bracket.map_or(name, |at| &name[..at]);
        let is_name = |b: &u8| NAME[usize::from(*b)];
        let is_exception = EXCEPTIONS.iter().any(|end| name.ends_with(end));
        if name.len() < 2 || is_exception || !bare.iter().all(is_name) || has_pair(name, *b"//") {
            return 0;
        }
        let has_path = name.contains(&b'.') || has_pair(name, *b"::");
        let behind = rest[word.len()..].trim_ascii_start();
        let padding = rest.len() - word.len() - behind.len();
        // OpenStack's request and Flink's context stand behind the logger.
        if has_path && padding > 0 && behind.starts_with(b"[") && !word.ends_with(b":") {
            let close = closing(behind).unwrap_or(0);
            let is_context =
                behind[close + 1..].starts_with(b" - ") || behind.starts_with(b"[req-");
            return if is_context { word.len() } else { 0 };
        }
        let is_separated = padding > 0
            && ((has_path && (behind.starts_with(b": ") || behind.starts_with(b"| ")))
                || behind.starts_with(b"- ")
                || (has_path && behind.starts_with(b"-- ")));
        let is_file = names_file(name, FILES);
        if (has_path && word.ends_with(b":")) || is_file {
            return word.len();
        }
        if is_separated { word.len() + padding + 1 } else { 0 }
    }
}

/// Endings of files that loggers name, with a line behind a colon.
const FILES: &[&[u8]] = &[b".go", b".java", b".py", b".rs", b".cc", b".cpp", b".kt", b".scala"];

/// Endings of names that are an exception's, not a logger's.
const EXCEPTIONS: &[&[u8]] = &[
    b"Error",
    b"Exception",
    b"Throwable",
    b"Warning",
    b"Failure",
    b"Timeout",
    b"NotFound",
    b"Refused",
];

/// Bytes of a logger's name.
const NAME: [bool; 256] = bytes_of(ALPHANUMERIC, b"._$:/@-");

/// Whether a colon stands behind one of these endings.
fn names_file(word: &[u8], endings: &[&[u8]]) -> bool {
    let mut colons = memchr::memchr_iter(b':', word);
    colons.any(|at| endings.iter().any(|ending| word[..at].ends_with(ending)))
}

/// Words are too short to make a search ready.
fn has_pair(word: &[u8], pair: [u8; 2]) -> bool {
    word.windows(2).any(|two| two == pair)
}

/// Length of tracing's spans before the target: `request{method=GET path=/x}: `.
fn span(rest: &[u8], word: &[u8]) -> usize {
    let name = word.iter().take_while(|b| b.is_ascii_alphanumeric() || **b == b'_').count();
    if name == 0 || word.get(name) != Some(&b'{') {
        return 0;
    }
    memchr::memmem::find(&rest[..rest.len().min(300)], b"}: ").map_or(0, |end| end + 2)
}
