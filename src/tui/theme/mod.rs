//! Meanings and their looks: everybody asks for a [`Role`], and only this room answers with a colour.

mod file;
mod look;
mod role;

pub use file::Error;
pub use look::Theme;
pub use role::{Ground, Kind, Role};

#[cfg(test)]
mod tests;
