//! The record on disk: every line once, as NDJSON files that other tools read too.
//!
//! One process writes through [`Journal`], any number read through [`Reader`] beside it, without a lock.
//! A row that was flushed stays: a crash loses at most the half line at the end, and no reader ever sees a row twice.
//!
//! ```text
//! 00000007.ndjson.gz   closed: never written again but as a whole, its index in the gzip header
//! 00000008.ndjson      closed, not yet compressed
//! 00000009.ndjson      open: written behind its end, one write a flush
//! ballast              256 KiB, let go when the disk is full, so that the state beside it can be finished
//! lock                 held by the writer
//! ```

mod ahead;
mod catalog;
mod chores;
mod error;
mod fault;
mod filter;
mod follow;
mod index;
mod line;
mod merge;
mod name;
mod old;
mod page;
mod reader;
mod repair;
mod settings;
mod space;
mod stop;
#[cfg(test)]
mod tests;
mod walk;
mod writer;

pub use chores::{Chores, Swept};
pub use error::Error;
pub use fault::Fault;
pub use follow::Follow;
pub use old::remove_old;
pub use page::{Around, Page};
pub use reader::Reader;
pub use repair::Opened;
pub use settings::{ServiceLimits, Settings};
pub use stop::Stop;
pub use walk::Scanned;
pub use writer::Journal;

/// Name of the journal's folder in its project's folder.
pub const FOLDER: &str = "journal";
