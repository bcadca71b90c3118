//! The one issue that tells what the hourly limit holds back.

use super::{
    markdown::{code, cut, prose},
    marker::sealed,
};
use crate::model::{Fingerprint, IssueDraft};
use std::fmt::Write as _;

/// The title of that issue.
pub const HELD_TITLE: &str = "More problems than are filed at once";
/// Titles that are named; the rest is counted.
const NAMED: usize = 50;

/// What it says of the problems that wait, in the order in which they are filed.
pub fn held_list(waiting: &[&IssueDraft], limit: u32) -> String {
    let count = waiting.len();
    let (noun, verb) = if count == 1 { ("problem", "waits") } else { ("problems", "wait") };
    let mut text = format!(
        "{count} {noun} of which there is no issue yet {verb}: at most {limit} are filed within an hour \
         (`issues.max_per_hour`), the worst first. What is still there then is filed by a later run.\n\n"
    );
    for draft in waiting.iter().take(NAMED) {
        let _ = writeln!(
            text,
            "- {} {}",
            prose(&cut(&draft.title, 200)),
            code(&draft.fingerprint.to_string())
        );
    }
    if count > NAMED {
        let _ = writeln!(text, "- and {} more", count - NAMED);
    }
    text
}

/// What is said below it when it is closed.
pub const NOTHING_WAITS: &str = "Nothing waits any more: what was held back has an issue of its own by now, or is not \
    found any more.";

/// The name of that issue of a project: it is the same in every run, so that there is one at a time.
pub fn held_name(project: &str) -> Fingerprint {
    Fingerprint(project.bytes().fold(0x9e37_79b9_7f4a_7c15, |hash: u64, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    }))
}

/// That issue of a project.
pub fn held(project: &str, waiting: &[&IssueDraft], limit: u32) -> IssueDraft {
    let fingerprint = held_name(project);
    let about = if project.is_empty() { String::new() } else { format!(" of {}", code(project)) };
    let text = format!(
        "## More problems{about} than are filed at once\n\n{}\nIt is closed when nothing waits any more. Whoever closes it before hears of it again where that is needed.\n",
        held_list(waiting, limit)
    );
    IssueDraft {
        fingerprint,
        title: HELD_TITLE.to_owned(),
        body: sealed(&text, fingerprint),
        labels: vec!["automated".to_owned(), "dogwatch".to_owned()],
        masked: 0,
    }
}
