//! What outlives a run: groups with their triage, how far each log was read, and settings of the screen, in `SQLite`.
//!
//! One writer at a time holds a lock beside the file; a file that cannot be read is put aside, never overwritten.
//! Groups and anchors are saved in one transaction, so after a kill each line is counted exactly once.

mod checkpoint;
mod database;
mod diary;
mod error;
pub(super) mod place;
mod repairs;
mod row;
mod schema;
#[cfg(test)]
mod tests;
mod ties;

pub use checkpoint::{Checkpoint, LastSeen};
pub use database::{Anchors, Saved, State};
pub use diary::{Act, Mark};
pub use error::Error;
pub use repairs::RepairEntry;

/// Name of the state file in its project's folder.
pub const FILE: &str = "state.db";
