//! No tracker at all: nothing is looked for and nothing filed, and the reason is said.

use super::{Change, Error, Filed, Tracker, TrackerInfo};
use crate::model::{FiledIssue, Fingerprint, IssueDraft, SafeText};
use futures_util::future::{BoxFuture, FutureExt as _, ready};
use std::sync::Arc;

/// Refuses everything with one sentence: for the demo, and for a run that may only look.
#[derive(Debug, Clone)]
pub struct Offline(pub SafeText);

impl Tracker for Offline {
    fn info(&self) -> TrackerInfo {
        TrackerInfo {
            repository: None,
            kind: super::forge::Kind::default(),
            is_signed_in: false,
            web: "https://github.com".into(),
            form: Arc::default(),
        }
    }

    fn find(
        self: Arc<Self>,
        _: Fingerprint,
    ) -> BoxFuture<'static, Result<Option<FiledIssue>, Error>> {
        ready(Ok(None)).boxed()
    }

    fn create(self: Arc<Self>, _: IssueDraft, _: bool) -> BoxFuture<'static, Result<Filed, Error>> {
        ready(Err(Error::Refused(self.0.clone()))).boxed()
    }

    fn summarize(self: Arc<Self>, _: IssueDraft) -> BoxFuture<'static, Result<Filed, Error>> {
        ready(Err(Error::Refused(self.0.clone()))).boxed()
    }

    fn change(self: Arc<Self>, _: u64, _: Change) -> BoxFuture<'static, Result<(), Error>> {
        ready(Err(Error::Refused(self.0.clone()))).boxed()
    }
}
