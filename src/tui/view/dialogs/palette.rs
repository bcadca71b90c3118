//! The palette: what was typed, and what was found, with the found letters marked and the key that does the same.

use super::{
    Scene, field,
    window::{Drawn, Window, bar, offset},
};
use crate::tui::{
    keymap::Scope,
    message::Target,
    palette::{Does, Entry, Hit, Palette},
    theme::Role,
    view::canvas::{Canvas, Pen},
};
use ratatui::layout::Rect;
use unicode_segmentation::UnicodeSegmentation;

pub(super) fn draw(
    canvas: &mut Canvas<'_>,
    scene: &Scene<'_>,
    popup: &Palette,
    area: Rect,
) -> Drawn {
    let window = Window {
        title: "Commands",
        facts: vec![(Role::Muted, format!("{} of {}", popup.hits().len(), popup.len()))],
        keys: &[("↵", "run"), ("⇥", "complete"), ("↑↓", "choose"), ("esc", "close")],
        ..Window::default()
    };
    let columns = area.width.saturating_sub(4).min(90);
    let rows = (area.height.saturating_sub(2)).min(20);
    let (outer, inner) = window.open(canvas, area, columns, rows);
    canvas.pen(inner, 0).put(Role::Accent, ":");
    let typed = Rect { x: inner.x + 2, width: inner.width.saturating_sub(2), ..inner };
    field::draw(canvas, typed, 0, popup.input(), true);
    let body = Rect { y: inner.y + 2, height: inner.height.saturating_sub(2), ..inner };
    if popup.hits().is_empty() {
        canvas
            .pen(body, 0)
            .skip(2)
            .put(Role::Muted, "nothing is called that; ⌫ takes a letter back");
        return Drawn { area: outer, cursor: None };
    }
    let height = usize::from(body.height);
    let first = offset(popup.at, height, popup.hits().len());
    let mut cursor = None;
    for (y, (index, hit)) in popup.hits().iter().enumerate().skip(first).take(height).enumerate() {
        let y = y as u16;
        let Some(entry) = popup.entry(hit) else { continue };
        let is_here = index == popup.at;
        line(canvas, scene, body, y, (entry, hit), is_here);
        canvas.hit_row(body, y, Target::PopupRow(index));
        if is_here {
            cursor = Some(bar(body, y));
        }
    }
    Drawn { area: outer, cursor }
}

fn line(
    canvas: &mut Canvas<'_>,
    scene: &Scene<'_>,
    body: Rect,
    y: u16,
    (entry, hit): (&Entry, &Hit),
    is_here: bool,
) {
    let glyphs = *canvas.glyphs;
    let key = match &entry.does {
        Does::Act(action) => scene
            .keymap
            .key(Scope::of(scene.state.focus), *action)
            .map_or_else(String::new, |key| key.to_string()),
        _ => String::new(),
    };
    // Words, note and key each have their column; where there is no room, the note gives way.
    let (key_width, wide) = (7, body.width >= 56);
    let note_width = if wide { (body.width / 3).min(26) } else { 0 };
    let text_width = body.width.saturating_sub(2 + key_width + note_width);
    let row = Rect { width: (1 + text_width).min(body.width), ..body };
    let mut pen = canvas.pen(row, y);
    pen.put(Role::Accent, if is_here { glyphs.cursor } else { " " }).skip(1);
    if let Some(severity) = entry.severity {
        pen.severity(&glyphs, severity).skip(1);
    }
    words(&mut pen, &entry.text, &hit.indices);
    let mut pen = canvas.pen(body, y);
    pen.goto(body.x + 2 + text_width);
    pen.left(Role::Muted, &entry.note, note_width.saturating_sub(1));
    pen.goto(body.right().saturating_sub(key_width)).right(Role::Key, &key, key_width);
}

/// The text with the found characters marked; the numbers count characters as the matcher does.
fn words(pen: &mut Pen<'_>, text: &str, found: &[u32]) {
    // The matcher takes one character of a cluster; so do we.
    for (at, cluster) in text.graphemes(true).enumerate() {
        if pen.room() <= 1 && at + 1 < text.len() {
            pen.put(Role::Muted, "…");
            return;
        }
        let is_found = found.binary_search(&(at as u32)).is_ok();
        pen.put(if is_found { Role::Key } else { Role::Fg }, cluster);
    }
}
