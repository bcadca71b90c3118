//! The word in the place of a secret: `[redacted:KIND:xxxx]`.

use sha2::{Digest, Sha256};
use std::fmt::Write as _;

pub(super) const OPENING: &[u8] = b"[redacted:";
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

/// Whether `at` lies within a mark.
pub(super) fn is_within(text: &[u8], at: usize) -> bool {
    let head = &text[at.saturating_sub(MAX_MARK)..at];
    let begin = head.windows(OPENING.len()).rposition(|w| w == OPENING);
    begin.is_some_and(|begin| memchr::memchr2(b']', b'\n', &head[begin..]).is_none())
}

/// Whether there is a mark in the text.
pub(super) fn has_mark(text: &[u8]) -> bool {
    memchr::memmem::find(text, OPENING).is_some()
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
    }
}
