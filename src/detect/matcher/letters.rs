//! What counts as a letter of a word, and how texts look when only words matter.
//!
//! In the *shape* of a text, letters are small, and all that is in no word is a space: so the shape of
//! `Access DENIED!` is `access denied `. `_` becomes what the bit makes of it that makes letters small, 0x7f.

/// The bit in which small letters differ from large ones.
pub(super) const SMALL: u8 = 0x20;

/// Whether `\b` sees the byte as part of a word.
pub(super) const fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

/// The byte's place in a shape.
pub(super) const fn shape(byte: u8) -> u8 {
    if is_word(byte) { byte | SMALL } else { b' ' }
}

/// [`shape`] of every byte.
pub(super) const SHAPES: [u8; 256] = {
    let mut table = [0; 256];
    let mut at = 0;
    while at < 256 {
        table[at] = shape(at as u8);
        at += 1;
    }
    table
};

/// The other case of a letter; other bytes as they are.
pub(super) const fn twin(byte: u8) -> u8 {
    if byte.is_ascii_alphabetic() { byte ^ SMALL } else { byte }
}
