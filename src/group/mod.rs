//! Gathers findings into problems: which belong together, and how a problem lives, worsens and ends.
//!
//! `engine::pipeline` asks [`Grouper`] for the name of each finding.
//! Everything here is pure: no clock, no store, no order of arrival in a name.

mod fingerprint;
mod mask;

pub use fingerprint::Grouper;
