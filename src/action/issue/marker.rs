//! The line by which an issue is found again.

use crate::model::Fingerprint;

/// The marker line of a group, a comment that GitHub does not show.
pub fn marker(fingerprint: Fingerprint) -> String {
    format!("<!-- dogwatch:{fingerprint} -->")
}

/// Whose issue a body is, by its last line that is not blank; a marker anywhere else counts for nothing,
/// because log text stands there.
pub fn marker_of(body: &str) -> Option<Fingerprint> {
    let last = body.lines().rev().map(str::trim).find(|line| !line.is_empty())?;
    Fingerprint::parse(last.strip_prefix("<!-- dogwatch:")?.strip_suffix(" -->")?)
}

/// The body with its marker as the last line, also when its editor took that away or wrote below it.
pub fn sealed(body: &str, fingerprint: Fingerprint) -> String {
    let marker = marker(fingerprint);
    let kept: Vec<_> = body.lines().filter(|line| line.trim() != marker).collect();
    format!("{}\n\n{marker}", kept.join("\n").trim_end())
}
