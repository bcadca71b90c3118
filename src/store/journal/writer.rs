//! The one hand that writes rows.

use super::{
    Reader,
    catalog::Catalog,
    chores::{Chores, Swept},
    error::{Error, io},
    line,
    name::{self, Kind},
    repair::{Opened, repair},
    settings::Settings,
    space,
};
use crate::{
    model::{Row, SafeText},
    store::state::place::{self, Lock},
};
use chrono::{DateTime, Utc};
use std::{
    fs::File,
    io::{ErrorKind, Write},
    path::{Path, PathBuf},
};

/// A file that spans more than this part of the age limit is closed, so that it does not outlive the limit by much.
const AGE_PARTS: i32 = 8;

/// A journal, open for writing by this process alone.
#[derive(Debug)]
pub struct Journal {
    chores: Chores,
    current: Option<Current>,
    /// The number of the last file that was begun.
    number: u64,
    /// Rows that are not in a file yet; whole lines.
    pending: Vec<u8>,
    pending_rows: u64,
    oldest: Option<DateTime<Utc>>,
    is_full: bool,
    notices: Vec<SafeText>,
    /// Held while it is written, so dropped last.
    _lock: Lock,
}

/// The file that is written.
#[derive(Debug)]
struct Current {
    file: File,
    path: PathBuf,
    /// Bytes of whole rows.
    len: u64,
}

impl Journal {
    /// Opens the journal of a folder, making it where it is missing, and repairs what a crash left: a half line is
    /// cut, an unfinished file removed. Damage in the middle of a file stays; readers pass over it.
    ///
    /// # Errors
    /// [`Error::Place`] while another process writes there, and for links and folders that others can write to;
    /// else what the system says.
    pub fn open(
        folder: &Path,
        settings: Settings,
        now: DateTime<Utc>,
    ) -> Result<(Self, Opened), Error> {
        let folder = place::prepare_folder(folder)?;
        place::restrict_folder(&folder)?;
        let lock = place::lock(&folder.join("journal"))?;
        let catalog = Catalog::new(folder);
        let (opened, number) = repair(&catalog)?;
        space::reserve(catalog.folder());
        let mut journal = Self {
            chores: Chores::new(catalog, settings),
            _lock: lock,
            current: None,
            number,
            pending: Vec::new(),
            pending_rows: 0,
            oldest: None,
            is_full: false,
            notices: Vec::new(),
        };
        journal.go_on(now)?;
        Ok((journal, opened))
    }

    /// Reads what is flushed, beside this writer or after it.
    pub fn reader(&self) -> Reader {
        Reader::new(self.chores.catalog().folder())
    }

    /// Compression and retention, for another thread.
    pub fn chores(&self) -> Chores {
        self.chores.clone()
    }

    /// Bytes of rows that wait for [`Self::flush`].
    pub fn pending_bytes(&self) -> usize {
        self.pending.len()
    }

    /// What a person should know since the last call: files that somebody else changed.
    pub fn take_notices(&mut self) -> Vec<SafeText> {
        std::mem::take(&mut self.notices)
    }

    /// Adds a row to what the next flush writes; in memory only.
    pub fn append(&mut self, row: &Row<'_>) {
        line::write(&mut self.pending, row);
        self.pending_rows += 1;
        if let Some(time) = row.time {
            self.oldest = Some(self.oldest.map_or(time, |oldest| oldest.min(time)));
        }
    }

    /// Writes what waits, one write a file, whole rows only.
    ///
    /// # Errors
    /// [`Error::Full`] and [`Error::Io`]; what did not get into the file is cut from it and still waits, and the
    /// next flush tries again. After a full disk that is when half a megabyte is free, so that state goes first.
    pub fn flush(&mut self) -> Result<(), Error> {
        if self.pending.is_empty() {
            return Ok(());
        }
        let folder = self.chores.catalog().folder();
        if self.is_full && !space::is_enough(folder) {
            return Err(Error::Full { path: folder.to_owned(), free: space::free(folder) });
        }
        let mut written = 0;
        let result = self.write_pending(&mut written);
        let is_all = written == self.pending.len();
        if is_all {
            self.pending_rows = 0;
            self.pending.clear();
            self.pending.shrink_to(1 << 20);
        } else {
            self.pending_rows -=
                memchr::memchr_iter(b'\n', &self.pending[..written]).count() as u64;
            self.pending.drain(..written);
        }
        self.is_full = matches!(result, Err(Error::Full { .. }));
        if self.is_full {
            space::release(self.chores.catalog().folder());
        }
        result
    }

    /// Puts what was flushed on disk, safe against a loss of power.
    pub fn sync(&self) -> Result<(), Error> {
        match &self.current {
            Some(current) => current.file.sync_data().map_err(io(&current.path)),
            None => Ok(()),
        }
    }

    /// Forgets what is too old or too much; see [`Chores::sweep`]. Closes the open file first where it spans too long.
    pub fn sweep(&mut self, now: DateTime<Utc>) -> Result<Swept, Error> {
        if self.is_stale(now) {
            self.close()?;
        }
        self.chores.sweep(now)
    }

    /// Writes on in the last file where it has room.
    fn go_on(&mut self, now: DateTime<Utc>) -> Result<(), Error> {
        let catalog = self.chores.catalog();
        if let Some(last) = catalog.newest()?
            && last.number == self.number
            && last.kind == Kind::Plain
            && last.len < self.chores.settings().file_bytes()
        {
            let path = catalog.path(last.number, last.kind);
            let file = name::append_to(&path).map_err(io(&path))?;
            self.current = Some(Current { file, path, len: last.len });
            self.oldest = last.index.times.map(|(first, _)| first);
        }
        if self.is_stale(now) {
            self.close()?;
        }
        self.announce();
        Ok(())
    }

    fn is_stale(&self, now: DateTime<Utc>) -> bool {
        let limit = self.chores.settings().max_age("") / AGE_PARTS;
        self.current.as_ref().is_some_and(|current| current.len > 0)
            && self.oldest.is_some_and(|oldest| oldest < now - limit)
    }

    /// Tells the chores which files they may touch.
    fn announce(&self) {
        let open = if self.current.is_some() { self.number } else { self.number + 1 };
        self.chores.set_open(open);
    }

    fn write_pending(&mut self, written: &mut usize) -> Result<(), Error> {
        let limit = self.chores.settings().file_bytes();
        while *written < self.pending.len() {
            self.check_current();
            if self.current.is_none() {
                self.begin()?;
            }
            let Some(current) = self.current.as_mut() else { continue };
            let rest = &self.pending[*written..];
            let room = limit.saturating_sub(current.len).min(rest.len() as u64) as usize;
            let whole = match memchr::memrchr(b'\n', &rest[..room]) {
                Some(at) => &rest[..=at],
                None if current.len > 0 => {
                    self.close()?;
                    continue;
                }
                // A row of its own size: it has a file to itself.
                None => &rest[..memchr::memchr(b'\n', rest).map_or(rest.len(), |at| at + 1)],
            };
            match current.write(whole) {
                Ok(()) => *written += whole.len(),
                Err(failure) => {
                    *written += failure.whole;
                    let error = self.explain(failure.source);
                    if failure.is_torn {
                        self.current = None;
                        self.announce();
                    }
                    return Err(error);
                }
            }
        }
        Ok(())
    }

    /// Leaves a file that is gone, or that somebody else changed, to itself.
    fn check_current(&mut self) {
        let Some(current) = &self.current else { return };
        let is_ours = current
            .file
            .metadata()
            .is_ok_and(|meta| meta.len() == current.len && link_count(&meta) > 0);
        if !is_ours {
            let path = current.path.display();
            self.notices.push(
                format!("{path} was changed by another program; writing to the next file").into(),
            );
            self.current = None;
            self.announce();
        }
    }

    fn begin(&mut self) -> Result<(), Error> {
        let catalog = self.chores.catalog();
        loop {
            self.number += 1;
            let path = catalog.path(self.number, Kind::Plain);
            match name::create(&path) {
                Ok(file) => {
                    self.chores.set_open(self.number);
                    self.oldest = None;
                    name::sync_folder(catalog.folder()).map_err(io(catalog.folder()))?;
                    self.current = Some(Current { file, path, len: 0 });
                    return Ok(());
                }
                // Somebody put it there meanwhile.
                Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
                Err(error) => {
                    self.number -= 1;
                    return Err(self.explain(error));
                }
            }
        }
    }

    /// Ends the open file; the next row begins another.
    fn close(&mut self) -> Result<(), Error> {
        if let Some(current) = self.current.take() {
            current.file.sync_data().map_err(io(&current.path))?;
        }
        self.announce();
        Ok(())
    }

    fn explain(&self, source: std::io::Error) -> Error {
        let folder = self.chores.catalog().folder();
        let path = self.current.as_ref().map_or(folder, |current| &current.path).to_owned();
        if space::is_full(&source) {
            Error::Full { path, free: space::free(folder) }
        } else {
            Error::Io { path, source }
        }
    }
}

/// A write that did not get everything into the file.
struct Failure {
    source: std::io::Error,
    /// Bytes of whole rows that are in the file.
    whole: usize,
    /// Half a row is in the file, too, and could not be cut.
    is_torn: bool,
}

impl Current {
    /// Writes whole rows, or cuts what is not whole.
    fn write(&mut self, rows: &[u8]) -> Result<(), Failure> {
        let mut written = 0;
        let source = loop {
            match self.file.write(&rows[written..]) {
                Ok(0) => break ErrorKind::WriteZero.into(),
                Ok(more) => written += more,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => break error,
            }
            if written == rows.len() {
                self.len += written as u64;
                return Ok(());
            }
        };
        let whole = memchr::memrchr(b'\n', &rows[..written]).map_or(0, |at| at + 1);
        self.len += whole as u64;
        let is_torn = whole < written && self.file.set_len(self.len).is_err();
        Err(Failure { source, whole, is_torn })
    }
}

#[cfg(unix)]
fn link_count(meta: &std::fs::Metadata) -> u64 {
    std::os::unix::fs::MetadataExt::nlink(meta)
}

#[cfg(not(unix))]
fn link_count(_meta: &std::fs::Metadata) -> u64 {
    1
}
