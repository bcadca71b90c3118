//! The place of the state file: a folder only for its owner, no symbolic links, one writer.

use super::Error;
use std::{
    fs::{self, DirBuilder, File, OpenOptions, TryLockError},
    io::{Read, Seek, Write},
    path::{Path, PathBuf},
};

fn io(path: &Path) -> impl FnOnce(std::io::Error) -> Error {
    let path = path.to_owned();
    |source| Error::Io { path, source }
}

/// Makes the folder where it is missing, for its owner only; answers its path without links in it.
pub(in crate::store) fn prepare_folder(folder: &Path) -> Result<PathBuf, Error> {
    let refuse = |path: &Path, reason| Err(Error::Unsafe { path: path.to_owned(), reason });
    match fs::symlink_metadata(folder) {
        Ok(meta) if meta.file_type().is_symlink() => {
            return refuse(folder, "it is a symbolic link");
        }
        Ok(meta) if !meta.is_dir() => return refuse(folder, "it is not a folder"),
        Ok(_) => {}
        Err(_) => {
            let mut builder = DirBuilder::new();
            only_for_owner(&mut builder).recursive(true).create(folder).map_err(io(folder))?;
        }
    }
    let folder = folder.canonicalize().map_err(io(folder))?;
    if !is_ours(&folder).map_err(io(&folder))? {
        return refuse(&folder, "it belongs to another user");
    }
    if is_writable_by_others(&folder).map_err(io(&folder))? {
        return refuse(&folder, "others can write to this folder");
    }
    Ok(folder)
}

/// Lets nobody else look into a folder that is ours alone.
pub(in crate::store) fn restrict_folder(folder: &Path) -> Result<(), Error> {
    restrict_to(folder, 0o700).map_err(io(folder))
}

/// Makes the folder where it is missing (0700) and the file (0600); answers the file's path without links in it.
pub(super) fn prepare(path: &Path) -> Result<PathBuf, Error> {
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let refuse = |path: &Path, reason| Err(Error::Unsafe { path: path.to_owned(), reason });
    let Some(name) = path.file_name() else { return refuse(path, "it is not the name of a file") };
    let folder = prepare_folder(folder)?;
    let file = folder.join(name);
    match fs::symlink_metadata(&file) {
        Ok(meta) if meta.file_type().is_symlink() => refuse(&file, "it is a symbolic link"),
        Ok(meta) if !meta.is_file() => refuse(&file, "it is not a regular file"),
        Ok(_) => {
            restrict_to(&file, 0o600).map_err(io(&file))?;
            Ok(file)
        }
        Err(_) => {
            create(&file).map_err(io(&file))?;
            Ok(file)
        }
    }
}

/// The right to write, held until this is dropped, or the process dies in any way.
#[derive(Debug)]
pub(in crate::store) struct Lock(File);

impl Drop for Lock {
    fn drop(&mut self) {
        // To close the file is not enough: a process that we start has it, too, until it runs its own program.
        let _ = self.0.unlock();
    }
}

/// Takes the lock beside `file`.
pub(in crate::store) fn lock(file: &Path) -> Result<Lock, Error> {
    let path = file.with_file_name("lock");
    if fs::symlink_metadata(&path).is_ok_and(|meta| !meta.is_file()) {
        return Err(Error::Unsafe { path, reason: "it is not a regular file" });
    }
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    let mut lock = private(&mut options).open(&path).map_err(io(&path))?;
    match lock.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            let mut pid = String::new();
            // The number only helps the message; the lock itself has spoken.
            let _ = (&mut lock).take(20).read_to_string(&mut pid);
            return Err(Error::Locked { path: file.to_owned(), pid: pid.trim().parse().ok() });
        }
        Err(TryLockError::Error(source)) => return Err(Error::Io { path, source }),
    }
    let mut note = || {
        lock.set_len(0)?;
        lock.rewind()?;
        write!(lock, "{}", std::process::id())
    };
    note().map_err(io(&path))?;
    Ok(Lock(lock))
}

/// Moves a file that cannot be read, and what `SQLite` put beside it, to `NAME.bad-TIME`, and makes an empty one.
pub(super) fn put_aside(file: &Path) -> Result<PathBuf, Error> {
    let written = fs::metadata(file).and_then(|meta| meta.modified()).map_err(io(file))?;
    let time = chrono::DateTime::<chrono::Utc>::from(written).format("%Y%m%dT%H%M%SZ");
    let mut bad = with_suffix(file, &format!(".bad-{time}"));
    let mut copy = 1;
    while bad.exists() {
        copy += 1;
        bad = with_suffix(file, &format!(".bad-{time}-{copy}"));
    }
    fs::rename(file, &bad).map_err(io(file))?;
    for suffix in ["-wal", "-shm"] {
        let beside = with_suffix(file, suffix);
        if beside.exists() {
            fs::rename(&beside, with_suffix(&bad, suffix)).map_err(io(&beside))?;
        }
    }
    create(file).map_err(io(file))?;
    Ok(bad)
}

/// Makes an empty file for its owner only, in the place of whatever was left there.
pub(super) fn create_anew(file: &Path) -> Result<(), Error> {
    match fs::remove_file(file) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(io(file)(error)),
        _ => {}
    }
    create(file).map_err(io(file))
}

/// Puts a file that is whole on disk, and then under its name.
pub(super) fn finish(part: &Path, file: &Path) -> Result<(), Error> {
    File::open(part).and_then(|part| part.sync_all()).map_err(io(part))?;
    fs::rename(part, file).map_err(io(file))?;
    match file.parent() {
        Some(folder) if cfg!(unix) => {
            File::open(folder).and_then(|folder| folder.sync_all()).map_err(io(folder))
        }
        _ => Ok(()),
    }
}

/// `path` with more behind its name.
pub(super) fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

fn create(file: &Path) -> std::io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    private(&mut options).open(file).map(drop)
}

#[cfg(unix)]
fn only_for_owner(builder: &mut DirBuilder) -> &mut DirBuilder {
    std::os::unix::fs::DirBuilderExt::mode(builder, 0o700)
}

#[cfg(unix)]
fn private(options: &mut OpenOptions) -> &mut OpenOptions {
    std::os::unix::fs::OpenOptionsExt::mode(options, 0o600)
}

#[cfg(unix)]
fn restrict_to(path: &Path, mode: u32) -> std::io::Result<()> {
    fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(mode))
}

#[cfg(unix)]
fn is_ours(folder: &Path) -> std::io::Result<bool> {
    let owner = std::os::unix::fs::MetadataExt::uid(&fs::metadata(folder)?);
    Ok(owner == rustix::process::geteuid().as_raw())
}

/// Where others may write, they may replace our file, unless the folder is sticky.
#[cfg(unix)]
fn is_writable_by_others(folder: &Path) -> std::io::Result<bool> {
    let mode = std::os::unix::fs::PermissionsExt::mode(&fs::metadata(folder)?.permissions());
    Ok(mode & 0o022 != 0 && mode & 0o1000 == 0)
}

#[cfg(not(unix))]
fn only_for_owner(builder: &mut DirBuilder) -> &mut DirBuilder {
    builder
}

#[cfg(not(unix))]
fn private(options: &mut OpenOptions) -> &mut OpenOptions {
    options
}

#[cfg(not(unix))]
fn restrict_to(_path: &Path, _mode: u32) -> std::io::Result<()> {
    Ok(())
}

#[cfg(not(unix))]
fn is_ours(_folder: &Path) -> std::io::Result<bool> {
    Ok(true)
}

#[cfg(not(unix))]
fn is_writable_by_others(_folder: &Path) -> std::io::Result<bool> {
    Ok(false)
}
