//! Where in a line to look closer: one pass that asks of every two bytes whether a clue may begin with them, and of
//! those few whether it may with three.

use super::kinds::TOKENS;

/// What a literal may give away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Clue {
    /// A token; its place among the kinds, and the length of its prefix.
    Token(usize, usize),
    /// A word in the name of something that has a value.
    Name,
    /// `scheme://user:password@host`.
    Url,
    /// `Bearer token`.
    Scheme(usize),
    /// `IDENTIFIED BY 'password'`.
    Sql(usize),
    /// `user:password@tcp(host)`.
    Driver,
    /// `-u user:password`.
    Login(usize),
    /// The first line of a private key.
    PemBegin,
    /// Its last line.
    PemEnd,
}

const CLUES: &[(&str, Clue)] = &[
    ("pass", Clue::Name),
    ("pwd", Clue::Name),
    ("pw=", Clue::Name),
    ("pw:", Clue::Name),
    ("secret", Clue::Name),
    ("token", Clue::Name),
    ("jwt", Clue::Name),
    ("csrf", Clue::Name),
    ("xsrf", Clue::Name),
    ("otp", Clue::Name),
    ("key", Clue::Name),
    ("credential", Clue::Name),
    ("session", Clue::Name),
    ("sessid", Clue::Name),
    ("sid=", Clue::Name),
    ("sid\"", Clue::Name),
    ("sid'", Clue::Name),
    ("auth", Clue::Name),
    ("cookie", Clue::Name),
    ("sig=", Clue::Name),
    ("signature", Clue::Name),
    ("salt", Clue::Name),
    ("://", Clue::Url),
    ("bearer ", Clue::Scheme(7)),
    ("basic ", Clue::Scheme(6)),
    ("identified by ", Clue::Sql(14)),
    ("@tcp(", Clue::Driver),
    ("@unix(", Clue::Driver),
    ("-u ", Clue::Login(3)),
    ("--user ", Clue::Login(7)),
    ("begin ", Clue::PemBegin),
    ("-end ", Clue::PemEnd),
];

/// Groups of clues that are asked for at once, one bit each.
const GROUPS: usize = 64;

/// Bytes that are looked at together.
const BYTES: usize = 8;
/// Bits of a byte that tell pairs apart; both cases of a letter have them in common.
const KNOWN: u8 = 0x1f;
/// More than every pair.
const PAIRS: usize = 1 << 13;

/// Finds clues.
#[derive(Debug)]
pub(super) struct Scanner {
    /// By two bytes, of which both cases are one: whether a clue may begin with them.
    pairs: Box<[bool; PAIRS]>,
    /// By byte: the groups in which a clue has it first, second and third. The fourth place keeps entries apart.
    places: Box<[[u64; 4]; 256]>,
    /// Literal in lower case, and what it gives away; longest first.
    groups: Vec<Vec<(Vec<u8>, Clue)>>,
}

/// A place where clues may begin.
#[derive(Debug, Clone, Copy)]
pub(super) struct Hit {
    pub(super) at: usize,
    groups: u64,
}

impl Scanner {
    pub(super) fn new() -> Self {
        let tokens = TOKENS.iter().enumerate().flat_map(|(index, token)| {
            token.prefixes.iter().map(move |p| (*p, Clue::Token(index, p.len())))
        });
        let mut clues: Vec<(Vec<u8>, Clue)> = CLUES
            .iter()
            .copied()
            .chain(tokens)
            .map(|(literal, clue)| (literal.to_ascii_lowercase().into_bytes(), clue))
            .collect();
        // Those that begin alike share a group, so that a group lets little else through.
        clues.sort_by(|a, b| a.0.cmp(&b.0));
        let mut this = Self {
            pairs: Box::new([false; PAIRS]),
            places: Box::new([[0; 4]; 256]),
            groups: vec![Vec::new(); GROUPS],
        };
        let count = clues.len();
        for (index, (literal, clue)) in clues.into_iter().enumerate() {
            let group = index * GROUPS / count;
            for place in 0..3 {
                // A prefix of two bytes is looked for with all that may come third.
                let bytes: &[u8] = literal.get(place..=place).unwrap_or(b"0123456789abcdef");
                for byte in bytes {
                    this.places[usize::from(*byte)][place] |= 1 << group;
                    this.places[usize::from(byte.to_ascii_uppercase())][place] |= 1 << group;
                }
            }
            if let [first, second, ..] = literal[..] {
                let pair = u16::from_le_bytes([first & KNOWN, second & KNOWN]);
                this.pairs[usize::from(pair)] = true;
            }
            this.groups[group].push((literal, clue));
        }
        for group in &mut this.groups {
            group.sort_by_key(|(literal, _)| usize::MAX - literal.len());
        }
        this
    }

    /// The next place at or after `from` where clues may begin.
    #[inline]
    pub(super) fn next(&self, text: &[u8], from: usize) -> Option<Hit> {
        let mut at = from;
        while let Some(bytes) = text.get(at..).and_then(<[u8]>::first_chunk) {
            let bytes = u64::from_le_bytes(*bytes) & u64::from_le_bytes([KNOWN; BYTES]);
            let may_begin = |place: usize| self.pairs[(bytes >> (8 * place)) as usize % PAIRS];
            // Without an early end within them all are asked at once.
            let mut places =
                (0..BYTES - 1).fold(0, |all, place| all | u32::from(may_begin(place)) << place);
            while places != 0 {
                let hit = self.hit(text, at + places.trailing_zeros() as usize);
                if hit.is_some() {
                    return hit;
                }
                places &= places - 1;
            }
            at += BYTES - 1;
        }
        (at..text.len()).find_map(|at| self.hit(text, at))
    }

    /// The groups that have a clue which may begin at `at`.
    fn hit(&self, text: &[u8], at: usize) -> Option<Hit> {
        let [first, second, third, ..] = *text.get(at..)? else { return None };
        let place = |byte: u8, nth: usize| self.places[usize::from(byte)][nth];
        let groups = place(first, 0) & place(second, 1) & place(third, 2);
        (groups != 0).then_some(Hit { at, groups })
    }

    /// The clues that stand there, longest first in their groups.
    pub(super) fn at<'a>(&'a self, text: &'a [u8], hit: Hit) -> impl Iterator<Item = Clue> + 'a {
        let rest = &text[hit.at..];
        let mut left = hit.groups;
        let groups = std::iter::from_fn(move || {
            let group = (left != 0).then(|| left.trailing_zeros() as usize)?;
            left &= left - 1;
            self.groups.get(group)
        });
        groups
            .flatten()
            .filter(|(literal, _)| {
                rest.get(..literal.len()).is_some_and(|head| head.eq_ignore_ascii_case(literal))
            })
            .map(|(_, clue)| *clue)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// All places where a clue stands, each asked by itself.
    fn plainly(scanner: &Scanner, text: &[u8]) -> Vec<usize> {
        let has_clue = |hit: &Hit| scanner.at(text, *hit).next().is_some();
        let hits = (0..text.len()).filter_map(|at| scanner.hit(text, at));
        hits.filter(has_clue).map(|hit| hit.at).collect()
    }

    fn at_once(scanner: &Scanner, text: &[u8]) -> Vec<usize> {
        let mut found = Vec::new();
        let mut from = 0;
        while let Some(hit) = scanner.next(text, from) {
            from = hit.at + 1;
            found.extend(scanner.at(text, hit).next().map(|_| hit.at));
        }
        found
    }

    #[test]
    fn a_clue_is_found_wherever_it_stands() {
        let scanner = Scanner::new();
        let tokens = TOKENS.iter().flat_map(|token| token.prefixes);
        for clue in CLUES.iter().map(|(clue, _)| clue).chain(tokens) {
            for before in 0..20 {
                for clue in [clue.to_lowercase(), clue.to_uppercase()] {
                    let text = format!("{}{clue}0x", ".".repeat(before));
                    let found = at_once(&scanner, text.as_bytes());
                    assert!(found.contains(&before), "{text}");
                }
            }
        }
    }

    proptest::proptest! {
        #[test]
        fn places_asked_at_once_answer_as_one_by_one(
            bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..80),
            words in "((?i:pass|key|otp|sk|pw=|xsrf|begin |://|AIza|:AA)|[\\x00-\\x7f\u{17f}\u{212a}]){0,30}",
        ) {
            let scanner = Scanner::new();
            for text in [&bytes[..], words.as_bytes()] {
                proptest::prop_assert_eq!(at_once(&scanner, text), plainly(&scanner, text));
            }
        }
    }
}
