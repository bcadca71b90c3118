//! Lists to choose from: services to restart, how long to mute, themes.

use super::{
    Scene,
    window::{Drawn, Window, bar, offset},
};
use crate::{
    model::{Health, RunState},
    tui::{
        message::Target,
        popup::{MuteMenu, Pick, ThemeList},
        projects::Choice,
        theme::Role,
        view::{
            canvas::{Canvas, Words},
            text::{age, fit, width},
        },
    },
};
use ratatui::layout::Rect;

/// One row of a list.
pub(super) struct Row {
    pub(super) words: Words,
    /// At the right end.
    pub(super) note: String,
}

/// Draws a list into a window that is as high as it needs.
pub(super) fn list(
    canvas: &mut Canvas<'_>,
    window: &Window<'_>,
    area: Rect,
    rows: &[Row],
    at: usize,
) -> Drawn {
    let widest = rows
        .iter()
        .map(|row| row.words.iter().map(|(_, t)| width(t)).sum::<usize>() + width(&row.note) + 4)
        .max()
        .unwrap_or(0);
    let edges = window.keys.iter().map(|(k, d)| width(k) + width(d) + 3).sum::<usize>() + 4;
    let columns = widest.max(edges).max(width(window.title) + 8) as u16 + 6;
    let (outer, inner) = window.open(canvas, area, columns, rows.len() as u16 + 4);
    let body = Rect { y: inner.y + 1, height: inner.height.saturating_sub(2), ..inner };
    let first = offset(at, usize::from(body.height), rows.len());
    let mut cursor = None;
    for (y, (index, row)) in
        rows.iter().enumerate().skip(first).take(usize::from(body.height)).enumerate()
    {
        let y = y as u16;
        let is_here = index == at;
        let mark = if is_here { canvas.glyphs.cursor } else { " " };
        let mut pen = canvas.pen(body, y);
        pen.put(Role::Accent, mark).skip(1);
        for (role, text) in &row.words {
            pen.put_cut(*role, text);
        }
        let start = body.right().saturating_sub(width(&row.note) as u16);
        if pen.x() < start {
            pen.goto(start).put(Role::Muted, &row.note);
        }
        canvas.hit_row(body, y, Target::PopupRow(index));
        if is_here {
            // The bar reaches to the border on both sides.
            cursor = Some(bar(body, y));
        }
    }
    Drawn { area: outer, cursor }
}

pub(super) fn pick(canvas: &mut Canvas<'_>, scene: &Scene<'_>, popup: &Pick, area: Rect) -> Drawn {
    let rows: Vec<Row> = popup
        .rows
        .iter()
        .map(|(name, is_chosen)| {
            let service = scene.services.iter().find(|s| s.name == *name);
            let check = if *is_chosen { (Role::Key, "[x] ") } else { (Role::Muted, "[ ] ") };
            let mut words = vec![(check.0, check.1.to_owned())];
            let mut note = String::new();
            if let Some(service) = service {
                let role = if service.is_troubled() { Role::Warn } else { Role::Ok };
                let glyph = canvas.glyphs.service(service.state(), service.health());
                words.push((role, format!("{glyph} ")));
                let started = service.containers.iter().filter_map(|c| c.started_at).max();
                note = started.map_or_else(String::new, |t| format!("up {}", age(t, scene.now)));
                if service.restarts() > 0 {
                    note = format!("{}× restarted  {note}", service.restarts());
                }
            }
            words.push((if *is_chosen { Role::Strong } else { Role::Fg }, name.to_string()));
            Row { words, note }
        })
        .collect();
    let chosen = popup.chosen().len();
    let window = Window {
        title: "Restart which?",
        facts: vec![(Role::Muted, format!("{chosen} of {}", popup.rows.len()))],
        keys: &[
            ("space", "choose"),
            ("d", "dependants"),
            ("a", "all"),
            ("↵", "go on"),
            ("esc", "cancel"),
        ],
        ..Window::default()
    };
    list(canvas, &window, area, &rows, popup.at)
}

pub(super) fn mute(
    canvas: &mut Canvas<'_>,
    scene: &Scene<'_>,
    popup: &MuteMenu,
    area: Rect,
) -> Drawn {
    let notes = [
        "back when it becomes much more frequent",
        "back in an hour",
        "back tomorrow at this time",
        "back after 100 more events",
        "back only by hand",
    ];
    let rows: Vec<Row> = MuteMenu::ROWS
        .iter()
        .zip(notes)
        .enumerate()
        .map(|(at, (text, note))| Row {
            words: vec![(Role::Key, format!("{} ", at + 1)), (Role::Fg, format!("{text}   "))],
            note: note.to_owned(),
        })
        .collect();
    let (title, count) = match (popup.problems.as_slice(), scene.group) {
        ([_], Some(group)) => ("Mute this problem", format!("seen {}×", group.count)),
        ([_], None) => ("Mute this problem", String::new()),
        (several, _) => ("Mute the marked problems", several.len().to_string()),
    };
    let window = Window {
        title,
        facts: vec![(Role::Muted, count)],
        keys: &[("↵", "mute"), ("1-5", "at once"), ("esc", "cancel")],
        ..Window::default()
    };
    list(canvas, &window, area, &rows, popup.at)
}

/// The list stands at the right edge, so that the screen beside it shows the theme under the cursor.
pub(super) fn themes(canvas: &mut Canvas<'_>, popup: &ThemeList, area: Rect) -> Drawn {
    let rows: Vec<Row> = popup
        .names
        .iter()
        .map(|name| Row {
            words: vec![(Role::Fg, name.clone())],
            note: if *name == popup.before { "now".to_owned() } else { String::new() },
        })
        .collect();
    let window = Window {
        title: "Theme",
        facts: vec![(Role::Muted, format!("{} of {}", popup.at + 1, popup.names.len()))],
        keys: &[("↵", "keep"), ("esc", "back")],
        ..Window::default()
    };
    let columns = 34.min(area.width);
    let corner = Rect { x: area.right() - columns, width: columns, ..area };
    list(canvas, &window, corner, &rows, popup.at)
}

pub(super) fn projects(
    canvas: &mut Canvas<'_>,
    choices: &[Choice],
    at: usize,
    area: Rect,
) -> Drawn {
    let longest = choices.iter().map(|c| width(&c.name)).max().unwrap_or(0).min(32);
    let rows: Vec<Row> = choices
        .iter()
        .map(|choice| {
            let (role, glyph) = if choice.running == 0 {
                (Role::Muted, canvas.glyphs.service(RunState::Created, Health::None))
            } else if choice.running < choice.total {
                (Role::Warn, canvas.glyphs.service(RunState::Running, Health::Unhealthy))
            } else {
                (Role::Ok, canvas.glyphs.service(RunState::Running, Health::Healthy))
            };
            let name = fit(&choice.name, 32);
            let space = " ".repeat(longest.saturating_sub(width(&name)) + 2);
            Row {
                words: vec![
                    (role, format!("{glyph} ")),
                    (Role::Strong, format!("{name}{space}")),
                    (Role::Fg, format!("{}/{} up   ", choice.running, choice.total)),
                ],
                note: fit(&choice.place, 40).into_owned(),
            }
        })
        .collect();
    let window = Window {
        title: "Which project?",
        facts: vec![(Role::Muted, format!("{} of them", choices.len()))],
        keys: &[("↑↓", "choose"), ("↵", "watch it"), ("esc", "quit")],
        ..Window::default()
    };
    list(canvas, &window, area, &rows, at)
}
