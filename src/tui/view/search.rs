//! The hits of a search over all services, in place of the problems.

use super::{
    canvas::{Canvas, Edge, Words},
    log_line::{LineStyle, log_line},
    text::{many, thousands, time_of_day},
};
use crate::tui::{
    message::Target,
    snapshot::{Hits, RecordSearch, Snapshot},
    state::{Pane, Search, State},
    theme::Role,
};
use chrono::{DateTime, Utc};
use ratatui::layout::Rect;

/// Draws the pane.
pub(super) fn draw(canvas: &mut Canvas<'_>, state: &State, snapshot: &Snapshot, search: &Search) {
    let none = Hits::default();
    let hits = snapshot.hits.as_ref().unwrap_or(&none);
    let dot = format!(" {} ", canvas.glyphs.dot);
    let mut right = Words::new();
    if search.matcher.is_some() {
        if !hits.is_complete {
            right.push((Role::Muted, format!("looking{dot}")));
        }
        let found = many(hits.count as u64, "hit");
        let text = match hits.count {
            0 => found,
            _ => format!(
                "{} of {found} in {}",
                thousands(hits.rank as u64),
                many(hits.services as u64, "service")
            ),
        };
        right.push((if hits.count > 0 { Role::Strong } else { Role::Muted }, text));
    }
    let edge = Edge {
        pane: Pane::Problems,
        title: "Search",
        has_focus: state.focus == Pane::Problems,
        left: Words::new(),
        right,
        bottom: Words::new(),
    };
    let inner = canvas.pane(snapshot.layout.problems, &edge);
    if inner.is_empty() {
        return;
    }
    let progress = search.matcher.as_ref().and_then(|_| progress(canvas, state, snapshot, hits));
    canvas.words_right(Rect { height: 1, ..inner }, &progress.into_iter().collect(), 0);
    input(canvas, search, inner);
    if search.matcher.is_none() {
        let words = [
            "words look in all services, as you type; upper case matters only where you use it",
            "/a.*b/ is a regular expression; a leading ! finds what does not match",
        ];
        for (at, text) in words.iter().enumerate() {
            canvas.pen(inner, 2 + at as u16).skip(1).put_cut(Role::Muted, text);
        }
        return;
    }
    let style = LineStyle::log(state, snapshot);
    for (row, line) in hits.lines.iter().enumerate() {
        let y = row as u16 + 1;
        if y >= inner.height {
            break;
        }
        let is_selected = hits.selected == Some(row);
        let cursor = canvas.glyphs.cursor;
        canvas.pen(inner, y).put(Role::Accent, if is_selected { cursor } else { " " });
        log_line(canvas, state, snapshot, line, inner, y, &style);
        if is_selected {
            canvas.select(inner, y);
        }
        canvas.hit_row(inner, y, Target::Line(line.record.position()));
    }
}

/// How far the search came in the record.
fn progress(
    canvas: &Canvas<'_>,
    state: &State,
    snapshot: &Snapshot,
    hits: &Hits,
) -> Option<(Role, String)> {
    let at = |time: &Option<DateTime<Utc>>, word: &str| {
        time.map(|time| format!(" {word} {}", time_of_day(time, snapshot.now, state.zone)))
            .unwrap_or_default()
    };
    let text = match &hits.record {
        _ if !hits.is_complete => return None,
        RecordSearch::None => return None,
        RecordSearch::Fault(fault) => return Some((Role::Warn, fault.to_string())),
        RecordSearch::Going(time) => {
            let found = many(hits.in_memory as u64, "hit");
            let more = canvas.glyphs.more;
            format!("{found} in memory, searching the record {more}{}", at(time, "back to"))
        }
        RecordSearch::Done(time) => {
            format!("done, {}{}", many(hits.count as u64, "hit"), at(time, "since"))
        }
        RecordSearch::Cut(time) => {
            format!("the newest {}{}", many(hits.count as u64, "hit"), at(time, "since"))
        }
    };
    Some((Role::Muted, text))
}

fn input(canvas: &mut Canvas<'_>, search: &Search, inner: Rect) {
    let mut pen = canvas.pen(inner, 0);
    let (before, after) = search.input.parts();
    pen.skip(1).put(Role::Key, "/ ").put(Role::Strong, before);
    if search.is_typing {
        let mut rest = after.chars();
        let under = rest.next().map_or(" ".to_owned(), String::from);
        pen.put(Role::CurrentHit, &under).put(Role::Strong, rest.as_str());
    } else {
        pen.put(Role::Strong, after);
    }
    if let Some(error) = &search.error {
        pen.skip(2).put_cut(Role::Warn, error);
    }
}
