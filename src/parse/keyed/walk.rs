//! Strings, words and pairs of a line, one behind the other.

/// Steps through the bytes of a line; behind them all is zero.
#[derive(Clone, Copy)]
pub(super) struct Walk<'a> {
    pub(super) bytes: &'a [u8],
    pub(super) at: usize,
}

impl<'a> Walk<'a> {
    pub(super) fn peek(&self) -> u8 {
        self.bytes.get(self.at).copied().unwrap_or(0)
    }

    pub(super) fn eat(&mut self, byte: u8) -> bool {
        let is_there = self.peek() == byte;
        self.at += usize::from(is_there);
        is_there
    }

    pub(super) fn spaces(&mut self) {
        while self.peek() == b' ' {
            self.at += 1;
        }
    }

    /// The inside of the string that begins here, escapes left as they are; `None` when it does not end.
    pub(super) fn string(&mut self) -> Option<&'a [u8]> {
        let start = self.at + 1;
        let mut at = start;
        loop {
            at += memchr::memchr2(b'"', b'\\', self.bytes.get(at..)?)?;
            if self.bytes[at] == b'"' {
                self.at = at + 1;
                return Some(&self.bytes[start..at]);
            }
            at += 2;
        }
    }

    /// A string, a number or a word; nothing is eaten where an object or array begins.
    pub(super) fn scalar(&mut self) -> Option<&'a [u8]> {
        match self.peek() {
            b'"' => self.string(),
            b'{' | b'[' => None,
            _ => {
                let rest = &self.bytes[self.at..];
                let length = rest
                    .iter()
                    .position(|b| matches!(b, b',' | b'}' | b']' | b' '))
                    .unwrap_or(rest.len());
                self.at += length;
                Some(&rest[..length])
            }
        }
    }

    /// One `key=value`, the value bare or quoted.
    pub(super) fn pair(&mut self) -> Option<(&'a [u8], &'a [u8])> {
        let rest = self.bytes.get(self.at..)?;
        let length = rest
            .iter()
            .take(64)
            .take_while(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b'-' | b'@'))
            .count();
        if length == 0
            || rest.get(length) != Some(&b'=')
            || !rest[0].is_ascii_alphabetic() && rest[0] != b'@'
        {
            return None;
        }
        let key = &rest[..length];
        self.at += length + 1;
        if self.peek() == b'"' {
            let start = self.at + 1;
            let value = self.string().unwrap_or_else(|| {
                self.at = self.bytes.len();
                self.bytes.get(start..).unwrap_or_default()
            });
            return Some((key, value));
        }
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        let length = rest.iter().position(|b| *b == b' ').unwrap_or(rest.len());
        self.at += length;
        Some((key, &rest[..length]))
    }
}
