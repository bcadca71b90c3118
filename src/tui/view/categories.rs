//! The categories: how many events of each, as bars.

use super::{
    canvas::{Canvas, Edge, Words},
    text::count,
};
use crate::tui::{
    message::Target,
    snapshot::Snapshot,
    state::{Pane, State},
    summary::CATEGORY_MINUTES,
    theme::Role,
};

/// Draws the pane.
pub(super) fn draw(canvas: &mut Canvas<'_>, state: &State, snapshot: &Snapshot) {
    let is_shared = super::detail::is_shared(state, snapshot);
    let window = vec![(Role::Muted, format!("events in {CATEGORY_MINUTES}m"))];
    let edge = Edge {
        pane: Pane::Categories,
        title: "Categories",
        has_focus: state.focus == Pane::Categories,
        left: Words::new(),
        right: if is_shared { super::detail::tabs(state) } else { window },
        bottom: vec![(Role::Key, "↵".to_owned()), (Role::Muted, " shows only this one".to_owned())],
    };
    let inner = canvas.pane(snapshot.layout.categories, &edge);
    if inner.is_empty() {
        return;
    }
    let rows = &state.summary.categories;
    if rows.is_empty() {
        canvas.pen(inner, 0).skip(1).put_cut(Role::Muted, "no open problem, so no category");
        return;
    }
    let top = rows.iter().map(|r| r.events).max().unwrap_or(0).max(1);
    let bar_room = inner.width.saturating_sub(1 + 15 + 5 + 1 + 1 + 8 + 2);
    for (at, row) in rows.iter().enumerate().take(usize::from(inner.height)) {
        let y = at as u16;
        let glyphs = canvas.glyphs;
        let is_selected = state.category == Some(row.category) && state.focus == Pane::Categories;
        let is_quiet = row.events == 0;
        let ink = Role::severity(row.worst);
        let mut pen = canvas.pen(inner, y);
        pen.put(Role::Accent, if is_selected { glyphs.cursor } else { " " });
        let (name, number) =
            if is_quiet { (Role::Muted, Role::Muted) } else { (Role::Fg, Role::Strong) };
        pen.left(name, row.category.slug(), 15);
        let events = if is_quiet { glyphs.zero.to_owned() } else { count(row.events) };
        pen.right(number, &events, 4).skip(1);
        let halves = (row.events as f64 / top as f64 * f64::from(bar_room) * 2.0).ceil() as usize;
        let [full, half] = glyphs.bars;
        let bar = full.repeat(halves / 2) + if halves % 2 == 1 { half } else { "" };
        pen.left(ink, &bar, bar_room).skip(2);
        let trend = row.trend.iter().map(|n| f64::from(*n));
        pen.spark(Role::Muted, glyphs, &glyphs.sparkline(trend), 8);
        if is_selected {
            canvas.select(inner, y);
        }
        canvas.hit_row(inner, y, Target::Category(row.category));
    }
}
