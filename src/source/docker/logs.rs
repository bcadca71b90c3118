//! Follows one container's log until the container stops: asks, decodes, and asks again where the end was none.
//!
//! ```text
//! ask from the cursor ─> read, decode, hand on ─> end ─> is the container up? ─yes─> ask again
//!                          │ silent    │ the last line is gone    └no, and nothing new came ─> stopped
//!                          │           └> is it hidden, or lost? ─> a gap
//!                          └> look at the newest line by another way: ours is older ─> the stream is stuck
//! ```

use super::{
    checker::Checker,
    connection::{Answer, Connection},
    cursor::{Cursor, Taken},
    decoder::{Decoder, Line},
    run::Run,
    stop::Stop,
    turns::Turns,
    verifier::Verifier,
    verify,
};
use crate::{
    model::{LogDriver, Origin, RawLine},
    source::{Delivery, End, Error, Lines, Resume},
};
use chrono::{DateTime, Utc};
use hyper::StatusCode;
use std::{sync::Arc, time::Duration};
use tokio::{
    sync::mpsc,
    time::{Instant, sleep, timeout},
};

/// A batch is handed on at so many lines or bytes.
const BATCH_LINES: usize = 512;
const BATCH_BYTES: usize = 256 * 1024;
/// A smaller batch than this is followed by [`REST`], so that a stream of single lines is read in larger pieces: each
/// piece costs as much as some ten lines. A line behind a silence does not wait.
const SMALL_BATCH: usize = 256;
const REST: Duration = Duration::from_millis(10);
/// Silence after which the stream is looked at by another way; it doubles up to the longest while all is well.
const SILENCE: Duration = Duration::from_secs(10);
const LONGEST_SILENCE: Duration = Duration::from_secs(30);
/// The same behind a burst, where silence is strange.
const STRANGE_SILENCE: Duration = Duration::from_secs(3);
const BURST: u32 = 100;
/// The same of a stream that got stuck: behind a log that was emptied the Engine goes to sleep again and again, until
/// the container restarts.
const SLEEPY_SILENCE: Duration = Duration::from_millis(500);
/// Lines that may stand before the last one that was taken are held back so long, or until they are so many.
const HOLD: Duration = Duration::from_secs(2);
const HOLD_LINES: usize = 8192;
/// A line that the other way shows has this long to come by ours.
const GRACE: Duration = Duration::from_secs(2);
const SLEEPY_GRACE: Duration = Duration::from_millis(250);
/// Pause before a stream is asked for again, when it ended although the container is up.
const REOPEN: Duration = Duration::from_millis(250);
const LONGEST_REOPEN: Duration = Duration::from_secs(5);

/// Delivers the lines of `target` from where `from` says, until it stops.
pub(super) async fn follow(
    connection: &Connection,
    target: Arc<Origin>,
    driver: LogDriver,
    turns: Turns,
    from: Resume,
    out: mpsc::Sender<Delivery>,
) -> Result<End, Error> {
    let checker = Verifier::new(&driver, &from)
        .map(|verifier| Checker::new(connection.clone(), Arc::clone(&target), turns, verifier));
    let mut follower = Follower {
        connection,
        target,
        driver,
        out,
        is_once: from.is_once,
        cursor: Cursor::new(&from),
        lines: Vec::new(),
        held: Vec::new(),
        batch: Vec::new(),
        batch_bytes: 0,
        delivered: 0,
        burst: 0,
        has_all_come: false,
        was_stuck: false,
        checker,
        search_at: Instant::now(),
        verified: None,
    };
    let result = match follower.run().await {
        Ok(end) => follower.verify_rest().await.map(|()| end),
        Err(stop) => Err(stop),
    };
    match result {
        Err(Stop::Failed(error)) => Err(error),
        Ok(end) => Ok(end),
        Err(Stop::Unwanted) => Ok(End::Stopped),
    }
}

/// Why one request came to its end without an error.
enum Pass {
    /// The stream ended as it should.
    Ended(Decoder),
    /// The log cannot be read.
    Gone,
    /// There is no such container, or no longer.
    Missed,
    /// Newer lines are there and do not come.
    Stuck,
}

/// One followed container.
pub(super) struct Follower<'a> {
    pub(super) connection: &'a Connection,
    pub(super) target: Arc<Origin>,
    pub(super) driver: LogDriver,
    out: mpsc::Sender<Delivery>,
    /// Only what there is now.
    is_once: bool,
    pub(super) cursor: Cursor,
    /// Decoded, not yet looked at; empty between calls.
    lines: Vec<Line>,
    /// Lines that may have been taken before; see [`Taken::Unsure`].
    held: Vec<Line>,
    batch: Lines,
    batch_bytes: usize,
    /// New lines of this request.
    delivered: u64,
    /// New lines since the last silence.
    burst: u32,
    /// Whether another request showed that nothing stands behind the last line: all that was written before has come.
    pub(super) has_all_come: bool,
    /// Whether a request got stuck in this run of the container.
    was_stuck: bool,
    /// For a log that the Engine rotates.
    pub(super) checker: Option<Checker>,
    /// When to search again for lines that the stream has gone past.
    pub(super) search_at: Instant,
    /// Up to where it was told that all is known.
    pub(super) verified: Option<DateTime<Utc>>,
}

impl Follower<'_> {
    async fn run(&mut self) -> Result<End, Stop> {
        let mut pause = REOPEN;
        // Whether its process was seen to have ended behind all that was read.
        let mut was_down = false;
        loop {
            self.cursor.rewind();
            self.held.clear();
            self.delivered = 0;
            let pass = self.pass().await;
            // Whatever ended it, what was read is handed on.
            self.flush().await?;
            let mut decoder = match pass? {
                Pass::Ended(decoder) => decoder,
                Pass::Gone => return Ok(End::Gone),
                Pass::Missed if was_down => return Ok(End::Gone),
                Pass::Missed => return Ok(End::Missed),
                Pass::Stuck if self.was_stuck && self.delivered == 0 => {
                    return Err(self
                        .error("is stuck: newer lines are there and do not come")
                        .into());
                }
                Pass::Stuck => {
                    self.was_stuck = true;
                    continue;
                }
            };
            self.was_stuck = false;
            let run = Run::of(self.connection, &self.target.container).await?;
            // A line without its end is whole when its run is over; else the next request brings it again.
            let is_over = run.is_none_or(|run| !run.is_up || decoder.is_before(run.started_at));
            if is_over || self.is_once {
                decoder.finish(&mut self.lines);
                self.cursor.loosen(&self.lines);
            }
            self.deliver().await?;
            self.settle().await?;
            self.flush().await?;
            was_down = run.is_none_or(|run| !run.is_up);
            match run {
                _ if self.is_once => return Ok(End::Finished),
                None => return Ok(End::Gone),
                Some(run) if run.is_up => {
                    if self.delivered == 0 {
                        self.look_behind().await?;
                    }
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
    async fn pass(&mut self) -> Result<Pass, Stop> {
        let id = self.target.container.as_str();
        let from = self.cursor.parameters();
        let follow = u8::from(!self.is_once);
        let path =
            format!("/containers/{id}/logs?follow={follow}&stdout=1&stderr=1&timestamps=1{from}");
        let mut answer = self.connection.get(&path).await?;
        match answer.status {
            StatusCode::OK => {}
            StatusCode::NOT_FOUND | StatusCode::CONFLICT => return Ok(Pass::Missed),
            status => return Ok(self.refused(status, &mut answer).await?),
        }
        let mut decoder = Decoder::new(self.target.is_tty);
        let mut silence = SILENCE;
        loop {
            self.check().await?;
            let chunk = if let Some(chunk) = answer.chunk_at_once().await {
                chunk
            } else {
                if !self.batch.is_empty() {
                    let was_small = self.batch.len() < SMALL_BATCH;
                    self.flush().await?;
                    if was_small {
                        sleep(REST).await;
                        continue;
                    }
                }
                let patience = match () {
                    () if !self.held.is_empty() => HOLD,
                    () if self.was_stuck => SLEEPY_SILENCE,
                    () if self.burst >= BURST => STRANGE_SILENCE,
                    () => silence,
                };
                let waited = tokio::select! {
                    biased;
                    waited = timeout(patience, answer.chunk()) => waited,
                    progress = verify::step(&mut self.checker) => {
                        self.judge(progress).await?;
                        continue;
                    }
                };
                if let Ok(chunk) = waited {
                    chunk
                } else if !self.held.is_empty() {
                    self.settle().await?;
                    continue;
                } else {
                    if self.burst < BURST {
                        silence = LONGEST_SILENCE.min(silence * 2);
                    }
                    self.burst = 0;
                    if !self.is_newer_there().await? {
                        continue;
                    }
                    let grace = if self.was_stuck { SLEEPY_GRACE } else { GRACE };
                    match timeout(grace, answer.chunk()).await {
                        Ok(chunk) => chunk,
                        Err(_) => return Ok(Pass::Stuck),
                    }
                }
            };
            let bytes = match chunk {
                Some(Ok(bytes)) => bytes,
                Some(Err(error)) => return Err(self.error(&format!("broke off: {error}")).into()),
                None if decoder.is_inside_frame() => return Err(self.error("was cut off").into()),
                None => return Ok(Pass::Ended(decoder)),
            };
            silence = SILENCE;
            let result = decoder.push(&bytes, &mut self.lines);
            self.deliver().await?;
            result.map_err(|broken| self.error(&format!("is damaged: {broken}")))?;
        }
    }

    /// What a refusal means: a driver that keeps no logs is for good, anything else may pass.
    async fn refused(&mut self, status: StatusCode, answer: &mut Answer) -> Result<Pass, Error> {
        let message = answer.message().await;
        if status == StatusCode::NOT_IMPLEMENTED || message.contains("does not support reading") {
            return Ok(Pass::Gone);
        }
        Err(self.error(&format!("is refused with {}: {message}", status.as_u16())))
    }

    /// Moves what is new into the batch and hands full batches on.
    async fn deliver(&mut self) -> Result<(), Stop> {
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
    async fn settle(&mut self) -> Result<(), Stop> {
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
        self.burst = self.burst.saturating_add(1);
        self.has_all_come = false;
        self.batch_bytes += line.bytes.len();
        self.batch.push(RawLine {
            origin: Arc::clone(&self.target),
            stream: line.stream,
            time: line.time,
            bytes: line.bytes.into(),
        });
        if self.batch.len() >= BATCH_LINES || self.batch_bytes >= BATCH_BYTES {
            self.flush().await?;
        }
        Ok(())
    }

    async fn flush(&mut self) -> Result<(), Stop> {
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

    fn error(&self, what: &str) -> Error {
        let Origin { service, container, .. } = &*self.target;
        Error::Transient(format!("the log of {service} ({}) {what}", container.short()).into())
    }
}
