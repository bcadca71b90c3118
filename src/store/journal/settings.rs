//! What the user may set about the journal, and what follows for one service.

use chrono::Duration;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The section `[journal]`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Whether lines are kept on disk.
    pub enabled: bool,
    /// A file is closed when it would grow beyond this, in bytes; from 64 kB to 64 MB.
    pub file_bytes: u64,
    /// Rows are forgotten when they are older than this. Files go as a whole, so they live a little longer.
    pub max_age_hours: u32,
    /// All files of a project together, in bytes as they stand on disk; the oldest file goes first.
    pub max_bytes: u64,
    /// Closed files are compressed with gzip.
    pub compress: bool,
    /// Other limits for some services: `[journal.services.api]`.
    pub services: BTreeMap<String, ServiceLimits>,
}

/// Limits of one service where they differ from the journal's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ServiceLimits {
    /// Its rows are forgotten when they are older than this; more or less than the journal's own limit.
    pub max_age_hours: Option<u32>,
    /// Its rows together, in bytes before compression; the oldest go first.
    pub max_bytes: Option<u64>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            enabled: true,
            file_bytes: 10_000_000,
            max_age_hours: 24,
            max_bytes: 1 << 30,
            compress: true,
            services: BTreeMap::new(),
        }
    }
}

impl Settings {
    /// Age at which a service's rows go.
    pub(super) fn max_age(&self, service: &str) -> Duration {
        let own = self.services.get(service).and_then(|limits| limits.max_age_hours);
        Duration::hours(own.unwrap_or(self.max_age_hours).into())
    }

    /// Bytes of rows that a service may keep.
    pub(super) fn max_bytes_of(&self, service: &str) -> Option<u64> {
        self.services.get(service)?.max_bytes
    }

    /// Size at which a file is closed, within what readers can hold in memory.
    pub(super) fn file_bytes(&self) -> u64 {
        self.file_bytes.clamp(64 << 10, 64 << 20)
    }
}
