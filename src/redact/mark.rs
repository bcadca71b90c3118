//! The word in the place of a secret: `[redacted:KIND:xxxx]`.

use sha2::{Digest, Sha256};
use std::{fmt::Write as _, ops::Range};

const OPENING: &[u8] = b"[redacted:";
/// No mark is longer.
pub(super) const MAX_MARK: usize = 48;
/// Where there is no room for a mark.
pub(super) const SHORT: &[u8] = b"***";

/// The first four hex digits of HMAC-SHA-256 (RFC 2104) of the secret: equal for equal secrets, useless without the key.
pub(super) fn mark(key: &[u8; 32], kind: &str, secret: &[u8]) -> String {
    let mut out = format!("[redacted:{kind}:");
    for byte in &hmac(key, secret)[..2] {
        let _ = write!(out, "{byte:02x}");
    }
    out.push(']');
    out
}

fn hmac(key: &[u8; 32], message: &[u8]) -> [u8; 32] {
    let (mut inner, mut outer) = ([0x36; 64], [0x5c; 64]);
    for (index, byte) in key.iter().enumerate() {
        inner[index] ^= byte;
        outer[index] ^= byte;
    }
    let digest = Sha256::new().chain_update(inner).chain_update(message).finalize();
    Sha256::new().chain_update(outer).chain_update(digest).finalize().into()
}

/// How long the mark is that begins at `at`. What only begins like one is log text, and may hide a secret.
fn length_at(text: &[u8], at: usize) -> Option<usize> {
    let body = text.get(at..)?.strip_prefix(OPENING)?;
    let kind = body.iter().take_while(|b| b.is_ascii_lowercase() || **b == b'-').count();
    let (digits, close) = match body.get(kind..kind + 6)? {
        [b':', digits @ .., b']'] => (digits, kind + 6),
        _ => return None,
    };
    let length = OPENING.len() + close;
    let is_hex = |b: &u8| matches!(b, b'0'..=b'9' | b'a'..=b'f');
    (kind > 0 && digits.iter().all(is_hex) && length <= MAX_MARK).then_some(length)
}

/// Whether `at` lies within a mark.
pub(super) fn is_within(text: &[u8], at: usize) -> bool {
    let from = at.saturating_sub(MAX_MARK);
    let Some(begin) = memchr::memmem::rfind(&text[from..at], OPENING) else { return false };
    length_at(text, from + begin).is_some_and(|length| at < from + begin + length)
}

/// Whether a mark begins in this part of the text, or the part begins within one.
pub(super) fn touches(text: &[u8], part: &Range<usize>) -> bool {
    is_within(text, part.start)
        || memchr::memmem::find_iter(&text[part.clone()], OPENING)
            .any(|at| length_at(text, part.start + at).is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hmac_is_that_of_rfc_4231() {
        // Test case 1; a key shorter than a block is filled with zeros.
        let mut key = [0; 32];
        key[..20].fill(0x0b);
        assert_eq!(hmac(&key, b"Hi There")[..4], [0xb0, 0x34, 0x4c, 0x61]);
        assert_eq!(hmac(&key, b"Hi There")[28..], [0x2e, 0x32, 0xcf, 0xf7]);
    }

    #[test]
    fn knows_the_inside_of_a_mark() {
        let text = b"a [redacted:token:12ab] b";
        assert!(!is_within(text, 2) && is_within(text, 12) && is_within(text, 22));
        assert!(!is_within(text, 23) && !is_within(text, text.len()));
        assert!(
            touches(text, &(0..text.len()))
                && touches(text, &(12..14))
                && !touches(text, &(23..25))
        );
    }

    #[test]
    fn what_only_begins_like_a_mark_is_none() {
        for text in [
            "[redacted:]",
            "[redacted:token:12ag]",
            "[redacted::12ab]",
            "[redacted:token:12ab",
            "[redacted:hunter2",
        ] {
            assert!(
                !touches(text.as_bytes(), &(0..text.len())) && !is_within(text.as_bytes(), 10),
                "{text}"
            );
        }
    }
}
