//! The services: state, restarts, processor, memory, errors a second.

use super::{
    canvas::{Canvas, Edge, Words},
    text::{bytes, rate, wrap},
    watch,
};
use crate::{
    model::{Health, RunState},
    source::Link,
    tui::{
        layout::Shape,
        message::Target,
        snapshot::{ServiceRow, Snapshot},
        state::{Pane, State},
        theme::Role,
    },
};
use ratatui::layout::Rect;

/// Draws the pane.
pub(super) fn draw(canvas: &mut Canvas<'_>, state: &State, snapshot: &Snapshot) {
    let area = snapshot.layout.services;
    let services = &snapshot.services;
    let up = services.iter().filter(|s| s.state.is_up()).count();
    let all = services.len();
    let is_known = services.iter().any(|s| s.state != RunState::Unknown);
    let mut right = Words::new();
    if is_known {
        let role = if up == all { Role::Ok } else { Role::Muted };
        right.push((role, format!("{up}/{all} up")));
    } else if all > 0 {
        right.push((Role::Muted, format!("{all}")));
    }
    let cpu: f32 = services.iter().filter_map(|s| s.cpu).sum();
    let memory: u64 = services.iter().filter_map(|s| s.memory).sum();
    if area.width >= 50 && memory > 0 {
        right.push((Role::Muted, format!("  cpu {cpu:.0}%  mem {}", bytes(memory))));
    }
    let only = state.filter.only_service().is_some();
    let bottom = if only {
        vec![(Role::Key, "a".to_owned()), (Role::Muted, " show all".to_owned())]
    } else {
        watch::summary(&snapshot.watchdog, snapshot.now)
    };
    if super::detail::is_shared(state, snapshot) {
        right = super::detail::tabs(state);
    }
    let edge = Edge {
        pane: Pane::Services,
        title: "Services",
        has_focus: state.focus == Pane::Services,
        left: Words::new(),
        right,
        bottom,
    };
    let inner = canvas.pane(area, &edge);
    if inner.is_empty() {
        return;
    }
    if services.is_empty() {
        let words = if snapshot.link == Link::Connecting {
            "looking for services"
        } else {
            "no services yet"
        };
        canvas.pen(inner, 0).skip(1).put(Role::Muted, words);
        return;
    }
    let name = snapshot.name_width.max(7);
    let columns = Columns::of(inner, name, is_known, snapshot.layout.shape);
    columns.head(canvas, inner);
    let height = usize::from(inner.height.saturating_sub(1));
    let at = state.service.as_ref().and_then(|n| services.iter().position(|s| s.name == *n));
    let first = at.map_or(0, |at| (at + 1).saturating_sub(height));
    for (row, service) in services.iter().enumerate().skip(first).take(height) {
        let y = (row - first) as u16 + 1;
        let is_selected = at == Some(row) && state.focus == Pane::Services;
        columns.row(canvas, inner, y, snapshot, service, is_selected);
        canvas.hit_row(inner, y, Target::Service(service.name.clone()));
    }
    let selected = at.and_then(|at| services.get(at));
    advise(canvas, (state, snapshot), inner, selected, services.len());
    let hidden = services.len().saturating_sub(first + height);
    if hidden > 0 && height > 1 {
        let rest = &services[first + height - 1..];
        let y = inner.height - 1;
        let is_bad = rest.iter().any(|s| s.is_troubled);
        let role = if is_bad { Role::Warn } else { Role::Muted };
        let row = Rect { y: inner.y + y, height: 1, ..inner };
        canvas.buffer.set_style(row, canvas.theme.style(Role::Bg));
        for x in row.left()..row.right() {
            canvas.buffer[(x, row.y)].set_symbol(" ");
        }
        let word = if is_bad { "more, some in trouble" } else { "more, all well" };
        canvas.pen(inner, y).skip(1).put(role, &format!("+{} {word}", rest.len()));
    }
}

/// What is wrong with the log of the selected service, or what the watchdog says of it, in the rows that are free
/// below all of them.
fn advise(
    canvas: &mut Canvas<'_>,
    (state, snapshot): (&State, &Snapshot),
    inner: Rect,
    service: Option<&ServiceRow>,
    count: usize,
) {
    let Some(service) = service.filter(|_| state.focus == Pane::Services) else { return };
    let watched = service.guard.as_ref().and_then(|guard| watch::why(guard, snapshot.now));
    let scaled = service.scaling.as_ref().map(watch::scale);
    let log = service.unreadable.as_ref().or(service.lossy.as_ref()).map(ToString::to_string);
    let told: Vec<_> = watched.or(log).into_iter().chain(scaled).collect();
    if told.is_empty() {
        return;
    }
    let text = told.join("; ");
    let free = usize::from(inner.height).saturating_sub(count + 1);
    let columns = usize::from(inner.width.saturating_sub(4));
    let text = format!("{}: {text}", service.name);
    let rows = wrap(&text, columns, free);
    for (at, row) in rows.iter().enumerate().take(free) {
        let y = inner.height - rows.len().min(free) as u16 + at as u16;
        let mut pen = canvas.pen(inner, y);
        pen.put(Role::Warn, if at == 0 { " ! " } else { "   " }).put(Role::Muted, row);
    }
}

/// The ink of a service's state.
pub(super) fn state_role(service: &ServiceRow, link: &Link) -> Role {
    if matches!(link, Link::Away { .. }) {
        return Role::Muted;
    }
    match (service.state, service.health) {
        (RunState::Running, Health::Unhealthy) => Role::Err,
        (RunState::Running, Health::Starting) | (RunState::Paused | RunState::Restarting, _) => {
            Role::Warn
        }
        (RunState::Running, _) => Role::Ok,
        (RunState::Exited(code), _) if code != 0 => Role::Err,
        _ => Role::Muted,
    }
}

/// The state in at most nine letters.
fn state_word(service: &ServiceRow) -> String {
    match (service.state, service.health) {
        (RunState::Running, Health::Healthy) => "healthy".to_owned(),
        (RunState::Running, Health::Unhealthy) => "unhealthy".to_owned(),
        (RunState::Running, Health::Starting) => "starting".to_owned(),
        (RunState::Running, Health::None) => "running".to_owned(),
        (RunState::Paused, _) => "paused".to_owned(),
        (RunState::Restarting, _) => "restarts".to_owned(),
        (RunState::Exited(0), _) => "done".to_owned(),
        (RunState::Exited(code), _) => format!("exit {code}"),
        (RunState::Created, _) => "new".to_owned(),
        (RunState::Removed, _) => "gone".to_owned(),
        (RunState::Unknown, _) => String::new(),
    }
}

/// Which columns there are; a recorded log has no states and measures.
#[allow(clippy::struct_excessive_bools, reason = "one for each column")]
struct Columns {
    name: u16,
    state: bool,
    restarts: bool,
    cpu: bool,
    spark: bool,
    memory: bool,
}

impl Columns {
    fn of(inner: Rect, name: u16, is_known: bool, shape: Shape) -> Self {
        let mut room = inner.width.saturating_sub(3 + name + 1 + 6);
        let mut fits = |columns: u16| {
            let is_there = is_known && room >= columns;
            if is_there {
                room -= columns;
            }
            is_there
        };
        let restarts = fits(4);
        let cpu = fits(5);
        let spark = fits(9);
        let is_wide = shape == Shape::Wide || shape == Shape::Compact || inner.width > 60;
        let memory = fits(6);
        let state = is_wide && fits(10);
        Self { name, state, restarts, cpu, spark, memory }
    }

    fn head(&self, canvas: &mut Canvas<'_>, inner: Rect) {
        let mut pen = canvas.pen(inner, 0);
        pen.skip(3).left(Role::Muted, "service", self.name).skip(1);
        if self.state {
            pen.left(Role::Muted, "state", 9).skip(1);
        }
        if self.restarts {
            pen.right(Role::Muted, "rst", 3).skip(1);
        }
        if self.cpu {
            pen.right(Role::Muted, "cpu", 4).skip(1);
        }
        if self.spark {
            pen.skip(9);
        }
        if self.memory {
            pen.right(Role::Muted, "mem", 5).skip(1);
        }
        pen.goto(inner.right().saturating_sub(6)).right(Role::Muted, "err/s", 5);
    }

    fn row(
        &self,
        canvas: &mut Canvas<'_>,
        inner: Rect,
        y: u16,
        snapshot: &Snapshot,
        service: &ServiceRow,
        is_selected: bool,
    ) {
        let glyphs = canvas.glyphs;
        let role = state_role(service, &snapshot.link);
        let is_away = matches!(snapshot.link, Link::Away { .. });
        let glyph = match service {
            _ if is_away => "?",
            s if s.is_busy => glyphs.service(RunState::Restarting, Health::None),
            s => glyphs.service(s.state, s.health),
        };
        let mut pen = canvas.pen(inner, y);
        pen.put(Role::Accent, if is_selected { glyphs.cursor } else { " " });
        pen.put(if service.is_busy { Role::Accent } else { role }, glyph);
        pen.put(Role::Warn, if service.lossy.is_some() { "!" } else { " " });
        let (running, all) = service.replicas;
        let name = if all > 1 {
            format!("{} {running}/{all}", service.name)
        } else {
            service.name.to_string()
        };
        let is_down = !service.state.is_up() && service.state != RunState::Unknown;
        let ink = if is_down && !service.is_troubled {
            Role::Muted
        } else {
            Role::service(snapshot.ink(&service.name))
        };
        pen.left(ink, &name, self.name).skip(1);
        let watched = service.guard.as_ref().and_then(|g| watch::of_service(g, snapshot.now));
        let scaled = service.scaling.as_ref().and_then(watch::of_scale);
        // What is done, or would be, before what only waits.
        let is_idle = service.guard.as_ref().is_none_or(watch::is_idle);
        let watched = if is_idle { scaled.or(watched) } else { watched.or(scaled) };
        if let Some(reason) = &service.unreadable {
            pen.put_cut(Role::Warn, reason);
        } else {
            match watched {
                Some((ink, text)) => {
                    if self.state {
                        pen.left(role, &state_word(service), 9).skip(1);
                    }
                    let room = inner.right().saturating_sub(pen.x() + 7);
                    pen.left(ink, &text, room);
                }
                None => self.measures(&mut pen, glyphs, service, role),
            }
            pen.goto(inner.right().saturating_sub(6));
            let errors = service.worst.map_or(Role::Muted, Role::severity);
            let text =
                if service.errors > 0.0 { rate(service.errors) } else { glyphs.zero.to_owned() };
            pen.right(
                if text.len() <= 1 || service.errors == 0.0 { Role::Muted } else { errors },
                &text,
                5,
            );
        }
        if is_selected {
            canvas.select(inner, y);
        }
    }

    fn measures(
        &self,
        pen: &mut super::canvas::Pen<'_>,
        glyphs: &super::Glyphs,
        service: &ServiceRow,
        role: Role,
    ) {
        if self.state {
            pen.left(role, &state_word(service), 9).skip(1);
        }
        if self.restarts {
            let text = if service.restarts > 0 {
                super::text::count(service.restarts)
            } else {
                glyphs.zero.to_owned()
            };
            let role = if service.restarts > 0 { Role::Warn } else { Role::Muted };
            pen.right(role, &text, 3).skip(1);
        }
        if self.cpu {
            let text = service.cpu.map_or(String::new(), |cpu| format!("{cpu:.0}%"));
            let role = if service.cpu.unwrap_or(0.0) >= 80.0 { Role::Warn } else { Role::Fg };
            pen.right(role, &text, 4).skip(1);
        }
        if self.spark {
            let spark = spark_of(glyphs, &service.history);
            pen.right(Role::Info, &spark, 8).skip(1);
        }
        if self.memory {
            let text = service.memory.map_or(String::new(), bytes);
            pen.right(Role::Fg, &text, 5).skip(1);
        }
    }
}

/// A processor's sparkline: full height is one busy core, or the largest value above it.
fn spark_of(glyphs: &super::Glyphs, history: &[f64]) -> String {
    let top = history.iter().copied().fold(100.0, f64::max);
    // Small loads stay visible: the scale is that of a square root.
    history.iter().map(|v| glyphs.spark((v.max(0.5) / top).sqrt(), 1.0)).collect()
}
