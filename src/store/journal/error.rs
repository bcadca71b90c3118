//! Why the journal cannot be written or read.

use crate::store::state;
use std::path::{Path, PathBuf};

/// Why the journal cannot be written or read; the live view goes on without it.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The folder must not be used, or another process writes there.
    #[error(transparent)]
    Place(#[from] state::Error),
    /// The disk is full; [`super::Journal::flush`] may be tried again.
    #[error("no space left in {} ({free} B free)", path.display())]
    Full {
        /// The file.
        path: PathBuf,
        /// Bytes free on its file system.
        free: u64,
    },
    /// The file system refuses; what is there stays whole.
    #[error("cannot use {}: {source}", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What it says.
        source: std::io::Error,
    },
    /// Somebody called [`super::Stop::stop`].
    #[error("reading the journal was stopped")]
    Stopped,
}

/// Names the path in what the system says.
pub(super) fn io(path: &Path) -> impl FnOnce(std::io::Error) -> Error {
    let path = path.to_owned();
    |source| Error::Io { path, source }
}
