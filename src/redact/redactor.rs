//! Finds secrets and puts a word in their place.
//!
//! One scan for literals, then an anchored and bounded look where one stands: time is linear in the text, whatever
//! it holds. Nothing is kept: the same secret always gives the same word, by a hash under a key of this process.

use super::{
    private_key::private_keys,
    rules::{Before, RULES, Rule, Values, WORDS},
};
use aho_corasick::AhoCorasick;
use regex::{Captures, Regex};
use sha2::{Digest, Sha256};
use std::{
    fmt::Write as _,
    hash::{BuildHasher, RandomState},
    ops::Range,
    sync::OnceLock,
};

/// Bytes looked at after a needle.
const WINDOW: usize = 2 << 10;

/// Masks secrets; see [`Redactor::redact`]. Making one costs about a millisecond, using it is cheap.
#[derive(Debug)]
pub struct Redactor {
    key: [u8; 16],
    needles: Option<AhoCorasick>,
    /// The rule of each needle.
    owners: Vec<usize>,
    patterns: Vec<OnceLock<Option<Regex>>>,
}

impl Default for Redactor {
    fn default() -> Self {
        Self::new()
    }
}

impl Redactor {
    /// With a fresh key: words are equal for equal secrets within this process only.
    pub fn new() -> Self {
        let (one, two) = (RandomState::new().hash_one(1), RandomState::new().hash_one(2));
        Self::with_key((u128::from(one) << 64 | u128::from(two)).to_le_bytes())
    }

    /// With a key that was kept: words are equal for equal secrets wherever that key is used.
    pub fn with_key(key: [u8; 16]) -> Self {
        let named =
            RULES.iter().enumerate().flat_map(|(i, r)| r.needles.iter().map(move |n| (i, *n)));
        let (owners, words): (Vec<usize>, Vec<&str>) = named.unzip();
        let needles = AhoCorasick::builder().ascii_case_insensitive(true).build(words).ok();
        Self { key, needles, owners, patterns: RULES.iter().map(|_| OnceLock::new()).collect() }
    }

    /// The text with every secret replaced by `[redacted:KIND:xxxx]`, and how many there were.
    ///
    /// Equal secrets get equal words. The number of lines stays: a private key over many lines gives the word on its
    /// first line and `…` on the others. Masked text comes back unchanged.
    pub fn redact(&self, text: &str) -> (String, usize) {
        let mut found = private_keys(text);
        self.find(text, &mut found);
        found.sort_by_key(|f| (f.range.start, usize::MAX - f.range.end));

        let mut out = String::with_capacity(text.len());
        let (mut done, mut count) = (0, 0);
        for Found { kind, range } in merged(found) {
            if text[range.clone()].contains("[redacted:") || is_masked(text, range.start) {
                continue;
            }
            let secret = &text[range.clone()];
            out.push_str(&text[done..range.start]);
            let _ = write!(out, "[redacted:{kind}:{}]", self.word(secret));
            out.extend(secret.matches('\n').map(|_| "\n…"));
            done = range.end;
            count += 1;
        }
        out.push_str(&text[done..]);
        (out, count)
    }

    fn find(&self, text: &str, found: &mut Vec<Found>) {
        let Some(needles) = &self.needles else { return };
        let mut done = 0;
        for hit in needles.find_overlapping_iter(text) {
            let (start, index) = (hit.start(), self.owners[hit.pattern().as_usize()]);
            if start < done
                || is_masked(text, start)
                || !may_begin(text, start, RULES[index].before)
            {
                continue;
            }
            if let Some(range) = self.secret_at(text, start, index) {
                done = range.end;
                found.push(Found { kind: RULES[index].kind, range });
            }
        }
        found.extend(driver_passwords(text));
    }

    /// Where the secret of rule `index` lies whose needle stands at `start`.
    fn secret_at(&self, text: &str, start: usize, index: usize) -> Option<Range<usize>> {
        let rule = &RULES[index];
        let pattern =
            self.patterns[index].get_or_init(|| Regex::new(rule.pattern).ok()).as_ref()?;
        let rest = &text[start..text.floor_char_boundary(start + WINDOW)];
        let line = &rest[..memchr::memchr(b'\n', rest.as_bytes()).unwrap_or(rest.len())];
        let groups = pattern.captures(line)?;
        let secret = groups.iter().skip(1).flatten().next()?.range();
        if !is_secret(rule, line, &groups, &secret) {
            return None;
        }
        let mut end = start + secret.end;
        if secret.end == line.len() {
            // The value goes on behind the window.
            let more = text[end..].find(|c: char| c.is_whitespace() || "\"'`<>".contains(c));
            end = more.map_or(text.len(), |more| end + more);
        }
        Some(start + secret.start..end)
    }

    fn word(&self, secret: &str) -> String {
        let inner = Sha256::new().chain_update(self.key).chain_update(secret).finalize();
        let hash = Sha256::new().chain_update(self.key).chain_update(inner).finalize();
        hash.iter().take(2).fold(String::with_capacity(4), |mut out, byte| {
            let _ = write!(out, "{byte:02x}");
            out
        })
    }
}

pub(super) struct Found {
    pub(super) kind: &'static str,
    pub(super) range: Range<usize>,
}

/// Joins those that overlap; each keeps the kind of the one that begins first.
fn merged(found: Vec<Found>) -> Vec<Found> {
    let mut all: Vec<Found> = Vec::with_capacity(found.len());
    for next in found {
        match all.last_mut() {
            Some(last) if next.range.start < last.range.end => {
                last.range.end = last.range.end.max(next.range.end);
            }
            _ => all.push(next),
        }
    }
    all
}

/// Whether `at` lies within a word that we put there.
fn is_masked(text: &str, at: usize) -> bool {
    let head = &text[text.ceil_char_boundary(at.saturating_sub(32))..at];
    head.rfind("[redacted:").is_some_and(|begin| !head[begin..].contains([']', '\n']))
}

fn may_begin(text: &str, start: usize, before: Before) -> bool {
    let Some(last) = text[..start].chars().next_back() else { return true };
    let is_edge = !last.is_alphanumeric() && last != '_';
    match before {
        Before::Any => true,
        Before::Edge => is_edge && (last != '-' || !text[start..].starts_with('-')),
        Before::Word => {
            let begins_big = text[start..].starts_with(|c: char| c.is_ascii_uppercase());
            is_edge || last == '_' || (begins_big && last.is_lowercase())
        }
    }
}

fn is_secret(rule: &Rule, line: &str, groups: &Captures, secret: &Range<usize>) -> bool {
    let value = &line[secret.clone()];
    if rule.values == Values::All {
        return true;
    }
    let bare = value.trim_matches(|c: char| c.is_ascii_punctuation() && c != '*');
    let is_placeholder = value.starts_with("${")
        || value.starts_with("$(")
        || value.starts_with("{{")
        || value.starts_with('<') && value.ends_with('>')
        || value.starts_with("[redacted:")
        || value.chars().all(|c| matches!(c, '*' | '•' | 'x' | 'X' | '.' | '…'));
    if is_placeholder || bare.is_empty() && rule.values == Values::Distinct {
        return false;
    }
    if WORDS.binary_search(&bare.to_ascii_lowercase().as_str()).is_ok() {
        return false;
    }
    // `token: unexpected end of input` is a sentence: a plain word after a colon and a space, then more words.
    let head = &line[..secret.start];
    let rest = &line[secret.end..];
    let is_bare = groups.get(0).is_some_and(|all| all.end() == secret.end);
    let follows = rest
        .strip_prefix(' ')
        .and_then(|r| r.chars().next())
        .is_some_and(|c| c.is_ascii_alphabetic() || c == '(' && rule.values == Values::Distinct);
    if is_bare
        && head.ends_with(": ")
        && follows
        && bare.chars().all(|c| c.is_alphabetic() || c == '\'')
    {
        return false;
    }
    let is_number = bare.len() < 6 && bare.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    let is_short = rule.values == Values::Distinct && (is_number || bare.len() < 3);
    !is_short
}

/// `user:PASSWORD@tcp(host:3306)/db`, the form of Go's database drivers.
fn driver_passwords(text: &str) -> Vec<Found> {
    let mut found = Vec::new();
    for (at, _) in text.match_indices("@tcp(").chain(text.match_indices("@unix(")) {
        let from = text.ceil_char_boundary(at.saturating_sub(256));
        let head = &text[from..at];
        let begin = head.rfind(|c: char| c.is_whitespace() || "\"'`=".contains(c));
        let begin = begin.map_or(0, |b| b + 1);
        let Some(colon) = head[begin..].find(':') else { continue };
        let range = from + begin + colon + 1..at;
        if !range.is_empty() {
            found.push(Found { kind: "url-password", range });
        }
    }
    found
}
