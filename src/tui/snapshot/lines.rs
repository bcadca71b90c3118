//! Lines of the log and hits of a search, as one frame shows them.

use crate::{
    model::{LogRecord, Severity},
    store::Store,
    tui::{
        reader::Reader,
        state::{Search, State},
    },
};
use std::sync::Arc;

/// One line.
#[derive(Debug, Clone)]
pub(crate) struct LogLine {
    /// As it was read.
    pub(crate) record: Arc<LogRecord>,
    /// How bad the problem is that it belongs to.
    pub(crate) severity: Option<Severity>,
    /// Whether the user marked it.
    pub(crate) is_marked: bool,
    /// Whether it is in the selection of lines.
    pub(crate) is_selected: bool,
}

/// The visible part of the log.
#[derive(Debug, Clone, Default)]
pub(crate) struct Logs {
    /// Oldest first.
    pub(crate) lines: Vec<LogLine>,
    /// Which of them the cursor is on; `None` while following.
    pub(crate) cursor: Option<usize>,
    /// Lines that came since following ended.
    pub(crate) unseen: usize,
    /// Whether older lines are still being looked at for the filter.
    pub(crate) is_scanning: bool,
}

/// The visible part of the hits of a search.
#[derive(Debug, Clone, Default)]
pub(crate) struct Hits {
    /// Oldest first.
    pub(crate) lines: Vec<LogLine>,
    /// Which of them is selected.
    pub(crate) selected: Option<usize>,
    /// How many there are.
    pub(crate) count: usize,
    /// The selected one's number, from the oldest.
    pub(crate) rank: usize,
    /// In how many services.
    pub(crate) services: usize,
    /// Whether everything was looked at.
    pub(crate) is_complete: bool,
}

pub(super) fn line(store: &Store, record: Arc<LogRecord>) -> LogLine {
    let group = store.group_at(&record).and_then(|f| store.group(f));
    LogLine {
        severity: group.map(crate::model::ErrorGroup::severity),
        record,
        is_marked: false,
        is_selected: false,
    }
}

pub(super) fn read(state: &State, store: &Store, height: usize) -> Logs {
    let view = &state.logs;
    let reader = Reader::of_log(state, store);
    let page = reader.page(view.cursor, view.row, height);
    let range = view.selection();
    let lines = page
        .records
        .into_iter()
        .map(|record| {
            let position = record.position();
            LogLine {
                is_marked: view.marks.contains(&position),
                is_selected: range.is_some_and(|(from, to)| from <= position && position <= to),
                ..line(store, record)
            }
        })
        .collect();
    Logs {
        lines,
        cursor: page.cursor,
        unseen: state.lines_wanted(store).saturating_sub(view.seen),
        is_scanning: view.index.as_ref().is_some_and(|i| !i.is_complete()),
    }
}

pub(super) fn hits(search: &Search, store: &Store, height: usize) -> Hits {
    let Some(index) = &search.index else { return Hits::default() };
    // The input line takes the first row.
    let height = height.saturating_sub(1).max(1);
    let reader = Reader::of_search(index, store);
    let newest = index.before(None, 1).first().copied();
    let cursor = search.selected.or(newest);
    let page = match cursor {
        Some(cursor) => reader.page(Some(cursor), height.saturating_sub(1), height),
        None => crate::tui::reader::Page::default(),
    };
    Hits {
        lines: page.records.into_iter().map(|r| line(store, r)).collect(),
        selected: page.cursor,
        count: index.len(),
        rank: cursor.map_or(0, |c| index.rank(c)),
        services: index.services(),
        is_complete: index.is_complete(),
    }
}
