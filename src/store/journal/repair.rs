//! Taking a folder over from whoever wrote there last, however that ended.

use super::{
    catalog::Catalog,
    error::{Error, io},
    name::{self, Kind, Listing},
};
use crate::model::{RecordId, SafeText};
use std::{
    fs::{self, File},
    io::{ErrorKind, Read, Seek, SeekFrom},
    path::Path,
};

/// How a journal was found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Opened {
    /// The number for the next record: one above the greatest on disk.
    pub next_id: RecordId,
    /// Half lines that were cut from the ends of files.
    pub repaired: u64,
    /// What a person should know.
    pub warnings: Vec<SafeText>,
}

/// Cuts half lines, removes what was not finished; answers what is there and the last number that is taken.
pub(super) fn repair(catalog: &Catalog) -> Result<(Opened, u64), Error> {
    let mut opened = Opened::default();
    let listing = Listing::of(catalog.folder())?;
    for path in &listing.parts {
        fs::remove_file(path).map_err(io(path))?;
    }
    for number in &listing.doubles {
        let path = catalog.path(*number, Kind::Plain);
        fs::remove_file(&path).map_err(io(&path))?;
    }
    for (_, path) in &listing.strange {
        let warning = format!("{} is no regular file and is left alone", path.display());
        opened.warnings.push(warning.into());
    }
    let mut last_number = listing.last_number();
    for (number, kind) in &listing.files {
        let path = catalog.path(*number, *kind);
        match restrict(&path).and_then(|()| cut_half_line(&path, *kind)) {
            Ok(0) => {}
            Ok(cut) => {
                opened.repaired += 1;
                let warning = format!("{}: cut a half line of {cut} bytes", path.display());
                opened.warnings.push(warning.into());
            }
            Err(error) if is_own_trouble(&error) => {
                let warning = format!("{} is left alone: {error}", path.display());
                opened.warnings.push(warning.into());
                // Nobody knows how it ends: nothing is written behind it.
                last_number = last_number.max(number + 1);
            }
            Err(error) => return Err(io(&path)(error)),
        }
    }
    // Numbers rise with the files, but a file may hold none.
    let mut newest = 0;
    for (number, kind) in listing.files.iter().rev() {
        let Ok(Some(file)) = catalog.look(*number, *kind) else { continue };
        if file.index.bad > 0 {
            let (path, bad) = (catalog.path(*number, *kind), file.index.bad);
            let warning = format!("{}: {bad} lines are damaged and passed over", path.display());
            opened.warnings.push(warning.into());
        }
        newest = newest.max(file.index.max_id);
        if newest > 0 {
            break;
        }
    }
    opened.next_id = RecordId(newest.saturating_add(1));
    Ok((opened, last_number))
}

/// Whether it is only this file that cannot be used; what ails the whole disk would ail the next file, too.
fn is_own_trouble(error: &std::io::Error) -> bool {
    !matches!(error.kind(), ErrorKind::ReadOnlyFilesystem | ErrorKind::StorageFull)
}

/// Cuts what stands behind the last line feed of a text file; answers how many bytes that were.
fn cut_half_line(path: &Path, kind: Kind) -> std::io::Result<u64> {
    if kind != Kind::Plain {
        return Ok(0);
    }
    let mut file = name::append_to(path)?;
    let len = file.metadata()?.len();
    let end = end_of_lines(&mut file, len)?;
    if end < len {
        file.set_len(end)?;
        file.sync_data()?;
    }
    Ok(len - end)
}

/// Where the last line feed before `len` ends; 0 where there is none.
fn end_of_lines(file: &mut File, len: u64) -> std::io::Result<u64> {
    let mut block = vec![0; 64 << 10];
    let mut end = len;
    while end > 0 {
        let begin = end.saturating_sub(block.len() as u64);
        let part = &mut block[..(end - begin) as usize];
        file.seek(SeekFrom::Start(begin))?;
        file.read_exact(part)?;
        if let Some(at) = memchr::memrchr(b'\n', part) {
            return Ok(begin + at as u64 + 1);
        }
        end = begin;
    }
    Ok(0)
}

#[cfg(unix)]
fn restrict(path: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    let mut permissions = fs::symlink_metadata(path)?.permissions();
    if permissions.mode() & 0o777 == 0o600 {
        return Ok(());
    }
    permissions.set_mode(0o600);
    fs::set_permissions(path, permissions)
}

#[cfg(not(unix))]
fn restrict(_path: &Path) -> std::io::Result<()> {
    Ok(())
}
