//! Popups and toasts over the screen.

use super::canvas::Canvas;
use crate::{
    engine::Capabilities,
    model::{ErrorGroup, Service},
    source::Link,
    tui::{keymap::Keymap, state::State},
};
use chrono::{DateTime, Utc};
use ratatui::layout::Rect;

/// Everything a popup may look at while it is drawn; the store is not locked then.
#[derive(Debug, Clone, Copy)]
pub struct Scene<'a> {
    /// What the screen remembers.
    pub state: &'a State,
    /// The keys.
    pub keymap: &'a Keymap,
    /// The problem a popup is about, as it was when the snapshot was taken.
    pub group: Option<&'a ErrorGroup>,
    /// All services.
    pub services: &'a [Service],
    /// Whether the source can be reached.
    pub link: &'a Link,
    /// What is watched, and where issues go.
    pub capabilities: &'a Capabilities,
    /// The moment of the snapshot.
    pub now: DateTime<Utc>,
}

/// Draws the toasts into the lower right corner of `log`, and the popup, where there is one, over `area`.
pub(in crate::tui) fn draw(canvas: &mut Canvas<'_>, scene: &Scene<'_>, area: Rect, log: Rect) {
    let _ = (canvas, scene, area, log);
}
