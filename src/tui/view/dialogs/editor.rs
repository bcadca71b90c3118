//! The issue editor: title, labels, Markdown and its preview, what is masked, and whether it is filed already.

use super::{
    Scene, field, markdown,
    window::{Drawn, Window, row, rule},
};
use crate::tui::{
    popup::{Editor, Field, Lookup},
    theme::Role,
    view::{
        canvas::{Canvas, Words},
        text::{many, width},
    },
};
use ratatui::{layout::Rect, widgets::Widget as _};

/// From so many columns on, Markdown and preview stand side by side.
const WIDE: u16 = 92;
/// Columns of the labels before the fields.
const LABEL: u16 = 8;

pub(super) fn draw(canvas: &mut Canvas<'_>, _: &Scene<'_>, popup: &Editor, area: Rect) -> Drawn {
    let columns = area.width.saturating_sub(if area.width >= 100 { 8 } else { 2 }).min(160);
    let rows = area.height.saturating_sub(if area.height >= 30 { 4 } else { 1 });
    let keys = keys(popup, area.width);
    let window = Window { title: "File an issue", facts: facts(popup), keys: &keys, edge: None };
    let (outer, inner) = window.open(canvas, area, columns, rows);
    if inner.height < 6 {
        return Drawn { area: outer, cursor: None };
    }
    line(canvas, inner, 0, ("Title", Field::Title), popup);
    line(canvas, inner, 1, ("Labels", Field::Labels), popup);
    rule(canvas, inner, 2);
    let foot = 3;
    let body = Rect { y: inner.y + 3, height: inner.height.saturating_sub(3 + foot), ..inner };
    if inner.width >= WIDE {
        let half = (body.width - 3) / 2;
        let left = Rect { width: half, ..body };
        let right = Rect { x: body.x + half + 3, width: body.width - half - 3, ..body };
        for y in 0..body.height {
            let middle = Rect { x: body.x + half + 1, width: 1, ..body };
            let bar = canvas.glyphs.bar;
            canvas.pen(middle, y).put(Role::Border, bar);
        }
        source(canvas, left, popup);
        preview(canvas, right, popup);
    } else if popup.shows_preview {
        preview(canvas, body, popup);
    } else {
        source(canvas, body, popup);
    }
    let y = inner.height - foot;
    rule(canvas, inner, y);
    row(canvas, inner, y + 1, &lookup(popup));
    row(canvas, inner, y + 2, &notes(popup));
    Drawn { area: outer, cursor: None }
}

fn facts(popup: &Editor) -> Words {
    let repository = popup.tracker.repository.as_ref();
    let signed_in = if popup.tracker.is_signed_in {
        (Role::Ok, "signed in".to_owned())
    } else {
        (Role::Warn, "no token".to_owned())
    };
    match repository {
        Some(repository) => vec![(Role::Muted, format!("{repository}  ")), signed_in],
        None => vec![(Role::Warn, "no repository known".to_owned())],
    }
}

/// The keys of the lower edge: what can be done here, most wanted last, where it is never cut.
fn keys(popup: &Editor, columns: u16) -> Vec<(&'static str, &'static str)> {
    let mut keys = Vec::new();
    let can_file = popup.tracker.is_signed_in && popup.tracker.repository.is_some();
    let is_found = matches!(&popup.lookup, Lookup::Found(issue) if issue.is_open);
    if can_file && !is_found {
        keys.push(("^S", "file"));
    } else {
        keys.push(("^Y", "copy"));
        keys.push(("^F", "save"));
        if is_found {
            keys.push(("^B", "open it"));
        } else if popup.tracker.repository.is_some() {
            keys.push(("^B", "browser"));
        }
    }
    keys.push(("^O", "$EDITOR"));
    if columns < WIDE + 12 {
        keys.push(("^T", if popup.shows_preview { "Markdown" } else { "preview" }));
    }
    keys.push(("⇥", "field"));
    keys.push(("esc", "keep draft"));
    keys
}

fn line(
    canvas: &mut Canvas<'_>,
    inner: Rect,
    y: u16,
    (label, field): (&str, Field),
    popup: &Editor,
) {
    let has_keys = popup.field == field;
    let role = if has_keys { Role::FocusTitle } else { Role::Muted };
    canvas.pen(inner, y).put(role, label);
    let area = Rect { x: inner.x + LABEL, width: inner.width.saturating_sub(LABEL), ..inner };
    let text = if field == Field::Title { &popup.title } else { &popup.labels };
    if field == Field::Labels && !has_keys {
        let mut pen = canvas.pen(area, y);
        for label in text.as_str().split(',').map(str::trim).filter(|l| !l.is_empty()) {
            if pen.room() < width(label) {
                pen.put(Role::Muted, "…");
                return;
            }
            let role = match label.strip_prefix("severity:") {
                Some("critical") => Role::Crit,
                Some("error") => Role::Err,
                Some("warning") => Role::Warn,
                _ if label == "bug" => Role::Strong,
                _ => Role::Accent,
            };
            pen.put(role, label).skip(2);
        }
        return;
    }
    field::draw(canvas, area, y, text, has_keys);
}

fn source(canvas: &mut Canvas<'_>, area: Rect, popup: &Editor) {
    let role = if popup.field == Field::Body { Role::FocusTitle } else { Role::Muted };
    canvas.pen(area, 0).put(role, "Markdown");
    let text = Rect { y: area.y + 1, height: area.height.saturating_sub(1), ..area };
    let text = text.intersection(canvas.buffer.area);
    if !text.is_empty() {
        (&popup.body).render(text, canvas.buffer);
    }
}

/// The preview, scrolled along with the cursor of the source.
fn preview(canvas: &mut Canvas<'_>, area: Rect, popup: &Editor) {
    canvas.pen(area, 0).put(Role::Muted, "Preview");
    let height = usize::from(area.height.saturating_sub(1));
    let lines = popup.body.lines();
    let cursor = popup.body.cursor().0;
    let columns = usize::from(area.width);
    // Rows of the preview above the cursor's line; the cursor's own row stays in the lower third.
    let above = markdown::preview(&lines[..cursor.min(lines.len())], columns, 0, 4_000).len();
    let skip = above.saturating_sub(height * 2 / 3);
    let skip = if popup.field == Field::Body { skip } else { 0 };
    for (y, words) in markdown::preview(lines, columns, skip, height).iter().enumerate() {
        row(canvas, area, y as u16 + 1, words);
    }
}

/// What is known about an issue that stands already.
fn lookup(popup: &Editor) -> Words {
    match &popup.lookup {
        Lookup::Found(issue) if issue.is_open => vec![
            (Role::WarnBadge, format!(" #{} stands already ", issue.number)),
            (Role::Fg, "  it is open, with the same fingerprint  ".to_owned()),
            (Role::Key, "^B".to_owned()),
            (Role::Muted, " open it and comment there instead".to_owned()),
        ],
        _ if popup.is_sending => vec![(Role::Accent, "Filing it…".to_owned())],
        _ if popup.tracker.repository.is_none() => vec![
            (Role::Warn, "No repository: ".to_owned()),
            (Role::Fg, "copy it or save it. ".to_owned()),
            (
                Role::Muted,
                "A git remote, or issues.repository in the config, names one.".to_owned(),
            ),
        ],
        _ if !popup.tracker.is_signed_in => vec![
            (Role::Warn, format!("No {}: ", popup.tracker.kind.token_names(&popup.tracker.web))),
            (Role::Fg, "copy it, save it, or open the form in the browser. ".to_owned()),
            (Role::Muted, format!("Made at {}", popup.tracker.kind.token_page(&popup.tracker.web))),
        ],
        Lookup::Found(issue) => vec![
            (Role::Warn, format!("#{} was about this and is closed. ", issue.number)),
            (Role::Key, "^S".to_owned()),
            (Role::Muted, " files a new one, ".to_owned()),
            (Role::Key, "^B".to_owned()),
            (Role::Muted, " opens the old one".to_owned()),
        ],
        Lookup::Looking => {
            vec![(Role::Muted, "Looking whether it is filed already…".to_owned())]
        }
        Lookup::Failed(reason) => vec![
            (Role::Warn, "Not known whether it is filed already: ".to_owned()),
            (Role::Fg, reason.to_string()),
        ],
        Lookup::None => vec![(Role::Ok, "Nobody has filed it yet.".to_owned())],
    }
}

/// What was masked, and by what it is found again.
fn notes(popup: &Editor) -> Words {
    let masked = popup.draft.masked;
    let secrets = if masked == 0 {
        (Role::Muted, "no secrets found".to_owned())
    } else {
        (Role::Warn, format!("{} masked", many(masked as u64, "secret")))
    };
    vec![
        secrets,
        (Role::Muted, format!(" · fingerprint {}", popup.draft.fingerprint.short())),
        (Role::Muted, " · will not be filed twice".to_owned()),
    ]
}
