//! Where the record is kept: folder, journal, database, key.

use super::{Check, size};
use chrono::{DateTime, Utc};
use std::path::{Path, PathBuf};

/// Below so much free space the journal will soon stop.
const LITTLE: u64 = 200_000_000;

/// What is known of the folder of all that is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Folder {
    /// Where it is.
    pub path: PathBuf,
    /// Whether it can be used.
    pub state: FolderState,
    /// Permission bits; `None` where there are none.
    pub mode: Option<u32>,
    /// Whether it is this user's.
    pub is_own: bool,
    /// Bytes free for this user.
    pub free: Option<u64>,
}

/// Whether a folder can be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FolderState {
    /// It can be read and written.
    Open,
    /// It is not there, and can be made.
    Missing,
    /// Something else stands there.
    NoFolder,
    /// The file system takes no writes at all.
    ReadOnly,
    /// This user may not write there, or not make it.
    Refused,
}

/// Whether things can be kept there, and by us alone.
pub fn folder(folder: &Folder) -> Vec<Check> {
    let path = folder.path.display();
    let elsewhere = "Or keep it elsewhere: DOGWATCH_STATE_DIR=/path";
    let broken = match folder.state {
        FolderState::Open | FolderState::Missing => None,
        FolderState::NoFolder => {
            Some(("is not a folder: nothing is kept", "Move it away.".to_owned()))
        }
        FolderState::ReadOnly => Some((
            "is on a read-only file system: settings and history are not saved",
            "Mount it for writing.".to_owned(),
        )),
        FolderState::Refused => Some((
            "cannot be written: settings and history are not saved",
            format!("Make it yours: sudo chown -R $USER {path}."),
        )),
    };
    if let Some((fact, fix)) = broken {
        return vec![Check::fail("state", format!("{path} {fact}"), format!("{fix} {elsewhere}"))];
    }
    let free = folder.free.map_or_else(String::new, |free| format!(", {} free", size(free)));
    if folder.state == FolderState::Missing {
        return vec![Check::ok("state", format!("{path} is not there yet and can be made{free}"))];
    }
    let mut checks = Vec::new();
    if !folder.is_own {
        let fact = format!("{path} belongs to somebody else, who can read and change what is kept");
        checks.push(Check::warn("state", fact, format!("sudo chown -R $USER {path}. {elsewhere}")));
    }
    if let Some(mode) = folder.mode
        && mode & 0o077 != 0
    {
        let fact = format!("others can read or change {path} (mode {:04o})", mode & 0o7777);
        checks.push(Check::warn("state", fact, format!("chmod 700 {path}")));
    }
    if let Some(free) = folder.free
        && free < LITTLE
    {
        let fact = format!(
            "only {} free at {path}: keeping lines pauses when the disk is full",
            size(free)
        );
        let fix = format!("Free some space, or lower journal.max_bytes. {elsewhere}");
        checks.push(Check::warn("state", fact, fix));
    }
    if checks.is_empty() {
        checks.push(Check::ok("state", format!("{path}{free}")));
    }
    checks
}

/// What is known of a project's journal.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Journal {
    /// Files of it.
    pub files: u64,
    /// Bytes on disk.
    pub bytes: u64,
    /// Bytes that it may take.
    pub max_bytes: u64,
    /// Hours that lines are kept.
    pub max_age_hours: u32,
    /// Time of its oldest line.
    pub oldest: Option<DateTime<Utc>>,
    /// Lines in it that cannot be read.
    pub damaged: u64,
    /// Which of its files cannot be read, and why; `None` where all can.
    pub unreadable: Option<String>,
    /// Why it cannot be read at all.
    pub error: Option<String>,
}

/// Whether the journal is there and whole.
pub fn journal(journal: &Journal, now: DateTime<Utc>) -> Vec<Check> {
    if let Some(error) = &journal.error {
        let fix = "Look at the path; what cannot be repaired can be deleted, a new journal begins by itself.";
        return vec![Check::fail("journal", format!("cannot be read: {error}"), fix)];
    }
    let limits =
        format!("kept for {} h, at most {}", journal.max_age_hours, size(journal.max_bytes));
    let unreadable = journal.unreadable.iter().map(|told| {
        Check::warn(
            "journal",
            format!("{told}; all others are read"),
            "Make it readable for you, or delete it: what stands in it is missing from every answer.",
        )
    });
    let Some(oldest) = journal.oldest else {
        let nothing = Check::ok("journal", format!("nothing on record yet; {limits}"));
        return std::iter::once(nothing).chain(unreadable).collect();
    };
    let age = (now - oldest).num_minutes().max(0);
    let age = if age < 120 { format!("{age} min") } else { format!("{} h", age / 60) };
    let files =
        if journal.files == 1 { "1 file".to_owned() } else { format!("{} files", journal.files) };
    let fact = format!("{files}, {}, back to {age} ago; {limits}", size(journal.bytes));
    let mut checks = vec![Check::ok("journal", fact)];
    checks.extend(unreadable);
    if journal.damaged > 0 {
        let lines = if journal.damaged == 1 { "line is" } else { "lines are" };
        checks.push(Check::warn(
            "journal",
            format!("{} {lines} damaged and passed over; all others are read", journal.damaged),
            "Nothing must be done: they go with their file. Often the disk was full or the power went.",
        ));
    }
    checks
}

/// How the state database is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Database {
    /// There is none yet.
    None,
    /// It was looked through and is whole.
    Whole,
    /// It cannot be read, and why.
    Broken(String),
}

/// Whether triage and counts can be read back.
pub fn database(database: &Database) -> Check {
    match database {
        Database::None => Check::ok("database", "nothing is kept of this project yet"),
        Database::Whole => Check::ok("database", "whole"),
        Database::Broken(why) => Check::fail(
            "database",
            format!("cannot be read: {why}"),
            "The next start puts a damaged one aside as state.db.bad-TIME and begins anew; one of a newer dogwatch \
             needs that dogwatch.",
        ),
    }
}

/// Whether only the user can read the key that makes the marks of masked secrets. `None` where there is no key yet.
pub fn key(path: &Path, mode: Option<u32>) -> Option<Check> {
    let mode = mode?;
    let path = path.display();
    Some(if mode & 0o077 != 0 {
        let fact = format!(
            "others can read {path} (mode {:04o}): marks of secrets can be compared",
            mode & 0o7777
        );
        Check::warn("key", fact, format!("chmod 600 {path}"))
    } else {
        Check::ok("key", format!("{path}, for you alone"))
    })
}

/// Who writes the record of this project now.
pub fn writer(pid: Option<u32>) -> Option<Check> {
    pid.map(|pid| {
        Check::ok(
            "writer",
            format!("a dogwatch runs (pid {pid}) and keeps the record; others only look"),
        )
    })
}
