//! Whether a fix helped, by what the logs and the containers say since it was made.

use super::audit::Audit;
use crate::{
    model::{Fingerprint, Health, RunState, ServiceName},
    store::Store,
};
use chrono::{DateTime, Utc};
use serde::Serialize;
use std::collections::BTreeSet;

/// Whether a fix helped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// It stayed away for the whole time, while its services ran.
    Fixed,
    /// It came again.
    StillThere,
    /// It was found to be fixed before, and came again.
    CameBack,
    /// A service of it does not run, or is ill: its silence means nothing.
    NotRunning,
}

impl Verdict {
    /// Words for people.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Fixed => "fixed",
            Self::StillThere => "still there",
            Self::CameBack => "came back",
            Self::NotRunning => "not running",
        }
    }
}

/// What was seen since a fix was made.
#[derive(Debug, Clone, Serialize)]
pub struct Judged {
    /// The problem.
    pub id: Fingerprint,
    /// Whether it helped.
    pub verdict: Verdict,
    /// From when on it counts.
    pub since: DateTime<Utc>,
    /// Events of the problem since then.
    pub count: u64,
    /// Problems that were not there before.
    pub new_problems: Vec<Fingerprint>,
    /// Services of the problem that do not run, or are ill.
    pub not_running: Vec<String>,
}

impl Judged {
    /// Judges what was read since `since`. `known`: the problems from before; `places`: the services of this one.
    pub fn of(
        id: Fingerprint,
        (store, audit): (&Store, &Audit),
        (since, was_fixed): (DateTime<Utc>, bool),
        known: &BTreeSet<Fingerprint>,
        places: &[String],
    ) -> Self {
        let count = audit.issue(id).map_or(0, |issue| issue.count);
        let new = audit.issues.iter().filter(|issue| issue.id != id && !known.contains(&issue.id));
        let is_well = |name: &&String| {
            store.service(&ServiceName::from(name.as_str())).is_some_and(|service| {
                service.state() == RunState::Running && service.health() != Health::Unhealthy
            })
        };
        let not_running: Vec<_> = places.iter().filter(|name| !is_well(name)).cloned().collect();
        let verdict = match (count, was_fixed) {
            (0, _) if !not_running.is_empty() => Verdict::NotRunning,
            (0, _) => Verdict::Fixed,
            (_, true) => Verdict::CameBack,
            (_, false) => Verdict::StillThere,
        };
        let new_problems = new.map(|issue| issue.id).collect();
        Self { id, verdict, since, count, new_problems, not_running }
    }

    /// Whether it is fixed, and nothing new came.
    pub fn is_well(&self) -> bool {
        self.verdict == Verdict::Fixed && self.new_problems.is_empty()
    }
}
