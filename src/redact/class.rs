//! Sets of bytes, and where a run of them ends, each byte looked at once.

/// A set of bytes.
#[derive(Debug, Clone, Copy)]
pub(super) enum Class {
    Digit,
    Hex,
    /// Capitals and the digits 2 to 7.
    Base32,
    Alnum,
    /// Letters, digits, `_`.
    Word,
    /// `Word` and `-`.
    Url64,
    /// `Url64` and `.`.
    Dotted,
    /// Letters, digits and `+/=-_`.
    Base64,
    /// What stands in the path of a hook.
    Path,
    /// What may be a token after its scheme: `Dotted` and `~+/=`.
    Credential,
    /// All but white space, quotes and angle brackets.
    Opaque,
    /// All but white space.
    Black,
    /// All but `@`.
    NotAt,
    /// All but `/`, `?` and `#`.
    Authority,
}

const COUNT: usize = Class::Authority as usize + 1;

const SETS: [u16; 256] = {
    let mut sets = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        sets[byte] = sets_of(byte as u8);
        byte += 1;
    }
    sets
};

const fn sets_of(b: u8) -> u16 {
    let word = b.is_ascii_alphanumeric() || b == b'_';
    let url64 = word || b == b'-';
    let dotted = url64 || b == b'.';
    let base64 = url64 || matches!(b, b'+' | b'/' | b'=');
    let black = !matches!(b, 0..=b' ');
    bit(Class::Digit, b.is_ascii_digit())
        | bit(Class::Hex, matches!(b, b'0'..=b'9' | b'a'..=b'f'))
        | bit(Class::Base32, matches!(b, b'A'..=b'Z' | b'2'..=b'7'))
        | bit(Class::Alnum, b.is_ascii_alphanumeric())
        | bit(Class::Word, word)
        | bit(Class::Url64, url64)
        | bit(Class::Dotted, dotted)
        | bit(Class::Base64, base64)
        | bit(Class::Path, dotted || matches!(b, b'/' | b'@' | b'+'))
        | bit(Class::Credential, dotted || base64 || b == b'~')
        | bit(Class::Opaque, black && !matches!(b, b'"' | b'\'' | b'`' | b'<' | b'>'))
        | bit(Class::Black, black)
        | bit(Class::NotAt, b != b'@')
        | bit(Class::Authority, !matches!(b, b'/' | b'?' | b'#'))
}

const fn bit(class: Class, is_in: bool) -> u16 {
    (is_in as u16) << class as u16
}

impl Class {
    pub(super) const fn has(self, byte: u8) -> bool {
        SETS[byte as usize] & (1 << self as u16) != 0
    }
}

/// Ends of runs in one text; the last run of each class is remembered, so that asking along the text is linear.
#[derive(Debug)]
pub(super) struct Runs<'a> {
    text: &'a [u8],
    last: [(usize, usize); COUNT],
}

impl<'a> Runs<'a> {
    pub(super) fn new(text: &'a [u8]) -> Self {
        Self { text, last: [(0, 0); COUNT] }
    }

    /// The first place at or after `from` whose byte is not in the class.
    pub(super) fn end(&mut self, from: usize, class: Class) -> usize {
        let (begin, end) = self.last[class as usize];
        if begin <= from && from < end {
            return end;
        }
        let rest = self.text.get(from..).unwrap_or_default();
        let end = from + rest.iter().position(|b| !class.has(*b)).unwrap_or(rest.len());
        self.last[class as usize] = (from, end);
        end
    }
}
