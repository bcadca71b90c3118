//! Fixes of several steps, as a user writes them, and how far one has come.
//!
//! `repair` reads and chooses them, `engine` does one step after the other, each on record before it begins.

use super::{Category, SafeText, ServiceName, Strategy, Target};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::{fmt::Write as _, time::Duration};

/// What a step does. Nothing here takes away a volume or an image.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum StepKind {
    /// Stop and start the containers in one call.
    Restart,
    /// Stop the containers.
    Stop,
    /// Start the containers.
    Start,
    /// Make the containers anew from their Compose file; what they wrote outside volumes is gone.
    Recreate,
    /// Build the image anew, then the containers.
    Rebuild,
    /// Run this command in the containers.
    Exec(Vec<String>),
    /// Run this command beside dogwatch, in the folder of the project.
    Run(Vec<String>),
    /// Wait until the service is healthy, or runs where it has no health check.
    WaitHealthy,
}

impl StepKind {
    /// The word for it in files.
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Restart => "restart",
            Self::Stop => "stop",
            Self::Start => "start",
            Self::Recreate => "recreate",
            Self::Rebuild => "rebuild",
            Self::Exec(_) => "exec",
            Self::Run(_) => "run",
            Self::WaitHealthy => "wait-healthy",
        }
    }

    /// What it may take where nothing is said, in seconds.
    pub const fn usual_seconds(&self) -> u64 {
        match self {
            Self::Restart | Self::Stop | Self::Start | Self::Exec(_) | Self::Run(_) => 60,
            Self::WaitHealthy => 120,
            Self::Recreate => 300,
            Self::Rebuild => 900,
        }
    }

    /// Whether it is more than what the watchdog does by itself: a command, or containers of other contents.
    pub const fn is_risky(&self) -> bool {
        matches!(self, Self::Recreate | Self::Rebuild | Self::Exec(_) | Self::Run(_))
    }

    /// Whether it ends a process that runs.
    pub const fn ends_process(&self) -> bool {
        matches!(self, Self::Restart | Self::Stop | Self::Recreate | Self::Rebuild)
    }

    /// Whether the service runs after it.
    pub const fn starts(&self) -> bool {
        matches!(self, Self::Restart | Self::Start | Self::Recreate | Self::Rebuild)
    }
}

/// One step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// What it does.
    pub kind: StepKind,
    /// What it may take, in seconds.
    pub limit_seconds: u64,
}

impl Step {
    /// What it may take.
    pub const fn limit(&self) -> Duration {
        Duration::from_secs(self.limit_seconds)
    }

    /// What it does, in words: `exec rm -f /tmp/pid`, `wait-healthy 60 s`.
    pub fn told(&self) -> SafeText {
        let word = self.kind.word();
        match &self.kind {
            StepKind::Exec(words) | StepKind::Run(words) => {
                format!("{word} {}", words.join(" ")).into()
            }
            StepKind::WaitHealthy => format!("{word} {} s", self.limit_seconds).into(),
            _ => word.into(),
        }
    }
}

/// For what a fix is meant; all that is said must hold, and what is left out always does.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct When {
    /// What is wrong: `exited`, `unhealthy`, `stuck`, …; left out, anything but `dependant`.
    pub trouble: Vec<Strategy>,
    /// Services; `*` is any text.
    pub services: Vec<String>,
    /// The service has logged a problem of one of these categories lately.
    pub categories: Vec<Category>,
    /// The service has logged a problem of one of these rules lately; `*` is any text.
    pub rules: Vec<String>,
}

impl When {
    /// Whether it says nothing at all.
    pub const fn is_empty(&self) -> bool {
        self.trouble.is_empty()
            && self.services.is_empty()
            && self.categories.is_empty()
            && self.rules.is_empty()
    }
}

/// A fix of several steps.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fix {
    /// Its name.
    pub name: SafeText,
    /// What it is for, in a sentence; may be empty.
    pub about: SafeText,
    /// For what it is meant.
    pub when: When,
    /// What is done, in order.
    pub steps: Vec<Step>,
    /// What is done when a step failed, or the service is not well after the last one.
    pub undo: Vec<Step>,
    /// What all steps together may take, in seconds.
    pub limit_seconds: u64,
}

impl Fix {
    /// Its steps in one line: `stop, run make db, start, wait-healthy 60 s; else restart`.
    pub fn told(&self) -> String {
        let mut text = line(&self.steps);
        if !self.undo.is_empty() {
            let _ = write!(text, "; else {}", line(&self.undo));
        }
        text
    }

    /// All steps, those of the roll-back last.
    pub fn all_steps(&self) -> impl Iterator<Item = &Step> {
        self.steps.iter().chain(&self.undo)
    }
}

fn line(steps: &[Step]) -> String {
    steps.iter().map(|step| step.told().to_string()).collect::<Vec<_>>().join(", ")
}

/// How far a fix has come. It holds all that is needed to go on, whatever became of the file it was read from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Course {
    /// The fix as it was when it began.
    pub fix: Fix,
    /// Whether it is being rolled back.
    pub is_undoing: bool,
    /// Steps that are done, of the fix or of its roll-back.
    pub done: usize,
    /// When the step after these was begun; `None` while it was not.
    pub begun_at: Option<DateTime<Utc>>,
    /// Why it is being rolled back; empty before.
    pub failure: SafeText,
    /// Whether the mode was `auto` when it began.
    #[serde(default)]
    pub is_free: bool,
}

impl Course {
    /// Before its first step.
    pub const fn new(fix: Fix, failure: SafeText) -> Self {
        Self { fix, is_undoing: false, done: 0, begun_at: None, failure, is_free: false }
    }

    /// The steps that it goes through at present.
    pub fn steps(&self) -> &[Step] {
        if self.is_undoing { &self.fix.undo } else { &self.fix.steps }
    }

    /// The step that goes on, or comes next; `None` after the last one.
    pub fn step(&self) -> Option<&Step> {
        self.steps().get(self.done)
    }

    /// Steps that were begun, in their order; of a fix that is rolled back all, although the last of them may not.
    pub fn begun(&self) -> impl Iterator<Item = &Step> {
        let before = if self.is_undoing { self.fix.steps.as_slice() } else { &[] };
        let begun = self.done + usize::from(self.begun_at.is_some());
        before.iter().chain(self.steps().iter().take(begun))
    }

    /// Whether one of its steps that ends processes was begun.
    pub fn may_have_ended(&self) -> bool {
        self.begun().any(|step| step.kind.ends_process())
    }

    /// Whether one of its steps may have ended a run that began after the fix did. What it has started, or restarted, and
    /// did not touch since, ends by itself.
    pub fn may_have_ended_again(&self) -> bool {
        let is_verb = |step: &&Step| step.kind.starts() || step.kind.ends_process();
        let is_under_way = self.begun_at.is_some() && self.step().is_some_and(|s| is_verb(&s));
        let done = self.steps().iter().take(self.done).rfind(is_verb);
        self.may_have_ended()
            && match done {
                _ if is_under_way => true,
                Some(last) => !last.kind.starts(),
                // Of the steps before the roll-back it is not known how the last one went.
                None => true,
            }
    }

    /// Where it stands: `fix clear-pid: step 2 of 3: start`, `fix clear-pid: rolling back, step 1 of 1: restart`.
    pub fn told(&self) -> String {
        let name = &self.fix.name;
        let (at, of) = (self.done + 1, self.steps().len());
        let way = if self.is_undoing { "rolling back, " } else { "" };
        match self.step() {
            Some(step) => format!("fix {name}: {way}step {at} of {of}: {}", step.told()),
            None if self.is_undoing => format!("fix {name}: rolled back"),
            None => format!("fix {name}: all {of} steps done"),
        }
    }
}

/// One step of a fix on its way to the hand that acts; for the watchdog alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StepOrder {
    /// The service.
    pub service: ServiceName,
    /// What was wrong.
    pub strategy: Strategy,
    /// What is to be done.
    pub step: Step,
    /// Whether nothing was done yet: it is only begun where all is as it was when it was decided.
    pub is_first: bool,
    /// Whether it was begun before: what is so already is not done again.
    pub is_again: bool,
    /// The runs that were ill.
    pub targets: Vec<Target>,
    /// Seconds that a stop may take, where a label or a setting says so.
    pub stop_timeout: Option<u32>,
    /// Number of the intent on record; nothing is done without one.
    pub intent: u64,
}
