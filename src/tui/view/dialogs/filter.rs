//! The filter line, at the foot of the screen: the problems and the log above it follow while it is typed.

use super::{
    field,
    window::{Drawn, Window},
};
use crate::tui::{
    completion,
    popup::FilterLine,
    theme::Role,
    view::{canvas::Canvas, text::width},
};
use ratatui::layout::Rect;

pub(super) fn draw(canvas: &mut Canvas<'_>, popup: &FilterLine, area: Rect) -> Drawn {
    let window = Window {
        title: "Filter",
        facts: vec![(Role::Muted, "problems and log follow while you type".to_owned())],
        keys: &[("⇥", "complete"), ("↵", "keep"), ("esc", "back")],
        edge: popup.error.is_some().then_some(Role::Err),
    };
    let height = 5.min(area.height);
    // The row of hints stays visible below it.
    let outer = Rect { y: area.bottom().saturating_sub(height + 1).max(area.y), height, ..area };
    let inner = window.open_at(canvas, outer);
    canvas.pen(inner, 0).put(Role::Accent, "f");
    let typed = Rect { x: inner.x + 2, width: inner.width.saturating_sub(2), ..inner };
    field::draw(canvas, typed, 0, &popup.input, true);
    if let Some(error) = &popup.error {
        canvas.pen(inner, 1).skip(2).put_cut(Role::Err, error);
    }
    completions(canvas, popup, inner, if popup.error.is_some() { 2 } else { 1 });
    if popup.error.is_none() {
        let rest = "text, /regex/ or \"words\"; a leading ! excludes";
        canvas.pen(inner, 2).skip(2).put_cut(Role::Muted, rest);
    }
    Drawn { area: outer, cursor: None }
}

fn completions(canvas: &mut Canvas<'_>, popup: &FilterLine, inner: Rect, y: u16) {
    let mut pen = canvas.pen(inner, y);
    pen.skip(2);
    // The chosen one must be seen: begin with it where those before it do not fit.
    let first = popup.completion.unwrap_or(0).saturating_sub(3);
    for (at, word) in popup.completions.iter().enumerate().skip(first) {
        if pen.room() < width(word) + 3 {
            pen.put(Role::Muted, "…");
            return;
        }
        let is_here = popup.completion == Some(at);
        if is_here {
            pen.put(Role::Button, &format!(" {word} ")).skip(1);
            continue;
        }
        pen.put(Role::Fg, &format!(" {word}"));
        let about = completion::KEYS.iter().find(|(key, _)| key == word).map(|(_, about)| *about);
        if let Some(about) = about.filter(|about| pen.room() > width(about) + 4) {
            pen.put(Role::Muted, &format!(" {about}"));
        }
        pen.skip(2);
    }
}
