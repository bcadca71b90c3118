//! How long a busy stream is left alone between two looks, so that its lines come in pieces: a piece costs as much as
//! some ten lines.
//!
//! Rests end together, at whole multiples of their length: twenty busy containers wake us as often as one.

use chrono::{DateTime, Utc};
use std::time::Duration;

/// Rests in milliseconds, all of them powers of two.
const SHORTEST: u64 = 1;
const FIRST: u64 = 8;
const LONGEST: u64 = 32;
/// Behind a piece of fewer lines the next rest is longer.
const FEW: u64 = 24;
/// Behind a piece of so many lines it is shorter: a socket holds less than two hundred, and then its writer waits.
const MANY: u64 = 96;

/// The pace of one stream.
#[derive(Debug)]
pub(super) struct Pace {
    rest: u64,
}

impl Default for Pace {
    fn default() -> Self {
        Self { rest: FIRST }
    }
}

impl Pace {
    /// How long to rest behind a piece of so many lines.
    pub(super) fn rest(&mut self, lines: u64, now: DateTime<Utc>) -> Duration {
        if lines >= MANY {
            self.rest = SHORTEST.max(self.rest / 2);
        } else if lines < FEW {
            self.rest = LONGEST.min(self.rest * 2);
        }
        let behind = now.timestamp_millis().unsigned_abs() % self.rest;
        let left = self.rest - behind;
        let left = if left * 2 < self.rest { left + self.rest } else { left };
        Duration::from_millis(left)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: i64) -> DateTime<Utc> {
        DateTime::from_timestamp_millis(1_700_000_000_000 / 32 * 32 + millis).unwrap()
    }

    #[test]
    fn the_fewer_lines_come_the_longer_it_rests() {
        let mut pace = Pace::default();
        for (lines, millis) in
            [(1, 16), (1, 32), (1, 32), (50, 32), (100, 16), (400, 8), (400, 4), (50, 4), (3, 8)]
        {
            assert_eq!(pace.rest(lines, at(0)), Duration::from_millis(millis), "{lines}");
        }
        for _ in 0..9 {
            pace.rest(400, at(0));
        }
        assert_eq!(pace.rest(400, at(0)), Duration::from_millis(1));
    }

    #[test]
    fn rests_end_together() {
        for (now, left) in [(0, 32), (1, 31), (16, 16), (17, 47), (31, 33), (33, 31)] {
            let mut pace = Pace { rest: LONGEST };
            assert_eq!(pace.rest(50, at(now)), Duration::from_millis(left), "{now}");
        }
    }
}
