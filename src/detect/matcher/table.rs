//! Windows of one place by hash, and what is compared where one of them is found.

use super::{
    baked::Reader,
    letters::{SHAPES, is_word},
    strings::{Literal, Spelled},
    window::{WIDTH, Window},
};
use std::{mem, ops::Range};

/// Bits of a hash.
const HASH: u32 = 16;
/// Bytes that are compared at once.
pub(super) const EIGHT: usize = 8;
/// Stands for the byte behind a window where it can be any; no byte of a shape is so large.
const ANY: u8 = u8::MAX;
/// Odd, and without a pattern in its bits.
const FACTOR: u32 = 0x9E37_79B1;
/// The same for twice the bits.
const LONG_FACTOR: u64 = 0x9E37_79B9_7F4A_7C15;

/// What is to be found.
#[derive(Debug, Clone)]
pub(super) struct Sought {
    pub(super) literal: Literal,
    pub(super) window: Window,
    pub(super) number: u32,
}

impl Sought {
    /// What it is looked up by: each of its windows with the byte behind.
    pub(super) fn keys(&self) -> impl Iterator<Item = u64> {
        let behind = self.literal.shape_at(self.window.at + WIDTH).unwrap_or(ANY);
        self.window.keys().map(move |window| key(window, behind))
    }
}

/// The windows of one place.
#[derive(Debug, Default)]
pub(super) struct Table {
    /// A bit for each hash of a window; empty where there is no window.
    filter: Vec<u64>,
    /// By hash of the key, then the next free one; a power of two, at least half of them free.
    slots: Vec<Slot>,
    /// How many of them are not free.
    keys: usize,
    /// Those of one key stand together.
    entries: Vec<Entry>,
    bytes: Vec<u8>,
}

/// A key, and where its entries begin: many words begin alike.
#[derive(Debug, Clone, Copy, Default)]
struct Slot(u64);

impl Slot {
    /// Bits of a place in the entries.
    const PLACE: u32 = 24;

    const fn new(key: u64, first: usize) -> Self {
        Self(key << Self::PLACE | first as u64)
    }

    /// No key is 0.
    const fn is_free(self) -> bool {
        self.0 == 0
    }

    const fn key(self) -> u64 {
        self.0 >> Self::PLACE
    }

    const fn first(self) -> usize {
        (self.0 & ((1 << Self::PLACE) - 1)) as usize
    }
}

/// One literal, in half of what a processor reads at once.
#[derive(Debug, Clone, Copy)]
struct Entry {
    /// The shape of the last bytes before the window, and of the first behind it.
    before: u64,
    behind: u64,
    /// In `bytes`.
    first: u32,
    number: u32,
    length: u16,
    /// Where in it the window is.
    at: u16,
    /// So many bits of `before` and `behind` are not known.
    unknown: [u8; 2],
    flags: u8,
}

impl Entry {
    const LEFT_EDGE: u8 = 1;
    const LEFT_LIMIT: u8 = 2;
    const RIGHT_EDGE: u8 = 4;
    const RIGHT_LIMIT: u8 = 8;
    const SIDES: u8 = Self::LEFT_EDGE | Self::LEFT_LIMIT | Self::RIGHT_EDGE | Self::RIGHT_LIMIT;
    /// How its bytes are spelled; those of neither are its shape.
    const IS_SMALL: u8 = 16;
    const IS_CASED: u8 = 32;
    /// The shape around its window says all.
    const IS_SEEN: u8 = 64;
    /// The next one is of another key.
    const IS_LAST: u8 = 128;
    /// Bytes of its image.
    const IMAGE: usize = 31;

    /// `first` is where its bytes will be.
    fn new(Sought { literal, window, number }: &Sought, first: usize) -> Self {
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

    const fn has(&self, flag: u8) -> bool {
        self.flags & flag != 0
    }

    /// Whether the shapes before the window and behind it are its own.
    fn is_like(&self, [before, behind]: [u64; 2]) -> bool {
        let [of_before, of_behind] = self.unknown.map(u32::from);
        (self.before ^ before).checked_shr(of_before).is_none_or(|differs| differs == 0)
            && (self.behind ^ behind).checked_shl(of_behind).is_none_or(|differs| differs == 0)
    }

    fn read(image: [u8; Self::IMAGE]) -> Self {
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
    fn write(&self, image: &mut Vec<u8>) {
        image.extend([self.before, self.behind].map(u64::to_le_bytes).concat());
        image.extend([self.first, self.number].map(u32::to_le_bytes).concat());
        image.extend([self.length, self.at].map(u16::to_le_bytes).concat());
        image.extend([self.unknown[0], self.unknown[1], self.flags]);
    }
}

impl Table {
    /// Adds what is to be found here.
    pub(super) fn extend<'a>(&mut self, sought: impl Iterator<Item = &'a Sought>) {
        let mut keyed: Vec<(u64, &Sought)> =
            sought.flat_map(|sought| sought.keys().map(move |key| (key, sought))).collect();
        keyed.sort_by_key(|(key, _)| *key);
        let with_one_key = || keyed.chunk_by(|one, other| one.0 == other.0);
        self.reserve(with_one_key().count());
        for same in with_one_key() {
            let (key, first) = (same[0].0, self.entries.len());
            for at in self.run(key) {
                let known = self.entries[at];
                self.entries.push(Entry { flags: known.flags & !Entry::IS_LAST, ..known });
            }
            for (_, sought) in same {
                let entry = Entry::new(sought, self.bytes.len());
                if !entry.has(Entry::IS_SEEN) {
                    self.bytes.extend_from_slice(&sought.literal.bytes);
                }
                self.entries.push(entry);
            }
            self.entries.last_mut().into_iter().for_each(|last| last.flags |= Entry::IS_LAST);
            self.put(Slot::new(key, first));
        }
    }

    /// Makes room for so many further keys.
    fn reserve(&mut self, keys: usize) {
        let keys = self.keys + keys;
        if keys == 0 || self.slots.len() >= keys * 2 {
            return;
        }
        let slots = vec![Slot::default(); (keys * 2).next_power_of_two()];
        let slots = mem::replace(&mut self.slots, slots);
        (self.filter, self.keys) = (vec![0; (1 << HASH) / 64], 0);
        slots.into_iter().filter(|slot| !slot.is_free()).for_each(|slot| self.put(slot));
    }

    /// Puts a slot where its key belongs; there is room.
    fn put(&mut self, slot: Slot) {
        let (place, hash) = (self.probe(slot.key()), hash(slot.key() as u32));
        self.keys += usize::from(self.slots[place].is_free());
        self.slots[place] = slot;
        self.filter[hash / 64] |= 1 << (hash % 64);
    }

    /// Where the entries of a key are.
    fn run(&self, key: u64) -> Range<usize> {
        let slot = self.slots[self.probe(key)];
        if slot.is_free() {
            return 0..0;
        }
        let entries = &self.entries[slot.first()..];
        let others = entries.iter().take_while(|entry| !entry.has(Entry::IS_LAST)).count();
        slot.first()..slot.first() + others + 1
    }

    pub(super) fn read(image: &mut Reader<'_>) -> Self {
        let mut table = Self::default();
        let keys = image.number();
        table.reserve(keys as usize);
        (0..keys).for_each(|_| table.put(Slot(u64::from_le_bytes(image.array()))));
        table.entries = (0..image.number()).map(|_| Entry::read(image.array())).collect();
        table.bytes = image.bytes().to_vec();
        table
    }

    #[cfg(test)]
    pub(super) fn write(&self, image: &mut Vec<u8>) {
        use super::baked::tests::number;
        let taken = self.slots.iter().filter(|slot| !slot.is_free());
        let mut slots: Vec<u64> = taken.map(|slot| slot.0).collect();
        slots.sort_unstable();
        number(image, slots.len());
        image.extend(slots.into_iter().flat_map(u64::to_le_bytes));
        number(image, self.entries.len());
        for entry in &self.entries {
            entry.write(image);
        }
        number(image, self.bytes.len());
        image.extend_from_slice(&self.bytes);
    }

    pub(super) const fn is_empty(&self) -> bool {
        self.filter.is_empty()
    }

    /// The key's slot, or the free one for it.
    fn probe(&self, key: u64) -> usize {
        let mask = self.slots.len() - 1;
        let mut slot = (key.wrapping_mul(LONG_FACTOR) >> 32) as usize & mask;
        while !self.slots[slot].is_free() && self.slots[slot].key() != key {
            slot = (slot + 1) & mask;
        }
        slot
    }

    #[inline]
    pub(super) fn may_have(&self, window: u32) -> bool {
        let hash = hash(window);
        self.filter[hash / 64] >> (hash % 64) & 1 != 0
    }

    /// Calls `found` with the number of every literal that has its window here; `near` is the shape of what is before the
    /// window and behind it.
    pub(super) fn look_up(
        &self,
        window: u32,
        text: &[u8],
        (place, near): (usize, [u64; 2]),
        found: &mut impl FnMut(u32),
    ) {
        for last in [near[1] as u8, ANY] {
            let slot = self.slots[self.probe(key(window, last))];
            if slot.is_free() {
                continue;
            }
            for entry in self.entries.get(slot.first()..).unwrap_or_default() {
                if entry.is_like(near)
                    && place
                        .checked_sub(entry.at.into())
                        .is_some_and(|at| self.is_at(entry, text, at))
                {
                    found(entry.number);
                }
                if entry.has(Entry::IS_LAST) {
                    break;
                }
            }
        }
    }

    fn is_at(&self, entry: &Entry, text: &[u8], at: usize) -> bool {
        let (first, length) = (entry.first as usize, usize::from(entry.length));
        let Some(have) = text.get(at..at + length) else { return false };
        let is_equal = |want: &[u8]| {
            if entry.has(Entry::IS_SMALL) {
                want.eq_ignore_ascii_case(have)
            } else if entry.has(Entry::IS_CASED) {
                want == have
            } else {
                want.iter().zip(have).all(|(want, have)| *want == SHAPES[usize::from(*have)])
            }
        };
        (entry.has(Entry::IS_SEEN) || self.bytes.get(first..first + length).is_some_and(is_equal))
            && (!entry.has(Entry::SIDES) || has_sides(entry, text, at, at + length))
    }
}

/// Whether what must be beside a literal is.
fn has_sides(entry: &Entry, text: &[u8], first: usize, end: usize) -> bool {
    let has_word = |at: Option<usize>| at.and_then(|at| text.get(at)).is_some_and(|b| is_word(*b));
    let is_edge = |at: usize| has_word(at.checked_sub(1)) != has_word(Some(at));
    (!entry.has(Entry::LEFT_LIMIT) || first == 0)
        && (!entry.has(Entry::RIGHT_LIMIT) || end == text.len())
        && (!entry.has(Entry::LEFT_EDGE) || is_edge(first))
        && (!entry.has(Entry::RIGHT_EDGE) || is_edge(end))
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

/// A window and the byte behind it.
fn key(window: u32, behind: u8) -> u64 {
    u64::from(behind) << 32 | u64::from(window)
}

fn hash(window: u32) -> usize {
    (window.wrapping_mul(FACTOR) >> (32 - HASH)) as usize
}
