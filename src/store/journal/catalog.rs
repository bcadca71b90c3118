//! Which files there are and what they hold, remembered between questions.

use super::{
    error::{Error, io},
    fault::Fault,
    index::Index,
    name::{self, Kind, Listing},
};
use chrono::{DateTime, Utc};
use flate2::read::GzDecoder;
use std::{
    collections::HashMap,
    io::{ErrorKind, Read, Seek, SeekFrom},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
    time::SystemTime,
};

/// A file that unpacks to more is damaged, or not ours.
const MAX_BYTES: u64 = 256 << 20;

/// The files of a folder and their indexes.
#[derive(Debug)]
pub(super) struct Catalog {
    folder: PathBuf,
    known: Mutex<HashMap<(u64, Kind), Known>>,
}

/// An index, and the state of the file that it was counted from.
#[derive(Debug, Clone)]
struct Known {
    index: Arc<Index>,
    damage: Option<Damage>,
    len: u64,
    changed: Option<SystemTime>,
}

/// Why a file was not read to its end; told with what stands before that.
#[derive(Debug, Clone, Copy)]
enum Damage {
    /// It is broken behind so many lines.
    Behind(u64),
    /// It unpacks to more than [`MAX_BYTES`].
    TooLong,
}

impl Damage {
    fn of(self, file: &Path) -> Fault {
        let reason = match self {
            Self::Behind(0) => "it is damaged, nothing in it can be read".to_owned(),
            Self::Behind(1) => "it is damaged behind its first line".to_owned(),
            Self::Behind(lines) => format!("it is damaged behind its first {lines} lines"),
            Self::TooLong => format!("only its first {} MiB were read", MAX_BYTES >> 20),
        };
        Fault::new(file, &reason)
    }
}

/// Whole lines, and why there are not more of them.
type Unpacked = (Vec<u8>, Option<Damage>);
/// The same, for a person.
pub(super) type Contents = (Vec<u8>, Option<Fault>);

/// One file and what it held when it was asked.
#[derive(Debug, Clone)]
pub(super) struct Listed {
    pub(super) number: u64,
    pub(super) kind: Kind,
    /// Bytes on disk.
    pub(super) len: u64,
    pub(super) index: Arc<Index>,
    /// Why that is not all of it.
    damage: Option<Damage>,
    changed: Option<SystemTime>,
}

impl Listed {
    /// Whether it was damaged when it was counted, and changed since `time`: somebody may still save what is in it.
    pub(super) fn is_damaged_since(&self, time: DateTime<Utc>) -> bool {
        self.damage.is_some() && self.changed.is_some_and(|at| DateTime::<Utc>::from(at) >= time)
    }
}

impl Catalog {
    pub(super) fn new(folder: PathBuf) -> Self {
        Self { folder, known: Mutex::default() }
    }

    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    pub(super) fn path(&self, number: u64, kind: Kind) -> PathBuf {
        self.folder.join(name::of(number, kind))
    }

    /// All files that can be read, oldest number first, and what is wrong with the others. What vanishes meanwhile is
    /// left out.
    pub(super) fn list(&self) -> Result<(Vec<Listed>, Vec<Fault>), Error> {
        let listing = Listing::of(&self.folder)?;
        {
            let is_there = |key: &(u64, Kind)| listing.files.get(&key.0) == Some(&key.1);
            self.known().retain(|key, _| is_there(key));
        }
        let strange = listing.strange.iter();
        let mut faults: Vec<_> =
            strange.map(|(_, path)| Fault::new(path, "it is no regular file")).collect();
        let mut files = Vec::with_capacity(listing.files.len());
        for (number, kind) in listing.files {
            match self.look(number, kind) {
                Ok(Some(file)) => {
                    faults.extend(file.damage.map(|d| d.of(&self.path(number, file.kind))));
                    files.push(file);
                }
                Ok(None) => {}
                Err(error) => faults.push(Fault::of(&self.path(number, kind), &error)),
            }
        }
        Ok((files, faults))
    }

    /// The last file; `None` where it cannot be read.
    pub(super) fn newest(&self) -> Result<Option<Listed>, Error> {
        let last = Listing::of(&self.folder)?.files.pop_last();
        Ok(last.and_then(|(number, kind)| self.look(number, kind).ok().flatten()))
    }

    /// What a file holds now; `None` where it is gone.
    pub(super) fn look(&self, number: u64, kind: Kind) -> Result<Option<Listed>, Error> {
        let path = self.path(number, kind);
        match self.index(number, kind, &path) {
            Ok(Known { index, damage, len, changed }) => {
                Ok(Some(Listed { number, kind, len, index, damage, changed }))
            }
            // It may have been compressed just now.
            Err(error) if error.kind() == ErrorKind::NotFound && kind == Kind::Plain => {
                self.look(number, Kind::Gzip)
            }
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(io(&path)(error)),
        }
    }

    /// The whole lines of a file, unpacked, and what is wrong with the rest of it; `None` where it is gone.
    pub(super) fn read(&self, file: &Listed) -> Result<Option<Contents>, Error> {
        self.read_from(file, 0)
    }

    /// The same from a byte on, counted before compression.
    pub(super) fn read_from(&self, file: &Listed, from: u64) -> Result<Option<Contents>, Error> {
        let path = self.path(file.number, file.kind);
        let size = file.index.bytes.saturating_sub(from) as usize + 1;
        let read = name::open(&path).and_then(|mut opened| match file.kind {
            Kind::Plain => {
                opened.seek(SeekFrom::Start(from))?;
                unpack(opened, file.kind, size)
            }
            Kind::Gzip => {
                let (mut bytes, damage) = unpack(opened, file.kind, size)?;
                bytes.drain(..bytes.len().min(from as usize));
                Ok((bytes, damage))
            }
        });
        match read {
            Ok((bytes, damage)) => Ok(Some((bytes, damage.map(|damage| damage.of(&path))))),
            Err(error) if error.kind() == ErrorKind::NotFound && file.kind == Kind::Plain => {
                self.read_from(&Listed { kind: Kind::Gzip, ..file.clone() }, from)
            }
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(io(&path)(error)),
        }
    }

    fn index(&self, number: u64, kind: Kind, path: &Path) -> std::io::Result<Known> {
        let meta = std::fs::symlink_metadata(path)?;
        let (len, changed) = (meta.len(), meta.modified().ok());
        let known = self.known().get(&(number, kind)).cloned();
        let (index, damage) = match known {
            Some(known) if known.len == len && known.changed == changed => return Ok(known),
            // Only ever written behind its end: what is new is enough.
            Some(known) if kind == Kind::Plain && known.len < len => {
                let mut index = known.index.as_ref().clone();
                let mut file = name::open(path)?;
                file.seek(SeekFrom::Start(index.bytes))?;
                let (bytes, damage) = unpack(file, kind, (len - index.bytes) as usize)?;
                index.count(&bytes);
                (index, damage)
            }
            _ => count(kind, path, len)?,
        };
        let known = Known { index: Arc::new(index), damage, len, changed };
        self.known().insert((number, kind), known.clone());
        Ok(known)
    }

    fn known(&self) -> std::sync::MutexGuard<'_, HashMap<(u64, Kind), Known>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn count(kind: Kind, path: &Path, len: u64) -> std::io::Result<(Index, Option<Damage>)> {
    if kind == Kind::Gzip
        && let Some(index) = Index::from_gzip(name::open(path)?)
    {
        return Ok((index, None));
    }
    let (bytes, damage) = unpack(name::open(path)?, kind, len as usize)?;
    let mut index = Index::default();
    index.count(&bytes);
    Ok((index, damage))
}

/// Reads to the last line feed. Of a damaged gzip file comes what stands before the damage.
fn unpack(file: std::fs::File, kind: Kind, size: usize) -> std::io::Result<Unpacked> {
    let mut bytes = Vec::with_capacity(size.min(MAX_BYTES as usize) + 1);
    let mut is_damaged = false;
    match kind {
        Kind::Plain => {
            file.take(MAX_BYTES).read_to_end(&mut bytes)?;
        }
        Kind::Gzip => {
            let packed = std::io::BufReader::with_capacity(128 << 10, file);
            match GzDecoder::new(packed).take(MAX_BYTES).read_to_end(&mut bytes) {
                Err(error) if is_damage(&error) => is_damaged = true,
                other => drop(other?),
            }
        }
    }
    let is_too_long = bytes.len() as u64 == MAX_BYTES;
    let end = memchr::memrchr(b'\n', &bytes).map_or(0, |at| at + 1);
    bytes.truncate(end);
    let damage = if is_damaged {
        Some(Damage::Behind(memchr::memchr_iter(b'\n', &bytes).count() as u64))
    } else {
        is_too_long.then_some(Damage::TooLong)
    };
    Ok((bytes, damage))
}

fn is_damage(error: &std::io::Error) -> bool {
    use ErrorKind::{InvalidData, InvalidInput, UnexpectedEof};
    matches!(error.kind(), InvalidData | InvalidInput | UnexpectedEof)
}
