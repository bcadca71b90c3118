//! A search over all services.

use crate::{
    model::{Position, TextMatcher},
    tui::{index::Index, line::Line, past::Past, reader::Reader},
};

/// A search over all services.
#[derive(Debug, Clone, Default)]
pub(crate) struct Search {
    /// What was typed.
    pub(crate) input: Line,
    /// Whether the line has the keys.
    pub(crate) is_typing: bool,
    /// The condition, where what was typed can be read.
    pub(crate) matcher: Option<TextMatcher>,
    /// Why it cannot.
    pub(crate) error: Option<String>,
    /// Where its hits stand.
    pub(crate) index: Option<Index>,
    /// The selected hit; the newest one while `None`.
    pub(crate) selected: Option<Position>,
    /// Hits older than memory.
    pub(crate) past: Past,
}

impl Search {
    /// The place of the selected hit, the newest one where none was selected.
    pub(crate) fn place(&self, hits: &Reader<'_>) -> Option<Position> {
        self.selected.or_else(|| hits.before(None, 1).first().map(|r| r.position()))
    }
}
