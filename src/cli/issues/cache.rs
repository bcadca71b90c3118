//! What was filed from here, so that it can be listed without asking anybody. Nothing is filed or left out because
//! of it: the forge is always asked.

use super::follow::{QUIET, Told};
use crate::{cli::output::to_place, model::FiledIssue, model::Fingerprint};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, fs, io, path::Path};

/// Issues by problem.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cache {
    /// By fingerprint.
    pub issues: BTreeMap<Fingerprint, Known>,
}

/// An issue as it was when the forge was last asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Known {
    /// Its title when it was filed.
    pub title: String,
    /// `None` between sending and the answer: a run that ended there does not know whether it is filed.
    pub issue: Option<FiledIssue>,
    /// When it was last asked.
    pub checked_at: DateTime<Utc>,
    /// What was said there.
    #[serde(default)]
    pub told: Told,
}

impl Known {
    /// Whether nothing was said there for a day.
    pub fn is_quiet(&self, now: DateTime<Utc>) -> bool {
        self.told.at.is_none_or(|at| now - at >= QUIET)
    }
}

impl Cache {
    /// Reads it; what is missing is empty.
    ///
    /// # Errors
    /// Where the file is there and cannot be read.
    pub fn read(path: &Path) -> io::Result<Self> {
        match fs::read_to_string(path) {
            Ok(text) => Ok(serde_json::from_str(&text)?),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Self::default()),
            Err(error) => Err(error),
        }
    }

    /// Writes it, whole or not at all.
    ///
    /// # Errors
    /// Where the folder cannot be written.
    pub fn write(&self, path: &Path) -> io::Result<()> {
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        to_place(Some(path), |out| {
            serde_json::to_writer_pretty(&mut *out, self)?;
            writeln!(out)
        })
    }

    /// The issue of a problem, where it was open when it was last asked for.
    pub fn open(&self, id: Fingerprint) -> Option<&FiledIssue> {
        self.issues.get(&id)?.issue.as_ref().filter(|issue| issue.is_open)
    }

    /// Notes how an issue stands.
    pub fn note(
        &mut self,
        id: Fingerprint,
        title: &str,
        issue: Option<FiledIssue>,
        now: DateTime<Utc>,
    ) {
        let told = self.issues.remove(&id).map(|known| known.told).unwrap_or_default();
        self.issues.insert(id, Known { title: title.to_owned(), issue, checked_at: now, told });
    }
}
