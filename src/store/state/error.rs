//! Why state cannot be read or kept.

use std::path::PathBuf;

/// Why state cannot be read or kept; watching goes on without it.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Another process holds the lock; [`super::State::view`] still reads.
    #[error("another dogwatch{} writes to {}; view only", pid.map(|p| format!(" (pid {p})")).unwrap_or_default(), path.display())]
    Locked {
        /// The state file.
        path: PathBuf,
        /// Who holds it, where it could be read.
        pid: Option<u32>,
    },
    /// A newer version made the file.
    #[error("{} was made by a newer dogwatch (format {found}, this one knows {known}); not touched", path.display())]
    Newer {
        /// The state file.
        path: PathBuf,
        /// Its format.
        found: u32,
        /// The newest one known here.
        known: u32,
    },
    /// The path must not be written to.
    #[error("refusing to use {}: {reason}", path.display())]
    Unsafe {
        /// The file or folder.
        path: PathBuf,
        /// Why.
        reason: &'static str,
    },
    /// Opened with [`super::State::view`].
    #[error("state was opened for viewing only")]
    ViewOnly,
    /// The file system refuses.
    #[error("cannot use {}: {source}", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What it says.
        source: std::io::Error,
    },
    /// The database refuses.
    #[error("state database: {0}")]
    Database(#[from] rusqlite::Error),
    /// A group could not be written as JSON.
    #[error("group cannot be written: {0}")]
    Json(#[from] serde_json::Error),
}

impl Error {
    /// Whether it is for want of room on the disk; the same save may succeed later.
    pub fn is_full(&self) -> bool {
        match self {
            Self::Database(error) => {
                matches!(error.sqlite_error_code(), Some(rusqlite::ErrorCode::DiskFull))
            }
            Self::Io { source, .. } => {
                use std::io::ErrorKind::{FileTooLarge, QuotaExceeded, StorageFull};
                matches!(source.kind(), StorageFull | QuotaExceeded | FileTooLarge)
            }
            _ => false,
        }
    }
}
