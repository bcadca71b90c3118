//! One attempt to repair a service: meant for certain runs of its containers, on record before anything is done.
//!
//! A [`Treatment`] goes down to the hand that acts; the [`Attempt`] stays on record, with how it ended.

use super::{ContainerId, Course, Remedy, SafeText, ServiceName, Strategy};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// One run of one container: a repair is meant for this run, and for no later one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Target {
    /// The container.
    pub container: ContainerId,
    /// When the run began.
    pub started_at: Option<DateTime<Utc>>,
}

/// A decided repair, on its way to the hand that acts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Treatment {
    /// The service.
    pub service: ServiceName,
    /// What is wrong.
    pub strategy: Strategy,
    /// What is done.
    pub remedy: Remedy,
    /// To which runs, in order.
    pub targets: Vec<Target>,
    /// Seconds that a stop may take, where a label says so.
    pub stop_timeout: Option<u32>,
    /// Number of the intent on record; nothing is done without one.
    pub intent: u64,
}

/// How an attempt ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Ending {
    /// The service was well for the whole window after it.
    Worked,
    /// It was not.
    Failed,
    /// Nothing was done: the container had changed since it was decided.
    Skipped,
    /// dogwatch ended in between; it is not known whether anything was done.
    Cut,
    /// A fix did not help, and all that was to be done then was done.
    #[serde(rename = "rolled_back")]
    RolledBack,
    /// A fix failed and could not be rolled back; nothing more is tried until a person has looked.
    #[serde(rename = "needs_person")]
    NeedsPerson,
}

impl Ending {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::Worked, Self::Failed, Self::Skipped, Self::Cut, Self::RolledBack, Self::NeedsPerson];

    /// Lower-case word as written on disk and in JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Worked => "worked",
            Self::Failed => "failed",
            Self::Skipped => "skipped",
            Self::Cut => "cut",
            Self::RolledBack => "rolled_back",
            Self::NeedsPerson => "needs_person",
        }
    }

    /// The ending of this word.
    pub fn named(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|ending| ending.as_str() == word)
    }
}

/// One attempt to repair a service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Attempt {
    /// Its number on record, from 1.
    pub number: u64,
    /// When it was decided, before anything was done.
    pub time: DateTime<Utc>,
    /// The service.
    pub service: ServiceName,
    /// What was wrong.
    pub strategy: Strategy,
    /// What was to be done.
    pub remedy: Remedy,
    /// To which runs.
    pub targets: Vec<Target>,
    /// The service's configuration then: another one is another service.
    pub config: SafeText,
    /// Why, in one sentence.
    pub reason: SafeText,
    /// For a fix of several steps: how far it has come.
    pub course: Option<Box<Course>>,
    /// When the Engine said that it was done; `None` while it has not.
    pub acted_at: Option<DateTime<Utc>>,
    /// When and how it ended, and a sentence; `None` while it goes on.
    pub end: Option<(DateTime<Utc>, Ending, SafeText)>,
}

impl Attempt {
    /// What the audit log calls it: `cycle`, `fix clear-pid`.
    pub fn action(&self) -> SafeText {
        if self.course.is_some() { self.verb() } else { self.remedy.as_str().into() }
    }

    /// What is, or was, done, in words: `restart`, `fix clear-pid`.
    pub fn verb(&self) -> SafeText {
        match &self.course {
            Some(course) => format!("fix {}", course.fix.name).into(),
            None => self.remedy.verb().into(),
        }
    }
}
