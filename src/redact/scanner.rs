//! Where in a line to look closer: one pass that asks of every three bytes whether a clue begins with them.

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

const BITS: usize = 15;

/// Finds clues.
#[derive(Debug)]
pub(super) struct Scanner {
    /// Which hashes of three bytes begin a clue.
    starts: Box<[u64; 1 << (BITS - 6)]>,
    /// By their first three bytes: literal in lower case, and what it gives away.
    clues: Vec<(u32, Vec<u8>, Clue)>,
}

impl Scanner {
    pub(super) fn new() -> Self {
        let tokens = TOKENS.iter().enumerate().flat_map(|(index, token)| {
            token.prefixes.iter().map(move |p| (*p, Clue::Token(index, p.len())))
        });
        let mut clues = Vec::new();
        for (literal, clue) in CLUES.iter().copied().chain(tokens) {
            let literal = literal.to_ascii_lowercase().into_bytes();
            // A prefix of two bytes is looked for with all that may come third.
            let thirds: &[u8] =
                if literal.len() < 3 { b"0123456789abcdef" } else { &literal[2..3] };
            for third in thirds {
                clues.push((gram(literal[0], literal[1], *third), literal.clone(), clue));
            }
        }
        clues.sort_by(|a, b| a.0.cmp(&b.0).then_with(|| b.1.len().cmp(&a.1.len())));
        let mut starts = Box::new([0; 1 << (BITS - 6)]);
        for (gram, ..) in &clues {
            let hash = hash(*gram);
            starts[hash >> 6] |= 1 << (hash & 63);
        }
        Self { starts, clues }
    }

    /// The next place at or after `from` where clues may begin.
    #[inline]
    pub(super) fn next(&self, text: &[u8], from: usize) -> Option<usize> {
        let rest = text.get(from..)?;
        let at = rest.windows(3).position(|w| {
            let hash = hash(gram(w[0], w[1], w[2]));
            self.starts[hash >> 6] >> (hash & 63) & 1 != 0
        })?;
        Some(from + at)
    }

    /// The clues that stand at `at`, longest first.
    pub(super) fn at<'a>(&'a self, text: &'a [u8], at: usize) -> impl Iterator<Item = Clue> + 'a {
        let rest = &text[at..];
        let gram = match rest {
            [a, b, c, ..] => gram(*a, *b, *c),
            _ => u32::MAX,
        };
        let first = self.clues.partition_point(|(g, ..)| *g < gram);
        self.clues[first..]
            .iter()
            .take_while(move |(g, ..)| *g == gram)
            .filter(|(_, literal, _)| {
                rest.get(..literal.len()).is_some_and(|head| head.eq_ignore_ascii_case(literal))
            })
            .map(|(_, _, clue)| *clue)
    }
}

/// Three bytes as a number in which letters have no case.
#[inline]
fn gram(a: u8, b: u8, c: u8) -> u32 {
    (u32::from(a) << 16 | u32::from(b) << 8 | u32::from(c)) | 0x0020_2020
}

#[inline]
fn hash(gram: u32) -> usize {
    (gram.wrapping_mul(0x9e37_79b1) >> (32 - BITS)) as usize
}
