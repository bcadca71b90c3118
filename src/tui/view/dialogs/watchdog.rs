//! The watchdog's menu, and its question before a repair.

use super::{
    Scene,
    window::{Drawn, Window, bar, row},
};
use crate::{
    model::{Remedy, ServiceName},
    tui::{
        message::Target,
        theme::Role,
        view::{
            canvas::{Canvas, Words},
            text::{time_of_day, width, wrap},
            watch,
        },
        wishes::{Wish, WishMenu},
    },
};
use ratatui::layout::Rect;

/// Attempts that are shown.
const ATTEMPTS: usize = 4;

/// Mode and restraint, how the service stands and why, what was tried; then what can be wished.
pub(super) fn menu(
    canvas: &mut Canvas<'_>,
    scene: &Scene<'_>,
    popup: &WishMenu,
    area: Rect,
) -> Drawn {
    let columns = area.width.saturating_sub(4).clamp(20, 76);
    let room = usize::from(columns).saturating_sub(4);
    let mut lines = facts(scene, popup.service.as_ref(), room);
    lines.push(Words::new());
    let wishes = Wish::offered(scene.watchdog, popup.service.as_ref());
    let title = match &popup.service {
        Some(service) => format!("The watchdog and {service}"),
        None => "The watchdog".to_owned(),
    };
    let window = Window {
        title: &title,
        facts: vec![(Role::Muted, format!("mode {}", scene.watchdog.mode.as_str()))],
        keys: &[("↵", "do"), ("H", "hold"), ("esc", "close")],
        ..Window::default()
    };
    let rows = (lines.len() + wishes.len()) as u16 + 4;
    let (outer, inner) = window.open(canvas, area, columns, rows);
    // Where there is little room, what can be done stays.
    let height = usize::from(inner.height.saturating_sub(1));
    let shown = height.saturating_sub(wishes.len()).min(lines.len());
    for (y, words) in lines.iter().take(shown).enumerate() {
        row(canvas, inner, y as u16 + 1, words);
    }
    let mut cursor = None;
    for (at, wish) in wishes.iter().enumerate().take(height.saturating_sub(shown)) {
        let y = (shown + at) as u16 + 1;
        let is_here = at == popup.at;
        let mark = if is_here { canvas.glyphs.cursor } else { " " };
        let mut pen = canvas.pen(inner, y);
        pen.put(Role::Accent, mark).skip(1).put(Role::Key, &format!("{} ", at + 1));
        pen.put_cut(Role::Fg, &wish.title(popup.service.as_ref()));
        canvas.hit_row(inner, y, Target::PopupRow(at));
        if is_here {
            cursor = Some(bar(inner, y));
        }
    }
    Drawn { area: outer, cursor }
}

fn facts(scene: &Scene<'_>, service: Option<&ServiceName>, room: usize) -> Vec<Words> {
    let watchdog = scene.watchdog;
    let mut lines: Vec<Words> = Vec::new();
    let mut say = |role: Role, text: &str, rows: usize| {
        lines.extend(wrap(text, room, rows).into_iter().map(|part| vec![(role, part.to_owned())]));
    };
    if let Some(why) = &watchdog.restrained {
        say(Role::Warn, &format!("nothing is done: {why}"), 2);
    }
    if let Some(until) = watchdog.paused.filter(|until| *until > scene.now) {
        let left = watch::countdown(until, scene.now);
        say(Role::Warn, &format!("too much went wrong at once: paused for {left}"), 2);
    }
    for advice in &watchdog.advice {
        say(Role::Warn, advice, 3);
    }
    if let Some(guard) = service.and_then(|name| watchdog.guard(name)) {
        match watch::why(guard, scene.now) {
            Some(why) => say(Role::Fg, &why, 4),
            None => say(Role::Ok, "nothing is wrong with it", 1),
        }
    }
    if let Some(scaling) = service.and_then(|name| scene.scalings.of(name)) {
        say(watch::scale_role(scaling), &watch::scale(scaling), 3);
    }
    let is_meant = |name: &ServiceName| service.is_none_or(|service| service == name);
    let tried = watchdog.recent.iter().rev().filter(|a| is_meant(&a.service)).take(ATTEMPTS);
    for attempt in tried {
        let time = time_of_day(attempt.time, scene.now, scene.state.zone);
        let text = watch::attempt(attempt, room.saturating_sub(width(&time) + 1));
        lines.push(vec![(Role::Muted, format!("{time} ")), (Role::Fg, text)]);
    }
    lines
}

/// Whether a service is to be repaired: what, why, which time.
pub(super) fn question(
    canvas: &mut Canvas<'_>,
    scene: &Scene<'_>,
    service: &ServiceName,
    area: Rect,
) -> Drawn {
    let columns = area.width.saturating_sub(4).clamp(20, 66);
    let room = usize::from(columns).saturating_sub(4);
    let guard = scene.watchdog.guard(service);
    let verb = guard.and_then(|guard| guard.remedy).map_or("repair", Remedy::verb);
    let mut lines: Vec<Words> = Vec::new();
    if let Some(guard) = guard {
        let why = wrap(&guard.reason, room, 4);
        lines.extend(why.into_iter().map(|part| vec![(Role::Fg, part.to_owned())]));
        let text = format!("attempt {} of {}", guard.attempts + 1, guard.allowed);
        lines.push(vec![(Role::Muted, text)]);
    }
    let title = format!("The watchdog asks: {verb} {service}?");
    let window = Window { title: &title, edge: Some(Role::Warn), ..Window::default() };
    let answers = [
        (Role::Key, "y".to_owned()),
        (Role::Muted, format!(" {verb}   ")),
        (Role::Button, " ↵ Not now ".to_owned()),
    ];
    window.ask(canvas, area, columns, (&lines, &answers))
}
