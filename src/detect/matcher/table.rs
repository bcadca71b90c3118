//! Windows of one place by hash, and what is compared where one of them is found.

use super::{
    baked::Reader,
    entry::Entry,
    letters::SHAPES,
    strings::Literal,
    window::{WIDTH, Window},
};
use std::{mem, ops::Range};

/// Bits of a hash.
const HASH: u32 = 16;
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
                let mut known = self.entries[at];
                known.flags &= !Entry::IS_LAST;
                self.entries.push(known);
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
            && entry.has_sides(text, at..at + length)
    }
}

/// A window and the byte behind it.
fn key(window: u32, behind: u8) -> u64 {
    u64::from(behind) << 32 | u64::from(window)
}

fn hash(window: u32) -> usize {
    (window.wrapping_mul(FACTOR) >> (32 - HASH)) as usize
}
