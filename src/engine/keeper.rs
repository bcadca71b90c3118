//! The thread that writes the record to disk: rows of the journal first, then the checkpoint that counts them.
//!
//! Its queue is bounded in bytes and nobody waits for it: what does not fit while the disk is full or too slow is
//! counted by container and told as a gap. What could not be written is tried again every second.

use super::{handle::Shared, packer::Packer};
use crate::{
    model::{
        ContainerId, Course, Ending, Event, Gap, GapReason, LogRecord, Origin, Row, RowGap,
        SafeText,
    },
    parse::{fields::Fields, line_time},
    store::{
        journal::Journal,
        state::{self, Checkpoint, RepairEntry, State},
    },
};
use chrono::{DateTime, Utc};
use std::{
    collections::{HashMap, VecDeque},
    mem,
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    thread::JoinHandle,
    time::{Duration, Instant},
};
use tokio::sync::oneshot;

/// Bytes of lines that may wait for the disk.
const ROOM: usize = 16 << 20;
/// Bytes that a waiting line takes beside its text.
const OVERHEAD: usize = 160;
/// What comes within so long is written together, unless it is so much: a write costs as much as some thirty rows.
const GATHER: Duration = Duration::from_millis(50);
const MUCH: usize = 512 << 10;
/// Time between two tries while the disk refuses, and between two looks at the hour.
const PAUSE: Duration = Duration::from_secs(1);
/// How long a note of the watchdog's may take to be on disk.
const NOTE: Duration = Duration::from_secs(10);
/// How often old files are looked for.
const SWEEP: Duration = Duration::from_hours(1);

/// What is written to.
pub(super) struct Disk {
    pub(super) project: String,
    pub(super) state: State,
    /// `None` where only counts are kept.
    pub(super) journal: Option<Journal>,
}

/// A record on its way to the journal.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    pub(super) record: Arc<LogRecord>,
    /// When the run of the container began that wrote it.
    pub(super) run: Option<DateTime<Utc>>,
    /// The hole that it tells of.
    pub(super) gap: Option<RowGap>,
}

impl Entry {
    fn size(&self) -> usize {
        self.record.text.len() + OVERHEAD
    }
}

/// The way to the thread.
pub(super) struct Keeper {
    queue: Arc<Queue>,
    thread: JoinHandle<()>,
}

impl Keeper {
    /// Starts the thread; an error is the system's, which has none left.
    pub(super) fn start(disk: Disk, shared: Arc<Shared>) -> std::io::Result<Self> {
        let queue = Arc::<Queue>::default();
        let writer = Writer {
            disk,
            shared,
            queue: Arc::clone(&queue),
            pending: None,
            trouble: None,
            swept: None,
            packer: Packer::default(),
        };
        let thread =
            std::thread::Builder::new().name("keeper".to_owned()).spawn(move || writer.run())?;
        Ok(Self { queue, thread })
    }

    /// Puts records in line for the journal; what does not fit is counted and told by [`Self::lost`].
    pub(super) fn write(&self, entries: Vec<Entry>) {
        let mut jobs = self.queue.lock();
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
        self.queue.wake(jobs);
    }

    /// Saves this once every row before it is written. A checkpoint that still waits is joined with it.
    pub(super) fn save(&self, checkpoint: Checkpoint) {
        let mut jobs = self.queue.lock();
        jobs.list.push_back(Job::Save(Box::new(checkpoint)));
        self.queue.wake(jobs);
    }

    /// Lines that did not fit since the last call, as gaps; empty while there is no room to write of them.
    pub(super) fn lost(&self) -> Vec<Gap> {
        let mut jobs = self.queue.lock();
        if jobs.lost.is_empty() || jobs.bytes > ROOM / 2 {
            return Vec::new();
        }
        let lost = mem::take(&mut jobs.lost);
        drop(jobs);
        lost.into_values().map(Lost::into_gap).collect()
    }

    /// A way to write down what the watchdog does.
    pub(super) fn notebook(&self) -> Notebook {
        Notebook { queue: Arc::clone(&self.queue) }
    }

    /// Writes what waits, and ends. Blocks.
    pub(super) fn stop(self) {
        let mut jobs = self.queue.lock();
        jobs.is_closed = true;
        self.queue.wake(jobs);
        if self.thread.join().is_err() {
            tracing::error!("The thread that writes to disk has failed.");
        }
    }
}

/// What the watchdog writes down.
#[derive(Debug)]
pub(super) enum Note {
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
pub(super) struct Notebook {
    queue: Arc<Queue>,
}

impl Notebook {
    /// Waits until the note is on disk; answers the number of a new entry, 0 for others, or why it is not there.
    pub(super) async fn write(&self, note: Note) -> Result<u64, SafeText> {
        let (tell, told) = oneshot::channel();
        {
            let mut jobs = self.queue.lock();
            if jobs.is_closed {
                return Err("dogwatch is ending".into());
            }
            jobs.list.push_back(Job::Note(note, tell));
        }
        self.queue.wake.notify_one();
        match tokio::time::timeout(NOTE, told).await {
            Ok(told) => told.unwrap_or_else(|_| Err("dogwatch is ending".into())),
            Err(_) => Err("the disk does not answer".into()),
        }
    }
}

enum Job {
    Rows(Vec<Entry>),
    Save(Box<Checkpoint>),
    Note(Note, oneshot::Sender<Result<u64, SafeText>>),
}

#[derive(Default)]
struct Queue {
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

    /// What waits, gathered for a moment, or nothing after a pause; and whether no more comes.
    fn take(&self) -> (VecDeque<Job>, bool) {
        let jobs = self.wait(self.lock(), Wait::Some, PAUSE);
        let is_empty = jobs.list.is_empty();
        let mut jobs = if is_empty { jobs } else { self.wait(jobs, Wait::Much, GATHER) };
        (mem::take(&mut jobs.list), jobs.is_closed)
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

struct Writer {
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
    fn run(mut self) {
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
            while !is_written && !self.queue.lock().is_closed {
                std::thread::sleep(PAUSE);
                is_written = self.flush();
            }
            self.queue.lock().bytes -= bytes;
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
            row(entry, |row| journal.append(row));
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

/// Lets `take` look at the row of an entry.
fn row<R>(entry: &Entry, take: impl FnOnce(&Row<'_>) -> R) -> R {
    let record = &*entry.record;
    let mut row = Row::from(record);
    row.run = entry.run;
    row.gap = entry.gap;
    row.redacted = masks(&record.text);
    if record.stream.is_ours() {
        return take(&row);
    }
    row.line_time = line_time(record);
    let fields = Fields::of(&record.text);
    if let Some(fields) = &fields {
        let others = fields.others.iter();
        row.fields = others.map(|(k, v)| (k.as_str().into(), v.as_str().into())).collect();
    }
    take(&row)
}

/// Where masks of secrets stand: offset and length.
fn masks(text: &str) -> Vec<(u32, u32)> {
    memchr::memmem::find_iter(text.as_bytes(), b"[redacted:")
        .filter_map(|at| {
            let length = text.get(at..)?.find(']')? + 1;
            Some((at as u32, length as u32))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn masks_are_found() {
        assert_eq!(masks("a [redacted:password:12ab] b [redacted:x:1]"), [(2, 24), (29, 14)]);
        assert_eq!(masks("a [redacted:pass"), []);
    }
}
