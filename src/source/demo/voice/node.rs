//! Node.js: winston's simple format, with and without colours, and stack traces.

use chrono::{DateTime, Utc};
use std::fmt::Write as _;

pub(in crate::source::demo) fn plain(time: DateTime<Utc>, level: &str, text: &str) -> String {
    format!("{} {level}: {text}", time.format("%Y-%m-%dT%H:%M:%S.%3fZ"))
}

pub(in crate::source::demo) fn coloured(time: DateTime<Utc>, level: &str, text: &str) -> String {
    let colour = match level {
        "error" => 31,
        "warn" => 33,
        _ => 32,
    };
    let time = time.format("%H:%M:%S.%3f");
    format!("\u{1b}[90m{time}\u{1b}[39m \u{1b}[{colour}m{level}\u{1b}[39m: {text}")
}

/// Frames are function and place.
pub(in crate::source::demo) fn stack(error: &str, frames: &[(&str, &str)]) -> String {
    let mut text = String::from(error);
    for (function, place) in frames {
        let _ = write!(text, "\n    at {function} ({place})");
    }
    text
}
