//! Moving: through problems, services, lines, hits and pages.

use super::ways;
use crate::{
    model::{LogRecord, Position, RecordId},
    tui::{
        inbox::Inbox,
        past::Past,
        reader::Reader,
        state::{Pane, State, World},
    },
};
use chrono::{DateTime, Utc};
use std::sync::Arc;

/// How many lines are looked at for the next one that belongs to a problem.
const LOOK: usize = 20_000;

/// Moves in the pane that has the keys.
pub(super) fn go(state: &mut State, rows: isize, world: &World<'_>) {
    match state.focus {
        Pane::Problems if state.search.is_some() => super::searches::step(state, rows, world),
        Pane::Problems => selected_problem(state, |inbox| inbox.move_by(rows)),
        Pane::Services => step_service(state, rows, world),
        Pane::Categories => step_category(state, rows),
        Pane::Detail => scroll_detail(state, rows),
        Pane::Logs => step_line(state, rows, true, world),
    }
}

/// The wheel over a pane: what it shows moves, whoever has the keys.
pub(super) fn scroll(state: &mut State, pane: Pane, rows: isize, world: &World<'_>) {
    match pane {
        Pane::Logs => step_line(state, rows, false, world),
        Pane::Detail => scroll_detail(state, rows),
        pane => {
            let focus = std::mem::replace(&mut state.focus, pane);
            go(state, rows.signum(), world);
            state.focus = focus;
        }
    }
}

/// So many pages, or halves of them.
pub(super) fn page(state: &mut State, halves: isize, world: &World<'_>) {
    let layout = state.layout(world.store.services().count());
    let rows = (layout.rows(state.focus).saturating_sub(1)).max(2) as isize;
    match state.focus {
        Pane::Logs => step_line(state, rows * halves / 2, false, world),
        _ => go(state, rows * halves / 2, world),
    }
}

/// To the first or the last row.
pub(super) fn end(state: &mut State, to_bottom: bool, world: &World<'_>) {
    let far = if to_bottom { isize::MAX / 4 } else { isize::MIN / 4 };
    match state.focus {
        Pane::Logs if to_bottom => follow(state),
        Pane::Logs => {
            if let Some(first) = Reader::of_log(state, world).top(state.logs.cursor) {
                pause(state, world);
                state.logs.cursor = Some(first);
                state.logs.row = 0;
            }
        }
        Pane::Problems if state.search.is_some() => {
            super::searches::end(state, to_bottom, world);
        }
        _ => go(state, far, world),
    }
}

/// Changes the selection of the problems; the detail begins anew.
pub(super) fn selected_problem(state: &mut State, change: impl FnOnce(&mut Inbox)) {
    let before = state.problem();
    change(&mut state.inbox);
    if state.problem() != before {
        state.detail.shown = None;
        state.detail.chosen = None;
        state.detail.scroll = 0;
    }
}

/// Follows the newest line.
pub(super) fn follow(state: &mut State) {
    state.logs.cursor = None;
    state.logs.anchor = None;
    state.logs.going = None;
    state.logs.past = Past::default();
}

/// Stays where it is: the newest line has the cursor.
pub(super) fn pause(state: &mut State, world: &World<'_>) {
    if !state.logs.is_following() {
        return;
    }
    let newest = Reader::of_log(state, world).before(None, 1);
    if let Some(newest) = newest.first() {
        state.logs.cursor = Some(newest.position());
        state.logs.row = log_rows(state, world).saturating_sub(1);
        state.logs.seen = state.lines_wanted(world.store);
    }
}

/// Moves the cursor of the log; with `moves_row` it wanders over the screen, else the lines do under it.
fn step_line(state: &mut State, rows: isize, moves_row: bool, world: &World<'_>) {
    if state.logs.is_following() && rows >= 0 {
        return;
    }
    pause(state, world);
    let Some(cursor) = state.logs.cursor else { return };
    state.logs.going = None;
    let reader = Reader::of_log(state, world);
    let next = reader.step(cursor, rows.clamp(-10_000, 10_000));
    match next {
        Some(position) => {
            state.logs.cursor = Some(position);
            if moves_row {
                let height = log_rows(state, world).max(1);
                state.logs.row = state.logs.row.saturating_add_signed(rows).min(height - 1);
            }
            settle_row(state, world);
        }
        // Down from the newest line goes on following; behind a window on the past the next page is on its way.
        None if rows > 0 => {
            if reader.seam().is_none_or(|seam| cursor >= seam) {
                follow(state);
            }
        }
        // What is said above the oldest line comes in sight.
        None => state.logs.row = usize::from(says_top(state, world)),
    }
}

/// Whether something is said above the oldest line: that older ones are on their way, or that there are none.
pub(crate) fn says_top(state: &State, world: &World<'_>) -> bool {
    let is_cut = Reader::of_log(state, world).floor().is_some();
    world.record.has_journal && (state.logs.past.is_loading() || !is_cut)
}

/// Remembers the row where the cursor really is, so that it stays there when older lines come.
fn settle_row(state: &mut State, world: &World<'_>) {
    let height = log_rows(state, world).max(1);
    let (cursor, row) = (state.logs.cursor, state.logs.row);
    let page = Reader::of_log(state, world).page(cursor, row, height, says_top(state, world));
    state.logs.row = page.row().unwrap_or(row).min(height - 1);
}

/// Goes to the first line at or after a moment; where memory does not have it, as soon as it is read.
pub(super) fn go_to_time(state: &mut State, time: DateTime<Utc>, world: &World<'_>) {
    ways::focus(state, Pane::Logs);
    state.logs.anchor = None;
    let place = Position { time, id: RecordId(0) };
    let reader = Reader::of_log(state, world);
    if reader.seam().is_some_and(|seam| place < seam) && !state.logs.past.covers(place) {
        pause(state, world);
        state.logs.past.restart(place);
        state.logs.going = Some(time);
        return;
    }
    state.logs.going = Some(time);
    arrive(state, world);
}

/// Puts the cursor where it was to go, now that the lines are there.
pub(super) fn arrive(state: &mut State, world: &World<'_>) {
    let Some(time) = state.logs.going.take() else { return };
    let first = Reader::of_log(state, world).after(Some(super::reads::before(time)), 1);
    match first.first().map(|r| r.position()) {
        Some(position) => {
            pause(state, world);
            state.logs.row = log_rows(state, world) / 2;
            state.logs.cursor = Some(position);
        }
        None => follow(state),
    }
}

pub(super) fn log_rows(state: &State, world: &World<'_>) -> usize {
    state.layout(world.store.services().count()).rows(Pane::Logs)
}

/// Goes to a line: in the hits where it was found by a search, else in the log.
pub(super) fn go_to_line(state: &mut State, position: Position, world: &World<'_>) {
    if state.focus != Pane::Logs
        && let Some(search) = &mut state.search
    {
        search.selected = Some(position);
        return;
    }
    if state.focus == Pane::Detail {
        return;
    }
    show_line(state, position, world);
}

/// Puts the cursor of the log on a line, in the middle of the pane where it was not in sight.
pub(super) fn show_line(state: &mut State, position: Position, world: &World<'_>) {
    let height = log_rows(state, world).max(1);
    pause(state, world);
    let page = Reader::of_log(state, world).page(
        state.logs.cursor,
        state.logs.row,
        height,
        says_top(state, world),
    );
    let row = page.records.iter().position(|r| r.position() == position);
    let row = row.map(|row| row + usize::from(page.has_top));
    state.logs.row = row.unwrap_or(height / 2);
    state.logs.cursor = Some(position);
}

/// The next line up or down that belongs to a problem.
pub(super) fn problem_line(state: &mut State, forward: bool, world: &World<'_>) {
    let reader = Reader::of_log(state, world);
    let mut at = state.logs.cursor;
    let signs = state.logs.past.signs();
    let is_hit = |record: &Arc<LogRecord>| {
        world.store.group_at(record).is_some() || signs.contains_key(&record.position())
    };
    let mut found = None;
    for _ in 0..LOOK / 1_000 {
        let records = if forward {
            let Some(from) = at else { break };
            reader.after(Some(from), 1_000)
        } else {
            reader.before(at, 1_000)
        };
        found = if forward {
            records.iter().find(|r| is_hit(r)).map(|r| r.position())
        } else {
            records.iter().rev().find(|r| is_hit(r)).map(|r| r.position())
        };
        let end = if forward { records.last() } else { records.first() };
        match (found, end) {
            (None, Some(end)) => at = Some(end.position()),
            _ => break,
        }
    }
    if let Some(position) = found {
        show_line(state, position, world);
    }
}

/// The next marked line, the first one after the last.
pub(super) fn next_mark(state: &mut State, world: &World<'_>) {
    let marks = &state.logs.marks;
    let next = state.logs.cursor.and_then(|c| marks.range(c..).find(|m| **m > c)).copied();
    if let Some(position) = next.or_else(|| marks.first().copied()) {
        show_line(state, position, world);
    }
}

fn step_service(state: &mut State, rows: isize, world: &World<'_>) {
    let names: Vec<_> = world.store.services().map(|s| &s.name).collect();
    let at = state.service.as_ref().and_then(|s| names.iter().position(|n| *n == s)).unwrap_or(0);
    let next = at.saturating_add_signed(rows).min(names.len().saturating_sub(1));
    state.service = names.get(next).map(|n| (*n).clone());
}

fn step_category(state: &mut State, rows: isize) {
    let all = &state.summary.categories;
    let at = all.iter().position(|c| Some(c.category) == state.category).unwrap_or(0);
    let next = at.saturating_add_signed(rows).min(all.len().saturating_sub(1));
    state.category = all.get(next).map(|c| c.category);
}

fn scroll_detail(state: &mut State, rows: isize) {
    let limit = 2 * state.detail.context as isize + 200;
    state.detail.scroll = state.detail.scroll.saturating_add(rows).clamp(-limit, limit);
}
