//! The words of GitHub, and of an enterprise's own.

use super::dialect::{Advice, Dialect, Ending, Issue, Labels, New, Request, Standing};
use crate::action::remote::Repository;
use reqwest::Method;
use serde::Deserialize;
use serde_json::{Value, json};

/// GitHub's REST API of 2022-11-28.
pub(super) struct GitHub;

#[derive(Deserialize)]
struct Told {
    number: u64,
    html_url: String,
    state: String,
    /// `completed`, `not_planned` or `duplicate`; older servers do not say.
    #[serde(default)]
    state_reason: Option<String>,
    #[serde(default)]
    body: Option<String>,
    #[serde(default)]
    pull_request: Option<serde::de::IgnoredAny>,
}

impl Dialect for GitHub {
    fn name(&self) -> &'static str {
        "GitHub"
    }

    fn headers(&self) -> (&'static str, &'static [(&'static str, &'static str)]) {
        let known =
            &[("Accept", "application/vnd.github+json"), ("X-GitHub-Api-Version", "2022-11-28")];
        ("Bearer", known)
    }

    fn advice(&self) -> Advice {
        Advice {
            sign_in: "set GH_TOKEN, or sign in with `gh auth login`",
            permission: "the permission Issues: write",
        }
    }

    fn issues(&self, repository: &Repository, label: Option<&str>, page: usize) -> Request {
        let label = label.map(|label| format!("&labels={label}")).unwrap_or_default();
        Request::get(format!(
            "/repos/{repository}/issues?state=all&sort=created&direction=desc&per_page=100{label}&page={page}"
        ))
    }

    fn labels(&self, repository: &Repository, page: usize) -> Request {
        Request::get(format!("/repos/{repository}/labels?per_page=100&page={page}"))
    }

    fn page_size(&self) -> usize {
        100
    }

    fn issue(&self, told: Value) -> serde_json::Result<Issue> {
        let told: Told = serde_json::from_value(told)?;
        let standing = match (told.state.as_str(), told.state_reason.as_deref()) {
            _ if told.pull_request.is_some() => Standing::Apart,
            ("open", _) => Standing::Open,
            (_, Some("duplicate")) => Standing::Apart,
            (_, Some("not_planned")) => Standing::Declined,
            _ => Standing::Closed,
        };
        let (number, url) = (told.number, told.html_url);
        Ok(Issue { number, url, body: told.body.unwrap_or_default(), standing })
    }

    fn create(&self, repository: &Repository, new: New<'_>) -> Request {
        let body = json!({"title": new.title, "body": new.body, "labels": new.labels});
        Request::send(Method::POST, format!("/repos/{repository}/issues"), body)
    }

    fn comment(&self, repository: &Repository, number: u64, text: &str) -> Request {
        let path = format!("/repos/{repository}/issues/{number}/comments");
        Request::send(Method::POST, path, json!({ "body": text }))
    }

    fn reopen(&self, repository: &Repository, number: u64) -> Request {
        let body = json!({"state": "open", "state_reason": "reopened"});
        Request::send(Method::PATCH, format!("/repos/{repository}/issues/{number}"), body)
    }

    fn close(
        &self,
        repository: &Repository,
        number: u64,
        ending: Ending,
        _: &Labels,
    ) -> Vec<Request> {
        let reason = match ending {
            Ending::Done => "completed",
            Ending::Duplicate => "duplicate",
            Ending::Declined => "not_planned",
        };
        let body = json!({"state": "closed", "state_reason": reason});
        vec![Request::send(Method::PATCH, format!("/repos/{repository}/issues/{number}"), body)]
    }

    fn make_label(&self, repository: &Repository, name: &str, colour: &str) -> Request {
        let body = json!({"name": name, "color": colour});
        Request::send(Method::POST, format!("/repos/{repository}/labels"), body)
    }
}
