//! The watchdog as others see it: what it may do, how each service stands, what it decided.
//!
//! `repair` decides, `engine` obeys and remembers, the faces show it.

use super::{ContainerId, Course, SafeText, ServiceName};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

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

/// Who stands behind a decision or an act.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Actor {
    /// The watchdog by itself.
    Watchdog,
    /// Whoever sits before the dashboard.
    Screen,
    /// Who has the token of the API.
    Api,
    /// A program that was given the tools of `dogwatch mcp`.
    Mcp,
}

impl Actor {
    /// Lower-case word as written on disk and in JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Watchdog => "watchdog",
            Self::Screen => "screen",
            Self::Api => "api",
            Self::Mcp => "mcp",
        }
    }
}

/// What is wrong, and so which way of repair.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Strategy {
    /// It ended, and nobody wanted that.
    Exited,
    /// It is started again and again by the Engine.
    Stuck,
    /// Its health check fails.
    Unhealthy,
    /// A service was restarted whose network it shares, or that it wants to follow.
    Dependant,
    /// Its memory is nearly full.
    Memory,
    /// Its processor time is nearly used up.
    Cpu,
    /// Its network interface counts errors.
    Network,
    /// It logs more problems than allowed.
    Errors,
    /// An alert of another system names it.
    Alert,
    /// A person asked.
    Wish,
}

impl Strategy {
    /// All of them, the most certain first.
    pub const ALL: [Self; 10] = [
        Self::Exited,
        Self::Stuck,
        Self::Unhealthy,
        Self::Dependant,
        Self::Memory,
        Self::Cpu,
        Self::Network,
        Self::Errors,
        Self::Alert,
        Self::Wish,
    ];

    /// Lower-case word as written in settings and JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Exited => "exited",
            Self::Stuck => "stuck",
            Self::Unhealthy => "unhealthy",
            Self::Dependant => "dependant",
            Self::Memory => "memory",
            Self::Cpu => "cpu",
            Self::Network => "network",
            Self::Errors => "errors",
            Self::Alert => "alert",
            Self::Wish => "wish",
        }
    }

    /// The strategy of this word.
    pub fn named(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|strategy| strategy.as_str() == word)
    }
}

/// What is done about it. There is nothing here that destroys data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Remedy {
    /// Start what has ended.
    Start,
    /// Stop and start in one call.
    Restart,
    /// Stop, then start: ends what the Engine itself tries again and again.
    Cycle,
    /// The steps of a fix of the user's.
    Fix,
}

impl Remedy {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Start, Self::Restart, Self::Cycle, Self::Fix];

    /// Lower-case word as written on disk and in JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::Restart => "restart",
            Self::Cycle => "cycle",
            Self::Fix => "fix",
        }
    }

    /// What is done, in a sentence.
    pub const fn verb(self) -> &'static str {
        match self {
            Self::Cycle => "stop and start",
            Self::Start => "start",
            Self::Restart => "restart",
            Self::Fix => "fix",
        }
    }

    /// The remedy of this word.
    pub fn named(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|remedy| remedy.as_str() == word)
    }
}

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

/// Labels that may name a service: ours, and those of cAdvisor and of service discovery.
const SERVICE_LABELS: [&str; 4] = [
    "service",
    "compose_service",
    "com_docker_compose_service",
    "container_label_com_docker_compose_service",
];

/// An alert of another system, such as Prometheus.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alert {
    /// Its name.
    pub name: SafeText,
    /// The service that its labels name; one without is never acted on.
    pub service: Option<ServiceName>,
    /// Whether its labels ask for a repair.
    pub asks_for_repair: bool,
    /// Since when it fires.
    pub since: DateTime<Utc>,
}

impl Alert {
    /// The alert with these labels. Without one that names a service nothing is ever done about it.
    pub fn labelled(labels: &BTreeMap<SafeText, SafeText>, since: DateTime<Utc>) -> Self {
        let label = |name: &str| labels.get(name).filter(|value| !value.is_empty());
        let service = SERVICE_LABELS.into_iter().find_map(label);
        Self {
            name: label("alertname").cloned().unwrap_or_default(),
            service: service.map(|name| ServiceName::from(name.as_str())),
            asks_for_repair: label("auto_repair").is_some_and(|v| v.eq_ignore_ascii_case("true")),
            since,
        }
    }
}
