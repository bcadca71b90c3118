//! Files one issue: looks first, sends once, and never sends again before it has looked.

use crate::{
    action::{Error, Filed, Tracker},
    model::{Fingerprint, IssueDraft},
};
use std::{sync::Arc, time::Duration};
use tokio::time::sleep;

/// When to look for an issue of which it is not known whether it was filed.
const LOOK_AGAIN: [u64; 3] = [5, 15, 30];

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
    tell("Filing the issue, unless there is one of this problem …");
    match Arc::clone(tracker).create(draft, beside_closed).await {
        Err(Error::Unknown(why)) => look_again(tracker, fingerprint, &why).await,
        Err(Error::Refused(why)) => Err(Error::Refused(format!("not filed: {why}").into())),
        filed => filed,
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
    let told = format!("{why}; no such issue is there after 50 s. File it again when it answers");
    Err(Error::Unknown(told.into()))
}

/// Why nothing was sent where the limit holds it back.
pub fn held(limit: u32) -> String {
    format!(
        "{limit} issues were filed within the last hour - it is filed later, or raise `issues.max_per_hour`"
    )
}
