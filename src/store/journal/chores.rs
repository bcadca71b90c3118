//! What keeps a journal small: compressing closed files, and forgetting what is too old or too much.
//!
//! A file goes as a whole once everything in it may go. Where only some services' rows may, the file is written anew
//! without them, so that `[journal.services.api] max_age_hours = 168` keeps a week of `api` and one day of the rest.

use super::{
    catalog::{Catalog, Listed},
    error::{Error, io},
    index::Index,
    line::Head,
    name::{self, Kind},
    settings::Settings,
    space,
};
use chrono::{DateTime, Utc};
use flate2::{Compression, GzBuilder};
use std::{
    collections::{BTreeSet, HashMap},
    fs,
    io::{ErrorKind, Write},
    path::Path,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering::SeqCst},
    },
};

/// Work on closed files, for any thread; it never waits for the writer, nor the writer for it.
#[derive(Debug, Clone)]
pub struct Chores(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    catalog: Catalog,
    settings: Settings,
    /// The file that is written; this one and all above are the writer's.
    open: AtomicU64,
    /// One chore at a time.
    turn: Mutex<()>,
}

/// What [`Chores::sweep`] removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Swept {
    /// Files that went as a whole.
    pub files: u64,
    /// Files that were written anew with fewer rows.
    pub rewritten: u64,
    /// Rows that are gone.
    pub rows: u64,
    /// Bytes that the disk has back.
    pub bytes: u64,
}

impl Chores {
    pub(super) fn new(catalog: Catalog, settings: Settings) -> Self {
        let open = AtomicU64::new(0);
        Self(Arc::new(Shared { catalog, settings, open, turn: Mutex::new(()) }))
    }

    pub(super) fn catalog(&self) -> &Catalog {
        &self.0.catalog
    }

    pub(super) fn settings(&self) -> &Settings {
        &self.0.settings
    }

    /// Files below `number` are closed.
    pub(super) fn set_open(&self, number: u64) {
        self.0.open.store(number, SeqCst);
    }

    /// Files below this number are closed.
    pub fn closed_before(&self) -> u64 {
        self.0.open.load(SeqCst)
    }

    /// Whether there is more on disk than may be; looks at the sizes of the files alone.
    pub fn is_over(&self) -> bool {
        let files = fs::read_dir(self.catalog().folder()).into_iter().flatten().flatten();
        let bytes: u64 = files.filter_map(|file| Some(file.metadata().ok()?.len())).sum();
        bytes > self.0.settings.max_bytes
    }

    /// Compresses the oldest closed file that is not; whether there was one. About 0.1 s for 10 MB.
    ///
    /// A crash at any point leaves either of the two files, whole.
    pub fn compress_one(&self) -> Result<bool, Error> {
        if !self.0.settings.compress {
            return Ok(false);
        }
        let _turn = self.0.turn.lock().unwrap_or_else(PoisonError::into_inner);
        let open = self.0.open.load(SeqCst);
        let listing = name::Listing::of(self.catalog().folder())?;
        let closed = listing.files.range(..open).filter(|(_, kind)| **kind == Kind::Plain);
        for (number, _) in closed {
            // One that cannot be read stays as it is, and is told of whenever somebody reads.
            let Ok(Some(file)) = self.catalog().look(*number, Kind::Plain) else { continue };
            let Ok(Some((bytes, None))) = self.catalog().read(&file) else { continue };
            self.replace(&file, &bytes)?;
            return Ok(true);
        }
        Ok(false)
    }

    /// Forgets rows by age, then by each service's size, then whole files by the size of all. The open file stays.
    pub fn sweep(&self, now: DateTime<Utc>) -> Result<Swept, Error> {
        let _turn = self.0.turn.lock().unwrap_or_else(PoisonError::into_inner);
        let open = self.0.open.load(SeqCst);
        let (files, _) = self.catalog().list()?;
        let mut total: u64 = files.iter().map(|file| file.len).sum();
        let mut kept: HashMap<String, u64> = HashMap::new();
        let mut swept = Swept::default();
        let mut left = Vec::new();
        // Newest first: what is newest of a service is what it keeps.
        for file in files.iter().rev() {
            let gone = self.gone(&file.index, now, &mut kept);
            if file.number >= open {
                continue;
            }
            if file.is_damaged_since(now - self.0.settings.max_age("")) {
                left.push((file, file.len));
                continue;
            }
            let len = if gone.len() == file.index.services.len() {
                self.remove(file, &mut swept)?;
                0
            } else if gone.is_empty() {
                file.len
            } else {
                self.rewrite(file, &gone, &mut swept)?
            };
            total = total.saturating_sub(file.len - len.min(file.len));
            if len > 0 {
                left.push((file, len));
            }
        }
        while total > self.0.settings.max_bytes
            && let Some((file, len)) = left.pop()
        {
            self.remove(file, &mut swept)?;
            total = total.saturating_sub(len);
        }
        space::reserve(self.catalog().folder());
        Ok(swept)
    }

    /// The services whose rows in a file may go.
    fn gone<'a>(
        &self,
        index: &'a Index,
        now: DateTime<Utc>,
        kept: &mut HashMap<String, u64>,
    ) -> BTreeSet<&'a str> {
        let settings = &self.0.settings;
        let is_gone = |(service, share): &(&'a String, &super::index::Share)| {
            if share.last < now - settings.max_age(service) {
                return true;
            }
            let Some(limit) = settings.max_bytes_of(service) else { return false };
            let bytes = kept.entry((*service).clone()).or_default();
            *bytes += share.bytes;
            *bytes > limit
        };
        index.services.iter().filter(is_gone).map(|(service, _)| service.as_str()).collect()
    }

    fn remove(&self, file: &Listed, swept: &mut Swept) -> Result<(), Error> {
        // A file that was compressed or rewritten meanwhile goes under either name.
        for kind in [Kind::Plain, Kind::Gzip] {
            remove(&self.catalog().path(file.number, kind))?;
        }
        swept.files += 1;
        swept.rows += file.index.rows;
        swept.bytes += file.len;
        Ok(())
    }

    /// Writes a file anew without these services; answers its bytes on disk.
    fn rewrite(
        &self,
        file: &Listed,
        gone: &BTreeSet<&str>,
        swept: &mut Swept,
    ) -> Result<u64, Error> {
        let (bytes, fault) = match self.catalog().read(file) {
            Ok(Some(read)) => read,
            Ok(None) => return Ok(0),
            // It goes by its age as a whole.
            Err(_) => return Ok(file.len),
        };
        if fault.is_some() {
            return Ok(file.len);
        }
        let mut left = Vec::with_capacity(bytes.len() / 2);
        for line in bytes.split_inclusive(|b| *b == b'\n') {
            let head = Head::of(line.strip_suffix(b"\n").unwrap_or(line));
            if head.is_some_and(|head| gone.contains(head.service.as_ref())) {
                swept.rows += 1;
            } else {
                left.extend_from_slice(line);
            }
        }
        let len = self.replace(file, &left)?;
        swept.rewritten += 1;
        swept.bytes += file.len.saturating_sub(len);
        Ok(len)
    }

    /// Puts `bytes` in the place of a closed file: written beside it, on disk, then under its name.
    fn replace(&self, file: &Listed, bytes: &[u8]) -> Result<u64, Error> {
        let folder = self.catalog().folder();
        let kind = if self.0.settings.compress { Kind::Gzip } else { file.kind };
        let path = self.catalog().path(file.number, kind);
        let part = folder.join(name::part_of(file.number, kind));
        remove(&part)?;
        let written = write_whole(&part, bytes, kind).and_then(|len| {
            fs::rename(&part, &path)?;
            name::sync_folder(folder)?;
            Ok(len)
        });
        let len = written.map_err(|source| {
            // What was not finished only takes room.
            let _ = fs::remove_file(&part);
            if space::is_full(&source) {
                return Error::Full { path: path.clone(), free: space::free(folder) };
            }
            io(&path)(source)
        })?;
        if kind != file.kind {
            remove(&self.catalog().path(file.number, file.kind))?;
        }
        Ok(len)
    }
}

fn write_whole(path: &Path, bytes: &[u8], kind: Kind) -> std::io::Result<u64> {
    let mut file = name::create(path)?;
    match kind {
        Kind::Plain => file.write_all(bytes)?,
        Kind::Gzip => {
            let mut index = Index::default();
            index.count(bytes);
            let builder = match index.to_extra() {
                Some(extra) => GzBuilder::new().extra(extra),
                None => GzBuilder::new(),
            };
            let mut packed = builder.write(&mut file, Compression::new(1));
            packed.write_all(bytes)?;
            packed.finish()?;
        }
    }
    file.sync_all()?;
    Ok(file.metadata()?.len())
}

fn remove(path: &Path) -> Result<(), Error> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(io(path)(error)),
        _ => Ok(()),
    }
}
