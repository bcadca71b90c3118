//! A line as the log API gives it.

use super::query::written;
use crate::{
    engine::Handle,
    model::{LogRecord, ServiceName, Stream},
};
use serde::Serialize;
use sha2::{Digest as _, Sha256};

/// Whose words a line is, in the API's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Kind {
    /// A service's.
    Container,
    /// Ours, about a container.
    System,
    /// Ours, about what dogwatch did.
    Manager,
}

impl Kind {
    /// All, by name.
    pub(super) const ALL: [(&'static str, Self); 3] =
        [("container", Self::Container), ("system", Self::System), ("manager", Self::Manager)];

    /// Of a line of this pipe.
    pub(super) const fn of(stream: Stream) -> Self {
        match stream {
            Stream::Stdout | Stream::Stderr => Self::Container,
            Stream::System => Self::System,
            Stream::Manager => Self::Manager,
        }
    }
}

#[derive(Debug, Serialize)]
struct Speaker<'a> {
    #[serde(rename = "type")]
    kind: Kind,
    name: &'a str,
}

/// One line.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Line<'a> {
    id: String,
    message: String,
    /// Milliseconds since 1970.
    timestamp: i64,
    level: &'static str,
    source: Speaker<'a>,
    service_id: u32,
    service_name: &'a str,
    container_id: &'a str,
    is_std_err: bool,
    is_system: bool,
    /// Its place among all lines, for `before` and for going on with a stream.
    cursor: String,
}

impl<'a> Line<'a> {
    /// A record, masked once more: what became known as a secret since it was read is one now.
    pub(super) fn new(record: &'a LogRecord, handle: &Handle) -> Self {
        let origin = &record.origin;
        Self {
            id: format!("log-{}", record.id.0),
            message: handle.redact(&record.text).0,
            timestamp: record.time.timestamp_millis(),
            level: record.level.as_str(),
            source: Speaker { kind: Kind::of(record.stream), name: origin.service.as_str() },
            service_id: service_id(&origin.service),
            service_name: origin.service.as_str(),
            container_id: origin.container.as_str(),
            is_std_err: record.stream == Stream::Stderr,
            is_system: record.stream.is_ours(),
            cursor: written(record.position()),
        }
    }
}

/// A number for a service, made from its name: the same on every machine and in every run, from 1.
pub(super) fn service_id(name: &ServiceName) -> u32 {
    let hash = Sha256::digest(name.as_str().as_bytes());
    let number = hash.iter().take(4).fold(0_u32, |number, byte| number << 8 | u32::from(*byte));
    (number >> 1).max(1)
}
