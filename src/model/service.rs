//! What Compose runs: services, their containers, and how they are.
//!
//! `source` reports containers, `store` joins them into services, the faces show them.

use super::{Care, SafeText};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::{fmt, sync::Arc};

/// Name of a Compose service; cheap to clone.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ServiceName(Arc<SafeText>);

impl ServiceName {
    /// The name as text.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

impl From<&str> for ServiceName {
    fn from(name: &str) -> Self {
        Self(Arc::new(SafeText::from(name)))
    }
}

impl fmt::Display for ServiceName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// Identity of one container: the Engine's id, or a made-up one in a replay.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ContainerId(Arc<SafeText>);

impl ContainerId {
    /// The whole id.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// The first twelve characters, as Docker prints it.
    pub fn short(&self) -> &str {
        self.as_str().get(..12).unwrap_or(self.as_str())
    }
}

impl From<&str> for ContainerId {
    fn from(id: &str) -> Self {
        Self(Arc::new(SafeText::from(id)))
    }
}

/// What a container does, in Docker's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase", tag = "state", content = "code")]
pub enum RunState {
    /// Made, never started.
    Created,
    /// Its main process runs.
    Running,
    /// Frozen by `docker pause`.
    Paused,
    /// Ended, and the Engine is about to start it again.
    Restarting,
    /// Ended, with this exit code.
    Exited(i64),
    /// Taken away.
    Removed,
    /// The source does not say.
    Unknown,
}

impl RunState {
    /// Whether the main process is there, running or paused.
    pub const fn is_up(self) -> bool {
        matches!(self, Self::Running | Self::Paused)
    }

    /// Docker's word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Running => "running",
            Self::Paused => "paused",
            Self::Restarting => "restarting",
            Self::Exited(_) => "exited",
            Self::Removed => "removed",
            Self::Unknown => "unknown",
        }
    }
}

/// What the container's health check says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Health {
    /// There is no health check.
    #[default]
    None,
    /// Within its start period, or not yet checked.
    Starting,
    /// The last check passed.
    Healthy,
    /// Too many checks in a row failed.
    Unhealthy,
}

/// What a container uses.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct Usage {
    /// Share of one core, in percent: two busy cores are 200.
    pub cpu_percent: f32,
    /// Bytes in use, without the page cache.
    pub memory: u64,
    /// Limit in bytes; the machine's memory where none is set; 0 where unknown.
    pub memory_limit: u64,
    /// Cores that the machine has; 0 where unknown.
    pub cores: u16,
    /// Packets that its network interfaces could not send or receive since it started.
    pub network_errors: u64,
}

/// One container as the source last saw it.
#[derive(Debug, Clone, PartialEq)]
pub struct Container {
    /// Whose it is.
    pub origin: Arc<super::Origin>,
    /// Name as `docker ps` shows it.
    pub name: SafeText,
    /// Image reference.
    pub image: SafeText,
    /// What it does.
    pub state: RunState,
    /// What its health check says.
    pub health: Health,
    /// Restarts by the Engine's own policy since it was created.
    pub restarts: u64,
    /// Start of the present run, or of the last.
    pub started_at: Option<DateTime<Utc>>,
    /// End of the last run.
    pub finished_at: Option<DateTime<Utc>>,
    /// Whether the kernel killed it for memory.
    pub oom_killed: bool,
    /// Seconds that a stop may take before the Engine kills.
    pub stop_timeout: u32,
    /// How it wants to be treated.
    pub care: Care,
    /// Services that this one needs (`depends_on`, and whose network it shares).
    pub depends_on: Vec<ServiceName>,
    /// How the Engine keeps its log.
    pub log: LogDriver,
    /// Why its logs cannot be read, as a sentence (`log driver "none" keeps no logs`); `None` where they can.
    pub unreadable: Option<SafeText>,
    /// Where its files come from.
    pub files: super::Files,
    /// Last measure; `None` before the first one and while it does not run.
    pub usage: Option<Usage>,
}

impl Container {
    /// Seconds that Docker waits for a container to stop, where nothing else is set.
    pub const STOP_TIMEOUT: u32 = 10;

    /// A container of which nothing is known but whose it is.
    pub fn new(origin: Arc<super::Origin>) -> Self {
        Self {
            origin,
            name: SafeText::default(),
            image: SafeText::default(),
            state: RunState::Unknown,
            health: Health::None,
            restarts: 0,
            started_at: None,
            finished_at: None,
            oom_killed: false,
            stop_timeout: Self::STOP_TIMEOUT,
            care: Care::default(),
            depends_on: Vec::new(),
            log: LogDriver::default(),
            unreadable: None,
            files: super::Files::default(),
            usage: None,
        }
    }
}

/// How the Engine keeps a container's log.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LogDriver {
    /// `json-file`, `local`, `journald` …; empty where unknown.
    pub name: SafeText,
    /// Bytes after which it begins a new file; `None` for one file without limit, and where that is not told.
    pub max_size: Option<u64>,
    /// Files that it keeps, the one being written included; 1 where nothing is kept of what was rotated.
    pub max_file: u32,
    /// Whether it throws lines away rather than hold up the container (`mode=non-blocking`).
    pub is_lossy: bool,
}

impl LogDriver {
    /// Bytes that are certainly there after a rotation; `None` without a limit.
    pub fn kept(&self) -> Option<u64> {
        Some(self.max_size?.saturating_mul(u64::from(self.max_file.saturating_sub(1))))
    }
}

/// One service: its containers together.
#[derive(Debug, Clone, PartialEq)]
pub struct Service {
    /// Compose's name.
    pub name: ServiceName,
    /// By replica number; empty where a recorded log is all we know.
    pub containers: Vec<Container>,
}

impl Service {
    /// The state that matters most to a watcher: the first of restarting, exited with failure, paused,
    /// running, created, exited well, that any container is in. [`RunState::Unknown`] without containers.
    pub fn state(&self) -> RunState {
        let weight = |state: RunState| match state {
            RunState::Restarting => 6,
            RunState::Exited(code) if code != 0 => 5,
            RunState::Paused => 4,
            RunState::Running => 3,
            RunState::Created => 2,
            RunState::Exited(_) => 1,
            RunState::Removed | RunState::Unknown => 0,
        };
        self.containers
            .iter()
            .map(|c| c.state)
            .max_by_key(|s| weight(*s))
            .unwrap_or(RunState::Unknown)
    }

    /// The worst health of any running container.
    pub fn health(&self) -> Health {
        let weight = |health: Health| match health {
            Health::Unhealthy => 3,
            Health::Starting => 2,
            Health::Healthy => 1,
            Health::None => 0,
        };
        self.containers
            .iter()
            .filter(|c| c.state.is_up())
            .map(|c| c.health)
            .max_by_key(|h| weight(*h))
            .unwrap_or_default()
    }

    /// Restarts by the Engine, all containers together.
    pub fn restarts(&self) -> u64 {
        self.containers.iter().map(|c| c.restarts).sum()
    }

    /// Processor and memory of all containers together; `None` before the first measure.
    pub fn usage(&self) -> Option<Usage> {
        let mut all = self.containers.iter().filter_map(|c| c.usage);
        let first = all.next()?;
        Some(all.fold(first, |sum, u| Usage {
            cpu_percent: sum.cpu_percent + u.cpu_percent,
            memory: sum.memory + u.memory,
            memory_limit: sum.memory_limit + u.memory_limit,
            cores: sum.cores.max(u.cores),
            network_errors: sum.network_errors + u.network_errors,
        }))
    }

    /// Containers whose process is there.
    pub fn running(&self) -> usize {
        self.containers.iter().filter(|c| c.state.is_up()).count()
    }

    /// Whether a person should look: restarting, unhealthy, paused, or ended with a failure.
    pub fn is_troubled(&self) -> bool {
        self.health() == Health::Unhealthy
            || matches!(self.state(), RunState::Restarting | RunState::Paused)
            || matches!(self.state(), RunState::Exited(code) if code != 0)
    }
}

/// Something that happened to a container, told by the source; becomes a line of [`super::Stream::System`].
#[derive(Debug, Clone, PartialEq)]
pub struct Notice {
    /// Whose container.
    pub origin: Arc<super::Origin>,
    /// When.
    pub time: DateTime<Utc>,
    /// One line: `restarted (exit 137), run 8`.
    pub text: SafeText,
}
