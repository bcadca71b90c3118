//! A hole in the record: where lines are missing, from when to when, and why.
//!
//! `source` and `engine` report gaps, `store::journal` keeps them, every face shows them.

use super::{Origin, SafeText};
use chrono::{DateTime, SecondsFormat, Utc};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Lines of one container that nobody can bring back, or of which nobody can know whether there were any.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gap {
    /// Whose lines.
    pub origin: Arc<Origin>,
    /// The last line before it that is on record; `None` where none is.
    pub from: Option<DateTime<Utc>>,
    /// The first line behind it.
    pub to: DateTime<Utc>,
    /// How many are missing, where that is known.
    pub lines: Option<u64>,
    /// Why.
    pub reason: GapReason,
}

/// Why lines are missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GapReason {
    /// The Engine threw its log away before it was read: it rotates faster than it can be read, or nobody read it.
    Rotated,
    /// The log was emptied.
    Truncated,
    /// The log is damaged; the Engine gives nothing behind the damage.
    Damaged,
    /// The container was removed, with its log, before all of it was read.
    Removed,
    /// Our own disk was full, or too slow, and our queue ran over.
    Overflow,
}

impl Gap {
    /// Whether a line of ours is such a sentence, with or without its service before it.
    pub fn is_told_by(text: &str) -> bool {
        let rest = text.split_once(": ").filter(|(name, _)| !name.contains(' '));
        let text = rest.map_or(text, |(_, rest)| rest);
        let (first, rest) = text.split_once(' ').unwrap_or((text, ""));
        let is_counted = first.bytes().all(|b| b.is_ascii_digit()) && !first.is_empty();
        rest.starts_with("may be lost ") && first == "lines"
            || is_counted && (rest.starts_with("line lost ") || rest.starts_with("lines lost "))
    }

    /// One line for a person: from when to when, why, and what helps.
    pub fn sentence(&self) -> SafeText {
        let clock = |time: DateTime<Utc>| {
            let text = time.to_rfc3339_opts(SecondsFormat::Millis, true);
            text.get(11..23).unwrap_or(&text).to_owned()
        };
        let what = match self.lines {
            Some(1) => "1 line lost".to_owned(),
            Some(lines) => format!("{lines} lines lost"),
            None => "lines may be lost".to_owned(),
        };
        let when = match self.from {
            Some(from) => format!("between {} and {} UTC", clock(from), clock(self.to)),
            None => format!("before {} UTC", clock(self.to)),
        };
        let why = match self.reason {
            GapReason::Rotated => {
                "Docker rotated its log before it was read; raise max-size or max-file"
            }
            GapReason::Truncated => "its log was emptied",
            GapReason::Damaged => "its log file is damaged; re-create the container for a new one",
            GapReason::Removed => "the container was removed before its log was read",
            GapReason::Overflow => "our disk was full or too slow",
        };
        format!("{what} {when}: {why}").into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn says_when_why_and_what_helps() {
        let at = |text: &str| text.parse().unwrap();
        let origin =
            Origin { service: "api".into(), container: "c".into(), replica: 1, is_tty: false };
        let mut gap = Gap {
            origin: Arc::new(origin),
            from: Some(at("2026-01-01T12:00:01.5Z")),
            to: at("2026-01-01T12:00:03.1Z"),
            lines: None,
            reason: GapReason::Rotated,
        };
        assert_eq!(
            gap.sentence().as_str(),
            "lines may be lost between 12:00:01.500 and 12:00:03.100 UTC: Docker rotated its log before it was \
             read; raise max-size or max-file"
        );
        gap.from = None;
        gap.lines = Some(1);
        gap.reason = GapReason::Overflow;
        assert_eq!(
            gap.sentence().as_str(),
            "1 line lost before 12:00:03.100 UTC: our disk was full or too slow"
        );
    }

    #[test]
    fn its_sentence_is_known_again() {
        for text in [
            "lines may be lost before 12:00:03.100 UTC: its log was emptied",
            "1 line lost before 12:00:03.100 UTC: our disk was full or too slow",
            "api: 93 lines lost between 12:00:01.500 and 12:00:03.100 UTC: its log was emptied",
        ] {
            assert!(Gap::is_told_by(text), "{text}");
        }
        for text in ["", "restarted (exit 137), run 8", "lost 3 lines", "api: exited (1)", "lines"]
        {
            assert!(!Gap::is_told_by(text), "{text}");
        }
    }
}
