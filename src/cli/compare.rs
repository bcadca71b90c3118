//! `dogwatch compare`: what changed from one report to the next.

use super::report::{Baseline, Comparison, FailOn};
use clap::Args;
use std::{
    fs,
    path::{Path, PathBuf},
};

const COMPARE_EXAMPLES: &str = "\
Examples:
  dogwatch analyze --json -o before.json; deploy; dogwatch analyze --since 10m --json -o after.json
  dogwatch compare before.json after.json

Exit codes:
  0  nothing new at or above --fail-on   2  a file cannot be read, or is no report
  1  something is";

/// `dogwatch compare`.
#[derive(Debug, Clone, Args)]
#[command(after_help = COMPARE_EXAMPLES)]
pub struct CompareArgs {
    /// The earlier report in JSON, or a baseline.
    #[arg(value_name = "OLD")]
    pub old: PathBuf,

    /// The later report in JSON.
    #[arg(value_name = "NEW")]
    pub new: PathBuf,

    /// As JSON.
    #[arg(long)]
    pub json: bool,

    /// Exit with 1 when a problem from this severity on is new or came back.
    #[arg(long, value_enum, default_value_t, value_name = "SEVERITY")]
    pub fail_on: FailOn,
}

/// Reads both reports and compares them.
///
/// # Errors
/// Which file is wrong, and how.
pub fn read(args: &CompareArgs) -> Result<Comparison, String> {
    let read = |path: &Path| {
        let text = fs::read_to_string(path)
            .map_err(|error| format!("cannot read {}: {error}", path.display()))?;
        Baseline::parse(&text).map_err(|why| {
            format!("{} is no report in JSON and no baseline: {why}", path.display())
        })
    };
    Ok(Comparison::between(&read(&args.old)?, &read(&args.new)?))
}
