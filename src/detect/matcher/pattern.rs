//! A pattern taken apart at its top: the branches of `a|b|c`, each of which is searched for on its own.

use super::{letters, strings::Literal};
use regex_syntax::{
    ParserBuilder,
    hir::{Capture, Class, ClassBytes, ClassBytesRange, Hir, HirKind, Repetition},
};
use std::slice;

/// One branch of a pattern as it is written; its expression may have further branches.
#[derive(Debug)]
pub(super) struct Piece<'a> {
    pub(super) text: &'a str,
    pub(super) meaning: Meaning,
}

/// What a piece asks for.
#[derive(Debug)]
pub(super) enum Meaning {
    /// This string and nothing else.
    Plain(Literal),
    Branches(Branches),
}

/// The branches of an expression, in the order of its text.
#[derive(Debug)]
pub(super) struct Branches {
    pub(super) all: Vec<Hir>,
    /// Whether letters stand for themselves alone: the parser has put both cases where both are meant.
    pub(super) is_cased: bool,
}

/// The pieces of a pattern, ASCII and without case.
pub(super) fn parse(pattern: &str) -> Result<Vec<Piece<'_>>, regex::Error> {
    let texts = pieces(pattern).unwrap_or_else(|| vec![pattern]);
    let piece = |text| {
        // Most are plain, and reading them here takes a small part of what the parser takes.
        let meaning = match Literal::plain(text) {
            Some(literal) => Meaning::Plain(literal),
            None => Meaning::Branches(Branches::parse(text)?),
        };
        Ok(Piece { text, meaning })
    };
    texts.into_iter().map(piece).collect()
}

/// The text between the bars at the top; `None` where these cannot be told so simply.
fn pieces(pattern: &str) -> Option<Vec<&str>> {
    let bytes = pattern.as_bytes();
    let (mut pieces, mut first, mut depth, mut at) = (Vec::new(), 0, 0_usize, 0);
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'\\' => at += 1,
            b'[' => {
                let class = bytes.get(at + 1..)?;
                // What closes at once does not close, and classes can be in classes.
                let close = class.iter().enumerate().position(|(at, b)| {
                    matches!(b, b'[' | b']') && class.get(at.wrapping_sub(1)) != Some(&b'\\')
                })?;
                if class[close] == b'['
                    || matches!(class[..close], [] | [b'^'])
                    || class.contains(&b'&')
                {
                    return None;
                }
                at += close + 1;
            }
            b'(' if is_switch(&pattern[at..]) => return None,
            b'(' => depth += 1,
            b')' => depth = depth.checked_sub(1)?,
            b'|' if depth == 0 => {
                pieces.push(&pattern[first..at]);
                first = at + 1;
            }
            _ => {}
        }
        at += 1;
    }
    pieces.push(pattern.get(first..)?);
    (depth == 0).then_some(pieces)
}

/// Whether it starts with flags that hold for all that follows, as `(?i)`.
fn is_switch(text: &str) -> bool {
    let flags = text.strip_prefix("(?").unwrap_or_default();
    flags.trim_start_matches(|c: char| c.is_ascii_alphabetic() || c == '-').starts_with(')')
}

impl Branches {
    fn parse(text: &str) -> Result<Self, regex::Error> {
        let plain = if has_flags(text) { None } else { Some(hir(text, false)?) };
        let plain = plain.filter(|hir| !has_set_algebra(text) || is_closed(hir));
        let (hir, is_cased) = match plain {
            // Folding here costs a tenth of what it costs in the parser.
            Some(hir) => (hir, false),
            None => (hir(text, true)?, true),
        };
        let mut all = Vec::new();
        split(&hir, &mut all);
        Ok(Self { all, is_cased })
    }
}

/// A whole pattern, each letter as both; `None` where it is none.
pub(super) fn whole(pattern: &str) -> Option<Hir> {
    hir(pattern, true).ok()
}

/// One branch of a piece, each letter as both; `None` where there is none.
pub(super) fn branch(piece: &str, number: usize) -> Option<Hir> {
    let Branches { all, is_cased } = Branches::parse(piece).ok()?;
    let hir = all.into_iter().nth(number)?;
    Some(if is_cased { hir } else { fold(&hir) })
}

fn hir(text: &str, folds: bool) -> Result<Hir, regex::Error> {
    let mut parser =
        ParserBuilder::new().unicode(false).utf8(false).case_insensitive(folds).build();
    parser.parse(text).map_err(|e| regex::Error::Syntax(e.to_string()))
}

/// Whether something like `(?i)` or `(?-i:` is in it.
fn has_flags(text: &str) -> bool {
    let mut groups =
        text.match_indices("(?").map(|(at, lead)| text.as_bytes().get(at + lead.len()));
    groups
        .any(|next| next.is_some_and(|b| b.is_ascii_lowercase() || matches!(b, b'-' | b'U' | b'R')))
}

/// Whether classes are turned or cut, which means something else after folding than before.
fn has_set_algebra(text: &str) -> bool {
    ["[^", "&&", "--", "~~", r"\P", r"\W", r"\D", r"\S", r"\x"]
        .iter()
        .any(|sign| text.contains(sign))
}

/// Whether every class has both cases of its letters.
fn is_closed(hir: &Hir) -> bool {
    match hir.kind() {
        HirKind::Class(class) => class_bytes(class).is_some_and(|class| {
            let has = |b: u8| class.ranges().iter().any(|r| (r.start()..=r.end()).contains(&b));
            (b'a'..=b'z').all(|b| has(b) == has(b.to_ascii_uppercase()))
        }),
        kind => kind.subs().iter().all(is_closed),
    }
}

/// The class as bytes; `None` where it has more than ASCII of Unicode.
pub(super) fn class_bytes(class: &Class) -> Option<ClassBytes> {
    match class {
        Class::Bytes(class) => Some(class.clone()),
        Class::Unicode(class) => class.to_byte_class(),
    }
}

fn split(hir: &Hir, out: &mut Vec<Hir>) {
    match hir.kind() {
        HirKind::Alternation(subs) => subs.iter().for_each(|sub| split(sub, out)),
        HirKind::Capture(capture) => split(&capture.sub, out),
        HirKind::Concat(subs) => match wrapped(subs) {
            Some((at, inner)) => {
                for branch in inner {
                    let (left, right) = (&subs[..at], &subs[at + 1..]);
                    let whole = [left, slice::from_ref(branch), right].concat();
                    split(&Hir::concat(whole), out);
                }
            }
            None => out.push(hir.clone()),
        },
        _ => out.push(hir.clone()),
    }
}

/// The one alternation among looks at the edges, as of `\b(?:a|b)\b`.
fn wrapped(subs: &[Hir]) -> Option<(usize, &[Hir])> {
    let mut others = subs.iter().enumerate().filter(|(_, s)| !matches!(s.kind(), HirKind::Look(_)));
    let (at, mut only) = others.next()?;
    if others.next().is_some() {
        return None;
    }
    while let HirKind::Capture(capture) = only.kind() {
        only = &capture.sub;
    }
    match only.kind() {
        HirKind::Alternation(inner) => Some((at, inner)),
        _ => None,
    }
}

/// The same with both cases of every letter.
fn fold(hir: &Hir) -> Hir {
    match hir.kind() {
        HirKind::Empty => Hir::empty(),
        HirKind::Look(look) => Hir::look(*look),
        HirKind::Literal(literal) => Hir::concat(literal.0.iter().map(|b| fold_byte(*b)).collect()),
        HirKind::Class(class) => {
            let mut class = class.clone();
            class.case_fold_simple();
            Hir::class(class)
        }
        HirKind::Repetition(repetition) => Hir::repetition(Repetition {
            sub: Box::new(fold(&repetition.sub)),
            ..repetition.clone()
        }),
        HirKind::Capture(capture) => {
            Hir::capture(Capture { sub: Box::new(fold(&capture.sub)), ..capture.clone() })
        }
        HirKind::Concat(subs) => Hir::concat(subs.iter().map(fold).collect()),
        HirKind::Alternation(subs) => Hir::alternation(subs.iter().map(fold).collect()),
    }
}

fn fold_byte(byte: u8) -> Hir {
    let twin = letters::twin(byte);
    if twin == byte {
        return Hir::literal([byte]);
    }
    let one = |b| ClassBytesRange::new(b, b);
    Hir::class(Class::Bytes(ClassBytes::new([one(byte), one(twin)])))
}
