//! Brings what the screen remembers in step with the store; cheap enough for every message.

use crate::{
    model::{ErrorGroup, LogRecord, Position, Query, RecordId, Stream},
    tui::{
        advice,
        filter::{Known, is_new_since},
        index::Index,
        layout::Shape,
        message::{Note, NoteKind},
        state::{Pane, State, World},
        summary::Summary,
    },
};
use chrono::{DateTime, Duration, Utc};
use std::sync::Arc;

/// How often the sums are made anew, with few problems and with many.
const SUMS: [Duration; 2] = [Duration::milliseconds(50), Duration::milliseconds(250)];
/// More problems than this are many.
const FEW: usize = 200;
/// How long an occurrence stays on the screen before a newer one takes its place.
const READING: Duration = Duration::seconds(3);
/// How long before a problem something may have caused it.
const SHORTLY: Duration = Duration::minutes(2);
/// Records that are looked at for it.
const BEFORE: usize = 2_000;
/// So long after the start what was written before is read.
const READ: Duration = Duration::seconds(2);
/// Who was away for less has missed nothing.
const PAUSE: Duration = Duration::minutes(1);
/// How often measures are remembered.
const MEASURES: Duration = Duration::seconds(2);
const MEASURES_KEPT: usize = 8;

/// Brings the state in step with the store; `is_users` where its user asked for something.
pub(crate) fn refresh(state: &mut State, world: &World<'_>, is_users: bool) {
    let now = world.now;
    state.started.get_or_insert(now);
    name_moments(state, world);
    let every = SUMS[usize::from(state.summary.all > FEW)];
    let is_due = state.summary.at.is_none_or(|at| now - at >= every || now < at);
    if is_due || is_users {
        state.summary = Summary::of(world.store, world.clock());
        state.summary.unvisited = world.record.last_visit.map_or(0, |visit| {
            let is_new = |g: &&ErrorGroup| g.status.is_open() && is_new_since(g, visit);
            world.store.groups().filter(is_new).count()
        });
        state.summary.at = Some(now);
        state.is_behind = false;
        let layout = state.layout(world.store.services().count());
        // The head of the columns takes a row.
        let head = usize::from(layout.shape > Shape::Tiny);
        state.inbox.height = layout.rows(Pane::Problems).saturating_sub(head).max(1);
        state.inbox.refresh(world.store, &state.filter, now, state.touched);
    }
    state.marks.keep_known(world.store);
    tell_losses(state, world);
    select_first(state, world);
    show_occurrence(state, world);
    measure(state, world);
    scan(state, world, if is_users { 2 } else { 8 });
    super::popup::follow_link(state, world.link);
    super::watchdog::follow(state, world);
}

/// Whether there is more to look at for a filter or a search right now.
pub(crate) fn is_scanning(state: &State) -> bool {
    let search = state.search.as_ref().and_then(|s| s.index.as_ref());
    [state.logs.index.as_ref(), search].into_iter().flatten().any(|i| !i.is_complete())
}

/// Looks at so many slices for the filter and the search; a key waits for few of them.
fn scan(state: &mut State, world: &World<'_>, slices: usize) {
    let query = state.filter.query();
    let is_rare = query.min_level.is_some() || !query.text.is_empty();
    if is_rare && state.logs.index.is_none() {
        state.logs.index = Some(Index::new(query));
    } else if !is_rare {
        state.logs.index = None;
    }
    let look = |index: &mut Index| {
        for _ in 0..slices {
            if !index.step(world.store) {
                break;
            }
        }
    };
    if let Some(index) = &mut state.logs.index {
        look(index);
    }
    if let Some(search) = &mut state.search {
        if search.index.is_none()
            && let Some(matcher) = &search.matcher
        {
            let query = Query { text: vec![matcher.clone()], ..Query::default() };
            search.index = Some(Index::new(query));
        }
        if let Some(index) = &mut search.index {
            look(index);
        }
    }
}

/// Finds the moments that the filter names, and says once what is new since the last visit.
fn name_moments(state: &mut State, world: &World<'_>) {
    let known = Known {
        store: world.store,
        selected: state.service.as_ref(),
        visit: world.record.last_visit,
        now: world.clock(),
        zone: state.zone,
    };
    state.filter.resolve(known);
    state.logs.since = state.filter.moment();
    let is_settled = state.started.is_some_and(|started| world.now - started >= READ);
    if let Some(visit) = world.record.last_visit
        && is_settled
        && !state.is_greeted
    {
        state.is_greeted = true;
        let count = state.summary.unvisited;
        if count > 0 && world.now - visit >= PAUSE {
            let noun = if count == 1 { "problem" } else { "problems" };
            let text = format!("{count} new {noun} since your last visit: L shows them");
            state.tell(Note::new(NoteKind::Info, text), None, world.now);
        }
    }
}

/// Puts among the messages, once, which services lose lines of their log.
fn tell_losses(state: &mut State, world: &World<'_>) {
    for service in world.store.services() {
        let Some(text) = service.containers.iter().find_map(|c| advice::loss(&c.log)) else {
            continue;
        };
        if state.told_lossy.insert(service.name.clone()) {
            let note = Note::new(NoteKind::Warning, format!("{}: {text}", service.name));
            state.note(note, world.now);
        }
    }
}

fn select_first(state: &mut State, world: &World<'_>) {
    let is_there = state.service.as_ref().is_some_and(|s| world.store.service(s).is_some());
    if !is_there {
        state.service = world.store.services().next().map(|s| s.name.clone());
    }
    let categories = &state.summary.categories;
    if !state.category.is_some_and(|c| categories.iter().any(|sum| sum.category == c)) {
        state.category = categories.first().map(|sum| sum.category);
    }
}

/// The newest occurrence is shown, but it changes no faster than it can be read, and not under the reader's eyes.
fn show_occurrence(state: &mut State, world: &World<'_>) {
    let Some(group) = state.problem().and_then(|f| world.store.group(f)) else {
        state.detail.shown = None;
        return;
    };
    let now = world.now;
    let kept = |position| group.samples.iter().any(|s| s.position == position);
    let shown = state.detail.shown.filter(|(f, ..)| *f == group.fingerprint);
    if shown.is_none() {
        state.detail.after = began_after(group, world);
        state.detail.scroll = 0;
        state.detail.chosen = None;
        state.detail.unfolded = false;
    }
    if let Some(chosen) = state.detail.chosen.filter(|c| kept(*c)) {
        state.detail.shown = Some((group.fingerprint, chosen, now));
        return;
    }
    let Some(newest) = group.newest().map(|s| s.position) else {
        state.detail.shown = None;
        return;
    };
    let is_reading = state.focus == Pane::Detail;
    let keeps = shown.is_some_and(|(_, position, since)| {
        kept(position) && (is_reading || now - since < READING || position == newest)
    });
    if !keeps {
        state.detail.shown = Some((group.fingerprint, newest, now));
    }
}

/// What happened to a container shortly before a problem began: `db restarted`.
fn began_after(group: &ErrorGroup, world: &World<'_>) -> Option<Arc<LogRecord>> {
    let first = Position { time: group.first_seen, id: RecordId(0) };
    let before = world.store.records_before(&Query::default(), Some(first), BEFORE);
    before
        .into_iter()
        .rev()
        .take_while(|r| group.first_seen - r.time <= SHORTLY)
        .find(|r| r.stream == Stream::System)
}

fn measure(state: &mut State, world: &World<'_>) {
    let now: DateTime<Utc> = world.now;
    if state.measured.is_some_and(|at| now - at < MEASURES && now >= at) {
        return;
    }
    state.measured = Some(now);
    for service in world.store.services() {
        if let Some(usage) = service.usage() {
            let cpu = &mut state.usages.entry(service.name.clone()).or_default().cpu;
            cpu.push_back(usage.cpu_percent);
            while cpu.len() > MEASURES_KEPT {
                cpu.pop_front();
            }
        } else {
            state.usages.remove(&service.name);
        }
    }
}
