//! `remediation_problems.json`: problems that somebody was given. A fix often replaces the container, and its log goes with
//! it; what was tried and whether it helped can be written down all the same.

use super::audit::AuditIssue;
use crate::{cli::output::to_place, model::Fingerprint};
use std::{
    fs::{self, File},
    io,
    path::Path,
};

const FILE: &str = "remediation_problems.json";
/// Problems that are kept; the one that was given longest ago is let go first.
const MOST: usize = 200;

/// Keeps a problem, in place of what was known of it.
///
/// # Errors
/// Where the folder cannot be written.
pub fn remember(folder: &Path, issue: &AuditIssue) -> io::Result<()> {
    let lock = File::options().create(true).append(true).open(folder.join(".remediation.lock"))?;
    lock.lock()?;
    let mut known = read(folder)?;
    known.retain(|other| other.id != issue.id);
    known.push(issue.clone());
    known.drain(..known.len().saturating_sub(MOST));
    to_place(Some(&folder.join(FILE)), |out| {
        serde_json::to_writer_pretty(&mut *out, &known)?;
        writeln!(out)
    })
}

/// The problem of this name, as it was when it was given last.
///
/// # Errors
/// Where the file is there and is not ours.
pub fn recall(folder: &Path, id: Fingerprint) -> io::Result<Option<AuditIssue>> {
    Ok(read(folder)?.into_iter().find(|issue| issue.id == id))
}

fn read(folder: &Path) -> io::Result<Vec<AuditIssue>> {
    match fs::read_to_string(folder.join(FILE)) {
        Ok(text) => Ok(serde_json::from_str(&text)?),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}
