//! The lines by time around an occurrence or a hit.

use super::super::{
    canvas::Canvas,
    log_line::{LineStyle, body, log_line, message, prefix, text_role},
    text::{calm, time_of_day, wrap},
};
use crate::tui::{
    message::Target,
    snapshot::{Context, Detail, LogLine, Snapshot},
    state::{Missing, State},
    theme::Role,
};
use ratatui::layout::Rect;
use std::sync::Arc;

/// Rows that one wrapped line takes at most.
const MAX_ROWS: usize = 40;

/// One row: its place among the lines, which part of a wrapped line it is, and that part.
struct Row {
    place: usize,
    part: usize,
    text: Option<String>,
}

/// Draws the lines, the occurrence in sight.
pub(super) fn draw(
    canvas: &mut Canvas<'_>,
    state: &State,
    snapshot: &Snapshot,
    detail: &Detail,
    area: Rect,
) {
    let height = usize::from(area.height);
    if height == 0 {
        return;
    }
    let style = LineStyle::detail(snapshot);
    let columns = area.width.saturating_sub(style.text_column(snapshot));
    let rows = rows(state, detail, usize::from(columns));
    // An occurrence of one line stands in the middle, a longer one above it; what was scrolled is added.
    let own = detail.lines.iter().filter(|l| matches!(l, Context::Line(_, true, _))).count();
    let above = if own > 1 { (height - 1) * 2 / 5 } else { (height - 1) / 2 };
    let at = rows.iter().position(|r| r.place == detail.at).unwrap_or(0);
    let last = rows.len().saturating_sub(height);
    let auto = at.saturating_sub(above);
    let first = auto.min(last).saturating_add_signed(state.detail.scroll).min(last);
    for (y, row) in rows.iter().skip(first).take(height).enumerate() {
        let y = y as u16;
        match &detail.lines[row.place] {
            Context::Line(record, is_own, severity) => {
                let line = LogLine {
                    record: Arc::clone(record),
                    severity: *severity,
                    is_marked: false,
                    is_selected: false,
                };
                if *is_own {
                    let own = detail.facts.as_ref().map(|f| Role::severity(f.severity));
                    canvas.pen(area, y).put(own.unwrap_or(Role::Accent), ">");
                }
                match &row.text {
                    None => log_line(canvas, state, snapshot, &line, area, y, &style),
                    Some(text) if row.part == 0 => {
                        let matcher = state.search.as_ref().and_then(|s| s.matcher.as_ref());
                        let mut pen = prefix(canvas, state, snapshot, &line, area, y, &style);
                        message(&mut pen, text_role(&line), text, matcher);
                    }
                    Some(text) => {
                        let column = style.text_column(snapshot);
                        canvas.pen(area, y).skip(column).put(text_role(&line), text);
                    }
                }
                if row.place == detail.at {
                    canvas.select(area, y);
                }
                canvas.hit_row(area, y, Target::Line(record.position()));
            }
            Context::Kept(text) => {
                canvas.pen(area, y).put(Role::Crit, ">").put_cut(Role::Fg, text);
            }
            Context::Folded(lines) => {
                let more = format!("… {lines} more lines of the trace, t unfolds");
                let column = style.text_column(snapshot);
                canvas.pen(area, y).skip(column).put_cut(Role::Muted, &more);
            }
        }
    }
    if let Some(missing) = detail.missing.as_ref().filter(|_| rows.len() < height) {
        let note = match missing {
            Missing::Loading => format!("loading the lines around it {}", canvas.glyphs.more),
            Missing::Gone => "the lines around it are no longer kept".to_owned(),
            Missing::Unrecorded => "the lines around it are not on record".to_owned(),
            Missing::Before(begin) => {
                let begin = time_of_day(*begin, snapshot.now, state.zone);
                format!("the lines around it are no longer kept: the record begins at {begin}")
            }
            Missing::Fault(fault) => fault.to_string(),
        };
        canvas.pen(area, rows.len() as u16).skip(1).put_cut(Role::Muted, &note);
    }
}

fn rows(state: &State, detail: &Detail, columns: usize) -> Vec<Row> {
    let mut rows = Vec::with_capacity(detail.lines.len());
    for (place, context) in detail.lines.iter().enumerate() {
        match context {
            Context::Line(record, ..) if state.detail.wrap && !record.stream.is_ours() => {
                let body = body(record, false);
                let body = calm(&body);
                for (part, text) in wrap(&body, columns, MAX_ROWS).into_iter().enumerate() {
                    rows.push(Row { place, part, text: Some(text.to_owned()) });
                }
            }
            _ => rows.push(Row { place, part: 0, text: None }),
        }
    }
    rows
}
