//! What is saved in one transaction, and where each container's record stood then.

use crate::model::{Anchor, ContainerId, ErrorGroup, ServiceName, Stream};
use crate::store::Ties;
use chrono::{DateTime, Utc};

/// Everything that belongs to one moment: after a crash either all of it is there or none.
///
/// Give with each anchor every group that counts lines up to it. Triage is saved the same way, without anchors.
#[derive(Debug, Clone, Default)]
pub struct Checkpoint {
    /// Groups that changed.
    pub groups: Vec<ErrorGroup>,
    /// How far streams were counted.
    pub anchors: Vec<(ContainerId, Stream, Anchor)>,
    /// Containers of which something new is known.
    pub containers: Vec<LastSeen>,
    /// Number of the first record that is not counted; 0 where records are not numbered for good.
    pub next_id: u64,
    /// How names came to belong together.
    pub ties: Ties,
    /// The moment; `None` where this is no sign of somebody watching.
    pub now: Option<DateTime<Utc>>,
}

impl Checkpoint {
    /// Joins a later checkpoint into this one, which could not be saved.
    pub fn merge(&mut self, later: Self) {
        let is_later = |group: &ErrorGroup| {
            later.groups.iter().any(|other| other.fingerprint == group.fingerprint)
        };
        let is_merged = |group: &ErrorGroup| {
            later.ties.merged.iter().any(|(from, _)| *from == group.fingerprint)
        };
        self.groups.retain(|group| !is_later(group) && !is_merged(group));
        // What was merged and taken apart again is among these.
        self.groups.extend(later.groups);
        // Anchors are always all of them.
        if !later.anchors.is_empty() {
            self.anchors = later.anchors;
        }
        let moved = |seen: &LastSeen| {
            later.containers.iter().any(|other| other.container == seen.container)
        };
        self.containers.retain(|seen| !moved(seen));
        self.containers.extend(later.containers);
        self.ties.merge(later.ties);
        self.next_id = self.next_id.max(later.next_id);
        self.now = later.now.or(self.now);
    }
}

/// What was last known of one container, for a later run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LastSeen {
    /// The container.
    pub container: ContainerId,
    /// Its service.
    pub service: ServiceName,
    /// Its number in the service.
    pub replica: u32,
    /// When its last known run began.
    pub started_at: Option<DateTime<Utc>>,
    /// Up to where nothing is missing on record; `None` where that holds for all that was read.
    pub verified: Option<DateTime<Utc>>,
    /// Whether its log was read to its end: it wrote nothing behind that, unless it ran again.
    pub is_read: bool,
}
