//! Python: the application's logging, gunicorn, celery, and tracebacks.

use chrono::{DateTime, Utc};
use std::fmt::Write as _;

pub(in crate::source::demo) fn app(
    time: DateTime<Utc>,
    level: &str,
    logger: &str,
    text: &str,
) -> String {
    format!("{} {level} [{logger}] {text}", time.format("%Y-%m-%d %H:%M:%S,%3f"))
}

pub(in crate::source::demo) fn gunicorn(time: DateTime<Utc>, pid: u64, text: &str) -> String {
    format!("[{} +0000] [{pid}] [INFO] {text}", time.format("%Y-%m-%d %H:%M:%S"))
}

pub(in crate::source::demo) fn celery(
    time: DateTime<Utc>,
    level: &str,
    process: &str,
    text: &str,
) -> String {
    format!("[{}: {level}/{process}] {text}", time.format("%Y-%m-%d %H:%M:%S,%3f"))
}

/// Frames are file, line, function and the code of that line.
pub(in crate::source::demo) fn traceback(
    frames: &[(&str, u32, &str, &str)],
    exception: &str,
) -> String {
    let mut text = String::from("Traceback (most recent call last):\n");
    for (file, line, function, code) in frames {
        let _ = write!(text, "  File \"{file}\", line {line}, in {function}\n    {code}\n");
    }
    text + exception
}
