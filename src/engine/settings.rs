//! What a user may change about the engine.

use super::Scope;
use crate::{group::lifecycle::VERIFY_FOR, repair, store::Limits};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// Settings of the engine, the section `[engine]` of the configuration.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// How far back a container that was never seen before is read, in seconds.
    pub since_seconds: u64,
    /// How many old lines of a container are read at most when it is followed for the first time.
    pub tail: u64,
    /// How long a group that was marked fixed must stay quiet until it counts as fixed, in seconds.
    pub verify_seconds: u64,
    /// Whether triage, counts and lines are kept on disk.
    pub remember: bool,
    /// Whether secrets are masked in every line before it is shown or kept.
    pub redact: bool,
    /// What is kept in memory.
    pub limits: Limits,
    /// The watchdog; `None` where there is none. Its settings have a section of their own.
    #[serde(skip)]
    pub watchdog: Option<Watch>,
}

/// How the watchdog of a run is set.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Watch {
    /// What the user says.
    pub settings: repair::Settings,
    /// Whether it only says what it would do, whatever its mode.
    pub is_dry: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            since_seconds: 15 * 60,
            tail: 10_000,
            verify_seconds: VERIFY_FOR.num_seconds().unsigned_abs(),
            remember: true,
            redact: true,
            limits: Limits::default(),
            watchdog: None,
        }
    }
}

impl Settings {
    /// How much is read of a container that was never seen before.
    pub fn scope(&self, now: DateTime<Utc>) -> Scope {
        let back = Duration::from_secs(self.since_seconds);
        let since = chrono::Duration::from_std(back).ok().and_then(|d| now.checked_sub_signed(d));
        Scope { since, tail: Some(self.tail), ..Scope::default() }
    }
}
