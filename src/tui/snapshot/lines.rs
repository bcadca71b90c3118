//! Lines of the log and hits of a search, as one frame shows them.

use crate::{
    engine::Sign,
    model::{ErrorGroup, LogRecord, Position, SafeText, Severity},
    store::Store,
    tui::{
        past::just_before,
        reader::Reader,
        state::{Search, State, World},
        update::{MOST_HITS, says_top},
    },
};
use chrono::{DateTime, Utc};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

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
    /// What is said above the oldest line, where that is in sight; it takes the first row.
    pub(crate) top: Option<Top>,
}

/// What is said above the oldest line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Top {
    /// Older ones are on their way.
    Loading,
    /// There are none: the record begins at this moment.
    Begins(DateTime<Utc>),
    /// They cannot be read.
    Fault(SafeText),
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
    /// Whether all of memory was looked at.
    pub(crate) is_complete: bool,
    /// How many of them are in memory.
    pub(crate) in_memory: usize,
    /// How far the record was looked at.
    pub(crate) record: RecordSearch,
}

/// How far a search came in what is older than memory; each with its oldest hit there.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) enum RecordSearch {
    /// There is nothing older than memory.
    #[default]
    None,
    /// It goes on.
    Going(Option<DateTime<Utc>>),
    /// Everything was looked at.
    Done(Option<DateTime<Utc>>),
    /// There are more hits than can be shown.
    Cut(Option<DateTime<Utc>>),
    /// It cannot be read.
    Fault(SafeText),
}

/// A line with its problem: memory knows it, or `signs` of what was read back.
pub(super) fn line(
    store: &Store,
    signs: &BTreeMap<Position, Sign>,
    record: Arc<LogRecord>,
) -> LogLine {
    let group = |fingerprint| store.group(fingerprint).map(ErrorGroup::severity);
    let severity = store.group_at(&record).and_then(group).or_else(|| {
        let sign = signs.get(&record.position())?;
        Some(group(sign.group).unwrap_or(sign.severity))
    });
    LogLine { severity, record, is_marked: false, is_selected: false }
}

pub(super) fn read(state: &State, world: &World<'_>, height: usize) -> Logs {
    let store = world.store;
    let view = &state.logs;
    let reader = Reader::of_log(state, world);
    let page = reader.page(view.cursor, view.row, height, says_top(state, world));
    let range = view.selection();
    let is_short = page.records.len() < height;
    let top = page.has_top.then(|| {
        let has_all = reader.seam().is_none_or(|_| view.past.is_start());
        match (view.past.fault(), page.records.first()) {
            (Some(fault), _) => Some(Top::Fault(fault.clone())),
            (None, Some(first)) if has_all && !view.past.is_loading() => {
                Some(Top::Begins(first.time))
            }
            (None, None) if has_all => None,
            _ => Some(Top::Loading),
        }
    });
    let lines = page
        .records
        .into_iter()
        .map(|record| {
            let position = record.position();
            LogLine {
                is_marked: view.marks.contains(&position),
                is_selected: range.is_some_and(|(from, to)| from <= position && position <= to),
                ..line(store, view.past.signs(), record)
            }
        })
        .collect();
    Logs {
        lines,
        cursor: page.cursor,
        unseen: state.lines_wanted(store).saturating_sub(view.seen),
        is_scanning: view.index.as_ref().is_some_and(|i| !i.is_complete())
            || (view.past.is_loading() && top.is_none() && is_short)
            || view.going.is_some(),
        top: top.flatten(),
    }
}

pub(super) fn hits(search: &Search, world: &World<'_>, height: usize) -> Hits {
    let (Some(index), Some(reader)) = (&search.index, Reader::of_search(search, world)) else {
        return Hits::default();
    };
    let store = world.store;
    // The input line takes the first row.
    let height = height.saturating_sub(1).max(1);
    let cursor = search.place(&reader);
    let page = match cursor {
        Some(cursor) => reader.page(Some(cursor), height.saturating_sub(1), height, false),
        None => crate::tui::reader::Page::default(),
    };
    let past = &search.past;
    let older = past.iter().map(|r| &r.origin.service).collect::<BTreeSet<_>>();
    let known: BTreeSet<_> = index.by_service().chain(older).collect();
    // Hits that memory has before its seam are those that the journal has, too.
    let double = reader.seam().map_or(0, |seam| index.rank(just_before(seam)));
    let in_memory = index.len().saturating_sub(double);
    let rank = match (cursor, reader.seam()) {
        (Some(cursor), Some(seam)) if cursor < seam => past.rank(cursor),
        (Some(cursor), _) => past.len() + index.rank(cursor).saturating_sub(double),
        (None, _) => 0,
    };
    Hits {
        lines: page.records.into_iter().map(|r| line(store, past.signs(), r)).collect(),
        selected: page.cursor,
        count: in_memory + past.len(),
        in_memory,
        rank,
        services: known.len(),
        is_complete: index.is_complete(),
        record: match past.fault() {
            _ if !world.record.has_journal || reader.seam().is_none() => RecordSearch::None,
            Some(fault) => RecordSearch::Fault(fault.clone()),
            None if past.len() >= MOST_HITS => RecordSearch::Cut(past.first().map(|r| r.time)),
            None if past.is_start() => RecordSearch::Done(past.first().map(|r| r.time)),
            None => RecordSearch::Going(past.first().map(|r| r.time)),
        },
    }
}
