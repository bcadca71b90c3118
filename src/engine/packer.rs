//! Packs closed files of the journal on a thread of its own, so that a stack that is never silent has its files packed too.

use crate::store::journal::{self, Chores};
use chrono::Utc;
use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread::JoinHandle,
};

/// The thread, while there is something to pack.
#[derive(Default)]
pub(super) struct Packer {
    thread: Option<JoinHandle<()>>,
    /// Files below this number are packed, or are being packed.
    reached: u64,
    is_ending: Arc<AtomicBool>,
}

impl Packer {
    /// Begins where a file was closed since, and nothing goes on.
    pub(super) fn begin(&mut self, chores: Chores) {
        let closed = chores.closed_before();
        if closed == self.reached || self.thread.as_ref().is_some_and(|t| !t.is_finished()) {
            return;
        }
        let is_ending = Arc::clone(&self.is_ending);
        let pack = move || {
            if let Err(error) = pack(&chores, &is_ending) {
                tracing::warn!(%error, "The journal could not be tidied.");
            }
        };
        // Without a thread it is tried again when the next file is closed.
        self.thread = std::thread::Builder::new().name("packer".to_owned()).spawn(pack).ok();
        self.reached = closed;
    }

    /// Waits until the file in hand is packed.
    pub(super) fn end(self) {
        self.is_ending.store(true, Ordering::Relaxed);
        let _ = self.thread.map(JoinHandle::join);
    }
}

/// Packs all closed files, and keeps to the size that all may have.
fn pack(chores: &Chores, is_ending: &AtomicBool) -> Result<(), journal::Error> {
    loop {
        let has_more = !is_ending.load(Ordering::Relaxed) && chores.compress_one()?;
        if chores.is_over() {
            chores.sweep(Utc::now())?;
        }
        if !has_more {
            return Ok(());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        engine::runner::our_origin,
        model::{Level, LogRecord, RecordId, Row, Stream},
        store::journal::{Journal, Settings},
    };
    use std::{
        fs,
        time::{Duration, Instant},
    };

    #[test]
    fn packs_what_is_closed_while_rows_go_on() {
        let folder = tempfile::tempdir().unwrap();
        let settings = Settings { file_bytes: 64 << 10, ..Settings::default() };
        let (mut journal, _) = Journal::open(folder.path(), settings, Utc::now()).unwrap();
        let files = |end: &str| {
            let files = fs::read_dir(folder.path()).unwrap().flatten();
            files.filter(|file| file.file_name().to_string_lossy().ends_with(end)).count()
        };
        let mut packer = Packer::default();
        let begin = Instant::now();
        let mut record = LogRecord {
            id: RecordId(0),
            time: Utc::now(),
            origin: our_origin(),
            stream: Stream::Stderr,
            level: Level::Info,
            text: "one of many ".repeat(40).into(),
            message_at: 0,
        };
        while files(".ndjson") > 1 || files(".gz") < 3 {
            record.id.0 += 1;
            journal.append(&Row::from(&record));
            journal.flush().unwrap();
            packer.begin(journal.chores());
            assert!(begin.elapsed() < Duration::from_mins(1), "never packed");
        }
        packer.end();
    }
}
