//! `dogwatch notify`: what may be typed, and how the answer is written.

use clap::Args;
use std::io::{self, Write};

const EXAMPLES: &str = "\
Examples:
  dogwatch notify --test     send one message to every place that [notify] names, and say what came of it

Exit codes:
  0  all were taken    1  one was not    2  wrong use, or no place is named";

/// `dogwatch notify`.
#[derive(Debug, Clone, Copy, Args)]
#[command(after_help = EXAMPLES)]
pub struct NotifyArgs {
    /// Send a test message to every place.
    #[arg(long, required = true)]
    pub test: bool,
}

/// Writes what came of one message.
///
/// # Errors
/// When `out` cannot be written.
pub fn sent(kind: &str, refusal: Option<&str>, out: &mut dyn Write) -> io::Result<()> {
    match refusal {
        None => writeln!(out, "{kind}: taken"),
        Some(refusal) => writeln!(out, "{refusal}"),
    }
}
