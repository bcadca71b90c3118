//! What was decided about services and done to them, for whoever asks later: one JSON object a line, in one file that
//! is only ever appended to.
//!
//! Each entry names the hash of the line before it, so that a line which was changed, taken out or put in between is
//! found ([`verify`]). An entry is on disk when [`Audit::append`] returns.

use crate::model::{Actor, ContainerId, SafeText, ServiceName};
use chrono::{DateTime, SubsecRound as _, Utc};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use std::{
    fmt::Write as _,
    fs::{File, OpenOptions},
    io::{self, BufRead, BufReader, Read, Seek, SeekFrom, Write as _},
    path::{Path, PathBuf},
};

/// The file's name in a project's folder.
pub const FILE: &str = "audit.ndjson";
/// The form of an entry.
const VERSION: u32 = 1;
/// No entry is longer; the last one is looked for in so many bytes at the end.
const LONGEST: u64 = 64 << 10;
/// Characters of a reason or a result that are kept.
const TEXT: usize = 2_000;

/// Why the log cannot be written or read.
#[derive(Debug, thiserror::Error)]
#[error("audit log {}: {source}", path.display())]
pub struct Error {
    path: PathBuf,
    source: io::Error,
}

/// One decision, or one act.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// When.
    #[serde(rename = "ts")]
    pub time: DateTime<Utc>,
    /// Who.
    pub actor: Actor,
    /// What: `start`, `would start`, `given up`.
    pub action: SafeText,
    /// To which service; none for what concerns all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service: Option<ServiceName>,
    /// To which containers.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub containers: Vec<ContainerId>,
    /// The number of the attempt that it belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attempt: Option<u64>,
    /// Why.
    pub reason: SafeText,
    /// What came of it, where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub result: Option<SafeText>,
    /// Whether nothing could be sent in this run.
    pub dry_run: bool,
}

/// An entry as it stands in the file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// The form of the entry.
    pub v: u32,
    /// Its number, from 1.
    pub seq: u64,
    /// What it says.
    #[serde(flatten)]
    pub entry: Entry,
    /// The hash (SHA-256) of the line before it, without its end; of nothing for the first.
    pub prev: String,
}

/// The log, open for its one writer.
#[derive(Debug)]
pub struct Audit {
    file: File,
    path: PathBuf,
    seq: u64,
    last: String,
}

impl Audit {
    /// Opens it, and makes it where it is missing, for its owner alone.
    ///
    /// A line that a power cut left torn stays as it is and is part of the chain.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub fn open(path: &Path) -> Result<Self, Error> {
        let failed = |source| Error { path: path.to_owned(), source };
        let mut options = OpenOptions::new();
        options.read(true).append(true).create(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(path).map_err(failed)?;
        let tail = tail(&mut file).map_err(failed)?;
        if !tail.is_empty() && !tail.ends_with(b"\n") {
            file.write_all(b"\n").and_then(|()| file.sync_data()).map_err(failed)?;
        }
        let text = tail.strip_suffix(b"\n").unwrap_or(&tail);
        let mut lines = text.rsplit(|byte| *byte == b'\n');
        let last = hash(lines.next().unwrap_or_default());
        let seq = text.rsplit(|byte| *byte == b'\n').find_map(read).map_or(0, |line| line.seq);
        Ok(Self { file, path: path.to_owned(), seq, last })
    }

    /// Adds an entry; it is on disk when this returns its number. Blocks for the disk.
    ///
    /// # Errors
    /// Where it is not on disk, and so nothing may be done.
    pub fn append(&mut self, mut entry: Entry) -> Result<u64, Error> {
        let failed = |source| Error { path: self.path.clone(), source };
        entry.reason = cut(&entry.reason);
        entry.result = entry.result.as_ref().map(cut);
        entry.time = entry.time.trunc_subsecs(3);
        let line = Line { v: VERSION, seq: self.seq + 1, entry, prev: self.last.clone() };
        let mut bytes = serde_json::to_vec(&line).map_err(|error| failed(error.into()))?;
        let hash = hash(&bytes);
        bytes.push(b'\n');
        let before = self.file.seek(SeekFrom::End(0)).map_err(failed)?;
        let written = self.file.write_all(&bytes).and_then(|()| self.file.sync_data());
        if let Err(error) = written {
            // A part of it must not stand before the next one.
            let _ = self.file.set_len(before);
            return Err(failed(error));
        }
        self.seq = line.seq;
        self.last = hash;
        Ok(line.seq)
    }
}

/// What a look at the whole log found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Verified {
    /// Entries.
    pub entries: u64,
    /// Lines that a power cut tore.
    pub torn: u64,
    /// The hash of the last line; whoever notes it can tell later whether the end was cut off.
    pub last: String,
    /// The first line that does not follow from the one before it, and why; `None` where the chain is whole.
    pub broken: Option<(u64, String)>,
}

/// Follows the chain from the first line to the last, and hands every entry on.
///
/// # Errors
/// Where the file cannot be read.
pub fn verify(path: &Path, mut each: impl FnMut(Line)) -> Result<Verified, Error> {
    let failed = |source| Error { path: path.to_owned(), source };
    let mut reader = BufReader::new(File::open(path).map_err(failed)?);
    let mut found = Verified { last: hash(b""), ..Verified::default() };
    let (mut number, mut seq, mut bytes) = (0, 0, Vec::new());
    loop {
        bytes.clear();
        let read_bytes = reader.by_ref().take(LONGEST).read_until(b'\n', &mut bytes);
        if read_bytes.map_err(failed)? == 0 {
            return Ok(found);
        }
        number += 1;
        let text = bytes.strip_suffix(b"\n").unwrap_or(&bytes);
        match read(text) {
            None => found.torn += 1,
            Some(line) => {
                let why = if line.prev != found.last {
                    Some("the line before it is not the one it was written after".to_owned())
                } else if line.seq != seq + 1 {
                    Some(format!("it is entry {}, where {} comes next", line.seq, seq + 1))
                } else {
                    None
                };
                found.broken = found.broken.or_else(|| why.map(|why| (number, why)));
                seq = line.seq;
                found.entries += 1;
                each(line);
            }
        }
        found.last = hash(text);
    }
}

fn read(text: &[u8]) -> Option<Line> {
    serde_json::from_slice(text).ok()
}

/// The end of the file: at least its last whole line.
fn tail(file: &mut File) -> io::Result<Vec<u8>> {
    let end = file.seek(SeekFrom::End(0))?;
    let mut bytes = Vec::new();
    file.seek(SeekFrom::Start(end.saturating_sub(4 * LONGEST)))?;
    file.read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn hash(line: &[u8]) -> String {
    Sha256::digest(line).iter().fold(String::with_capacity(64), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn cut(text: &SafeText) -> SafeText {
    text.chars().take(TEXT).collect::<String>().into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn entry(second: i64, action: &str) -> Entry {
        Entry {
            time: DateTime::from_timestamp(1_800_000_000 + second, 0).unwrap(),
            actor: Actor::Watchdog,
            action: action.into(),
            service: Some("api".into()),
            containers: vec!["c1".into()],
            attempt: Some(7),
            reason: "exited with 1".into(),
            result: None,
            dry_run: false,
        }
    }

    /// A log of three entries, written by two runs.
    fn three() -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(FILE);
        let mut audit = Audit::open(&path).unwrap();
        assert_eq!(audit.append(entry(0, "start")).unwrap(), 1);
        assert_eq!(audit.append(entry(1, "worked")).unwrap(), 2);
        drop(audit);
        assert_eq!(Audit::open(&path).unwrap().append(entry(2, "restart")).unwrap(), 3);
        (folder, path)
    }

    #[test]
    fn the_chain_holds_over_runs_and_every_entry_reads_back() {
        let (_folder, path) = three();
        let mut all = Vec::new();
        let found = verify(&path, |line| all.push(line.entry)).unwrap();
        assert_eq!((found.entries, found.torn, &found.broken), (3, 0, &None));
        assert_eq!(all, [entry(0, "start"), entry(1, "worked"), entry(2, "restart")]);
        #[cfg(unix)]
        {
            let mode = std::os::unix::fs::PermissionsExt::mode(
                &fs::metadata(&path).unwrap().permissions(),
            );
            assert_eq!(mode & 0o777, 0o600);
        }
    }

    #[test]
    fn whatever_is_changed_is_found() {
        type Change = fn(&mut Vec<String>);
        let changes: [(&str, Change, u64); 4] = [
            ("a word", |lines| lines[1] = lines[1].replace("worked", "failed"), 3),
            ("a line taken out", |lines| drop(lines.remove(1)), 2),
            ("two that changed places", |lines| lines.swap(0, 1), 1),
            ("a line twice", |lines| lines.insert(1, lines[0].clone()), 2),
        ];
        for (what, change, at) in changes {
            let (_folder, path) = three();
            let mut lines: Vec<_> =
                fs::read_to_string(&path).unwrap().lines().map(str::to_owned).collect();
            change(&mut lines);
            fs::write(&path, lines.join("\n") + "\n").unwrap();
            let broken = verify(&path, drop).unwrap().broken;
            assert_eq!(broken.map(|(line, _)| line), Some(at), "{what}");
        }
    }

    #[test]
    fn a_torn_line_is_part_of_the_chain_and_the_next_run_goes_on_behind_it() {
        let (_folder, path) = three();
        let whole = fs::read(&path).unwrap();
        fs::write(&path, &whole[..whole.len() - 40]).unwrap();
        let mut audit = Audit::open(&path).unwrap();
        assert_eq!(audit.append(entry(3, "start")).unwrap(), 3);
        let found = verify(&path, drop).unwrap();
        assert_eq!((found.entries, found.torn, found.broken), (3, 1, None));
    }

    #[test]
    fn hostile_text_stays_in_its_line() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(FILE);
        let mut audit = Audit::open(&path).unwrap();
        let reason = format!("a\n{{\"seq\":9}}\u{1b}[2J{}", "x".repeat(1 << 20));
        audit.append(Entry { reason: reason.as_str().into(), ..entry(0, "start") }).unwrap();
        audit.append(entry(1, "worked")).unwrap();
        let found = verify(&path, drop).unwrap();
        assert_eq!((found.entries, found.torn, found.broken), (2, 0, None));
    }

    #[test]
    fn where_it_cannot_be_written_it_says_so() {
        let error = Audit::open(Path::new("/dev/null/audit.ndjson")).unwrap_err().to_string();
        assert!(error.contains("audit log /dev/null/audit.ndjson"), "{error}");
    }
}
