//! The way to the audit log: whoever adds an entry waits until it is on disk.

use super::settings::Watch;
use crate::{
    model::{Actor, ContainerId, SafeText, ServiceName},
    store::audit::{Audit, Entry},
};
use chrono::{DateTime, Utc};
use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::task::spawn_blocking;

/// How long the disk may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// Adds entries, one after the other; cheap to clone.
#[derive(Debug, Clone)]
pub(super) struct Ledger {
    audit: Arc<Mutex<Audit>>,
    is_dry: bool,
}

/// What is to be written.
#[derive(Debug)]
pub(super) struct Deed {
    pub(super) time: DateTime<Utc>,
    pub(super) actor: Actor,
    pub(super) action: SafeText,
    pub(super) service: Option<ServiceName>,
    pub(super) containers: Vec<ContainerId>,
    pub(super) attempt: Option<u64>,
    pub(super) reason: SafeText,
    pub(super) result: Option<SafeText>,
}

impl Deed {
    /// Something that happened without an attempt of the watchdog's.
    pub(super) fn new(
        time: DateTime<Utc>,
        actor: Actor,
        action: impl Into<SafeText>,
        reason: impl Into<SafeText>,
    ) -> Self {
        Self {
            time,
            actor,
            action: action.into(),
            service: None,
            containers: Vec::new(),
            attempt: None,
            reason: reason.into(),
            result: None,
        }
    }
}

impl Ledger {
    /// Into this log, of a run with this watchdog.
    pub(super) fn open(audit: Option<Audit>, watch: Option<&Watch>) -> Option<Self> {
        let is_dry = watch.is_some_and(|watch| watch.is_dry);
        audit.map(|audit| Self { audit: Arc::new(Mutex::new(audit)), is_dry })
    }

    /// Waits until it is on disk; else says why it is not.
    pub(super) async fn append(&self, deed: Deed) -> Result<(), SafeText> {
        let audit = Arc::clone(&self.audit);
        let Deed { time, actor, action, service, containers, attempt, reason, result } = deed;
        let dry_run = self.is_dry;
        let entry =
            Entry { time, actor, action, service, containers, attempt, reason, result, dry_run };
        let written = spawn_blocking(move || {
            let mut audit = audit.lock().unwrap_or_else(PoisonError::into_inner);
            audit.append(entry).map(drop)
        });
        match tokio::time::timeout(PATIENCE, written).await {
            Ok(Ok(written)) => written.map_err(|error| error.to_string().into()),
            Ok(Err(_)) => Err("dogwatch is ending".into()),
            Err(_) => Err("the disk does not answer".into()),
        }
    }
}
