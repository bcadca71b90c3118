//! One question to an Engine on a connection of its own, and its answer as it comes.
//!
//! ```text
//! get ─> Socket: bytes of the connection ─> Body: those of the log among them ─> Answer::bytes
//! ```
//! A log comes as one small chunk a line. All that is there is read at once, so a line costs no system call of its own.

mod answer;
mod body;
mod socket;

pub(super) use answer::{Answer, get};

/// What an answer's status says.
pub(super) mod status {
    pub(in crate::source::docker) const OK: u16 = 200;
    pub(in crate::source::docker) const NOT_FOUND: u16 = 404;
    pub(in crate::source::docker) const CONFLICT: u16 = 409;
    pub(in crate::source::docker) const NOT_IMPLEMENTED: u16 = 501;
}
