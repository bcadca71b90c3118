//! The strings that an expression matches, where these are few.

use super::{
    letters::{is_word, shape, twin},
    pattern::class_bytes,
};
use regex_syntax::hir::{Class, Hir, HirKind, Look};

/// So many strings are kept for one part of a pattern.
const MAX_STRINGS: usize = 128;
/// So many bytes of a class are spelled out: all digits.
const MAX_CLASS: usize = 10;
/// Bytes of one string.
const MAX_LENGTH: usize = 256;
/// So many repetitions are spelled out.
const MAX_TIMES: u32 = 4;

/// A byte of a string, or what is between two.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Sign {
    /// Of a letter, either case.
    Byte(u8),
    /// A letter in this case alone.
    Cased(u8),
    /// The edge of a word.
    Edge,
    /// The start of the text.
    Start,
    /// The end of the text.
    End,
}

/// How strings are spelled.
#[derive(Debug, Clone, Copy)]
pub(super) enum Spelling {
    /// As shapes ([`super::letters`]); more texts may have them than match.
    Shape,
    /// Byte by byte; `is_cased` as of [`super::pattern::Pattern`].
    Exact { is_cased: bool },
}

pub(super) type Strings = Vec<Vec<Sign>>;

impl Spelling {
    /// All strings that the expression matches; `None` where they are many.
    pub(super) fn all(self, hir: &Hir) -> Option<Strings> {
        match hir.kind() {
            HirKind::Empty => Some(vec![Vec::new()]),
            HirKind::Literal(literal) => {
                Some(vec![literal.0.iter().map(|b| self.byte(*b)).collect()])
            }
            HirKind::Class(class) => {
                Some(self.class(class)?.into_iter().map(|sign| vec![sign]).collect())
            }
            HirKind::Look(look) => self.look(*look).map(|sign| vec![sign.into_iter().collect()]),
            HirKind::Capture(capture) => self.all(&capture.sub),
            HirKind::Repetition(repetition) => {
                let max = repetition.max.filter(|max| *max <= MAX_TIMES)?;
                let once = self.all(&repetition.sub)?;
                let mut strings = Vec::new();
                let mut power = vec![Vec::new()];
                for times in 0..=max {
                    if times >= repetition.min {
                        strings.extend(power.iter().cloned());
                    }
                    if times < max {
                        power = product(&power, &once)?;
                    }
                }
                few(strings)
            }
            HirKind::Concat(subs) => {
                subs.iter().try_fold(vec![Vec::new()], |left, sub| product(&left, &self.all(sub)?))
            }
            HirKind::Alternation(subs) => {
                let mut strings = Vec::new();
                for sub in subs {
                    strings.extend(self.all(sub)?);
                }
                few(strings)
            }
        }
    }

    fn byte(self, byte: u8) -> Sign {
        match self {
            Self::Shape => Sign::Byte(shape(byte)),
            Self::Exact { is_cased: true } if byte.is_ascii_alphabetic() => Sign::Cased(byte),
            Self::Exact { .. } => Sign::Byte(byte.to_ascii_lowercase()),
        }
    }

    fn class(self, class: &Class) -> Option<Vec<Sign>> {
        let class = class_bytes(class)?;
        let bytes: Vec<u8> = class.ranges().iter().flat_map(|r| r.start()..=r.end()).collect();
        let sign = |byte: &u8| match self {
            Self::Exact { is_cased: true } if bytes.contains(&twin(*byte)) => {
                Sign::Byte(byte.to_ascii_lowercase())
            }
            _ => self.byte(*byte),
        };
        let mut signs: Vec<Sign> = bytes.iter().map(sign).collect();
        signs.sort_unstable();
        signs.dedup();
        (signs.len() <= MAX_CLASS).then_some(signs)
    }

    /// The sign, if it says something; `None` where it cannot be told.
    #[expect(clippy::option_option, reason = "nothing to tell is not the same as not knowing")]
    fn look(self, look: Look) -> Option<Option<Sign>> {
        let is_shape = matches!(self, Self::Shape);
        match look {
            Look::Start if !is_shape => Some(Some(Sign::Start)),
            Look::End if !is_shape => Some(Some(Sign::End)),
            Look::WordAscii => Some(Some(Sign::Edge)),
            _ if !is_shape => None,
            Look::WordAsciiNegate | Look::WordUnicodeNegate => Some(None),
            // Beside a letter all of them mean that no letter follows.
            _ => Some(Some(Sign::Edge)),
        }
    }
}

pub(super) fn few(mut strings: Strings) -> Option<Strings> {
    strings.sort_unstable();
    strings.dedup();
    let is_short = strings.iter().all(|string| string.len() <= MAX_LENGTH);
    (strings.len() <= MAX_STRINGS && is_short).then_some(strings)
}

pub(super) fn product(left: &[Vec<Sign>], right: &[Vec<Sign>]) -> Option<Strings> {
    if let ([left], [right]) = (left, right) {
        let whole = [&left[..], right].concat();
        return (whole.len() <= MAX_LENGTH).then(|| vec![whole]);
    }
    if left.len() * right.len() > MAX_STRINGS * 4 {
        return None;
    }
    few(left.iter().flat_map(|l| right.iter().map(|r| [&l[..], r].concat())).collect())
}

/// What must hold beside a string.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub(super) struct Side {
    /// The edge of a word.
    pub(super) is_edge: bool,
    /// The start or the end of the text.
    pub(super) is_limit: bool,
}

/// How the bytes of a literal stand for those of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Spelled {
    /// They are its shape.
    Shape,
    /// They are its bytes with small letters.
    Small,
    /// They are its bytes.
    Bytes,
}

/// A string to be looked for.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Literal {
    pub(super) bytes: Box<[u8]>,
    pub(super) left: Side,
    pub(super) right: Side,
    pub(super) spelled: Spelled,
}

impl Literal {
    /// The string of these shapes.
    pub(super) fn of_shape(signs: &[Sign]) -> Self {
        let is_byte = |sign: &Sign| matches!(sign, Sign::Byte(_));
        let bytes: Vec<u8> = signs.iter().copied().filter_map(byte).collect();
        // Beside what is no letter, the edge of a word would tell of a letter, which nobody asks for.
        let side = |signs: &mut dyn Iterator<Item = &Sign>, beside: Option<&u8>| Side {
            is_edge: signs.take_while(|sign| !is_byte(sign)).any(|sign| *sign == Sign::Edge)
                && beside.is_some_and(|b| *b != b' '),
            is_limit: false,
        };
        let left = side(&mut signs.iter(), bytes.first());
        let right = side(&mut signs.iter().rev(), bytes.last());
        Self { bytes: bytes.into(), left, right, spelled: Spelled::Shape }
    }

    /// The strings as they are in the text, those left out that no text can have; `None` where they cannot be told.
    pub(super) fn exact(strings: &[Vec<Sign>]) -> Option<Vec<Self>> {
        let mut literals = Vec::with_capacity(strings.len());
        for signs in strings {
            let bytes: Vec<u8> = signs.iter().copied().filter_map(byte).collect();
            let is_cased = signs.iter().any(|sign| matches!(sign, Sign::Cased(_)));
            let has_both =
                signs.iter().any(|s| matches!(s, Sign::Byte(b) if b.is_ascii_alphabetic()));
            if bytes.is_empty() || is_cased && has_both {
                return None;
            }
            let spelled = if is_cased { Spelled::Bytes } else { Spelled::Small };
            let (left, right) = Default::default();
            let mut literal = Self { bytes: bytes.into(), left, right, spelled };
            if literal.place(signs) {
                literals.push(literal);
            }
        }
        Some(literals)
    }

    /// The string of a pattern that is one, with `\b` at its ends or not.
    pub(super) fn plain(pattern: &str) -> Option<Self> {
        let (rest, has_left) = match pattern.strip_prefix(r"\b") {
            Some(rest) if !rest.starts_with('{') => (rest, true),
            _ => (pattern, false),
        };
        let (mut bytes, mut right) = (Vec::with_capacity(rest.len()), Side::default());
        let mut signs = rest.bytes();
        while let Some(sign) = signs.next() {
            match sign {
                b'\\' => match signs.next()? {
                    b'b' if signs.len() == 0 => right.is_edge = true,
                    escaped
                        if escaped.is_ascii_punctuation() && !matches!(escaped, b'<' | b'>') =>
                    {
                        bytes.push(escaped);
                    }
                    _ => return None,
                },
                b'.' | b'+' | b'*' | b'?' | b'(' | b')' | b'|' | b'[' | b']' | b'{' | b'}'
                | b'^' | b'$' => return None,
                0..=0x7f => bytes.push(sign.to_ascii_lowercase()),
                _ => return None,
            }
        }
        let left = Side { is_edge: has_left, is_limit: false };
        let spelled = Spelled::Small;
        (!bytes.is_empty()).then(|| Self { bytes: bytes.into(), left, right, spelled })
    }

    /// Notes what is between the bytes; `false` where it cannot be.
    fn place(&mut self, signs: &[Sign]) -> bool {
        let mut at = 0;
        for sign in signs {
            let (is_first, is_last) = (at == 0, at == self.bytes.len());
            match sign {
                Sign::Byte(_) | Sign::Cased(_) => at += 1,
                Sign::Edge if is_first => self.left.is_edge = true,
                Sign::Edge if is_last => self.right.is_edge = true,
                Sign::Edge if is_word(self.bytes[at - 1]) != is_word(self.bytes[at]) => {}
                Sign::Start if is_first => self.left.is_limit = true,
                Sign::End if is_last => self.right.is_limit = true,
                Sign::Edge | Sign::Start | Sign::End => return false,
            }
        }
        true
    }

    /// Its shape, with a space behind it where no letter can follow.
    pub(super) fn shape(&self) -> Vec<u8> {
        (0..).map_while(|at| self.shape_at(at)).collect()
    }

    /// One byte of [`Literal::shape`]; `None` behind its end.
    #[inline]
    pub(super) fn shape_at(&self, at: usize) -> Option<u8> {
        let shape = |byte: u8| if self.spelled == Spelled::Shape { byte } else { shape(byte) };
        match self.bytes.get(at) {
            Some(byte) => Some(shape(*byte)),
            None if at > self.bytes.len() => None,
            None => {
                let ends_in_word = || self.bytes.last().is_some_and(|last| shape(*last) != b' ');
                (self.right.is_limit || self.right.is_edge && ends_in_word()).then_some(b' ')
            }
        }
    }
}

fn byte(sign: Sign) -> Option<u8> {
    match sign {
        Sign::Byte(byte) | Sign::Cased(byte) => Some(byte),
        Sign::Edge | Sign::Start | Sign::End => None,
    }
}
