//! The thread itself: rows, then the checkpoint that counts them, then what keeps the folder tidy.
//!
//! What could not be written is tried again every second, and told once.

use super::{
    entry::Entry,
    notebook::Note,
    queue::{Job, Queue},
};
use crate::{
    engine::{handle::Shared, packer::Packer},
    model::{Event, SafeText},
    store::{
        journal::Journal,
        state::{self, Checkpoint, State},
    },
};
use chrono::Utc;
use std::{
    sync::Arc,
    time::{Duration, Instant},
};

/// Time between two tries while the disk refuses.
const PAUSE: Duration = Duration::from_secs(1);
/// How often old files are looked for.
const SWEEP: Duration = Duration::from_hours(1);

/// What is written to.
pub(in crate::engine) struct Disk {
    pub(in crate::engine) project: String,
    pub(in crate::engine) state: State,
    /// `None` where only counts are kept.
    pub(in crate::engine) journal: Option<Journal>,
}

/// The thread's work.
pub(super) struct Writer {
    disk: Disk,
    shared: Arc<Shared>,
    queue: Arc<Queue>,
    /// To be saved when the rows before it are written.
    pending: Option<Box<Checkpoint>>,
    /// What the disk said last, where it refuses.
    trouble: Option<String>,
    swept: Option<Instant>,
    packer: Packer,
}

impl Writer {
    pub(super) fn new(disk: Disk, shared: Arc<Shared>, queue: Arc<Queue>) -> Self {
        Self {
            disk,
            shared,
            queue,
            pending: None,
            trouble: None,
            swept: None,
            packer: Packer::default(),
        }
    }

    /// Works until the queue is closed and empty.
    pub(super) fn run(mut self) {
        loop {
            let (jobs, is_closed) = self.queue.take();
            let mut bytes = 0;
            for job in jobs {
                match job {
                    Job::Rows(entries) => {
                        bytes += entries.iter().map(Entry::size).sum::<usize>();
                        self.append(&entries);
                    }
                    Job::Note(note, tell) => {
                        let written = self.note(&note).map_err(|error| error.to_string().into());
                        // Whoever asked has ended.
                        let _ = tell.send(written);
                    }
                    Job::Save(next) => match &mut self.pending {
                        Some(pending) => pending.merge(*next),
                        None => self.pending = Some(next),
                    },
                }
            }
            let mut is_written = self.flush();
            while !is_written && !self.queue.is_closed() {
                std::thread::sleep(PAUSE);
                is_written = self.flush();
            }
            self.queue.free(bytes);
            if is_written && self.save() && self.trouble.take().is_some() {
                self.shared.set_keeping(None);
            }
            for notice in self.disk.journal.iter_mut().flat_map(Journal::take_notices) {
                self.shared.hint(Event::Trouble(notice));
            }
            self.tidy();
            if is_closed {
                break;
            }
        }
        self.packer.end();
        if let Some(journal) = &mut self.disk.journal
            && let Err(error) = journal.sync()
        {
            tracing::warn!(%error, "The journal could not be synced.");
        }
    }

    fn append(&mut self, entries: &[Entry]) {
        let Some(journal) = &mut self.disk.journal else { return };
        for entry in entries {
            entry.row(|row| journal.append(row));
        }
    }

    fn flush(&mut self) -> bool {
        let Some(journal) = &mut self.disk.journal else { return true };
        match journal.flush() {
            Ok(()) => true,
            Err(error) => {
                self.refused(&format!("log store paused: {error}. Live view goes on"));
                false
            }
        }
    }

    /// Saves the waiting checkpoint; it waits on where that fails.
    fn save(&mut self) -> bool {
        let Some(checkpoint) = &self.pending else { return true };
        match self.disk.state.save(&self.disk.project, checkpoint) {
            Ok(()) => {
                self.pending = None;
                true
            }
            Err(error) => {
                self.refused(&format!("triage and counts are not saved: {error}"));
                false
            }
        }
    }

    /// Writes a note of the watchdog's at once.
    fn note(&mut self, note: &Note) -> Result<u64, state::Error> {
        let Disk { project, state, .. } = &mut self.disk;
        match note {
            Note::Entry(entry) => return state.add_repair(project, entry),
            Note::Course(number, course) => state.set_course(project, *number, course)?,
            Note::Acted(number, time) => state.set_acted(project, *number, *time)?,
            Note::Ended(number, end) => state.end_repair(project, *number, end)?,
        }
        Ok(0)
    }

    /// Says it once, until it is another trouble.
    fn refused(&mut self, told: &str) {
        if self.trouble.is_none() {
            tracing::warn!("{told}");
            self.shared.hint(Event::Trouble(told.into()));
        }
        self.shared.set_keeping(Some(SafeText::from(told)));
        self.trouble = Some(told.to_owned());
    }

    /// Has closed files packed, and forgets old ones every hour.
    fn tidy(&mut self) {
        let Some(journal) = &mut self.disk.journal else { return };
        if self.swept.is_none_or(|at| at.elapsed() >= SWEEP) {
            self.swept = Some(Instant::now());
            if let Err(error) = journal.sweep(Utc::now()) {
                tracing::warn!(%error, "The journal could not be tidied.");
            }
        } else if self.trouble.is_none() {
            self.packer.begin(journal.chores());
        }
    }
}
