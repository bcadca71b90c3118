//! Numbers that were found in one line: mostly none, seldom many.

/// So many are kept without asking for memory.
const FEW: usize = 32;

/// A list of numbers.
#[derive(Debug, Clone, Default)]
pub(super) struct Found {
    few: [u32; FEW],
    count: usize,
    /// All of them, where they are more than [`FEW`].
    many: Vec<u32>,
}

impl Found {
    /// Adds a number.
    #[inline]
    pub(super) fn push(&mut self, number: u32) {
        if let Some(place) = self.few.get_mut(self.count) {
            *place = number;
        } else {
            if self.many.is_empty() {
                self.many.extend_from_slice(&self.few);
            }
            self.many.push(number);
        }
        self.count += 1;
    }

    /// Puts them in ascending order; some are in it more than once.
    #[inline]
    pub(super) fn sort(&mut self) {
        match self.count {
            0 | 1 => {}
            2..=FEW => self.few[..self.count].sort_unstable(),
            _ => self.many.sort_unstable(),
        }
    }

    /// Those behind the first `skipped`.
    pub(super) fn from(&self, skipped: usize) -> &[u32] {
        let all = if self.many.is_empty() { &self.few[..self.count] } else { &self.many };
        all.get(skipped..).unwrap_or_default()
    }
}
