//! `dogwatch record`: what may be typed, and the one line that tells how it goes.

use clap::Args;
use std::{
    io::{self, Write},
    path::PathBuf,
    time::Duration,
};

const EXAMPLES: &str = "\
Examples:
  dogwatch record outage.ndjson.gz              from now on, until Ctrl-C
  dogwatch record --for 10m load-test.ndjson    for ten minutes
  dogwatch record --since 1h before.ndjson      with what Docker still holds of the last hour
  dogwatch outage.ndjson.gz --speed 10          play it, ten times as fast as it was

Secrets are masked as on the screen. The file appears when the recording ends.

Exit codes:
  0  recorded    2  wrong use, or the file cannot be written    3  Docker or the project cannot be reached";

/// `dogwatch record`.
#[derive(Debug, Clone, Args)]
#[command(after_help = EXAMPLES)]
pub struct RecordArgs {
    /// Where to; a name that ends in .gz is compressed.
    #[arg(value_name = "FILE")]
    pub output: PathBuf,

    /// End by itself after so long: 30s, 10m, 2h.
    #[arg(long = "for", value_name = "TIME", value_parser = humantime::parse_duration)]
    pub span: Option<Duration>,
}

/// Writes over the line that is there how it goes, for somebody who looks on.
///
/// # Errors
/// When `out` cannot be written.
pub fn progress(
    project: &str,
    lines: u64,
    lost: u64,
    since: Duration,
    out: &mut dyn Write,
) -> io::Result<()> {
    let seconds = since.as_secs();
    let (minutes, seconds) = (seconds / 60, seconds % 60);
    write!(
        out,
        "\r\x1b[Krecording {project}: {lines} lines in {minutes}:{seconds:02}, lost {lost}; Ctrl-C ends it"
    )?;
    out.flush()
}

/// Clears that line.
///
/// # Errors
/// When `out` cannot be written.
pub fn clear(out: &mut dyn Write) -> io::Result<()> {
    out.write_all(b"\r\x1b[K")?;
    out.flush()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn progress_is_one_line_that_is_written_over() {
        let mut out = Vec::new();
        progress("shop", 12, 0, Duration::from_secs(75), &mut out).unwrap();
        clear(&mut out).unwrap();
        assert_eq!(
            String::from_utf8(out).unwrap(),
            "\r\u{1b}[Krecording shop: 12 lines in 1:15, lost 0; Ctrl-C ends it\r\u{1b}[K"
        );
    }
}
