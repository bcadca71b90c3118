//! Command lines of older tools: what is typed here out of habit is answered with the command that does it now.

use std::{ffi::OsString, path::Path};

/// Programs that dogwatch does the work of, and the command that each of them is.
const PROGRAMS: [(&str, &str); 8] = [
    ("docker_compose_log_introspector.py", ""),
    ("docker_log_issue_creator.py", "issues"),
    ("docker_log_monitor.py", "monitor"),
    ("docker_log_introspection.py", "agent plan"),
    ("automated_error_remediation.py", "agent next"),
    ("auto_repair_watchdog.py", "watchdog"),
    ("auto_scaler.py", "scale"),
    ("container-manager", "serve"),
];

/// Flags that stood alone there, and belong to a command here.
const FLAGS: [(&str, &str); 8] = [
    ("--dry-run", "issues"),
    ("--create-issues", "issues"),
    ("--clear-cache", "issues"),
    ("--min-occurrences", "issues"),
    ("--env", "monitor"),
    ("--max-agents", "monitor"),
    ("--interval", "monitor"),
    ("--max-iterations", "monitor"),
];

/// Parts of `agent`, which may be typed alone.
const AGENT: [&str; 7] = ["audit", "plan", "next", "start", "attempt", "verify", "learn"];

/// What to type instead, in one line; `None` where the arguments, without the program's own name, are no habit.
pub fn instead(given: &[OsString]) -> Option<String> {
    let words: Vec<&str> = given.iter().map(|word| word.to_str()).collect::<Option<_>>()?;
    let words = match words.split_first()? {
        (&("python" | "python3"), rest) => rest,
        _ => &words,
    };
    let first = *words.first()?;
    let name = Path::new(first).file_name()?.to_str()?;
    let known = |list: &[(&str, &'static str)], word: &str| {
        let flag = word.split('=').next().unwrap_or(word);
        list.iter().find(|(known, _)| *known == flag).map(|(_, command)| *command)
    };
    let (command, rest) = if let Some(command) = known(&PROGRAMS, name) {
        (command, &words[1..])
    } else if AGENT.contains(&first) {
        ("agent", words)
    } else {
        (
            words.iter().find_map(|word| known(&FLAGS, word)).filter(|_| first.starts_with('-'))?,
            words,
        )
    };
    let line = ["dogwatch", command].into_iter().chain(rest.iter().copied());
    let line: Vec<_> = line.filter(|word| !word.is_empty()).map(quoted).collect();
    Some(format!("that is `{}` here", line.join(" ")))
}

/// A word as a shell takes it.
fn quoted(word: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=,@%+".contains(c);
    if word == "agent plan" || word == "agent next" || word.chars().all(is_plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', "'\\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(line: &str) -> Option<String> {
        let words: Vec<_> = line.split_whitespace().map(OsString::from).collect();
        instead(&words)
    }

    #[test]
    fn a_habit_is_answered_with_the_command_of_today() {
        for (line, command) in [
            (
                "scripts/docker_compose_log_introspector.py analyze -s api",
                "dogwatch analyze -s api",
            ),
            ("python scripts/docker_log_monitor.py --env dev", "dogwatch monitor --env dev"),
            ("docker_log_introspection.py", "dogwatch agent plan"),
            (
                "--create-issues --min-occurrences 3",
                "dogwatch issues --create-issues --min-occurrences 3",
            ),
            ("--env=dev --max-agents 5", "dogwatch monitor --env=dev --max-agents 5"),
            ("container-manager", "dogwatch serve"),
            ("-p shop --dry-run", "dogwatch issues -p shop --dry-run"),
            ("verify fp2:0123456789abcdef", "dogwatch agent verify fp2:0123456789abcdef"),
        ] {
            assert_eq!(told(line), Some(format!("that is `{command}` here")), "{line}");
        }
        for line in ["", "analyze --env dev", "app.log", "-p shop", "analyse", "python x.py"] {
            assert_eq!(told(line), None, "{line}");
        }
        let odd = [OsString::from("--env"), OsString::from("it's; rm")];
        assert!(instead(&odd).unwrap().contains("'it'\\''s; rm'"));
    }
}
