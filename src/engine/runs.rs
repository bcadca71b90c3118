//! When the runs of each container began: which run a line belongs to, and what happened while nobody looked.

use crate::{
    model::{Container, ContainerId, Notice, Origin, ServiceName},
    store::state::LastSeen,
};
use chrono::{DateTime, Utc};
use std::{
    collections::{BTreeMap, HashMap, HashSet},
    sync::Arc,
};

/// Runs of one container that are remembered.
const MAX: usize = 32;

/// What is known of the runs of every container.
#[derive(Debug, Default)]
pub(super) struct Runs {
    /// Beginnings, in order of time.
    begun: HashMap<ContainerId, Vec<DateTime<Utc>>>,
    /// What the last run of dogwatch saw last, until it is looked at.
    before: HashMap<ContainerId, LastSeen>,
    /// The container that each replica had then.
    replicas: BTreeMap<(ServiceName, u32), ContainerId>,
}

impl Runs {
    /// Continues from what was saved.
    pub(super) fn new(saved: impl IntoIterator<Item = LastSeen>) -> Self {
        let mut runs = Self::default();
        let mut saved: Vec<_> = saved.into_iter().collect();
        saved.sort_by_key(|seen| seen.started_at);
        for seen in saved {
            let replica = (seen.service.clone(), seen.replica);
            runs.replicas.insert(replica, seen.container.clone());
            runs.before.insert(seen.container.clone(), seen);
        }
        runs
    }

    /// Notes the present run of a container; a word where it began, or the container was made, while nobody looked.
    pub(super) fn see(&mut self, container: &Container) -> Option<Notice> {
        let started = container.started_at?;
        let origin = &container.origin;
        let begun = self.begun.entry(origin.container.clone()).or_default();
        let is_first = begun.is_empty();
        if begun.last().is_none_or(|last| *last < started) {
            begun.push(started);
            if begun.len() > MAX {
                begun.remove(0);
            }
        }
        if !is_first {
            return None;
        }
        let replica = (origin.service.clone(), origin.replica);
        let other = self.replicas.insert(replica, origin.container.clone());
        let text = match (self.before.remove(&origin.container), other) {
            (Some(before), _) if before.started_at.is_some_and(|at| at < started) => {
                "started again while dogwatch was not looking"
            }
            (None, Some(other)) if other != origin.container => {
                "re-created while dogwatch was not looking"
            }
            _ => return None,
        };
        Some(Notice { origin: Arc::clone(origin), time: started, text: text.into() })
    }

    /// Containers that the last run of dogwatch saw and this one did not, where they are not `known`: they are gone.
    /// Answers each once.
    pub(super) fn gone(&mut self, known: &HashSet<ContainerId>) -> Vec<LastSeen> {
        let before = std::mem::take(&mut self.before);
        before.into_values().filter(|seen| !known.contains(&seen.container)).collect()
    }

    /// Says of lines which run they belong to.
    pub(super) fn reader(&self) -> RunsReader<'_> {
        RunsReader { begun: &self.begun, last: None }
    }

    /// The beginning of the newest run of a container.
    pub(super) fn newest(&self, container: &ContainerId) -> Option<DateTime<Utc>> {
        self.begun.get(container)?.last().copied()
    }

    /// Forgets a container.
    pub(super) fn forget(&mut self, container: &ContainerId) {
        self.begun.remove(container);
    }
}

/// Says of lines which run they belong to; quick where one container's lines stand together.
pub(super) struct RunsReader<'a> {
    begun: &'a HashMap<ContainerId, Vec<DateTime<Utc>>>,
    /// The container that was asked for last.
    last: Option<(Arc<Origin>, &'a [DateTime<Utc>])>,
}

impl RunsReader<'_> {
    /// The beginning of the run in which a line of this time was written; `None` where it is not known.
    pub(super) fn of(
        &mut self,
        origin: &Arc<Origin>,
        time: DateTime<Utc>,
    ) -> Option<DateTime<Utc>> {
        let begun = match &self.last {
            Some((last, begun)) if Arc::ptr_eq(last, origin) => begun,
            _ => {
                let begun = self.begun.get(&origin.container).map_or(&[][..], Vec::as_slice);
                self.last = Some((Arc::clone(origin), begun));
                begun
            }
        };
        begun.iter().rev().find(|at| **at <= time).copied()
    }
}
