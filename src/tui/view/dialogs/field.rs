//! A line that is being typed, with its cursor.

use crate::tui::{
    line::Line,
    theme::Role,
    view::{canvas::Canvas, text},
};
use ratatui::{layout::Rect, style::Modifier};

/// Draws the line into one row; scrolls sideways so that the cursor, where it has one, is seen.
pub(super) fn draw(canvas: &mut Canvas<'_>, area: Rect, y: u16, line: &Line, has_cursor: bool) {
    if y >= area.height || area.width == 0 {
        return;
    }
    let (before, after) = line.parts();
    let room = usize::from(area.width) - 1;
    let used = text::width(before);
    let hidden = if has_cursor { used.saturating_sub(room) } else { 0 };
    let mut pen = canvas.pen(area, y);
    pen.put(Role::Strong, text::skip(before, hidden));
    let x = pen.x();
    pen.put(Role::Strong, after);
    if has_cursor && let Some(cell) = canvas.buffer.cell_mut((x, area.y + y)) {
        cell.modifier.insert(Modifier::REVERSED);
    }
}
