//! What can be done to several services, and the question before the whole project goes up or down.

use super::{
    Scene,
    menus::{Row, list},
    window::{Drawn, Window},
};
use crate::{
    model::{Service, ServiceName},
    tui::{
        popup::{Bulk, ProjectQuestion},
        theme::Role,
        view::{
            canvas::{Canvas, Words},
            text::{fit, many, width},
        },
    },
};
use ratatui::layout::Rect;

pub(super) fn bulk(canvas: &mut Canvas<'_>, scene: &Scene<'_>, at: usize, area: Rect) -> Drawn {
    let number = |is_wanted: fn(&Service) -> bool| {
        many(scene.services.iter().filter(|s| is_wanted(s)).count() as u64, "service")
    };
    let note = |bulk| match bulk {
        Bulk::RestartTroubled => number(Service::is_troubled),
        Bulk::RestartAll => number(|_| true),
        Bulk::StopAll => number(|s| s.state().is_up()),
        Bulk::StartAll => number(|s| !s.state().is_up()),
        Bulk::Up => "docker compose up -d".to_owned(),
        Bulk::Down => "docker compose down".to_owned(),
    };
    let rows: Vec<Row> = Bulk::ALL
        .into_iter()
        .enumerate()
        .map(|(at, bulk)| Row {
            words: vec![
                (Role::Key, format!("{} ", at + 1)),
                (Role::Fg, format!("{}    ", bulk.title())),
            ],
            note: note(bulk),
        })
        .collect();
    let window = Window {
        title: "Several services",
        facts: vec![(Role::Muted, "each asks first".to_owned())],
        keys: &[("↵", "go on"), ("1-6", "at once"), ("esc", "cancel")],
        ..Window::default()
    };
    list(canvas, &window, area, &rows, at)
}

pub(super) fn own(
    canvas: &mut Canvas<'_>,
    scene: &Scene<'_>,
    service: &ServiceName,
    at: usize,
    area: Rect,
) -> Drawn {
    let commands = &scene.state.commands;
    let longest = commands.iter().map(|(name, _)| width(name)).max().unwrap_or(0).min(24);
    let room = usize::from(area.width).saturating_sub(longest + 20);
    let rows: Vec<Row> = commands
        .iter()
        .enumerate()
        .map(|(at, (name, line))| {
            let name = fit(name, longest);
            let space = " ".repeat(longest.saturating_sub(width(&name)) + 2);
            Row {
                words: vec![
                    (Role::Key, if at < 9 { format!("{} ", at + 1) } else { "  ".to_owned() }),
                    (Role::Strong, format!("{name}{space}")),
                    (Role::Muted, fit(line, room).into_owned()),
                ],
                note: String::new(),
            }
        })
        .collect();
    let title = format!("Your commands for {service}");
    let window = Window {
        title: &title,
        keys: &[("↵", "run"), ("1-9", "at once"), ("esc", "cancel")],
        ..Window::default()
    };
    list(canvas, &window, area, &rows, at)
}

pub(super) fn project(
    canvas: &mut Canvas<'_>,
    scene: &Scene<'_>,
    popup: &ProjectQuestion,
    area: Rect,
) -> Drawn {
    let name = scene.capabilities.source.name.as_str();
    let columns = area.width.saturating_sub(4).clamp(20, 66);
    let room = usize::from(columns).saturating_sub(9);
    let (title, verb, call) = if popup.is_up {
        (format!("Bring {name} up?"), "Up", "up -d")
    } else {
        (format!("Take {name} down?"), "Down", "down")
    };
    let containers = many(popup.containers as u64, "container");
    let says = if popup.is_up {
        [
            format!("makes and starts what is missing; there are {containers}"),
            "containers whose settings changed are made anew".to_owned(),
        ]
    } else {
        [
            format!("stops and removes {containers} and the project's networks"),
            "volumes stay; what was written inside containers is lost".to_owned(),
        ]
    };
    let mut lines: Vec<Words> = vec![vec![
        (Role::Muted, "runs ".to_owned()),
        (Role::Fg, fit(&format!("docker compose -p {name} {call}"), room).into_owned()),
    ]];
    lines.push(vec![
        (Role::Muted, "in ".to_owned()),
        (Role::Fg, fit(&popup.files.folder, room).into_owned()),
    ]);
    lines.push(Words::new());
    let ink = if popup.is_up { Role::Muted } else { Role::Warn };
    lines.extend(says.map(|text| vec![(ink, text)]));
    let edge = (!popup.is_up).then_some(Role::Warn);
    let window = Window { title: &title, edge, ..Window::default() };
    let answers = [
        (Role::Key, "y".to_owned()),
        (Role::Muted, format!(" {verb}   ")),
        (Role::Button, " ↵ Cancel ".to_owned()),
    ];
    window.ask(canvas, area, columns, (&lines, &answers))
}
