//! Puts text into the clipboard: through the terminal, else through a tool of the system, else into a file.
//!
//! Each way says which it was, because the terminal never tells whether it took the text.

use crate::model::SafeText;
use crossterm::{clipboard::CopyToClipboard, execute};
use std::{
    env, fs,
    io::{self, IsTerminal as _, Write as _},
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

/// The longest text that is sent through the terminal; some cut longer ones without a word.
pub const MAX_TERMINAL: usize = 64 * 1024;

/// Tools of the system, and the variable without which they cannot work.
const TOOLS: [(&str, &[&str], &str); 5] = [
    ("wl-copy", &[], "WAYLAND_DISPLAY"),
    ("xclip", &["-selection", "clipboard"], "DISPLAY"),
    ("xsel", &["--clipboard", "--input"], "DISPLAY"),
    ("pbcopy", &[], ""),
    ("clip.exe", &[], "WSL_DISTRO_NAME"),
];

/// Where text came to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Copied {
    /// Sent to the terminal, which does not answer.
    Terminal,
    /// Taken by this tool.
    Tool(&'static str),
    /// Written to this file.
    File(PathBuf),
}

impl Copied {
    /// A sentence for the user; `what` names the text: `line`.
    pub fn sentence(&self, what: &str) -> String {
        match self {
            Self::Terminal => format!("Copied the {what} to the terminal's clipboard"),
            Self::Tool(tool) => format!("Copied the {what} with {tool}"),
            Self::File(path) => {
                format!("No clipboard here: the {what} is in {}", path.display())
            }
        }
    }
}

/// Copies lines; each is cleaned once more, so that nothing in them can speak to a terminal. Takes a few
/// milliseconds where a tool is asked.
///
/// # Errors
/// When not even the file can be written; the message names it.
pub fn copy(text: &str, folder: &Path) -> Result<Copied, SafeText> {
    let text = clean(text);
    let var = |name: &str| env::var(name).is_ok_and(|value| !value.is_empty());
    let is_remote = var("SSH_CONNECTION") || var("SSH_TTY");
    let has_clipboard = !matches!(env::var("TERM").as_deref(), Ok("linux" | "dumb"));
    let is_sent = text.len() <= MAX_TERMINAL
        && has_clipboard
        && io::stdout().is_terminal()
        && execute!(io::stdout(), CopyToClipboard::to_clipboard_from(&text)).is_ok();
    // A tool's word is better than the terminal's silence; far away it would fill the wrong clipboard.
    let mut tools = TOOLS.iter().filter(|(_, _, needs)| needs.is_empty() || var(needs));
    if !is_remote && let Some((tool, ..)) = tools.find(|(tool, args, _)| feed(tool, args, &text)) {
        return Ok(Copied::Tool(tool));
    }
    if is_sent {
        return Ok(Copied::Terminal);
    }
    save(&text, folder)
}

/// Each line as [`SafeText`].
fn clean(text: &str) -> String {
    text.lines().map(|line| SafeText::from(line).to_string()).collect::<Vec<_>>().join("\n")
}

/// Gives text to a tool; whether it was there and took it.
fn feed(tool: &str, args: &[&str], text: &str) -> bool {
    let child = Command::new(tool)
        .args(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn();
    let Ok(mut child) = child else { return false };
    let written =
        child.stdin.take().is_some_and(|mut pipe| pipe.write_all(text.as_bytes()).is_ok());
    child.wait().is_ok_and(|status| status.success()) && written
}

fn save(text: &str, folder: &Path) -> Result<Copied, SafeText> {
    let path = folder.join("dogwatch-clipboard.txt");
    fs::create_dir_all(folder)
        .and_then(|()| fs::write(&path, format!("{text}\n")))
        .map(|()| Copied::File(path.clone()))
        .map_err(|error| SafeText::from(format!("cannot write {}: {error}", path.display())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_speaks_to_a_terminal_is_copied() {
        assert_eq!(clean("a\x1b]52;c;AAAA\x07b\r\nc\x1b[2J"), "ab\nc");
    }

    #[test]
    fn the_file_is_the_last_way_and_says_where_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let copied = save("one\ntwo", &folder.path().join("new")).unwrap();
        let Copied::File(path) = &copied else { panic!("{copied:?}") };
        assert_eq!(fs::read_to_string(path).unwrap(), "one\ntwo\n");
        assert!(copied.sentence("line").starts_with("No clipboard here: the line is in "));
        let error = save("x", Path::new("/dev/null/x")).unwrap_err();
        assert!(error.starts_with("cannot write /dev/null/x/dogwatch-clipboard.txt: "), "{error}");
    }

    #[test]
    fn a_tool_that_is_not_there_or_fails_took_nothing() {
        assert!(!feed("dogwatch-has-no-such-tool", &[], "x"));
        assert!(!feed("false", &[], "x"));
        assert!(feed("sh", &["-c", "test \"$(cat)\" = hello"], "hello"));
    }

    #[test]
    fn sentences_name_the_way() {
        assert_eq!(
            Copied::Terminal.sentence("line"),
            "Copied the line to the terminal's clipboard"
        );
        assert_eq!(Copied::Tool("xclip").sentence("block"), "Copied the block with xclip");
    }
}
