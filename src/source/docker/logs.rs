//! Follows one container's log until the container stops: asks, decodes, and asks again where the end was none.
//!
//! ```text
//! ask from the cursor ─> read, decode, hand on ─> end ─> is the container up? ─yes─> ask again
//!                          │ silent                        └no, and nothing new came ─> stopped
//!                          └> look at the newest line by another way: ours is older ─> the stream is stuck
//! ```

use super::{
    connection::{Answer, Connection, DEADLINE},
    cursor::Cursor,
    decoder::{Decoder, Line},
    run::Run,
};
use crate::{
    model::{Origin, RawLine},
    source::{Delivery, End, Error, Lines, Resume},
};
use hyper::StatusCode;
use std::{sync::Arc, time::Duration};
use tokio::{
    sync::mpsc,
    time::{sleep, timeout},
};

/// A batch is handed on at so many lines or bytes.
const BATCH_LINES: usize = 512;
const BATCH_BYTES: usize = 256 * 1024;
/// A smaller batch than this is followed by [`REST`], so that a stream of single lines is read in larger pieces.
const SMALL_BATCH: usize = 256;
const REST: Duration = Duration::from_millis(1);
/// Silence after which the stream is looked at by another way; it doubles up to the longest while all is well.
const SILENCE: Duration = Duration::from_secs(10);
const LONGEST_SILENCE: Duration = Duration::from_secs(30);
/// A line that the other way shows has this long to come by ours.
const GRACE: Duration = Duration::from_secs(2);
/// Pause before a stream is asked for again, when it ended although the container is up.
const REOPEN: Duration = Duration::from_millis(250);
const LONGEST_REOPEN: Duration = Duration::from_secs(5);

/// Delivers the lines of `target` from where `from` says, until it stops.
pub(super) async fn follow(
    connection: &Connection,
    target: Arc<Origin>,
    from: Resume,
    out: mpsc::Sender<Delivery>,
) -> Result<End, Error> {
    let mut follower = Follower {
        connection,
        target,
        out,
        is_once: from.is_once,
        cursor: Cursor::new(from),
        lines: Vec::new(),
        batch: Vec::new(),
        batch_bytes: 0,
        delivered: 0,
    };
    follower.run().await
}

/// Why one request came to its end without an error.
enum Pass {
    /// The stream ended as it should.
    Ended(Decoder),
    /// The container, or its log, is not there.
    Gone,
    /// Nobody wants the lines any more.
    Unwanted,
}

/// One followed container.
struct Follower<'a> {
    connection: &'a Connection,
    target: Arc<Origin>,
    out: mpsc::Sender<Delivery>,
    /// Only what there is now.
    is_once: bool,
    cursor: Cursor,
    /// Decoded, not yet looked at; empty between calls.
    lines: Vec<Line>,
    batch: Lines,
    batch_bytes: usize,
    /// New lines of this request.
    delivered: u64,
}

impl Follower<'_> {
    async fn run(&mut self) -> Result<End, Error> {
        let mut pause = REOPEN;
        loop {
            self.cursor.rewind();
            self.delivered = 0;
            let pass = self.pass().await;
            // Whatever ended it, what was read is handed on.
            let is_wanted = self.flush().await;
            let mut decoder = match pass? {
                Pass::Ended(decoder) if is_wanted => decoder,
                Pass::Gone => return Ok(End::Gone),
                Pass::Ended(_) | Pass::Unwanted => return Ok(End::Stopped),
            };
            let run = Run::of(self.connection, &self.target.container).await?;
            if self.is_once {
                decoder.finish(&mut self.lines);
                let _ = self.deliver().await && self.flush().await;
                return Ok(End::Finished);
            }
            // A line without its end is whole when its run is over; else the next request brings it again.
            let is_over = run.is_none_or(|run| !run.is_up || decoder.is_before(run.started_at));
            if is_over {
                decoder.finish(&mut self.lines);
                if !self.deliver().await || !self.flush().await {
                    return Ok(End::Stopped);
                }
            }
            match run {
                None => return Ok(End::Gone),
                Some(run) if run.is_up => {
                    pause = if self.delivered > 0 { REOPEN } else { LONGEST_REOPEN.min(pause * 2) };
                    sleep(pause).await;
                }
                // Once more, in case something was written between the end and our question.
                Some(_) if self.delivered > 0 => {}
                Some(_) => return Ok(End::Stopped),
            }
        }
    }

    /// One request, read to its end.
    async fn pass(&mut self) -> Result<Pass, Error> {
        let id = self.target.container.as_str();
        let from = self.cursor.parameters();
        let follow = u8::from(!self.is_once);
        let path =
            format!("/containers/{id}/logs?follow={follow}&stdout=1&stderr=1&timestamps=1{from}");
        let mut answer = self.connection.get(&path).await?;
        match answer.status {
            StatusCode::OK => {}
            StatusCode::NOT_FOUND | StatusCode::CONFLICT => return Ok(Pass::Gone),
            status => return self.refused(status, &mut answer).await,
        }
        let mut decoder = Decoder::new(self.target.is_tty);
        let mut silence = SILENCE;
        loop {
            let chunk = if let Some(chunk) = answer.chunk_at_once().await {
                chunk
            } else {
                if !self.batch.is_empty() {
                    let was_small = self.batch.len() < SMALL_BATCH;
                    if !self.flush().await {
                        return Ok(Pass::Unwanted);
                    }
                    if was_small {
                        sleep(REST).await;
                        continue;
                    }
                }
                if let Ok(chunk) = timeout(silence, answer.chunk()).await {
                    chunk
                } else {
                    silence = LONGEST_SILENCE.min(silence * 2);
                    match self.look_at_newest(&mut answer).await? {
                        Some(chunk) => chunk,
                        None => continue,
                    }
                }
            };
            let bytes = match chunk {
                Some(Ok(bytes)) => bytes,
                Some(Err(error)) => return Err(self.error(&format!("broke off: {error}"))),
                None if decoder.is_inside_frame() => return Err(self.error("was cut off")),
                None => return Ok(Pass::Ended(decoder)),
            };
            silence = SILENCE;
            let result = decoder.push(&bytes, &mut self.lines);
            if !self.deliver().await {
                return Ok(Pass::Unwanted);
            }
            result.map_err(|broken| self.error(&format!("is damaged: {broken}")))?;
        }
    }

    /// What a refusal means: a driver that keeps no logs is for good, anything else may pass.
    async fn refused(&self, status: StatusCode, answer: &mut Answer) -> Result<Pass, Error> {
        let message = answer.message().await;
        if status == StatusCode::NOT_IMPLEMENTED || message.contains("does not support reading") {
            return Ok(Pass::Gone);
        }
        Err(self.error(&format!("is refused with {}: {message}", status.as_u16())))
    }

    /// After silence: an error when another connection shows a line that ours does not bring, else what ours
    /// brought meanwhile.
    async fn look_at_newest(
        &mut self,
        answer: &mut Answer,
    ) -> Result<Option<Option<hyper::Result<bytes::Bytes>>>, Error> {
        let newest = match timeout(DEADLINE, self.newest()).await {
            Ok(newest) => newest?,
            Err(_) => return Err(self.error("is silent, and Docker does not answer within 5 s")),
        };
        // Every line is looked at: the cursor learns from each.
        if newest.iter().filter(|line| self.cursor.is_behind(line)).count() == 0 {
            return Ok(None);
        }
        match timeout(GRACE, answer.chunk()).await {
            Ok(chunk) => Ok(Some(chunk)),
            Err(_) => Err(self.error("is stuck: newer lines are there and do not come")),
        }
    }

    /// The newest line as a new connection shows it.
    async fn newest(&self) -> Result<Vec<Line>, Error> {
        let id = self.target.container.as_str();
        let path = format!("/containers/{id}/logs?stdout=1&stderr=1&timestamps=1&tail=1");
        let mut answer = self.connection.get(&path).await?;
        let mut lines = Vec::new();
        if answer.status != StatusCode::OK {
            return Ok(lines);
        }
        let mut decoder = Decoder::new(self.target.is_tty);
        while let Some(Ok(bytes)) = answer.chunk().await {
            if decoder.push(&bytes, &mut lines).is_err() {
                break;
            }
        }
        Ok(lines)
    }

    /// Moves what is new into the batch and hands full batches on; `false` when nobody wants them.
    async fn deliver(&mut self) -> bool {
        if self.lines.is_empty() {
            return true;
        }
        let mut lines = std::mem::take(&mut self.lines);
        for mut line in lines.drain(..) {
            if !self.cursor.take(&line) {
                let next = line.next_run().filter(|_| self.target.is_tty);
                match next {
                    Some(next) if self.cursor.take(&next) => line = next,
                    _ => continue,
                }
            }
            self.delivered += 1;
            self.batch_bytes += line.bytes.len();
            self.batch.push(RawLine {
                origin: Arc::clone(&self.target),
                stream: line.stream,
                time: line.time,
                bytes: line.bytes,
            });
            let is_full = self.batch.len() >= BATCH_LINES || self.batch_bytes >= BATCH_BYTES;
            if is_full && !self.flush().await {
                return false;
            }
        }
        self.lines = lines;
        true
    }

    async fn flush(&mut self) -> bool {
        if self.batch.is_empty() {
            return true;
        }
        self.batch_bytes = 0;
        self.out.send(std::mem::take(&mut self.batch).into()).await.is_ok()
    }

    fn error(&self, what: &str) -> Error {
        let Origin { service, container, .. } = &*self.target;
        Error::Transient(format!("the log of {service} ({}) {what}", container.short()).into())
    }
}
