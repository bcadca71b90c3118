//! The watchdog as others see it: what it may do, how each service stands, what it decided.
//!
//! `repair` decides, `engine` obeys and remembers, the faces show it.

use super::{Attempt, Ending, Remedy, SafeText, ServiceName, Strategy};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// What the watchdog may do.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
#[serde(rename_all = "lowercase")]
pub enum RepairMode {
    /// Say what it would do.
    #[default]
    Observe,
    /// Wait for a person's yes.
    Ask,
    /// Act.
    Auto,
}

impl RepairMode {
    /// Lower-case word as written in settings and JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Observe => "observe",
            Self::Ask => "ask",
            Self::Auto => "auto",
        }
    }
}

/// How a service stands with the watchdog.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum GuardState {
    /// Nothing is wrong.
    Fine,
    /// Something is, and it is not ours: stopped by a person, a finished job, opted out, Docker's own business.
    LeftAlone,
    /// Something is wrong; waiting for a time, for another service, or for it to last.
    Waiting,
    /// Something would be done, and only watching is allowed.
    WouldAct,
    /// Something would be done, and a person is asked.
    Asking,
    /// Something is being done.
    Acting,
    /// It was done, and is it well?
    Verifying,
    /// All attempts are used; a person must look.
    GivenUp,
    /// All acting is paused, because too much goes wrong at once.
    Paused,
}

impl GuardState {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::Fine,
        Self::LeftAlone,
        Self::Waiting,
        Self::WouldAct,
        Self::Asking,
        Self::Acting,
        Self::Verifying,
        Self::GivenUp,
        Self::Paused,
    ];

    /// Lower-case words as written in JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Fine => "fine",
            Self::LeftAlone => "left_alone",
            Self::Waiting => "waiting",
            Self::WouldAct => "would_act",
            Self::Asking => "asking",
            Self::Acting => "acting",
            Self::Verifying => "verifying",
            Self::GivenUp => "given_up",
            Self::Paused => "paused",
        }
    }
}

/// One service as the watchdog sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Guard {
    /// The service.
    pub service: ServiceName,
    /// What may be done to it.
    pub mode: RepairMode,
    /// How it stands.
    pub state: GuardState,
    /// What is wrong; `None` while nothing is.
    pub strategy: Option<Strategy>,
    /// What is, or would be, done.
    pub remedy: Option<Remedy>,
    /// Attempts of this incident.
    pub attempts: u32,
    /// Attempts that are allowed.
    pub allowed: u32,
    /// Attempts of this incident that did not help.
    pub failures: u32,
    /// When it was last acted on.
    pub acted_at: Option<DateTime<Utc>>,
    /// When the next thing happens by itself; `None` where nothing will.
    pub next_at: Option<DateTime<Utc>>,
    /// Why, in one sentence; empty while all is fine and nothing was done.
    pub reason: SafeText,
}

/// The watchdog as a whole.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Watchdog {
    /// What it may do where nothing says otherwise.
    pub mode: RepairMode,
    /// Why it does less than `mode` says: no memory, no verbs, a dry run.
    pub restrained: Option<SafeText>,
    /// Services, by name.
    pub guards: Vec<Guard>,
    /// Until when nothing is done, because too much went wrong at once.
    pub paused: Option<DateTime<Utc>>,
    /// What it advises and never does by itself, as for a full disk.
    pub advice: Vec<SafeText>,
    /// The newest attempts, oldest first; at most 50.
    pub recent: Vec<Attempt>,
    /// What was done since dogwatch began.
    pub tallies: Vec<Tally>,
    /// Fixes of the user's that have ended since dogwatch began.
    pub fixes: Vec<FixTally>,
    /// When it last looked; `None` before its first look, and in a run without a watchdog.
    pub looked_at: Option<DateTime<Utc>>,
}

impl Watchdog {
    /// What it may really do: `observe` where something restrains it.
    pub const fn in_force(&self) -> RepairMode {
        if self.restrained.is_some() { RepairMode::Observe } else { self.mode }
    }

    /// Whether something of it changes by itself: a countdown, a repair, a question.
    pub fn is_moving(&self) -> bool {
        use GuardState::{Acting, Asking, Verifying};
        let is_moving = |guard: &Guard| {
            guard.next_at.is_some() || matches!(guard.state, Acting | Asking | Verifying)
        };
        self.paused.is_some() || self.guards.iter().any(is_moving)
    }

    /// How one service stands.
    pub fn guard(&self, service: &ServiceName) -> Option<&Guard> {
        self.guards.iter().find(|guard| guard.service == *service)
    }
}

/// Repairs of one service by one remedy that have ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Tally {
    /// The service.
    pub service: ServiceName,
    /// What was done.
    pub remedy: Remedy,
    /// Those after which the service was well.
    pub worked: u64,
    /// The others; what was skipped is none.
    pub failed: u64,
}

/// How often a fix of the user's ended so on a service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FixTally {
    /// The service.
    pub service: ServiceName,
    /// The fix.
    pub fix: SafeText,
    /// How it ended.
    pub ending: Ending,
    /// How often.
    pub count: u64,
}

/// Something that the watchdog decided, found or did: a service stands otherwise than before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Decision {
    /// When.
    pub time: DateTime<Utc>,
    /// The service; `None` for what concerns all.
    pub service: Option<ServiceName>,
    /// How it stands now.
    pub state: GuardState,
    /// What is wrong.
    pub strategy: Option<Strategy>,
    /// What is, or would be, done.
    pub remedy: Option<Remedy>,
    /// How an attempt ended, where this tells of one.
    pub ending: Option<Ending>,
    /// Why, in one sentence.
    pub reason: SafeText,
}

impl Decision {
    /// A decision that concerns all services.
    pub fn about_all(time: DateTime<Utc>, state: GuardState, reason: &str) -> Self {
        Self {
            time,
            service: None,
            state,
            strategy: None,
            remedy: None,
            ending: None,
            reason: reason.into(),
        }
    }
}
