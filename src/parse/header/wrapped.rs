//! A head within a head: what a program wrote, stamp and level included, behind what a daemon wrote before it.

use super::{Head, stamp};
use crate::model::Level;

impl Head<'_> {
    /// A word before a head that names a level, as Ceph writes the channel: `cluster 2025-03-04T09:00:00.1+0000 mon.a
    /// (mon.0) 12 : cluster [ERR] x`.
    pub(super) fn channelled(&mut self) -> bool {
        let word = self.rest().iter().take(16).take_while(|b| b.is_ascii_lowercase()).count();
        word >= 3 && self.ahead(word) == b' ' && self.take_head(self.at + word + 1)
    }

    /// A container runtime's own head: `2025-03-04T09:00:00.1Z stderr F message`.
    pub(super) fn pass_runtime(&mut self) {
        let words: [&[u8]; 4] = [b" stderr F ", b" stdout F ", b" stderr P ", b" stdout P "];
        if words.iter().any(|word| self.rest().starts_with(word)) {
            self.at += words[0].len();
            self.confirm();
        }
    }

    /// The program's own head behind the daemon's: `Mar  4 09:00:00 host app[7]: 2025-03-04T09:00:00.1Z error: x`.
    pub(super) fn take_inner(&mut self) -> bool {
        self.spaces();
        self.peek().is_ascii_digit() && self.take_head(self.at)
    }

    /// A whole head at `from`, if a date stands there and a level behind it.
    fn take_head(&mut self, from: usize) -> bool {
        if stamp::read(self.bytes, from).is_none_or(|stamp| stamp.is_clock_only()) {
            return false;
        }
        let mut head = Self { bytes: &self.bytes[from..], ..Self::default() };
        head.read();
        if head.level == Level::Unknown || head.is_spoken {
            return false;
        }
        self.stamp = head.stamp.map(|stamp| stamp.ending_at(from + stamp.end));
        self.level = head.level;
        self.message_at = from + head.message_at;
        self.at = self.message_at;
        true
    }
}
