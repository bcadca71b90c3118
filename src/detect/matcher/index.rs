//! Many strings searched for at once: a line's words are looked up by four bytes, and what is found is compared.

use super::{
    block::{BLOCK, Block},
    letters::{SHAPES, is_word},
    strings::{Literal, Side, Spelled},
    window::{Place, WIDTH, Window},
};
use std::array;

/// Bits of a hash.
const HASH: u32 = 16;
/// Bytes that are compared at once.
const EIGHT: usize = 8;
/// Stands for the byte behind a window where it can be any; no byte of a shape is so large.
const ANY: u8 = u8::MAX;
/// Odd, and without a pattern in its bits.
const FACTOR: u32 = 0x9E37_79B1;
/// The same for twice the bits.
const LONG_FACTOR: u64 = 0x9E37_79B9_7F4A_7C15;

/// Literals by their windows.
#[derive(Debug, Default)]
pub(super) struct Index {
    starts: Table,
    ends: Table,
    insides: Table,
}

/// The windows of one place.
#[derive(Debug, Default)]
struct Table {
    /// A bit for each hash of a window; empty where there is no window.
    filter: Box<[u64]>,
    /// By hash of the window and the byte behind it, then the next free one; a power of two, at least half of them free.
    slots: Box<[Slot]>,
    entries: Box<[Entry]>,
    bytes: Box<[u8]>,
}

/// One window with the byte behind it: many words begin alike.
#[derive(Debug, Clone, Copy, Default)]
struct Slot {
    key: u64,
    /// Its literals in `entries`; none where the slot is free.
    first: u32,
    count: u32,
}

/// What an index is to find.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sought<'a> {
    pub(super) literal: &'a Literal,
    pub(super) window: Window,
    pub(super) number: u32,
}

/// Some of eight bytes, as a number with the first byte lowest.
#[derive(Debug, Clone, Copy, Default)]
struct Eight {
    bytes: u64,
    /// All bits of those that are known.
    known: u64,
}

impl Eight {
    fn new(byte: impl Fn(usize) -> Option<u8>) -> Self {
        let (mut bytes, mut known) = ([0; EIGHT], [0; EIGHT]);
        for at in 0..EIGHT {
            if let Some(byte) = byte(at) {
                (bytes[at], known[at]) = (byte, u8::MAX);
            }
        }
        Self { bytes: u64::from_le_bytes(bytes), known: u64::from_le_bytes(known) }
    }

    const fn is_like(self, other: u64) -> bool {
        (self.bytes ^ other) & self.known == 0
    }

    /// The first byte, or [`ANY`].
    const fn first(self) -> u8 {
        if self.known as u8 == 0 { ANY } else { self.bytes as u8 }
    }
}

/// One literal.
#[derive(Debug, Clone, Copy)]
struct Entry {
    /// The shape before the window, and behind it.
    before: Eight,
    behind: Eight,
    /// In `bytes`.
    first: u32,
    length: u16,
    /// Where in it the window is.
    at: u16,
    number: u32,
    left: Side,
    right: Side,
    /// How it is compared; `None` where the shape around its window says all.
    spelled: Option<Spelled>,
}

impl Index {
    pub(super) fn new(sought: &[Sought<'_>]) -> Self {
        let of = |place| Table::new(sought.iter().filter(|sought| sought.window.place == place));
        Self { starts: of(Place::Start), ends: of(Place::End), insides: of(Place::Inside) }
    }

    /// Calls `found` with the number of every literal in the text, of some more than once.
    #[inline]
    pub(super) fn search(&self, text: &[u8], mut found: impl FnMut(u32)) {
        let mut before = None;
        for start in (0..text.len()).step_by(BLOCK) {
            let rest = &text[start..];
            let block = Block::new(rest, before);
            before = rest.get(BLOCK - 1).copied();
            for at in 0..rest.len().min(BLOCK).div_ceil(64) {
                let mut see = |table: &Table, mut bits: u64| {
                    while bits != 0 {
                        let place = at * 64 + bits.trailing_zeros() as usize;
                        bits &= bits - 1;
                        let key = block.key(place);
                        if table.may_have(key) {
                            let near = near(&block, text, start, place);
                            table.look_up(key, text, (start + place, near), &mut found);
                        }
                    }
                };
                if !self.starts.filter.is_empty() {
                    see(&self.starts, block.starts(at));
                }
                if !self.ends.filter.is_empty() {
                    see(&self.ends, block.ends(at));
                }
                if !self.insides.filter.is_empty() {
                    see(&self.insides, block.insides(at));
                }
            }
        }
    }
}

impl Table {
    fn new<'a>(sought: impl Iterator<Item = &'a Sought<'a>>) -> Self {
        let mut keyed: Vec<_> = sought
            .flat_map(|sought| {
                let behind = behind(sought);
                sought.window.keys().map(move |key| (key, behind, sought))
            })
            .collect();
        if keyed.is_empty() {
            return Self::default();
        }
        let long = |(key, behind, _): &(u32, Eight, &Sought<'_>)| long(*key, behind.first());
        keyed.sort_by_key(long);
        let keys = keyed.chunk_by(|one, other| long(one) == long(other)).count();
        let mut table = Self {
            filter: vec![0; (1 << HASH) / 64].into(),
            slots: vec![Slot::default(); (keys * 2).next_power_of_two()].into(),
            ..Self::default()
        };
        let (mut entries, mut bytes) = (Vec::with_capacity(keyed.len()), Vec::new());
        for same in keyed.chunk_by(|one, other| long(one) == long(other)) {
            let (short, first) = (same[0].0, entries.len() as u32);
            for (_, behind, Sought { literal, window, number }) in same {
                let before = |at: usize| literal.shape_at((window.at + at).checked_sub(EIGHT)?);
                entries.push(Entry {
                    before: Eight::new(before),
                    behind: *behind,
                    first: bytes.len() as u32,
                    length: literal.bytes.len() as u16,
                    at: window.at as u16,
                    number: *number,
                    left: literal.left,
                    right: literal.right,
                    spelled: (!is_seen(literal, window.at)).then_some(literal.spelled),
                });
                bytes.extend_from_slice(&literal.bytes);
            }
            table.filter[hash(short) / 64] |= 1 << (hash(short) % 64);
            let key = long(&same[0]);
            let slot = table.probe(key);
            table.slots[slot] = Slot { key, first, count: same.len() as u32 };
        }
        table.entries = entries.into();
        table.bytes = bytes.into();
        table
    }

    /// The key's slot, or the free one for it.
    fn probe(&self, key: u64) -> usize {
        let mask = self.slots.len() - 1;
        let mut slot = (key.wrapping_mul(LONG_FACTOR) >> 32) as usize & mask;
        while self.slots[slot].count > 0 && self.slots[slot].key != key {
            slot = (slot + 1) & mask;
        }
        slot
    }

    #[inline]
    fn may_have(&self, key: u32) -> bool {
        let hash = hash(key);
        self.filter[hash / 64] >> (hash % 64) & 1 != 0
    }

    /// `near` is the shape of what is before the window and behind it.
    fn look_up(
        &self,
        key: u32,
        text: &[u8],
        (place, near): (usize, [u64; 2]),
        found: &mut impl FnMut(u32),
    ) {
        for last in [near[1] as u8, ANY] {
            let slot = self.slots[self.probe(long(key, last))];
            let (first, count) = (slot.first as usize, slot.count as usize);
            for entry in self.entries.get(first..first + count).unwrap_or_default() {
                if entry.before.is_like(near[0])
                    && entry.behind.is_like(near[1])
                    && place
                        .checked_sub(entry.at.into())
                        .is_some_and(|at| self.is_at(entry, text, at))
                {
                    found(entry.number);
                }
            }
        }
    }

    fn is_at(&self, entry: &Entry, text: &[u8], at: usize) -> bool {
        let (first, length) = (entry.first as usize, usize::from(entry.length));
        let (Some(want), Some(have)) =
            (self.bytes.get(first..first + length), text.get(at..at + length))
        else {
            return false;
        };
        let is_equal = match entry.spelled {
            None => true,
            Some(Spelled::Shape) => {
                want.iter().zip(have).all(|(want, have)| *want == SHAPES[usize::from(*have)])
            }
            Some(Spelled::Small) => want.eq_ignore_ascii_case(have),
            Some(Spelled::Bytes) => want == have,
        };
        is_equal
            && holds(entry.left, text, at, 0)
            && holds(entry.right, text, at + length, text.len())
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

/// The shape of the eight bytes before a window, and of those behind it.
#[inline]
fn near(block: &Block, text: &[u8], start: usize, place: usize) -> [u64; 2] {
    let byte = |at: Option<usize>| {
        at.and_then(|at| text.get(at)).map_or(b' ', |byte| SHAPES[usize::from(*byte)])
    };
    let before = place.checked_sub(EIGHT).map_or_else(
        // The first of them stand in the block before.
        || u64::from_le_bytes(array::from_fn(|at| byte((start + place + at).checked_sub(EIGHT)))),
        |at| block.eight(at),
    );
    [before, block.eight(place + WIDTH)]
}

/// Whether what must be beside a literal is, at this place of the text.
fn holds(side: Side, text: &[u8], at: usize, limit: usize) -> bool {
    let has_word = |at: Option<usize>| at.and_then(|at| text.get(at)).is_some_and(|b| is_word(*b));
    (!side.is_limit || at == limit)
        && (!side.is_edge || has_word(at.checked_sub(1)) != has_word(Some(at)))
}

/// The shape behind a window, as far as the literal has it.
fn behind(sought: &Sought<'_>) -> Eight {
    let Sought { literal, window, .. } = sought;
    Eight::new(|at| literal.shape_at(window.at + WIDTH + at))
}

/// A window and the byte behind it.
fn long(key: u32, behind: u8) -> u64 {
    u64::from(behind) << 32 | u64::from(key)
}

fn hash(key: u32) -> usize {
    (key.wrapping_mul(FACTOR) >> (32 - HASH)) as usize
}
