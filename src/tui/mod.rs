//! The terminal face: what is drawn, and what keys do. The only place that names ratatui and crossterm.
//!
//! Keys, clicks and the engine's hints become messages; `update` changes the state and returns effects as data;
//! `view` draws a snapshot of the store with a theme.

mod action;
mod advice;
mod aside;
pub mod clipboard;
pub mod colour;
mod completion;
mod drafting;
mod editor;
mod effects;
mod face;
mod filter;
mod heading;
mod inbox;
mod index;
mod keymap;
mod layout;
mod line;
mod log_view;
mod marks;
mod message;
mod palette;
mod past;
mod popup;
pub mod probe;
mod projects;
mod questions;
mod reader;
mod settings;
pub mod signals;
mod snapshot;
mod state;
mod summary;
pub mod terminal;
pub mod theme;
mod trace;
mod update;
mod view;
mod when;
mod wishes;

pub use face::run;
pub use projects::{Choice, pick_project};
pub use settings::Settings;

#[cfg(test)]
mod tests;
