//! The shape of a piece of text, and where its words start and end.

use super::letters::SHAPES;

/// Bytes in which windows start.
pub(super) const BLOCK: usize = 256;
/// Bytes that are seen behind them.
const AHEAD: usize = 64;
/// Bytes that are seen.
pub(super) const SEEN: usize = BLOCK + AHEAD;
/// Bytes that are shaped at once.
pub(super) const PIECE: usize = 32;

/// A piece of a text; behind the text's end all is space.
#[derive(Debug)]
pub(super) struct Block {
    pub(super) shape: [u8; SEEN],
    /// A bit for each byte that is in a word.
    pub(super) words: [u64; SEEN / 64],
    /// Whether the byte before is in a word.
    follows: bool,
}

impl Block {
    /// Of the first [`SEEN`] bytes of `text`, which stand behind `before`.
    #[inline]
    pub(super) fn new(text: &[u8], before: Option<u8>) -> Self {
        let mut block = Self {
            shape: [b' '; SEEN],
            words: [0; SEEN / 64],
            follows: before.is_some_and(super::letters::is_word),
        };
        block.fill(&text[..text.len().min(SEEN)]);
        block
    }

    #[cfg(target_arch = "x86_64")]
    #[inline]
    fn fill(&mut self, text: &[u8]) {
        if !super::avx2::fill(self, text) {
            self.fill_portably(text);
        }
    }

    #[cfg(not(target_arch = "x86_64"))]
    fn fill(&mut self, text: &[u8]) {
        self.fill_portably(text);
    }

    /// The same on every machine.
    pub(super) fn fill_portably(&mut self, text: &[u8]) {
        for (at, (shape, byte)) in self.shape.iter_mut().zip(text).enumerate() {
            *shape = SHAPES[usize::from(*byte)];
            self.words[at / 64] |= u64::from(*shape != b' ') << (at % 64);
        }
    }

    /// Four bytes of the shape, little end first.
    #[inline]
    pub(super) fn key(&self, at: usize) -> u32 {
        let at = at % BLOCK;
        u32::from_le_bytes([
            self.shape[at],
            self.shape[at + 1],
            self.shape[at + 2],
            self.shape[at + 3],
        ])
    }

    /// Eight bytes of the shape, little end first; all of them are seen.
    #[inline]
    pub(super) fn eight(&self, at: usize) -> u64 {
        let bytes = self.shape.get(at..).and_then(<[u8]>::first_chunk);
        bytes.map_or(0, |bytes| u64::from_le_bytes(*bytes))
    }

    /// Bytes at which a word starts, 64 at a time; the last are [`BLOCK`] / 64 - 1.
    #[inline]
    pub(super) fn starts(&self, at: usize) -> u64 {
        self.words[at] & !self.before(at)
    }

    /// Bytes at which the last four of a longer word start, as [`Block::starts`].
    #[inline]
    pub(super) fn ends(&self, at: usize) -> u64 {
        let (here, next) = (self.words[at], self.words[at + 1]);
        let behind = |bytes: u32| here >> bytes | next << (64 - bytes);
        self.before(at) & here & behind(1) & behind(2) & behind(3) & !behind(4)
    }

    /// Bytes with which four bytes of a word start, as [`Block::starts`].
    #[inline]
    pub(super) fn insides(&self, at: usize) -> u64 {
        let (here, next) = (self.words[at], self.words[at + 1]);
        let behind = |bytes: u32| here >> bytes | next << (64 - bytes);
        here & behind(1) & behind(2) & behind(3)
    }

    /// Bytes whose neighbour at the left is in a word.
    #[inline]
    fn before(&self, at: usize) -> u64 {
        let carry = match at.checked_sub(1) {
            Some(before) => self.words[before] >> 63,
            None => u64::from(self.follows),
        };
        self.words[at] << 1 | carry
    }
}
