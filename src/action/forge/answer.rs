//! What a forge's answers mean: how long to wait, whether a list goes on, and sentences with the way out.

use super::settings::Place;
use crate::{
    action::{Error, remote::Repository},
    model::SafeText,
};
use reqwest::{StatusCode, header::HeaderMap};
use serde::Deserialize;
use std::time::Duration;

/// Longest pause that is believed.
const MAX_WAIT: Duration = Duration::from_hours(1);
/// Pause where a forge asks for one and does not say how long.
const DEFAULT_WAIT: Duration = Duration::from_mins(1);

/// How long a forge asks to be left alone; `None` when it does not.
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
    let either = |name: &str| number(&format!("x-{name}")).or_else(|| number(name));
    if either("ratelimit-remaining") == Some(0)
        && let Some(reset) = either("ratelimit-reset")
    {
        // The moment, or the seconds until then.
        return Some(seconds(if reset > 1_000_000_000 { reset - now } else { reset }));
    }
    let is_limit = status == StatusCode::TOO_MANY_REQUESTS
        || message(body).to_ascii_lowercase().contains("rate limit");
    is_limit.then_some(DEFAULT_WAIT)
}

/// Whether a list ends with this page: as the links to others say, the number of the next one, or the number of all;
/// else by what is on it.
pub(super) fn is_last(headers: &HeaderMap, page: usize, there: usize, size: usize) -> bool {
    let text = |name: &str| headers.get(name)?.to_str().ok();
    if let Some(links) = text("link") {
        return !links.contains("rel=\"next\"");
    }
    if let Some(next) = text("x-next-page") {
        return next.trim().is_empty();
    }
    match text("x-total-count").and_then(|count| count.trim().parse::<usize>().ok()) {
        // A server may give fewer than were asked for.
        Some(all) => there == 0 || page == 1 && there >= all,
        None => there < size,
    }
}

/// The sentence for an answer that is no success.
pub(super) fn refusal(
    status: StatusCode,
    body: &[u8],
    repository: &Repository,
    place: &Place,
) -> Error {
    let dialect = place.kind.dialect();
    let (said, name) = (message(body), dialect.name());
    let code = status.as_u16();
    let text = match code {
        401 => format!("{name} refused the token ({said}) - {}", place.kind.sign_in(&place.web)),
        403 => format!(
            "the token may not file issues in {repository} ({said}) - give it {}",
            dialect.permission()
        ),
        404 => format!(
            "{repository} was not found, or the token may not see it - check `git remote -v` or `issues.repository`"
        ),
        410 => format!(
            "issues are switched off in {repository} - switch them on in its settings, or copy the text"
        ),
        400 | 422 => {
            format!("{name} did not take the issue ({said}) - correct its title, text or labels")
        }
        300..=399 => format!("{repository} has moved - set `issues.repository` to its new name"),
        500..=599 => {
            let text = format!(
                "{name} failed ({code}: {said}) - look whether the issue is there, then try again"
            );
            return Error::Unknown(text.into());
        }
        _ => format!("{name} answered {code} ({said}) - try again later"),
    };
    Error::Refused(text.into())
}

/// The sentence for a pause.
pub(super) fn wait(left: Duration, name: &str) -> Error {
    let seconds = Duration::from_secs(left.as_secs() + u64::from(left.subsec_nanos() > 0));
    let left = humantime::format_duration(seconds);
    Error::Refused(format!("{name} asks to wait {left} (rate limit) - try again then").into())
}

/// What it says, in one line of at most 200 characters.
fn message(body: &[u8]) -> String {
    #[derive(Deserialize)]
    struct Told {
        /// A sentence; GitLab also lists what is wrong with each field.
        #[serde(alias = "error")]
        message: serde_json::Value,
    }
    let told = match serde_json::from_slice::<Told>(body).map(|told| told.message) {
        Ok(serde_json::Value::String(text)) => text,
        Ok(listed) if !listed.is_null() => listed.to_string(),
        _ => String::new(),
    };
    let text = SafeText::from(told);
    let short: String = text.chars().take(200).collect();
    if short.is_empty() { "no reason given".to_owned() } else { short }
}
