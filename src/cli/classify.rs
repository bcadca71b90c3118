//! `dogwatch classify`: one JSON object for each line.

use crate::engine::{Classifier, Judgement};
use clap::Args;
use std::{
    fs::File,
    io::{self, Read, Write},
    path::{Path, PathBuf},
    sync::mpsc::{self, RecvTimeoutError},
    thread,
    time::Duration,
};

const CLASSIFY_EXAMPLES: &str = "\
Examples:
  dogwatch classify app.log | jq -c 'select(.category)'
  docker compose logs --no-color | dogwatch classify -

Each answer is one JSON object, in the order of the lines:
  line         number of the line, from 1
  service      from a `docker compose logs` prefix, else null
  level        what the program said: unknown, trace, debug, info, warn, error, fatal
  category     null where the line is no problem
  severity     info, warning, error, critical; null where the line is no problem
  rule         the rule that found it, or null
  template     the message with its changing parts masked
  fingerprint  equal for equal problems
  part_of      number of the head line, where this line belongs to its stack trace";

/// `dogwatch classify`.
#[derive(Debug, Clone, Args)]
#[command(after_help = CLASSIFY_EXAMPLES)]
pub struct ClassifyArgs {
    /// A log; `-` or nothing is standard input.
    #[arg(value_name = "FILE|-")]
    pub log: Option<PathBuf>,

    /// Every line stands alone: stack traces are not joined.
    #[arg(long)]
    pub each: bool,
}

/// Bytes read at once.
const BLOCK: usize = 256 << 10;
/// Blocks that may wait to be judged.
const AHEAD: usize = 4;
/// A pipe that is silent for so long has nothing more to say for now.
const SILENCE: Duration = Duration::from_millis(250);

/// Bytes of answers that are written at once.
const ROWS: usize = 64 << 10;

/// Where a log comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Flow {
    /// All of it is there.
    File,
    /// It may pause.
    Pipe,
}

/// Judges `log`, or standard input for `-` or `None`, and writes the answers in the order of its lines.
///
/// # Errors
/// When the log cannot be read or `out` cannot be written.
pub fn run(log: Option<&Path>, classifier: Classifier, out: &mut dyn Write) -> io::Result<()> {
    match log.filter(|path| path.as_os_str() != "-") {
        Some(path) => judge(File::open(path)?, Flow::File, classifier, out),
        None => judge(io::stdin(), Flow::Pipe, classifier, out),
    }
}

fn judge(
    mut input: impl Read + Send + 'static,
    flow: Flow,
    mut classifier: Classifier,
    out: &mut dyn Write,
) -> io::Result<()> {
    let (sender, blocks) = mpsc::sync_channel::<io::Result<Vec<u8>>>(AHEAD);
    // Ends with the input, or when the receiver is gone.
    thread::spawn(move || {
        let mut buffer = vec![0; BLOCK];
        loop {
            let block = match input.read(&mut buffer) {
                Ok(0) => return,
                Ok(count) => Ok(buffer[..count].to_vec()),
                Err(e) if e.kind() == io::ErrorKind::Interrupted => continue,
                Err(e) => Err(e),
            };
            let is_last = block.is_err();
            if sender.send(block).is_err() || is_last {
                return;
            }
        }
    });

    let mut done = Vec::new();
    let mut is_waiting = false;
    loop {
        let next = if flow == Flow::Pipe && is_waiting {
            blocks.recv_timeout(SILENCE)
        } else {
            blocks.recv().map_err(|_| RecvTimeoutError::Disconnected)
        };
        match next {
            Ok(block) => {
                classifier.push(&block?, &mut done);
                is_waiting = true;
            }
            Err(RecvTimeoutError::Timeout) => {
                classifier.pause(&mut done);
                is_waiting = false;
            }
            Err(RecvTimeoutError::Disconnected) => break,
        }
        write(&mut done, out)?;
        if flow == Flow::Pipe {
            out.flush()?;
        }
    }
    classifier.finish(&mut done);
    write(&mut done, out)
}

/// Writes whole lines, many at once: somebody who looks on never sees half an answer.
fn write(done: &mut Vec<Judgement>, out: &mut dyn Write) -> io::Result<()> {
    let mut rows = Vec::with_capacity(ROWS + 4_096);
    for judgement in done.drain(..) {
        serde_json::to_writer(&mut rows, &judgement)?;
        rows.push(b'\n');
        if rows.len() >= ROWS {
            out.write_all(&rows)?;
            rows.clear();
        }
    }
    out.write_all(&rows)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detect::{Detector, RuleSet};

    fn classifier() -> Classifier {
        Classifier::new(Detector::new(RuleSet::builtin().0), false)
    }

    #[test]
    fn one_object_a_line_from_pipe_and_file() {
        let text = "ERROR: connection refused\nall well\n";
        for flow in [Flow::Pipe, Flow::File] {
            let mut out = Vec::new();
            judge(text.as_bytes(), flow, classifier(), &mut out).unwrap();
            let out = String::from_utf8(out).unwrap();
            let rows: Vec<serde_json::Value> =
                out.lines().map(|l| serde_json::from_str(l).unwrap()).collect();
            assert_eq!(rows.len(), 2);
            assert!(rows[0]["category"].is_string() && rows[1]["category"].is_null(), "{out}");
        }
    }

    #[test]
    fn a_missing_file_is_an_error() {
        assert!(run(Some(Path::new("/nonexistent")), classifier(), &mut Vec::new()).is_err());
    }
}
