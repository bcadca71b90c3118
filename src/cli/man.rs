//! `dogwatch man`: a page of the manual for every command.

use super::Arguments;
use clap::CommandFactory as _;
use std::{fs, io, path::Path};

/// Writes `dogwatch.1`, `dogwatch-analyze.1` and so on into a folder, which is made where it is missing.
///
/// # Errors
/// When the folder cannot be written.
pub fn write(folder: &Path) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    clap_mangen::generate_to(Arguments::command(), folder)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Names of all commands as their pages have them.
    fn names(command: &clap::Command, name: &str, all: &mut Vec<String>) {
        all.push(name.to_owned());
        for sub in command.get_subcommands() {
            names(sub, &format!("{name}-{}", sub.get_name()), all);
        }
    }

    #[test]
    fn every_command_has_its_page() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path().join("man/man1");
        write(&folder).unwrap();
        let mut all = Vec::new();
        names(&Arguments::command(), "dogwatch", &mut all);
        assert!(all.contains(&"dogwatch-agent-run".to_owned()), "{all:?}");
        for name in all {
            let page = fs::read_to_string(folder.join(format!("{name}.1"))).unwrap();
            assert!(page.contains(".SH NAME") && page.contains(".SH SYNOPSIS"), "{name}");
        }
        let page = fs::read_to_string(folder.join("dogwatch-analyze.1")).unwrap();
        assert!(page.contains("Exit codes") && page.contains("baseline"), "{page}");
    }

    #[test]
    fn the_readme_tells_the_exit_codes_of_every_command() {
        let readme = include_str!("../../README.md");
        let table = readme.split("## Exit codes").nth(1).unwrap();
        let table = table.split("\n## ").next().unwrap();
        for command in Arguments::command().get_subcommands() {
            let name = format!("`{}", command.get_name());
            let is_told = table.lines().any(|line| {
                let first = line.split('|').nth(1).unwrap_or_default();
                first.contains(&format!("{name}`")) || first.contains(&format!("{name} "))
            });
            assert!(is_told, "{name}");
        }
    }
}
