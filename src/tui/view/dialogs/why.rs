//! Why something is a problem, of this category, in this group.

use super::{
    Scene,
    window::{Drawn, Window, row},
};
use crate::{
    model::{ErrorGroup, StatusKind, placeholders},
    tui::{
        snapshot::Values,
        theme::Role,
        view::{
            canvas::{Canvas, Words, template_words},
            text::{count, fit, thousands, wrap},
        },
    },
};
use ratatui::layout::Rect;

/// Columns of the labels.
const LABEL: usize = 11;
/// Values of a changing part that are shown.
const VALUES: usize = 4;
/// Messages of a group that are shown.
const PARTS: usize = 4;
/// Other names that are shown.
const ALIASES: usize = 6;

pub(super) fn draw(canvas: &mut Canvas<'_>, scene: &Scene<'_>, area: Rect) -> Drawn {
    let window =
        Window { title: "Why is this a problem?", keys: &[("esc", "close")], ..Window::default() };
    let columns = area.width.saturating_sub(4).min(96);
    let lines = scene.group.map_or_else(
        || vec![vec![(Role::Muted, "It is no longer in the list.".to_owned())]],
        |group| lines(scene, group, usize::from(columns).saturating_sub(4)),
    );
    let (outer, inner) = window.open(canvas, area, columns, lines.len() as u16 + 4);
    for (y, words) in lines.iter().enumerate() {
        row(canvas, inner, y as u16 + 1, words);
    }
    Drawn { area: outer, cursor: None }
}

/// What is said, in blocks: the judgement, the group, what stood in it, its other names.
fn lines(scene: &Scene<'_>, group: &ErrorGroup, columns: usize) -> Vec<Words> {
    let mut lines = Facts { lines: Vec::new(), columns };
    let severity = group.severity();
    lines.fact("problem", Role::Strong, &group.guidance.title);
    lines.fact("rule", Role::Fg, &format!("{} matched its first line", group.rule));
    lines.fact(
        "category",
        Role::Fg,
        &format!("{}, because the rule says so", group.category.title()),
    );
    let base = group.base_severity.as_str();
    match &group.escalation {
        Some(reason) => {
            let text = format!("{} instead of {base}: {reason}", severity.as_str());
            lines.fact("severity", Role::severity(severity), &text);
        }
        None => lines.fact("severity", Role::severity(severity), base),
    }
    lines.fact("state", Role::Fg, state_reason(group.status.kind()));
    let places: Vec<String> = group
        .services
        .iter()
        .take(6)
        .map(|s| format!("{} {}×", s.service, thousands(s.count)))
        .collect();
    lines.fact("seen in", Role::Fg, &places.join(", "));
    lines.gap();
    lines.grouped(group);
    lines.values(group);
    lines.gap();
    lines.names(scene, group);
    if !group.guidance.hint.is_empty() {
        lines.gap();
        lines.fact("hint", Role::Fg, &group.guidance.hint);
    }
    lines.lines
}

/// Labels on the left, what is said on the right.
struct Facts {
    lines: Vec<Words>,
    columns: usize,
}

impl Facts {
    fn gap(&mut self) {
        self.lines.push(Words::new());
    }

    fn fact(&mut self, label: &str, role: Role, text: &str) {
        let room = self.columns.saturating_sub(LABEL);
        for (at, part) in wrap(text, room, 4).into_iter().enumerate() {
            let label = if at == 0 { label } else { "" };
            self.line(label, vec![(role, part.to_owned())]);
        }
    }

    fn line(&mut self, label: &str, words: Words) {
        let mut line = vec![(Role::Muted, format!("{label:<LABEL$}"))];
        line.extend(words);
        self.lines.push(line);
    }

    /// Why its events are one problem.
    fn grouped(&mut self, group: &ErrorGroup) {
        let parts = &group.variety.parts;
        let events = thousands(group.count);
        let title = group.title();
        let is_exact = parts.len() < 2 && placeholders(&title).count() == 0;
        let what = match (parts.len(), is_exact) {
            (_, true) if group.count == 1 => "one event says this:".to_owned(),
            (_, true) => format!("{events} events say exactly this:"),
            (0 | 1, _) if group.count == 1 => "one event says this, with values:".to_owned(),
            (0 | 1, _) => format!("{events} events say this, with other values:"),
            (n, _) => {
                format!("{events} events of {n} messages that are one, by their words or by you:")
            }
        };
        self.fact("grouped", Role::Fg, &what);
        let said = if is_exact { &title } else { &group.template };
        for part in wrap(said, self.columns.saturating_sub(LABEL), 3) {
            self.line("", template_words(Role::Strong, part));
        }
        if parts.len() > 1 {
            for part in parts.iter().take(PARTS) {
                let room = self.columns.saturating_sub(LABEL + 8);
                let mut words = vec![(Role::Strong, format!("{:>5}× ", count(part.count)))];
                words.extend(template_words(Role::Fg, &fit(&part.template, room)));
                self.line("", words);
            }
            if parts.len() > PARTS {
                let more = format!("       and {} more", parts.len() - PARTS);
                self.line("", vec![(Role::Muted, more)]);
            }
            self.line(
                "",
                vec![(Role::Key, "S".to_owned()), (Role::Muted, " splits one off".to_owned())],
            );
        }
    }

    /// What stood in its changing parts.
    fn values(&mut self, group: &ErrorGroup) {
        for (at, values) in Values::of(group).iter().take(3).enumerate() {
            let label = if at == 0 { "values" } else { "" };
            let mut words = template_words(Role::Muted, &values.part);
            for (value, n) in values.top.iter().take(VALUES) {
                words.push((Role::Strong, format!("  {}×", thousands(*n))));
                words.push((Role::Fg, format!(" {value}")));
            }
            let rest = values.rest(VALUES);
            if rest > 0 {
                words.push((Role::Muted, format!("  {}× others", thousands(rest))));
            }
            self.line(label, words);
        }
    }

    /// By which names it is known.
    fn names(&mut self, scene: &Scene<'_>, group: &ErrorGroup) {
        let name = group.fingerprint.to_string();
        let why = "  of its message without values, the same everywhere";
        self.line("name", vec![(Role::Fg, name), (Role::Muted, why.to_owned())]);
        let aliases: Vec<String> =
            scene.aliases.iter().take(ALIASES).map(ToString::to_string).collect();
        if aliases.is_empty() {
            return;
        }
        let more = scene.aliases.len().saturating_sub(ALIASES);
        let tail = if more > 0 { format!(" and {more} more") } else { String::new() };
        self.fact("also", Role::Fg, &format!("{}{tail}", aliases.join(" ")));
    }
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
