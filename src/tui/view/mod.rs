//! Draws the state and a snapshot of the store with a theme; changes neither.

mod canvas;
pub mod dialogs;
mod glyphs;
mod hit_map;
mod text;

pub use glyphs::Glyphs;
pub use hit_map::HitMap;
