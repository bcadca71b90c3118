//! `dogwatch config`: where it is, what it says, whether it is right. Reading it is the business of the roof.

use std::{
    io::{self, Write},
    path::PathBuf,
};

/// One place where dogwatch reads or writes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// `config`, `patterns`, `themes`, `state`, `log`.
    pub name: &'static str,
    /// The file or folder.
    pub path: PathBuf,
}

/// One setting with its origin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting {
    /// Whole key: `tui.theme`.
    pub key: String,
    /// As TOML.
    pub value: String,
    /// `default`, a file, an environment variable or a flag.
    pub origin: String,
}

/// Writes each place and whether something is there.
///
/// # Errors
/// When `out` cannot be written.
pub fn path(places: &[Place], out: &mut dyn Write) -> io::Result<()> {
    let width = places.iter().map(|p| p.name.len()).max().unwrap_or(0);
    for Place { name, path } in places {
        let note = if path.exists() { "" } else { "  (not there)" };
        writeln!(out, "{name:<width$}  {}{note}", path.display())?;
    }
    Ok(())
}

/// Writes every setting as TOML that could stand in a file, with its origin as a comment.
///
/// # Errors
/// When `out` cannot be written.
pub fn show(settings: &[Setting], out: &mut dyn Write) -> io::Result<()> {
    let line = |s: &Setting| format!("{} = {}", s.key, s.value);
    let width = settings.iter().map(|s| line(s).chars().count()).max().unwrap_or(0).min(60);
    for setting in settings {
        writeln!(out, "{:<width$}  # {}", line(setting), setting.origin)?;
    }
    Ok(())
}

/// Writes what is wrong, or that nothing is. `checked` says what was looked at: `config.toml, 214 rules, 20 themes`.
///
/// Returns the exit code: 2 when something is wrong.
///
/// # Errors
/// When `out` cannot be written.
pub fn check(problems: &[String], checked: &str, out: &mut dyn Write) -> io::Result<u8> {
    for problem in problems {
        writeln!(out, "{problem}")?;
    }
    match problems.len() {
        0 => writeln!(out, "All right: {checked}.")?,
        1 => writeln!(out, "1 thing is wrong; the rest is used. Checked: {checked}.")?,
        n => writeln!(out, "{n} things are wrong; the rest is used. Checked: {checked}.")?,
    }
    Ok(if problems.is_empty() { 0 } else { 2 })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(write: impl FnOnce(&mut Vec<u8>)) -> String {
        let mut out = Vec::new();
        write(&mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn says_what_is_there() {
        let places = [
            Place { name: "config", path: "/nonexistent/config.toml".into() },
            Place { name: "state", path: "/".into() },
        ];
        let text = text(|out| path(&places, out).unwrap());
        assert_eq!(text, "config  /nonexistent/config.toml  (not there)\nstate   /\n");
    }

    #[test]
    fn shows_toml_that_can_be_read_back() {
        let setting = |key: &str, value: &str| Setting {
            key: key.into(),
            value: value.into(),
            origin: "default".into(),
        };
        let settings = [setting("tui.theme", "\"dark\""), setting("tui.fps", "30")];
        let text = text(|out| show(&settings, out).unwrap());
        let table: toml::Table = toml::from_str(&text).unwrap();
        assert_eq!(table["tui"]["fps"].as_integer(), Some(30));
        assert!(text.contains("# default"));
    }

    #[test]
    fn a_problem_is_exit_code_two() {
        let wrong =
            text(|out| assert_eq!(check(&["a.toml:3: x".into()], "1 file", out).unwrap(), 2));
        assert!(wrong.contains("a.toml:3: x") && wrong.contains("1 thing"));
        let right = text(|out| assert_eq!(check(&[], "1 file", out).unwrap(), 0));
        assert_eq!(right, "All right: 1 file.\n");
    }
}
