//! Takes journals away that nobody has written for long: those of projects that are watched no more.

use super::{FOLDER, name::Listing};
use std::{
    fs::{self, File},
    path::Path,
    time::SystemTime,
};

/// Removes the rows of every project's journal but those in the folder `own`, where no file of it was changed since
/// `before`; how many bytes that were. Marks, counts and what was repaired stay, and so does a journal with a writer.
///
/// # Errors
/// Where the folder of projects, or a file that is to go, says no.
pub fn remove_old(projects: &Path, own: &Path, before: SystemTime) -> std::io::Result<u64> {
    let mut bytes = 0;
    for entry in fs::read_dir(projects)? {
        let project = entry?;
        // A link leads elsewhere.
        if project.path() != own && project.file_type()?.is_dir() {
            bytes += remove_one(&project.path().join(FOLDER), before)?;
        }
    }
    Ok(bytes)
}

fn remove_one(folder: &Path, before: SystemTime) -> std::io::Result<u64> {
    let is_folder = fs::symlink_metadata(folder).is_ok_and(|facts| facts.is_dir());
    let (true, Ok(lock)) = (is_folder, File::open(folder.join("lock"))) else { return Ok(0) };
    let Ok(listing) = Listing::of(folder) else { return Ok(0) };
    if lock.try_lock().is_err() {
        return Ok(0);
    }
    let mut old = Vec::new();
    for (number, kind) in listing.files {
        let path = folder.join(super::name::of(number, kind));
        let facts = fs::symlink_metadata(&path)?;
        if facts.modified()? >= before {
            return Ok(0);
        }
        old.push((path, facts.len()));
    }
    let mut bytes = 0;
    for (path, length) in old {
        fs::remove_file(path)?;
        bytes += length;
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn only_what_nobody_has_written_for_long_goes() {
        let home = tempfile::tempdir().unwrap();
        let now = SystemTime::now();
        let old = now - Duration::from_hours(9 * 24);
        let journal = |project: &str, changed: &[SystemTime]| {
            let folder = home.path().join(project).join(FOLDER);
            fs::create_dir_all(&folder).unwrap();
            fs::write(folder.join("lock"), "").unwrap();
            fs::write(folder.join("notes.txt"), "mine").unwrap();
            for (at, time) in changed.iter().enumerate() {
                let file = File::create(folder.join(format!("{at:08}.ndjson"))).unwrap();
                file.set_len(10).unwrap();
                file.set_modified(*time).unwrap();
            }
            folder
        };
        let folders = [
            journal("gone", &[old, old]),
            journal("own", &[old]),
            journal("busy", &[old, now]),
            journal("quiet", &[old]),
        ];
        let writer = File::open(folders[3].join("lock")).unwrap();
        writer.try_lock().unwrap();
        let before = now - Duration::from_hours(7 * 24);
        let bytes = remove_old(home.path(), &home.path().join("own"), before).unwrap();
        assert_eq!(bytes, 20);
        let left = folders.map(|folder| fs::read_dir(folder).unwrap().count());
        assert_eq!(left, [2, 3, 4, 3], "lock and what is not ours stay");
    }
}
