//! Before problems become one, and before one becomes two.

use super::{
    menus::{Row, list},
    window::{Drawn, Window},
};
use crate::tui::{
    popup::{Merging, Splitting, Told},
    theme::Role,
    view::{
        canvas::{Canvas, Words},
        text::{count, fit},
    },
};
use ratatui::layout::Rect;

/// Problems that are named one by one; the others are counted.
const NAMED: usize = 8;

pub(super) fn merge(canvas: &mut Canvas<'_>, popup: &Merging, area: Rect) -> Drawn {
    let columns = area.width.saturating_sub(4).clamp(20, 84);
    let room = usize::from(columns).saturating_sub(18);
    let times = canvas.glyphs.times;
    let line = |label: &str, label_role, role, told: &Told| -> Words {
        vec![
            (label_role, format!("{label:<6}")),
            (Role::Strong, format!("{:>5}{times}  ", count(told.count))),
            (role, fit(&told.template, room).into_owned()),
        ]
    };
    let mut lines = vec![line("into", Role::Ok, Role::Strong, &popup.into), Words::new()];
    for (at, other) in popup.from.iter().take(NAMED).enumerate() {
        let label = if at == 0 { "merge" } else { "" };
        lines.push(line(label, Role::Accent, Role::Fg, other));
    }
    if popup.from.len() > NAMED {
        let more = popup.from.len() - NAMED;
        lines.push(vec![(Role::Muted, format!("{:14}and {more} more", ""))]);
    }
    lines.push(Words::new());
    let later = "What comes later is counted there too, also in later runs.";
    lines.push(vec![(Role::Muted, fit(later, usize::from(columns) - 4).into_owned())]);
    let all = popup.from.len() + 1;
    let title = format!("Make these {all} problems one?");
    let window = Window { title: &title, ..Window::default() };
    let answers = [
        (Role::Button, " ↵ Merge ".to_owned()),
        (Role::Key, "   esc".to_owned()),
        (Role::Muted, " cancel   ".to_owned()),
        (Role::Key, "u".to_owned()),
        (Role::Muted, " takes it back".to_owned()),
    ];
    window.ask(canvas, area, columns, (&lines, &answers))
}

pub(super) fn split(canvas: &mut Canvas<'_>, popup: &Splitting, area: Rect) -> Drawn {
    let room = usize::from(area.width).saturating_sub(22).min(90);
    let times = canvas.glyphs.times;
    let rows: Vec<Row> = popup
        .parts
        .iter()
        .map(|part| Row {
            words: vec![
                (Role::Strong, format!("{:>5}{times}  ", count(part.count))),
                (Role::Fg, fit(&part.template, room).into_owned()),
            ],
            note: String::new(),
        })
        .collect();
    let window = Window {
        title: "Split off which message?",
        facts: vec![(Role::Muted, format!("{} are one problem", rows.len()))],
        keys: &[("↵", "make it a problem of its own"), ("esc", "cancel")],
        ..Window::default()
    };
    list(canvas, &window, area, &rows, popup.at)
}
