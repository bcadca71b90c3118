//! What waits for the disk: bounded in bytes, gathered for a moment, and never waited for by who puts it in.

use super::{entry::Entry, notebook::Note};
use crate::{
    model::{ContainerId, Gap, GapReason, LogRecord, Origin, SafeText},
    store::state::Checkpoint,
};
use chrono::{DateTime, Utc};
use std::{
    collections::{HashMap, VecDeque},
    mem,
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::sync::oneshot;

/// Bytes of lines that may wait for the disk.
const ROOM: usize = 16 << 20;
/// What comes within so long is written together, unless it is so much: a write costs as much as some thirty rows.
const GATHER: Duration = Duration::from_millis(50);
const MUCH: usize = 512 << 10;
/// Time between two looks at the hour while nothing comes.
const PAUSE: Duration = Duration::from_secs(1);

/// What the thread is to do.
pub(super) enum Job {
    /// Append these to the journal.
    Rows(Vec<Entry>),
    /// Save this once every row before it is written.
    Save(Box<Checkpoint>),
    /// Write this at once, and tell the number of a new entry, 0 for others, or why it is not there.
    Note(Note, oneshot::Sender<Result<u64, SafeText>>),
}

/// The queue, shared by the thread and by who gives it work.
#[derive(Default)]
pub(super) struct Queue {
    jobs: Mutex<Jobs>,
    wake: Condvar,
}

#[derive(Default)]
struct Jobs {
    list: VecDeque<Job>,
    /// Of rows that wait or are being written.
    bytes: usize,
    lost: HashMap<ContainerId, Lost>,
    is_closed: bool,
    waits_for: Wait,
}

/// What the thread waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Wait {
    /// It is at work.
    #[default]
    Nothing,
    /// Any job.
    Some,
    /// So many rows that they are worth a write.
    Much,
}

/// Lines of one container that did not fit.
struct Lost {
    origin: Arc<Origin>,
    from: DateTime<Utc>,
    to: DateTime<Utc>,
    lines: u64,
}

impl Lost {
    fn into_gap(self) -> Gap {
        Gap {
            origin: self.origin,
            from: Some(self.from),
            to: self.to,
            lines: Some(self.lines),
            reason: GapReason::Overflow,
        }
    }
}

impl Jobs {
    /// Whether somebody who waits for that need not wait.
    fn has(&self, what: Wait) -> bool {
        match what {
            Wait::Nothing => false,
            Wait::Some => self.is_closed || !self.list.is_empty(),
            Wait::Much => self.is_closed || self.bytes >= MUCH,
        }
    }

    fn lose(&mut self, record: &LogRecord) {
        let lost = self.lost.entry(record.origin.container.clone()).or_insert_with(|| Lost {
            origin: Arc::clone(&record.origin),
            from: record.time,
            to: record.time,
            lines: 0,
        });
        lost.from = lost.from.min(record.time);
        lost.to = lost.to.max(record.time);
        lost.lines += 1;
    }
}

impl Queue {
    /// Puts records in line; what does not fit is counted, for [`Self::take_lost`].
    pub(super) fn push_rows(&self, entries: Vec<Entry>) {
        let mut jobs = self.lock();
        let mut kept = Vec::with_capacity(entries.len());
        for entry in entries {
            if jobs.bytes + entry.size() > ROOM {
                jobs.lose(&entry.record);
            } else {
                jobs.bytes += entry.size();
                kept.push(entry);
            }
        }
        jobs.list.push_back(Job::Rows(kept));
        self.wake(jobs);
    }

    /// Puts another job in line; `false` where the queue is closed.
    pub(super) fn push(&self, job: Job) -> bool {
        let mut jobs = self.lock();
        if jobs.is_closed {
            return false;
        }
        jobs.list.push_back(job);
        self.wake(jobs);
        true
    }

    /// Nothing more comes; what waits is still done.
    pub(super) fn close(&self) {
        let mut jobs = self.lock();
        jobs.is_closed = true;
        self.wake(jobs);
    }

    /// Whether nothing more comes.
    pub(super) fn is_closed(&self) -> bool {
        self.lock().is_closed
    }

    /// What waits, gathered for a moment, or nothing after a pause; and whether no more comes.
    pub(super) fn take(&self) -> (VecDeque<Job>, bool) {
        let jobs = self.wait(self.lock(), Wait::Some, PAUSE);
        let is_empty = jobs.list.is_empty();
        let mut jobs = if is_empty { jobs } else { self.wait(jobs, Wait::Much, GATHER) };
        (mem::take(&mut jobs.list), jobs.is_closed)
    }

    /// Rows of so many bytes are written: there is room for others.
    pub(super) fn free(&self, bytes: usize) {
        self.lock().bytes -= bytes;
    }

    /// What did not fit since the last call, as gaps; empty while there is no room to write of them.
    pub(super) fn take_lost(&self) -> Vec<Gap> {
        let mut jobs = self.lock();
        if jobs.lost.is_empty() || jobs.bytes > ROOM / 2 {
            return Vec::new();
        }
        let lost = mem::take(&mut jobs.lost);
        drop(jobs);
        lost.into_values().map(Lost::into_gap).collect()
    }

    fn lock(&self) -> MutexGuard<'_, Jobs> {
        self.jobs.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Wakes the thread where this is what it waits for: else that would cost a call to the system each time.
    fn wake(&self, mut jobs: MutexGuard<'_, Jobs>) {
        if jobs.has(jobs.waits_for) {
            jobs.waits_for = Wait::Nothing;
            drop(jobs);
            self.wake.notify_one();
        }
    }

    fn wait<'a>(
        &self,
        mut jobs: MutexGuard<'a, Jobs>,
        for_what: Wait,
        limit: Duration,
    ) -> MutexGuard<'a, Jobs> {
        jobs.waits_for = for_what;
        let wait = self.wake.wait_timeout_while(jobs, limit, |jobs| !jobs.has(for_what));
        let (mut jobs, _) = wait.unwrap_or_else(PoisonError::into_inner);
        jobs.waits_for = Wait::Nothing;
        jobs
    }
}
