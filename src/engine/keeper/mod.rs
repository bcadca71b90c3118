//! The thread that writes the record to disk: rows of the journal first, then the checkpoint that counts them.
//!
//! Its queue is bounded in bytes and nobody waits for it: what does not fit while the disk is full or too slow is
//! counted by container and told as a gap.

mod entry;
mod notebook;
mod queue;
mod writer;

pub(super) use entry::Entry;
pub(super) use notebook::{Note, Notebook};
pub(super) use writer::Disk;

use super::handle::Shared;
use crate::{model::Gap, store::state::Checkpoint};
use queue::{Job, Queue};
use std::{sync::Arc, thread::JoinHandle};
use writer::Writer;

/// The way to the thread.
pub(super) struct Keeper {
    queue: Arc<Queue>,
    thread: JoinHandle<()>,
}

impl Keeper {
    /// Starts the thread; an error is the system's, which has none left.
    pub(super) fn start(disk: Disk, shared: Arc<Shared>) -> std::io::Result<Self> {
        let queue = Arc::<Queue>::default();
        let writer = Writer::new(disk, shared, Arc::clone(&queue));
        let thread =
            std::thread::Builder::new().name("keeper".to_owned()).spawn(move || writer.run())?;
        Ok(Self { queue, thread })
    }

    /// Puts records in line for the journal; what does not fit is counted and told by [`Self::lost`].
    pub(super) fn write(&self, entries: Vec<Entry>) {
        self.queue.push_rows(entries);
    }

    /// Saves this once every row before it is written. A checkpoint that still waits is joined with it.
    pub(super) fn save(&self, checkpoint: Checkpoint) {
        self.queue.push(Job::Save(Box::new(checkpoint)));
    }

    /// Lines that did not fit since the last call, as gaps; empty while there is no room to write of them.
    pub(super) fn lost(&self) -> Vec<Gap> {
        self.queue.take_lost()
    }

    /// A way to write down what the watchdog does.
    pub(super) fn notebook(&self) -> Notebook {
        Notebook::new(Arc::clone(&self.queue))
    }

    /// Writes what waits, and ends. Blocks.
    pub(super) fn stop(self) {
        self.queue.close();
        if self.thread.join().is_err() {
            tracing::error!("The thread that writes to disk has failed.");
        }
    }
}
