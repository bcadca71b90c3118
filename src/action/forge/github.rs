//! The words of GitHub, and of an enterprise's own.

use super::dialect::{Author, Dialect, Ending, Issue, Labels, New, Request, Standing};
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
    #[serde(default)]
    user: Option<User>,
    /// What the author is to the repository.
    #[serde(default)]
    author_association: Option<String>,
}

#[derive(Deserialize)]
struct User {
    id: u64,
    login: String,
    #[serde(default, rename = "type")]
    kind: String,
}

impl From<User> for Author {
    /// Workflows of the repository itself write in one name.
    fn from(user: User) -> Self {
        let is_member = user.login == "github-actions[bot]";
        Self { id: user.id, is_member, is_robot: user.kind == "Bot", login: user.login }
    }
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

    fn permission(&self) -> &'static str {
        "the permission Issues: write"
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
        let mut author = told.user.map(Author::from);
        if let Some(author) = &mut author {
            let association = told.author_association.as_deref();
            author.is_member |= matches!(association, Some("OWNER" | "MEMBER" | "COLLABORATOR"));
        }
        Ok(Issue {
            number: told.number,
            url: told.html_url,
            body: told.body.unwrap_or_default(),
            standing,
            author,
        })
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

    fn us(&self, told: Value) -> serde_json::Result<Author> {
        serde_json::from_value::<User>(told).map(Author::from)
    }

    fn vouch(&self, repository: &Repository, author: &Author) -> Vec<Request> {
        let login = &author.login;
        vec![Request::get(format!("/repos/{repository}/collaborators/{login}/permission"))]
    }

    fn vouches(&self, told: &Value) -> bool {
        matches!(told["permission"].as_str(), Some("admin" | "maintain" | "write"))
    }
}
