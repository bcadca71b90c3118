//! The words of Gitea and of Forgejo, which speaks as it does.

use super::dialect::{
    Author, DECLINED, DUPLICATE, Dialect, Ending, Issue, Labels, New, Request, Standing,
    is_labelled,
};
use crate::action::remote::Repository;
use reqwest::Method;
use serde::Deserialize;
use serde_json::{Value, json};

/// Gitea's REST API, version 1. Labels are set by number, and say why an issue is closed.
pub(super) struct Gitea;

#[derive(Deserialize)]
struct Told {
    number: u64,
    html_url: String,
    state: String,
    #[serde(default)]
    body: Option<String>,
    #[serde(default)]
    labels: Option<Vec<Label>>,
    #[serde(default)]
    pull_request: Option<serde::de::IgnoredAny>,
    #[serde(default)]
    user: Option<User>,
}

#[derive(Deserialize)]
struct Label {
    name: String,
}

#[derive(Deserialize)]
struct User {
    id: u64,
    login: String,
}

impl From<User> for Author {
    fn from(user: User) -> Self {
        Self { id: user.id, login: user.login, is_member: false, is_robot: false }
    }
}

/// The numbers of those labels that are known.
fn numbers<'a>(labels: impl IntoIterator<Item = &'a str>, known: &Labels) -> Vec<u64> {
    let number = |label: &str| known.get(&label.to_lowercase()).copied().flatten();
    labels.into_iter().filter_map(number).collect()
}

impl Dialect for Gitea {
    fn name(&self) -> &'static str {
        "Gitea"
    }

    fn headers(&self) -> (&'static str, &'static [(&'static str, &'static str)]) {
        ("token", &[("Accept", "application/json")])
    }

    fn permission(&self) -> &'static str {
        "the scopes write:issue and read:repository, and the role of a writer"
    }

    fn issues(&self, repository: &Repository, label: Option<&str>, page: usize) -> Request {
        let label = label.map(|label| format!("&labels={label}")).unwrap_or_default();
        Request::get(format!(
            "/repos/{repository}/issues?state=all&type=issues&limit=50{label}&page={page}"
        ))
    }

    fn labels(&self, repository: &Repository, page: usize) -> Request {
        Request::get(format!("/repos/{repository}/labels?limit=50&page={page}"))
    }

    fn page_size(&self) -> usize {
        50
    }

    fn issue(&self, told: Value) -> serde_json::Result<Issue> {
        let told: Told = serde_json::from_value(told)?;
        let labels = || told.labels.iter().flatten().map(|label| label.name.as_str());
        let standing = if told.pull_request.is_some() {
            Standing::Apart
        } else if told.state == "open" {
            Standing::Open
        } else if is_labelled(labels(), &[DUPLICATE]) {
            Standing::Apart
        } else if is_labelled(labels(), DECLINED) {
            Standing::Declined
        } else {
            Standing::Closed
        };
        Ok(Issue {
            number: told.number,
            url: told.html_url,
            body: told.body.unwrap_or_default(),
            standing,
            author: told.user.map(Author::from),
        })
    }

    fn create(&self, repository: &Repository, new: New<'_>) -> Request {
        let labels = numbers(new.labels.iter().map(String::as_str), new.known);
        let body = json!({"title": new.title, "body": new.body, "labels": labels});
        Request::send(Method::POST, format!("/repos/{repository}/issues"), body)
    }

    fn comment(&self, repository: &Repository, number: u64, text: &str) -> Request {
        let path = format!("/repos/{repository}/issues/{number}/comments");
        Request::send(Method::POST, path, json!({ "body": text }))
    }

    fn reopen(&self, repository: &Repository, number: u64) -> Request {
        let path = format!("/repos/{repository}/issues/{number}");
        Request::send(Method::PATCH, path, json!({"state": "open"}))
    }

    /// The label comes first: a duplicate that is closed without it would stand for its problem.
    fn close(
        &self,
        repository: &Repository,
        number: u64,
        ending: Ending,
        known: &Labels,
    ) -> Vec<Request> {
        let path = format!("/repos/{repository}/issues/{number}");
        let close = Request::send(Method::PATCH, path.clone(), json!({"state": "closed"}));
        let labels = numbers([DUPLICATE], known);
        if ending != Ending::Duplicate || labels.is_empty() {
            return vec![close];
        }
        let body = json!({ "labels": labels });
        vec![Request::send(Method::POST, format!("{path}/labels"), body), close]
    }

    fn closing_labels(&self) -> &'static [&'static str] {
        &[DUPLICATE]
    }

    fn make_label(&self, repository: &Repository, name: &str, colour: &str) -> Request {
        let body = json!({"name": name, "color": format!("#{colour}")});
        Request::send(Method::POST, format!("/repos/{repository}/labels"), body)
    }

    fn us(&self, told: Value) -> serde_json::Result<Author> {
        serde_json::from_value::<User>(told).map(Author::from)
    }

    /// Only who administers a repository may ask for permissions; whoever sees it, who works on it.
    fn vouch(&self, repository: &Repository, author: &Author) -> Vec<Request> {
        let path = format!("/repos/{repository}/collaborators/{}", author.login);
        vec![Request::get(format!("{path}/permission")), Request::get(path)]
    }

    fn vouches(&self, told: &Value) -> bool {
        let level = told["permission"].as_str();
        told.is_null() || matches!(level, Some("owner" | "admin" | "write"))
    }
}
