//! Into a problem and through its occurrences; to the worst and the newest one.

use super::{moves::selected_problem, ways};
use crate::{
    model::ErrorGroup,
    tui::{
        layout::Shape,
        reader::Reader,
        state::{Pane, State, World},
    },
};

/// More or fewer lines around the occurrence than there are now.
pub(super) fn change_context(state: &mut State, by: isize, world: &World<'_>) {
    if !state.detail.is_context_chosen {
        // About half of what fills the pane stands on each side.
        let rows = state.layout(world.store.services().count()).rows(Pane::Detail);
        state.detail.context = state.detail.context.max(rows / 2);
        state.detail.is_context_chosen = true;
    }
    state.detail.context = state.detail.context.saturating_add_signed(by).min(200);
}

/// The next older or newer occurrence of the selected problem that is kept.
pub(super) fn occurrence(state: &mut State, older: bool, world: &World<'_>) {
    let Some(group) = state.problem().and_then(|f| world.store.group(f)) else { return };
    let Some((_, shown, _)) = state.detail.shown else { return };
    let positions = group.samples.iter().map(|s| s.position);
    let next = if older {
        positions.filter(|p| *p < shown).max()
    } else {
        positions.filter(|p| *p > shown).min()
    };
    if let Some(position) = next {
        let is_newest = group.newest().is_some_and(|s| s.position == position);
        state.detail.chosen = (!is_newest).then_some(position);
        state.detail.shown = Some((group.fingerprint, position, world.now));
        state.detail.scroll = 0;
    }
}

/// The problem full screen; a fold on a heading; the problem of a line.
pub(super) fn open(state: &mut State, world: &World<'_>) {
    match state.focus {
        Pane::Problems if state.inbox.selected_heading().is_some() => state.inbox.set_fold(None),
        Pane::Problems => {
            if state.problem().is_some() {
                ways::focus(state, Pane::Detail);
                state.is_zoomed = true;
            }
        }
        Pane::Detail if state.is_zoomed => {
            state.is_zoomed = false;
            state.focus = Pane::Problems;
        }
        Pane::Detail => state.is_zoomed = true,
        Pane::Logs => open_problem_of_line(state, world),
        Pane::Services | Pane::Categories => {}
    }
}

fn open_problem_of_line(state: &mut State, world: &World<'_>) {
    let Some(cursor) = state.logs.cursor else { return };
    let record = Reader::of_log(state, world).record(cursor);
    // Memory knows whose problem a line is; older ones were judged when they were read, or are occurrences.
    let sign = state.logs.past.signs().get(&cursor).map(|sign| sign.group);
    let has_it = |group: &&ErrorGroup| group.samples.iter().any(|s| s.position == cursor);
    let group = record
        .and_then(|r| world.store.group_at(&r))
        .or_else(|| sign.filter(|group| world.store.group(*group).is_some()))
        .or_else(|| world.store.groups().find(has_it).map(|g| g.fingerprint));
    let Some(fingerprint) = group else { return };
    selected_problem(state, |inbox| inbox.select(fingerprint));
    state.is_zoomed = false;
    let is_narrow = state.layout(world.store.services().count()).shape <= Shape::Compact;
    state.focus = Pane::Problems;
    if is_narrow {
        state.lower = Pane::Detail;
    }
}

/// The worst or the newest problem.
pub(super) fn extreme(state: &mut State, newest: bool, world: &World<'_>) {
    let shown = world.store.groups().filter(|g| g.status.is_open() && state.filter.wants_group(g));
    let found = if newest {
        shown.max_by_key(|g| (g.last_seen, g.fingerprint))
    } else {
        shown.max_by_key(|g| {
            (g.severity(), std::cmp::Reverse(g.status.kind()), (g.rate(world.now) * 1000.0) as u64)
        })
    };
    if let Some(fingerprint) = found.map(|g| g.fingerprint) {
        selected_problem(state, |inbox| inbox.select(fingerprint));
        if state.focus != Pane::Detail {
            state.focus = Pane::Problems;
        }
    }
}
