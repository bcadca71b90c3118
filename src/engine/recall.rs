//! Brings older lines back from the journal, page by page, when a reader comes to the beginning of what memory has.

use super::handle::Handle;
use crate::{
    model::{Event, Position, Query, SafeText},
    store::journal::{Reader, Stop},
};
use std::sync::{PoisonError, atomic::Ordering};

/// Lines of one page, all services together.
const PAGE: usize = 5_000;

impl Handle {
    /// Loads the next older page into memory, on a thread of its own; [`Event::Changed`] follows.
    ///
    /// `false` where nothing older is kept, or a page is on its way already. Must be called inside a tokio runtime.
    pub fn recall(&self) -> bool {
        let Some(reader) = self.shared.history.clone() else { return false };
        let Some(before) = self.read(crate::store::Store::complete_from) else { return false };
        if self.shared.is_recalling.swap(true, Ordering::AcqRel) {
            return false;
        }
        let handle = self.clone();
        tokio::task::spawn_blocking(move || {
            handle.load(&reader, before);
            handle.shared.is_recalling.store(false, Ordering::Release);
            handle.shared.hint(Event::Changed);
        });
        true
    }

    /// Whether a page is on its way.
    pub fn is_recalling(&self) -> bool {
        self.shared.is_recalling.load(Ordering::Acquire)
    }

    /// What was written to disk, also of earlier runs; `None` where no journal is kept. Reading it blocks.
    pub fn history(&self) -> Option<Reader> {
        self.shared.history.clone()
    }

    /// Keeps what stands at or after this position in memory while somebody reads there, as far as there is room.
    pub fn pin(&self, position: Option<Position>) {
        let mut store = self.shared.store.write().unwrap_or_else(PoisonError::into_inner);
        store.pin(position);
    }

    fn load(&self, reader: &Reader, before: Position) {
        match reader.records_before(&Query::default(), Some(before), PAGE, &Stop::default()) {
            Ok(page) => {
                let first = page.records.first().filter(|_| !page.is_end);
                let from = first.map_or(Position::FIRST, |record| record.position());
                let mut store = self.shared.store.write().unwrap_or_else(PoisonError::into_inner);
                store.recall(page.records, from);
            }
            Err(error) => {
                let told = format!("older lines could not be read: {error}");
                self.shared.hint(Event::Trouble(SafeText::from(told)));
            }
        }
    }
}
