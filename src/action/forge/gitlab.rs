//! The words of GitLab, its own cloud and everybody's own server.

use super::dialect::{
    Author, DECLINED, DUPLICATE, Dialect, Ending, Issue, Labels, New, Request, Standing, encode,
    is_labelled,
};
use crate::action::remote::Repository;
use reqwest::Method;
use serde::Deserialize;
use serde_json::{Value, json};

/// GitLab's REST API, version 4. It has no word for why an issue is closed: labels say it.
pub(super) struct GitLab;

/// From here on, a member is more than a guest.
const REPORTER: u64 = 20;

#[derive(Deserialize)]
struct Told {
    iid: u64,
    web_url: String,
    state: String,
    #[serde(default)]
    description: Option<String>,
    #[serde(default)]
    labels: Vec<String>,
    #[serde(default)]
    author: Option<User>,
    #[serde(default, rename = "_links")]
    links: Links,
}

#[derive(Default, Deserialize)]
struct Links {
    /// Set where somebody said `/duplicate`.
    #[serde(default)]
    closed_as_duplicate_of: Option<String>,
}

#[derive(Deserialize)]
struct User {
    id: u64,
    username: String,
}

impl From<User> for Author {
    fn from(user: User) -> Self {
        Self { id: user.id, login: user.username, is_member: false, is_robot: false }
    }
}

/// The project in a path: its name with the groups it lies in, as one part.
fn project(repository: &Repository) -> String {
    format!("/projects/{}", encode(&repository.to_string()))
}

impl Dialect for GitLab {
    fn name(&self) -> &'static str {
        "GitLab"
    }

    fn headers(&self) -> (&'static str, &'static [(&'static str, &'static str)]) {
        ("Bearer", &[("Accept", "application/json")])
    }

    fn permission(&self) -> &'static str {
        "the scope api, and the role Reporter or more"
    }

    fn issues(&self, repository: &Repository, label: Option<&str>, page: usize) -> Request {
        let project = project(repository);
        let label = label.map(|label| format!("&labels={label}")).unwrap_or_default();
        Request::get(format!(
            "{project}/issues?state=all&order_by=created_at&sort=desc&per_page=100{label}&page={page}"
        ))
    }

    fn labels(&self, repository: &Repository, page: usize) -> Request {
        Request::get(format!("{}/labels?per_page=100&page={page}", project(repository)))
    }

    fn page_size(&self) -> usize {
        100
    }

    fn issue(&self, told: Value) -> serde_json::Result<Issue> {
        let told: Told = serde_json::from_value(told)?;
        let labels = || told.labels.iter().map(String::as_str);
        let standing = if told.state == "opened" {
            Standing::Open
        } else if told.links.closed_as_duplicate_of.is_some() || is_labelled(labels(), &[DUPLICATE])
        {
            Standing::Apart
        } else if is_labelled(labels(), DECLINED) {
            Standing::Declined
        } else {
            Standing::Closed
        };
        Ok(Issue {
            number: told.iid,
            url: told.web_url,
            body: told.description.unwrap_or_default(),
            standing,
            author: told.author.map(Author::from),
        })
    }

    fn create(&self, repository: &Repository, new: New<'_>) -> Request {
        let body =
            json!({"title": new.title, "description": new.body, "labels": new.labels.join(",")});
        Request::send(Method::POST, format!("{}/issues", project(repository)), body)
    }

    fn comment(&self, repository: &Repository, number: u64, text: &str) -> Request {
        let path = format!("{}/issues/{number}/notes", project(repository));
        Request::send(Method::POST, path, json!({ "body": text }))
    }

    fn reopen(&self, repository: &Repository, number: u64) -> Request {
        let path = format!("{}/issues/{number}", project(repository));
        Request::send(Method::PUT, path, json!({"state_event": "reopen"}))
    }

    fn close(
        &self,
        repository: &Repository,
        number: u64,
        ending: Ending,
        _: &Labels,
    ) -> Vec<Request> {
        let mut body = json!({"state_event": "close"});
        if ending == Ending::Duplicate {
            body["add_labels"] = DUPLICATE.into();
        }
        vec![Request::send(Method::PUT, format!("{}/issues/{number}", project(repository)), body)]
    }

    fn closing_labels(&self) -> &'static [&'static str] {
        &[DUPLICATE]
    }

    fn make_label(&self, repository: &Repository, name: &str, colour: &str) -> Request {
        let body = json!({"name": name, "color": format!("#{colour}")});
        Request::send(Method::POST, format!("{}/labels", project(repository)), body)
    }

    fn us(&self, told: Value) -> serde_json::Result<Author> {
        serde_json::from_value::<User>(told).map(Author::from)
    }

    fn vouch(&self, repository: &Repository, author: &Author) -> Vec<Request> {
        vec![Request::get(format!("{}/members/all/{}", project(repository), author.id))]
    }

    fn vouches(&self, told: &Value) -> bool {
        told["access_level"].as_u64().is_some_and(|level| level >= REPORTER)
    }
}
