//! What is on record: the journal's files, plain and packed, read with nothing of dogwatch but the form of a row.

use super::{
    judge::{Hole, Stored},
    line,
};
use dogwatch::model::{Row, Speaker, Stream};
use std::{
    collections::{HashMap, HashSet},
    fs::{self, File},
    io::{BufRead as _, BufReader, Read as _, Seek as _, SeekFrom},
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

/// All that was read of a journal.
#[derive(Debug, Default)]
pub struct Recorded {
    /// Words of containers.
    pub stored: Vec<Stored>,
    /// Reported gaps.
    pub holes: Vec<Hole>,
    /// Rows of our own that tell of no gap.
    pub ours: Vec<String>,
    /// Rows that could not be read: file and text.
    pub broken: Vec<String>,
    /// Files and bytes on disk.
    pub files: (usize, u64),
}

impl Recorded {
    fn take(&mut self, file: &Path, bytes: &[u8]) {
        let row: Row<'_> = match serde_json::from_slice(bytes) {
            Ok(row) => row,
            Err(error) => {
                let text = String::from_utf8_lossy(&bytes[..bytes.len().min(120)]).into_owned();
                self.broken.push(format!("{}: {error}: {text}", file.display()));
                return;
            }
        };
        if let Some(gap) = row.gap {
            self.holes.push(Hole {
                container: row.container.into_owned(),
                from: gap.from.map(nanos),
                to: nanos(gap.to),
                lines: gap.lines,
                reason: gap.reason,
            });
        } else if row.source == Speaker::Container {
            self.stored.push(stored(&row));
        } else {
            self.ours.push(format!("{} {}: {}", row.service, row.stream.as_str(), row.text));
        }
    }
}

fn stored(row: &Row<'_>) -> Stored {
    let pipe = if row.stream == Stream::Stderr { "err" } else { "out" };
    let line = line::read(&row.text).filter(|line| {
        let host = line.writer.split('.').nth(1).unwrap_or_default();
        line.pipe == pipe
            && line.writer.split('.').next() == Some(&row.service)
            && (row.container.starts_with(host) && !host.is_empty())
    });
    Stored {
        id: row.id,
        time: row.time.map_or(0, nanos),
        writer: line.map_or_else(String::new, |line| line.writer.to_owned()),
        pipe,
        number: line.map_or(0, |line| line.number),
        is_whole: line.is_some_and(|line| line.is_whole),
        text: if line.is_some_and(|line| line.is_whole) {
            String::new()
        } else {
            row.text.chars().take(160).collect()
        },
    }
}

fn nanos(time: chrono::DateTime<chrono::Utc>) -> u64 {
    time.timestamp_nanos_opt().and_then(|n| u64::try_from(n).ok()).unwrap_or(0)
}

/// Reads a whole journal.
pub fn read(folder: &Path) -> Recorded {
    let mut recorded = Recorded::default();
    for path in files(folder) {
        recorded.files.0 += 1;
        recorded.files.1 += fs::metadata(&path).map_or(0, |m| m.len());
        if path.extension().is_some_and(|e| e == "gz") {
            let mut unpack =
                Command::new("gzip").arg("-dc").arg(&path).stdout(Stdio::piped()).spawn().unwrap();
            lines(&mut recorded, &path, unpack.stdout.take().unwrap());
            assert!(unpack.wait().unwrap().success(), "{} is damaged", path.display());
        } else if let Ok(file) = File::open(&path) {
            lines(&mut recorded, &path, file);
        }
    }
    recorded
}

fn lines(recorded: &mut Recorded, path: &Path, from: impl std::io::Read) {
    let mut reader = BufReader::with_capacity(1 << 20, from);
    let mut line = Vec::new();
    while reader.read_until(b'\n', &mut line).unwrap() > 0 {
        recorded.take(path, line.trim_ascii_end());
        line.clear();
    }
}

/// `.ndjson` and `.ndjson.gz` files below a folder; a file that is there in both forms counts once, plain.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let Ok(entries) = fs::read_dir(folder) else { return found };
    for entry in entries.flatten() {
        let path = entry.path();
        let name = path.to_string_lossy().into_owned();
        if path.is_dir() {
            found.extend(files(&path));
        } else if name.ends_with(".ndjson") || name.ends_with(".ndjson.gz") {
            found.push(path);
        }
    }
    found.sort();
    let plain: HashSet<PathBuf> = found.iter().cloned().collect();
    found.retain(|path| {
        let is_plain = path.extension().is_none_or(|e| e != "gz");
        is_plain || !plain.contains(&path.with_extension(""))
    });
    found
}

/// Reads what is added to a journal while it is being written.
pub struct Tail {
    folder: PathBuf,
    read: HashMap<PathBuf, u64>,
}

impl Tail {
    /// From what is there now.
    pub fn new(folder: &Path) -> Self {
        let mut tail = Self { folder: folder.to_owned(), read: HashMap::new() };
        for path in files(folder) {
            let length = fs::metadata(&path).map_or(0, |m| m.len());
            tail.read.insert(path, length);
        }
        tail
    }

    /// Whole lines of plain files that came since the last time.
    pub fn next(&mut self) -> Recorded {
        let mut recorded = Recorded::default();
        for path in files(&self.folder) {
            if path.extension().is_some_and(|e| e == "gz") {
                continue;
            }
            let Ok(mut file) = File::open(&path) else { continue };
            let from = self.read.entry(path.clone()).or_default();
            let mut bytes = Vec::new();
            if file.seek(SeekFrom::Start(*from)).is_err() || file.read_to_end(&mut bytes).is_err() {
                continue;
            }
            let whole = bytes.iter().rposition(|b| *b == b'\n').map_or(0, |at| at + 1);
            *from += whole as u64;
            for line in bytes[..whole].split(|b| *b == b'\n').filter(|line| !line.is_empty()) {
                recorded.take(&path, line);
            }
        }
        recorded
    }
}
