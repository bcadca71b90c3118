//! Files one issue: looks first, sends once, and never sends again before it has looked.

use crate::{
    action::{Error, Tracker},
    model::{FiledIssue, Fingerprint, IssueDraft},
};
use std::{sync::Arc, time::Duration};
use tokio::time::sleep;

/// When to look for an issue of which it is not known whether it was filed.
const LOOK_AGAIN: [u64; 3] = [5, 15, 30];

/// What became of an issue that was to be filed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Filed {
    /// It is filed.
    Now(FiledIssue),
    /// An open one of this problem was there already.
    Before(FiledIssue),
    /// One of this problem was there and is closed, and none was to be filed beside it.
    Closed(FiledIssue),
}

/// Files it, unless an open one is there; beside a closed one only where that is wished. `tell` hears what goes on.
///
/// # Errors
/// A sentence: why nothing was filed, or that it is not known.
pub async fn file(
    tracker: &Arc<dyn Tracker>,
    draft: IssueDraft,
    beside_closed: bool,
    tell: impl Fn(&str),
) -> Result<Filed, Error> {
    let fingerprint = draft.fingerprint;
    tell("Looking for an issue of this problem …");
    match Arc::clone(tracker).find(fingerprint).await {
        Ok(Some(issue)) if issue.is_open => return Ok(Filed::Before(issue)),
        Ok(Some(issue)) if !beside_closed => return Ok(Filed::Closed(issue)),
        Ok(_) => {}
        Err(error) => return Err(Error::Refused(format!("not filed: {error}").into())),
    }
    tell("Filing the issue …");
    match Arc::clone(tracker).create(draft).await {
        Ok(issue) => Ok(Filed::Now(issue)),
        Err(Error::Unknown(why)) => look_again(tracker, fingerprint, &why).await,
        Err(error) => Err(error),
    }
}

async fn look_again(
    tracker: &Arc<dyn Tracker>,
    fingerprint: Fingerprint,
    why: &str,
) -> Result<Filed, Error> {
    for seconds in LOOK_AGAIN {
        sleep(Duration::from_secs(seconds)).await;
        if let Ok(Some(issue)) = Arc::clone(tracker).find(fingerprint).await
            && issue.is_open
        {
            return Ok(Filed::Now(issue));
        }
    }
    let told =
        format!("{why}; no such issue is there after 50 s. File it again when GitHub answers");
    Err(Error::Unknown(told.into()))
}
