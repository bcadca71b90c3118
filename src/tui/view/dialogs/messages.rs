//! All messages of this run, newest first.

use super::{
    Scene,
    toasts::look,
    window::{Drawn, Window},
};
use crate::tui::{
    theme::Role,
    view::{
        canvas::Canvas,
        text::{time_of_day, width, wrap},
    },
};
use ratatui::layout::Rect;

pub(super) fn draw(canvas: &mut Canvas<'_>, scene: &Scene<'_>, scroll: usize, area: Rect) -> Drawn {
    let toasts = &scene.state.toasts;
    let window = Window {
        title: "Messages",
        facts: vec![(Role::Muted, format!("{} in this run", toasts.len()))],
        keys: &[("↑↓", "scroll"), ("esc", "close")],
        ..Window::default()
    };
    let columns = area.width.saturating_sub(4).min(100);
    let rows =
        (toasts.len() as u16).saturating_add(6).clamp(8, area.height.saturating_sub(2).max(8));
    let (outer, inner) = window.open(canvas, area, columns, rows);
    if toasts.is_empty() {
        let text = "Nothing yet. What dogwatch does and what goes wrong is told here.";
        canvas.pen(inner, 1).put_cut(Role::Muted, text);
        return Drawn { area: outer, cursor: None };
    }
    let mut y = 0;
    for toast in toasts.iter().rev().skip(scroll.min(toasts.len() - 1)) {
        if y >= inner.height {
            break;
        }
        let time = time_of_day(toast.at, scene.now, scene.state.zone);
        let (role, glyph) = look(canvas.glyphs, toast.note.kind);
        let indent = width(&time) as u16 + 4;
        let room = usize::from(inner.width.saturating_sub(indent));
        for (at, part) in wrap(&toast.note.text, room, 4).into_iter().enumerate() {
            let mut pen = canvas.pen(inner, y);
            if at == 0 {
                pen.put(Role::Muted, &time).skip(1).put(role, glyph).put(Role::Fg, " ");
            }
            pen.goto(inner.x + indent).put(Role::Fg, part);
            y += 1;
        }
    }
    Drawn { area: outer, cursor: None }
}
