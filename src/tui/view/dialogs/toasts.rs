//! Notes in the lower right corner of the log: a coloured edge, a sign, words. Never over the problems.

use super::{Scene, window};
use crate::{
    model::Severity,
    tui::{
        message::NoteKind,
        theme::{Ground, Role},
        view::{
            Glyphs,
            canvas::Canvas,
            text::{width, wrap},
        },
    },
};
use ratatui::layout::Rect;

/// Columns of the widest toast.
const WIDEST: u16 = 64;

/// The ink and the sign of a kind of note.
pub(super) const fn look(glyphs: &Glyphs, kind: NoteKind) -> (Role, &'static str) {
    match kind {
        NoteKind::Progress => (Role::Accent, glyphs.more),
        NoteKind::Good => (Role::Ok, glyphs.good),
        NoteKind::Info => (Role::Info, "i"),
        NoteKind::Warning => (Role::Warn, "!"),
        NoteKind::Bad => (Role::Err, glyphs.bad),
    }
}

pub(super) fn draw(canvas: &mut Canvas<'_>, scene: &Scene<'_>, log: Rect) {
    let room = log.width.saturating_sub(2).min(WIDEST);
    if room < 20 {
        return;
    }
    let toasts: Vec<(Role, &str, Vec<&str>)> = scene
        .state
        .shown_toasts()
        .into_iter()
        .map(|toast| {
            let (role, glyph) = look(canvas.glyphs, toast.note.kind);
            (role, glyph, wrap(&toast.note.text, usize::from(room) - 7, 3))
        })
        .collect();
    let lines = toasts.iter().flat_map(|(_, _, lines)| lines);
    let columns = 7 + lines.map(|line| width(line)).max().unwrap_or(0) as u16;
    // Frames where the log stays readable above them.
    let rows: u16 = toasts.iter().map(|(_, _, lines)| lines.len() as u16 + 2).sum();
    let has_frames = rows + 2 <= log.height;
    let mut bottom = log.bottom().saturating_sub(1);
    for (role, glyph, lines) in toasts.iter().rev() {
        let height = lines.len() as u16 + if has_frames { 2 } else { 0 };
        let Some(y) = bottom.checked_sub(height).filter(|y| *y >= log.y) else { break };
        let area = Rect { x: log.right().saturating_sub(columns + 1), y, width: columns, height };
        toast(canvas, area, (*role, glyph), lines, has_frames);
        bottom = y;
    }
}

fn toast(
    canvas: &mut Canvas<'_>,
    area: Rect,
    (role, glyph): (Role, &str),
    lines: &[&str],
    has_frame: bool,
) {
    window::clear(canvas, area);
    if has_frame {
        window::frame(canvas, area, canvas.glyphs.border, Role::Border);
    }
    let edge = canvas.glyphs.severity(Severity::Error);
    for y in 0..area.height {
        canvas.pen(area, y).put(role, edge);
    }
    let first = u16::from(has_frame);
    for (row, line) in lines.iter().enumerate() {
        let mut pen = canvas.pen(area, first + row as u16);
        pen.skip(2).put(role, if row == 0 { glyph } else { " " }).skip(1).put(Role::Fg, line);
    }
    canvas.theme.lay(canvas.buffer, area, Ground::Panel);
}
