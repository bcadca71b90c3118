//! One line of a file, written and read without `serde_json` where it is as we write it.
//!
//! [`write`] gives exactly the bytes that `serde_json` gives for a [`crate::model::Row`]; [`Head`] and [`record`] read
//! them back in a few dozen nanoseconds, and fall back to `serde_json` for any other way to write the same row.

mod clock;
mod cursor;
mod read;
#[cfg(test)]
mod tests;
mod write;

pub(super) use read::{Head, Origins, record};
pub(super) use write::write;
