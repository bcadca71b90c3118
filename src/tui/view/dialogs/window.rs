//! The frame of a popup: heavy border, title, facts and keys in its edges.

use crate::tui::{
    theme::Role,
    view::{
        canvas::{Canvas, Words},
        text::width,
    },
};
use ratatui::{layout::Rect, symbols::border};
use unicode_width::UnicodeWidthStr as _;

/// What was drawn where; the grounds are laid under it at last.
#[derive(Debug, Clone, Copy)]
pub(super) struct Drawn {
    /// The whole popup.
    pub(super) area: Rect,
    /// The row with the cursor.
    pub(super) cursor: Option<Rect>,
}

/// A popup before it is opened.
#[derive(Debug, Default)]
pub(super) struct Window<'a> {
    /// In the upper edge, left.
    pub(super) title: &'a str,
    /// In the upper edge, right.
    pub(super) facts: Words,
    /// Keys and what they do, in the lower edge, right; the last ones stay where there is no room for all.
    pub(super) keys: &'a [(&'a str, &'a str)],
    /// What kind of popup it is; its border wears it.
    pub(super) edge: Option<Role>,
}

impl Window<'_> {
    /// Opens it in the middle of `area`, at most so wide and high. Returns the popup and what is inside.
    pub(super) fn open(
        &self,
        canvas: &mut Canvas<'_>,
        area: Rect,
        columns: u16,
        rows: u16,
    ) -> (Rect, Rect) {
        let (width, height) = (columns.min(area.width), rows.min(area.height));
        let outer = Rect {
            x: area.x + (area.width - width) / 2,
            // A little above the middle: the eye finds it sooner there.
            y: area.y + (area.height - height) * 2 / 5,
            width,
            height,
        };
        (outer, self.open_at(canvas, outer))
    }

    /// Opens it as a question: the lines, and in the middle of the last row what can be answered.
    pub(super) fn ask(
        &self,
        canvas: &mut Canvas<'_>,
        area: Rect,
        columns: u16,
        (lines, answers): (&[Words], &[(Role, String)]),
    ) -> Drawn {
        let (outer, inner) = self.open(canvas, area, columns, lines.len() as u16 + 5);
        for (y, words) in lines.iter().enumerate() {
            row(canvas, inner, y as u16 + 1, words);
        }
        let used: usize = answers.iter().map(|(_, text)| width(text)).sum();
        let mut pen = canvas.pen(inner, inner.height.saturating_sub(1));
        pen.skip((usize::from(inner.width).saturating_sub(used) / 2) as u16);
        for (role, text) in answers {
            pen.put(*role, text);
        }
        Drawn { area: outer, cursor: None }
    }

    /// Opens it exactly there. Returns what is inside, with one column of space on both sides.
    pub(super) fn open_at(&self, canvas: &mut Canvas<'_>, outer: Rect) -> Rect {
        clear(canvas, outer);
        if outer.width < 6 || outer.height < 3 {
            return outer;
        }
        let role = self.edge.unwrap_or(Role::Focus);
        frame(canvas, outer, canvas.glyphs.heavy_border, role);
        let top = Rect { x: outer.x + 2, width: outer.width - 4, height: 1, ..outer };
        canvas
            .pen(top, 0)
            .put(Role::FocusTitle, " ")
            .put_cut(Role::FocusTitle, self.title)
            .put(role, " ");
        canvas.words_right(top, &self.facts, width(self.title) + 3);
        let bottom = Rect { y: outer.bottom() - 1, ..top };
        canvas.words_right(bottom, &keys(self.keys), 0);
        Rect { x: outer.x + 2, y: outer.y + 1, width: outer.width - 4, height: outer.height - 2 }
    }
}

/// Keys and what they do, as words.
pub(super) fn keys(keys: &[(&str, &str)]) -> Words {
    let mut words = Words::new();
    for (at, (key, does)) in keys.iter().enumerate() {
        let space = if at == 0 { "" } else { "  " };
        words.push((Role::Key, format!("{space}{key}")));
        words.push((Role::Muted, format!(" {does}")));
    }
    words
}

/// Writes words along a row.
pub(super) fn row(canvas: &mut Canvas<'_>, area: Rect, y: u16, words: &[(Role, String)]) {
    let mut pen = canvas.pen(area, y);
    for (role, text) in words {
        pen.put_cut(*role, text);
    }
}

/// A thin rule across.
pub(super) fn rule(canvas: &mut Canvas<'_>, area: Rect, y: u16) {
    let line = canvas.glyphs.rule.repeat(usize::from(area.width));
    canvas.pen(area, y).put(Role::Border, &line);
}

/// A row with a column more on both sides, where the bar of the cursor reaches the border.
pub(super) fn bar(body: Rect, y: u16) -> Rect {
    let x = body.x.saturating_sub(1);
    Rect { x, y: body.y + y, width: body.width + 1 + (body.x - x), height: 1 }
}

/// How far a list is scrolled so that its cursor is seen.
pub(super) const fn offset(at: usize, height: usize, rows: usize) -> usize {
    if height == 0 || rows <= height {
        return 0;
    }
    let half = height / 2;
    let most = rows - height;
    let wanted = at.saturating_sub(half);
    if wanted < most { wanted } else { most }
}

/// Empties the cells, and the half of a wide character that reaches into them from the left.
pub(super) fn clear(canvas: &mut Canvas<'_>, area: Rect) {
    let plain = canvas.theme.style(Role::Bg);
    let buffer = &mut *canvas.buffer;
    for y in area.top()..area.bottom() {
        if let Some(left) = area.x.checked_sub(1).and_then(|x| buffer.cell_mut((x, y)))
            && left.symbol().width() > 1
        {
            left.set_symbol(" ");
        }
        for x in area.left()..area.right() {
            if let Some(cell) = buffer.cell_mut((x, y)) {
                cell.reset();
                cell.set_style(plain);
            }
        }
    }
}

pub(super) fn frame(canvas: &mut Canvas<'_>, area: Rect, set: border::Set<'_>, role: Role) {
    if area.width < 2 || area.height < 2 {
        return;
    }
    let style = canvas.theme.style(role);
    let (right, bottom) = (area.right() - 1, area.bottom() - 1);
    let mut put = |x: u16, y: u16, symbol: &str| {
        if let Some(cell) = canvas.buffer.cell_mut((x, y)) {
            cell.set_symbol(symbol).set_style(style);
        }
    };
    for x in area.x + 1..right {
        put(x, area.y, set.horizontal_top);
        put(x, bottom, set.horizontal_bottom);
    }
    for y in area.y + 1..bottom {
        put(area.x, y, set.vertical_left);
        put(right, y, set.vertical_right);
    }
    put(area.x, area.y, set.top_left);
    put(right, area.y, set.top_right);
    put(area.x, bottom, set.bottom_left);
    put(right, bottom, set.bottom_right);
}
