//! How many containers a service has, how many it should have, and why.
//!
//! `repair::scale` decides, `engine` measures and obeys, the faces show it.

use super::{Files, SafeText, ServiceName};
use chrono::{DateTime, Utc};
use serde::Serialize;

/// How a service stands with the scaler.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ScaleState {
    /// It has as many as it needs.
    Steady,
    /// Something holds a change back: a window, a cooldown, a measure that is missing.
    Waiting,
    /// It is not scaled: it cannot be, or somebody did it by hand.
    LeftAlone,
    /// It would be changed, and only watching is allowed.
    WouldAct,
    /// It is being changed.
    Acting,
    /// It was changed.
    Done,
    /// The change did not succeed.
    Failed,
}

impl ScaleState {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Steady,
        Self::Waiting,
        Self::LeftAlone,
        Self::WouldAct,
        Self::Acting,
        Self::Done,
        Self::Failed,
    ];

    /// Lower-case words as written in JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Steady => "steady",
            Self::Waiting => "waiting",
            Self::LeftAlone => "left_alone",
            Self::WouldAct => "would_act",
            Self::Acting => "acting",
            Self::Done => "done",
            Self::Failed => "failed",
        }
    }
}

/// One service as the scaler sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Scaling {
    /// When.
    pub time: DateTime<Utc>,
    /// The service.
    pub service: ServiceName,
    /// How it stands.
    pub state: ScaleState,
    /// Containers that it has.
    pub replicas: u32,
    /// Containers that it should have.
    pub wanted: u32,
    /// Why, in one sentence.
    pub reason: SafeText,
    /// Changes that succeeded since dogwatch began.
    pub changed: u64,
    /// Changes that did not.
    pub failed: u64,
}

/// All services that are scaled.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Scalings {
    /// By name.
    pub services: Vec<Scaling>,
    /// When all of them had been looked at for the first time; `None` before, and in a run that scales nothing.
    pub looked_at: Option<DateTime<Utc>>,
}

impl Scalings {
    /// How one service stands.
    pub fn of(&self, service: &ServiceName) -> Option<&Scaling> {
        self.services.iter().find(|scaling| scaling.service == *service)
    }
}

/// A decided change of scale, on its way to the hand that acts; its intent is on record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScaleOrder {
    /// The service.
    pub service: ServiceName,
    /// Containers that it has.
    pub from: u32,
    /// Containers that it is to have.
    pub to: u32,
    /// Where its Compose files are.
    pub files: Files,
}

/// What a service's Compose file says about having several containers.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Shape {
    /// The hash of its configuration, as Compose writes it on containers.
    pub hash: String,
    /// Containers that the ports of the host suffice for; `None` where it takes none that is fixed.
    pub host_ports: Option<u32>,
    /// Whether it fixes the name of its container.
    pub has_own_name: bool,
    /// Whether it is to run once on each machine.
    pub is_global: bool,
    /// Whose network it takes, where that is not a network of the project's: `host`, `service:vpn`.
    pub network_mode: Option<String>,
}
