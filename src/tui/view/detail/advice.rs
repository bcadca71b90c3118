//! What to do about a problem, where else it is, since when: below its lines, or beside them.

use super::super::{
    canvas::{Canvas, Words},
    text::{age, count, time_of_day, width, wrap},
};
use crate::{
    model::Status,
    tui::{
        snapshot::{Facts, Snapshot},
        state::State,
        theme::Role,
    },
};
use ratatui::layout::Rect;

/// What stands below the lines: where else, since when, what to do.
pub(super) fn footer(
    canvas: &Canvas<'_>,
    state: &State,
    snapshot: &Snapshot,
    facts: &Facts,
    (columns, limit): (usize, usize),
) -> Vec<Words> {
    let remedies = remedies(facts, columns);
    let mut words = also(canvas, snapshot, facts, 4);
    words.extend(life(state, snapshot, facts).concat());
    let hint = vec![(Role::Fg, facts.guidance.hint.to_string())];
    let has_hint = !facts.guidance.hint.is_empty();
    // What to do comes first where there is little room, then where and since when, then what it means.
    let mut rows = Vec::new();
    if has_hint && limit > remedies.len() + 1 {
        rows.push(hint);
    }
    rows.extend(remedies);
    rows.truncate(limit.max(1));
    if rows.len() < limit || rows.is_empty() {
        rows.insert(0, words);
    }
    rows
}

/// The other services that have it.
fn also(canvas: &Canvas<'_>, snapshot: &Snapshot, facts: &Facts, most: usize) -> Words {
    let mut words = Words::new();
    if facts.services.len() > 1 {
        words.push((Role::Muted, "also hits ".to_owned()));
    }
    for seen in facts.services.iter().skip(1).take(most) {
        words.push((Role::service(snapshot.ink(&seen.service)), seen.service.to_string()));
        words.push((Role::Muted, format!(" {}{}  ", count(seen.count), canvas.glyphs.times)));
    }
    words
}

/// What to try, numbered, in as few rows as it takes.
fn remedies(facts: &Facts, columns: usize) -> Vec<Words> {
    let mut rows: Vec<Words> = Vec::new();
    let mut used = columns;
    for (at, remedy) in facts.guidance.remedies.iter().enumerate() {
        let text = remedy.as_str().trim_end_matches('.');
        let length = width(text) + 5;
        if used + length > columns {
            let start = if rows.is_empty() { (Role::Ok, "try ") } else { (Role::Fg, "    ") };
            rows.push(vec![(start.0, start.1.to_owned())]);
            used = 4;
        }
        used += length;
        if let Some(row) = rows.last_mut() {
            row.push((Role::Key, format!("{} ", at + 1)));
            row.push((Role::Fg, format!("{text}   ")));
        }
    }
    rows
}

/// Since when, why worse, how it stands after it was marked fixed.
fn life(state: &State, snapshot: &Snapshot, facts: &Facts) -> Vec<Words> {
    let time = |t| time_of_day(t, snapshot.now, state.zone);
    let mut rows: Vec<Words> = vec![vec![
        (Role::Muted, "first seen ".to_owned()),
        (Role::Fg, format!("{}  ", time(facts.first_seen))),
    ]];
    if let Some(record) = &state.detail.after {
        let service = &record.origin.service;
        let text = record.text.strip_prefix(service.as_str()).unwrap_or(&record.text);
        let length = super::super::text::span(facts.first_seen - record.time);
        rows.push(vec![
            (Role::Muted, format!("{length} after ")),
            (Role::service(snapshot.ink(service)), service.to_string()),
            (Role::Warn, format!(" {}  ", text.trim_start_matches([':', ' ']))),
        ]);
    }
    let ago = |t| age(t, snapshot.now);
    match facts.status {
        Status::Verifying { since } => {
            rows.push(vec![(Role::Ok, format!("marked fixed {} ago, watching  ", ago(since)))]);
        }
        Status::Fixed { since } => {
            rows.push(vec![(Role::Ok, format!("fixed since {}  ", time(since)))]);
        }
        Status::Regressed { at } => {
            rows.push(vec![(Role::Crit, format!("came back {} ago  ", ago(at)))]);
        }
        Status::Muted { since, .. } => {
            rows.push(vec![(Role::Muted, format!("muted {} ago  ", ago(since)))]);
        }
        Status::New | Status::Ongoing => {}
    }
    if let Some(why) = &facts.escalation {
        rows.push(vec![(Role::Warn, format!("{why}  "))]);
    }
    rows.push(vec![(Role::Muted, format!("rule {}", facts.rule))]);
    rows
}

/// The same on the right, in blocks.
pub(super) fn side(
    canvas: &mut Canvas<'_>,
    state: &State,
    snapshot: &Snapshot,
    facts: &Facts,
    area: Rect,
) {
    for y in 0..area.height {
        let bar = canvas.glyphs.bar;
        canvas.pen(area, y).put(Role::Border, bar);
    }
    let columns = usize::from(area.width - 3);
    let mut rows: Vec<Words> = Vec::new();
    let title = |text: &str| vec![(Role::Strong, text.to_owned())];
    if !facts.guidance.title.is_empty() {
        rows.push(title(&facts.guidance.title));
    }
    for part in wrap(&facts.guidance.hint, columns, 4).into_iter().filter(|p| !p.is_empty()) {
        rows.push(vec![(Role::Fg, part.to_owned())]);
    }
    if !facts.guidance.remedies.is_empty() {
        rows.push(Words::new());
        rows.push(title("What to try"));
        for (at, remedy) in facts.guidance.remedies.iter().enumerate() {
            for (line, part) in wrap(remedy, columns - 2, 3).into_iter().enumerate() {
                let number = if line == 0 { format!("{} ", at + 1) } else { "  ".to_owned() };
                rows.push(vec![(Role::Key, number), (Role::Fg, part.to_owned())]);
            }
        }
    }
    if facts.services.len() > 1 {
        rows.push(Words::new());
        rows.push(also(canvas, snapshot, facts, 6));
    }
    rows.push(Words::new());
    rows.extend(life(state, snapshot, facts));
    for (at, row) in rows.iter().enumerate().take(usize::from(area.height)) {
        let mut pen = canvas.pen(area, at as u16);
        pen.skip(2);
        for (role, text) in row {
            pen.put_cut(*role, text);
        }
    }
}
