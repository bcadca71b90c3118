//! What happens to the world, and in which order.

/// Something that happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// A container is restarted.
    Restart,
    /// A container is paused for a while.
    Pause,
    /// A container is replaced by a new one.
    Recreate,
    /// A service gets more containers, then fewer.
    Scale,
    /// A service writes faster than its log, 1 MB twice, can be read.
    Rotation,
    /// A container's log file is emptied.
    Truncation,
    /// dogwatch is killed, and a container restarted before it is back.
    Kill,
    /// dogwatch is asked to end, and starts again.
    Stop,
    /// The Engine is stopped with all its containers, and starts again.
    Daemon,
    /// dogwatch stands still for twelve seconds.
    Stall,
    /// dogwatch's disk is full for a while.
    Disk,
}

impl Fault {
    const ALL: [Self; 11] = [
        Self::Truncation,
        Self::Restart,
        Self::Pause,
        Self::Recreate,
        Self::Scale,
        Self::Rotation,
        Self::Kill,
        Self::Stop,
        Self::Daemon,
        Self::Stall,
        Self::Disk,
    ];

    /// One word.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Restart => "restart",
            Self::Pause => "pause",
            Self::Recreate => "re-creation",
            Self::Scale => "scaling",
            Self::Rotation => "rotation burst",
            Self::Truncation => "truncation",
            Self::Kill => "kill -9",
            Self::Stop => "orderly stop",
            Self::Daemon => "daemon stop",
            Self::Stall => "stall",
            Self::Disk => "full disk",
        }
    }

    /// Each once. An emptied log is noticed by its silence, which takes its time: that one is not among the last five.
    pub(crate) fn shuffled(dice: &mut Dice) -> Vec<Self> {
        let mut faults = Self::ALL.to_vec();
        for at in (1..faults.len()).rev() {
            faults.swap(at, dice.below(at as u64 + 1) as usize);
        }
        let at = faults.iter().position(|fault| *fault == Self::Truncation).unwrap();
        if at + 5 >= faults.len() {
            faults.swap(at, dice.below(5) as usize);
        }
        faults
    }
}

/// Chance that can be had again.
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// Less than `end`.
    pub(crate) const fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut value = self.0;
        value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (value ^ (value >> 31)) % end
    }

    /// One of several.
    pub(crate) fn choose(&mut self, from: &[&'static str]) -> &'static str {
        from[self.below(from.len() as u64) as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_gives_the_same_schedule_again() {
        let order = |seed| Fault::shuffled(&mut Dice::new(seed));
        assert_eq!(order(7), order(7));
        assert_ne!(order(7), order(8));
        for seed in 0..50 {
            let order = order(seed);
            assert_eq!(order.len(), Fault::ALL.len());
            assert!(Fault::ALL.iter().all(|fault| order.contains(fault)));
            assert!(!order[6..].contains(&Fault::Truncation), "{order:?}");
        }
    }
}
