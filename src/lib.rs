//! dogwatch: an errors inbox for Docker Compose stacks.

pub mod action;
pub mod cli;
pub mod detect;
pub mod engine;
pub mod group;
pub mod model;
pub mod parse;
pub mod source;
pub mod store;
pub mod tui;
