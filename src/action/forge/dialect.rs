//! What every forge says in its own words: addresses, bodies and answers, as data. Nothing here is sent.

use crate::{action::remote::Repository, model::FiledIssue};
use reqwest::Method;
use serde_json::Value;
use std::{collections::HashMap, fmt::Write as _};

/// One thing that is asked of a forge.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Request {
    pub(super) method: Method,
    /// Behind the address of the API.
    pub(super) path: String,
    pub(super) body: Option<Value>,
}

impl Request {
    pub(super) const fn get(path: String) -> Self {
        Self { method: Method::GET, path, body: None }
    }

    pub(super) const fn send(method: Method, path: String, body: Value) -> Self {
        Self { method, path, body: Some(body) }
    }
}

/// The labels of a repository by name in small letters, with their numbers where a forge told them.
pub(super) type Labels = HashMap<String, Option<u64>>;

/// An issue as it is to be filed.
#[derive(Debug, Clone, Copy)]
pub(super) struct New<'a> {
    pub(super) title: &'a str,
    /// With its marker.
    pub(super) body: &'a str,
    pub(super) labels: &'a [String],
    /// Of the repository.
    pub(super) known: &'a Labels,
}

/// An issue as a forge tells it.
#[derive(Debug)]
pub(super) struct Issue {
    pub(super) number: u64,
    pub(super) url: String,
    pub(super) body: String,
    pub(super) standing: Standing,
    pub(super) author: Option<Author>,
}

/// Who wrote an issue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Author {
    pub(super) id: u64,
    pub(super) login: String,
    /// Whether the forge says that it belongs to the repository, and nobody need be asked.
    pub(super) is_member: bool,
    /// Whether it is a program with a token of a repository's.
    pub(super) is_robot: bool,
}

/// The label of an issue that was closed in favour of another one, where a forge has no word for it.
pub(super) const DUPLICATE: &str = "duplicate";
/// Labels of which one says that an issue was closed as not planned, where a forge has no word for it.
pub(super) const DECLINED: &[&str] = &["wontfix", "won't fix", "not planned", "invalid"];

/// Whether one of the labels is one of these.
pub(super) fn is_labelled<'a>(labels: impl IntoIterator<Item = &'a str>, with: &[&str]) -> bool {
    let is_meant = |label: &str| with.iter().any(|word| label.eq_ignore_ascii_case(word));
    labels.into_iter().any(is_meant)
}

/// How an issue stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    Open,
    /// Closed as done, or without a reason.
    Closed,
    /// Closed as not planned.
    Declined,
    /// It counts for nothing: closed in favour of another one, or a pull request, which GitHub lists among issues.
    Apart,
}

impl From<Issue> for FiledIssue {
    fn from(issue: Issue) -> Self {
        Self {
            number: issue.number,
            url: issue.url.into(),
            is_open: issue.standing == Standing::Open,
            is_declined: issue.standing == Standing::Declined,
        }
    }
}

/// Why an issue is closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ending {
    Done,
    /// In favour of another one.
    Duplicate,
    /// The same to a server that has no word for it.
    Declined,
}

/// Everything but letters, digits and `-._~` in percent signs.
pub(super) fn encode(text: &str) -> String {
    let mut out = String::with_capacity(text.len() * 2);
    for byte in text.bytes() {
        if is_plain(byte.into()) {
            out.push(byte.into());
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

/// Whether a character stands for itself in an address.
pub(super) const fn is_plain(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_' | '~')
}

/// The words of one kind of forge.
pub(super) trait Dialect: Send + Sync {
    /// As its makers write it.
    fn name(&self) -> &'static str;

    /// What the token says before itself in `Authorization`, and the headers beside it.
    fn headers(&self) -> (&'static str, &'static [(&'static str, &'static str)]);

    /// What a token must be allowed.
    fn permission(&self) -> &'static str;

    /// One page of all issues with or without our label, the newest first; pages count from 1.
    fn issues(&self, repository: &Repository, label: Option<&str>, page: usize) -> Request;

    /// One page of all labels.
    fn labels(&self, repository: &Repository, page: usize) -> Request;

    /// Entries of a full page, where the answer does not say whether there is more.
    fn page_size(&self) -> usize;

    /// Reads one entry of a list, or what a create answered.
    ///
    /// # Errors
    /// Where something is missing.
    fn issue(&self, told: Value) -> serde_json::Result<Issue>;

    /// Files it.
    fn create(&self, repository: &Repository, new: New<'_>) -> Request;

    /// Says something below it.
    fn comment(&self, repository: &Repository, number: u64, text: &str) -> Request;

    /// Opens it again.
    fn reopen(&self, repository: &Repository, number: u64) -> Request;

    /// Closes it, in as many steps as that takes.
    fn close(
        &self,
        repository: &Repository,
        number: u64,
        ending: Ending,
        known: &Labels,
    ) -> Vec<Request>;

    /// Labels that [`Dialect::close`] needs for a duplicate.
    fn closing_labels(&self) -> &'static [&'static str] {
        &[]
    }

    /// Makes a label; the colour is six digits.
    fn make_label(&self, repository: &Repository, name: &str, colour: &str) -> Request;

    /// Reads what `/user` answers: whose the token is.
    ///
    /// # Errors
    /// Where something is missing.
    fn us(&self, told: Value) -> serde_json::Result<Author>;

    /// Asks whether somebody works on the repository; one yes is enough.
    fn vouch(&self, repository: &Repository, author: &Author) -> Vec<Request>;

    /// Whether an answer to that says so; null is an answer without words.
    fn vouches(&self, told: &Value) -> bool;
}
