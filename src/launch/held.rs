//! The one issue that tells what the hourly limit holds back: filed, told anew once a day, closed when nothing waits.

use super::{Refusal, issues::Desk};
use crate::{
    action::{
        Change, Filed,
        issue::{self, HELD_TITLE, NOTHING_WAITS},
    },
    cli::issues::{Cache, Line, Verdict},
    engine::held,
    model::IssueDraft,
};
use chrono::Utc;
use std::sync::Arc;

impl Desk {
    /// Tells in one issue what waits, and below it at most once a day what waits by then.
    pub(super) async fn tell_of_held(
        &self,
        lines: &[Line],
        cache: &mut Cache,
    ) -> Result<Line, Refusal> {
        let waits = |line: &&Line| line.verdict == Verdict::Later;
        let waiting: Vec<_> = lines.iter().filter(waits).map(|line| &line.draft).collect();
        let draft = issue::held(&self.name, &waiting, self.limit);
        let id = draft.fingerprint;
        let (verdict, issue, mut error) = match Arc::clone(&self.tracker)
            .summarize(draft.clone())
            .await
        {
            Ok(Filed::Now(issue)) => (Verdict::Filed, Some(issue), None),
            Ok(Filed::Before(issue) | Filed::Closed(issue)) => (Verdict::Exists, Some(issue), None),
            Ok(Filed::Held(limit)) => (Verdict::Later, None, Some(held(limit))),
            Err(error) => (Verdict::Failed, None, Some(error.to_string())),
        };
        if let Some(issue) = &issue {
            let now = Utc::now();
            // Without a cache nobody knows when it was last told.
            let is_due = self.path.is_some()
                && verdict == Verdict::Exists
                && cache.issues.get(&id).is_none_or(|known| known.is_quiet(now));
            cache.note(id, &draft.title, Some(issue.clone()), now);
            if let Some(known) = cache.issues.get_mut(&id)
                && (is_due || verdict == Verdict::Filed)
            {
                known.told.at = Some(now);
            }
            self.keep(cache)?;
            if is_due {
                let text = issue::held_list(&waiting, self.limit);
                let told = Arc::clone(&self.tracker).change(issue.number, Change::Comment(text));
                error = told.await.err().map(|error| error.to_string());
            }
        }
        Ok(Line { verdict, draft, issue, error })
    }

    /// Closes that issue, where one stands.
    pub(super) async fn tell_that_nothing_waits(
        &self,
        cache: &mut Cache,
    ) -> Result<Option<Line>, Refusal> {
        let fingerprint = issue::held_name(&self.name);
        let word = NOTHING_WAITS.to_owned();
        let (verdict, issue, error) =
            match Arc::clone(&self.tracker).conclude(fingerprint, word).await {
                Ok(None) => return Ok(None),
                Ok(Some(issue)) => (Verdict::Closed, Some(issue), None),
                Err(error) => (Verdict::Failed, None, Some(format!("not closed: {error}"))),
            };
        if issue.is_some() {
            cache.note(fingerprint, HELD_TITLE, issue.clone(), Utc::now());
            self.keep(cache)?;
        }
        let draft = IssueDraft {
            fingerprint,
            title: HELD_TITLE.to_owned(),
            body: NOTHING_WAITS.to_owned(),
            labels: Vec::new(),
            masked: 0,
        };
        Ok(Some(Line { verdict, draft, issue, error }))
    }
}
