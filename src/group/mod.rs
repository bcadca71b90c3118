//! Gathers findings into problems: which belong together, and how a problem lives, worsens and ends.
//!
//! `engine::pipeline` asks [`Grouper`] for the name of each finding and moves the group with [`lifecycle`].
//! Everything here is pure: no clock, no store, no order of arrival in a name.

pub mod capacity;
mod escalation;
mod fingerprint;
pub mod lifecycle;
mod mask;
mod merge;
mod mine;
mod namer;
#[cfg(test)]
mod tests;
mod values;

pub use fingerprint::Grouper;
pub use lifecycle::Change;
pub use merge::{merge, split, unmerge};
pub use namer::Namer;
pub use values::{Named, count, generalise};
