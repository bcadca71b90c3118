//! One problem: what it says, what happened around it in all services, where else, what to do.

use super::{
    canvas::{Canvas, Edge, Words},
    header::badge,
    log_line::{LineStyle, log_line},
    problems::{status_role, status_word},
    text::{age, count, long_span, span, thousands, time_of_day, width, wrap},
};
use crate::{
    model::{Severity, Status},
    tui::{
        layout::Shape,
        message::Target,
        snapshot::{Context, Detail, Facts, LogLine, Snapshot},
        state::{Pane, State},
        theme::Role,
    },
};
use ratatui::layout::Rect;

/// Columns of the remedies where they stand on the right.
const SIDE: u16 = 60;

/// Draws the pane.
pub(super) fn draw(canvas: &mut Canvas<'_>, state: &State, snapshot: &Snapshot) {
    let area = snapshot.layout.detail;
    let edge = edge(canvas, state, snapshot);
    let inner = canvas.pane(area, &edge);
    if inner.is_empty() {
        return;
    }
    let Some(detail) = &snapshot.detail else {
        let words = if state.inbox.rows().is_empty() {
            "the worst problem and the lines around it will be shown here"
        } else {
            "a heading is selected; space folds it"
        };
        canvas.pen(inner, inner.height / 2).skip(2).put_cut(Role::Muted, words);
        return;
    };
    let Some(facts) = &detail.facts else {
        lines(canvas, state, snapshot, detail, inner);
        return;
    };
    let has_side = inner.width >= 150;
    let (body, side) = if has_side {
        let body = Rect { width: inner.width - SIDE - 2, ..inner };
        (body, Rect { x: body.right() + 1, width: SIDE + 1, ..inner })
    } else {
        (inner, Rect::ZERO)
    };
    let top = head(canvas, state, snapshot, facts, body);
    let below = if has_side {
        self::side(canvas, state, snapshot, facts, side);
        Vec::new()
    } else {
        footer(canvas, state, snapshot, facts, usize::from(body.width))
    };
    let room = body.height.saturating_sub(top);
    // The lines around it matter more than the words below: at least four of them stay.
    let below_height = (below.len() as u16).min(room.saturating_sub(4));
    let gap = u16::from(room > below_height + 8 && below_height > 0);
    let middle = Rect { y: body.y + top, height: room - below_height - gap, ..body };
    lines(canvas, state, snapshot, detail, middle);
    for (at, row) in below.iter().take(usize::from(below_height)).enumerate() {
        let y = body.height - below_height + at as u16;
        let mut pen = canvas.pen(body, y);
        pen.skip(1);
        for (role, text) in row {
            pen.put(*role, text);
        }
    }
}

fn edge(canvas: &Canvas<'_>, state: &State, snapshot: &Snapshot) -> Edge<'static> {
    let dot = canvas.glyphs.dot;
    let mut left = Words::new();
    let mut right = Words::new();
    let facts = snapshot.detail.as_ref().and_then(|d| d.facts.as_ref());
    if let Some(facts) = facts {
        let (at, all) = facts.occurrence;
        if all > 1 {
            let newest = if at == 1 { "newest" } else { "" };
            let which = if at == 1 { newest.to_owned() } else { format!("{at} back") };
            right.push((Role::Key, "n N".to_owned()));
            right.push((Role::Muted, format!(" {which} of {all} kept {dot} ")));
        }
        right.push((Role::Key, "+ -".to_owned()));
        right.push((Role::Muted, format!(" {} lines around", state.detail.context)));
    } else if state.search.is_some() {
        left.push((Role::Muted, "around the hit".to_owned()));
        right.push((Role::Muted, "all services by time".to_owned()));
    }
    if snapshot.layout.shape == Shape::Compact && !state.is_zoomed {
        right = tabs(state);
    }
    Edge {
        pane: Pane::Detail,
        title: "Detail",
        has_focus: state.focus == Pane::Detail,
        left,
        right,
        bottom: Words::new(),
    }
}

/// The panes that share the lower half.
pub(super) fn tabs(state: &State) -> Words {
    let mut words = Words::new();
    for (pane, key) in
        [(Pane::Services, "1"), (Pane::Detail, "3"), (Pane::Logs, "4"), (Pane::Categories, "5")]
    {
        let is_shown = state.lower == pane;
        words.push((Role::Key, format!(" {key} ")));
        words.push((if is_shown { Role::Strong } else { Role::Muted }, pane.title().to_owned()));
    }
    words
}

/// Badge, state, where, how often; then what it says. Returns its rows.
fn head(
    canvas: &mut Canvas<'_>,
    state: &State,
    snapshot: &Snapshot,
    facts: &Facts,
    area: Rect,
) -> u16 {
    let glyphs = canvas.glyphs;
    let dot = format!(" {} ", glyphs.dot);
    let is_wide = snapshot.layout.shape >= Shape::Standard;
    let mut pen = canvas.pen(area, 0);
    pen.skip(1).put(Role::badge(facts.severity), badge(facts.severity)).skip(1);
    let kind = facts.status.kind();
    pen.put(status_role(kind), glyphs.status(kind));
    let word = match kind.as_str() {
        word if is_wide => word,
        _ => status_word(kind),
    };
    pen.put(status_role(kind), word).put(Role::Muted, &dot);
    pen.put(Role::Strong, if is_wide { facts.category.title() } else { facts.category.slug() });
    if let Some(main) = facts.services.first() {
        pen.put(Role::Muted, &dot);
        pen.put(Role::service(snapshot.ink(&main.service)), main.service.as_str());
    }
    pen.put(Role::Muted, &dot);
    pen.put(Role::Strong, &format!("{}{}", thousands(facts.count), glyphs.times));
    let length = facts.last_seen - facts.first_seen;
    if facts.count > 1 {
        pen.put(Role::Muted, &format!(" in {}", long_span(length)));
    }
    if is_wide {
        let time = |t| time_of_day(t, snapshot.now, state.zone);
        pen.put(Role::Muted, &format!("{dot}first ")).put(Role::Fg, &time(facts.first_seen));
        pen.put(Role::Muted, " last ").put(Role::Fg, &time(facts.last_seen)).put(Role::Muted, &dot);
        let trend = facts.trend.last(16, snapshot.now).into_iter().map(f64::from);
        pen.put(Role::severity(facts.severity), &glyphs.sparkline(trend));
    }
    if let Some(issue) = &facts.issue {
        let is_open = if issue.is_open { "" } else { " closed" };
        pen.put(Role::Muted, &dot).put(Role::Accent, &format!("#{}{is_open}", issue.number));
    }
    // The message of the shown occurrence; where it is too long for one row, two rows.
    let rows = if area.height >= 10 { 2 } else { 1 };
    let columns = usize::from(area.width.saturating_sub(2));
    let message = super::text::calm(&facts.message).into_owned();
    let parts = wrap(&message, columns, rows);
    let shown: usize = parts.iter().map(|p| p.len()).sum();
    let is_cut = shown + parts.len() < message.len();
    for (at, part) in parts.iter().enumerate() {
        let mut pen = canvas.pen(area, 1 + at as u16);
        pen.skip(1);
        if is_cut && at + 1 == parts.len() {
            let from = message.find(part).unwrap_or(0);
            pen.put_cut(Role::Strong, &message[from..]);
        } else {
            pen.put(Role::Strong, part);
        }
    }
    let gap = u16::from(area.height >= 11);
    1 + parts.len() as u16 + gap
}

/// The lines by time, the occurrence in sight.
fn lines(canvas: &mut Canvas<'_>, state: &State, snapshot: &Snapshot, detail: &Detail, area: Rect) {
    let height = usize::from(area.height);
    if height == 0 {
        return;
    }
    let total = detail.lines.len();
    // A third of the rows stands above the occurrence; what was scrolled is added.
    let auto = detail.at.saturating_sub((height.saturating_sub(1)) * 2 / 5);
    let last = total.saturating_sub(height);
    let first = auto.min(last).saturating_add_signed(state.detail.scroll).min(last);
    let style = LineStyle::detail(snapshot);
    let mut note = None;
    if detail.is_gone && height > detail.lines.len() {
        note = Some("the lines around it are no longer kept");
    }
    for (row, context) in detail.lines.iter().skip(first).take(height).enumerate() {
        let y = row as u16;
        match context {
            Context::Line(record, is_own, severity) => {
                let line = LogLine {
                    record: std::sync::Arc::clone(record),
                    severity: *severity,
                    is_marked: false,
                    is_selected: false,
                };
                let role = if *is_own {
                    Some(detail.facts.as_ref().map_or(Severity::Info, |f| f.severity))
                } else {
                    None
                };
                if *is_own {
                    canvas.pen(area, y).put(role.map_or(Role::Accent, Role::severity), ">");
                }
                log_line(canvas, state, snapshot, &line, area, y, &style);
                if *is_own && first + row == detail.at {
                    canvas.select(area, y);
                }
                canvas.hit_row(area, y, Target::Line(record.position()));
            }
            Context::Kept(text) => {
                let mut pen = canvas.pen(area, y);
                pen.put(Role::Crit, ">").put_cut(Role::Fg, text);
            }
            Context::Folded(lines) => {
                let mut pen = canvas.pen(area, y);
                pen.skip(style.text_column(snapshot));
                let more = format!("… {lines} more lines of the trace, space unfolds");
                pen.put_cut(Role::Muted, &more);
            }
        }
    }
    if let Some(note) = note {
        canvas.pen(area, detail.lines.len() as u16).skip(1).put_cut(Role::Muted, note);
    }
}

/// What stands below the lines: where else, since when, what to do.
fn footer(
    canvas: &Canvas<'_>,
    state: &State,
    snapshot: &Snapshot,
    facts: &Facts,
    columns: usize,
) -> Vec<Words> {
    let mut rows = Vec::new();
    let mut words = Words::new();
    if facts.services.len() > 1 {
        words.push((Role::Muted, "also hits ".to_owned()));
        for seen in facts.services.iter().skip(1).take(4) {
            words.push((Role::service(snapshot.ink(&seen.service)), seen.service.to_string()));
            words.push((Role::Muted, format!(" {}{}  ", count(seen.count), canvas.glyphs.times)));
        }
    }
    words.extend(life(state, snapshot, facts));
    rows.push(words);
    if !facts.guidance.hint.is_empty() {
        rows.push(vec![(Role::Fg, facts.guidance.hint.to_string())]);
    }
    let mut used = 4;
    let mut words: Words = vec![(Role::Ok, "try ".to_owned())];
    for (at, remedy) in facts.guidance.remedies.iter().enumerate() {
        let text = remedy.as_str().trim_end_matches('.');
        let length = width(text) + 5;
        if used + length > columns && at > 0 {
            rows.push(std::mem::replace(&mut words, vec![(Role::Fg, "    ".to_owned())]));
            used = 4;
        }
        used += length;
        words.push((Role::Key, format!("{} ", at + 1)));
        words.push((Role::Fg, format!("{text}   ")));
    }
    if !facts.guidance.remedies.is_empty() {
        rows.push(words);
    }
    rows.retain(|r| !r.is_empty());
    rows
}

/// Since when, why worse, how it stands after it was marked fixed.
fn life(state: &State, snapshot: &Snapshot, facts: &Facts) -> Words {
    let time = |t| time_of_day(t, snapshot.now, state.zone);
    let mut words: Words = vec![
        (Role::Muted, "first seen ".to_owned()),
        (Role::Fg, format!("{}  ", time(facts.first_seen))),
    ];
    match facts.status {
        Status::Verifying { since } => {
            words.push((
                Role::Ok,
                format!("marked fixed {} ago, watching  ", age(since, snapshot.now)),
            ));
        }
        Status::Fixed { since } => {
            words.push((Role::Ok, format!("fixed since {}  ", time(since))));
        }
        Status::Regressed { at } => {
            words.push((Role::Crit, format!("came back {} ago  ", age(at, snapshot.now))));
        }
        Status::Muted { since, .. } => {
            words.push((Role::Muted, format!("muted {} ago  ", span(snapshot.now - since))));
        }
        Status::New | Status::Ongoing => {}
    }
    if let Some(why) = &facts.escalation {
        words.push((Role::Warn, format!("{why}  ")));
    }
    words.push((Role::Muted, format!("rule {}", facts.rule)));
    words
}

/// The same on the right, in blocks.
fn side(canvas: &mut Canvas<'_>, state: &State, snapshot: &Snapshot, facts: &Facts, area: Rect) {
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
        rows.push(title("Also hits"));
        let mut words = Words::new();
        for seen in facts.services.iter().skip(1).take(6) {
            words.push((Role::service(snapshot.ink(&seen.service)), seen.service.to_string()));
            words.push((Role::Muted, format!(" {}{}  ", count(seen.count), canvas.glyphs.times)));
        }
        rows.push(words);
    }
    rows.push(Words::new());
    rows.push(life(state, snapshot, facts));
    for (at, row) in rows.iter().enumerate().take(usize::from(area.height)) {
        let mut pen = canvas.pen(area, at as u16);
        pen.skip(2);
        for (role, text) in row {
            pen.put_cut(*role, text);
        }
    }
}
