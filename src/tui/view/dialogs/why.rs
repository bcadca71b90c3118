//! Why something is a problem, of this category, in this group.

use super::{
    Scene,
    window::{Drawn, Window, row},
};
use crate::{
    model::{ErrorGroup, Slot, StatusKind},
    tui::{
        theme::Role,
        view::{
            canvas::{Canvas, Words},
            text::{thousands, wrap},
        },
    },
};
use ratatui::layout::Rect;

/// Values of a changing part that are shown.
const VALUES: usize = 4;

pub(super) fn draw(canvas: &mut Canvas<'_>, scene: &Scene<'_>, area: Rect) -> Drawn {
    let window =
        Window { title: "Why is this a problem?", keys: &[("esc", "close")], ..Window::default() };
    let columns = area.width.saturating_sub(4).min(84);
    let lines = scene.group.map_or_else(
        || vec![vec![(Role::Muted, "It is no longer in the list.".to_owned())]],
        |group| lines(group, usize::from(columns).saturating_sub(4)),
    );
    let (outer, inner) = window.open(canvas, area, columns, lines.len() as u16 + 4);
    for (y, words) in lines.iter().enumerate() {
        row(canvas, inner, y as u16 + 1, words);
    }
    Drawn { area: outer, cursor: None }
}

fn lines(group: &ErrorGroup, columns: usize) -> Vec<Words> {
    let mut lines = Vec::new();
    let mut fact = |label: &str, role: Role, text: &str| {
        for (at, part) in wrap(text, columns.saturating_sub(11), 4).into_iter().enumerate() {
            let label = if at == 0 { label } else { "" };
            lines.push(vec![(Role::Muted, format!("{label:<11}")), (role, part.to_owned())]);
        }
    };
    let severity = group.severity();
    fact("problem", Role::Strong, &group.guidance.title);
    fact("rule", Role::Fg, &format!("{} matched its first line", group.rule));
    fact("category", Role::Fg, &format!("{}, because the rule says so", group.category.title()));
    let base = group.base_severity.as_str();
    match &group.escalation {
        Some(reason) => {
            let text = format!("{} instead of {base}: {reason}", severity.as_str());
            fact("severity", Role::severity(severity), &text);
        }
        None => fact("severity", Role::severity(severity), base),
    }
    let state = group.status.kind();
    fact("state", Role::Fg, state_reason(state));
    fact("group", Role::Fg, &format!("{} events share this message:", thousands(group.count)));
    fact("", Role::Var, &group.template);
    let others = group.variety.parts.len();
    if others > 1 {
        let text = format!("{others} messages that differ in names only; oldest first:");
        fact("learnt", Role::Fg, &text);
        for part in group.variety.parts.iter().take(3) {
            let text = format!("{}× {}", thousands(part.count), part.template);
            fact("", Role::Muted, &text);
        }
    }
    for (_, slot) in group.variety.telling_slots().into_iter().take(2) {
        fact("values", Role::Fg, &values(slot));
    }
    fact("identity", Role::Muted, &format!("{} — the same on every machine", group.fingerprint));
    let places: Vec<String> = group
        .services
        .iter()
        .take(6)
        .map(|s| format!("{} {}×", s.service, thousands(s.count)))
        .collect();
    fact("seen in", Role::Fg, &places.join(", "));
    if !group.guidance.hint.is_empty() {
        fact("hint", Role::Fg, &group.guidance.hint);
    }
    lines
}

/// `SUPERUSER 409, replication 3, 12 others`.
fn values(slot: &Slot) -> String {
    let top = slot.top();
    let rest = top.iter().skip(VALUES).map(|(_, count)| count).sum::<u64>() + slot.others();
    let mut text: Vec<_> = top
        .iter()
        .take(VALUES)
        .map(|(value, count)| format!("{value} {}", thousands(*count)))
        .collect();
    if rest > 0 {
        text.push(format!("{} others", thousands(rest)));
    }
    text.join(", ")
}

const fn state_reason(state: StatusKind) -> &'static str {
    match state {
        StatusKind::New => "new: first seen less than a day ago, and not acknowledged",
        StatusKind::Ongoing => "ongoing: known, and still happening",
        StatusKind::Verifying => "verifying: marked fixed, quiet so far, not yet for long enough",
        StatusKind::Fixed => "fixed: marked fixed, and quiet since",
        StatusKind::Regressed => "regressed: marked fixed, and it came back",
        StatusKind::Muted => "muted: hidden by you until something happens",
    }
}
