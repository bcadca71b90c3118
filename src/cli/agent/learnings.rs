//! What fixed problems before: kept as JSON, and as XML for those who read that; searched when a like one comes.

use super::audit::AuditIssue;
use crate::{cli::output::to_place, cli::report::Escaped, model::Fingerprint};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::{fs, io, path::Path};

const FOLDER: &str = "SPEC/learnings";

/// What helped once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Learning {
    /// When it was learnt.
    pub timestamp: DateTime<Utc>,
    /// The problem.
    pub fingerprint: Fingerprint,
    /// The rule that found it.
    pub rule: String,
    /// What kind of trouble.
    pub category: String,
    /// What it is, in a few words.
    pub issue_type: String,
    /// The message with its changing parts masked.
    pub pattern: String,
    /// What helped, and why.
    pub solution: String,
    /// Whether the logs confirmed it.
    pub verified: bool,
}

/// All of them, oldest first.
#[derive(Debug, Clone, Default)]
pub struct Learnings(Vec<Learning>);

impl Learnings {
    /// Reads them; what is missing is empty.
    ///
    /// # Errors
    /// Where the file is there and is not ours.
    pub fn read(folder: &Path) -> io::Result<Self> {
        match fs::read_to_string(folder.join(FOLDER).join("docker_remediation.json")) {
            Ok(text) => Ok(Self(serde_json::from_str(&text)?)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Self::default()),
            Err(error) => Err(error),
        }
    }

    /// Adds one.
    pub fn add(&mut self, issue: &AuditIssue, solution: &str, verified: bool, now: DateTime<Utc>) {
        self.0.push(Learning {
            timestamp: now,
            fingerprint: issue.id,
            rule: issue.rule.clone(),
            category: issue.category.to_string(),
            issue_type: issue.issue_type.clone(),
            pattern: issue.pattern.clone(),
            solution: solution.to_owned(),
            verified,
        });
    }

    /// Those of the same problem, then those of the same rule; the newest first, verified before others.
    pub fn like(&self, issue: &AuditIssue) -> Vec<&Learning> {
        let is_like = |l: &&Learning| l.fingerprint == issue.id || l.rule == issue.rule;
        let mut like: Vec<_> = self.0.iter().filter(is_like).collect();
        like.sort_by_key(|l| {
            std::cmp::Reverse((l.fingerprint == issue.id, l.verified, l.timestamp))
        });
        like
    }

    /// Writes both files.
    ///
    /// # Errors
    /// Where the folder cannot be written.
    pub fn write(&self, folder: &Path) -> io::Result<()> {
        let folder = folder.join(FOLDER);
        fs::create_dir_all(&folder)?;
        to_place(Some(&folder.join("docker_remediation.json")), |out| {
            serde_json::to_writer_pretty(&mut *out, &self.0)?;
            writeln!(out)
        })?;
        to_place(Some(&folder.join("docker_remediation.xml")), |out| {
            writeln!(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<learnings>")?;
            for learning in &self.0 {
                let Learning { timestamp, fingerprint, verified, .. } = learning;
                writeln!(
                    out,
                    "  <learning timestamp=\"{timestamp:?}\" fingerprint=\"{fingerprint}\" verified=\"{verified}\">"
                )?;
                for (name, text) in [
                    ("rule", &learning.rule),
                    ("category", &learning.category),
                    ("issue_type", &learning.issue_type),
                    ("pattern", &learning.pattern),
                    ("solution", &learning.solution),
                ] {
                    writeln!(out, "    <{name}>{}</{name}>", Escaped(text))?;
                }
                writeln!(out, "  </learning>")?;
            }
            writeln!(out, "</learnings>")
        })
    }
}
