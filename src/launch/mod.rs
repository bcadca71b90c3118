//! Builds the parts and opens a face: what `main` calls.
//!
//! Everything that can go wrong before the screen opens ends here, as sentences on standard error and the exit codes
//! that `cli` documents.

mod agent;
mod archive;
mod checkup;
mod complete;
mod environment;
mod fixes;
mod following;
mod ground;
mod headless;
mod held;
mod issues;
mod mcp;
mod memory;
mod monitor;
mod notifying;
mod plugin;
mod recording;
mod scaling;
mod screen;
mod serving;
mod sole;
mod stack;
mod telling;
mod watchdog;

use crate::cli::{Arguments, Command, completions, man, older, output, schema};
use clap::Parser as _;
use color_eyre::{
    config::{HookBuilder, Theme},
    eyre::Result,
};
use ground::Ground;
use std::{io::IsTerminal as _, path::PathBuf, process::ExitCode};

/// Why nothing could be opened: what to say, and the exit code.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
struct Refusal {
    message: String,
    code: u8,
}

impl Refusal {
    /// Wrong use, or a bad file.
    fn usage(message: impl Into<String>) -> Self {
        Self { message: message.into(), code: 2 }
    }

    /// GitHub refused, or could not be asked.
    fn unfiled(message: impl Into<String>) -> Self {
        Self { message: message.into(), code: 5 }
    }

    /// Docker, project or service cannot be reached.
    fn unreachable(message: impl Into<String>) -> Self {
        Self { message: message.into(), code: 3 }
    }
}

/// Runs the program on its command line and returns its exit code; a message for standard error comes with it.
///
/// # Errors
/// What nobody expected, as a report with its causes.
pub fn run() -> Result<(ExitCode, Option<String>)> {
    let given: Vec<_> = std::env::args_os().collect();
    if let Some(metadata) = plugin::metadata(&given) {
        output::to_stdout(|out| writeln!(out, "{metadata}"))?;
        return Ok((ExitCode::SUCCESS, None));
    }
    if let Some(words) = complete::question(&given) {
        output::to_stdout(|out| complete::answer(&words, out))?;
        return Ok((ExitCode::SUCCESS, None));
    }
    let is_plain = !std::io::stderr().is_terminal()
        || std::env::var_os("NO_COLOR").is_some_and(|v| !v.is_empty());
    let hooks = HookBuilder::default().display_env_section(false);
    let hooks = if is_plain { hooks.theme(Theme::new()) } else { hooks };
    hooks.install()?;
    let given = plugin::arguments(given);
    let arguments = match Arguments::try_parse_from(&given) {
        Ok(arguments) => arguments,
        Err(error) => {
            let is_wrong = error.use_stderr();
            let habit = given.get(1..).filter(|_| is_wrong).and_then(older::instead);
            let Some(told) = habit else { error.exit() };
            return Ok((ExitCode::from(2), Some(told)));
        }
    };
    // A script's name alone is taken for a recorded log that is not there.
    let is_missing = |log: &PathBuf| log.as_os_str() != "-" && !log.exists();
    if arguments.command.is_none()
        && arguments.log.as_ref().is_some_and(is_missing)
        && let Some(told) = given.get(1..).and_then(older::instead)
    {
        return Ok((ExitCode::from(2), Some(told)));
    }
    match dispatch(arguments) {
        Ok(code) => Ok((code, None)),
        Err(report) => match report.downcast::<Refusal>() {
            Ok(refusal) => Ok((ExitCode::from(refusal.code), Some(refusal.message))),
            Err(report) => Err(report),
        },
    }
}

fn dispatch(arguments: Arguments) -> Result<ExitCode> {
    let ground = Ground::lay(&arguments);
    match &arguments.command {
        None | Some(Command::Demo) => wait(screen::open(arguments, ground)),
        Some(Command::Analyze(args)) => wait(headless::analyze(&arguments, args, &ground)),
        Some(Command::Compare(args)) => headless::compare(args),
        Some(Command::History(args)) => archive::history(&arguments, args, &ground),
        Some(Command::Export(args)) => wait(archive::export(&arguments, args, &ground)),
        Some(Command::Record(args)) => wait(recording::record(&arguments, args, &ground)),
        Some(Command::Serve(args)) => wait(serving::serve(&arguments, args, &ground)),
        Some(Command::Mcp(args)) => wait(mcp::mcp(&arguments, args, &ground)),
        Some(Command::Monitor(args)) => wait(monitor::monitor(&arguments, args, &ground)),
        Some(Command::Issues(args)) => wait(issues::issues(&arguments, args, &ground)),
        Some(Command::Agent(args)) => wait(agent::agent(&arguments, args, &ground)),
        Some(Command::Watchdog(args)) => wait(watchdog::watchdog(&arguments, args, &ground)),
        Some(Command::Scale(args)) => wait(scaling::scale(&arguments, args, &ground)),
        Some(Command::Repairs(args)) => watchdog::repairs(&arguments, args, &ground),
        Some(Command::Fixes { action }) => fixes::fixes(action, &ground),
        Some(Command::Notify(args)) => wait(notifying::test(*args, &ground)),
        Some(Command::Doctor(args)) => wait(checkup::doctor(&arguments, args, &ground)),
        Some(Command::Classify(args)) => headless::classify(args, &ground),
        Some(Command::Rules { action }) => headless::rules(action, &ground),
        Some(Command::Monitoring { action }) => headless::monitoring(action),
        Some(Command::Themes { long }) => headless::themes(*long, &ground),
        Some(Command::Config { action }) => headless::config(action, &ground),
        Some(Command::Schema { of }) => {
            output::to_stdout(|out| schema::write(*of, out))?;
            Ok(ExitCode::SUCCESS)
        }
        Some(Command::Man { folder }) => {
            man::write(folder).map_err(|error| {
                Refusal::usage(format!("cannot write {}: {error}", folder.display()))
            })?;
            Ok(ExitCode::SUCCESS)
        }
        Some(Command::Completions { shell }) => {
            output::to_stdout(|mut out| completions::run(*shell, &mut out))?;
            Ok(ExitCode::SUCCESS)
        }
    }
}

/// Runs something that waits; two threads are enough for a screen and its streams.
fn wait<T>(work: impl Future<Output = Result<T>>) -> Result<T> {
    // An error means that a provider is installed already.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let result = runtime.block_on(work);
    // A read of standard input cannot be called off.
    runtime.shutdown_background();
    result
}
