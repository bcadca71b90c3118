//! Popups and toasts over the screen.

use super::{Glyphs, HitMap};
use crate::{
    model::{ErrorGroup, Service},
    tui::{keymap::Keymap, state::State, theme::Theme},
};
use chrono::{DateTime, Utc};
use ratatui::{buffer::Buffer, layout::Rect};

/// Everything a popup may look at while it is drawn; the store is not locked then.
#[derive(Debug, Clone, Copy)]
pub struct Scene<'a> {
    /// What the screen remembers.
    pub state: &'a State,
    /// The keys.
    pub keymap: &'a Keymap,
    /// The colours.
    pub theme: &'a Theme,
    /// The characters.
    pub glyphs: &'a Glyphs,
    /// The problem a popup is about, as it was when the snapshot was taken.
    pub group: Option<&'a ErrorGroup>,
    /// All services.
    pub services: &'a [Service],
    /// The moment of the snapshot.
    pub now: DateTime<Utc>,
}

/// Draws the popup, where there is one, and the toasts.
pub fn draw(scene: &Scene<'_>, area: Rect, buffer: &mut Buffer, hits: &mut HitMap) {
    let _ = (scene, area, buffer, hits);
}
