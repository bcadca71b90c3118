//! What to do about a problem, where else it is, since when: below its lines, or beside them.

use super::super::{
    canvas::{Canvas, Words, template_words},
    text::{age, count, fit, time_of_day, width, wrap},
};
use crate::{
    model::Status,
    tui::{
        snapshot::{Facts, Snapshot, Values},
        state::State,
        theme::Role,
    },
};
use ratatui::layout::Rect;

/// Values of a changing part that are shown.
const VALUES: usize = 4;
/// Services that are shown.
const PLACES: usize = 5;

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
    if rows.len() < limit
        && let Some(values) = facts.values.first()
    {
        rows.insert(1, counted(canvas, values, columns));
    }
    rows
}

/// `role <str>: 409× SUPERUSER  3× replication`.
fn counted(canvas: &Canvas<'_>, values: &Values, columns: usize) -> Words {
    let mut words = values_of(values);
    words.push((Role::Muted, " ".to_owned()));
    let times = canvas.glyphs.times;
    let mut used: usize = words.iter().map(|(_, text)| width(text)).sum();
    let mut shown = 0;
    for (value, n) in &values.top {
        let piece =
            [(Role::Strong, format!(" {}{times} ", count(*n))), (Role::Fg, format!("{value} "))];
        used += piece.iter().map(|(_, text)| width(text)).sum::<usize>();
        if shown > 0 && used + 12 > columns {
            break;
        }
        words.extend(piece);
        shown += 1;
    }
    let rest = values.rest(shown);
    if rest > 0 {
        words.push((Role::Muted, format!(" {}{times} others", count(rest))));
    }
    words
}

/// `role <str>`, the changing part in its ink.
fn values_of(values: &Values) -> Words {
    let mut words = template_words(Role::Muted, &values.part);
    words.retain(|(_, text)| !text.is_empty());
    words
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
    if facts.parts > 1 {
        rows.push(vec![(Role::Muted, format!("{} messages in one  ", facts.parts))]);
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
    let mut blocks = vec![meaning(facts, columns), steps(facts, columns)];
    blocks.extend(facts.values.iter().take(2).map(|v| spread(canvas, v, columns)));
    blocks.push(places(canvas, snapshot, facts, columns));
    blocks.push(since(state, snapshot, facts, columns));
    blocks.retain(|block| !block.is_empty());
    // Where there is too little room, the spaces between the blocks go first.
    let rows: usize = blocks.iter().map(Vec::len).sum();
    let has_gaps = rows + blocks.len() <= usize::from(area.height) + 1;
    let mut y = 0;
    for block in blocks {
        for row in block {
            let mut pen = canvas.pen(area, y);
            pen.skip(2);
            for (role, text) in &row {
                pen.put_cut(*role, text);
            }
            y += 1;
        }
        y += u16::from(has_gaps);
    }
}

fn title(text: &str) -> Words {
    vec![(Role::Strong, text.to_owned())]
}

/// What the rule says it means.
fn meaning(facts: &Facts, columns: usize) -> Vec<Words> {
    let mut rows = Vec::new();
    if !facts.guidance.title.is_empty() {
        rows.push(title(&facts.guidance.title));
    }
    for part in wrap(&facts.guidance.hint, columns, 4).into_iter().filter(|p| !p.is_empty()) {
        rows.push(vec![(Role::Fg, part.to_owned())]);
    }
    rows
}

/// What to try, numbered.
fn steps(facts: &Facts, columns: usize) -> Vec<Words> {
    let mut rows = Vec::new();
    for (at, remedy) in facts.guidance.remedies.iter().enumerate() {
        for (line, part) in wrap(remedy, columns - 2, 3).into_iter().enumerate() {
            let number = if line == 0 { format!("{} ", at + 1) } else { "  ".to_owned() };
            rows.push(vec![(Role::Key, number), (Role::Fg, part.to_owned())]);
        }
    }
    if !rows.is_empty() {
        rows.insert(0, title("What to try"));
    }
    rows
}

/// The values of a changing part, with bars.
fn spread(canvas: &Canvas<'_>, values: &Values, columns: usize) -> Vec<Words> {
    let mut rows = vec![values_of(values)];
    let mut all: Vec<(String, u64, Role)> =
        values.top.iter().take(VALUES).map(|(v, n)| (v.to_string(), *n, Role::Fg)).collect();
    let rest = values.rest(VALUES);
    if rest > 0 {
        all.push(("others".to_owned(), rest, Role::Muted));
    }
    let names = all.iter().map(|(name, ..)| width(name)).max().unwrap_or(0).min(columns / 2);
    let top = all.iter().map(|(_, n, _)| *n).max().unwrap_or(1);
    for (name, n, role) in all {
        rows.push(bar(canvas, (&name, names, role), (n, top), columns));
    }
    rows
}

/// The services that have it, with bars, where there are several.
fn places(canvas: &Canvas<'_>, snapshot: &Snapshot, facts: &Facts, columns: usize) -> Vec<Words> {
    if facts.services.len() < 2 {
        return Vec::new();
    }
    let mut rows = vec![title("Where")];
    let shown = facts.services.iter().take(PLACES);
    let names = shown.clone().map(|s| width(s.service.as_str())).max().unwrap_or(0);
    let top = facts.services.iter().map(|s| s.count).max().unwrap_or(1);
    for seen in shown {
        let ink = Role::service(snapshot.ink(&seen.service));
        let name = (seen.service.as_str(), names.min(columns / 2), ink);
        rows.push(bar(canvas, name, (seen.count, top), columns));
    }
    if facts.services.len() > PLACES {
        rows.push(vec![(Role::Muted, format!("and {} more", facts.services.len() - PLACES))]);
    }
    rows
}

/// `SUPERUSER   409 ━━━━━━━━━━━━`.
fn bar(
    canvas: &Canvas<'_>,
    (name, names, role): (&str, usize, Role),
    (n, top): (u64, u64),
    columns: usize,
) -> Words {
    let name = fit(name, names);
    let space = " ".repeat(names.saturating_sub(width(&name)));
    let room = columns.saturating_sub(names + 8);
    let halves = (n as f64 / top.max(1) as f64 * room as f64 * 2.0).ceil() as usize;
    let [full, half] = canvas.glyphs.bars;
    let bar = full.repeat(halves / 2) + if halves % 2 == 1 { half } else { "" };
    vec![
        (role, format!("{name}{space} ")),
        (Role::Strong, format!("{:>4} ", count(n))),
        (Role::Info, bar),
    ]
}

fn since(state: &State, snapshot: &Snapshot, facts: &Facts, columns: usize) -> Vec<Words> {
    let mut rows = vec![title("Since")];
    for row in life(state, snapshot, facts) {
        match row.as_slice() {
            // A reason may be long.
            [(role, text)] if width(text) > columns => {
                let parts = wrap(text.trim_end(), columns, 3).into_iter();
                rows.extend(parts.map(|part| vec![(*role, part.to_owned())]));
            }
            _ => rows.push(row),
        }
    }
    rows
}
