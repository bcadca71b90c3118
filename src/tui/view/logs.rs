//! The merged log of all services by time.

use super::{
    canvas::{Canvas, Edge, Words},
    log_line::{LineStyle, body, log_line, message, prefix, text_role},
    text::{count, long_span, thousands, time_of_day, wrap},
};
use crate::{
    source::Link,
    tui::{
        layout::Shape,
        message::Target,
        snapshot::{LogLine, Snapshot, Top},
        state::{Pane, State},
        theme::Role,
    },
};
use ratatui::layout::Rect;

/// Draws the pane.
pub(super) fn draw(canvas: &mut Canvas<'_>, state: &State, snapshot: &Snapshot) {
    let edge = edge(canvas, state, snapshot);
    let inner = canvas.pane(snapshot.layout.logs, &edge);
    if inner.is_empty() {
        return;
    }
    if snapshot.logs.lines.is_empty() {
        if let Some(Top::Fault(fault)) = &snapshot.logs.top {
            canvas.pen(inner, inner.height / 2).skip(2).put_cut(Role::Warn, fault);
            return;
        }
        let words = match &snapshot.link {
            _ if snapshot.logs.top == Some(Top::Loading) => "looking for older lines",
            _ if snapshot.logs.is_scanning => "looking for lines that meet the filter",
            _ if state.logs.cleared.is_some() => "nothing new yet; esc shows all lines again",
            _ if !state.filter.query().is_all() => "no line meets the filter",
            Link::Connecting => "connecting",
            _ => "no lines yet",
        };
        canvas.pen(inner, inner.height / 2).skip(2).put_cut(Role::Muted, words);
        return;
    }
    let inner = top(canvas, state, snapshot, inner);
    if state.logs.wrap {
        wrapped(canvas, state, snapshot, inner);
        return;
    }
    let lines = &snapshot.logs.lines;
    let first = lines.len().saturating_sub(usize::from(inner.height));
    for (row, line) in lines.iter().skip(first).enumerate() {
        let is_cursor = snapshot.logs.cursor == Some(first + row);
        self::row(canvas, state, snapshot, line, inner, row as u16, is_cursor);
    }
}

/// Says above the oldest line whether there is more; what is left of the pane.
fn top(canvas: &mut Canvas<'_>, state: &State, snapshot: &Snapshot, inner: Rect) -> Rect {
    let Some(top) = snapshot.logs.top.as_ref().filter(|_| inner.height > 1) else { return inner };
    let (ink, text) = match top {
        Top::Loading => (Role::Muted, format!("loading older lines {}", canvas.glyphs.more)),
        Top::Begins(time) => {
            let at = time_of_day(*time, snapshot.now, state.zone);
            let ago = long_span(snapshot.now - *time);
            (Role::Muted, format!("the record begins here, {at} ({ago} ago)"))
        }
        Top::Fault(fault) => (Role::Warn, fault.to_string()),
    };
    let rule = canvas.glyphs.rule;
    let mut pen = canvas.pen(inner, 0);
    pen.skip(1).put(Role::Border, rule).put(Role::Border, rule).skip(1);
    pen.put_cut(ink, &text).skip(1);
    while pen.room() > 1 {
        pen.put(Role::Border, rule);
    }
    Rect { y: inner.y + 1, height: inner.height - 1, ..inner }
}

fn row(
    canvas: &mut Canvas<'_>,
    state: &State,
    snapshot: &Snapshot,
    line: &LogLine,
    inner: Rect,
    y: u16,
    is_cursor: bool,
) {
    gutter(canvas, line, inner, y, is_cursor);
    log_line(canvas, state, snapshot, line, inner, y, &LineStyle::log(state, snapshot));
    finish(canvas, state, line, inner, y, is_cursor);
}

fn gutter(canvas: &mut Canvas<'_>, line: &LogLine, inner: Rect, y: u16, is_cursor: bool) {
    let glyphs = canvas.glyphs;
    let glyph = match (is_cursor, line.is_marked) {
        (true, _) => glyphs.cursor,
        (false, true) => glyphs.mark,
        (false, false) => " ",
    };
    canvas.pen(inner, y).put(Role::Accent, glyph);
}

fn finish(
    canvas: &mut Canvas<'_>,
    state: &State,
    line: &LogLine,
    inner: Rect,
    y: u16,
    is_cursor: bool,
) {
    if (is_cursor && state.focus == Pane::Logs) || line.is_selected {
        canvas.select(inner, y);
    }
    canvas.hit_row(inner, y, Target::Line(line.record.position()));
}

/// Long lines over several rows; the cursor's line stays in sight, the newest ones without a cursor.
fn wrapped(canvas: &mut Canvas<'_>, state: &State, snapshot: &Snapshot, inner: Rect) {
    let style = LineStyle::log(state, snapshot);
    let column = style.text_column(snapshot);
    let columns = usize::from(inner.width.saturating_sub(column)).max(1);
    let height = usize::from(inner.height);
    let lines = &snapshot.logs.lines;
    let rows_of = |line: &LogLine| -> Vec<String> {
        if line.record.stream.is_ours() {
            return vec![String::new()];
        }
        let text = super::text::calm(&body(&line.record, state.logs.raw_json)).into_owned();
        wrap(&text, columns, height).into_iter().map(str::to_owned).collect()
    };
    let rows: Vec<Vec<String>> = lines.iter().map(rows_of).collect();
    let last = snapshot
        .logs
        .cursor
        .map_or(lines.len(), |c| (c + 1).max(lines.len().min(state.logs.row + 1)));
    let last = last.min(lines.len());
    let mut used = 0;
    let mut first = last;
    while first > 0 && used + rows[first - 1].len() <= height {
        first -= 1;
        used += rows[first].len();
    }
    let mut y = 0_usize;
    for (at, line) in lines.iter().enumerate().skip(first) {
        let is_cursor = snapshot.logs.cursor == Some(at);
        for (part, text) in rows[at].iter().enumerate() {
            if y >= height {
                return;
            }
            let row = y as u16;
            if line.record.stream.is_ours() {
                log_line(canvas, state, snapshot, line, inner, row, &style);
            } else if part == 0 {
                let matcher = state.search.as_ref().and_then(|s| s.matcher.as_ref());
                let mut pen = prefix(canvas, state, snapshot, line, inner, row, &style);
                message(&mut pen, text_role(line), text, matcher);
            } else {
                canvas.pen(inner, row).skip(column).put(text_role(line), text);
            }
            if part == 0 {
                gutter(canvas, line, inner, row, is_cursor);
            }
            finish(canvas, state, line, inner, row, is_cursor);
            y += 1;
        }
    }
}

fn edge(canvas: &Canvas<'_>, state: &State, snapshot: &Snapshot) -> Edge<'static> {
    let dot = format!(" {} ", canvas.glyphs.dot);
    let logs = &snapshot.logs;
    let mut right = Words::new();
    let numbers = &snapshot.numbers;
    let is_wide = snapshot.layout.shape >= Shape::Standard;
    if snapshot.layout.shape == Shape::Compact && state.lower == Pane::Logs && !state.is_zoomed {
        right = super::detail::tabs(state);
        right.push((Role::Muted, dot.clone()));
    }
    if is_wide {
        let kept = count(numbers.kept as u64);
        right.push((Role::Muted, format!("{kept} lines kept{dot}")));
    }
    if logs.is_scanning {
        let word = state.logs.going.map_or_else(
            || "looking".to_owned(),
            |time| format!("going to {}", time_of_day(time, snapshot.now, state.zone)),
        );
        right.push((Role::Muted, format!("{word}{dot}")));
    }
    if state.logs.is_following() {
        let word = if snapshot.link == Link::Ended { "at the end" } else { "following" };
        right.push((Role::Ok, format!("{} {word}", canvas.glyphs.open)));
    } else {
        right.push((Role::Warn, "paused".to_owned()));
        if logs.unseen > 0 {
            right.push((Role::Muted, dot));
            right.push((Role::Warn, format!("{} new", thousands(logs.unseen as u64))));
        }
    }
    let mut left = Words::new();
    let chip = |text: String| [(Role::Button, format!(" {text} ")), (Role::Muted, " ".to_owned())];
    if !snapshot.layout.is_tail {
        for text in state.filter.chips() {
            left.extend(chip(text));
        }
        if let Some(level) = state.filter.minimum_level {
            left.extend(chip(format!("{} and worse", level.as_str())));
        }
        if state.logs.cleared.is_some() {
            left.extend(chip("only new".to_owned()));
        }
        if state.logs.anchor.is_some() {
            left.extend(chip("selecting".to_owned()));
        }
        if state.logs.column > 0 {
            left.push((Role::Muted, format!("from column {} ", state.logs.column)));
        }
    }
    Edge {
        pane: Pane::Logs,
        title: "Logs",
        has_focus: state.focus == Pane::Logs,
        left,
        right,
        bottom: Words::new(),
    }
}
