//! `__complete`: what may stand at the end of an unfinished command line, asked by Docker's own completion of a plugin
//! and by our scripts where they need the names of services and projects.

use crate::cli::Arguments;
use clap::{Arg, ArgAction, Command, CommandFactory as _};
use std::{
    ffi::OsString,
    io::{self, Write},
    process::{Command as Program, Stdio},
};

const QUESTIONS: [&str; 2] = ["__complete", "__completeNoDesc"];
/// Files may stand there, too; the second word says that nothing else may. Both are Docker's.
const FILES: u8 = 0;
const NO_FILES: u8 = 4;

/// What may stand there, and whether files may.
#[derive(Debug, Default, PartialEq, Eq)]
struct Offer {
    /// Words, each with what it means.
    words: Vec<(String, String)>,
    takes_files: bool,
}

/// The words that are asked about, the last one unfinished; nothing where something else is wanted.
pub(super) fn question(given: &[OsString]) -> Option<Vec<String>> {
    let mut words = given.iter().skip(1).map(|word| word.to_string_lossy().into_owned());
    let is_asked = words.next().is_some_and(|word| QUESTIONS.contains(&word.as_str()));
    let is_plugin = super::plugin::is_plugin(given);
    is_asked.then(|| words.skip(usize::from(is_plugin)).collect())
}

/// Writes it as Docker reads it: a line each, and at the end a number that says what else may stand there.
///
/// # Errors
/// When `out` cannot be written.
pub(super) fn answer(words: &[String], out: &mut dyn Write) -> io::Result<()> {
    let offer = offer(words, &|asked| names(words, asked));
    for (word, meaning) in &offer.words {
        writeln!(out, "{word}\t{}", meaning.lines().next().unwrap_or_default())?;
    }
    writeln!(out, ":{}", if offer.takes_files { FILES } else { NO_FILES })
}

/// What Compose is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Asked {
    Services,
    Projects,
}

fn offer(words: &[String], names: &dyn Fn(Asked) -> Vec<String>) -> Offer {
    let (unfinished, before) = words.split_last().map_or(("", words), |(last, rest)| (last, rest));
    let mut whole = Arguments::command();
    whole.build();
    let mut here = &whole;
    let mut pending = None;
    for word in before {
        if pending.take().is_some() {
            continue;
        }
        if word.starts_with('-') {
            pending = option(here, word).filter(|arg| takes_value(arg) && !word.contains('='));
        } else if let Some(deeper) = here.find_subcommand(word) {
            here = deeper;
        }
    }
    let mut offer = match pending {
        Some(arg) => values(arg, names),
        None if unfinished.starts_with('-') => Offer { words: flags(here), takes_files: false },
        None => {
            let commands = here.get_subcommands().filter(|command| !command.is_hide_set());
            let word = |c: &Command| (c.get_name().to_owned(), told(c.get_about()));
            Offer {
                words: commands.map(word).collect(),
                takes_files: here.get_positionals().next().is_some(),
            }
        }
    };
    offer.words.retain(|(word, _)| word.starts_with(unfinished));
    offer
}

fn option<'a>(command: &'a Command, word: &str) -> Option<&'a Arg> {
    let name = word.split('=').next().unwrap_or(word);
    let long = name.strip_prefix("--");
    let mut letters = name.chars().skip(1);
    let short = letters.next().filter(|_| long.is_none() && letters.next().is_none());
    command.get_arguments().find(|arg| match (long, short) {
        (Some(long), _) => arg.get_long() == Some(long),
        (None, Some(short)) => arg.get_short() == Some(short),
        (None, None) => false,
    })
}

fn takes_value(arg: &Arg) -> bool {
    matches!(arg.get_action(), ArgAction::Set | ArgAction::Append)
}

fn values(arg: &Arg, names: &dyn Fn(Asked) -> Vec<String>) -> Offer {
    let asked = match arg.get_long() {
        Some("service") => Some(Asked::Services),
        Some("project-name") => Some(Asked::Projects),
        _ => None,
    };
    let words: Vec<_> = if let Some(asked) = asked {
        names(asked).into_iter().map(|name| (name, String::new())).collect()
    } else {
        let known = arg.get_possible_values().into_iter().filter(|value| !value.is_hide_set());
        known.map(|value| (value.get_name().to_owned(), told(value.get_help()))).collect()
    };
    Offer { takes_files: asked.is_none() && words.is_empty(), words }
}

fn flags(command: &Command) -> Vec<(String, String)> {
    let shown = command.get_arguments().filter(|arg| !arg.is_hide_set());
    shown.filter_map(|arg| Some((format!("--{}", arg.get_long()?), told(arg.get_help())))).collect()
}

fn told(text: Option<&clap::builder::StyledStr>) -> String {
    text.map(ToString::to_string).unwrap_or_default()
}

/// What Compose says, of the project that the words before name; nothing where it cannot.
fn names(words: &[String], asked: Asked) -> Vec<String> {
    if asked == Asked::Projects {
        return lines(&["compose", "ls", "--all", "--quiet"]);
    }
    let flags = ["-p", "--project-name", "-f", "--file", "--project-directory"];
    let mut line = vec!["compose"];
    for pair in words.windows(2).filter(|pair| flags.contains(&pair[0].as_str())) {
        line.extend([pair[0].as_str(), pair[1].as_str()]);
    }
    let ask = |more: &[&str]| lines(&[&line, more].concat());
    let mut services = ask(&["config", "--services"]);
    if services.is_empty() {
        services = ask(&["ps", "--all", "--services"]);
    }
    services.sort();
    services
}

fn lines(line: &[&str]) -> Vec<String> {
    let asked = Program::new("docker").args(line).stdin(Stdio::null()).output();
    let told = asked.ok().filter(|told| told.status.success()).map(|told| told.stdout);
    let text = String::from_utf8_lossy(&told.unwrap_or_default()).into_owned();
    text.lines().map(str::trim).filter(|name| !name.is_empty()).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(line: &str) -> Vec<String> {
        line.split(' ').map(str::to_owned).collect()
    }

    #[test]
    fn what_may_stand_there_is_offered() {
        let names = |asked| match asked {
            Asked::Services => vec!["api".to_owned(), "worker".to_owned()],
            Asked::Projects => vec!["shop".to_owned()],
        };
        for (line, want, takes_files) in [
            ("ana", vec!["analyze"], true),
            ("analyze -s ", vec!["api", "worker"], false),
            ("-p shop history --service w", vec!["worker"], false),
            ("issues li", vec!["list"], false),
            ("-p ", vec!["shop"], false),
            ("analyze --fail-on c", vec!["critical"], false),
            ("analyze --format s", vec!["sarif"], false),
            ("analyze --update", vec!["--update-baseline"], false),
            ("analyze --baseline ", vec![], true),
            ("analyze --since=10m --create", vec!["--create-issues"], false),
            ("demo nonsense", vec![], false),
        ] {
            let offer = offer(&words(line), &names);
            let got: Vec<_> = offer.words.iter().map(|(word, _)| word.as_str()).collect();
            assert_eq!((got, offer.takes_files), (want, takes_files), "{line}");
        }
        assert!(offer(&words(""), &names).words.len() > 10, "all commands");
    }

    #[test]
    fn docker_asks_with_the_plugins_name_and_scripts_without() {
        let asked =
            |line: &str| question(&words(line).into_iter().map(OsString::from).collect::<Vec<_>>());
        assert_eq!(asked("/x/docker-dogwatch __complete dogwatch -p "), Some(words("-p ")));
        assert_eq!(asked("dogwatch __complete analyze -s "), Some(words("analyze -s ")));
        assert_eq!(asked("dogwatch analyze"), None);
    }
}
