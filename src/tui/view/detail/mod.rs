//! One problem: what it says, what happened around it in all services, where else, what to do.

mod advice;
mod context;

use super::{
    canvas::{Canvas, Edge, Words},
    header::badge,
    problems::{status_role, status_word},
    text::{count, long_span, thousands, time_of_day, wrap},
};
use crate::tui::{
    layout::Shape,
    snapshot::{Facts, Snapshot},
    state::{Pane, State},
    theme::Role,
};
use ratatui::layout::Rect;

/// Columns of the remedies where they stand on the right.
const SIDE: u16 = 60;

/// Draws the pane.
pub(super) fn draw(canvas: &mut Canvas<'_>, state: &State, snapshot: &Snapshot) {
    let area = snapshot.layout.detail;
    let edge = edge(canvas, state, snapshot);
    let inner = canvas.pane(area, &edge);
    if inner.is_empty() {
        return;
    }
    let Some(detail) = &snapshot.detail else {
        let words = if state.inbox.rows().is_empty() {
            "the worst problem and the lines around it will be shown here"
        } else {
            "a heading is selected; space folds and unfolds it"
        };
        canvas.pen(inner, inner.height / 2).skip(2).put_cut(Role::Muted, words);
        return;
    };
    let Some(facts) = &detail.facts else {
        context::draw(canvas, state, snapshot, detail, inner);
        return;
    };
    let has_side = inner.width >= 150;
    let (body, side) = if has_side {
        let body = Rect { width: inner.width - SIDE - 2, ..inner };
        (body, Rect { x: body.right() + 1, width: SIDE + 1, ..inner })
    } else {
        (inner, Rect::ZERO)
    };
    let top = head(canvas, state, snapshot, facts, body);
    let below = if has_side {
        advice::side(canvas, state, snapshot, facts, side);
        Vec::new()
    } else {
        // The lines around it matter more than the words below: at least four of them stay.
        let limit = usize::from((body.height / 4).clamp(1, 8));
        advice::footer(canvas, state, snapshot, facts, (usize::from(body.width), limit))
    };
    let room = body.height.saturating_sub(top);
    let below_height = (below.len() as u16).min(room.saturating_sub(4));
    let gap = u16::from(room > below_height + 5 && below_height > 0);
    let middle = Rect { y: body.y + top, height: room - below_height - gap, ..body };
    context::draw(canvas, state, snapshot, detail, middle);
    for (at, row) in below.iter().take(usize::from(below_height)).enumerate() {
        let y = body.height - below_height + at as u16;
        let mut pen = canvas.pen(body, y);
        pen.skip(1);
        for (role, text) in row {
            pen.put_cut(*role, text);
        }
    }
}

fn edge(canvas: &Canvas<'_>, state: &State, snapshot: &Snapshot) -> Edge<'static> {
    let dot = canvas.glyphs.dot;
    let mut left = Words::new();
    let mut right = Words::new();
    let facts = snapshot.detail.as_ref().and_then(|d| d.facts.as_ref());
    if let Some(facts) = facts {
        let (at, all) = facts.occurrence;
        if all > 1 {
            let newest = if at == 1 { "newest" } else { "" };
            let which = if at == 1 { newest.to_owned() } else { format!("{at} back") };
            right.push((Role::Key, "n N".to_owned()));
            right.push((Role::Muted, format!(" {which} of {all} kept {dot} ")));
        }
        right.push((Role::Key, "+ -".to_owned()));
        let lines = if state.detail.is_context_chosen {
            format!(" {} lines around", state.detail.context)
        } else {
            " lines around".to_owned()
        };
        right.push((Role::Muted, lines));
    } else if state.search.is_some() {
        left.push((Role::Muted, "around the hit ".to_owned()));
        right.push((Role::Muted, "all services by time".to_owned()));
    }
    let mut title = "Detail";
    if is_shared(state, snapshot) {
        right = tabs(state);
        if let Some(facts) = facts {
            title = "";
            left = badge_words(canvas, snapshot, facts);
        }
    }
    Edge {
        pane: Pane::Detail,
        title,
        has_focus: state.focus == Pane::Detail,
        left,
        right,
        bottom: Words::new(),
    }
}

/// The panes that share the lower half.
pub(super) fn tabs(state: &State) -> Words {
    let mut words = Words::new();
    for (pane, title) in [
        (Pane::Services, "Svc"),
        (Pane::Detail, "Detail"),
        (Pane::Logs, "Logs"),
        (Pane::Categories, "Cat"),
    ] {
        let is_shown = state.lower == pane;
        words.push((Role::Key, format!(" {} ", pane.number())));
        words.push((if is_shown { Role::Strong } else { Role::Muted }, title.to_owned()));
    }
    words
}

/// Whether the pane shares its place with others, and its rule holds what its first row holds elsewhere.
pub(super) fn is_shared(state: &State, snapshot: &Snapshot) -> bool {
    snapshot.layout.shape == Shape::Compact && !state.is_zoomed
}

/// Badge, state, what kind, where, how often.
fn badge_words(canvas: &Canvas<'_>, snapshot: &Snapshot, facts: &Facts) -> Words {
    let glyphs = canvas.glyphs;
    let is_wide = snapshot.layout.shape >= Shape::Standard;
    let dot = || (Role::Muted, format!(" {} ", glyphs.dot));
    let kind = facts.status.kind();
    let word = if is_wide { kind.as_str() } else { status_word(kind) };
    let mut words: Words = vec![
        (Role::badge(facts.severity), badge(facts.severity).to_owned()),
        (status_role(kind), format!(" {}{word}", glyphs.status(kind))),
        dot(),
        (
            Role::Strong,
            if is_wide { facts.category.title() } else { facts.category.slug() }.to_owned(),
        ),
    ];
    if let Some(main) = facts.services.first() {
        words.push(dot());
        words.push((Role::service(snapshot.ink(&main.service)), main.service.to_string()));
    }
    words.push(dot());
    let shown = if is_wide { thousands(facts.count) } else { count(facts.count) };
    words.push((Role::Strong, format!("{shown}{}", glyphs.times)));
    if facts.count > 1 {
        let length = facts.last_seen - facts.first_seen;
        let length = if is_wide { long_span(length) } else { super::text::span(length) };
        words.push((Role::Muted, format!(" in {length}")));
    }
    if !is_wide {
        words.push((Role::Muted, " ".to_owned()));
    }
    words
}

/// What it is, unless the rule above says so; then what it says. Returns its rows.
fn head(
    canvas: &mut Canvas<'_>,
    state: &State,
    snapshot: &Snapshot,
    facts: &Facts,
    area: Rect,
) -> u16 {
    let glyphs = canvas.glyphs;
    let mut top = 0;
    if !is_shared(state, snapshot) {
        top = 1;
        let words = badge_words(canvas, snapshot, facts);
        let mut pen = canvas.pen(area, 0);
        pen.skip(1);
        for (role, text) in &words {
            pen.put(*role, text);
        }
        let dot = format!(" {} ", glyphs.dot);
        if area.width >= 90 {
            let time = |t| time_of_day(t, snapshot.now, state.zone);
            pen.put(Role::Muted, &format!("{dot}first ")).put(Role::Fg, &time(facts.first_seen));
            pen.put(Role::Muted, " last ").put(Role::Fg, &time(facts.last_seen));
            let trend = facts.trend.last(16, snapshot.now);
            if trend.iter().any(|events| *events > 0) {
                let spark = glyphs.sparkline(trend.into_iter().map(f64::from));
                pen.put(Role::Muted, &dot);
                pen.spark(Role::severity(facts.severity), glyphs, &spark, 16);
            }
        }
        if let Some(issue) = &facts.issue {
            let is_open = if issue.is_open { "" } else { " closed" };
            pen.put(Role::Muted, &dot);
            pen.put(Role::Accent, &format!("#{}{is_open}", issue.number));
        }
    }
    // The message of the shown occurrence; where it is too long for one row, two rows.
    let rows = if area.height >= 10 { 2 } else { 1 };
    let columns = usize::from(area.width.saturating_sub(2));
    let message = super::text::calm(&facts.message).into_owned();
    let parts = wrap(&message, columns, rows);
    let shown: usize = parts.iter().map(|p| p.len()).sum();
    let is_cut = shown + parts.len() < message.len();
    for (at, part) in parts.iter().enumerate() {
        let mut pen = canvas.pen(area, top + at as u16);
        pen.skip(1);
        if is_cut && at + 1 == parts.len() {
            let from = message.find(part).unwrap_or(0);
            pen.put_cut(Role::Strong, &message[from..]);
        } else {
            pen.put(Role::Strong, part);
        }
    }
    let gap = u16::from(area.height >= 12);
    top + parts.len() as u16 + gap
}
