//! What is asked before problems become one or two, and before several services or the whole project are touched.

use crate::model::{Command, Files, Fingerprint, SafeText};

/// What can be done to several services.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Bulk {
    /// Restart those that a person should look at.
    RestartTroubled,
    /// Restart all.
    RestartAll,
    /// Stop all that run.
    StopAll,
    /// Start all that do not run.
    StartAll,
    /// Bring the project up.
    Up,
    /// Take the project down.
    Down,
}

impl Bulk {
    /// The rows of the menu.
    pub(crate) const ALL: [Self; 6] = [
        Self::RestartTroubled,
        Self::RestartAll,
        Self::StopAll,
        Self::StartAll,
        Self::Up,
        Self::Down,
    ];

    /// What it does, in a few words.
    pub(crate) const fn title(self) -> &'static str {
        match self {
            Self::RestartTroubled => "restart those in trouble",
            Self::RestartAll => "restart all",
            Self::StopAll => "stop all",
            Self::StartAll => "start all that are stopped",
            Self::Up => "bring the project up",
            Self::Down => "take the project down",
        }
    }
}

/// A question before the whole project goes up or down.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ProjectQuestion {
    /// Up, else down.
    pub(crate) is_up: bool,
    /// Where its files are.
    pub(crate) files: Files,
    /// Containers that there are.
    pub(crate) containers: usize,
}

impl ProjectQuestion {
    /// What a yes sends.
    pub(crate) fn command(&self) -> Command {
        let files = self.files.clone();
        if self.is_up { Command::Up(files) } else { Command::Down(files) }
    }
}

/// A problem, or one of its messages, as it was when it was asked about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Told {
    /// Its name.
    pub(crate) fingerprint: Fingerprint,
    /// What it says.
    pub(crate) template: SafeText,
    /// Events.
    pub(crate) count: u64,
}

/// A question before problems become one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Merging {
    /// The one that stays.
    pub(crate) into: Told,
    /// Those that become part of it, most events first.
    pub(crate) from: Vec<Told>,
}

impl Merging {
    /// What a yes sends.
    pub(crate) fn command(&self) -> Command {
        let from = self.from.iter().map(|other| other.fingerprint).collect();
        Command::Merge { into: self.into.fingerprint, from }
    }
}

/// Which message is to be a problem of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Splitting {
    /// The problem.
    pub(crate) group: Fingerprint,
    /// Its messages, most events first.
    pub(crate) parts: Vec<Told>,
    /// The row of the cursor.
    pub(crate) at: usize,
}

impl Splitting {
    /// What Enter sends.
    pub(crate) fn command(&self) -> Option<Command> {
        let part = self.parts.get(self.at)?.fingerprint;
        Some(Command::Split { group: self.group, part })
    }
}
