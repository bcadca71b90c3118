//! The state file of an environment, in the form that users of older monitors read.

use super::trend::Day;
use crate::model::{ErrorGroup, Severity, Status};
use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Version of the form; fields are only added while it stays.
pub(super) const SCHEMA_VERSION: u32 = 1;

/// `docker_issues_NAME.json`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct State {
    /// Version of this form.
    pub schema_version: u32,
    /// When it was written.
    pub timestamp: DateTime<Utc>,
    /// The environment.
    pub environment: String,
    /// The Compose project.
    pub project: String,
    /// How watching goes.
    pub watching: Watched,
    /// All issues, what needs attention first, the worst of it first.
    pub issues: Vec<Issue>,
    /// How many there are.
    pub stats: Stats,
    /// What happened on each of the last 30 days, the oldest first.
    #[serde(default)]
    pub days: Vec<Day>,
}

/// How watching goes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Watched {
    /// Whether Docker answers; the issues are of the last moment that it did.
    pub connected: bool,
    /// Lines read so far.
    pub lines: u64,
    /// Lines known to be lost on the way.
    pub lost_lines: u64,
    /// Rounds of writing so far.
    pub iterations: u64,
}

/// How many issues there are.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Stats {
    /// All.
    pub total: usize,
    /// Fixed.
    pub fixed: usize,
    /// Came back after they were fixed.
    pub failed: usize,
    /// All others.
    pub pending: usize,
}

/// From this event on an issue is one step worse, as older monitors have it.
const REPEATED: u64 = 6;

/// One problem.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Issue {
    /// Stable name: equal for equal problems, in any run.
    pub id: String,
    /// When it was first seen.
    pub timestamp: DateTime<Utc>,
    /// The service that has it most.
    pub service: String,
    /// The message with its changing parts masked.
    pub pattern: String,
    /// What it said last.
    pub message: String,
    /// Events.
    pub count: u64,
    /// How bad, escalation included: one step worse from the sixth event on, or where the rate stands out.
    pub severity: Grade,
    /// What kind of trouble.
    pub category: String,
    /// What to try first.
    pub suggested_fix: String,
    /// Where it stands, in the words of older monitors.
    pub status: Word,
    /// Who works on it.
    pub sub_agent_id: Option<String>,
    /// Where it stands, in our own words.
    pub state: Stage,
    /// What it is, in a few words.
    pub title: String,
    /// The rule that found it.
    pub rule: String,
    /// All services that have it, most events first.
    pub services: Vec<String>,
    /// When it was last seen.
    pub last_seen: DateTime<Utc>,
    /// Why it is shown one step worse than it looks.
    pub escalation: Option<String>,
    /// Why it is fixed, or not any more.
    pub resolution: Option<String>,
    /// When it was found to be fixed, last.
    pub resolved_at: Option<DateTime<Utc>>,
}

/// How bad an issue is, in the words of older monitors.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Grade {
    /// Worth knowing.
    Low,
    /// A warning.
    Medium,
    /// An error.
    High,
    /// A service cannot do its work.
    Critical,
}

impl Grade {
    /// The word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }
}

impl From<Severity> for Grade {
    fn from(severity: Severity) -> Self {
        match severity {
            Severity::Critical => Self::Critical,
            Severity::Error => Self::High,
            Severity::Warning => Self::Medium,
            Severity::Info => Self::Low,
        }
    }
}

/// Where an issue stands, in the words of older monitors.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Word {
    /// It is there.
    Detected,
    /// Somebody took it.
    Assigned,
    /// Marked fixed, not yet believed.
    Fixing,
    /// It is gone.
    Fixed,
    /// It was gone, and came back.
    Failed,
    /// A person said to leave it.
    NeedsManual,
}

impl Word {
    /// The word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Detected => "detected",
            Self::Assigned => "assigned",
            Self::Fixing => "fixing",
            Self::Fixed => "fixed",
            Self::Failed => "failed",
            Self::NeedsManual => "needs_manual",
        }
    }
}

/// Where an issue stands, in our own words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Stage {
    /// Seen for the first time less than a day ago.
    New,
    /// Known.
    Ongoing,
    /// Much more frequent than it was.
    Escalated,
    /// It was gone, and came back.
    Regressed,
    /// Marked fixed, not yet believed.
    Verifying,
    /// Quiet for long enough while its services ran.
    Resolved,
    /// A person said to leave it.
    Muted,
}

impl Stage {
    /// The word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Ongoing => "ongoing",
            Self::Escalated => "escalated",
            Self::Regressed => "regressed",
            Self::Verifying => "verifying",
            Self::Resolved => "resolved",
            Self::Muted => "muted",
        }
    }

    /// The same in the words of older monitors.
    pub const fn word(self) -> Word {
        match self {
            Self::New | Self::Ongoing | Self::Escalated => Word::Detected,
            Self::Regressed => Word::Failed,
            Self::Verifying => Word::Fixing,
            Self::Resolved => Word::Fixed,
            Self::Muted => Word::NeedsManual,
        }
    }

    /// What triage says of a group; silence is for the ledger to judge.
    pub(super) fn of(group: &ErrorGroup) -> Self {
        match group.status {
            Status::New | Status::Ongoing if group.escalation.is_some() => Self::Escalated,
            Status::New => Self::New,
            Status::Ongoing => Self::Ongoing,
            Status::Regressed { .. } => Self::Regressed,
            Status::Verifying { .. } => Self::Verifying,
            Status::Fixed { .. } => Self::Resolved,
            Status::Muted { .. } => Self::Muted,
        }
    }
}

impl Issue {
    /// A group as an issue; `mask` takes the secrets out of foreign words.
    pub(super) fn of(group: &ErrorGroup, mask: &dyn Fn(&str) -> String) -> Self {
        let newest = group.newest();
        let state = Stage::of(group);
        let title = match group.heading().as_str() {
            "" => mask(&group.title()),
            title => mask(title),
        };
        let (severity, escalation) = escalated(group);
        Self {
            id: group.fingerprint.to_string(),
            timestamp: group.first_seen,
            service: group.main_service().map(ToString::to_string).unwrap_or_default(),
            pattern: mask(&group.template),
            message: newest.map_or_else(|| mask(&group.title()), |s| mask(&s.message)),
            count: group.count,
            severity: severity.into(),
            category: group.category.slug().to_owned(),
            suggested_fix: group
                .guidance
                .remedies
                .first()
                .map_or("Read the lines before the first one of these.", |r| r.as_str())
                .to_owned(),
            status: state.word(),
            sub_agent_id: None,
            state,
            title,
            rule: group.rule.to_string(),
            services: group.services.iter().map(|s| s.service.to_string()).collect(),
            last_seen: group.last_seen,
            escalation,
            resolution: None,
            resolved_at: None,
        }
    }

    pub(super) fn put(&mut self, state: Stage) {
        self.state = state;
        self.status = state.word();
    }
}

/// How bad a group is and why it is worse than it looks: by its rate, else because it was repeated. Both are one step.
fn escalated(group: &ErrorGroup) -> (Severity, Option<String>) {
    let reason = group.escalation.as_ref().map(ToString::to_string);
    let is_repeated = group.count >= REPEATED && group.base_severity < Severity::Critical;
    if reason.is_some() || !is_repeated {
        return (group.severity(), reason);
    }
    let reason = format!("seen {} times, one step worse from the {REPEATED}th on", group.count);
    (group.base_severity.escalated(), Some(reason))
}
