//! What following does with the lines that came: drops those that were taken before, finds out what is missing, and
//! hands on the rest in batches.

use super::{
    cursor::Taken,
    decoder::Line,
    logs::{Follower, Stop},
};
use crate::{model::RawLine, source::Delivery};
use std::sync::Arc;
use tokio::time::Instant;

/// A batch is handed on at so many lines or bytes.
const BATCH_LINES: usize = 512;
const BATCH_BYTES: usize = 256 * 1024;
/// Lines that were held back are new after all when they are so many.
const HOLD_LINES: usize = 8192;

impl Follower<'_> {
    /// Moves what is new into the batch and hands full batches on.
    pub(super) async fn deliver(&mut self) -> Result<(), Stop> {
        let mut lines = std::mem::take(&mut self.lines);
        for line in lines.drain(..) {
            self.sort(line).await?;
            if self.held.len() > HOLD_LINES {
                self.settle().await?;
            }
        }
        self.lines = lines;
        Ok(())
    }

    /// The lines that were held back are new after all.
    pub(super) async fn settle(&mut self) -> Result<(), Stop> {
        if self.held.is_empty() {
            return Ok(());
        }
        self.cursor.give_up();
        for line in std::mem::take(&mut self.held) {
            self.sort(line).await?;
        }
        Ok(())
    }

    /// Drops what was taken before, takes what is new, and finds out what is missing.
    async fn sort(&mut self, line: Line) -> Result<(), Stop> {
        match self.cursor.take(&line) {
            Taken::New => self.take(line).await,
            Taken::Known => {
                // What came before it was before it in the log, too.
                self.held.clear();
                let next = line.next_run().filter(|_| self.target.is_tty);
                match next {
                    Some(next) if self.cursor.take(&next) == Taken::New => self.take(next).await,
                    _ => Ok(()),
                }
            }
            Taken::Unsure => {
                self.held.push(line);
                Ok(())
            }
            Taken::Lost => {
                if let Some(checker) = &mut self.checker {
                    checker.verifier.doubt();
                } else {
                    self.look_before(&line).await?;
                }
                if self.cursor.take(&line) == Taken::Known {
                    return Ok(());
                }
                self.take(line).await
            }
        }
    }

    /// Puts a new line into the batch, unless it was recovered before.
    pub(super) async fn take(&mut self, line: Line) -> Result<(), Stop> {
        let verifier = self.checker.as_mut().map(|checker| &mut checker.verifier);
        if verifier.is_some_and(|verifier| !verifier.take(&line, Instant::now())) {
            return Ok(());
        }
        self.delivered += 1;
        self.piece += 1;
        self.burst = self.burst.saturating_add(1);
        self.was_silent = false;
        self.batch_bytes += line.bytes.len();
        self.batch.push(RawLine {
            origin: Arc::clone(&self.target),
            stream: line.stream,
            time: line.time,
            bytes: line.bytes,
        });
        if self.batch.len() >= BATCH_LINES || self.batch_bytes >= BATCH_BYTES {
            self.flush().await?;
        }
        Ok(())
    }

    pub(super) async fn flush(&mut self) -> Result<(), Stop> {
        if self.batch.is_empty() {
            return Ok(());
        }
        self.batch_bytes = 0;
        let lines = std::mem::take(&mut self.batch);
        self.out.send(lines.into()).await.map_err(|_| Stop::Unwanted)
    }

    /// Sends something behind the lines that came before it.
    pub(super) async fn send(&mut self, delivery: Delivery) -> Result<(), Stop> {
        self.flush().await?;
        self.out.send(delivery).await.map_err(|_| Stop::Unwanted)
    }
}
