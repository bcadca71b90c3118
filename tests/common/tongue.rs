//! How each kind of forge tells of issues, labels and people, and what it takes.

#![allow(clippy::unused_self, reason = "a question to a forge, whatever it answers alike")]

use serde_json::{Value, json};

/// A kind of forge.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    GitHub,
    GitLab,
    Gitea,
}

/// The words of a kind.
#[derive(Debug, Clone, Copy)]
pub struct Tongue(pub Kind);

const API: &str = "https://api.github.com";
const TIME: &str = "2026-01-01T00:00:00Z";

impl Tongue {
    pub fn word(self) -> &'static str {
        match self.0 {
            Kind::GitHub => "github",
            Kind::GitLab => "gitlab",
            Kind::Gitea => "gitea",
        }
    }

    /// What stands before everything of the repository.
    pub fn base(self) -> &'static str {
        match self.0 {
            Kind::GitHub | Kind::Gitea => "/repos/acme/shop/",
            Kind::GitLab => "/projects/acme%2Fshop/",
        }
    }

    /// What says in the head of an answer whether its list goes on; GitHub says so only where it does.
    pub fn paging(self, target: &str, answer: &Value) -> String {
        let Some(listed) = answer.as_array() else { return String::new() };
        let value = |name: &str| {
            let pairs =
                target.split_once('?')?.1.split('&').filter_map(|pair| pair.split_once('='));
            pairs.filter(|(key, _)| *key == name).find_map(|(_, value)| value.parse::<usize>().ok())
        };
        let page = value("page").unwrap_or(1);
        let is_full = listed.len() >= value("per_page").or(value("limit")).unwrap_or(30);
        match self.0 {
            Kind::GitLab if is_full => format!("x-next-page: {}\r\n", page + 1),
            Kind::GitLab => "x-next-page: \r\n".to_owned(),
            _ if is_full => format!("link: <http://x/?page={}>; rel=\"next\"\r\n", page + 1),
            _ => String::new(),
        }
    }

    /// The body of a create that somebody else sends.
    pub fn sent(self, title: &str, body: &str) -> Value {
        match self.0 {
            Kind::GitHub => json!({"title": title, "body": body, "labels": ["dogwatch"]}),
            Kind::GitLab => json!({"title": title, "description": body, "labels": "dogwatch"}),
            Kind::Gitea => json!({"title": title, "body": body, "labels": []}),
        }
    }

    pub fn body(self, issue: &Value) -> &str {
        issue[if self.0 == Kind::GitLab { "description" } else { "body" }].as_str().unwrap()
    }

    pub fn is_open(self, issue: &Value) -> bool {
        matches!(issue["state"].as_str(), Some("open" | "opened"))
    }

    pub fn labels(self, issue: &Value) -> Vec<String> {
        let labels = issue["labels"].as_array().unwrap().iter();
        let name = |label: &Value| label["name"].as_str().or(label.as_str()).unwrap().to_owned();
        labels.map(name).collect()
    }

    pub fn label(self, id: usize, name: &str) -> Value {
        match self.0 {
            Kind::GitHub => json!({"id": id, "node_id": "L", "name": name, "description": null,
                "url": format!("{API}/repos/acme/shop/labels/x"), "color": "d73a4a", "default": false}),
            Kind::GitLab => json!({"id": id, "name": name, "color": "#d73a4a"}),
            Kind::Gitea => json!({"id": id, "name": name, "color": "d73a4a"}),
        }
    }

    /// A person; the number comes from the name.
    pub fn user(self, login: &str) -> Value {
        let id = login.bytes().map(u64::from).sum::<u64>();
        match self.0 {
            Kind::GitLab => json!({"id": id, "username": login, "name": login, "state": "active",
                "web_url": format!("https://gitlab.com/{login}"), "avatar_url": null}),
            Kind::Gitea => json!({"id": id, "login": login}),
            Kind::GitHub => github_user(id, login),
        }
    }

    pub fn issue(self, number: u64, author: &str, sent: &Value, known: &[String]) -> Value {
        match self.0 {
            Kind::GitHub => {
                let url = format!("{API}/repos/acme/shop/issues/{number}");
                let names = sent["labels"].as_array().cloned().unwrap_or_default();
                let labels: Vec<_> =
                    names.iter().map(|name| self.label(1, name.as_str().unwrap())).collect();
                json!({"id": number, "node_id": "I", "number": number, "state": "open",
                    "state_reason": null, "title": sent["title"], "body": sent["body"],
                    "labels": labels, "user": github_person(author), "author_association": "NONE", "url": url,
                    "html_url": format!("https://github.com/acme/shop/issues/{number}"),
                    "repository_url": format!("{API}/repos/acme/shop"), "labels_url": url,
                    "comments_url": url, "events_url": url, "assignee": null, "milestone": null,
                    "locked": false, "comments": 0, "closed_at": null, "created_at": TIME,
                    "updated_at": TIME})
            }
            Kind::GitLab => {
                let url = format!("https://gitlab.com/api/v4/projects/1/issues/{number}");
                let labels: Vec<_> = sent["labels"].as_str().unwrap().split(',').collect();
                json!({"id": 1_000 + number, "iid": number, "project_id": 1, "title": sent["title"],
                    "description": sent["description"], "state": "opened", "labels": labels,
                    "author": self.user(author), "created_at": TIME, "updated_at": TIME,
                    "closed_at": null, "confidential": false,
                    "web_url": format!("https://gitlab.com/acme/shop/-/issues/{number}"),
                    "_links": {"self": url, "notes": url, "award_emoji": url, "project": url,
                        "closed_as_duplicate_of": null}})
            }
            Kind::Gitea => {
                let mut issue = json!({"id": 1_000 + number, "number": number,
                    "title": sent["title"], "body": sent["body"], "state": "open", "labels": [],
                    "user": self.user(author), "created_at": TIME, "updated_at": TIME,
                    "html_url": format!("https://codeberg.org/acme/shop/issues/{number}")});
                self.add_labels(&mut issue, &sent["labels"], known);
                issue
            }
        }
    }

    pub fn comment(self, number: u64, text: &str, author: &str) -> Value {
        let url = format!("{API}/repos/acme/shop/issues/{number}");
        match self.0 {
            Kind::GitHub => json!({"id": 1, "node_id": "C", "url": url, "issue_url": url,
                "html_url": url, "body": text, "created_at": TIME, "updated_at": TIME,
                "user": github_person(author), "author_association": "NONE"}),
            Kind::GitLab => json!({"id": 1, "body": text, "author": self.user(author),
                "system": false, "noteable_iid": number}),
            Kind::Gitea => json!({"id": 1, "body": text, "user": self.user(author)}),
        }
    }

    /// Gitea's way: labels by number. All that it has then.
    pub fn add_labels(self, issue: &mut Value, numbers: &Value, known: &[String]) -> Value {
        let labels = issue["labels"].as_array_mut().unwrap();
        for number in numbers.as_array().unwrap() {
            let number = usize::try_from(number.as_u64().unwrap()).unwrap();
            labels.push(self.label(number, &known[number - 1]));
        }
        issue["labels"].clone()
    }

    pub fn change(self, issue: &mut Value, sent: &Value) {
        for (name, value) in sent.as_object().unwrap() {
            match name.as_str() {
                "state_event" if value == "close" => issue["state"] = "closed".into(),
                "state_event" => issue["state"] = "opened".into(),
                "add_labels" => issue["labels"].as_array_mut().unwrap().push(value.clone()),
                _ => issue[name] = value.clone(),
            }
        }
    }
}

/// As an issue tells of somebody.
fn github_person(login: &str) -> Value {
    let mut user = github_user(1, login);
    user.as_object_mut().unwrap().retain(|_, value| !value.is_null());
    user
}

/// With what `/user` says beside what stands in an issue.
fn github_user(id: u64, login: &str) -> Value {
    let mut user = json!({"login": login, "id": id, "node_id": "U", "gravatar_id": "", "type": "User",
        "site_admin": false, "bio": null, "blog": null, "company": null, "email": null,
        "followers": 0, "following": 0, "hireable": null, "location": null, "name": null,
        "public_gists": 0, "public_repos": 0, "created_at": TIME, "updated_at": TIME});
    for name in [
        "avatar_url",
        "events_url",
        "followers_url",
        "following_url",
        "gists_url",
        "html_url",
        "organizations_url",
        "received_events_url",
        "repos_url",
        "starred_url",
        "subscriptions_url",
        "url",
    ] {
        user[name] = format!("{API}/users/{login}").into();
    }
    user
}
