//! One writer of a file: the lock beside it ends with its process, however that ends, and says whose it is.

use super::Refusal;
use chrono::{DateTime, SecondsFormat, Utc};
use std::{
    fs::{self, File, TryLockError},
    io::{self, Read as _, Seek as _, Write as _},
    path::{Path, PathBuf},
};

/// Held as long as the file is ours.
#[derive(Debug)]
pub(super) struct Sole {
    _lock: File,
}

impl Sole {
    /// Makes us the only one who keeps `file`; `instead` is the command that avoids the other one.
    ///
    /// # Errors
    /// Where another process keeps it: the refusal names that process, the file and the way out.
    pub(super) fn take(file: &Path, instead: &str, now: DateTime<Utc>) -> Result<Self, Refusal> {
        // By whatever way it is reached, it is one file.
        let file = fs::canonicalize(file).unwrap_or_else(|_| file.to_owned());
        let path = beside(&file);
        let refuse =
            |error: &io::Error| Refusal::usage(format!("cannot write {}: {error}", path.display()));
        let mut options = File::options();
        options.read(true).write(true).create(true).truncate(false);
        let mut lock = options.open(&path).map_err(|error| refuse(&error))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut holder = String::new();
                // Its words only help; the lock itself has spoken.
                let _ = (&mut lock).take(100).read_to_string(&mut holder);
                return Err(taken(&file, &holder, instead));
            }
            Err(TryLockError::Error(error)) => return Err(refuse(&error)),
        }
        let mut note = || {
            lock.set_len(0)?;
            lock.rewind()?;
            let time = now.to_rfc3339_opts(SecondsFormat::Secs, true);
            writeln!(lock, "{} {time}", std::process::id())
        };
        note().map_err(|error| refuse(&error))?;
        Ok(Self { _lock: lock })
    }
}

/// `.NAME.lock` in the same folder.
fn beside(file: &Path) -> PathBuf {
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    file.with_file_name(format!(".{name}.lock"))
}

fn taken(file: &Path, holder: &str, instead: &str) -> Refusal {
    let mut words = holder.split_whitespace();
    let pid = words.next().and_then(|word| word.parse::<u32>().ok());
    let since = words.next().and_then(|word| word.parse::<DateTime<Utc>>().ok());
    let who = match (pid, since) {
        (Some(pid), Some(since)) => {
            format!(" (process {pid}, since {})", since.to_rfc3339_opts(SecondsFormat::Secs, true))
        }
        (Some(pid), None) => format!(" (process {pid})"),
        _ => String::new(),
    };
    let end = pid.map_or_else(String::new, |pid| format!("  kill {pid}\n"));
    Refusal::usage(format!(
        "another dogwatch{who} keeps {}\n\nTry one of:\n{end}  {instead}",
        file.display()
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_has_one_keeper_and_the_other_is_told_who_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("docker_issues_dev.json");
        let now = "2026-11-22T10:00:00Z".parse().unwrap();
        let sole = Sole::take(&file, "dogwatch monitor --output-dir DIR", now).unwrap();
        // The file comes to be only now, and is reached by another way.
        fs::write(&file, "{}").unwrap();
        let link = folder.path().join("link.json");
        #[cfg(unix)]
        std::os::unix::fs::symlink(&file, &link).unwrap();
        for path in [&file, &link] {
            let refusal = Sole::take(path, "dogwatch monitor --output-dir DIR", now).unwrap_err();
            let pid = format!("process {}, since 2026-11-22T10:00:00Z", std::process::id());
            for part in [&pid, "docker_issues_dev.json", "kill ", "--output-dir DIR"] {
                assert!(refusal.message.contains(part), "{}", refusal.message);
            }
        }
        drop(sole);
        assert!(Sole::take(&file, "x", now).is_ok());
    }
}
