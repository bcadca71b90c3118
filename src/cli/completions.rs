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
    out.write_all(with_names(shell, &String::from_utf8_lossy(&script)).as_bytes())
}

const BASH: &str = r#"# Names of services and projects, as `dogwatch __complete` tells them.
_dogwatch_names() {
    dogwatch __complete "${COMP_WORDS[@]:1:COMP_CWORD-1}" "" 2>/dev/null | sed -e '/^:/d' -e 's/\t.*//'
}

"#;

const ZSH: &str = r#"# Names of services and projects, as `dogwatch __complete` tells them.
_dogwatch_names() {
    local -a before=(${(z)LBUFFER})
    [[ $LBUFFER == *[[:space:]] ]] || before[-1]=()
    compadd -- ${(f)"$(dogwatch __complete "${(@)before[2,-1]}" "" 2>/dev/null | sed -e '/^:/d' -e 's/\t.*//')"}
}

"#;

const FISH: &str = r#"# Names of services and projects, as `dogwatch __complete` tells them.
function __fish_dogwatch_names
    set -l before (commandline -opc)
    dogwatch __complete $before[2..-1] "" 2>/dev/null | string match -v ':*' | string replace -r '\t.*' ''
end

"#;

/// clap's script knows no names that only Docker knows: they are asked for where an option wants one.
fn with_names(shell: Shell, script: &str) -> String {
    let wants_name = |line: &str| {
        ["--service", "--project-name"].iter().any(|flag| line.contains(flag))
            || ["-l service ", "-l project-name "].iter().any(|flag| line.contains(flag))
            || ["'-p+[", "'*-s+["].iter().any(|start| line.starts_with(start))
    };
    match shell {
        Shell::Bash => {
            let mut text = BASH.to_owned();
            let mut is_name = false;
            for line in script.lines() {
                if is_name {
                    let names = r#"compgen -W "$(_dogwatch_names)" -- "${cur}""#;
                    text.push_str(&line.replace(r#"compgen -f "${cur}""#, names));
                } else {
                    text.push_str(line);
                }
                text.push('\n');
                is_name = matches!(line.trim(), "--service)" | "-s)" | "--project-name)" | "-p)");
            }
            text
        }
        // The first line must stay the first.
        Shell::Zsh => {
            let (first, rest) = script.split_once('\n').unwrap_or((script, ""));
            let asked = |line: &str| {
                let is_name = line.contains(":NAME:") && wants_name(line);
                let names = if is_name { ":NAME:_dogwatch_names'" } else { ":NAME:_default'" };
                line.replace(":NAME:_default'", names)
            };
            let rest: Vec<_> = rest.lines().map(asked).collect();
            format!("{first}\n\n{ZSH}{}\n", rest.join("\n"))
        }
        Shell::Fish => {
            let asked = |line: &str| {
                let is_name = line.ends_with(" -r") && wants_name(line);
                let names = if is_name { " -f -a '(__fish_dogwatch_names)'" } else { "" };
                format!("{line}{names}")
            };
            let all: Vec<_> = script.lines().map(asked).collect();
            format!("{FISH}{}\n", all.join("\n"))
        }
        _ => script.to_owned(),
    }
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

    #[test]
    fn services_and_projects_are_asked_for_by_name() {
        for (shell, asked, unasked) in [
            (Shell::Bash, r#"compgen -W "$(_dogwatch_names)""#, "dogwatch_name)"),
            (
                Shell::Zsh,
                ":NAME:_dogwatch_names'",
                "'--project-name=[Compose project]:NAME:_default'",
            ),
            (Shell::Fish, "-r -f -a '(__fish_dogwatch_names)'", "-d 'Compose project' -r\n"),
        ] {
            let mut out = Vec::new();
            run(shell, &mut out).unwrap();
            let script = String::from_utf8(out).unwrap();
            assert!(script.matches(asked).count() > 10, "{shell}");
            assert!(!script.contains(unasked), "{shell}");
        }
    }
}
