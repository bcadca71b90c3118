//! Draws the state and a snapshot of the store with a theme; changes neither.

mod canvas;
mod categories;
mod detail;
pub(crate) mod dialogs;
mod empty;
mod glyphs;
mod header;
mod histogram;
mod hit_map;
mod json;
mod log_line;
mod logs;
mod problems;
mod search;
mod services;
pub(crate) mod status;
mod text;
mod watch;

pub(crate) use glyphs::Glyphs;
pub(crate) use hit_map::HitMap;

use super::{
    keymap::Keymap,
    layout::Shape,
    snapshot::Snapshot,
    state::State,
    theme::{Role, Theme},
};
use crate::engine::Capabilities;
pub(super) use canvas::Canvas;
use ratatui::buffer::Buffer;

/// What does not change from frame to frame.
#[derive(Debug)]
pub(crate) struct Look {
    /// The colours.
    pub(crate) theme: Theme,
    /// The keys, for hints and help.
    pub(crate) keymap: Keymap,
    /// The characters.
    pub(crate) glyphs: Glyphs,
    /// What this run can do.
    pub(crate) capabilities: Capabilities,
}

/// Draws one frame:
///
/// ```text
/// header                     project, services, problems, rate, time
/// services | problems        chips instead of services below 100 columns
/// detail                     of the selected problem
/// logs
/// hints                      of the pane that has the keys
/// ```
pub(crate) fn draw(
    look: &Look,
    state: &State,
    snapshot: &Snapshot,
    buffer: &mut Buffer,
    hits: &mut HitMap,
) {
    let area = buffer.area;
    hits.clear();
    let (columns, rows) = state.size;
    if area.is_empty() || (area.width, area.height) != (columns, rows) {
        // The terminal changed since the snapshot was taken; the next frame fits.
        return;
    }
    let layout = &snapshot.layout;
    buffer.set_style(area, look.theme.style(Role::Bg));
    let mut canvas = Canvas {
        buffer,
        theme: &look.theme,
        glyphs: &look.glyphs,
        hits,
        has_frames: layout.shape >= Shape::Standard,
    };
    services::draw(&mut canvas, state, snapshot);
    match &state.search {
        Some(search) => search::draw(&mut canvas, state, snapshot, search),
        None => problems::draw(&mut canvas, state, snapshot),
    }
    categories::draw(&mut canvas, state, snapshot);
    detail::draw(&mut canvas, state, snapshot);
    logs::draw(&mut canvas, state, snapshot);
    header::draw(&mut canvas, state, snapshot);
    status::draw(&mut canvas, state, &look.keymap, snapshot);
    let scene = dialogs::Scene {
        state,
        keymap: &look.keymap,
        group: snapshot.group.as_ref(),
        aliases: &snapshot.aliases,
        services: &snapshot.all_services,
        link: &snapshot.link,
        watchdog: &snapshot.watchdog,
        scalings: &snapshot.scalings,
        capabilities: &look.capabilities,
        now: snapshot.now,
    };
    let log = if layout.logs.height > 2 { layout.logs } else { layout.body };
    dialogs::draw(&mut canvas, &scene, area, log);
}
