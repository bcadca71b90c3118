//! Chance that repeats: equal seeds throw equal numbers, on any machine and in any release.

/// A small generator (`SplitMix64`); good enough for a play, not for secrets.
#[derive(Debug, Clone)]
pub(super) struct Dice(u64);

impl Dice {
    pub(super) const fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(super) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// From 0 up to, not including, 1.
    pub(super) fn share(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// True with this probability.
    pub(super) fn chance(&mut self, probability: f64) -> bool {
        self.share() < probability
    }

    /// From `low` to `high`, both included.
    pub(super) fn number(&mut self, low: u64, high: u64) -> u64 {
        low + self.next() % (high.saturating_sub(low) + 1)
    }

    pub(super) fn between(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.share()
    }

    /// One of these; the default where there are none.
    pub(super) fn pick<T: Copy + Default>(&mut self, from: &[T]) -> T {
        let at = self.next() % (from.len().max(1) as u64);
        from.get(at as usize).copied().unwrap_or_default()
    }

    /// How often something happens that happens `mean` times on average (Poisson).
    pub(super) fn times(&mut self, mean: f64) -> u32 {
        let limit = (-mean).exp();
        let (mut product, mut count) = (self.share(), 0);
        while product > limit && count < 1_000 {
            product *= self.share();
            count += 1;
        }
        count
    }

    /// Milliseconds that a request takes: mostly near `usual`, sometimes much more.
    pub(super) fn latency(&mut self, usual: u64) -> u64 {
        let stretch = 0.4 + self.share() + self.share().powi(8) * 6.0;
        ((usual as f64 * stretch) as u64).max(1)
    }

    /// So many hexadecimal digits.
    pub(super) fn hex(&mut self, digits: usize) -> String {
        (0..digits)
            .map(|_| char::from_digit((self.next() % 16) as u32, 16).unwrap_or('0'))
            .collect()
    }

    pub(super) fn uuid(&mut self) -> String {
        let (head, middle) = (self.hex(8), self.hex(4));
        format!("{head}-{middle}-4{}-a{}-{}", self.hex(3), self.hex(3), self.hex(12))
    }

    /// A visitor's address, from the blocks kept for documentation.
    pub(super) fn visitor(&mut self) -> String {
        let block = self.pick(&["192.0.2", "198.51.100", "203.0.113"]);
        format!("{block}.{}", self.number(1, 254))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_seeds_throw_equal_numbers_within_bounds() {
        let (mut a, mut b) = (Dice::new(7), Dice::new(7));
        for _ in 0..1_000 {
            let number = a.number(3, 9);
            assert_eq!(number, b.number(3, 9));
            assert!((3..=9).contains(&number));
        }
        assert_eq!(a.pick::<u8>(&[]), 0);
        assert_eq!(a.uuid().len(), 36);
    }

    #[test]
    fn times_are_right_on_average() {
        let mut dice = Dice::new(1);
        let sum: u32 = (0..10_000).map(|_| dice.times(1.5)).sum();
        assert!((14_000..16_000).contains(&sum), "{sum}");
        assert_eq!(dice.times(0.0), 0);
    }
}
