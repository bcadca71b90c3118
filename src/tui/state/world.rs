//! What can be known at one moment: the store, the link, what is kept on disk.

use crate::{
    engine::Capabilities,
    model::{SafeText, Scalings, Watchdog},
    source::Link,
    store::Store,
};
use chrono::{DateTime, Utc};
use std::sync::Arc;

/// What the engine says of the record on disk.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Record {
    /// Whether older lines can be read from a journal.
    pub(crate) has_journal: bool,
    /// Why nothing is written at the moment.
    pub(crate) paused: Option<SafeText>,
    /// When this project was last watched before this run.
    pub(crate) last_visit: Option<DateTime<Utc>>,
}

/// What can be known at one moment: everything `update` and the snapshot read.
#[derive(Debug, Clone, Copy)]
pub(crate) struct World<'a> {
    /// Records, services, groups.
    pub(crate) store: &'a Store,
    /// Whether the source can be reached.
    pub(crate) link: &'a Link,
    /// What this run can do.
    pub(crate) capabilities: &'a Capabilities,
    /// What is kept on disk.
    pub(crate) record: &'a Record,
    /// How the watchdog sees every service.
    pub(crate) watchdog: &'a Arc<Watchdog>,
    /// How the scaler sees those that it scales.
    pub(crate) scalings: &'a Arc<Scalings>,
    /// The moment.
    pub(crate) now: DateTime<Utc>,
}

impl World<'_> {
    /// The moment by which ages are told: that of the newest record, where a recorded log has ended.
    pub(crate) fn clock(&self) -> DateTime<Utc> {
        if *self.link == Link::Ended && !self.capabilities.source.is_live {
            let newest = self.store.records_before(&crate::model::Query::default(), None, 1);
            return newest.first().map_or(self.now, |r| r.time);
        }
        self.now
    }
}
