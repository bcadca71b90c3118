//! A recorded log as a source: a file, standard input, or bytes.
//!
//! [`LineReader`] tells whose line each one is, [`Replay`] delivers them as a [`super::Source`], [`ndjson`] is our own
//! format in both directions. Memory stays bounded whatever the file holds.

mod line_reader;
pub mod ndjson;
mod pace;
mod prefix;
mod split;
mod tape;

pub use line_reader::LineReader;
pub use split::{MAX_LINE, Splitter};
pub use tape::Replay;
