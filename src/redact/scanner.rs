//! Where in a line to look closer: one pass that asks of three bytes at every second place whether a clue may begin with
//! them or one byte before, and of those few which one may.

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

/// Bytes of which the places are asked together; the last two are only seen.
const STEP: usize = 6;
/// Bits of a byte that tell triples apart; both cases of a letter have them in common.
const KNOWN: u8 = 0x1f;
/// How many bits these are.
const BITS: u32 = KNOWN.count_ones();
/// All triples.
const TRIPLES: usize = 1 << (3 * BITS);
/// Of a triple: a clue may begin one byte before it.
const BEFORE: u8 = 1;
/// Of a triple: a clue may begin with it.
const HERE: u8 = 2;

/// Finds clues.
#[derive(Debug)]
pub(super) struct Scanner {
    /// By three bytes, of which both cases are one: [`BEFORE`], [`HERE`], both or neither.
    triples: Box<[u8]>,
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
            triples: vec![0; TRIPLES].into(),
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
            this.mark(&literal, HERE);
            this.mark(&literal[1..], BEFORE);
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
        // The first place is the one before.
        let mut asked = !u32::from(BEFORE);
        while let Some(bytes) = text.get(at..).and_then(<[u8]>::first_chunk) {
            let triples = triples(*bytes);
            let clues = |place: usize| {
                u32::from(self.triples[(triples >> (8 * place)) as usize % TRIPLES]) << place
            };
            // Without an early end within them all are asked at once.
            let mut places = (clues(0) | clues(2) | clues(4)) & asked;
            while places != 0 {
                let hit = self.hit(text, at + places.trailing_zeros() as usize - 1);
                if hit.is_some() {
                    return hit;
                }
                places &= places - 1;
            }
            at += STEP;
            asked = u32::MAX;
        }
        (at.saturating_sub(1).max(from)..text.len()).find_map(|at| self.hit(text, at))
    }

    /// Notes what it says of a triple that a literal begins with it; what is behind a short one can be any.
    fn mark(&mut self, literal: &[u8], clue: u8) {
        let any: Vec<u8> = (0..=KNOWN).collect();
        let nth = |nth: usize| literal.get(nth..=nth).unwrap_or(&any);
        for first in nth(0) {
            for second in nth(1) {
                for third in nth(2) {
                    let triple = triples([*first, *second, *third, 0, 0, 0, 0, 0]);
                    self.triples[triple as usize % TRIPLES] |= clue;
                }
            }
        }
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

/// The triples at the even places, in the sixteen bits from each of them; the last is not whole.
const fn triples(bytes: [u8; 8]) -> u64 {
    let all = u64::from_le_bytes(bytes);
    let even = all & u64::from_le_bytes([KNOWN, 0, KNOWN, 0, KNOWN, 0, KNOWN, 0]);
    let odd = all & u64::from_le_bytes([0, KNOWN, 0, KNOWN, 0, KNOWN, 0, KNOWN]);
    even | odd >> (8 - BITS) | even >> (16 - 2 * BITS)
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
