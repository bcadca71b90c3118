//! What was sent to a forge and is not listed yet, on disk: a run that was killed in between is seen by the next one.
//!
//! Who holds the [`Page`] of a repository is the only one of this machine who files there.

use super::settings::Place;
use crate::{
    action::{Error, remote::Repository},
    model::Fingerprint,
};
use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use std::{
    collections::BTreeMap,
    fs::{self, File, TryLockError},
    io::{self, Write as _},
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
    time::Duration,
};
use tokio::time::{Instant, sleep};

/// How long another dogwatch may file before this one gives up.
const PATIENCE: Duration = Duration::from_mins(3);
/// How often it is looked whether the other one is ready.
const POLL: Duration = Duration::from_millis(50);
/// What was sent longer ago is either listed or was never taken.
const KEPT: TimeDelta = TimeDelta::days(1);

/// How long a create counts for the limit.
const HOUR: TimeDelta = TimeDelta::hours(1);

/// How the issue stands that tells what waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Summary {
    /// It was sent.
    Stands,
    /// It is being closed.
    Closing,
    /// It is closed, and it was said below it why, or that was about to be.
    Told,
}

/// What is written down of one repository.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Notes {
    /// When the creates of the last hour were sent, whatever became of them.
    #[serde(default)]
    creates: Vec<DateTime<Utc>>,
    /// The issues that tell what waits.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    summaries: BTreeMap<Fingerprint, Summary>,
    /// What was sent and is not listed yet.
    #[serde(flatten)]
    sent: BTreeMap<Fingerprint, DateTime<Utc>>,
}

/// The pages of all repositories; without a folder they are kept in memory, for this process alone.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    folder: Option<PathBuf>,
    memory: Mutex<Notes>,
}

/// What is in doubt in one repository.
#[derive(Debug)]
pub(super) struct Page<'a> {
    ledger: &'a Ledger,
    /// The file, and the lock beside it, which ends with this page or with the process.
    place: Option<(PathBuf, File)>,
    notes: Notes,
    /// When the one before us let go, where we had to wait for it: until then it may have been about to send.
    freed: Option<DateTime<Utc>>,
}

impl Ledger {
    pub(super) fn in_folder(folder: PathBuf) -> Self {
        Self { folder: Some(folder), memory: Mutex::default() }
    }

    /// Waits until no other dogwatch files in the repository.
    ///
    /// # Errors
    /// Where another one does for minutes, or the folder cannot be used: then nothing may be sent.
    pub(super) async fn open(
        &self,
        place: &Place,
        repository: &Repository,
    ) -> Result<Page<'_>, Error> {
        let Some(folder) = &self.folder else {
            let notes = self.memory.lock().unwrap_or_else(PoisonError::into_inner).clone();
            return Ok(Page { ledger: self, place: None, notes, freed: None });
        };
        let Repository { owner, name, .. } = repository;
        let owner = owner.replace('/', "+");
        let file = folder.join(format!("{}_{owner}_{name}.json", place.host).to_ascii_lowercase());
        let lock_file = file.with_extension("lock");
        let lock = fs::create_dir_all(folder)
            .and_then(|()| File::options().create(true).append(true).open(&lock_file))
            .map_err(|error| unusable(&lock_file, &error))?;
        let begun = Instant::now();
        let mut freed = None;
        loop {
            match lock.try_lock() {
                Ok(()) => break,
                Err(TryLockError::WouldBlock) if begun.elapsed() < PATIENCE => {
                    sleep(POLL).await;
                    freed = Some(Utc::now());
                }
                Err(TryLockError::WouldBlock) => {
                    let text = format!("another dogwatch files in {repository} - try again later");
                    return Err(Error::Refused(text.into()));
                }
                Err(TryLockError::Error(error)) => return Err(unusable(&lock_file, &error)),
            }
        }
        let notes = match fs::read(&file) {
            Ok(text) => serde_json::from_slice(&text)
                .map_err(|error| unusable(&file, &io::Error::from(error)))?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => Notes::default(),
            Err(error) => return Err(unusable(&file, &error)),
        };
        Ok(Page { ledger: self, place: Some((file, lock)), notes, freed })
    }
}

impl Page<'_> {
    /// When at the latest an issue of the problem was sent that nobody has seen in a list. It is noted before it is
    /// sent: whoever noted it may have been stopped in between for any time, while it held the page.
    pub(super) fn sent_at(&self, fingerprint: Fingerprint) -> Option<DateTime<Utc>> {
        let noted = self.notes.sent.get(&fingerprint).copied()?;
        Some(self.freed.map_or(noted, |freed| noted.max(freed)))
    }

    /// How many were sent within the last hour.
    pub(super) fn creates(&self, now: DateTime<Utc>) -> usize {
        self.notes.creates.iter().filter(|sent| now - **sent < HOUR).count()
    }

    /// Notes that one is about to be sent, and whether it counts for the limit; on disk when this returns.
    ///
    /// # Errors
    /// Where it cannot be noted: then nothing may be sent.
    pub(super) fn note(
        &mut self,
        fingerprint: Fingerprint,
        now: DateTime<Utc>,
        counts: bool,
    ) -> Result<(), Error> {
        self.notes.sent.retain(|_, sent| now - *sent < KEPT);
        self.notes.sent.insert(fingerprint, now);
        self.notes.creates.retain(|sent| now - *sent < HOUR);
        self.notes.creates.extend(counts.then_some(now));
        self.keep()
    }

    /// How the issue stands that tells what waits; `None` where none was sent from here.
    pub(super) fn summary(&self, fingerprint: Fingerprint) -> Option<Summary> {
        self.notes.summaries.get(&fingerprint).copied()
    }

    /// Notes how it stands; on disk when this returns.
    ///
    /// # Errors
    /// Where it cannot be noted: then nothing may be sent.
    pub(super) fn note_summary(
        &mut self,
        fingerprint: Fingerprint,
        summary: Option<Summary>,
    ) -> Result<(), Error> {
        match summary {
            Some(summary) => self.notes.summaries.insert(fingerprint, summary),
            None => self.notes.summaries.remove(&fingerprint),
        };
        self.keep()
    }

    /// Notes that nothing was taken: it counts no more.
    pub(super) fn revoke(&mut self, fingerprint: Fingerprint, counted: bool) {
        if counted {
            self.notes.creates.pop();
        }
        self.settle(fingerprint);
    }

    /// Notes that it is known what became of it. What cannot be written costs the next run a wait, and no more.
    pub(super) fn settle(&mut self, fingerprint: Fingerprint) {
        self.notes.sent.remove(&fingerprint);
        if let Err(error) = self.keep() {
            tracing::warn!(%error, "What was filed stays in doubt.");
        }
    }

    fn keep(&self) -> Result<(), Error> {
        let Some((file, _)) = &self.place else {
            let mut memory = self.ledger.memory.lock().unwrap_or_else(PoisonError::into_inner);
            memory.clone_from(&self.notes);
            return Ok(());
        };
        write_whole(file, &self.notes).map_err(|error| unusable(file, &error))
    }
}

/// The lock makes us the only writer; a part that a killed run left is written over.
fn write_whole(file: &Path, notes: &Notes) -> io::Result<()> {
    let part = file.with_extension("part");
    let mut out = File::create(&part)?;
    out.write_all(&serde_json::to_vec(notes)?)?;
    out.sync_all()?;
    fs::rename(&part, file)?;
    match file.parent() {
        Some(folder) if cfg!(unix) => File::open(folder)?.sync_all(),
        _ => Ok(()),
    }
}

fn unusable(path: &Path, error: &io::Error) -> Error {
    let path = path.display();
    Error::Refused(
        format!("cannot use {path}, which keeps an issue from being filed twice: {error} - make it writable, or remove it")
            .into(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::action::forge::Settings;

    const FP: Fingerprint = Fingerprint(7);

    fn place() -> (Place, Repository) {
        let settings = Settings { repository: Some("Acme/shop".into()), ..Settings::default() };
        let place = Place::find(&settings, Path::new("/"), &|_| None);
        let repository = place.repository.clone().unwrap();
        (place, repository)
    }

    #[tokio::test]
    async fn what_was_sent_is_seen_by_the_next_run_until_it_is_settled() {
        let folder = tempfile::tempdir().unwrap();
        let (place, repository) = place();
        let now = Utc::now();
        let ledger = Ledger::in_folder(folder.path().join("filing"));
        let mut page = ledger.open(&place, &repository).await.unwrap();
        page.note(Fingerprint(1), now - TimeDelta::days(2), true).unwrap();
        page.note(Fingerprint(2), now, true).unwrap();
        page.note(Fingerprint(3), now, false).unwrap();
        page.settle(Fingerprint(3));
        drop(page);
        let next = Ledger::in_folder(folder.path().join("filing"));
        let mut page = next.open(&place, &repository).await.unwrap();
        assert_eq!(page.sent_at(Fingerprint(1)), None, "that was long ago");
        assert_eq!(page.sent_at(Fingerprint(2)), Some(now));
        assert_eq!((page.creates(now), page.creates(now + HOUR)), (1, 0));
        page.settle(Fingerprint(2));
        drop(page);
        assert_eq!(ledger.open(&place, &repository).await.unwrap().sent_at(Fingerprint(2)), None);
    }

    #[tokio::test]
    async fn only_one_files_at_a_time() {
        let folder = tempfile::tempdir().unwrap();
        let (place, repository) = place();
        let (one, two) =
            (Ledger::in_folder(folder.path().into()), Ledger::in_folder(folder.path().into()));
        let page = one.open(&place, &repository).await.unwrap();
        let wait = Duration::from_millis(200);
        assert!(tokio::time::timeout(wait, two.open(&place, &repository)).await.is_err());
        let begun = Utc::now();
        let mut page = page;
        page.note(FP, begun - TimeDelta::minutes(2), true).unwrap();
        let release = async {
            sleep(wait).await;
            drop(page);
        };
        let (next, ()) = tokio::join!(two.open(&place, &repository), release);
        assert!(next.unwrap().sent_at(FP).unwrap() > begun, "it may have been sent until then");
    }

    #[tokio::test]
    async fn a_ledger_that_cannot_be_read_keeps_everything_from_being_sent() {
        let folder = tempfile::tempdir().unwrap();
        let (place, repository) = place();
        fs::write(folder.path().join("github.com_acme_shop.json"), "{").unwrap();
        let ledger = Ledger::in_folder(folder.path().into());
        let error = ledger.open(&place, &repository).await.unwrap_err().to_string();
        assert!(error.contains("github.com_acme_shop.json") && error.contains(" - "), "{error}");
    }
}
