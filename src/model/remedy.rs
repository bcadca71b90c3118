//! What is wrong with a service, and what is done about it.
//!
//! `repair` chooses a remedy by the strategy; the words are those of settings, records and JSON.

use serde::{Deserialize, Serialize};

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
