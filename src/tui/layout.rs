//! Which pane is where, for every size of terminal.
//!
//! ```text
//! tiny     < 60 columns or < 16 rows: the problems, or the zoomed pane
//! compact  < 100 columns: header, service chips, problems, one lower pane, the tail of the log
//! standard < 160 columns: services and problems side by side, detail, log
//! wide     from 160 columns and 45 rows: categories under the services, remedies beside the detail
//! ```

use super::state::Pane;
use ratatui::layout::Rect;

/// Rows of the histogram: a rule, five rows of bars, the axis, and one to breathe.
const HISTOGRAM: u16 = 8;

/// What kind of screen it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Shape {
    /// The problems alone.
    Tiny,
    /// Rules with titles.
    Compact,
    /// Frames.
    Standard,
    /// Frames, categories, histogram, remedies.
    Wide,
}

impl Shape {
    /// The shape of a terminal of this size.
    pub(crate) const fn of(columns: u16, rows: u16) -> Self {
        match (columns, rows) {
            (0..60, _) | (_, 0..16) => Self::Tiny,
            (60..100, _) => Self::Compact,
            (160.., 45..) => Self::Wide,
            _ => Self::Standard,
        }
    }
}

/// Where everything is; a pane that is not on the screen is empty.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Layout {
    /// What kind of screen it is.
    pub(crate) shape: Shape,
    /// One row.
    pub(crate) header: Rect,
    /// One row of services, where they have no pane.
    pub(crate) chips: Rect,
    /// See [`Pane::Services`].
    pub(crate) services: Rect,
    /// See [`Pane::Problems`].
    pub(crate) problems: Rect,
    /// Inside of the problems, at their bottom: events a minute.
    pub(crate) histogram: Rect,
    /// See [`Pane::Detail`].
    pub(crate) detail: Rect,
    /// See [`Pane::Logs`].
    pub(crate) logs: Rect,
    /// See [`Pane::Categories`].
    pub(crate) categories: Rect,
    /// One row of hints.
    pub(crate) status: Rect,
    /// What is between header and hints.
    pub(crate) body: Rect,
    /// Whether the log is only its tail, under another lower pane.
    pub(crate) is_tail: bool,
}

/// What decides besides the size.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Wish {
    /// Which pane has the keys.
    pub(crate) focus: Pane,
    /// Which pane is shown where there is room for one.
    pub(crate) lower: Pane,
    /// Whether the pane with the keys has the whole screen.
    pub(crate) is_zoomed: bool,
    /// How many services there are.
    pub(crate) services: usize,
}

impl Layout {
    /// The layout of a terminal of this size.
    pub(crate) fn of(columns: u16, rows: u16, wish: Wish) -> Self {
        let shape = Shape::of(columns, rows);
        let row = |y, height| Rect { x: 0, y, width: columns, height };
        let header = if rows >= 2 { row(0, 1) } else { Rect::ZERO };
        let status = if rows >= 6 { row(rows - 1, 1) } else { Rect::ZERO };
        let body = row(header.height, rows - header.height - status.height);
        let mut layout = Self {
            shape,
            header,
            chips: Rect::ZERO,
            services: Rect::ZERO,
            problems: Rect::ZERO,
            histogram: Rect::ZERO,
            detail: Rect::ZERO,
            logs: Rect::ZERO,
            categories: Rect::ZERO,
            status,
            body,
            is_tail: false,
        };
        if wish.is_zoomed || (shape == Shape::Tiny && wish.focus != Pane::Problems) {
            *layout.pane_mut(wish.focus) = body;
            return layout;
        }
        match shape {
            Shape::Tiny => layout.problems = body,
            Shape::Compact => layout.compact(body, wish),
            Shape::Standard => layout.standard(body, wish),
            Shape::Wide => layout.wide(body, wish),
        }
        layout
    }

    /// Where a pane is.
    pub(crate) const fn pane(&self, pane: Pane) -> Rect {
        match pane {
            Pane::Services => self.services,
            Pane::Problems => self.problems,
            Pane::Detail => self.detail,
            Pane::Logs => self.logs,
            Pane::Categories => self.categories,
        }
    }

    /// Rows inside a pane's edge.
    pub(crate) fn rows(&self, pane: Pane) -> usize {
        let edge = if self.shape >= Shape::Standard { 2 } else { 1 };
        let taken = if pane == Pane::Problems { self.histogram.height } else { 0 };
        let height = self.pane(pane).height;
        if height == 1 { 1 } else { usize::from(height.saturating_sub(edge + taken)) }
    }

    fn pane_mut(&mut self, pane: Pane) -> &mut Rect {
        match pane {
            Pane::Services => &mut self.services,
            Pane::Problems => &mut self.problems,
            Pane::Detail => &mut self.detail,
            Pane::Logs => &mut self.logs,
            Pane::Categories => &mut self.categories,
        }
    }

    fn compact(&mut self, body: Rect, wish: Wish) {
        let (chips, body) = cut_top(body, 1);
        self.chips = chips;
        let is_log = wish.lower == Pane::Logs;
        let tail = match body.height {
            _ if is_log => 0,
            0..18 => 0,
            18..34 => 2,
            tall => tall / 4,
        };
        let (body, logs) = cut_bottom(body, tail);
        let (problems, lower) = cut_bottom(body, (body.height * 48 + 50) / 100);
        self.problems = problems;
        *self.pane_mut(wish.lower) = lower;
        if tail > 0 {
            self.logs = logs;
            self.is_tail = tail == 2;
        }
    }

    fn standard(&mut self, body: Rect, wish: Wish) {
        // The log gives way first: below 30 rows it shares the lower half.
        let is_low = body.height < 28;
        let logs = if is_low { 0 } else { body.height * 29 / 100 };
        let detail = if is_low { body.height / 2 } else { body.height * 37 / 100 };
        let (body, logs) = cut_bottom(body, logs);
        let (top, detail) = cut_bottom(body, detail);
        let left = if body.width >= 140 { 46 } else { 38 };
        let (services, problems) = cut_left(top, left);
        self.services = services;
        self.problems = problems;
        let is_shared = matches!(wish.lower, Pane::Logs | Pane::Categories) && is_low;
        self.detail = detail;
        self.logs = logs;
        if is_shared {
            self.detail = Rect::ZERO;
            *self.pane_mut(wish.lower) = detail;
        } else if wish.lower == Pane::Categories {
            self.services = Rect::ZERO;
            self.categories = services;
        }
    }

    fn wide(&mut self, body: Rect, wish: Wish) {
        let (body, logs) = cut_bottom(body, body.height * 28 / 100);
        let (top, detail) = cut_bottom(body, body.height * 41 / 100);
        let (left, problems) = cut_left(top, 56);
        // Two rows more than they need: what is wrong with the selected one stands there.
        let wanted = wish.services as u16 + 5;
        let (services, categories) = cut_top(left, wanted.clamp(5, left.height - left.height / 3));
        self.services = services;
        self.categories = categories;
        self.problems = problems;
        self.detail = detail;
        self.logs = logs;
        if problems.height >= HISTOGRAM + 14 && problems.width >= 90 {
            self.histogram = Rect {
                x: problems.x + 1,
                y: problems.bottom() - 1 - HISTOGRAM,
                width: problems.width - 2,
                height: HISTOGRAM,
            };
        }
    }
}

fn cut_top(area: Rect, height: u16) -> (Rect, Rect) {
    let height = height.min(area.height);
    (Rect { height, ..area }, Rect { y: area.y + height, height: area.height - height, ..area })
}

fn cut_bottom(area: Rect, height: u16) -> (Rect, Rect) {
    let height = height.min(area.height);
    let (top, bottom) = cut_top(area, area.height - height);
    (top, bottom)
}

fn cut_left(area: Rect, width: u16) -> (Rect, Rect) {
    let width = width.min(area.width);
    (Rect { width, ..area }, Rect { x: area.x + width, width: area.width - width, ..area })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wish(focus: Pane, is_zoomed: bool) -> Wish {
        let lower = if focus == Pane::Problems { Pane::Detail } else { focus };
        Wish { focus, lower, is_zoomed, services: 9 }
    }

    #[test]
    fn panes_never_overlap_nor_leave_the_screen() {
        let panes = Pane::ALL;
        for columns in [0, 1, 20, 59, 60, 80, 99, 100, 140, 160, 200, 300] {
            for rows in [0, 1, 2, 5, 6, 15, 16, 24, 29, 30, 45, 60, 100] {
                for focus in panes {
                    for is_zoomed in [false, true] {
                        let layout = Layout::of(columns, rows, wish(focus, is_zoomed));
                        let screen = Rect::new(0, 0, columns, rows);
                        let areas = [
                            layout.header,
                            layout.chips,
                            layout.services,
                            layout.problems,
                            layout.detail,
                            layout.logs,
                            layout.categories,
                            layout.status,
                        ];
                        for (at, area) in areas.iter().enumerate() {
                            assert_eq!(area.intersection(screen).area(), area.area());
                            for other in &areas[at + 1..] {
                                assert!(
                                    !area.intersects(*other) || area.is_empty() || other.is_empty(),
                                    "{columns}x{rows} {focus:?} {layout:?}"
                                );
                            }
                        }
                        if columns > 0 && rows > 0 {
                            assert!(!layout.pane(focus).is_empty(), "{columns}x{rows} {focus:?}");
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn the_three_sizes_have_their_panes() {
        let layout = |columns, rows| Layout::of(columns, rows, wish(Pane::Problems, false));
        let compact = layout(80, 24);
        assert_eq!(compact.shape, Shape::Compact);
        assert_eq!(
            (compact.problems.height, compact.detail.height, compact.logs.height),
            (10, 9, 2)
        );
        let standard = layout(120, 40);
        assert_eq!(standard.services.width, 38);
        assert!(standard.categories.is_empty() && standard.logs.height == 11);
        let wide = layout(200, 60);
        assert!(!wide.categories.is_empty());
        assert_eq!(wide.services.height, 14);
        let low = layout(120, 24);
        assert!(low.logs.is_empty() && low.detail.height == 11);
    }
}
