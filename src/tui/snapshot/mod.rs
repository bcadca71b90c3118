//! What one frame shows, read from the store under one short lock: only the visible rows, and sums.

mod detail;
mod lines;
mod problems;
mod services;

pub(crate) use detail::{Context, Detail, Facts, Values};
pub(crate) use lines::{Hits, LogLine, Logs, RecordSearch, Top};
pub(crate) use problems::{Problem, ProblemRow, Problems};
pub(crate) use services::ServiceRow;

use super::{
    layout::Layout,
    state::{Pane, State, World},
};
use crate::{
    model::{ErrorGroup, Fingerprint, SafeText, Scalings, Service, ServiceName, Watchdog},
    source::Link,
};
use chrono::{DateTime, Utc};
use std::{collections::HashMap, sync::Arc};

/// Numbers for the header and the empty screens.
#[derive(Debug, Clone, Default)]
pub(crate) struct Numbers {
    /// Lines of each of the last eight seconds, oldest first.
    pub(crate) rates: Vec<u32>,
    /// Lines a second, over the last four seconds.
    pub(crate) rate: f64,
    /// Lines read in this run.
    pub(crate) lines: u64,
    /// Lines that are known to be lost.
    pub(crate) lost: u64,
    /// Holes in the record.
    pub(crate) gaps: u64,
    /// Lines that are kept.
    pub(crate) kept: usize,
    /// Rules that look at each event.
    pub(crate) rules: usize,
}

/// What one frame shows.
#[derive(Debug)]
pub(crate) struct Snapshot {
    /// Where everything is.
    pub(crate) layout: Layout,
    /// The moment by which ages are told.
    pub(crate) now: DateTime<Utc>,
    /// What is watched.
    pub(crate) name: String,
    /// Whether it can be reached.
    pub(crate) link: Link,
    /// Why nothing is written to disk at the moment.
    pub(crate) paused: Option<SafeText>,
    /// When this project was last watched before this run.
    pub(crate) last_visit: Option<DateTime<Utc>>,
    /// Numbers for the header.
    pub(crate) numbers: Numbers,
    /// All services by name.
    pub(crate) services: Vec<ServiceRow>,
    /// The place of each service, for its ink.
    pub(crate) inks: HashMap<ServiceName, usize>,
    /// Columns of the longest service name, within limits.
    pub(crate) name_width: u16,
    /// The visible rows of the problems.
    pub(crate) problems: Problems,
    /// The selected problem, or what is around the selected hit.
    pub(crate) detail: Option<Detail>,
    /// The log.
    pub(crate) logs: Logs,
    /// The hits of a search.
    pub(crate) hits: Option<Hits>,
    /// The problem that a popup is about.
    pub(crate) group: Option<ErrorGroup>,
    /// The other names that mean that problem.
    pub(crate) aliases: Vec<Fingerprint>,
    /// How the watchdog sees every service.
    pub(crate) watchdog: Arc<Watchdog>,
    /// How the scaler sees those that it scales.
    pub(crate) scalings: Arc<Scalings>,
    /// Everything about the services, while a popup is open.
    pub(crate) all_services: Vec<Service>,
}

impl Snapshot {
    /// Reads what the screen shows now.
    pub(crate) fn take(state: &State, world: &World<'_>) -> Self {
        let now = world.clock();
        let store = world.store;
        let services = services::rows(state, world);
        let layout = state.layout(services.len());
        let inks = services.iter().enumerate().map(|(at, s)| (s.name.clone(), at)).collect();
        let limit = if layout.shape >= super::layout::Shape::Standard { 14 } else { 9 };
        let rates = store.totals().per_second(8, world.now);
        let last: u32 = rates.iter().rev().take(4).sum();
        let numbers = Numbers {
            rate: f64::from(last) / 4.0,
            rates,
            lines: store.totals().lines,
            lost: store.totals().lost,
            gaps: store.totals().gaps,
            kept: store.count(&crate::model::Query::default(), usize::MAX),
            rules: store.totals().rules,
        };
        let shows_problems = !layout.problems.is_empty();
        let shows_detail = !layout.detail.is_empty();
        let is_open = state.popup.is_some();
        let about = state.popup_group().filter(|_| is_open).and_then(|f| store.group(f)).cloned();
        let problems = if shows_problems && state.search.is_none() {
            problems::read(state, store, layout.rows(Pane::Problems))
        } else {
            Problems::default()
        };
        // At the start problems of earlier runs are known before their services are.
        let names = services.iter().map(|s| &s.name).chain(problems.services());
        let longest = names.map(|name| name.as_str().chars().count()).max().unwrap_or(0);
        Self {
            now,
            name: world.capabilities.source.name.to_string(),
            link: world.link.clone(),
            paused: world.record.paused.clone(),
            last_visit: world.record.last_visit,
            numbers,
            inks,
            name_width: longest.clamp(4, limit) as u16,
            problems,
            detail: if shows_detail {
                detail::read(state, world, layout.rows(Pane::Detail))
            } else {
                None
            },
            logs: lines::read(state, world, layout.rows(Pane::Logs)),
            hits: state
                .search
                .as_ref()
                .map(|search| lines::hits(search, world, layout.rows(Pane::Problems))),
            aliases: about.as_ref().map_or_else(Vec::new, |g| store.aliases(g.fingerprint)),
            group: about,
            watchdog: Arc::clone(world.watchdog),
            scalings: Arc::clone(world.scalings),
            all_services: if is_open { store.services().cloned().collect() } else { Vec::new() },
            services,
            layout,
        }
    }

    /// Whether a second makes a difference: rates fall, ages grow.
    pub(crate) fn is_moving(&self) -> bool {
        let minute = chrono::Duration::minutes(1);
        let is_young = |row: &ProblemRow| match row {
            ProblemRow::Problem(problem) => self.now - problem.last_seen < minute,
            ProblemRow::Heading(..) => false,
        };
        self.link != Link::Ended
            && (self.link != Link::Live
                || self.numbers.rates.iter().any(|n| *n > 0)
                || self.watchdog.is_moving()
                || self.problems.rows.iter().any(is_young))
    }

    /// The place of a service, for its ink.
    pub(crate) fn ink(&self, service: &ServiceName) -> usize {
        self.inks.get(service).copied().unwrap_or(0)
    }
}
