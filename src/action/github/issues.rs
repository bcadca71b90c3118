//! Finds, files and changes issues. What was sent once is never sent again before it was looked for.

use super::{
    answer::{Issue, refusal},
    client::{GitHub, unknown},
    labels::LABEL,
};
use crate::{
    action::{
        Change, Error, Filed, Tracker, TrackerInfo,
        issue::{marker_of, sealed},
        remote::Repository,
    },
    model::{FiledIssue, Fingerprint, IssueDraft},
};
use chrono::{DateTime, Utc};
use futures_util::future::BoxFuture;
use reqwest::Method;
use serde_json::{Value, json};
use std::sync::Arc;
use tokio::time::Instant;

/// Pages of 100 that are looked through for a marker.
const MAX_PAGES: usize = 40;

/// The issues of one problem, as far as they were listed.
#[derive(Debug, Default)]
struct Listed {
    /// The lowest number first.
    open: Vec<FiledIssue>,
    /// The newest one.
    closed: Option<FiledIssue>,
}

impl Listed {
    fn best(mut self) -> Option<FiledIssue> {
        if self.open.is_empty() { self.closed } else { Some(self.open.swap_remove(0)) }
    }
}

impl GitHub {
    async fn look(&self, fingerprint: Fingerprint) -> Result<Listed, Error> {
        let (place, repository) = self.target()?;
        let list = format!(
            "{}/repos/{repository}/issues?state=all&sort=created&direction=desc&per_page=100",
            place.api
        );
        let mut listed = Listed::default();
        for page in 1..=MAX_PAGES {
            let url = format!("{list}&labels={LABEL}&page={page}");
            let (found, is_last) = self.page(&url, fingerprint, repository).await?;
            listed.open = found.open;
            listed.closed = listed.closed.or(found.closed);
            if is_last || !listed.open.is_empty() {
                break;
            }
        }
        if listed.open.is_empty() && listed.closed.is_none() {
            // Who may not push loses labels silently: the newest page without them.
            listed = self.page(&list, fingerprint, repository).await?.0;
        }
        Ok(listed)
    }

    /// The matches on one page, and whether it is the last.
    async fn page(
        &self,
        url: &str,
        fingerprint: Fingerprint,
        repository: &Repository,
    ) -> Result<(Listed, bool), Error> {
        let answer = self.get(url).await?;
        if !answer.status.is_success() {
            return Err(match refusal(answer.status, &answer.body, repository) {
                Error::Unknown(text) | Error::Refused(text) => Error::Refused(text),
            });
        }
        let issues: Vec<Issue> = serde_json::from_slice(&answer.body).map_err(|e| {
            Error::Refused(format!("GitHub's list cannot be read: {e} - try again later").into())
        })?;
        let is_last = issues.len() < 100;
        let ours = issues.into_iter().filter(|i| {
            i.pull_request.is_none()
                && !i.is_duplicate()
                && i.body.as_deref().and_then(marker_of) == Some(fingerprint)
        });
        let (mut open, closed): (Vec<_>, Vec<_>) =
            ours.map(FiledIssue::from).partition(|issue| issue.is_open);
        open.sort_by_key(|issue| issue.number);
        Ok((Listed { open, closed: closed.into_iter().max_by_key(|i| i.number) }, is_last))
    }

    async fn file(&self, draft: IssueDraft, beside_closed: bool) -> Result<Filed, Error> {
        let (place, repository) = self.target()?;
        let id = draft.fingerprint;
        let mut last_write = self.writing.lock().await;
        let mut page = self.ledger.open(place, repository).await?;
        let mut listed = self.look(id).await?;
        let ours = self.memory(|m| m.filed.get(&id).cloned());
        if listed.open.is_empty()
            && ours.is_none()
            && let Some(sent) = page.sent_at(id)
        {
            listed = self.look_until_settled(id, sent).await?;
        }
        if !listed.open.is_empty() {
            page.settle(id);
            let issue = self.keep_lowest(listed.open).await;
            self.remember(id, &issue);
            return Ok(Filed::Before(issue));
        }
        // What we filed a moment ago may not be listed yet; once it is listed as closed, it counts no more.
        let is_newest = |ours: &FiledIssue| {
            listed.closed.as_ref().is_none_or(|listed| listed.number < ours.number)
        };
        if let Some(issue) = ours.filter(is_newest) {
            return Ok(Filed::Before(issue));
        }
        if let Some(issue) = listed.closed.filter(|_| !beside_closed) {
            page.settle(id);
            return Ok(Filed::Closed(issue));
        }
        if let Some(at) = *last_write {
            tokio::time::sleep_until(at + self.pace.write).await;
        }
        self.ensure_labels(place, repository, &draft.labels).await;
        let body = json!({
            "title": draft.title,
            "body": sealed(&draft.body, id),
            "labels": draft.labels,
        });
        // From here until an answer is read it may exist, also when this task is dropped or the process killed.
        page.note(id, Utc::now())?;
        let url = format!("{}/repos/{repository}/issues", place.api);
        let answer = self.send(Method::POST, &url, Some(&body)).await;
        *last_write = Some(Instant::now());
        let made = answer.and_then(|answer| {
            if !answer.status.is_success() {
                return Err(refusal(answer.status, &answer.body, repository));
            }
            let issue: Issue = serde_json::from_slice(&answer.body)
                .map_err(|e| unknown(&format!("GitHub's answer cannot be read: {e}")))?;
            Ok(FiledIssue::from(issue))
        });
        match made {
            Ok(issue) => {
                self.remember(id, &issue);
                let (filed, is_listed) = self.alone(id, issue).await;
                // Until it is listed, nothing but the note tells another process of it.
                if is_listed {
                    page.settle(id);
                }
                Ok(filed)
            }
            Err(error) => {
                if matches!(error, Error::Refused(_)) {
                    page.settle(id);
                }
                Err(error)
            }
        }
    }

    /// Looks until what was sent then must be listed, if it was taken at all: after a ninth of that time, a third of
    /// it, and all of it.
    async fn look_until_settled(
        &self,
        fingerprint: Fingerprint,
        sent: DateTime<Utc>,
    ) -> Result<Listed, Error> {
        for part in [9, 3, 1] {
            let passed = (Utc::now() - sent).to_std().unwrap_or_default();
            tokio::time::sleep((self.pace.settle / part).saturating_sub(passed)).await;
            let listed = self.look(fingerprint).await?;
            if part == 1 || !listed.open.is_empty() {
                return Ok(listed);
            }
        }
        Ok(Listed::default())
    }

    /// What we filed just now, unless another machine was first: then its issue stays, and ours is closed. The second
    /// is whether one of them is listed yet.
    async fn alone(&self, fingerprint: Fingerprint, ours: FiledIssue) -> (Filed, bool) {
        let Ok(listed) = self.look(fingerprint).await else { return (Filed::Now(ours), false) };
        let mut open = listed.open;
        let is_listed = !open.is_empty();
        if !open.iter().any(|issue| issue.number == ours.number) {
            open.push(ours.clone());
            open.sort_by_key(|issue| issue.number);
        }
        let kept = self.keep_lowest(open).await;
        if kept.number == ours.number {
            return (Filed::Now(ours), is_listed);
        }
        self.remember(fingerprint, &kept);
        (Filed::Before(kept), is_listed)
    }

    /// Closes all but the first as its duplicates. What cannot be closed now is closed when it is next looked for.
    async fn keep_lowest(&self, mut open: Vec<FiledIssue>) -> FiledIssue {
        let kept = open.swap_remove(0);
        for issue in open {
            let number = kept.number;
            let reason = json!({"state": "closed", "state_reason": "duplicate"});
            let closed = match self.patch(issue.number, &reason).await {
                // An older server does not know that word.
                Err(Error::Refused(_)) => {
                    let reason = json!({"state": "closed", "state_reason": "not_planned"});
                    self.patch(issue.number, &reason).await
                }
                other => other,
            };
            let text = format!("Duplicate of #{number}: two were filed at the same moment.");
            let told = match closed {
                Ok(()) => self.comment_on(issue.number, &text).await,
                Err(error) => Err(error),
            };
            if let Err(error) = told {
                tracing::warn!(number = issue.number, %error, "A duplicate stays as it is.");
            }
        }
        kept
    }

    async fn act(&self, number: u64, change: Change) -> Result<(), Error> {
        let mut last_write = self.writing.lock().await;
        if let Some(at) = *last_write {
            tokio::time::sleep_until(at + self.pace.write).await;
        }
        let done = match change {
            Change::Comment(text) => self.comment_on(number, &text).await,
            Change::Reopen => {
                self.patch(number, &json!({"state": "open", "state_reason": "reopened"})).await
            }
            Change::Close => {
                self.patch(number, &json!({"state": "closed", "state_reason": "completed"})).await
            }
        };
        *last_write = Some(Instant::now());
        done
    }

    async fn comment_on(&self, number: u64, text: &str) -> Result<(), Error> {
        let (place, repository) = self.target()?;
        let url = format!("{}/repos/{repository}/issues/{number}/comments", place.api);
        let answer = self.send(Method::POST, &url, Some(&json!({ "body": text }))).await?;
        if answer.status.is_success() {
            return Ok(());
        }
        Err(refusal(answer.status, &answer.body, repository))
    }

    async fn patch(&self, number: u64, body: &Value) -> Result<(), Error> {
        let (place, repository) = self.target()?;
        let url = format!("{}/repos/{repository}/issues/{number}", place.api);
        let answer = self.send(Method::PATCH, &url, Some(body)).await?;
        if answer.status.is_success() {
            return Ok(());
        }
        Err(refusal(answer.status, &answer.body, repository))
    }

    fn remember(&self, fingerprint: Fingerprint, issue: &FiledIssue) {
        self.memory(|m| m.filed.insert(fingerprint, issue.clone()));
    }
}

impl Tracker for GitHub {
    fn info(&self) -> TrackerInfo {
        self.who()
    }

    fn find(
        self: Arc<Self>,
        fingerprint: Fingerprint,
    ) -> BoxFuture<'static, Result<Option<FiledIssue>, Error>> {
        Box::pin(async move { Ok(self.look(fingerprint).await?.best()) })
    }

    /// Looks first, also for what an earlier run sent and read no answer to: for that it may wait as long as
    /// `settle_seconds` say. Of two that were filed by two machines at once, the lower number stays open.
    fn create(
        self: Arc<Self>,
        draft: IssueDraft,
        beside_closed: bool,
    ) -> BoxFuture<'static, Result<Filed, Error>> {
        Box::pin(async move { self.file(draft, beside_closed).await })
    }

    fn change(
        self: Arc<Self>,
        number: u64,
        change: Change,
    ) -> BoxFuture<'static, Result<(), Error>> {
        Box::pin(async move { self.act(number, change).await })
    }
}
