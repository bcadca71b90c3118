//! The first row: what is watched, how its services are, how many problems, how fast lines come, what time it is.

use super::{
    canvas::{Canvas, Words},
    text::{age, count, fit, many, thousands, width},
};
use crate::{
    model::{RunState, Severity},
    source::Link,
    tui::{
        layout::Shape,
        message::Target,
        snapshot::{ServiceRow, Snapshot},
        state::State,
        theme::{Ground, Role},
    },
};

/// Draws the header into one row.
pub(super) fn draw(canvas: &mut Canvas<'_>, state: &State, snapshot: &Snapshot) {
    let area = snapshot.layout.header;
    if area.is_empty() {
        return;
    }
    let shape = snapshot.layout.shape;
    let away = matches!(snapshot.link, Link::Away { .. });
    let left = left(canvas, state, snapshot);
    let mut right = if away { away_words(snapshot) } else { right(canvas, state, snapshot) };
    let left_width: usize = left.iter().map(|(_, t)| width(t)).sum();
    // What matters least stands first on the right and gives way first.
    let room = usize::from(area.width).saturating_sub(left_width + 2);
    while right.iter().map(|(_, t)| width(t)).sum::<usize>() > room && !right.is_empty() {
        right.remove(0);
    }
    let mut pen = canvas.pen(area, 0);
    for (role, text) in &left {
        pen.put(*role, text);
    }
    let right_width: usize = right.iter().map(|(_, t)| width(t)).sum();
    pen.goto(area.right().saturating_sub(right_width as u16 + 1));
    for (role, text) in &right {
        pen.put(*role, text);
    }
    canvas.theme.lay(canvas.buffer, area, Ground::Panel);
    if shape == Shape::Compact && !snapshot.layout.chips.is_empty() {
        chips(canvas, state, snapshot);
    }
}

fn left(canvas: &Canvas<'_>, state: &State, snapshot: &Snapshot) -> Words {
    let shape = snapshot.layout.shape;
    let mut words: Words = vec![(Role::Fg, " ".to_owned())];
    if shape >= Shape::Compact {
        words.push((Role::FocusTitle, "dogwatch".to_owned()));
        let room = if shape == Shape::Compact { 16 } else { 28 };
        let name = super::text::fit(&snapshot.name, room).into_owned();
        words.push((Role::Strong, format!(" {name}")));
        words.extend(service_counts(canvas, snapshot));
    }
    let open = state.summary.open;
    let names = if shape == Shape::Tiny { ["C", "E", "W"] } else { ["CRIT", "ERR", "WARN"] };
    let gap = if shape == Shape::Tiny { "" } else { "  " };
    words.push((Role::Fg, gap.to_owned()));
    if open[..3].iter().sum::<usize>() == 0 && !matches!(snapshot.link, Link::Connecting) {
        words.push((Role::Ok, "no errors".to_owned()));
    }
    let roles = [Role::CritBadge, Role::Err, Role::Warn];
    for ((n, name), role) in open.into_iter().zip(names).zip(roles) {
        if n > 0 {
            let space = if shape == Shape::Tiny { "" } else { " " };
            let text = format!("{}{space}{name}", count(n as u64));
            let text = if role == Role::CritBadge { format!(" {text} ") } else { text };
            words.push((role, text));
            words.push((Role::Fg, " ".to_owned()));
        }
    }
    words
}

fn service_counts(canvas: &Canvas<'_>, snapshot: &Snapshot) -> Words {
    let is =
        |wanted: fn(&ServiceRow) -> bool| snapshot.services.iter().filter(|s| wanted(s)).count();
    let running = is(|s| matches!(s.state, RunState::Running));
    let restarting = is(|s| s.state == RunState::Restarting);
    let failed = is(|s| matches!(s.state, RunState::Exited(code) if code != 0));
    let ended =
        is(|s| matches!(s.state, RunState::Exited(0) | RunState::Created | RunState::Paused));
    if running + restarting + failed + ended == 0 {
        return Words::new();
    }
    let glyph = |state| canvas.glyphs.service(state, crate::model::Health::Healthy);
    let mut words: Words = vec![(Role::Fg, "  ".to_owned())];
    for (n, glyph, role) in [
        (running, glyph(RunState::Running), Role::Ok),
        (restarting, glyph(RunState::Restarting), Role::Warn),
        (failed, glyph(RunState::Exited(1)), Role::Err),
        (ended, glyph(RunState::Exited(0)), Role::Muted),
    ] {
        if n > 0 {
            words.push((role, format!("{glyph}{n}")));
            words.push((Role::Muted, " ".to_owned()));
        }
    }
    words
}

/// On the right, what matters most last.
fn right(canvas: &Canvas<'_>, state: &State, snapshot: &Snapshot) -> Words {
    let numbers = &snapshot.numbers;
    let is_wide = snapshot.layout.shape >= Shape::Standard;
    let mut words = Words::new();
    let rate = numbers.rate.round() as u64;
    let shown = if is_wide {
        format!("{} lines/s ", thousands(rate))
    } else {
        format!("{}/s ", count(rate))
    };
    if snapshot.layout.shape > Shape::Tiny && snapshot.link == Link::Live {
        let cells = if is_wide { 8 } else { 4 };
        let from = numbers.rates.len().saturating_sub(cells);
        let values = numbers.rates[from..].iter().map(|n| f64::from(*n));
        let spark = (Role::Info, format!("{} ", canvas.glyphs.sparkline(values)));
        // Where there is little room the number stays longer than its curve.
        words.extend(if is_wide {
            [(Role::Muted, shown), spark]
        } else {
            [spark, (Role::Muted, shown)]
        });
    }
    if numbers.lost > 0 {
        words.push((Role::Err, format!(" lost {} ", thousands(numbers.lost))));
    } else if snapshot.layout.shape > Shape::Tiny {
        words.push((Role::Muted, if is_wide { " lost 0 " } else { "lost 0 " }.to_owned()));
    }
    if numbers.gaps > 0 {
        let text = many(numbers.gaps, "gap");
        words.push((Role::Warn, format!("{text} ")));
    }
    if let Some(reason) = &snapshot.paused {
        // The whole sentence where nothing else has to go for it, else two words.
        words.retain(|(role, _)| !matches!(role, Role::Muted | Role::Info | Role::Fg));
        let badge = if is_wide { reason.to_string() } else { "not kept".to_owned() };
        words.push((Role::WarnBadge, format!(" {} ", fit(&badge, 60))));
        words.push((Role::Fg, " ".to_owned()));
    }
    words.extend(super::watch::badges(&snapshot.watchdog, snapshot.now));
    let good = canvas.glyphs.service(RunState::Running, crate::model::Health::Healthy);
    let (role, text) = match &snapshot.link {
        Link::Live if !state.logs.is_following() => (Role::Warn, "paused".to_owned()),
        Link::Live => (Role::Ok, format!("{good} live")),
        Link::Connecting => (Role::Muted, "connecting".to_owned()),
        Link::Ended => (Role::Muted, "end of log".to_owned()),
        Link::Away { .. } => (Role::Err, "away".to_owned()),
    };
    words.push((role, text));
    if is_wide {
        let now = snapshot.now.with_timezone(&state.zone).format(" %H:%M");
        words.push((Role::Muted, format!(" {now}")));
    }
    words
}

fn away_words(snapshot: &Snapshot) -> Words {
    let Link::Away { since, .. } = &snapshot.link else { return Words::new() };
    let away = age(*since, snapshot.now);
    if snapshot.layout.shape < Shape::Standard {
        return vec![(Role::ErrBadge, format!(" AWAY {away} "))];
    }
    vec![
        (Role::Muted, "what is shown is old, trying again ".to_owned()),
        (Role::ErrBadge, format!(" NOT REACHABLE {away} ")),
    ]
}

/// One row of services, worst first; what does not fit is counted.
fn chips(canvas: &mut Canvas<'_>, state: &State, snapshot: &Snapshot) {
    let area = snapshot.layout.chips;
    if snapshot.services.is_empty() && snapshot.link == Link::Connecting {
        canvas.pen(area, 0).skip(1).put_cut(Role::Muted, "looking for services");
        return;
    }
    let mut order: Vec<&ServiceRow> = snapshot.services.iter().collect();
    order.sort_by_key(|s| !s.is_troubled);
    let texts: Vec<String> = order
        .iter()
        .map(|s| {
            let times = canvas.glyphs.times;
            let restarts =
                if s.restarts > 0 { format!("{times}{}", s.restarts) } else { String::new() };
            let failed = if s.health == crate::model::Health::Unhealthy { "!" } else { "" };
            format!("{}{failed}{restarts}", s.name)
        })
        .collect();
    let room = usize::from(area.width).saturating_sub(2);
    let mut used = 0;
    let mut shown = 0;
    for (at, text) in texts.iter().enumerate() {
        let rest = texts.len() - at - 1;
        let more = if rest > 0 { 2 + format!("+{rest} more").len() } else { 0 };
        let next = used + width(text) + 1 + if at > 0 { 2 } else { 0 };
        if next + more > room && !(rest == 0 && next <= room) {
            break;
        }
        used = next;
        shown += 1;
    }
    let mut x = area.x + 1;
    for (service, text) in order.iter().zip(&texts).take(shown) {
        let glyph = canvas.glyphs.service(service.state, service.health);
        let role = super::services::state_role(service, &snapshot.link);
        let name =
            if service.is_troubled { role } else { Role::service(snapshot.ink(&service.name)) };
        let chosen = state.filter.only_service() == Some(&service.name);
        let mut pen = canvas.pen(area, 0);
        pen.goto(x).put(role, if matches!(snapshot.link, Link::Away { .. }) { "?" } else { glyph });
        pen.put(if chosen { Role::Button } else { name }, text);
        let end = pen.x();
        canvas.hits.add(
            ratatui::layout::Rect { x, width: end - x, height: 1, ..area },
            Target::Service(service.name.clone()),
        );
        x = end + 2;
    }
    let rest = &order[shown..];
    if !rest.is_empty() {
        let is_well = rest.iter().all(|s| !s.is_troubled);
        let (role, word) = if is_well { (Role::Muted, "ok") } else { (Role::Warn, "more") };
        canvas.pen(area, 0).goto(x).put(role, &format!("+{} {word}", rest.len()));
    }
}

/// ` CRIT `, ` ERR `, ` WARN `, ` INFO `.
pub(super) const fn badge(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => " CRIT ",
        Severity::Error => " ERR ",
        Severity::Warning => " WARN ",
        Severity::Info => " INFO ",
    }
}
