//! Events of problems a minute, over the last hour, stacked by severity, under the list where it has room.

use super::{canvas::Canvas, text::count};
use crate::{
    model::{Severity, Trend},
    tui::{snapshot::Snapshot, state::State, theme::Role},
};
use ratatui::layout::Rect;

/// Draws it.
pub(super) fn draw(canvas: &mut Canvas<'_>, state: &State, snapshot: &Snapshot) {
    let area = snapshot.layout.histogram;
    if area.is_empty() {
        return;
    }
    // The first row stays empty, so that the rule stands apart from the list.
    let area = Rect { y: area.y + 1, height: area.height - 1, ..area };
    let glyphs = canvas.glyphs;
    let minutes = &state.summary.minutes;
    let each = ((usize::from(area.width) - 10) / Trend::MINUTES).clamp(1, 3);
    let totals: Vec<u32> = minutes.iter().map(|m| m[..3].iter().sum()).collect();
    let top = totals.iter().copied().max().unwrap_or(0).max(1);
    let mut pen = canvas.pen(area, 0);
    pen.skip(1).put(Role::Muted, "events of problems a minute, last hour").skip(1);
    let end = area.x + 8 + (Trend::MINUTES * each) as u16;
    while pen.x() < end {
        pen.put(Role::Border, glyphs.rule);
    }
    let bars = area.height - 2;
    for y in 0..bars {
        let from_bottom = bars - 1 - y;
        let label = match from_bottom {
            0 => "0".to_owned(),
            n if n == bars - 1 => count(u64::from(top)),
            _ => String::new(),
        };
        let mut pen = canvas.pen(area, y + 1);
        pen.skip(1).right(Role::Muted, &label, 5).skip(1).put(Role::Border, glyphs.bar);
        for (minute, total) in minutes.iter().zip(&totals) {
            let scale = f64::from(bars) / f64::from(top);
            let filled = f64::from(*total) * scale - f64::from(from_bottom);
            // The worst stands at the bottom; a cell has the ink of what reaches its middle.
            let middle = (f64::from(from_bottom) + filled.clamp(0.0, 1.0) / 2.0) / scale;
            let critical = f64::from(minute[0]);
            let ink = if middle < critical {
                Severity::Critical
            } else if middle < critical + f64::from(minute[1]) {
                Severity::Error
            } else {
                Severity::Warning
            };
            for _ in 0..each {
                pen.put(Role::severity(ink), glyphs.column(filled));
            }
        }
    }
    let mut pen = canvas.pen(area, area.height - 1);
    pen.skip(7);
    for minute in (0..Trend::MINUTES).step_by(15) {
        let back = chrono::Duration::minutes((Trend::MINUTES - 1 - minute) as i64);
        let time = (snapshot.now - back).with_timezone(&state.zone).format("%H:%M").to_string();
        pen.goto(area.x + 8 + (minute * each) as u16).put(Role::Muted, &time);
    }
    let now = snapshot.now.with_timezone(&state.zone).format("%H:%M").to_string();
    pen.goto(end.saturating_sub(5)).put(Role::Muted, &now);
}
