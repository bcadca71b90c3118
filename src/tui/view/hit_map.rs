//! Which cells of the last frame belong to what, for the mouse.

use crate::tui::message::Target;
use ratatui::layout::{Position, Rect};

/// Areas and what a click on them means; later ones lie over earlier ones.
#[derive(Debug, Clone, Default)]
pub(crate) struct HitMap {
    areas: Vec<(Rect, Target)>,
}

impl HitMap {
    /// Forgets the last frame.
    pub(crate) fn clear(&mut self) {
        self.areas.clear();
    }

    /// These cells belong to `target`.
    pub(crate) fn add(&mut self, area: Rect, target: Target) {
        if !area.is_empty() {
            self.areas.push((area, target));
        }
    }

    /// What lies at this cell.
    pub(crate) fn at(&self, column: u16, row: u16) -> Option<&Target> {
        let cell = Position::new(column, row);
        self.areas.iter().rev().find(|(area, _)| area.contains(cell)).map(|(_, t)| t)
    }

    /// The pane at this cell, under whatever else lies there; `None` under a popup.
    pub(crate) fn pane_at(&self, column: u16, row: u16) -> Option<super::super::state::Pane> {
        let cell = Position::new(column, row);
        self.areas.iter().rev().filter(|(area, _)| area.contains(cell)).find_map(|(_, t)| match t {
            Target::Pane(pane) => Some(*pane),
            _ => None,
        })
    }
}
