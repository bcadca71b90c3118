//! Where a file that a trace names is on this machine: by bind mounts, the build context, the project's folder.

use super::docker::build_context;
use crate::model::{Files, Frame, SafeText};
use std::path::{Path, PathBuf};

/// Whose file it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Owner {
    /// The service that wrote the trace.
    pub service: SafeText,
    /// What is known of its containers' files; `None` for a recorded log.
    pub files: Option<Files>,
}

/// Folders where the sources of Java and its like stand.
const SOURCES: [&str; 5] = ["", "src/main/java", "src/main/kotlin", "src/main/scala", "src"];

/// The file of a frame; `None` where it is not on this machine. Asks the file system.
pub fn find(frame: &Frame, owner: &Owner) -> Option<PathBuf> {
    candidates(frame, owner).into_iter().find(|path| path.is_file())
}

/// Where it may be, best first.
fn candidates(frame: &Frame, owner: &Owner) -> Vec<PathBuf> {
    let path = Path::new(&frame.path);
    let Some(files) = &owner.files else { return vec![path.to_path_buf()] };
    let inside = Path::new(files.workdir.as_str()).join(path);
    let mut found = bound(&inside, files);
    let folder = Path::new(files.folder.as_str());
    if !folder.is_absolute() {
        return found;
    }
    let context = build_context(folder, &files.compose, &owner.service);
    // An image that was built elsewhere often has its sources in a folder of the service's name.
    let roots = context.into_iter().chain([folder.join(owner.service.as_str())]);
    for root in roots {
        found.extend(
            tails(&inside, 1)
                .flat_map(|tail| SOURCES.iter().map(move |sources| (sources, tail.clone())))
                .map(|(sources, tail)| root.join(sources).join(tail)),
        );
    }
    // In the whole project a bare name may be anybody's.
    let own = inside.strip_prefix(files.workdir.as_str()).ok().map(Path::to_path_buf);
    found.extend(own.into_iter().chain(tails(&inside, 2)).map(|tail| folder.join(tail)));
    found
}

/// Through the bind that is nearest to it.
fn bound(inside: &Path, files: &Files) -> Vec<PathBuf> {
    let mut binds: Vec<_> = files
        .binds
        .iter()
        .filter_map(|bind| {
            let rest = inside.strip_prefix(bind.inside.as_str()).ok()?;
            let outside = Path::new(bind.outside.as_str());
            let path =
                if rest.as_os_str().is_empty() { outside.into() } else { outside.join(rest) };
            Some((bind.inside.len(), path))
        })
        .collect();
    binds.sort_by_key(|(length, _)| std::cmp::Reverse(*length));
    binds.into_iter().map(|(_, path)| path).collect()
}

/// A path without its first parts, longest first, at least so many parts long.
fn tails(path: &Path, least: usize) -> impl Iterator<Item = PathBuf> {
    let parts: Vec<_> = path.iter().filter(|part| *part != "/").map(ToOwned::to_owned).collect();
    let count = (parts.len() + 1).saturating_sub(least);
    (0..count).map(move |from| parts[from..].iter().collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Bind;
    use std::fs;

    fn owner(folder: &Path, binds: &[(&str, &Path)]) -> Owner {
        let bind = |(inside, outside): &(&str, &Path)| Bind {
            inside: (*inside).into(),
            outside: outside.to_str().unwrap().into(),
        };
        Owner {
            service: "api".into(),
            files: Some(Files {
                folder: folder.to_str().unwrap().into(),
                compose: vec!["compose.yaml".into()],
                workdir: "/app".into(),
                binds: binds.iter().map(bind).collect(),
            }),
        }
    }

    fn found(path: &str, owner: &Owner) -> Option<PathBuf> {
        find(&Frame { path: path.to_owned(), line: 1 }, owner)
    }

    #[test]
    fn a_file_is_found_by_bind_mount_build_context_and_folder() {
        let home = tempfile::tempdir().unwrap();
        let root = home.path();
        for file in
            ["mounted/x.py", "ctx/pkg/y.py", "ctx/src/main/java/com/A.java", "lib/z.py", "api/q.py"]
        {
            let path = root.join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "").unwrap();
        }
        fs::write(root.join("compose.yaml"), "services:\n  api:\n    build: ctx\n").unwrap();
        let mounted = root.join("mounted");
        let owner = owner(root, &[("/", Path::new("/nowhere")), ("/app/live", &mounted)]);
        for (path, want) in [
            ("/app/live/x.py", Some("mounted/x.py")),
            ("live/x.py", Some("mounted/x.py")),
            ("/app/pkg/y.py", Some("ctx/pkg/y.py")),
            ("pkg/y.py", Some("ctx/pkg/y.py")),
            ("com/A.java", Some("ctx/src/main/java/com/A.java")),
            ("/srv/lib/z.py", Some("lib/z.py")),
            ("/app/q.py", Some("api/q.py")),
            ("/app/none.py", None),
            ("/usr/bin/env", None),
        ] {
            assert_eq!(found(path, &owner), want.map(|path| root.join(path)), "{path}");
        }
    }

    #[test]
    fn a_recorded_log_names_files_of_this_machine() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("a.py");
        fs::write(&path, "").unwrap();
        let owner = Owner { service: "log".into(), files: None };
        assert_eq!(found(path.to_str().unwrap(), &owner), Some(path));
        assert_eq!(found("/none/of/this.py", &owner), None);
    }
}
