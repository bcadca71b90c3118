//! Draws the state and a snapshot of the store with a theme; changes neither.

pub mod dialogs;
mod hit_map;

pub use hit_map::HitMap;
