//! The one issue that tells what the hourly limit holds back.

use super::{
    markdown::{code, cut, prose},
    marker::sealed,
};
use crate::model::{Fingerprint, IssueDraft};
use std::fmt::Write as _;

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

/// That issue of a project; every run of it has the same fingerprint, so that there is one at a time.
pub fn held(project: &str, waiting: &[&IssueDraft], limit: u32) -> IssueDraft {
    let fingerprint =
        Fingerprint(project.bytes().fold(0x9e37_79b9_7f4a_7c15, |hash: u64, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        }));
    let about = if project.is_empty() { String::new() } else { format!(" of {}", code(project)) };
    let text = format!(
        "## More problems{about} than are filed at once\n\n{}\nClose this when it has been read: it is filed again where it is needed.\n",
        held_list(waiting, limit)
    );
    IssueDraft {
        fingerprint,
        title: "More problems than are filed at once".to_owned(),
        body: sealed(&text, fingerprint),
        labels: vec!["automated".to_owned(), "dogwatch".to_owned()],
        masked: 0,
    }
}
