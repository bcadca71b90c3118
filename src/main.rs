//! Error hooks, arguments, exit code; nothing else.

use color_eyre::eyre::Result;
use std::process::ExitCode;

fn main() -> Result<ExitCode> {
    let (code, message) = dogwatch::run()?;
    if let Some(message) = message {
        #[allow(clippy::print_stderr, reason = "the screen is closed, or was never open")]
        {
            eprintln!("dogwatch: {message}");
        }
    }
    Ok(code)
}
