//! What a user may change about the engine.

use super::Scope;
use crate::{
    action::scale::Compose,
    group::lifecycle::VERIFY_FOR,
    model::{OwnLogs, SafeText, ServiceName},
    repair::{
        self,
        scale::{Change, Rule},
    },
    store::Limits,
};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

/// Settings of the engine, the section `[engine]` of the configuration.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
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
    /// The scaler; `None` where there is none. Its rules have a section of their own.
    #[serde(skip)]
    pub scale: Option<Scale>,
}

/// How the watchdog of a run is set.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Watch {
    /// What the user says.
    pub settings: repair::Settings,
    /// The user's own fixes, best first.
    pub fixes: Vec<repair::fixes::Known>,
    /// Whether it only says what it would do, whatever its mode.
    pub is_dry: bool,
    /// Where dogwatch keeps its own lines; `None` where it keeps none.
    pub own_logs: Option<OwnLogs>,
    /// When an earlier run made room on the disk.
    pub cleaned_at: Option<DateTime<Utc>>,
}

/// What the scaler of a run may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Hand {
    /// Say what it would do.
    #[default]
    Bound,
    /// Act.
    Free,
    /// Act where the watchdog's mode for the service is `auto`.
    Watchdog,
}

/// How the scaler of a run is set.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Scale {
    /// What the user says, by service; labels stand above it.
    pub rules: BTreeMap<String, Rule>,
    /// What counts for a service that only labels ask for.
    pub usual: Rule,
    /// Only these services, where any are named.
    pub services: Vec<String>,
    /// What it may do.
    pub hand: Hand,
    /// By what it is done.
    pub compose: Compose,
    /// What earlier runs changed, oldest first.
    pub past: Vec<(ServiceName, Change)>,
    /// Services of whose last change nobody wrote down how it ended.
    pub cut: BTreeSet<ServiceName>,
}

impl Scale {
    /// A change as the audit log names it.
    pub(super) fn action(Change { from, to, .. }: Change) -> SafeText {
        format!("scale {from} to {to}").into()
    }

    /// The change that an entry of the audit log intends; `None` for any other entry.
    pub fn intended(action: &str, time: DateTime<Utc>) -> Option<Change> {
        let (from, to) = action.strip_prefix("scale ")?.split_once(" to ")?;
        Some(Change { time, from: from.parse().ok()?, to: to.parse().ok()? })
    }
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
            scale: None,
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
