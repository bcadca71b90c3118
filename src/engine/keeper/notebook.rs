//! The watchdog's way to the disk: it does nothing before what it means to do is written down.

use super::queue::{Job, Queue};
use crate::{
    model::{Course, Ending, SafeText},
    store::state::RepairEntry,
};
use chrono::{DateTime, Utc};
use std::{sync::Arc, time::Duration};
use tokio::sync::oneshot;

/// How long a note of the watchdog's may take to be on disk.
const NOTE: Duration = Duration::from_secs(10);

/// What the watchdog writes down.
#[derive(Debug)]
pub(in crate::engine) enum Note {
    /// Something begins.
    Entry(RepairEntry),
    /// This fix has come so far.
    Course(u64, Box<Course>),
    /// The Engine said that this attempt is done.
    Acted(u64, DateTime<Utc>),
    /// This attempt has ended.
    Ended(u64, (DateTime<Utc>, Ending, SafeText)),
}

/// Writes notes, and says when they are on disk.
#[derive(Clone)]
pub(in crate::engine) struct Notebook {
    queue: Arc<Queue>,
}

impl Notebook {
    pub(super) fn new(queue: Arc<Queue>) -> Self {
        Self { queue }
    }

    /// Waits until the note is on disk; answers the number of a new entry, 0 for others, or why it is not there.
    pub(in crate::engine) async fn write(&self, note: Note) -> Result<u64, SafeText> {
        let (tell, told) = oneshot::channel();
        if !self.queue.push(Job::Note(note, tell)) {
            return Err("dogwatch is ending".into());
        }
        match tokio::time::timeout(NOTE, told).await {
            Ok(told) => told.unwrap_or_else(|_| Err("dogwatch is ending".into())),
            Err(_) => Err("the disk does not answer".into()),
        }
    }
}
