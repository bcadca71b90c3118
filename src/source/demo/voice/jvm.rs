//! Java: Spring Boot's log, a search engine's log, and stack traces with causes.

use chrono::{DateTime, Utc};
use std::fmt::Write as _;

pub(in crate::source::demo) fn spring(
    time: DateTime<Utc>,
    level: &str,
    thread: &str,
    logger: &str,
    text: &str,
) -> String {
    let time = time.format("%Y-%m-%dT%H:%M:%S.%3fZ");
    format!("{time} {level:>5} 1 --- [orders] [{thread:>15}] {logger:<40} : {text}")
}

pub(in crate::source::demo) fn search(
    time: DateTime<Utc>,
    level: &str,
    logger: &str,
    text: &str,
) -> String {
    let time = time.format("%Y-%m-%dT%H:%M:%S,%3f");
    format!("[{time}][{level:<5}][{logger:<25}] [search-1] {text}")
}

/// An exception with its frames, and what caused it.
pub(in crate::source::demo) fn trace(
    exception: &str,
    frames: &[&str],
    cause: Option<(&str, &[&str])>,
) -> String {
    let mut text = String::from(exception);
    for frame in frames {
        let _ = write!(text, "\n\tat {frame}");
    }
    if let Some((exception, frames)) = cause {
        let _ = write!(text, "\nCaused by: {exception}");
        for frame in frames {
            let _ = write!(text, "\n\tat {frame}");
        }
        text.push_str("\n\t... 58 common frames omitted");
    }
    text
}
