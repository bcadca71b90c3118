//! Popups and toasts over the screen.

mod away;
mod confirm;
mod editor;
mod field;
mod filter;
mod grouping;
mod help;
mod markdown;
mod menus;
mod messages;
mod palette;
mod stack;
mod toasts;
mod watchdog;
mod why;
mod window;

#[cfg(test)]
mod tests;

use super::canvas::Canvas;
use crate::{
    engine::Capabilities,
    model::{ErrorGroup, Fingerprint, Scalings, Service, Watchdog},
    source::Link,
    tui::{keymap::Keymap, popup::Popup, projects::Choice, state::State, theme::Ground},
};
use chrono::{DateTime, Utc};
use ratatui::layout::Rect;
use window::Drawn;

/// Everything a popup may look at while it is drawn; the store is not locked then.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Scene<'a> {
    /// What the screen remembers.
    pub state: &'a State,
    /// The keys.
    pub keymap: &'a Keymap,
    /// The problem a popup is about, as it was when the snapshot was taken.
    pub group: Option<&'a ErrorGroup>,
    /// The other names that mean that problem.
    pub aliases: &'a [Fingerprint],
    /// All services.
    pub services: &'a [Service],
    /// Whether the source can be reached.
    pub link: &'a Link,
    /// How the watchdog sees every service.
    pub watchdog: &'a Watchdog,
    /// How the scaler sees those that it scales.
    pub scalings: &'a Scalings,
    /// What is watched, and where issues go.
    pub capabilities: &'a Capabilities,
    /// The moment of the snapshot.
    pub now: DateTime<Utc>,
}

/// Draws the toasts into the lower right corner of `log`, and the popup, where there is one, over `area`.
pub(in crate::tui) fn draw(canvas: &mut Canvas<'_>, scene: &Scene<'_>, area: Rect, log: Rect) {
    toasts::draw(canvas, scene, log);
    let drawn = match &scene.state.popup {
        None => return,
        Some(Popup::Confirm(popup)) => confirm::draw(canvas, scene, popup, area),
        Some(Popup::Pick(popup)) => menus::pick(canvas, scene, popup, area),
        Some(Popup::Bulk(at)) => stack::bulk(canvas, scene, *at, area),
        Some(Popup::Own(service, at)) => stack::own(canvas, scene, service, *at, area),
        Some(Popup::Project(popup)) => stack::project(canvas, scene, popup, area),
        Some(Popup::Merge(popup)) => grouping::merge(canvas, popup, area),
        Some(Popup::Split(popup)) => grouping::split(canvas, popup, area),
        Some(Popup::Mute(popup)) => menus::mute(canvas, scene, popup, area),
        Some(Popup::Themes(popup)) => menus::themes(canvas, popup, area),
        Some(Popup::Help(popup)) => help::draw(canvas, scene, popup, area),
        Some(Popup::Palette(popup)) => palette::draw(canvas, scene, popup, area),
        Some(Popup::Filter(popup)) => filter::draw(canvas, popup, area),
        Some(Popup::Editor(popup)) => editor::draw(canvas, scene, popup, area),
        Some(Popup::Messages(scroll)) => messages::draw(canvas, scene, *scroll, area),
        Some(Popup::Why(_)) => why::draw(canvas, scene, area),
        Some(Popup::Away(_)) => away::draw(canvas, scene, area),
        Some(Popup::Watchdog(popup)) => watchdog::menu(canvas, scene, popup, area),
        Some(Popup::Repair(service)) => watchdog::question(canvas, scene, service, area),
    };
    settle(canvas, &drawn);
}

/// Draws the list of projects over an empty screen.
pub(in crate::tui) fn projects(canvas: &mut Canvas<'_>, choices: &[Choice], at: usize) {
    let area = canvas.buffer.area;
    let drawn = menus::projects(canvas, choices, at, area);
    settle(canvas, &drawn);
}

/// Lays the grounds under a popup: first its own, then that of the row with the cursor.
fn settle(canvas: &mut Canvas<'_>, drawn: &Drawn) {
    canvas.theme.lay(canvas.buffer, drawn.area, Ground::Panel);
    if let Some(row) = drawn.cursor {
        canvas.theme.lay(canvas.buffer, row, Ground::Sel);
    }
}
