//! One container of the play: what it does, how it is, and what it has said.

use super::{cast::Part, dice::Dice, journal::Journal};
use crate::model::{Container, ContainerId, Health, Origin, RunState, SafeText, Usage};
use chrono::{DateTime, Utc};
use std::sync::Arc;

/// Bytes in the megabyte that Docker prints.
const MEBIBYTE: u64 = 1 << 20;

/// Where a container stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    /// Its process is there, and ready from this moment.
    Starting(DateTime<Utc>),
    Ready,
    /// Told to stop; ends at this moment, and starts again where it was a restart.
    Stopping(DateTime<Utc>, Then),
    /// Ended by itself; the daemon starts it again at this moment.
    Crashed(DateTime<Utc>),
    /// Stopped by a person.
    Stopped,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Then {
    Start,
    Stay,
}

#[derive(Debug)]
pub(super) struct Actor {
    pub(super) part: &'static Part,
    pub(super) origin: Arc<Origin>,
    pub(super) phase: Phase,
    pub(super) journal: Journal,
    pub(super) restarts: u64,
    pub(super) started_at: DateTime<Utc>,
    pub(super) finished_at: Option<DateTime<Utc>>,
    pub(super) exit_code: i64,
    pub(super) oom_killed: bool,
    /// Its health check fails.
    pub(super) is_ill: bool,
    /// Megabytes above the usual.
    pub(super) grown: f64,
}

impl Actor {
    pub(super) fn new(part: &'static Part, replica: u32, id: &str, since: DateTime<Utc>) -> Self {
        let origin = Origin {
            service: part.name.into(),
            container: ContainerId::from(id),
            replica,
            is_tty: false,
        };
        Self {
            part,
            origin: Arc::new(origin),
            phase: Phase::Ready,
            journal: Journal::default(),
            restarts: 0,
            started_at: since,
            finished_at: None,
            exit_code: 0,
            oom_killed: false,
            is_ill: false,
            grown: 0.0,
        }
    }

    /// Whether it answers requests.
    pub(super) fn is_ready(&self) -> bool {
        self.phase == Phase::Ready
    }

    /// Whether its log can grow.
    pub(super) fn has_process(&self) -> bool {
        matches!(self.phase, Phase::Starting(_) | Phase::Ready | Phase::Stopping(..))
    }

    pub(super) fn state(&self) -> RunState {
        match self.phase {
            Phase::Starting(_) | Phase::Ready | Phase::Stopping(_, Then::Stay) => RunState::Running,
            Phase::Stopping(_, Then::Start) | Phase::Crashed(_) => RunState::Restarting,
            Phase::Stopped => RunState::Exited(self.exit_code),
        }
    }

    pub(super) fn health(&self) -> Health {
        match self.phase {
            _ if !self.part.has_health_check => Health::None,
            Phase::Ready if self.is_ill => Health::Unhealthy,
            Phase::Ready => Health::Healthy,
            _ => Health::Starting,
        }
    }

    /// What it uses at `rate` requests a second; nothing while it does not run.
    pub(super) fn usage(&self, rate: f64, strain: f64, dice: &mut Dice) -> Option<Usage> {
        if !self.has_process() {
            return None;
        }
        let (idle, each) = self.part.cpu;
        let (usual, limit) = self.part.memory;
        let share = rate / f64::from(self.part.replicas);
        let cpu = (idle + each * share + strain) * dice.between(0.8, 1.25);
        let memory = (usual as f64 + 0.4 * share + self.grown) * dice.between(0.99, 1.01);
        let memory = (memory * MEBIBYTE as f64) as u64;
        let memory_limit = limit * MEBIBYTE;
        Some(Usage {
            cpu_percent: cpu as f32,
            memory: memory.min(memory_limit),
            memory_limit,
            ..Usage::default()
        })
    }

    pub(super) fn name(&self) -> String {
        format!("shop-{}-{}", self.part.name, self.origin.replica)
    }

    pub(super) fn container(&self) -> Container {
        Container {
            name: SafeText::from(self.name()),
            image: self.part.image.into(),
            state: self.state(),
            health: self.health(),
            restarts: self.restarts,
            started_at: Some(self.started_at),
            finished_at: self.finished_at,
            oom_killed: self.oom_killed,
            depends_on: self.part.depends_on.iter().map(|name| (*name).into()).collect(),
            ..Container::new(Arc::clone(&self.origin))
        }
    }
}
