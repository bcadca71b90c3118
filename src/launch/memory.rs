//! Opens what outlives a run: the state and the journal of a project, and the key of the masks.

use super::ground::Ground;
use crate::{
    engine::Memory,
    redact::Redactor,
    source::docker::ProjectName,
    store::{
        audit::{self, Audit},
        journal::{self, Journal, Reader},
        state::{self, State},
    },
};
use chrono::Utc;
#[cfg(unix)]
use std::{
    fs,
    io::{Read, Write},
};
use std::{io, path::Path, sync::Arc};

/// Bytes of the key.
const KEY: usize = 32;

/// What earlier runs left of a project. What is not kept against its user's will is told as a trouble; of a recorded
/// log, of the demo, and where that is switched off, nothing is kept.
pub(super) fn open(ground: &Ground, project: Option<&ProjectName>) -> Memory {
    let Some(project) = project.filter(|_| ground.config().engine.remember) else {
        return Memory::default();
    };
    let nothing = |why: &str| Memory { trouble: Some(why.to_owned()), ..Memory::default() };
    let Some(paths) = &ground.paths else {
        return nothing("there is no home folder to keep the record in");
    };
    let folder = paths.project(project.as_str());
    let path = folder.join(state::FILE);
    let settings = &ground.config().journal;
    let lines = folder.join(journal::FOLDER);
    match State::open(&path) {
        Ok(state) => {
            let mut memory = Memory {
                trouble: state.warnings().first().map(ToString::to_string),
                state: Some(state),
                ..Memory::default()
            };
            match Audit::open(&folder.join(audit::FILE)) {
                Ok(audit) => memory.audit = Some(audit),
                Err(error) => memory.trouble = Some(format!("repair off: {error}")),
            }
            if !settings.enabled {
                return memory;
            }
            match Journal::open(&lines, settings.clone(), Utc::now()) {
                Ok((journal, opened)) => {
                    let warning = opened.warnings.first().map(ToString::to_string);
                    memory.trouble = memory.trouble.or(warning);
                    memory.journal = Some((journal, opened.next_id.0));
                    memory.history = Some(Reader::new(&lines));
                }
                Err(error) => memory.trouble = Some(format!("lines are not kept: {error}")),
            }
            memory
        }
        Err(error @ state::Error::Locked { .. }) => Memory {
            state: State::view(&path).ok(),
            history: settings.enabled.then(|| Reader::new(&lines)),
            trouble: Some(error.to_string()),
            ..Memory::default()
        },
        Err(error) => nothing(&format!("settings and history are not saved: {error}")),
    }
}

/// Masks secrets with the key of this user, so that equal secrets have equal marks in every run.
pub(super) fn redactor(ground: &Ground) -> Arc<Redactor> {
    let key = ground.paths.as_ref().map(|paths| kept_key(&paths.key()));
    Arc::new(match key {
        Some(Ok(key)) => Redactor::with_key(key),
        Some(Err(error)) => {
            tracing::warn!(%error, "The key of the masks cannot be kept; marks change with each run.");
            Redactor::new()
        }
        None => Redactor::new(),
    })
}

/// Only the masks of one run are equal where files cannot be kept from others.
#[cfg(not(unix))]
fn kept_key(_path: &Path) -> io::Result<[u8; KEY]> {
    Err(io::ErrorKind::Unsupported.into())
}

/// The key in its file, made where it is missing.
#[cfg(unix)]
fn kept_key(path: &Path) -> io::Result<[u8; KEY]> {
    match read_key(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        other => return other,
    }
    if let Some(folder) = path.parent() {
        let mut builder = fs::DirBuilder::new();
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.recursive(true).create(folder)?;
    }
    let mut key = [0; KEY];
    fs::File::open("/dev/urandom")?.read_exact(&mut key)?;
    // Whole or not there, also where two runs make it at once: the first one's counts.
    let folder = path.parent().unwrap_or(Path::new("."));
    let mut file = fs::OpenOptions::new();
    file.write(true).create_new(true);
    std::os::unix::fs::OpenOptionsExt::mode(&mut file, 0o600);
    let unfinished = folder.join(format!(".key.{}.part", std::process::id()));
    let written = file.open(&unfinished).and_then(|mut file| {
        file.write_all(&key)?;
        file.sync_all()?;
        fs::hard_link(&unfinished, path)
    });
    let _ = fs::remove_file(&unfinished);
    match written {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
        _ => read_key(path),
    }
}

#[cfg(unix)]
fn read_key(path: &Path) -> io::Result<[u8; KEY]> {
    let mut options = fs::OpenOptions::new();
    options.read(true);
    std::os::unix::fs::OpenOptionsExt::custom_flags(&mut options, NOFOLLOW);
    let mut key = [0; KEY];
    options.open(path)?.read_exact(&mut key)?;
    Ok(key)
}

/// `O_NOFOLLOW`: a link in the place of the key is refused.
#[cfg(unix)]
const NOFOLLOW: i32 = rustix::fs::OFlags::NOFOLLOW.bits() as i32;

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn a_key_is_made_once_and_only_for_its_owner() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state/key");
        let key = kept_key(&path).unwrap();
        assert_eq!(kept_key(&path).unwrap(), key);
        assert_ne!(key, [0; KEY]);
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        let link = folder.path().join("link");
        std::os::unix::fs::symlink(&path, &link).unwrap();
        assert!(kept_key(&link).is_err());
        fs::write(&path, b"short").unwrap();
        assert!(kept_key(&path).is_err());
    }
}
