//! Where in a line to look closer: one pass that asks of every three bytes whether a clue may begin with them.

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

/// Finds clues.
#[derive(Debug)]
pub(super) struct Scanner {
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
        let mut this = Self { places: Box::new([[0; 4]; 256]), groups: vec![Vec::new(); GROUPS] };
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
        let [first, second, rest @ ..] = text.get(from..)? else { return None };
        let second = self.places[usize::from(*second)];
        let mut two = self.places[usize::from(*first)][0] & second[1];
        let mut one = second[0];
        for (index, byte) in rest.iter().enumerate() {
            let byte = &self.places[usize::from(*byte)];
            let groups = two & byte[2];
            if groups != 0 {
                return Some(Hit { at: from + index, groups });
            }
            two = one & byte[1];
            one = byte[0];
        }
        None
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
