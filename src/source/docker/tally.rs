//! A multiset of lines, named by pipe and time: small, and indifferent to their order.

use super::trail::Key;
use crate::model::Stream;
use std::collections::HashMap;

/// How many lines of each name there are; about twenty bytes a line.
#[derive(Debug, Clone, Default)]
pub(super) struct Tally {
    counts: HashMap<i64, u32>,
}

impl Tally {
    pub(super) fn add(&mut self, key: Key) {
        *self.counts.entry(pack(key)).or_default() += 1;
    }

    /// Takes one away; `false` where none is.
    pub(super) fn remove(&mut self, key: Key) -> bool {
        let packed = pack(key);
        let Some(count) = self.counts.get_mut(&packed) else { return false };
        *count -= 1;
        if *count == 0 {
            self.counts.remove(&packed);
        }
        true
    }

    pub(super) fn count(&self, key: Key) -> u32 {
        self.counts.get(&pack(key)).copied().unwrap_or(0)
    }

    /// Names, which is a little less than lines.
    pub(super) fn len(&self) -> usize {
        self.counts.len()
    }

    pub(super) fn clear(&mut self) {
        self.counts.clear();
    }

    /// Takes away what is in `other`, as often as it is there.
    pub(super) fn subtract(&mut self, other: &Self) {
        self.counts.retain(|key, count| {
            *count = count.saturating_sub(other.counts.get(key).copied().unwrap_or(0));
            *count > 0
        });
    }
}

/// Nanoseconds need 61 bits in this century and the next.
fn pack((stream, time): Key) -> i64 {
    let nanos = time.timestamp_nanos_opt().unwrap_or(0);
    nanos.wrapping_mul(2) | i64::from(stream == Stream::Stderr)
}
