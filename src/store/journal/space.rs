//! Room on the disk, and a reserve for when there is none.

use super::name;
use std::{
    fs,
    io::{ErrorKind, Write},
    path::Path,
};

/// Size of the reserve.
const BALLAST: usize = 256 << 10;
/// A full disk counts as full until so much is free, so that the state beside the journal goes first.
const ENOUGH: u64 = 2 * BALLAST as u64;

/// Whether the system refused for want of room.
pub(super) fn is_full(error: &std::io::Error) -> bool {
    use ErrorKind::{FileTooLarge, QuotaExceeded, StorageFull};
    matches!(error.kind(), StorageFull | QuotaExceeded | FileTooLarge)
}

/// Bytes free in a folder's file system for us.
#[cfg(unix)]
pub(super) fn free(folder: &Path) -> u64 {
    rustix::fs::statvfs(folder).map_or(0, |stat| stat.f_bavail.saturating_mul(stat.f_frsize))
}

#[cfg(not(unix))]
pub(super) fn free(_folder: &Path) -> u64 {
    u64::MAX
}

/// Whether writing may go on after the disk was full.
pub(super) fn is_enough(folder: &Path) -> bool {
    free(folder) >= ENOUGH
}

/// Lays the reserve down where there is plenty of room; without it everything works but the last save on a full disk.
pub(super) fn reserve(folder: &Path) {
    let path = folder.join("ballast");
    if fs::symlink_metadata(&path).is_ok() || free(folder) < 2 * ENOUGH {
        return;
    }
    let written = name::create(&path).and_then(|mut file| file.write_all(&vec![0; BALLAST]));
    if written.is_err() {
        release(folder);
    }
}

/// Gives the reserve back to the disk.
pub(super) fn release(folder: &Path) {
    // Where it is gone already, or cannot go, nothing better is to be done.
    let _ = fs::remove_file(folder.join("ballast"));
}
