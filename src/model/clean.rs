//! What may be cleaned where a disk is full. No volume is among it, no container, and no image that has a name.

use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// What a user lets the watchdog clean.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Clean {
    /// Lines that dogwatch itself kept of other projects, where nothing was written for a week.
    OwnLogs,
    /// Images without a name that no container uses.
    DanglingImages,
}

impl Clean {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::OwnLogs, Self::DanglingImages];

    /// The word in settings, in the audit log and in JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::OwnLogs => "own-logs",
            Self::DanglingImages => "dangling-images",
        }
    }

    /// The same in a sentence.
    pub const fn told(self) -> &'static str {
        match self {
            Self::OwnLogs => "dogwatch's own lines of other projects that are older than a week",
            Self::DanglingImages => "images without a name that no container uses",
        }
    }

    /// The entry of the audit log: `clean own-logs`.
    pub fn action(self) -> String {
        format!("clean {}", self.as_str())
    }

    /// What an entry of the audit log cleaned; `None` for other entries.
    pub fn of_action(action: &str) -> Option<Self> {
        let word = action.strip_prefix("clean ")?;
        Self::ALL.into_iter().find(|clean| clean.as_str() == word)
    }
}

/// Where dogwatch keeps its own lines.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct OwnLogs {
    /// The folder with one folder a project.
    pub projects: PathBuf,
    /// The folder of the project that is watched, which is left alone.
    pub own: PathBuf,
}

/// A decided cleaning, on its way to the hand that acts; for the watchdog alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CleanOrder {
    /// Old lines of other projects.
    OwnLogs(OwnLogs),
    /// Dangling images.
    DanglingImages,
}
