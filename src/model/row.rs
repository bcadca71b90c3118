//! Our own log format: one JSON object a line, as the journal, exports and recordings hold it.
//!
//! `{"id":7,"time":"2026-03-04T09:00:00.123456789Z","source":"container","service":"api","container":"…","replica":1,`
//! `"run":"2026-03-04T08:00:00Z","stream":"stderr","level":"error","text":"…"}`

use super::{GapReason, Level, LogRecord, Stream};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::{borrow::Cow, collections::BTreeMap};

/// Whose words a row holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Speaker {
    /// A service's.
    #[default]
    Container,
    /// Ours, about a container: start, death with its exit code, out of memory, health, a gap, the daemon away.
    System,
    /// Ours, about what dogwatch did.
    Manager,
}

impl From<Stream> for Speaker {
    fn from(stream: Stream) -> Self {
        match stream {
            Stream::Stdout | Stream::Stderr => Self::Container,
            Stream::System => Self::System,
            Stream::Manager => Self::Manager,
        }
    }
}

/// One line of the format. Readers pass over keys they do not know; only `service` and `text` must be there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row<'a> {
    /// Number of the record in its project; 0 where there is none.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub id: u64,
    /// The Engine's time of writing, else the line's own, else that of arrival.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time: Option<DateTime<Utc>>,
    /// What the line itself says of its time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line_time: Option<DateTime<Utc>>,
    /// Whose words these are.
    #[serde(default)]
    pub source: Speaker,
    /// Compose service.
    #[serde(borrow)]
    pub service: Cow<'a, str>,
    /// Container id; empty where only the service is known.
    #[serde(borrow, default)]
    pub container: Cow<'a, str>,
    /// Compose's container number; 0 where unknown.
    #[serde(default)]
    pub replica: u32,
    /// When the run of the container began that wrote the line; absent where unknown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run: Option<DateTime<Utc>>,
    /// Which pipe it came through; `system` and `manager` for our own words.
    #[serde(default = "stdout")]
    pub stream: Stream,
    /// What the program said of it.
    #[serde(default)]
    pub level: Level,
    /// The whole line, secrets masked.
    #[serde(borrow)]
    pub text: Cow<'a, str>,
    /// Byte offset in `text` where the message begins.
    #[serde(default, skip_serializing_if = "is_none")]
    pub message_at: u32,
    /// What a structured line says beside its message.
    #[serde(borrow, default, skip_serializing_if = "BTreeMap::is_empty")]
    pub fields: BTreeMap<Cow<'a, str>, Cow<'a, str>>,
    /// Where secrets were masked in `text`: byte offset and length of each mask.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub redacted: Vec<(u32, u32)>,
    /// The hole in the record that this row tells of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gap: Option<RowGap>,
}

impl<'a> From<&'a LogRecord> for Row<'a> {
    /// What the record itself knows; run, fields and gap are for others to add.
    fn from(record: &'a LogRecord) -> Self {
        Self {
            id: record.id.0,
            time: Some(record.time),
            line_time: None,
            source: record.stream.into(),
            service: record.origin.service.as_str().into(),
            container: record.origin.container.as_str().into(),
            replica: record.origin.replica,
            run: None,
            stream: record.stream,
            level: record.level,
            text: record.text.as_str().into(),
            message_at: record.message_at,
            fields: BTreeMap::new(),
            redacted: Vec::new(),
            gap: None,
        }
    }
}

impl Row<'_> {
    /// The same row with text of its own.
    pub fn into_owned(self) -> Row<'static> {
        let owned = |text: Cow<'_, str>| Cow::Owned(text.into_owned());
        Row {
            service: owned(self.service),
            container: owned(self.container),
            text: owned(self.text),
            fields: self.fields.into_iter().map(|(k, v)| (owned(k), owned(v))).collect(),
            ..self
        }
    }
}

/// A [`super::Gap`] as a row tells of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct RowGap {
    /// The last line before it that is on record.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<DateTime<Utc>>,
    /// The first line behind it.
    pub to: DateTime<Utc>,
    /// How many lines are missing, where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lines: Option<u64>,
    /// Why.
    pub reason: GapReason,
}

const fn stdout() -> Stream {
    Stream::Stdout
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde asks so")]
const fn is_zero(number: &u64) -> bool {
    *number == 0
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde asks so")]
const fn is_none(offset: &u32) -> bool {
    *offset == 0
}
