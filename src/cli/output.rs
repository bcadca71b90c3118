//! Where answers go: standard output, or a file that is whole or not there.

use std::{
    fs::{self, File},
    io::{self, BufWriter, IsTerminal as _, Write},
    path::{Path, PathBuf},
};

/// Says something beside the answer, on standard error.
pub fn remark(text: &str) {
    #[allow(clippy::print_stderr, reason = "remarks of commands without a screen")]
    {
        eprintln!("dogwatch: {text}");
    }
}

/// Writes an answer to standard output. A reader that went away (`| head`) is no error.
///
/// # Errors
/// When writing fails for another reason.
pub fn to_stdout(write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
    let mut lines = io::stdout().lock();
    // Somebody who looks on sees each line when it is found.
    let done = if lines.is_terminal() {
        write(&mut lines).and_then(|()| lines.flush())
    } else {
        let mut out = BufWriter::with_capacity(64 << 10, lines);
        write(&mut out).and_then(|()| out.flush())
    };
    match done {
        Err(e) if e.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        other => other,
    }
}

/// Writes an answer to `path`, or to standard output for `-` or `None`. A file appears only when it is complete.
///
/// # Errors
/// When the file cannot be written; what stood there before is untouched then.
pub fn to_place(
    path: Option<&Path>,
    write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> io::Result<()> {
    match path {
        None => to_stdout(write),
        Some(path) if path.as_os_str() == "-" => to_stdout(write),
        Some(path) if is_special(path) => {
            let mut out = BufWriter::new(File::options().write(true).open(path)?);
            write(&mut out)?;
            out.flush()
        }
        Some(path) => to_file(path, write),
    }
}

/// A pipe or a device: it cannot be replaced by renaming.
fn is_special(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|m| !m.is_file() && !m.is_dir())
}

fn to_file(path: &Path, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
    // A link keeps its place: what it points to is replaced.
    let path = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let unfinished = beside(&path);
    // Of one that was killed and had our number: in a container every run has the same.
    let _ = fs::remove_file(&unfinished);
    let done = (|| {
        let file = File::options().write(true).create_new(true).open(&unfinished)?;
        if let Ok(old) = fs::metadata(&path) {
            file.set_permissions(old.permissions())?;
        }
        let mut out = BufWriter::new(file);
        write(&mut out)?;
        out.into_inner().map_err(io::IntoInnerError::into_error)?.sync_all()?;
        fs::rename(&unfinished, &path)
    })();
    if done.is_err() {
        // The first error is the one to tell.
        let _ = fs::remove_file(&unfinished);
    }
    done
}

fn beside(path: &Path) -> PathBuf {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    path.with_file_name(format!(".{name}.{}.part", std::process::id()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_whole_or_as_before() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("report.txt");
        to_place(Some(&path), |out| out.write_all(b"one")).unwrap();
        let failed = to_place(Some(&path), |out| {
            out.write_all(b"two")?;
            Err(io::Error::other("cut"))
        });
        assert!(failed.is_err());
        assert_eq!(fs::read_to_string(&path).unwrap(), "one");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn devices_are_written_to() {
        to_place(Some(Path::new("/dev/null")), |out| out.write_all(b"x")).unwrap();
        assert!(is_special(Path::new("/dev/null")));
    }
}
