//! Known values, found literally in every line: plain, as in JSON, in an URL, in Base64.
//!
//! Every fifth place of a line is asked whether one of the first values' four bytes stands there: an occurrence of a
//! value of eight bytes or more cannot pass through this net. Only a line that is caught is looked at by the automaton.

use super::{
    class::{Class, Runs},
    environment::{MIN, is_worth},
    finder::Found,
};
use crate::model::Secret;
use aho_corasick::AhoCorasick;
use std::{collections::BTreeSet, fmt};

const KIND: &str = "env";
/// Bytes asked for at once.
const GRAM: usize = 4;
/// Distance of the places asked.
const STEP: usize = MIN - GRAM + 1;
const BITS: usize = 18;

/// A set of values, ready to be found.
#[derive(Default)]
pub(super) struct Literals {
    net: Vec<u64>,
    automaton: Option<AhoCorasick>,
    /// Whether each form is one in Base64.
    is_base64: Vec<bool>,
}

impl Literals {
    /// Takes the values that are worth it. Cost: a few microseconds a value.
    pub(super) fn new<'a>(secrets: impl Iterator<Item = &'a Secret>) -> Self {
        let mut forms = BTreeSet::new();
        for secret in secrets.map(Secret::expose).filter(|s| is_worth(s)) {
            forms.insert((secret.as_bytes().to_vec(), false));
            forms.extend(escaped(secret).map(|form| (form, false)));
            forms.extend(url_encoded(secret).into_iter().map(|form| (form, false)));
            forms.extend(base64_parts(secret.as_bytes()).into_iter().map(|form| (form, true)));
        }
        if forms.is_empty() {
            return Self::default();
        }
        let mut net = vec![0; 1 << (BITS - 6)];
        for (form, _) in &forms {
            for gram in form[..MIN].windows(GRAM) {
                let hash = hash(gram);
                net[hash >> 6] |= 1 << (hash & 63);
            }
        }
        let automaton = AhoCorasick::new(forms.iter().map(|(form, _)| form)).ok();
        Self { net, automaton, is_base64: forms.iter().map(|(_, is)| *is).collect() }
    }

    pub(super) fn find(&self, text: &[u8], found: &mut Vec<Found>) {
        let Some(automaton) = &self.automaton else { return };
        let is_caught = |gram: &[u8]| {
            let hash = hash(gram);
            self.net[hash >> 6] >> (hash & 63) & 1 != 0
        };
        if !text.windows(GRAM).step_by(STEP).any(is_caught) {
            return;
        }
        let mut runs = Runs::new(text);
        let mut covered = 0;
        for hit in automaton.find_overlapping_iter(text) {
            let mut range = hit.range();
            if self.is_base64[hit.pattern().as_usize()] {
                // The first and last characters hold bits of what stands beside, and the rest is the same message.
                range.end = runs.end(range.end, Class::Base64);
                let head = &text[covered.min(range.start)..range.start];
                range.start -=
                    head.iter().rev().take(4096).take_while(|b| Class::Base64.has(**b)).count();
            }
            if range.start >= covered || range.end > covered {
                covered = range.end;
                found.push(Found { kind: KIND, range });
            }
        }
    }
}

impl fmt::Debug for Literals {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Literals({})", self.is_base64.len())
    }
}

#[inline]
fn hash(gram: &[u8]) -> usize {
    let word = match gram {
        [a, b, c, d] => u32::from_le_bytes([*a, *b, *c, *d]),
        _ => 0,
    };
    (word.wrapping_mul(0x9e37_79b1) >> (32 - BITS)) as usize
}

/// As it stands in a JSON string, if that differs.
fn escaped(secret: &str) -> Option<Vec<u8>> {
    let json = serde_json::to_string(secret).ok()?;
    let inner = json.get(1..json.len() - 1)?;
    (inner != secret).then(|| inner.as_bytes().to_vec())
}

/// As it stands in an URL, with hex digits of both cases, and in a form, if that differs.
fn url_encoded(secret: &str) -> Vec<Vec<u8>> {
    let encode = |is_upper: bool, is_form: bool| {
        let mut out = Vec::with_capacity(secret.len() * 3);
        for byte in secret.bytes() {
            match byte {
                b'-' | b'.' | b'_' | b'~' => out.push(byte),
                b' ' if is_form => out.push(b'+'),
                _ if byte.is_ascii_alphanumeric() => out.push(byte),
                _ if is_upper => out.extend(format!("%{byte:02X}").bytes()),
                _ => out.extend(format!("%{byte:02x}").bytes()),
            }
        }
        out
    };
    let mut forms = vec![encode(true, false), encode(false, false), encode(true, true)];
    forms.retain(|form| form != secret.as_bytes());
    forms
}

/// The characters that a message holds wherever the secret begins in it, for each of the three ways to begin.
fn base64_parts(secret: &[u8]) -> Vec<Vec<u8>> {
    const COMMON: &[u8; 62] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    let mut parts = Vec::with_capacity(6);
    for (before, ends) in (0..3).flat_map(|before| [(before, b"+/"), (before, b"-_")]) {
        let bit = |at: usize| {
            let at = at - before * 8;
            secret[at / 8] >> (7 - at % 8) & 1
        };
        let (first, last) = (before * 8, (before + secret.len()) * 8);
        let part = (first.div_ceil(6)..last / 6).map(|at| {
            let value = (at * 6..at * 6 + 6).fold(0, |value, at| value << 1 | usize::from(bit(at)));
            COMMON.get(value).copied().unwrap_or_else(|| ends[value - 62])
        });
        parts.push(part.collect());
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(secret: &str, text: &str) -> Vec<String> {
        let mut found = Vec::new();
        Literals::new([Secret::new(secret)].iter()).find(text.as_bytes(), &mut found);
        found.iter().map(|f| text[f.range.clone()].to_owned()).collect()
    }

    #[test]
    fn finds_a_value_at_every_place_of_a_line() {
        for at in 0..40 {
            let text = format!("{}s3cr3t/x{}", "-".repeat(at), ".".repeat(40 - at));
            assert_eq!(found("s3cr3t/x", &text), ["s3cr3t/x"], "{at}");
        }
        assert_eq!(found("s3cr3t/x", "s3cr3t"), Vec::<String>::new());
    }

    #[test]
    fn finds_it_encoded() {
        for text in ["s3%2Fc r3t", "s3%2fc%20r3t", "s3%2Fc+r3t\\u"] {
            assert_eq!(
                found("s3/c r3t", text).len(),
                usize::from(text.contains("c%20") || text.contains("c+")),
                "{text}"
            );
        }
        assert_eq!(found("a\"b\\c8901", r#"{"x":"a\"b\\c8901"}"#), [r#"a\"b\\c8901"#]);
        // printf 'user:s3cr3t-pass' | base64, and with one and two bytes more before.
        for text in
            ["dXNlcjpzM2NyM3QtcGFzcw==", "eHVzZXI6czNjcjN0LXBhc3M=", "eHh1c2VyOnMzY3IzdC1wYXNz"]
        {
            assert_eq!(found("s3cr3t-pass", &format!("Basic {text} x")), [text], "{text}");
        }
    }
}
