//! Many strings searched for at once: a line's words are looked up by four bytes, and what is found is compared.

use super::{
    baked::Reader,
    block::{BLOCK, Block},
    entry::EIGHT,
    letters::SHAPES,
    table::{Sought, Table},
    window::{Place, WIDTH},
};
use std::array;

/// Literals by their windows.
#[derive(Debug, Default)]
pub(super) struct Index {
    starts: Table,
    ends: Table,
    insides: Table,
}

impl Index {
    /// Adds what is to be found.
    pub(super) fn extend(&mut self, sought: &[Sought]) {
        let of = |place| sought.iter().filter(move |sought| sought.window.place == place);
        self.starts.extend(of(Place::Start));
        self.ends.extend(of(Place::End));
        self.insides.extend(of(Place::Inside));
    }

    pub(super) fn read(image: &mut Reader<'_>) -> Self {
        let [starts, ends, insides] = [(); 3].map(|()| Table::read(image));
        Self { starts, ends, insides }
    }

    #[cfg(test)]
    pub(super) fn write(&self, image: &mut Vec<u8>) {
        for table in [&self.starts, &self.ends, &self.insides] {
            table.write(image);
        }
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
                if !self.starts.is_empty() {
                    see(&self.starts, block.starts(at));
                }
                if !self.ends.is_empty() {
                    see(&self.ends, block.ends(at));
                }
                if !self.insides.is_empty() {
                    see(&self.insides, block.insides(at));
                }
            }
        }
    }
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
