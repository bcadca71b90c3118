//! FNV-1a: cheap on short keys, and the same in every build.
//!
//! Only patterns and their strings are hashed with it. Whoever writes two with one hash slows down the own start.

use std::hash::{BuildHasherDefault, Hasher};

/// For maps from what stands in patterns.
pub(super) type BuildFnv = BuildHasherDefault<Fnv>;

/// A hash so far.
#[derive(Debug, Clone, Copy)]
pub(super) struct Fnv(u64);

impl Default for Fnv {
    fn default() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }
}

impl Hasher for Fnv {
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.write_u64((*byte).into());
        }
    }

    fn write_u8(&mut self, byte: u8) {
        self.write_u64(byte.into());
    }

    fn write_usize(&mut self, number: usize) {
        self.write_u64(number as u64);
    }

    /// A number is one step, not eight.
    fn write_u64(&mut self, number: u64) {
        self.0 = (self.0 ^ number).wrapping_mul(0x0100_0000_01b3);
    }

    fn finish(&self) -> u64 {
        self.0
    }
}
