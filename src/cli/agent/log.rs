//! `remediation_log.json` and `remediation_progress.log`: what was done, by whom, and whether it helped.

use super::audit::{AuditIssue, Rank};
use crate::{cli::output::to_place, model::Fingerprint};
use chrono::{DateTime, SecondsFormat, Utc};
use serde::{Deserialize, Serialize};
use std::{
    fs::{self, File},
    io::{self, Write},
    path::Path,
};

const FILE: &str = "remediation_log.json";
const PROGRESS: &str = "remediation_progress.log";

/// What was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Deed {
    /// Somebody took it.
    Started,
    /// Something was done.
    Attempt,
    /// The logs were watched.
    Verified,
}

/// One entry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// When.
    pub timestamp: DateTime<Utc>,
    /// Which entry of this problem it is, from 1.
    pub iteration: usize,
    /// What it is, in a few words.
    pub issue_type: String,
    /// The container that has it most.
    pub container: String,
    /// How bad.
    pub severity: Rank,
    /// Whether it helped; nothing while that is not known.
    pub success: Option<bool>,
    /// What it said.
    pub log_excerpt: String,
    /// The problem.
    pub fingerprint: Fingerprint,
    /// What was done.
    pub event: Deed,
    /// Who, what, or what the logs say.
    pub note: String,
}

/// All entries, oldest first.
#[derive(Debug, Clone, Default)]
pub struct Log {
    entries: Vec<Entry>,
}

impl Log {
    /// Reads it from its folder; what is missing is empty.
    ///
    /// # Errors
    /// Where it is there and is not ours.
    pub fn read(folder: &Path) -> io::Result<Self> {
        match fs::read_to_string(folder.join(FILE)) {
            Ok(text) => Ok(Self { entries: serde_json::from_str(&text)? }),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Self::default()),
            Err(error) => Err(error),
        }
    }

    /// What was done about one problem, oldest first.
    pub fn of(&self, id: Fingerprint) -> impl DoubleEndedIterator<Item = &Entry> {
        self.entries.iter().filter(move |entry| entry.fingerprint == id)
    }

    /// Adds an entry to the file, which is whole at every moment; others that do so meanwhile are waited for.
    ///
    /// # Errors
    /// Where the folder cannot be written.
    pub fn add(
        folder: &Path,
        issue: &AuditIssue,
        (event, success): (Deed, Option<bool>),
        note: &str,
        now: DateTime<Utc>,
    ) -> io::Result<()> {
        let lock =
            File::options().create(true).append(true).open(folder.join(".remediation.lock"))?;
        lock.lock()?;
        let mut log = Self::read(folder)?;
        let entry = Entry {
            timestamp: now,
            iteration: log.of(issue.id).count() + 1,
            issue_type: issue.issue_type.clone(),
            container: issue.container.clone(),
            severity: issue.severity,
            success,
            log_excerpt: issue.log_excerpt.clone(),
            fingerprint: issue.id,
            event,
            note: note.to_owned(),
        };
        log.entries.push(entry);
        to_place(Some(&folder.join(FILE)), |out| {
            serde_json::to_writer_pretty(&mut *out, &log.entries)?;
            writeln!(out)
        })
    }
}

/// Adds a line to `remediation_progress.log`.
///
/// # Errors
/// Where the folder cannot be written.
pub fn progress(folder: &Path, level: &str, text: &str, now: DateTime<Utc>) -> io::Result<()> {
    let mut file = File::options().create(true).append(true).open(folder.join(PROGRESS))?;
    let time = now.to_rfc3339_opts(SecondsFormat::Secs, true);
    let text = text.replace(['\n', '\r'], " ");
    file.write_all(format!("[{time}] [{level}] {text}\n").as_bytes())
}
