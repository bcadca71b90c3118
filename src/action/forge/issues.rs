//! Finds, files and changes issues. What was sent once is never sent again before it was looked for.

use super::{
    answer::refusal,
    client::{Forge, unknown},
    dialect::{Ending, Labels, New, Request, Standing},
    labels::LABEL,
    ledger::Summary,
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
use serde_json::Value;
use std::sync::Arc;
use tokio::time::Instant;

/// Pages of 100 that are looked through for a marker.
const MAX_PAGES: usize = 40;

/// The issues of one problem, as far as they were listed.
#[derive(Debug, Default)]
pub(super) struct Listed {
    /// The lowest number first.
    pub(super) open: Vec<FiledIssue>,
    /// The newest one.
    pub(super) closed: Option<FiledIssue>,
}

/// On what terms one is filed.
#[derive(Debug, Clone, Copy)]
struct Terms {
    /// Also where a closed one of the problem is.
    beside_closed: bool,
    /// Only as many within an hour as the settings say.
    is_limited: bool,
}

impl Listed {
    fn best(mut self) -> Option<FiledIssue> {
        if self.open.is_empty() { self.closed } else { Some(self.open.swap_remove(0)) }
    }
}

impl Forge {
    pub(super) async fn look(&self, fingerprint: Fingerprint) -> Result<Listed, Error> {
        let (_, repository) = self.target()?;
        let mut listed = Listed::default();
        for page in 1..=MAX_PAGES {
            let (found, is_last) = self.page(fingerprint, repository, Some(LABEL), page).await?;
            listed.open = found.open;
            listed.closed = listed.closed.or(found.closed);
            if is_last || !listed.open.is_empty() {
                break;
            }
        }
        if listed.open.is_empty() && listed.closed.is_none() {
            // Who may not push loses labels silently: the newest page without them.
            listed = self.page(fingerprint, repository, None, 1).await?.0;
        }
        Ok(listed)
    }

    /// The matches on one page, and whether it is the last.
    async fn page(
        &self,
        fingerprint: Fingerprint,
        repository: &Repository,
        label: Option<&str>,
        page: usize,
    ) -> Result<(Listed, bool), Error> {
        let dialect = self.dialect();
        let request = dialect.issues(repository, label, page);
        let (told, is_last) = self.list(&request, repository, page).await?;
        let mut listed = Listed::default();
        for told in told {
            let issue = dialect.issue(told).map_err(|e| {
                let name = dialect.name();
                Error::Refused(
                    format!("{name}'s list cannot be read: {e} - try again later").into(),
                )
            })?;
            if marker_of(&issue.body) != Some(fingerprint) || issue.standing == Standing::Apart {
                continue;
            }
            if !self.trusts(issue.author.as_ref(), repository).await? {
                let (number, author) = (issue.number, issue.author.map(|a| a.login));
                tracing::warn!(
                    number,
                    author,
                    "An issue with our marker does not count: its author may not write to the repository. Name him under `issues.trusted` if he is one of yours."
                );
                continue;
            }
            match issue.standing {
                Standing::Apart => {}
                Standing::Open => listed.open.push(issue.into()),
                Standing::Closed | Standing::Declined => {
                    let newer = listed.closed.take().filter(|other| other.number > issue.number);
                    listed.closed = newer.or_else(|| Some(issue.into()));
                }
            }
        }
        listed.open.sort_by_key(|issue| issue.number);
        Ok((listed, is_last))
    }

    async fn file(&self, draft: IssueDraft, terms: Terms) -> Result<Filed, Error> {
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
            if !terms.is_limited {
                page.note_summary(id, Some(Summary::Stands))?;
            }
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
        if let Some(issue) = listed.closed.filter(|_| !terms.beside_closed) {
            page.settle(id);
            return Ok(Filed::Closed(issue));
        }
        let limit = self.settings().max_per_hour;
        if terms.is_limited && page.creates(Utc::now()) >= limit as usize {
            return Ok(Filed::Held(limit));
        }
        if let Some(at) = *last_write {
            tokio::time::sleep_until(at + self.pace.write).await;
        }
        let known = self.ensure_labels(repository, &draft.labels).await;
        let body = sealed(&draft.body, id);
        let new = New { title: &draft.title, body: &body, labels: &draft.labels, known: &known };
        let request = self.dialect().create(repository, new);
        // From here until an answer is read it may exist, also when this task is dropped or the process killed.
        if !terms.is_limited {
            page.note_summary(id, Some(Summary::Stands))?;
        }
        page.note(id, Utc::now(), terms.is_limited)?;
        let answer = self.send(&request).await;
        *last_write = Some(Instant::now());
        let made = answer.and_then(|answer| {
            let dialect = self.dialect();
            if !answer.status.is_success() {
                return Err(refusal(answer.status, &answer.body, repository, place));
            }
            let issue = serde_json::from_slice::<Value>(&answer.body);
            let issue = issue.and_then(|told| dialect.issue(told)).map_err(|e| {
                unknown(&format!("{}'s answer cannot be read: {e}", dialect.name()))
            })?;
            self.meet(issue.author.as_ref());
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
                    page.revoke(id, terms.is_limited);
                }
                Err(error)
            }
        }
    }

    /// Looks until what was sent then must be listed, if it was taken at all: after a ninth of that time, a third of
    /// it, and all of it.
    pub(super) async fn look_until_settled(
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
    pub(super) async fn keep_lowest(&self, mut open: Vec<FiledIssue>) -> FiledIssue {
        let kept = open.swap_remove(0);
        for issue in open {
            let number = issue.number;
            let text = format!("Duplicate of #{}: two were filed at the same moment.", kept.number);
            let closed = match self.close(number, Ending::Duplicate).await {
                // An older server does not know that word.
                Err(Error::Refused(_)) => self.close(number, Ending::Declined).await,
                other => other,
            };
            let told = match closed {
                Ok(()) => self.act(number, &Change::Comment(text)).await,
                Err(error) => Err(error),
            };
            if let Err(error) = told {
                tracing::warn!(number, %error, "A duplicate stays as it is.");
            }
        }
        kept
    }

    async fn change_after(&self, number: u64, change: Change) -> Result<(), Error> {
        let mut last_write = self.writing.lock().await;
        if let Some(at) = *last_write {
            tokio::time::sleep_until(at + self.pace.write).await;
        }
        let done = self.act(number, &change).await;
        *last_write = Some(Instant::now());
        done
    }

    pub(super) async fn act(&self, number: u64, change: &Change) -> Result<(), Error> {
        let (_, repository) = self.target()?;
        match change {
            Change::Comment(text) => {
                self.tell(&self.dialect().comment(repository, number, text)).await
            }
            Change::Reopen => self.tell(&self.dialect().reopen(repository, number)).await,
            Change::Close => self.close(number, Ending::Done).await,
        }
    }

    async fn close(&self, number: u64, ending: Ending) -> Result<(), Error> {
        let (_, repository) = self.target()?;
        let dialect = self.dialect();
        let known = if ending == Ending::Duplicate {
            let labels: Vec<_> = dialect.closing_labels().iter().map(ToString::to_string).collect();
            self.ensure_labels(repository, &labels).await
        } else {
            Labels::new()
        };
        for request in dialect.close(repository, number, ending, &known) {
            self.tell(&request).await?;
        }
        Ok(())
    }

    /// Sends what needs no reading of its answer.
    async fn tell(&self, request: &Request) -> Result<(), Error> {
        let (place, repository) = self.target()?;
        let answer = self.send(request).await?;
        if answer.status.is_success() {
            return Ok(());
        }
        Err(refusal(answer.status, &answer.body, repository, place))
    }

    fn remember(&self, fingerprint: Fingerprint, issue: &FiledIssue) {
        self.memory(|m| m.filed.insert(fingerprint, issue.clone()));
    }
}

impl Tracker for Forge {
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
        Box::pin(async move { self.file(draft, Terms { beside_closed, is_limited: true }).await })
    }

    fn summarize(self: Arc<Self>, draft: IssueDraft) -> BoxFuture<'static, Result<Filed, Error>> {
        let terms = Terms { beside_closed: true, is_limited: false };
        Box::pin(async move { self.file(draft, terms).await })
    }

    fn conclude(
        self: Arc<Self>,
        fingerprint: Fingerprint,
        word: String,
    ) -> BoxFuture<'static, Result<Option<FiledIssue>, Error>> {
        Box::pin(async move { self.close_summary(fingerprint, word).await })
    }

    fn change(
        self: Arc<Self>,
        number: u64,
        change: Change,
    ) -> BoxFuture<'static, Result<(), Error>> {
        Box::pin(async move { self.change_after(number, change).await })
    }
}
