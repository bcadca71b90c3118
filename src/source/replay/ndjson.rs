//! Our own log format: one JSON object a line, written and read here only; and the Engine's, which is only read.
//!
//! `{"time":"2025-03-04T09:00:00.123456789Z","service":"api","container":"…","replica":1,"stream":"stderr","level":"error","text":"…"}`

use crate::model::{Level, LogRecord, Stream};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// One line of the format.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row<'a> {
    /// When the line was written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time: Option<DateTime<Utc>>,
    /// Compose service.
    #[serde(borrow)]
    pub service: Cow<'a, str>,
    /// Container id; empty where only the service is known.
    #[serde(borrow, default)]
    pub container: Cow<'a, str>,
    /// Compose's container number; 0 where unknown.
    #[serde(default)]
    pub replica: u32,
    /// Which pipe it came through.
    #[serde(default = "stdout")]
    pub stream: Stream,
    /// What was found; a reader finds it anew.
    #[serde(default)]
    pub level: Level,
    /// The whole line.
    #[serde(borrow)]
    pub text: Cow<'a, str>,
}

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

const fn stdout() -> Stream {
    Stream::Stdout
}

/// One record as one line, without a line feed.
pub fn write(record: &LogRecord) -> String {
    let row = Row {
        time: Some(record.time),
        service: record.origin.service.as_str().into(),
        container: record.origin.container.as_str().into(),
        replica: record.origin.replica,
        stream: record.stream,
        level: record.level,
        text: record.text.as_str().into(),
    };
    // Strings, numbers and a date: nothing in it can fail to be written.
    serde_json::to_string(&row).unwrap_or_default()
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
