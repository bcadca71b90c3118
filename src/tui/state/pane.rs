//! The panes by number.

/// A pane, in the order of its number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Pane {
    /// 1: services.
    Services,
    /// 2: problems, or the hits of a search.
    Problems,
    /// 3: detail of the selected problem or hit.
    Detail,
    /// 4: the merged log.
    Logs,
    /// 5: categories.
    Categories,
}

impl Pane {
    /// All, by number.
    pub(crate) const ALL: [Self; 5] =
        [Self::Services, Self::Problems, Self::Detail, Self::Logs, Self::Categories];

    /// Its key.
    pub(crate) const fn number(self) -> u8 {
        self as u8 + 1
    }
}
