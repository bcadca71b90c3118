//! What [`Draft::all`] says of the built-in patterns, written down: to read that takes a hundredth of the time.
//!
//! The table is made from the patterns by a test, which also says when it is old and how to renew it. A pattern that is
//! not in it, as those of users, is read as ever.

use super::{
    fnv::Fnv,
    part::Draft,
    strings::{Literal, Side, Spelled},
    window::{Place, Window},
};
use std::{borrow::Cow, hash::Hasher as _};

/// A line for each pattern: its key in 16 hexadecimal digits, by which the lines ascend, and its drafts, each behind a
/// tab.
///
/// A draft is the bounds of its piece and the branch of that, where it has to be proven, and its clauses, each behind a
/// `&`. A clause is literals with `|` between, as `s4S0:refused `: how it is spelled, bits of its sides, place and
/// offset of its window, and its bytes, of which some are `\` and two digits.
const TABLE: &str = include_str!("baked.txt");

/// Digits of a key.
const DIGITS: usize = 16;

/// The table, its lines found.
#[derive(Debug)]
pub(super) struct Baked(Vec<(u64, &'static str)>);

impl Baked {
    pub(super) fn new() -> Self {
        let line = |line: &'static str| {
            let (digits, drafts) = line.split_at_checked(DIGITS)?;
            Some((u64::from_str_radix(digits, 16).ok()?, drafts))
        };
        Self(TABLE.lines().filter_map(line).collect())
    }

    /// The drafts of a pattern; `None` where it is not in the table.
    pub(super) fn drafts<'a>(&self, pattern: &'a str) -> Option<Vec<Draft<'a>>> {
        let key = key(pattern);
        let line = self.0.binary_search_by_key(&key, |(key, _)| *key).ok()?;
        drafts(self.0.get(line)?.1, pattern)
    }
}

/// Nobody gains from a second pattern with the key of one of ours: the rules that one can write are one's own.
fn key(pattern: &str) -> u64 {
    let mut hash = Fnv::default();
    hash.write(pattern.as_bytes());
    hash.finish()
}

fn drafts<'a>(text: &'static str, pattern: &'a str) -> Option<Vec<Draft<'a>>> {
    let texts = text.split('\t').skip(1);
    let mut drafts = Vec::with_capacity(count(text, b'\t'));
    for text in texts {
        drafts.push(draft(text, pattern)?);
    }
    Some(drafts)
}

fn draft<'a>(text: &'static str, pattern: &'a str) -> Option<Draft<'a>> {
    let mut parts = text.split('&');
    let proof = match parts.next()? {
        "" => None,
        place => {
            let mut numbers = place.split(',').map_while(|number| number.parse::<usize>().ok());
            let (first, end) = (numbers.next()?, numbers.next()?);
            Some((pattern.get(first..end)?, numbers.next()? as u32))
        }
    };
    let clauses = parts.map(clause).collect::<Option<_>>()?;
    Some(Draft { clauses, proof })
}

fn clause(text: &'static str) -> Option<Vec<(Literal, Window)>> {
    // Where nothing can match, there is nothing to look for.
    if text.is_empty() {
        return Some(Vec::new());
    }
    let mut literals = Vec::with_capacity(count(text, b'|') + 1);
    for text in text.split('|') {
        literals.push(literal(text)?);
    }
    Some(literals)
}

fn count(text: &str, sign: u8) -> usize {
    text.bytes().filter(|byte| *byte == sign).count()
}

fn literal(text: &'static str) -> Option<(Literal, Window)> {
    let (head, bytes) = text.split_once(':')?;
    let (kind, at) = head.split_at_checked(3)?;
    let &[spelled, sides, place] = kind.as_bytes() else { return None };
    let spelled = match spelled {
        b's' => Spelled::Shape,
        b'm' => Spelled::Small,
        b'b' => Spelled::Bytes,
        _ => return None,
    };
    let place = match place {
        b'S' => Place::Start,
        b'E' => Place::End,
        b'I' => Place::Inside,
        _ => return None,
    };
    let sides = char::from(sides).to_digit(16)?;
    let side = |edge, limit| Side { is_edge: sides & edge != 0, is_limit: sides & limit != 0 };
    let (left, right) = (side(1, 2), side(4, 8));
    let literal = Literal { bytes: unescaped(bytes)?, left, right, spelled };
    let window = Window::of(&literal, place, at.parse().ok()?)?;
    Some((literal, window))
}

fn unescaped(text: &'static str) -> Option<Cow<'static, [u8]>> {
    if !text.contains('\\') {
        return Some(Cow::Borrowed(text.as_bytes()));
    }
    let mut pieces = text.split('\\');
    let mut bytes = Vec::with_capacity(text.len());
    bytes.extend_from_slice(pieces.next()?.as_bytes());
    for piece in pieces {
        let (digits, rest) = piece.split_at_checked(2)?;
        bytes.push(u8::from_str_radix(digits, 16).ok()?);
        bytes.extend_from_slice(rest.as_bytes());
    }
    Some(bytes.into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detect::{RuleSet, matcher::tests::ODD};
    use std::{collections::BTreeMap, env, fmt::Write as _, fs};

    /// A pattern's line.
    fn baked(pattern: &str) -> String {
        let mut line = format!("{:016x}", key(pattern));
        for Draft { clauses, proof } in Draft::all(pattern).unwrap() {
            line.push('\t');
            if let Some((piece, branch)) = proof {
                let first = piece.as_ptr() as usize - pattern.as_ptr() as usize;
                write!(line, "{first},{},{branch}", first + piece.len()).unwrap();
            }
            for clause in clauses {
                let literals: Vec<_> = clause.iter().map(|(l, w)| written(l, w)).collect();
                line.push('&');
                line.push_str(&literals.join("|"));
            }
        }
        line
    }

    fn written(literal: &Literal, window: &Window) -> String {
        let spelled = match literal.spelled {
            Spelled::Shape => 's',
            Spelled::Small => 'm',
            Spelled::Bytes => 'b',
        };
        let place = match window.place {
            Place::Start => 'S',
            Place::End => 'E',
            Place::Inside => 'I',
        };
        let side = |side: Side| u8::from(side.is_edge) | u8::from(side.is_limit) << 1;
        let sides = side(literal.left) | side(literal.right) << 2;
        let mut text = format!("{spelled}{sides:x}{place}{}:", window.at);
        for byte in literal.bytes.iter() {
            match byte {
                b'\\' | b'|' | b'&' | 0..b' ' | 0x7f.. => write!(text, "\\{byte:02x}").unwrap(),
                _ => text.push(char::from(*byte)),
            }
        }
        text
    }

    #[test]
    fn the_table_is_what_the_patterns_say() {
        let rules = RuleSet::builtin().0;
        let patterns = rules.rules().iter().filter_map(|rule| rule.pattern.as_deref());
        let keyed: BTreeMap<u64, &str> = patterns.clone().map(|p| (key(p), p)).collect();
        let lines = keyed.values().map(|pattern| baked(pattern) + "\n");
        let want: String = lines.collect();
        if env::var_os("DOGWATCH_RENEW").is_some() {
            let file = concat!(env!("CARGO_MANIFEST_DIR"), "/src/detect/matcher/baked.txt");
            fs::write(file, want).unwrap();
            return;
        }
        let old = want.lines().zip(TABLE.lines()).filter(|(want, have)| want != have).count();
        assert!(
            want == TABLE,
            "patterns changed, or how they are read ({old} lines): run \
             `DOGWATCH_RENEW=1 cargo test --lib matcher::baked` and commit src/detect/matcher/baked.txt"
        );
        let table = Baked::new();
        for pattern in patterns {
            assert!(table.drafts(pattern) == Draft::all(pattern).ok(), "{pattern}");
        }
    }

    #[test]
    fn whatever_a_pattern_says_can_be_written() {
        for pattern in ODD {
            let line: &'static str = baked(pattern).leak();
            let (Some(read), Ok(want)) = (drafts(&line[DIGITS..], pattern), Draft::all(pattern))
            else {
                panic!("{pattern}: {line}");
            };
            assert_eq!(read, want, "{pattern}: {line}");
        }
    }

    #[test]
    fn an_unknown_pattern_and_a_broken_line_are_no_drafts() {
        assert!(Baked::new().drafts("zwiebel").is_none());
        for line in
            ["\tx", "\t9,99,0", "\t&s4", "\t&s4S0", "\t&x4S0:ab", "\t&s4S9:ab", "\t&s4S0:\\"]
        {
            assert!(drafts(line, "zwiebel").is_none(), "{line:?}");
        }
    }
}
