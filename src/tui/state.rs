//! What the screen remembers between two messages: focus, selection by identity, scroll, filter, popups.
//!
//! Knows no colour, no key and no widget; `update` changes it, `view` reads it.

use super::{
    filter::Filter,
    inbox::Inbox,
    index::Index,
    layout::{Layout, Wish},
    line::Line,
    log_view::LogView,
    message::{Note, NoteKind},
    past::{Asker, Errand, Past, Way},
    popup::Popup,
    reader::Reader,
    settings::Settings,
    summary::Summary,
};
use crate::{
    engine::{Capabilities, Sign},
    model::{
        Category, Command, CommandId, Fingerprint, LogRecord, Position, Query, SafeText,
        ServiceName,
    },
    source::Link,
    store::Store,
};
use chrono::{DateTime, Duration, FixedOffset, Offset, Utc};
use std::{
    collections::{BTreeMap, BTreeSet, HashMap, VecDeque},
    sync::Arc,
};

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

/// What the engine says of the record on disk.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Record {
    /// Whether older lines can be read from a journal.
    pub(crate) has_journal: bool,
    /// Why nothing is written at the moment.
    pub(crate) paused: Option<SafeText>,
    /// When this project was last watched before this run.
    pub(crate) last_visit: Option<DateTime<Utc>>,
}

/// What can be known at one moment: everything `update` and the snapshot read.
#[derive(Debug, Clone, Copy)]
pub(crate) struct World<'a> {
    /// Records, services, groups.
    pub(crate) store: &'a Store,
    /// Whether the source can be reached.
    pub(crate) link: &'a Link,
    /// What this run can do.
    pub(crate) capabilities: &'a Capabilities,
    /// What is kept on disk.
    pub(crate) record: &'a Record,
    /// The moment.
    pub(crate) now: DateTime<Utc>,
}

impl World<'_> {
    /// The moment by which ages are told: that of the newest record, where a recorded log has ended.
    pub(crate) fn clock(&self) -> DateTime<Utc> {
        if *self.link == Link::Ended && !self.capabilities.source.is_live {
            let newest = self.store.records_before(&crate::model::Query::default(), None, 1);
            return newest.first().map_or(self.now, |r| r.time);
        }
        self.now
    }
}

/// A note on the screen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Toast {
    /// The sentence.
    pub(crate) note: Note,
    /// When it came.
    pub(crate) at: DateTime<Utc>,
    /// Which command it speaks of; progress is replaced by what follows.
    pub(crate) command: Option<CommandId>,
    /// Whether it is still over the log; else it is only among the messages.
    pub(crate) is_shown: bool,
}

/// What stands around a place that memory does not hold any more.
#[derive(Debug, Clone, Default)]
pub(crate) struct Around {
    /// The place; `None` where memory is enough.
    pub(crate) place: Option<Position>,
    /// The errand that is on its way.
    pub(crate) asked: Option<u64>,
    /// The lines, oldest first; none while they are being read, and where they are no longer kept.
    pub(crate) lines: Vec<Arc<LogRecord>>,
    /// Those of them that belong to problems.
    pub(crate) signs: BTreeMap<Position, Sign>,
    /// Why there are none, where they were read.
    pub(crate) missing: Option<Missing>,
}

/// Why the lines around an occurrence are not there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Missing {
    /// They are being read.
    Loading,
    /// They are no longer kept.
    Gone,
    /// They are no longer kept: the record begins at this moment.
    Before(DateTime<Utc>),
    /// They are not on record.
    Unrecorded,
    /// They cannot be read.
    Fault(SafeText),
}

/// The selected problem's side of the screen.
#[derive(Debug, Clone)]
pub(crate) struct DetailView {
    /// The occurrence that the user went to; the newest one while `None`.
    pub(crate) chosen: Option<Position>,
    /// The occurrence on the screen, and since when: the newest one changes no faster than can be read.
    pub(crate) shown: Option<(Fingerprint, Position, DateTime<Utc>)>,
    /// The lines around it, where memory does not hold them.
    pub(crate) around: Around,
    /// What happened to a container shortly before the problem began.
    pub(crate) after: Option<Arc<LogRecord>>,
    /// Lines of context above and below: at least, until the user asks for more or fewer.
    pub(crate) context: usize,
    /// Whether the user asked for so many; else the context fills the pane.
    pub(crate) is_context_chosen: bool,
    /// Rows scrolled.
    pub(crate) scroll: isize,
    /// Whether long lines are wrapped.
    pub(crate) wrap: bool,
    /// Whether stack traces are shown whole.
    pub(crate) unfolded: bool,
}

impl DetailView {
    /// Lines of context to read for a pane of so many rows.
    pub(crate) fn lines_around(&self, rows: usize) -> usize {
        if self.is_context_chosen { self.context } else { self.context.max(rows) }
    }
}

/// A search over all services.
#[derive(Debug, Clone, Default)]
pub(crate) struct Search {
    /// What was typed.
    pub(crate) input: Line,
    /// Whether the line has the keys.
    pub(crate) is_typing: bool,
    /// The condition, where what was typed can be read.
    pub(crate) matcher: Option<crate::model::TextMatcher>,
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

/// Measures of one service over time, taken by the screen itself.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Usages {
    /// Processor in percent, newest last, at most 8.
    pub(crate) cpu: VecDeque<f32>,
}

/// Everything the screen remembers.
#[allow(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
#[derive(Debug)]
pub(crate) struct State {
    /// Columns and rows of the terminal.
    pub(crate) size: (u16, u16),
    /// Which pane has the keys.
    pub(crate) focus: Pane,
    /// Whether that pane has the whole screen.
    pub(crate) is_zoomed: bool,
    /// Which pane is shown in the lower half where there is room for one.
    pub(crate) lower: Pane,
    /// What lies over the screen.
    pub(crate) popup: Option<Popup>,
    /// The problems: order, selection, headings.
    pub(crate) inbox: Inbox,
    /// Sums over all problems.
    pub(crate) summary: Summary,
    /// The selected service.
    pub(crate) service: Option<ServiceName>,
    /// The selected category.
    pub(crate) category: Option<Category>,
    /// The selected problem's side.
    pub(crate) detail: DetailView,
    /// The log.
    pub(crate) logs: LogView,
    /// What is shown at all.
    pub(crate) filter: Filter,
    /// A search, while there is one.
    pub(crate) search: Option<Search>,
    /// Notes, newest last, at most 500.
    pub(crate) toasts: VecDeque<Toast>,
    /// Commands on their way.
    pub(crate) pending: BTreeMap<CommandId, Command>,
    /// Measures over time.
    pub(crate) usages: HashMap<ServiceName, Usages>,
    /// The name of the theme in use.
    pub(crate) theme: String,
    /// All themes.
    pub(crate) themes: Vec<String>,
    /// Whether the mouse is ours.
    pub(crate) mouse: bool,
    /// When the last key or click came.
    pub(crate) touched: Option<DateTime<Utc>>,
    /// The issue that was left unfinished.
    pub(crate) draft: Option<Box<super::popup::Editor>>,
    /// The loss of the source that was already told in a popup, by its moment.
    pub(crate) away_seen: Option<DateTime<Utc>>,
    /// Services whose log loses lines, of which the messages tell already.
    pub(crate) told_lossy: BTreeSet<ServiceName>,
    /// Whether the store has news that the sums do not have yet.
    pub(crate) is_behind: bool,
    /// When measures were last remembered.
    pub(crate) measured: Option<DateTime<Utc>>,
    /// When the screen was opened.
    pub(crate) started: Option<DateTime<Utc>>,
    /// The user's time of day.
    pub(crate) zone: FixedOffset,
    /// Whether what is new since the last visit was said.
    pub(crate) is_greeted: bool,
    /// Errands that were numbered.
    pub(crate) errands: u64,
}

impl State {
    /// The screen at its start.
    pub(crate) fn new(settings: &Settings, themes: Vec<String>) -> Self {
        Self {
            size: (80, 24),
            focus: Pane::Problems,
            is_zoomed: false,
            lower: Pane::Detail,
            popup: None,
            inbox: Inbox::new(settings),
            summary: Summary::default(),
            service: None,
            category: None,
            detail: DetailView {
                chosen: None,
                shown: None,
                around: Around::default(),
                after: None,
                context: settings.context,
                is_context_chosen: false,
                scroll: 0,
                wrap: settings.wrap,
                unfolded: false,
            },
            logs: LogView::new(settings),
            filter: Filter::new(settings.minimum),
            search: None,
            toasts: VecDeque::new(),
            pending: BTreeMap::new(),
            usages: HashMap::new(),
            theme: settings.theme.clone(),
            themes,
            mouse: settings.mouse,
            touched: None,
            draft: None,
            away_seen: None,
            told_lossy: BTreeSet::new(),
            is_behind: false,
            measured: None,
            started: None,
            zone: Utc.fix(),
            is_greeted: false,
            errands: 0,
        }
    }

    /// Whether something on the screen changes by itself before long: a toast, a held order.
    pub(crate) fn is_restless(&self) -> bool {
        (self.summary.all == 0 && self.summary.at < self.started.map(|s| s + Duration::seconds(5)))
            || self.inbox.is_held()
            || !self.pending.is_empty()
            || self.toasts.iter().any(|t| t.is_shown)
    }

    /// The problem that the popup is about.
    pub(crate) fn popup_group(&self) -> Option<Fingerprint> {
        match &self.popup {
            Some(Popup::Why(fingerprint)) => Some(*fingerprint),
            Some(Popup::Mute(menu)) => Some(menu.fingerprint),
            Some(Popup::Editor(editor)) => Some(editor.draft.fingerprint),
            _ => self.problem(),
        }
    }

    /// How many lines the log has had that its filter wants, as far as that is known without looking.
    pub(crate) fn lines_wanted(&self, store: &Store) -> usize {
        if let Some(index) = &self.logs.index {
            return index.len();
        }
        let query = self.filter.query();
        let by_service = &store.totals().by_service;
        by_service.iter().filter(|(s, _)| query.wants_service(s)).map(|(_, n)| *n as usize).sum()
    }

    /// Where everything is on the screen.
    pub(crate) fn layout(&self, services: usize) -> Layout {
        let (columns, rows) = self.size;
        let wish =
            Wish { focus: self.focus, lower: self.lower, is_zoomed: self.is_zoomed, services };
        Layout::of(columns, rows, wish)
    }

    /// Whether keys are text for a popup or an input line.
    pub(crate) fn takes_keys(&self) -> bool {
        self.popup.is_some() || self.search.as_ref().is_some_and(|s| s.is_typing)
    }

    /// The selected problem.
    pub(crate) fn problem(&self) -> Option<Fingerprint> {
        self.inbox.selected()
    }

    /// A new errand for somebody.
    pub(crate) fn errand(&mut self, asker: Asker, way: Way, count: usize) -> Errand {
        self.errands += 1;
        Errand { ticket: self.errands, asker, way, count }
    }

    /// Which lines somebody's errands are for.
    pub(crate) fn query(&self, asker: Asker) -> Query {
        match asker {
            Asker::Log => self.filter.query(),
            Asker::Search => self
                .search
                .as_ref()
                .and_then(|search| search.index.as_ref())
                .map_or_else(Query::default, |index| index.query().clone()),
            Asker::Detail => Query::default(),
        }
    }

    /// The errand that somebody waits for.
    pub(crate) fn awaited(&self, asker: Asker) -> Option<u64> {
        match asker {
            Asker::Log => self.logs.past.ticket(),
            Asker::Search => self.search.as_ref().and_then(|search| search.past.ticket()),
            Asker::Detail => self.detail.around.asked,
        }
    }

    /// The notes over the log, newest last, at most three.
    pub(crate) fn shown_toasts(&self) -> Vec<&Toast> {
        let mut shown: Vec<_> = self.toasts.iter().rev().filter(|t| t.is_shown).take(3).collect();
        shown.reverse();
        shown
    }

    /// Adds a note to the messages alone.
    pub(crate) fn note(&mut self, note: Note, at: DateTime<Utc>) {
        self.tell(note, None, at);
        if let Some(toast) = self.toasts.back_mut() {
            toast.is_shown = false;
        }
    }

    /// Adds a note; one about a command replaces the progress of the same command.
    pub(crate) fn tell(&mut self, note: Note, command: Option<CommandId>, at: DateTime<Utc>) {
        if command.is_some() {
            self.toasts.retain(|t| t.command != command || t.note.kind != NoteKind::Progress);
        }
        if self.toasts.len() >= 500 {
            self.toasts.pop_front();
        }
        self.toasts.push_back(Toast { note, at, command, is_shown: true });
    }
}
