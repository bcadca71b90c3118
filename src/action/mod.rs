//! Changes the world outside the stack: files issues. What it needs to know comes as an argument.
//!
//! `engine::dispatch` is the only caller. Texts that leave the machine pass through a redactor and `SafeText`.

pub mod beside;
pub mod browser;
mod client;
pub mod forge;
mod inquiry;
pub mod issue;
pub mod notify;
pub mod offline;
pub mod prometheus;
pub mod remote;
pub mod scale;
mod token;

use crate::model::{FiledIssue, Fingerprint, IssueDraft, SafeText};
use futures_util::future::BoxFuture;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Why an issue could not be found or filed.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Error {
    /// Nothing was sent, or the answer says that nothing happened: trying again is safe.
    #[error("{0}")]
    Refused(SafeText),
    /// Sent, and no answer: it may exist. Look before trying again.
    #[error("{0}")]
    Unknown(SafeText),
}

/// Who we are at the tracker, for the title of the editor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrackerInfo {
    /// `owner/name`; `None` where no repository is known.
    pub repository: Option<SafeText>,
    /// What kind of place that is.
    pub kind: forge::Kind,
    /// Whether there is a token; without one an issue can be copied, saved or opened in the browser.
    pub is_signed_in: bool,
    /// Where people look: `https://github.com`.
    pub web: SafeText,
    /// How its issues are written.
    pub form: Arc<issue::Form>,
}

impl TrackerInfo {
    /// How to come by a token, as a sentence without its end.
    pub fn sign_in(&self) -> String {
        self.kind.sign_in(&self.web)
    }
}

/// What became of an issue that was to be filed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Filed {
    /// It is filed.
    Now(FiledIssue),
    /// An open one of this problem was there already.
    Before(FiledIssue),
    /// One of this problem was there and is closed, and none was to be filed beside it.
    Closed(FiledIssue),
    /// None is there and none was sent: so many were filed within the last hour already.
    Held(u32),
}

/// What may be done to an issue as its problem lives on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Deed {
    /// Say below it that the problem escalated or came back.
    Comment,
    /// Open it again when a fixed problem comes back.
    Reopen,
    /// Close it when the problem is fixed.
    Close,
}

/// Something that is done to an issue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// Say this below it.
    Comment(String),
    /// Open it again.
    Reopen,
    /// Close it as done.
    Close,
}

/// A place for issues.
pub trait Tracker: Send + Sync + 'static {
    /// Who we are.
    fn info(&self) -> TrackerInfo;

    /// The issue whose marker is this fingerprint, open ones first; lists, never searches.
    fn find(
        self: Arc<Self>,
        fingerprint: Fingerprint,
    ) -> BoxFuture<'static, Result<Option<FiledIssue>, Error>>;

    /// Files an issue, unless an open one of the problem is there; beside a closed one only where that is wished.
    /// Never sends again what may have been taken, before it has looked for it.
    fn create(
        self: Arc<Self>,
        draft: IssueDraft,
        beside_closed: bool,
    ) -> BoxFuture<'static, Result<Filed, Error>>;

    /// Files the one issue that tells what the hourly limit holds back; it does not count for the limit.
    fn summarize(self: Arc<Self>, draft: IssueDraft) -> BoxFuture<'static, Result<Filed, Error>>;

    /// Closes what [`Tracker::summarize`] filed, as nothing waits any more, and says so below it: the word at most
    /// once, whatever is killed in between. `None` where none stands; then nobody is asked.
    fn conclude(
        self: Arc<Self>,
        _fingerprint: Fingerprint,
        _word: String,
    ) -> BoxFuture<'static, Result<Option<FiledIssue>, Error>> {
        Box::pin(async { Ok(None) })
    }

    /// Does something to an issue that is there; sends once.
    fn change(
        self: Arc<Self>,
        number: u64,
        change: Change,
    ) -> BoxFuture<'static, Result<(), Error>>;
}
