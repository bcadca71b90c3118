//! `dogwatch completions`.

use super::Arguments;
use clap::CommandFactory;
use clap_complete::{Shell, generate};
use std::io::{self, Write};

/// Writes the completion script of `shell`.
///
/// # Errors
/// When `out` cannot be written.
pub fn run(shell: Shell, out: &mut impl Write) -> io::Result<()> {
    // clap ends the process when its writer fails; a script in memory does not.
    let mut script = Vec::new();
    generate(shell, &mut Arguments::command(), "dogwatch", &mut script);
    out.write_all(&script)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_shell_gets_its_script() {
        for shell in [Shell::Bash, Shell::Zsh, Shell::Fish, Shell::PowerShell, Shell::Elvish] {
            let mut out = Vec::new();
            run(shell, &mut out).unwrap();
            assert!(String::from_utf8(out).unwrap().contains("analyze"), "{shell}");
        }
    }
}
