//! One literal as it is compared with a text around its window.

use super::{
    baked::Reader,
    letters::is_word,
    strings::{Literal, Spelled},
    table::Sought,
    window::WIDTH,
};
use std::ops::Range;

/// Bytes that are compared at once.
pub(super) const EIGHT: usize = 8;

/// One literal, in half of what a processor reads at once.
#[derive(Debug, Clone, Copy)]
pub(super) struct Entry {
    /// The shape of the last bytes before the window, and of the first behind it.
    before: u64,
    behind: u64,
    /// In the bytes of its table.
    pub(super) first: u32,
    pub(super) number: u32,
    pub(super) length: u16,
    /// Where in it the window is.
    pub(super) at: u16,
    /// So many bits of `before` and `behind` are not known.
    unknown: [u8; 2],
    pub(super) flags: u8,
}

impl Entry {
    const LEFT_EDGE: u8 = 1;
    const LEFT_LIMIT: u8 = 2;
    const RIGHT_EDGE: u8 = 4;
    const RIGHT_LIMIT: u8 = 8;
    const SIDES: u8 = Self::LEFT_EDGE | Self::LEFT_LIMIT | Self::RIGHT_EDGE | Self::RIGHT_LIMIT;
    /// How its bytes are spelled; those of neither are its shape.
    pub(super) const IS_SMALL: u8 = 16;
    pub(super) const IS_CASED: u8 = 32;
    /// The shape around its window says all.
    pub(super) const IS_SEEN: u8 = 64;
    /// The next one is of another key.
    pub(super) const IS_LAST: u8 = 128;
    /// Bytes of its image.
    const IMAGE: usize = 31;

    /// `first` is where its bytes will be.
    pub(super) fn new(Sought { literal, window, number }: &Sought, first: usize) -> Self {
        let shape = |from: usize, to: usize| (from..to).map_while(|at| literal.shape_at(at));
        let (mut before, mut behind, mut unknown) = (0, 0, [u64::BITS as u8; 2]);
        for byte in shape(window.at.saturating_sub(EIGHT), window.at) {
            before = before >> 8 | u64::from(byte) << 56;
            unknown[0] -= 8;
        }
        for byte in shape(window.at + WIDTH, window.at + WIDTH + EIGHT) {
            behind |= u64::from(byte) << (u64::BITS as u8 - unknown[1]);
            unknown[1] -= 8;
        }
        let flags = [
            (literal.left.is_edge, Self::LEFT_EDGE),
            (literal.left.is_limit, Self::LEFT_LIMIT),
            (literal.right.is_edge, Self::RIGHT_EDGE),
            (literal.right.is_limit, Self::RIGHT_LIMIT),
            (literal.spelled == Spelled::Small, Self::IS_SMALL),
            (literal.spelled == Spelled::Bytes, Self::IS_CASED),
            (is_seen(literal, window.at), Self::IS_SEEN),
        ];
        Self {
            before,
            behind,
            first: first as u32,
            number: *number,
            length: literal.bytes.len() as u16,
            at: window.at as u16,
            unknown,
            flags: flags.iter().map(|(is_so, flag)| u8::from(*is_so) * flag).sum(),
        }
    }

    pub(super) const fn has(&self, flag: u8) -> bool {
        self.flags & flag != 0
    }

    /// Whether the shapes before the window and behind it are its own.
    pub(super) fn is_like(&self, [before, behind]: [u64; 2]) -> bool {
        let [of_before, of_behind] = self.unknown.map(u32::from);
        (self.before ^ before).checked_shr(of_before).is_none_or(|differs| differs == 0)
            && (self.behind ^ behind).checked_shl(of_behind).is_none_or(|differs| differs == 0)
    }

    pub(super) fn read(image: [u8; Self::IMAGE]) -> Self {
        let mut image = Reader::new(&image);
        Self {
            before: u64::from_le_bytes(image.array()),
            behind: u64::from_le_bytes(image.array()),
            first: u32::from_le_bytes(image.array()),
            number: u32::from_le_bytes(image.array()),
            length: u16::from_le_bytes(image.array()),
            at: u16::from_le_bytes(image.array()),
            unknown: image.array(),
            flags: image.array::<1>()[0],
        }
    }

    #[cfg(test)]
    pub(super) fn write(&self, image: &mut Vec<u8>) {
        image.extend([self.before, self.behind].map(u64::to_le_bytes).concat());
        image.extend([self.first, self.number].map(u32::to_le_bytes).concat());
        image.extend([self.length, self.at].map(u16::to_le_bytes).concat());
        image.extend([self.unknown[0], self.unknown[1], self.flags]);
    }

    /// Whether what must be beside the literal is, where it is in a text.
    pub(super) fn has_sides(&self, text: &[u8], Range { start, end }: Range<usize>) -> bool {
        if !self.has(Self::SIDES) {
            return true;
        }
        let has_word =
            |at: Option<usize>| at.and_then(|at| text.get(at)).is_some_and(|b| is_word(*b));
        let is_edge = |at: usize| has_word(at.checked_sub(1)) != has_word(Some(at));
        (!self.has(Self::LEFT_LIMIT) || start == 0)
            && (!self.has(Self::RIGHT_LIMIT) || end == text.len())
            && (!self.has(Self::LEFT_EDGE) || is_edge(start))
            && (!self.has(Self::RIGHT_EDGE) || is_edge(end))
    }
}

/// Whether all of a literal is within the shape that is compared around its window, and the shape tells it from all
/// others: that of a word has its letters.
fn is_seen(literal: &Literal, window: usize) -> bool {
    let is_near = window <= EIGHT && literal.bytes.len() <= window + WIDTH + EIGHT;
    let is_told = match literal.spelled {
        Spelled::Shape => true,
        Spelled::Small => literal.bytes.iter().all(|byte| is_word(*byte)),
        Spelled::Bytes => false,
    };
    is_near && is_told
}
