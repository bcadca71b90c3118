//! `dogwatch compare`: what changed from one report to the next.

use super::{
    CompareArgs,
    report::{Baseline, Comparison},
};
use std::{fs, path::Path};

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
