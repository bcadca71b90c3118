//! What views draw on: a buffer with theme, characters and the map of clicks, and a pen that moves along one row.

use super::{
    glyphs::Glyphs,
    hit_map::HitMap,
    text::{calm, fit, take, width},
};
use crate::{
    model::Severity,
    tui::{
        message::Target,
        state::Pane,
        theme::{Ground, Role, Theme},
    },
};
use ratatui::{
    buffer::Buffer,
    layout::{Position, Rect},
};

/// Where a view draws.
#[derive(Debug)]
pub(crate) struct Canvas<'a> {
    /// The cells.
    pub(crate) buffer: &'a mut Buffer,
    /// The colours.
    pub(crate) theme: &'a Theme,
    /// The characters.
    pub(crate) glyphs: &'a Glyphs,
    /// Who owns which cells.
    pub(crate) hits: &'a mut HitMap,
    /// Whether panes have frames; else rules with titles.
    pub(crate) has_frames: bool,
}

/// Words in the edge of a pane: pieces of text with what they mean.
pub(crate) type Words = Vec<(Role, String)>;

impl Canvas<'_> {
    /// A pen at the start of the row `y` of `area`.
    pub(crate) fn pen(&mut self, area: Rect, y: u16) -> Pen<'_> {
        // Popups on tiny terminals may ask for rows that are not there.
        let cell = Position::new(area.x, area.y + y.min(area.height.saturating_sub(1)));
        let is_inside = y < area.height && self.buffer.area.contains(cell);
        let right = area.right().min(self.buffer.area.right());
        Pen {
            buffer: self.buffer,
            theme: self.theme,
            x: area.x,
            y: area.y + y.min(area.height.saturating_sub(1)),
            start: area.x,
            end: if is_inside { right } else { area.x },
        }
    }

    /// Lays the ground of the selection under a row.
    pub(crate) fn select(&mut self, area: Rect, y: u16) {
        if y < area.height {
            let row = Rect { y: area.y + y, height: 1, ..area };
            self.theme.lay(self.buffer, row, Ground::Sel);
        }
    }

    /// Registers a row for clicks.
    pub(crate) fn hit_row(&mut self, area: Rect, y: u16, target: Target) {
        if y < area.height {
            self.hits.add(Rect { y: area.y + y, height: 1, ..area }, target);
        }
    }

    /// Draws the edge of a pane: its number and title on the left, facts on the right, tallies below.
    /// Returns what is inside.
    pub(crate) fn pane(&mut self, area: Rect, edge: &Edge<'_>) -> Rect {
        if area.is_empty() {
            return Rect::ZERO;
        }
        self.hits.add(area, Target::Pane(edge.pane));
        let role = if edge.has_focus { Role::Focus } else { Role::Border };
        let title_role = if edge.has_focus { Role::FocusTitle } else { Role::Title };
        let framed = self.has_frames && area.width >= 4 && area.height >= 3;
        let inner = if framed {
            self.frame(area, role);
            Rect { x: area.x + 1, y: area.y + 1, width: area.width - 2, height: area.height - 2 }
        } else if area.height == 1 {
            // One row is all there is: it belongs to what is inside.
            return area;
        } else {
            let glyph = if edge.has_focus { self.glyphs.heavy_rule } else { self.glyphs.rule };
            let style = self.theme.style(role);
            for x in area.left()..area.right() {
                self.buffer[(x, area.y)].set_symbol(glyph).set_style(style);
            }
            Rect { y: area.y + 1, height: area.height - 1, ..area }
        };
        let margin = if framed { 2 } else { 1 };
        let top = Rect {
            x: area.x + margin,
            width: area.width.saturating_sub(2 * margin),
            height: 1,
            ..area
        };
        let mut pen = self.pen(top, 0);
        let left: Words = edge.left.clone();
        pen.put(title_role, " ");
        if framed {
            pen.put(Role::Muted, &edge.pane.number().to_string()).put(title_role, " ");
        }
        if !edge.title.is_empty() {
            pen.put(title_role, edge.title).put(title_role, " ");
        }
        for (role, text) in &left {
            pen.put(*role, text);
        }
        let used = usize::from(pen.x - top.x);
        self.words_right(top, &edge.right, used + 2);
        if framed && !edge.bottom.is_empty() {
            let bottom = Rect { y: area.bottom() - 1, ..top };
            self.words_right(bottom, &edge.bottom, 0);
        }
        inner
    }

    /// Words at the right end of a row, with a space on both sides; pieces that do not fit are left out from the left.
    pub(crate) fn words_right(&mut self, area: Rect, words: &Words, reserved: usize) {
        let room = usize::from(area.width).saturating_sub(reserved);
        let mut from = words.len();
        let mut used = 2;
        while from > 0 {
            let piece = width(&words[from - 1].1);
            if used + piece > room {
                break;
            }
            used += piece;
            from -= 1;
        }
        let words = &words[from..];
        let text_is_blank = words.iter().all(|(_, t)| t.trim().is_empty());
        if words.is_empty() || text_is_blank {
            return;
        }
        let mut pen = self.pen(area, 0);
        pen.goto(area.right().saturating_sub(used as u16));
        pen.put(Role::Muted, " ");
        for (at, (role, text)) in words.iter().enumerate() {
            pen.put(*role, if at == 0 { text.trim_start() } else { text });
        }
        pen.put(Role::Muted, " ");
    }

    fn frame(&mut self, area: Rect, role: Role) {
        let set = self.glyphs.border;
        let style = self.theme.style(role);
        let (right, bottom) = (area.right() - 1, area.bottom() - 1);
        for x in area.x + 1..right {
            self.buffer[(x, area.y)].set_symbol(set.horizontal_top).set_style(style);
            self.buffer[(x, bottom)].set_symbol(set.horizontal_bottom).set_style(style);
        }
        for y in area.y + 1..bottom {
            self.buffer[(area.x, y)].set_symbol(set.vertical_left).set_style(style);
            self.buffer[(right, y)].set_symbol(set.vertical_right).set_style(style);
        }
        for (x, y, symbol) in [
            (area.x, area.y, set.top_left),
            (right, area.y, set.top_right),
            (area.x, bottom, set.bottom_left),
            (right, bottom, set.bottom_right),
        ] {
            self.buffer[(x, y)].set_symbol(symbol).set_style(style);
        }
    }
}

/// What stands in the edge of a pane.
#[derive(Debug, Clone)]
pub(crate) struct Edge<'a> {
    /// Which pane.
    pub(crate) pane: Pane,
    /// Its title.
    pub(crate) title: &'a str,
    /// Whether it has the keys.
    pub(crate) has_focus: bool,
    /// After the title.
    pub(crate) left: Words,
    /// At the right end of the top.
    pub(crate) right: Words,
    /// At the right end of the bottom, where there is a frame.
    pub(crate) bottom: Words,
}

/// Writes along one row and never beyond its end.
#[derive(Debug)]
pub(crate) struct Pen<'a> {
    buffer: &'a mut Buffer,
    theme: &'a Theme,
    x: u16,
    y: u16,
    start: u16,
    end: u16,
}

impl Pen<'_> {
    /// Writes a text, cut without a sign at the end of the row.
    pub(crate) fn put(&mut self, role: Role, text: &str) -> &mut Self {
        let room = self.room();
        if room > 0 && !text.is_empty() {
            // Only so much of a long text can be seen; clusters are at most a few bytes a column.
            let text = calm(take_bytes(text, room * 16));
            let (x, _) =
                self.buffer.set_stringn(self.x, self.y, &text, room, self.theme.style(role));
            self.x = x;
        }
        self
    }

    /// Writes a text, cut with `…` at the end of the row.
    pub(crate) fn put_cut(&mut self, role: Role, text: &str) -> &mut Self {
        let room = self.room();
        let calm = calm(take_bytes(text, room * 16 + 64));
        let text = fit(&calm, room);
        self.put(role, &text)
    }

    /// Writes a text into a column, cut with `…`, filled with spaces on its right.
    pub(crate) fn left(&mut self, role: Role, text: &str, columns: u16) -> &mut Self {
        let until = (self.x + columns).min(self.end);
        let calm = calm(text);
        let text = fit(&calm, usize::from(until - self.x));
        self.put(role, &text);
        self.goto(until)
    }

    /// Writes a text into a column, cut with `…`, filled with spaces on its left.
    pub(crate) fn right(&mut self, role: Role, text: &str, columns: u16) -> &mut Self {
        let until = (self.x + columns).min(self.end);
        let calm = calm(text);
        let text = fit(&calm, usize::from(until - self.x));
        let start = until - width(&text) as u16;
        self.goto(start).put(role, &text);
        self.goto(until)
    }

    /// Writes a masked message: what stands in `<...>` has its own ink.
    pub(crate) fn template(&mut self, role: Role, text: &str) -> &mut Self {
        let room = self.room();
        let calm = calm(take_bytes(text, room * 16 + 64));
        for (role, text) in template_words(role, &fit(&calm, room)) {
            self.put(role, &text);
        }
        self
    }

    /// Writes a sparkline in so many columns: minutes without events are fainter than those with some.
    pub(crate) fn spark(
        &mut self,
        role: Role,
        glyphs: &Glyphs,
        text: &str,
        columns: u16,
    ) -> &mut Self {
        let until = self.x + columns;
        for piece in text.split_inclusive(glyphs.zero) {
            let busy = piece.strip_suffix(glyphs.zero);
            self.put(role, busy.unwrap_or(piece));
            if busy.is_some() {
                self.put(Role::Border, glyphs.zero);
            }
        }
        self.goto(until)
    }

    /// The bar and letter of a severity.
    pub(crate) fn severity(&mut self, glyphs: &Glyphs, severity: Severity) -> &mut Self {
        let letter = match severity {
            Severity::Critical => "C",
            Severity::Error => "E",
            Severity::Warning => "W",
            Severity::Info => "I",
        };
        let ink = Role::severity(severity);
        let letter_role = if severity == Severity::Critical { Role::CritBadge } else { ink };
        self.put(ink, glyphs.severity(severity)).put(letter_role, letter)
    }

    /// Moves so many columns to the right.
    pub(crate) fn skip(&mut self, columns: u16) -> &mut Self {
        self.goto(self.x.saturating_add(columns))
    }

    /// Moves to a column of the screen, never beyond the end.
    pub(crate) fn goto(&mut self, x: u16) -> &mut Self {
        self.x = x.clamp(self.start, self.end);
        self
    }

    /// The column it is at.
    pub(crate) const fn x(&self) -> u16 {
        self.x
    }

    /// Columns that are left.
    pub(crate) fn room(&self) -> usize {
        usize::from(self.end.saturating_sub(self.x))
    }
}

/// A masked message as words: what stands in `<...>` has its own ink.
pub(crate) fn template_words(role: Role, text: &str) -> Words {
    let mut words = Words::new();
    let mut rest = text;
    while let Some(from) = rest.find('<') {
        let Some(length) = rest[from..].find('>') else { break };
        let inner = &rest[from + 1..from + length];
        let is_mask = !inner.is_empty()
            && inner.len() <= 16
            && inner.chars().all(|c| c.is_ascii_lowercase() || "*-_ 0123456789".contains(c));
        let until = from + length + 1;
        let (before, mask) = rest[..until].split_at(from);
        words.push((role, before.to_owned()));
        words.push((if is_mask { Role::Var } else { role }, mask.to_owned()));
        rest = &rest[until..];
    }
    words.push((role, rest.to_owned()));
    words
}

/// At most so many bytes, on a character boundary.
fn take_bytes(text: &str, bytes: usize) -> &str {
    if text.len() <= bytes { text } else { take(&text[..text.floor_char_boundary(bytes)], bytes) }
}
