//! The list of problems: its order, headings and selection, all by identity.
//!
//! The order is held while keys are pressed and settles afterwards, so that nothing moves under the cursor.

pub(crate) use super::heading::{Heading, Row};
use super::{
    filter::Filter,
    heading::{heading_of, is_same},
    settings::{GroupBy, Settings, Sort},
};
use crate::{
    model::{Category, ErrorGroup, Fingerprint},
    store::Store,
};
use chrono::{DateTime, Duration, Utc};
use std::{
    cmp::Reverse,
    collections::{HashMap, HashSet},
};

/// The list of problems.
#[derive(Debug, Clone)]
pub(crate) struct Inbox {
    /// How it is ordered.
    pub(crate) sort: Sort,
    /// Which headings it has.
    pub(crate) group_by: GroupBy,
    /// First visible row.
    pub(crate) offset: usize,
    /// Rows of the pane, as last laid out.
    pub(crate) height: usize,
    rows: Vec<Row>,
    order: Vec<(Heading, Fingerprint)>,
    folded: HashSet<Heading>,
    selected: Option<Row>,
    /// Whether the user has chosen; until then the first problem is selected.
    is_chosen: bool,
    settled: Option<DateTime<Utc>>,
    is_held: bool,
}

/// How long after the last key the order may change.
const HOLD: Duration = Duration::milliseconds(1500);
/// How often the order settles at most.
const SETTLE: Duration = Duration::milliseconds(500);

impl Inbox {
    /// An empty list.
    pub(crate) fn new(settings: &Settings) -> Self {
        Self {
            sort: settings.sort,
            group_by: settings.group_by,
            offset: 0,
            height: 10,
            rows: Vec::new(),
            order: Vec::new(),
            folded: HashSet::from([Heading::Closed]),
            selected: None,
            is_chosen: false,
            settled: None,
            is_held: false,
        }
    }

    /// All rows in order, folded ones left out.
    pub(crate) fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// How many problems there are, those under folded headings too.
    pub(crate) fn len(&self) -> usize {
        self.order.len()
    }

    /// The selected problem; `None` on a heading or in an empty list.
    pub(crate) fn selected(&self) -> Option<Fingerprint> {
        match self.selected {
            Some(Row::Problem(fingerprint)) => Some(fingerprint),
            _ => None,
        }
    }

    /// The heading under the cursor.
    pub(crate) fn selected_heading(&self) -> Option<&Heading> {
        match &self.selected {
            Some(Row::Heading(heading, _)) => Some(heading),
            _ => None,
        }
    }

    /// Index of the selected row.
    pub(crate) fn at(&self) -> Option<usize> {
        let selected = self.selected.as_ref()?;
        self.rows.iter().position(|row| is_same(row, selected))
    }

    /// Whether a better order waits for the keys to rest.
    pub(crate) fn is_held(&self) -> bool {
        self.is_held
    }

    /// Whether the problems under a heading are hidden.
    pub(crate) fn is_folded(&self, heading: &Heading) -> bool {
        self.folded.contains(heading)
    }

    /// Whether there are headings in a pane of this height.
    pub(crate) fn grouping(&self) -> GroupBy {
        match self.group_by {
            GroupBy::Auto if self.height >= 10 => GroupBy::Severity,
            GroupBy::Auto => GroupBy::None,
            chosen => chosen,
        }
    }

    /// Selects a problem that is in the list, unfolding its heading.
    pub(crate) fn select(&mut self, fingerprint: Fingerprint) {
        self.is_chosen = true;
        if let Some((heading, _)) = self.order.iter().find(|(_, f)| *f == fingerprint) {
            let heading = heading.clone();
            if self.folded.remove(&heading) {
                self.lay_out();
            }
            self.selected = Some(Row::Problem(fingerprint));
            self.scroll_into_view();
        }
    }

    /// Selects a row by its number, the nearest one where there is none.
    pub(crate) fn select_row(&mut self, at: usize) {
        self.is_chosen = true;
        if let Some(row) = self.rows.get(at.min(self.rows.len().saturating_sub(1))) {
            self.selected = Some(row.clone());
            self.scroll_into_view();
        }
    }

    /// Moves the cursor by so many rows.
    pub(crate) fn move_by(&mut self, rows: isize) {
        let at = self.at().unwrap_or(0);
        self.select_row(at.saturating_add_signed(rows));
    }

    /// Folds or unfolds the heading under the cursor, or that of the problem under it.
    pub(crate) fn set_fold(&mut self, fold: Option<bool>) {
        let heading = match &self.selected {
            Some(Row::Heading(heading, _)) => Some(heading.clone()),
            Some(Row::Problem(fingerprint)) => {
                self.order.iter().find(|(_, f)| f == fingerprint).map(|(h, _)| h.clone())
            }
            None => None,
        };
        let Some(heading) = heading.filter(|h| self.has_heading(h)) else { return };
        self.is_chosen = true;
        let is_folded = self.folded.contains(&heading);
        let fold = fold.unwrap_or(!is_folded);
        if fold {
            self.folded.insert(heading.clone());
        } else {
            self.folded.remove(&heading);
        }
        self.lay_out();
        if fold
            && let Some(at) =
                self.rows.iter().position(|r| matches!(r, Row::Heading(h, _) if *h == heading))
        {
            self.select_row(at);
        }
    }

    /// Whether any key is chosen since the start; the first problem is selected until then.
    pub(crate) fn choose(&mut self) {
        self.is_chosen = true;
    }

    /// Makes the next refresh sort at once: the user asked for another order.
    pub(crate) fn unsettle(&mut self) {
        self.settled = None;
    }

    /// Reads the store: new order where it may change, else the old one without what is gone.
    pub(crate) fn refresh(
        &mut self,
        store: &Store,
        filter: &Filter,
        now: DateTime<Utc>,
        touched: Option<DateTime<Utc>>,
    ) {
        let is_busy = touched.is_some_and(|t| now - t < HOLD && now >= t);
        let is_recent = self.settled.is_some_and(|s| now - s < SETTLE && now >= s);
        let fresh = self.sorted(store, filter, now);
        if self.settled.is_some() && (is_busy || (is_recent && self.is_chosen)) {
            self.keep_order(&fresh);
            self.is_held = is_busy && self.order.iter().ne(fresh.iter());
        } else {
            self.order = fresh;
            self.settled = Some(now);
            self.is_held = false;
        }
        let screen_row = self.at().map(|at| at.saturating_sub(self.offset));
        let before = self.at();
        self.lay_out();
        self.keep_selection(before, screen_row);
    }

    fn sorted(
        &self,
        store: &Store,
        filter: &Filter,
        now: DateTime<Utc>,
    ) -> Vec<(Heading, Fingerprint)> {
        let grouping = self.grouping();
        let mut groups: Vec<&ErrorGroup> =
            store.groups().filter(|g| filter.wants_group(g)).collect();
        let mut rates: HashMap<Fingerprint, u64> = HashMap::new();
        if self.sort == Sort::Severity {
            rates.extend(groups.iter().map(|g| (g.fingerprint, (g.rate(now) * 1000.0) as u64)));
        }
        groups.sort_by_cached_key(|group| {
            let (severity, kind) = (Reverse(group.severity()), group.status.kind());
            // What names its cause stands before what only says that something failed.
            let is_general = matches!(group.category, Category::Other | Category::Health);
            let rate = Reverse(rates.get(&group.fingerprint).copied().unwrap_or(0));
            let last = Reverse(group.last_seen);
            let key = match self.sort {
                Sort::Severity => (Some((severity, kind, is_general, rate)), None, Reverse(0)),
                Sort::Newest => (None, Some(last), Reverse(0)),
                Sort::Count => (None, None, Reverse(group.count)),
            };
            (heading_of(group, grouping), key, last, group.fingerprint)
        });
        groups.into_iter().map(|g| (heading_of(g, grouping), g.fingerprint)).collect()
    }

    /// The old order, without what is gone, with what is new at the end of its heading.
    fn keep_order(&mut self, fresh: &[(Heading, Fingerprint)]) {
        let known: HashMap<Fingerprint, &Heading> = fresh.iter().map(|(h, f)| (*f, h)).collect();
        self.order.retain(|(_, f)| known.contains_key(f));
        let had: HashSet<Fingerprint> = self.order.iter().map(|(_, f)| *f).collect();
        for (heading, fingerprint) in fresh.iter().filter(|(_, f)| !had.contains(f)) {
            let at = self.order.iter().rposition(|(h, _)| h <= heading).map_or(0, |at| at + 1);
            self.order.insert(at, (heading.clone(), *fingerprint));
        }
    }

    fn has_heading(&self, heading: &Heading) -> bool {
        *heading == Heading::Closed || !matches!(self.grouping(), GroupBy::None | GroupBy::Auto)
    }

    fn lay_out(&mut self) {
        self.rows.clear();
        let mut rest = &self.order[..];
        while let Some((heading, _)) = rest.first() {
            let count = rest.iter().take_while(|(h, _)| h == heading).count();
            let (here, after) = rest.split_at(count);
            if self.has_heading(heading) {
                self.rows.push(Row::Heading(heading.clone(), count));
            }
            if !self.has_heading(heading) || !self.folded.contains(heading) {
                self.rows.extend(here.iter().map(|(_, f)| Row::Problem(*f)));
            }
            rest = after;
        }
    }

    /// Keeps the selected row where it is on the screen; picks a neighbour where it is gone.
    fn keep_selection(&mut self, before: Option<usize>, screen_row: Option<usize>) {
        if !self.is_chosen || self.selected.is_none() {
            self.selected = self.rows.iter().find(|r| matches!(r, Row::Problem(_))).cloned();
            self.selected = self.selected.take().or_else(|| self.rows.first().cloned());
            self.offset = 0;
        } else if self.at().is_none() {
            let at = before.unwrap_or(0).min(self.rows.len().saturating_sub(1));
            let near = self.rows[at.min(self.rows.len())..]
                .iter()
                .chain(self.rows[..at.min(self.rows.len())].iter().rev());
            let problem = near.clone().find(|r| matches!(r, Row::Problem(_)));
            self.selected = problem.or(self.rows.get(at)).cloned();
        } else if let (Some(at), Some(row)) = (self.at(), screen_row) {
            // The worst stay in sight where they were; else the row keeps its place on the screen.
            if self.offset > 0 || at >= self.height {
                self.offset = at.saturating_sub(row);
            }
        }
        self.scroll_into_view();
    }

    fn scroll_into_view(&mut self) {
        let height = self.height.max(1);
        if let Some(at) = self.at() {
            // The heading above the first problem stays in sight with it.
            let top = if at == 1 { 0 } else { at };
            self.offset = self
                .offset
                .clamp((at + 1).saturating_sub(height), top.max((at + 1).saturating_sub(height)));
        }
        self.offset = self.offset.min(self.rows.len().saturating_sub(height));
    }
}
