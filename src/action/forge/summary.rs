//! Closes the issue that told what waits, once nothing does. Each step is on disk before it is sent, so that a run
//! which was killed is gone on with: it is surely closed, and the word below it is said at most once.

use super::{client::Forge, ledger::Summary};
use crate::{
    action::{Change, Error},
    model::{FiledIssue, Fingerprint},
};
use tokio::time::Instant;

impl Forge {
    /// The issue that was closed; `None` where none was sent from here, or a person closed it.
    pub(super) async fn close_summary(
        &self,
        id: Fingerprint,
        word: String,
    ) -> Result<Option<FiledIssue>, Error> {
        let Ok((place, repository)) = self.target() else { return Ok(None) };
        let mut last_write = self.writing.lock().await;
        let mut page = self.ledger.open(place, repository).await?;
        let Some(stage) = page.summary(id) else { return Ok(None) };
        let listed = match page.sent_at(id) {
            Some(sent) => self.look_until_settled(id, sent).await?,
            None => self.look(id).await?,
        };
        page.settle(id);
        let open = match listed.open {
            open if open.is_empty() => None,
            open => Some(self.keep_lowest(open).await),
        };
        let unfinished = listed.closed.filter(|_| stage == Summary::Closing);
        let Some(mut issue) = open.or(unfinished) else {
            page.note_summary(id, None)?;
            return Ok(None);
        };
        if let Some(at) = *last_write {
            tokio::time::sleep_until(at + self.pace.write).await;
        }
        if issue.is_open {
            if stage == Summary::Stands {
                page.note_summary(id, Some(Summary::Closing))?;
            }
            self.act(issue.number, &Change::Close).await?;
            *last_write = Some(Instant::now());
            issue.is_open = false;
        }
        if stage != Summary::Told {
            page.note_summary(id, Some(Summary::Told))?;
            self.act(issue.number, &Change::Comment(word)).await?;
            *last_write = Some(Instant::now());
        }
        page.note_summary(id, None)?;
        self.memory(|m| m.filed.remove(&id));
        Ok(Some(issue))
    }
}
