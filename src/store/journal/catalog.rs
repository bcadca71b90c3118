//! Which files there are and what they hold, remembered between questions.

use super::{
    error::{Error, io},
    index::Index,
    name::{self, Kind, Listing},
};
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
    len: u64,
    changed: Option<SystemTime>,
}

/// One file and what it held when it was asked.
#[derive(Debug, Clone)]
pub(super) struct Listed {
    pub(super) number: u64,
    pub(super) kind: Kind,
    /// Bytes on disk.
    pub(super) len: u64,
    pub(super) index: Arc<Index>,
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

    /// All files, oldest number first. What vanishes meanwhile is left out.
    pub(super) fn list(&self) -> Result<Vec<Listed>, Error> {
        let listing = Listing::of(&self.folder)?;
        {
            let is_there = |key: &(u64, Kind)| listing.files.get(&key.0) == Some(&key.1);
            self.known().retain(|key, _| is_there(key));
        }
        let files = listing.files.into_iter();
        files.filter_map(|(number, kind)| self.look(number, kind).transpose()).collect()
    }

    /// The last `count` files, newest first.
    pub(super) fn newest(&self, count: usize) -> Result<Vec<Listed>, Error> {
        let files = Listing::of(&self.folder)?.files.into_iter().rev().take(count);
        files.filter_map(|(number, kind)| self.look(number, kind).transpose()).collect()
    }

    /// What a file holds now; `None` where it is gone.
    pub(super) fn look(&self, number: u64, kind: Kind) -> Result<Option<Listed>, Error> {
        let path = self.path(number, kind);
        match self.index(number, kind, &path) {
            Ok((index, len)) => Ok(Some(Listed { number, kind, len, index })),
            // It may have been compressed just now.
            Err(error) if error.kind() == ErrorKind::NotFound && kind == Kind::Plain => {
                self.look(number, Kind::Gzip)
            }
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(io(&path)(error)),
        }
    }

    /// The whole lines of a file, unpacked; `None` where it is gone.
    pub(super) fn read(&self, file: &Listed) -> Result<Option<Vec<u8>>, Error> {
        let path = self.path(file.number, file.kind);
        let size = file.index.bytes as usize + 1;
        let read = name::open(&path).and_then(|opened| unpack(opened, file.kind, size));
        match read {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) if error.kind() == ErrorKind::NotFound && file.kind == Kind::Plain => {
                self.read(&Listed { kind: Kind::Gzip, ..file.clone() })
            }
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(io(&path)(error)),
        }
    }

    fn index(&self, number: u64, kind: Kind, path: &Path) -> std::io::Result<(Arc<Index>, u64)> {
        let meta = std::fs::symlink_metadata(path)?;
        let (len, changed) = (meta.len(), meta.modified().ok());
        let known = self.known().get(&(number, kind)).cloned();
        let index = match known {
            Some(known) if known.len == len && known.changed == changed => {
                return Ok((known.index, len));
            }
            // Only ever written behind its end: what is new is enough.
            Some(known) if kind == Kind::Plain && known.len < len => {
                let mut index = known.index.as_ref().clone();
                let mut file = name::open(path)?;
                file.seek(SeekFrom::Start(index.bytes))?;
                index.count(&unpack(file, kind, (len - index.bytes) as usize)?);
                index
            }
            _ => self.count(kind, path, len)?,
        };
        let index = Arc::new(index);
        let known = Known { index: Arc::clone(&index), len, changed };
        self.known().insert((number, kind), known);
        Ok((index, len))
    }

    #[allow(clippy::unused_self, reason = "it reads as what the catalog does")]
    fn count(&self, kind: Kind, path: &Path, len: u64) -> std::io::Result<Index> {
        if kind == Kind::Gzip
            && let Some(index) = Index::from_gzip(name::open(path)?)
        {
            return Ok(index);
        }
        let mut index = Index::default();
        index.count(&unpack(name::open(path)?, kind, len as usize)?);
        Ok(index)
    }

    fn known(&self) -> std::sync::MutexGuard<'_, HashMap<(u64, Kind), Known>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Reads to the last line feed. Of a damaged gzip file comes what stands before the damage.
fn unpack(file: std::fs::File, kind: Kind, size: usize) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::with_capacity(size.min(MAX_BYTES as usize) + 1);
    match kind {
        Kind::Plain => {
            file.take(MAX_BYTES).read_to_end(&mut bytes)?;
        }
        Kind::Gzip => {
            let packed = std::io::BufReader::with_capacity(128 << 10, file);
            match GzDecoder::new(packed).take(MAX_BYTES).read_to_end(&mut bytes) {
                Err(error) if is_damage(&error) => {}
                other => drop(other?),
            }
        }
    }
    let end = memchr::memrchr(b'\n', &bytes).map_or(0, |at| at + 1);
    bytes.truncate(end);
    Ok(bytes)
}

fn is_damage(error: &std::io::Error) -> bool {
    use ErrorKind::{InvalidData, InvalidInput, UnexpectedEof};
    matches!(error.kind(), InvalidData | InvalidInput | UnexpectedEof)
}
