//! How a container wants to be treated: its labels, its health check, what the Engine does when it ends.
//!
//! The source reads it from the Engine's account; the watchdog obeys it.

use super::{SafeText, ServiceName};
use chrono::{DateTime, Utc};
use std::{collections::BTreeMap, time::Duration};

/// How one container may be treated; the default knows nothing and allows nothing special.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Care {
    /// Its labels, only those that are about its treatment.
    pub labels: BTreeMap<SafeText, SafeText>,
    /// What the Engine does when its process ends.
    pub restart: RestartPolicy,
    /// Its health check; `None` where it has none.
    pub check: Option<HealthCheck>,
    /// Services whose network, processes or memory it shares: when they restart, it must, too.
    pub shares: Vec<ServiceName>,
    /// Cores that it may use; `None` without a limit.
    pub cpus: Option<f32>,
    /// When it was made.
    pub created_at: Option<DateTime<Utc>>,
    /// How its last run came to its end.
    pub end: End,
}

/// How a run came to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum End {
    /// Nobody watched.
    #[default]
    Unseen,
    /// Somebody wanted it: a signal or a stop came first.
    Wanted,
    /// Nobody wanted it.
    Crash,
}

/// What the Engine does by itself when a process ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum RestartPolicy {
    /// Nothing.
    #[default]
    No,
    /// It starts it again after a failure, at most so many times; 0 is for ever.
    OnFailure(u64),
    /// It starts it again, unless a person stopped it.
    Always,
}

/// A container's health check.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HealthCheck {
    /// How long failures do not count after a start.
    pub start_period: Duration,
    /// Time between two checks.
    pub interval: Duration,
    /// Failures in a row that make it unhealthy.
    pub retries: u32,
}
