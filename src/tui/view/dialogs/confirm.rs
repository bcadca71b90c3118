//! The question before acting: the target by name, how it is, the exact call, and who depends on it.

use super::{
    Scene,
    window::{Drawn, Window},
};
use crate::{
    model::{Container, Health, RunState, Service, ServiceName},
    tui::{
        popup::{Confirm, Verb},
        theme::Role,
        view::{
            canvas::{Canvas, Words},
            text::{age, width, wrap},
        },
    },
};
use chrono::{DateTime, Utc};
use ratatui::layout::Rect;

/// Services that are named one by one; the others are counted.
const NAMED: usize = 6;

pub(super) fn draw(
    canvas: &mut Canvas<'_>,
    scene: &Scene<'_>,
    popup: &Confirm,
    area: Rect,
) -> Drawn {
    let columns = area.width.saturating_sub(4).clamp(20, 66);
    let lines = lines(canvas, scene, popup, usize::from(columns).saturating_sub(4));
    let title = title(popup);
    let window = Window { title: &title, ..Window::default() };
    window.ask(canvas, area, columns, (&lines, &answers(popup)))
}

fn title(popup: &Confirm) -> String {
    match popup.targets().as_slice() {
        [one] => format!("{} {one}?", popup.verb.title()),
        all => format!("{} {} services?", popup.verb.title(), all.len()),
    }
}

fn answers(popup: &Confirm) -> Words {
    let verb = popup.verb.title();
    let mut words: Words = if popup.enter_accepts {
        vec![(Role::Button, format!(" ↵ {verb} "))]
    } else {
        vec![(Role::Key, "y".to_owned()), (Role::Muted, format!(" {verb}"))]
    };
    if !popup.dependants.is_empty() {
        let does = if popup.with_dependants { "without" } else { "with" };
        words.push((Role::Key, "   d".to_owned()));
        words.push((Role::Muted, format!(" {does} dependants")));
    }
    if popup.enter_accepts {
        words.push((Role::Key, "   esc".to_owned()));
        words.push((Role::Muted, " cancel".to_owned()));
    } else {
        words.push((Role::Muted, "   ".to_owned()));
        words.push((Role::Button, " ↵ Cancel ".to_owned()));
    }
    words
}

fn lines(canvas: &Canvas<'_>, scene: &Scene<'_>, popup: &Confirm, columns: usize) -> Vec<Words> {
    let targets = popup.targets();
    let find = |name: &ServiceName| scene.services.iter().find(|s| s.name == *name);
    let mut lines: Vec<Words> = Vec::new();
    let longest = targets.iter().take(NAMED).map(|name| width(name.as_str())).max().unwrap_or(0);
    for name in targets.iter().take(NAMED) {
        lines.push(target(canvas, scene, (name, longest), find(name)));
    }
    if targets.len() > NAMED {
        let more = targets.len() - NAMED;
        lines.push(vec![(Role::Muted, format!("and {more} more"))]);
    }
    lines.push(Words::new());
    lines.extend(calls(popup, &targets, scene.services, columns));
    if !popup.dependants.is_empty() {
        let names = names(&popup.dependants);
        let does = match (popup.dependants.len(), popup.with_dependants, popup.verb) {
            (1, false, _) => "depends on it; it stays as it is",
            (_, false, _) => "depend on it; they stay as they are",
            (1, true, Verb::Stop) => "depends on it and stops before it",
            (_, true, Verb::Stop) => "depend on it and stop before it",
            (1, true, _) => "depends on it and follows after it",
            (_, true, _) => "depend on it and follow after it",
        };
        let text = format!("{names} {does}");
        lines.extend(wrap(&text, columns, 3).into_iter().map(|part| {
            match part.strip_prefix(names.as_str()) {
                Some(rest) => vec![(Role::Warn, names.clone()), (Role::Muted, rest.to_owned())],
                None => vec![(Role::Muted, part.to_owned())],
            }
        }));
    }
    if let [one] = targets.as_slice()
        && let Some(service) = find(one)
    {
        lines.push(times(service, popup.verb, scene.now));
    }
    lines
}

/// `broken-shop / db   ● running 3m   unhealthy`.
fn target(
    canvas: &Canvas<'_>,
    scene: &Scene<'_>,
    (name, longest): (&ServiceName, usize),
    service: Option<&Service>,
) -> Words {
    let project = scene.capabilities.source.name.as_str();
    let mut words: Words = Vec::new();
    if !project.is_empty() {
        words.push((Role::Muted, format!("{project} / ")));
    }
    let space = " ".repeat(longest.saturating_sub(width(name.as_str())));
    words.push((Role::Strong, format!("{name}{space}")));
    let Some(service) = service else {
        words.push((Role::Muted, "   state unknown".to_owned()));
        return words;
    };
    let (state, health) = (service.state(), service.health());
    let role = match state {
        RunState::Running if health == Health::Unhealthy => Role::Warn,
        RunState::Running => Role::Ok,
        RunState::Exited(0) | RunState::Created => Role::Muted,
        _ => Role::Warn,
    };
    let since = since(service, state).map(|t| format!(" {}", age(t, scene.now)));
    let glyph = canvas.glyphs.service(state, health);
    let said = said(state);
    words.push((role, format!("   {glyph} {said}{}", since.unwrap_or_default())));
    if service.containers.len() > 1 {
        words.push((Role::Muted, format!(", {} replicas", service.containers.len())));
    }
    match health {
        Health::Unhealthy => words.push((Role::Err, "   unhealthy".to_owned())),
        Health::Starting => words.push((Role::Warn, "   not yet healthy".to_owned())),
        Health::Healthy => words.push((Role::Muted, "   healthy".to_owned())),
        Health::None => {}
    }
    words
}

fn since(service: &Service, state: RunState) -> Option<DateTime<Utc>> {
    let times = service.containers.iter().filter(|c| c.state == state);
    if state.is_up() {
        times.filter_map(|c| c.started_at).max()
    } else {
        times.filter_map(|c| c.finished_at).max()
    }
}

fn said(state: RunState) -> String {
    match state {
        RunState::Created => "never started".to_owned(),
        RunState::Running => "running".to_owned(),
        RunState::Paused => "paused".to_owned(),
        RunState::Restarting => "restarting".to_owned(),
        RunState::Exited(code) => format!("exited ({code})"),
        RunState::Removed => "removed".to_owned(),
        RunState::Unknown => "state unknown".to_owned(),
    }
}

/// The calls that are made, one container each, in this order.
fn calls(
    popup: &Confirm,
    targets: &[ServiceName],
    services: &[Service],
    columns: usize,
) -> Vec<Words> {
    let containers: Vec<&Container> = targets
        .iter()
        .filter_map(|name| services.iter().find(|s| s.name == *name))
        .flat_map(|service| &service.containers)
        .collect();
    let call = |container: &Container| match popup.verb {
        Verb::Start => format!("docker start {}", container.name),
        verb => {
            format!("docker {} -t {} {}", verb.as_str(), container.stop_timeout, container.name)
        }
    };
    if containers.is_empty() {
        return vec![vec![(Role::Warn, "no container of it is known".to_owned())]];
    }
    let shown = if containers.len() <= 4 { containers.len() } else { 3 };
    let mut lines: Vec<Words> = containers
        .iter()
        .take(shown)
        .enumerate()
        .map(|(at, container)| {
            let label = if at == 0 { "runs " } else { "then " };
            let call = crate::tui::view::text::fit(&call(container), columns.saturating_sub(5))
                .into_owned();
            vec![(Role::Muted, label.to_owned()), (Role::Fg, call)]
        })
        .collect();
    if containers.len() > shown {
        let more = containers.len() - shown;
        lines.push(vec![(Role::Muted, format!("     and the same for {more} more containers"))]);
    }
    lines
}

/// `stop timeout 10s · started 3m ago · restarted 7 times`.
fn times(service: &Service, verb: Verb, now: DateTime<Utc>) -> Words {
    let mut words = Words::new();
    let mut fact = |label: &str, value: String, tail: &str| {
        let space = if words.is_empty() { "" } else { " · " };
        words.push((Role::Muted, format!("{space}{label}")));
        words.push((Role::Fg, value));
        words.push((Role::Muted, tail.to_owned()));
    };
    if verb != Verb::Start
        && let Some(timeout) = service.containers.iter().map(|c| c.stop_timeout).max()
    {
        fact("stop timeout ", format!("{timeout}s"), "");
    }
    if let Some(time) = service.containers.iter().filter_map(|c| c.started_at).max() {
        fact("last start ", age(time, now), " ago");
    }
    let restarts = service.restarts();
    if restarts > 0 {
        fact("restarted by Docker ", format!("{restarts}×"), "");
    }
    words
}

/// `api, auth, worker`; the first five, then how many more.
fn names(services: &[ServiceName]) -> String {
    let mut names: Vec<String> = services.iter().take(5).map(ToString::to_string).collect();
    if services.len() > 5 {
        names.push(format!("{} more", services.len() - 5));
    }
    names.join(", ")
}
