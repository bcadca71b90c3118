//! Programs that have the terminal for a while: the user's editor, and shells in containers.

use super::message::OwnCommand;
use crate::{
    model::Frame,
    source::whereabouts::{self, Owner},
};
use std::{
    env,
    ffi::OsString,
    fs,
    io::Write as _,
    path::Path,
    process::{Command, ExitStatus},
};

/// The user's editor, in words.
fn editor() -> Result<Vec<String>, String> {
    let editor = ["VISUAL", "EDITOR"]
        .into_iter()
        .find_map(|name| env::var(name).ok().filter(|v| !v.trim().is_empty()))
        .unwrap_or_else(|| "vi".to_owned());
    match shell_words::split(&editor) {
        Ok(words) if words.is_empty() => Err("$EDITOR is empty".to_owned()),
        Ok(words) => Ok(words),
        Err(error) => Err(format!("$EDITOR {editor:?}: {error}")),
    }
}

fn run(words: &[String], more: &[OsString]) -> Result<ExitStatus, String> {
    let (program, arguments) = words.split_first().ok_or("nothing to run")?;
    Command::new(program)
        .args(arguments)
        .args(more)
        .status()
        .map_err(|error| format!("Cannot run {program}: {error}"))
}

/// Lets the user's editor change a text. The terminal is the editor's meanwhile.
pub(super) fn edit(body: &str) -> Result<String, String> {
    let words = editor()?;
    let folder = env::temp_dir().join(format!("dogwatch-{}", std::process::id()));
    let path = folder.join("issue.md");
    private(&folder)
        .and_then(|()| fs::write(&path, body))
        .map_err(|e| format!("Cannot write {}: {e}", path.display()))?;
    let status = run(&words, &[path.clone().into_os_string()]);
    let text = fs::read_to_string(&path);
    let _ = fs::remove_dir_all(&folder);
    let status = status?;
    if status.success() {
        return text.map_err(|e| format!("Cannot read {}: {e}", path.display()));
    }
    let program = words.first().map(String::as_str).unwrap_or_default();
    Err(format!("{program} ended with {status}; nothing was changed"))
}

/// Opens the file of a frame at its line. The terminal is the editor's meanwhile.
///
/// # Errors
/// A sentence that says where the file was looked for, or what the editor said.
pub(super) fn open(frame: &Frame, owner: &Owner) -> Result<(), String> {
    let Some(path) = whereabouts::find(frame, owner) else {
        let Frame { path, line } = frame;
        return Err(match &owner.files {
            None => format!("{path}:{line} is not on this machine"),
            Some(_) => format!(
                "{path}:{line} of {} is not on this machine: no bind mount, build context or project folder has it",
                owner.service
            ),
        });
    };
    let words = editor()?;
    let program = words.first().map(String::as_str).unwrap_or_default();
    let status = run(&words, &at_line(program, &path, frame.line))?;
    if status.success() { Ok(()) } else { Err(format!("{program} ended with {status}")) }
}

/// How an editor is told the line: `+9 file` for most, others have their own way.
fn at_line(program: &str, path: &Path, line: u32) -> Vec<OsString> {
    let name = Path::new(program).file_stem().and_then(|name| name.to_str()).unwrap_or_default();
    let mut colon = path.as_os_str().to_owned();
    colon.push(format!(":{line}"));
    let file = path.as_os_str().to_owned();
    match name {
        "code" | "code-insiders" | "codium" | "cursor" | "windsurf" => {
            vec!["--goto".into(), colon]
        }
        "hx" | "helix" | "zed" | "subl" | "micro" => vec![colon],
        "idea" | "pycharm" | "goland" | "webstorm" | "rustrover" | "kate" => {
            vec!["--line".into(), line.to_string().into(), file]
        }
        _ => vec![format!("+{line}").into(), file],
    }
}

/// A shell in a container, by the `docker` command: `bash` where it has one.
///
/// # Errors
/// A sentence, where there is no `docker` command or the container has no shell.
pub(super) fn shell(container: &str, engine: &str) -> Result<(), String> {
    const BEST: &str = "command -v bash >/dev/null 2>&1 && exec bash || exec sh";
    let mut command = Command::new("docker");
    if engine.contains("://") {
        command.env("DOCKER_HOST", engine).env_remove("DOCKER_CONTEXT");
    }
    let status = command
        .args(["exec", "-it", container, "sh", "-c", BEST])
        .status()
        .map_err(|error| format!("Cannot run docker: {error}"))?;
    match status.code() {
        Some(125..=127) => Err(format!("{container} has no shell, or does not run")),
        _ => Ok(()),
    }
}

/// One of the user's own commands; what it wrote stays until Enter is pressed.
///
/// # Errors
/// A sentence, where there is no shell.
pub(super) fn own(command: &OwnCommand) -> Result<(), String> {
    let mut shell = Command::new("sh");
    shell.arg("-c").arg(&command.line);
    shell.envs(command.told.iter().map(|(name, value)| (name, value.as_str())));
    let status = shell.status().map_err(|error| format!("Cannot run sh: {error}"))?;
    let _ =
        write!(std::io::stdout(), "\ndogwatch: the command ended with {status}; Enter goes back ");
    let _ = std::io::stdout().flush();
    let _ = std::io::stdin().read_line(&mut String::new());
    Ok(())
}

/// A folder that only its user can read; drafts may hold what was not masked.
fn private(folder: &Path) -> std::io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    #[cfg(unix)]
    {
        use std::os::unix::fs::DirBuilderExt as _;
        builder.mode(0o700);
    }
    builder.create(folder)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn editors_are_told_the_line_in_their_own_way() {
        for (program, want) in [
            ("vi", "+9 /a/b.py"),
            ("/usr/bin/nvim", "+9 /a/b.py"),
            ("nano", "+9 /a/b.py"),
            ("code", "--goto /a/b.py:9"),
            ("hx", "/a/b.py:9"),
            ("idea", "--line 9 /a/b.py"),
        ] {
            let words = at_line(program, Path::new("/a/b.py"), 9);
            let words: Vec<_> = words.iter().map(|word| word.to_str().unwrap()).collect();
            assert_eq!(words.join(" "), want);
        }
    }
}
