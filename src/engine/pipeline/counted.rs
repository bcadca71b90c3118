//! How far each stream was counted, by earlier runs and by this one, so that each line is counted once.

use crate::model::{Anchor, ContainerId, LogEvent, RecordId, Stream};
use chrono::{DateTime, Utc};
use std::collections::HashMap;

/// One stream of one container.
pub type StreamKey = (ContainerId, Stream);

/// The places up to which lines are counted.
#[derive(Debug)]
pub(super) struct Counted {
    /// Where the earlier runs ended; what is met of it again is taken off.
    saved: HashMap<StreamKey, Anchor>,
    /// Where this run is.
    settled: HashMap<StreamKey, Anchor>,
    /// Records from this number on were not counted, whatever their time; `None` where numbers begin anew in each run.
    uncounted_from: Option<u64>,
}

impl Counted {
    /// What earlier runs counted.
    pub(super) fn after(saved: HashMap<StreamKey, Anchor>, uncounted_from: Option<u64>) -> Self {
        Self { settled: saved.clone(), saved, uncounted_from }
    }

    /// The place of each stream, in no order.
    pub(super) fn anchors(&self) -> Vec<(ContainerId, Stream, Anchor)> {
        self.settled.iter().map(|((id, stream), at)| (id.clone(), *stream, *at)).collect()
    }

    /// The time of the newest line of a container.
    pub(super) fn newest(&self, container: &ContainerId) -> Option<DateTime<Utc>> {
        let of = |stream| self.settled.get(&(container.clone(), stream)).map(|anchor| anchor.time);
        of(Stream::Stdout).max(of(Stream::Stderr))
    }

    /// Moves the anchors over an event; whether it is new, seen from the earlier runs.
    pub(super) fn settle(&mut self, event: &LogEvent) -> bool {
        let origin = &event.head.origin;
        let is_counted = |id: RecordId| self.uncounted_from.is_none_or(|from| id.0 < from);
        if event.head.stream.is_ours() {
            return self.uncounted_from.is_none() || !is_counted(event.head.id);
        }
        let key = (origin.container.clone(), event.head.stream);
        let mut is_new = true;
        for record in event.records() {
            if !self.saved.is_empty()
                && is_counted(record.id)
                && let Some(saved) = self.saved.get_mut(&key)
            {
                let is_at_anchor = record.time == saved.time && saved.same > 0;
                if is_at_anchor {
                    saved.same -= 1;
                }
                if is_at_anchor || record.time < saved.time {
                    is_new = false;
                    continue;
                }
            }
            match self.settled.get_mut(&key) {
                Some(anchor) if record.time == anchor.time => anchor.same += 1,
                Some(anchor) if record.time < anchor.time => {}
                Some(anchor) => *anchor = Anchor { time: record.time, same: 1 },
                None => {
                    self.settled.insert(key.clone(), Anchor { time: record.time, same: 1 });
                }
            }
        }
        is_new
    }
}
