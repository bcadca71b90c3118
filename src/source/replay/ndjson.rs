//! Log formats of one JSON object a line: our own, and the Engine's.

use crate::model::{Row, Stream};
use chrono::{DateTime, Utc};
use serde::Deserialize;
use std::borrow::Cow;

/// One line of the Engine's `json-file` log, as it lies on the disk.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct EngineRow<'a> {
    /// What the program wrote, with its line feed.
    #[serde(borrow)]
    pub log: Cow<'a, str>,
    /// Which pipe it came through.
    pub stream: Stream,
    /// When.
    pub time: DateTime<Utc>,
}

/// Reads one line of the format; `None` for everything else, other JSON included.
pub fn read(line: &[u8]) -> Option<Row<'_>> {
    let is_ours = line.starts_with(b"{")
        && memchr::memmem::find(&line[..line.len().min(256)], b"\"service\":").is_some()
        && memchr::memmem::find(line, b"\"text\":").is_some();
    if is_ours { serde_json::from_slice(line).ok() } else { None }
}

/// Reads one line of the Engine's `json-file` log.
pub fn read_engine(line: &[u8]) -> Option<EngineRow<'_>> {
    if line.starts_with(b"{\"log\":\"") { serde_json::from_slice(line).ok() } else { None }
}
