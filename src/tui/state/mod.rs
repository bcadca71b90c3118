//! What the screen remembers between two messages: focus, selection by identity, scroll, filter, popups.
//!
//! Knows no colour, no key and no widget; `update` changes it, `view` reads it.

mod detail;
mod pane;
mod search;
mod toast;
mod world;

pub(crate) use detail::{Around, DetailView, Missing};
pub(crate) use pane::Pane;
pub(crate) use search::Search;
pub(crate) use toast::Toast;
pub(crate) use world::{Record, World};

use super::{
    filter::Filter,
    inbox::Inbox,
    layout::{Layout, Wish},
    log_view::LogView,
    marks::Marks,
    past::{Asker, Errand, Way},
    popup::Popup,
    settings::Settings,
    summary::Summary,
};
use crate::{
    model::{Category, Command, CommandId, Fingerprint, Query, ServiceName},
    store::Store,
};
use chrono::{DateTime, Duration, FixedOffset, Offset, Utc};
use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};

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
    /// Marked problems.
    pub(crate) marks: Marks,
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
    /// The user's own commands, by name.
    pub(crate) commands: Vec<(String, String)>,
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
    /// Services of which the watchdog's question was answered.
    pub(crate) answered: BTreeSet<ServiceName>,
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
            marks: Marks::default(),
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
            commands: settings.commands.clone().into_iter().collect(),
            pending: BTreeMap::new(),
            usages: HashMap::new(),
            theme: settings.theme.clone(),
            themes,
            mouse: settings.mouse,
            touched: None,
            draft: None,
            away_seen: None,
            told_lossy: BTreeSet::new(),
            answered: BTreeSet::new(),
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
            Some(Popup::Mute(menu)) => menu.problems.first().copied(),
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
}
