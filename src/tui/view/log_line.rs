//! One line of the log in one row: time, service, level, message, with hits and problems marked.

use super::{
    canvas::{Canvas, Pen},
    json,
    text::{age, skip, take, thousands, width},
};
use crate::{
    model::{Level, LogRecord, Stream, TextMatcher},
    tui::{
        layout::Shape,
        settings::Timestamps,
        snapshot::{LogLine, Snapshot},
        state::State,
        theme::Role,
    },
};
use ratatui::layout::Rect;

/// How lines are shown in a pane.
#[derive(Debug, Clone, Copy)]
pub(super) struct LineStyle {
    timestamps: Timestamps,
    /// Whether the hour is shown too.
    has_hour: bool,
    /// Columns scrolled sideways.
    column: usize,
    /// Whether JSON is shown as it is.
    raw_json: bool,
    /// Columns before the time.
    gutter: u16,
}

impl LineStyle {
    /// In the detail.
    pub(super) fn detail(snapshot: &Snapshot) -> Self {
        let has_hour = snapshot.layout.shape >= Shape::Standard;
        Self { timestamps: Timestamps::Time, has_hour, column: 0, raw_json: false, gutter: 1 }
    }

    /// In the log.
    pub(super) fn log(state: &State, snapshot: &Snapshot) -> Self {
        Self {
            timestamps: state.logs.timestamps,
            has_hour: snapshot.layout.shape >= Shape::Standard,
            column: state.logs.column,
            raw_json: state.logs.raw_json,
            gutter: 1,
        }
    }

    fn time_width(&self) -> u16 {
        match self.timestamps {
            Timestamps::Off => 0,
            Timestamps::Time if self.has_hour => 13,
            Timestamps::Time => 10,
            Timestamps::Relative => 5,
        }
    }

    /// Where the message begins, from the pane's left edge.
    pub(super) fn text_column(&self, snapshot: &Snapshot) -> u16 {
        self.gutter + self.time_width() + snapshot.name_width + 1 + 6
    }

    fn time(&self, record: &LogRecord, state: &State, snapshot: &Snapshot) -> String {
        let local = record.time.with_timezone(&state.zone);
        match self.timestamps {
            Timestamps::Off => String::new(),
            Timestamps::Time if self.has_hour => local.format("%H:%M:%S%.3f").to_string(),
            Timestamps::Time => local.format("%M:%S%.3f").to_string(),
            Timestamps::Relative => age(record.time, snapshot.now),
        }
    }
}

/// Draws a line into the row `y` of `area`; the gutter is the caller's.
pub(super) fn log_line(
    canvas: &mut Canvas<'_>,
    state: &State,
    snapshot: &Snapshot,
    line: &LogLine,
    area: Rect,
    y: u16,
    style: &LineStyle,
) {
    let record = &line.record;
    if record.stream.is_ours() {
        separator(canvas, state, snapshot, record, area, y, style);
        return;
    }
    let body = body(record, style.raw_json);
    let mut pen = prefix(canvas, state, snapshot, line, area, y, style);
    let role = text_role(line);
    let matcher = state.search.as_ref().and_then(|s| s.matcher.as_ref());
    let shown = if style.column > 0 { skip(&body, style.column) } else { &body };
    message(&mut pen, role, shown, matcher);
}

/// Time, service, bar and level; the pen stands where the message begins.
pub(super) fn prefix<'a>(
    canvas: &'a mut Canvas<'_>,
    state: &State,
    snapshot: &Snapshot,
    line: &LogLine,
    area: Rect,
    y: u16,
    style: &LineStyle,
) -> Pen<'a> {
    let glyphs = canvas.glyphs;
    let record = &line.record;
    let is_continued = record.level == Level::Unknown && record.text.starts_with("  ");
    let service = &record.origin.service;
    let ink = Role::service(snapshot.ink(service));
    let mut pen = canvas.pen(area, y);
    pen.skip(style.gutter);
    if style.timestamps == Timestamps::Off {
    } else if is_continued {
        pen.skip(style.time_width());
    } else {
        let time = style.time(record, state, snapshot);
        pen.left(Role::Muted, &time, style.time_width() - 1).skip(1);
    }
    pen.left(ink, service.as_str(), snapshot.name_width);
    match line.severity {
        Some(severity) => pen.put(Role::severity(severity), glyphs.severity(severity)),
        None => pen.put(Role::Border, glyphs.bar),
    };
    let (role, word) = level(record.level);
    pen.left(role, word, 6);
    pen
}

/// The message of a record: without its own time and level; JSON as words.
pub(super) fn body(record: &LogRecord, raw_json: bool) -> String {
    let message = record.message();
    if !raw_json && let Some(words) = json::words(&record.text) {
        return words;
    }
    message.to_owned()
}

/// Draws a message, hits of the search marked, cut with `… +19.8k`.
pub(super) fn message(pen: &mut Pen<'_>, role: Role, text: &str, matcher: Option<&TextMatcher>) {
    let room = pen.room();
    // A very long line is measured only as far as it can be seen.
    let seen = if text.len() > room * 16 {
        take(&text[..text.floor_char_boundary(room * 16)], room * 16)
    } else {
        text
    };
    let calm = super::text::calm(seen).into_owned();
    let is_cut = seen.len() < text.len() || width(&calm) > room;
    let more = if is_cut {
        format!("… +{}", thousands((text.len().saturating_sub(room)) as u64))
    } else {
        String::new()
    };
    let has_count = is_cut && text.len() > room + 200;
    let tail = if !is_cut {
        0
    } else if has_count {
        width(&more)
    } else {
        1
    };
    let shown = take(&calm, room.saturating_sub(tail));
    let spans = matcher.map(|m| m.spans(shown)).unwrap_or_default();
    let mut at = 0;
    for (from, until) in spans {
        pen.put(role, &shown[at..from]).put(Role::Hit, &shown[from..until]);
        at = until;
    }
    pen.put(role, &shown[at..]);
    if is_cut {
        pen.put(Role::Muted, if has_count { &more } else { "…" });
    }
}

/// The ink of a line's message.
pub(super) fn text_role(line: &LogLine) -> Role {
    match (line.severity, line.record.level) {
        (Some(severity), _) => Role::severity(severity),
        (None, Level::Fatal | Level::Error) => Role::Err,
        (None, Level::Warn) => Role::Warn,
        (None, Level::Debug | Level::Trace) => Role::Muted,
        (None, Level::Info | Level::Unknown) => Role::Fg,
    }
}

fn level(level: Level) -> (Role, &'static str) {
    match level {
        Level::Fatal => (Role::Crit, "FATAL"),
        Level::Error => (Role::Err, "ERROR"),
        Level::Warn => (Role::Warn, "WARN"),
        Level::Info => (Role::Muted, "INFO"),
        Level::Debug => (Role::Muted, "DEBUG"),
        Level::Trace => (Role::Muted, "TRACE"),
        Level::Unknown => (Role::Muted, ""),
    }
}

/// Our own words: `── worker restarted (exit 137), run 8 ──`. A gap is a warning from edge to edge; what dogwatch did
/// is told more quietly.
fn separator(
    canvas: &mut Canvas<'_>,
    state: &State,
    snapshot: &Snapshot,
    record: &LogRecord,
    area: Rect,
    y: u16,
    style: &LineStyle,
) {
    let is_gap = record.is_gap();
    let (rule, ground, ink) = match record.stream {
        _ if is_gap => (canvas.glyphs.heavy_rule, Role::Warn, Role::Warn),
        Stream::Manager => (canvas.glyphs.zero, Role::Border, Role::Muted),
        _ => (canvas.glyphs.rule, Role::Border, Role::Warn),
    };
    let mut pen = canvas.pen(area, y);
    pen.skip(style.gutter);
    if style.timestamps != Timestamps::Off {
        pen.left(Role::Muted, &style.time(record, state, snapshot), style.time_width() - 1).skip(1);
    }
    let service = &record.origin.service;
    pen.put(ground, rule).put(ground, rule).skip(1);
    let text = record.text.as_str();
    let own = text.strip_prefix(service.as_str()).unwrap_or(text).trim_start_matches([':', ' ']);
    if record.stream == Stream::Manager {
        let own_ink = Role::service(snapshot.ink(service));
        match text.split_once(service.as_str()).filter(|_| text.starts_with("dogwatch")) {
            Some((before, after)) => {
                pen.put(ink, before).put(own_ink, service.as_str()).put_cut(ink, after)
            }
            None => {
                pen.put(ink, "dogwatch ").put(own_ink, service.as_str()).skip(1).put_cut(ink, own)
            }
        };
    } else {
        pen.put(Role::service(snapshot.ink(service)), service.as_str()).skip(1);
        pen.put_cut(ink, own);
    }
    pen.skip(1);
    while pen.room() > 1 {
        pen.put(ground, rule);
    }
}
