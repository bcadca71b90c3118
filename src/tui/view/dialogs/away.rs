//! That the source cannot be reached: which one, since when, why, and what to try.

use super::{
    Scene,
    window::{Drawn, Window, row},
};
use crate::{
    source::Link,
    tui::{
        theme::Role,
        view::{
            canvas::{Canvas, Words},
            text::{age, wrap},
        },
    },
};
use ratatui::layout::Rect;

pub(super) fn draw(canvas: &mut Canvas<'_>, scene: &Scene<'_>, area: Rect) -> Drawn {
    let (since, reason) = match scene.link {
        Link::Away { since, reason } => {
            (format!("for {}", age(*since, scene.now)), reason.as_str())
        }
        _ => (String::new(), "It is there again."),
    };
    let window = Window {
        title: "Docker went away",
        facts: vec![(Role::Err, since)],
        keys: &[("esc", "keep reading"), ("q", "quit")],
        edge: Some(Role::Err),
    };
    let columns = area.width.saturating_sub(4).min(70);
    let room = usize::from(columns).saturating_sub(4);
    let place = scene.capabilities.source.place.as_str();
    let mut lines: Vec<Words> = Vec::new();
    if !place.is_empty() {
        lines.push(vec![
            (Role::Fg, "Cannot reach ".to_owned()),
            (
                Role::Strong,
                crate::tui::view::text::fit(place, room.saturating_sub(13)).into_owned(),
            ),
        ]);
    }
    lines.extend(wrap(reason, room, 3).into_iter().map(|part| vec![(Role::Warn, part.to_owned())]));
    lines.push(Words::new());
    for (label, call, why) in [
        ("Try: ", "sudo systemctl start docker", ""),
        ("     ", "docker context ls", "  if your Engine is elsewhere"),
    ] {
        lines.push(vec![
            (Role::Muted, label.to_owned()),
            (Role::Accent, call.to_owned()),
            (Role::Muted, why.to_owned()),
        ]);
    }
    lines.push(Words::new());
    let kept = "Everything read so far is kept; following resumes by itself.";
    lines.extend(wrap(kept, room, 2).into_iter().map(|part| vec![(Role::Muted, part.to_owned())]));
    let (outer, inner) = window.open(canvas, area, columns, lines.len() as u16 + 4);
    for (y, words) in lines.iter().enumerate() {
        row(canvas, inner, y as u16 + 1, words);
    }
    Drawn { area: outer, cursor: None }
}
