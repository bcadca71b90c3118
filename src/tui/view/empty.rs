//! What the list of problems says when it has none: whether that is good, what was looked at, how to get more.

use super::{
    canvas::{Canvas, Words},
    text::{many, thousands, width},
};
use crate::{
    source::Link,
    tui::{snapshot::Snapshot, state::State, theme::Role},
};
use ratatui::layout::Rect;

/// So long what was written before is read; that there is no problem may not be believed yet.
const FIRST_SECONDS: i64 = 3;

/// Draws what there is to say instead of problems.
pub(super) fn draw(canvas: &mut Canvas<'_>, state: &State, snapshot: &Snapshot, area: Rect) {
    let lines = words(canvas, state, snapshot);
    let height = lines.len() as u16;
    let top = area.height.saturating_sub(height) / 2;
    for (at, line) in lines.iter().enumerate() {
        let length: usize = line.iter().map(|(_, t)| width(t)).sum();
        let left = usize::from(area.width).saturating_sub(length) / 2;
        let mut pen = canvas.pen(area, top + at as u16);
        pen.skip(left as u16);
        for (role, text) in line {
            pen.put(*role, text);
        }
    }
}

fn words(canvas: &Canvas<'_>, state: &State, snapshot: &Snapshot) -> Vec<Words> {
    let line = |role: Role, text: String| vec![(role, text)];
    let numbers = &snapshot.numbers;
    let services = snapshot.services.len() as u64;
    let read = format!(
        "{} read from {}, {} lost, {} loaded",
        many(numbers.lines, "line"),
        many(services, "service"),
        thousands(numbers.lost),
        many(numbers.rules as u64, "rule"),
    );
    if state.summary.all > 0 {
        let hidden = many(state.summary.all as u64, "problem");
        let key = |key: &str, text: &str| {
            vec![(Role::Key, key.to_owned()), (Role::Muted, text.to_owned())]
        };
        return vec![
            line(Role::Strong, "Nothing meets the filter".to_owned()),
            line(Role::Muted, format!("{hidden} hidden by it")),
            Words::new(),
            key("esc", " shows everything again"),
        ];
    }
    match &snapshot.link {
        Link::Connecting => vec![
            line(Role::Strong, "Connecting".to_owned()),
            line(Role::Muted, format!("to {}", snapshot.name)),
        ],
        Link::Away { reason, .. } => vec![
            line(Role::Err, "Not reachable".to_owned()),
            line(Role::Fg, reason.to_string()),
            line(Role::Muted, "dogwatch tries again by itself".to_owned()),
        ],
        Link::Live | Link::Ended if numbers.lines == 0 => vec![
            line(Role::Strong, "Nothing was logged yet".to_owned()),
            line(Role::Muted, format!("watching {}", many(services, "service"))),
        ],
        Link::Live | Link::Ended => {
            let watched = state.started.map_or(0, |s| (snapshot.now - s).num_seconds());
            if watched < FIRST_SECONDS && snapshot.link == Link::Live {
                return vec![
                    line(Role::Strong, "Reading the logs".to_owned()),
                    line(Role::Muted, read),
                ];
            }
            let good = canvas.glyphs.good;
            let title = match watched / 60 {
                minutes @ 1.. if snapshot.link == Link::Live => {
                    format!("{good} No problems in {}", many(minutes as u64, "minute"))
                }
                _ => format!("{good} No problems"),
            };
            vec![line(Role::Ok, title), Words::new(), line(Role::Muted, read)]
        }
    }
}
