//! What GitHub's answers mean, as sentences with the way out.

use crate::{
    action::{Error, remote::Repository},
    model::{FiledIssue, SafeText},
};
use reqwest::{StatusCode, header::HeaderMap};
use serde::Deserialize;
use std::time::Duration;

/// Longest pause that is believed.
const MAX_WAIT: Duration = Duration::from_hours(1);
/// Pause where GitHub asks for one and does not say how long.
const DEFAULT_WAIT: Duration = Duration::from_mins(1);

/// An issue as the API tells it.
#[derive(Debug, Deserialize)]
pub(super) struct Issue {
    pub(super) number: u64,
    pub(super) html_url: String,
    pub(super) state: String,
    /// Why it is closed: `completed`, `not_planned` or `duplicate`; older servers do not say.
    #[serde(default)]
    pub(super) state_reason: Option<String>,
    #[serde(default)]
    pub(super) body: Option<String>,
    /// Pull requests are listed among issues.
    #[serde(default)]
    pub(super) pull_request: Option<serde::de::IgnoredAny>,
}

impl Issue {
    /// Whether it was closed in favour of another one.
    pub(super) fn is_duplicate(&self) -> bool {
        self.state == "closed" && self.state_reason.as_deref() == Some("duplicate")
    }
}

impl From<Issue> for FiledIssue {
    fn from(issue: Issue) -> Self {
        let is_open = issue.state == "open";
        Self {
            number: issue.number,
            url: issue.html_url.into(),
            is_open,
            is_declined: !is_open && issue.state_reason.as_deref() == Some("not_planned"),
        }
    }
}

/// How long GitHub asks to be left alone; `None` when it does not.
pub(super) fn pause(
    status: StatusCode,
    headers: &HeaderMap,
    body: &[u8],
    now: i64,
) -> Option<Duration> {
    if status != StatusCode::TOO_MANY_REQUESTS && status != StatusCode::FORBIDDEN {
        return None;
    }
    let number = |name: &str| headers.get(name)?.to_str().ok()?.trim().parse::<i64>().ok();
    let seconds = |s: i64| Duration::from_secs(s.max(1) as u64).min(MAX_WAIT);
    if let Some(wait) = number("retry-after") {
        return Some(seconds(wait));
    }
    if number("x-ratelimit-remaining") == Some(0)
        && let Some(reset) = number("x-ratelimit-reset")
    {
        return Some(seconds(reset - now));
    }
    let is_limit = status == StatusCode::TOO_MANY_REQUESTS
        || message(body).to_ascii_lowercase().contains("rate limit");
    is_limit.then_some(DEFAULT_WAIT)
}

/// The sentence for an answer that is no success.
pub(super) fn refusal(status: StatusCode, body: &[u8], repository: &Repository) -> Error {
    let said = message(body);
    let code = status.as_u16();
    let text = match code {
        401 => format!(
            "GitHub refused the token ({said}) - sign in with `gh auth login`, or renew GH_TOKEN"
        ),
        403 => format!(
            "the token may not file issues in {repository} ({said}) - give it the permission Issues: write"
        ),
        404 => format!(
            "{repository} was not found, or the token may not see it - check `git remote -v` or `github.repository`"
        ),
        410 => format!(
            "issues are switched off in {repository} - switch them on in its settings, or copy the text"
        ),
        422 => {
            format!("GitHub did not take the issue ({said}) - correct its title, text or labels")
        }
        300..=399 => format!("{repository} has moved - set `github.repository` to its new name"),
        500..=599 => {
            let text = format!(
                "GitHub failed ({code}: {said}) - look whether the issue is there, then try again"
            );
            return Error::Unknown(text.into());
        }
        _ => format!("GitHub answered {code} ({said}) - try again later"),
    };
    Error::Refused(text.into())
}

/// The sentence for a pause.
pub(super) fn wait(left: Duration) -> Error {
    let seconds = Duration::from_secs(left.as_secs() + u64::from(left.subsec_nanos() > 0));
    let left = humantime::format_duration(seconds);
    Error::Refused(format!("GitHub asks to wait {left} (rate limit) - try again then").into())
}

/// What GitHub says, in one line of at most 200 characters.
fn message(body: &[u8]) -> String {
    #[derive(Deserialize)]
    struct Told {
        message: String,
    }
    let told = serde_json::from_slice::<Told>(body).map(|t| t.message).unwrap_or_default();
    let text = SafeText::from(told);
    let short: String = text.chars().take(200).collect();
    if short.is_empty() { "no reason given".to_owned() } else { short }
}
