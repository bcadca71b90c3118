//! The address of a forge's form for a new issue, already filled in.

use super::{
    dialect::{encode, is_plain},
    kind::Kind,
};
use crate::{
    action::{TrackerInfo, issue::sealed},
    model::IssueDraft,
};
use std::fmt::Write as _;

/// Bytes of an address that every browser and forge take.
const MAX_URL: usize = 8_000;
/// What follows a text that was cut.
const CUT: &str = "\n\n… cut to fit an address; the whole text can be copied from dogwatch.";

/// The form's address, at most 8,000 bytes: the body is cut to fit, its marker stays. `None` where no repository is
/// known.
pub fn prefilled_url(tracker: &TrackerInfo, draft: &IssueDraft) -> Option<String> {
    let repository = tracker.repository.as_ref()?;
    // GitLab and Gitea take no labels there by name.
    let (form, title, body) = match tracker.kind {
        Kind::GitHub | Kind::Gitea => ("issues/new", "title", "body"),
        Kind::GitLab => ("-/issues/new", "issue%5Btitle%5D", "issue%5Bdescription%5D"),
    };
    let mut url = format!("{}/{repository}/{form}?{title}=", tracker.web);
    url.push_str(&encode(shortened(&draft.title, 1_000)));
    if tracker.kind == Kind::GitHub {
        url.push_str("&labels=");
        url.push_str(&encode(shortened(&draft.labels.join(","), 1_000)));
    }
    let _ = write!(url, "&{body}=");
    let whole = encode(&sealed(&draft.body, draft.fingerprint));
    if url.len() + whole.len() <= MAX_URL {
        return Some(url + &whole);
    }
    let frame = encode(&sealed(CUT, draft.fingerprint)).len() + 64;
    let room = MAX_URL.saturating_sub(url.len() + frame);
    // Ends before a fence is opened that would swallow what follows.
    let kept = shortened(&draft.body, room);
    let kept = kept
        .rfind("\n```")
        .filter(|_| kept.matches("\n```").count() % 2 == 1)
        .map_or(kept, |at| &kept[..at]);
    Some(url + &encode(&sealed(&format!("{kept}{CUT}"), draft.fingerprint)))
}

/// The longest beginning of `text` that takes at most `max` bytes when encoded.
fn shortened(text: &str, max: usize) -> &str {
    let mut used = 0;
    for (at, c) in text.char_indices() {
        used += if is_plain(c) { 1 } else { 3 * c.len_utf8() };
        if used > max {
            return &text[..at];
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Fingerprint;

    fn url(body: &str) -> String {
        let draft = IssueDraft {
            fingerprint: Fingerprint(7),
            title: "[ERROR] A & B".into(),
            body: body.into(),
            labels: vec!["bug".into(), "severity:error".into()],
            masked: 0,
        };
        let tracker = TrackerInfo {
            repository: Some("netra/shop".into()),
            is_signed_in: false,
            kind: Kind::GitHub,
            form: std::sync::Arc::default(),
            web: "https://github.com".into(),
        };
        prefilled_url(&tracker, &draft).unwrap()
    }

    #[test]
    fn fills_in_title_labels_and_body() {
        assert_eq!(
            url("a b"),
            "https://github.com/netra/shop/issues/new?title=%5BERROR%5D%20A%20%26%20B\
             &labels=bug%2Cseverity%3Aerror&body=a%20b%0A%0A%3C%21--%20dogwatch%3Afp2%3A0000000000000007%20--%3E"
        );
    }

    #[test]
    fn a_long_text_is_cut_and_keeps_its_marker() {
        for body in [
            "x".repeat(100_000),
            "日本".repeat(10_000),
            format!("a\n```\n{}\n```", "#".repeat(20_000)),
        ] {
            let url = url(&body);
            assert!(url.len() <= MAX_URL, "{}", url.len());
            assert!(url.ends_with("dogwatch%3Afp2%3A0000000000000007%20--%3E"));
            assert_eq!(url.matches("%60%60%60").count() % 2, 0);
        }
    }
}
