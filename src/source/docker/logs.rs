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
    connection::{Connection, say},
    cursor::Cursor,
    decoder::{Decoder, Line},
    http::{Answer, status},
    pace::Pace,
    run::Run,
    turns::Turns,
    verifier::Verifier,
    verify,
};
use crate::{
    model::{LogDriver, Origin},
    source::{Delivery, End, Error, Lines, Resume},
};
use chrono::{DateTime, Utc};
use std::{io, sync::Arc, time::Duration};
use tokio::{
    sync::mpsc,
    time::{Instant, sleep, timeout},
};

/// Silence after which the stream is looked at by another way; it doubles up to the longest while all is well.
const SILENCE: Duration = Duration::from_secs(10);
const LONGEST_SILENCE: Duration = Duration::from_secs(30);
/// The same behind a burst, where silence is strange.
const STRANGE_SILENCE: Duration = Duration::from_secs(3);
const BURST: u32 = 100;
/// The same of a stream that got stuck: behind a log that was emptied the Engine goes to sleep again and again, until
/// the container restarts.
const SLEEPY_SILENCE: Duration = Duration::from_secs(1);
/// Lines that may stand before the last one that was taken are held back so long.
const HOLD: Duration = Duration::from_secs(3);
/// A line that the other way shows has this long to come by ours.
const GRACE: Duration = Duration::from_secs(2);
const SLEEPY_GRACE: Duration = Duration::from_millis(500);
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
        piece: 0,
        pace: Pace::default(),
        burst: 0,
        was_silent: false,
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

/// Why following ends in the middle.
pub(super) enum Stop {
    /// Nobody wants the lines any more.
    Unwanted,
    /// The Engine cannot be asked, or what it sends is no log.
    Failed(Error),
}

impl From<Error> for Stop {
    fn from(error: Error) -> Self {
        Self::Failed(error)
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

/// What came of waiting.
enum Wait {
    /// More of the stream, its end, or an error.
    Came(io::Result<bool>),
    /// Something else was done.
    Passed,
    /// Newer lines are there and do not come.
    Stuck,
}

/// One followed container.
pub(super) struct Follower<'a> {
    pub(super) connection: &'a Connection,
    pub(super) target: Arc<Origin>,
    pub(super) driver: LogDriver,
    pub(super) out: mpsc::Sender<Delivery>,
    /// Only what there is now.
    is_once: bool,
    pub(super) cursor: Cursor,
    /// Decoded, not yet looked at; empty between calls.
    pub(super) lines: Vec<Line>,
    /// Lines that may have been taken before; see [`super::cursor::Taken::Unsure`].
    pub(super) held: Vec<Line>,
    pub(super) batch: Lines,
    pub(super) batch_bytes: usize,
    /// New lines of this request.
    pub(super) delivered: u64,
    /// New lines since the last rest.
    pub(super) piece: u64,
    pace: Pace,
    /// New lines since the last silence.
    pub(super) burst: u32,
    /// Whether the stream was open and silent since the last line: all that was written before had come.
    pub(super) was_silent: bool,
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
            status::OK => {}
            status::NOT_FOUND | status::CONFLICT => return Ok(Pass::Missed),
            status => return Ok(self.refused(status, &mut answer).await?),
        }
        let mut decoder = Decoder::new(self.target.is_tty);
        let mut silence = SILENCE;
        loop {
            self.check().await?;
            let came = match answer.more_at_once().await.transpose() {
                Some(came) => came,
                None if self.rest(&mut answer).await? => continue,
                None => match self.wait(&mut answer, &mut silence).await? {
                    Wait::Came(came) => came,
                    Wait::Passed => continue,
                    Wait::Stuck => return Ok(Pass::Stuck),
                },
            };
            match came {
                Ok(true) => {}
                Ok(false) if decoder.is_inside_frame() => {
                    return Err(self.error("was cut off").into());
                }
                Ok(false) => return Ok(Pass::Ended(decoder)),
                Err(error) => {
                    return Err(self.error(&format!("broke off: {}", say(&error))).into());
                }
            }
            silence = SILENCE;
            let result = decoder.push(answer.bytes(), &mut self.lines);
            self.deliver().await?;
            result.map_err(|broken| self.error(&format!("is damaged: {broken}")))?;
        }
    }

    /// Hands on what has come since the last rest and rests again; `false` where that is nothing.
    async fn rest(&mut self, answer: &mut Answer) -> Result<bool, Stop> {
        let lines = std::mem::take(&mut self.piece);
        if lines == 0 {
            return Ok(false);
        }
        self.flush().await?;
        answer.rest();
        sleep(self.pace.rest(lines, Utc::now())).await;
        Ok(true)
    }

    /// Waits for the stream, and has a look around where it is silent.
    async fn wait(&mut self, answer: &mut Answer, silence: &mut Duration) -> Result<Wait, Stop> {
        let patience = match () {
            () if !self.held.is_empty() => HOLD,
            () if self.was_stuck => SLEEPY_SILENCE,
            () if self.burst >= BURST => STRANGE_SILENCE,
            () => *silence,
        };
        let waited = tokio::select! {
            biased;
            waited = timeout(patience, answer.more()) => waited,
            progress = verify::step(&mut self.checker) => {
                self.judge(progress).await?;
                return Ok(Wait::Passed);
            }
        };
        if let Ok(came) = waited {
            return Ok(Wait::Came(came));
        }
        if !self.held.is_empty() {
            self.settle().await?;
            return Ok(Wait::Passed);
        }
        if self.burst < BURST {
            *silence = LONGEST_SILENCE.min(*silence * 2);
        }
        self.burst = 0;
        self.was_silent = true;
        if !self.is_newer_there().await? {
            return Ok(Wait::Passed);
        }
        let grace = if self.was_stuck { SLEEPY_GRACE } else { GRACE };
        Ok(timeout(grace, answer.more()).await.map_or(Wait::Stuck, Wait::Came))
    }

    /// What a refusal means: a driver that keeps no logs is for good, anything else may pass.
    async fn refused(&mut self, status: u16, answer: &mut Answer) -> Result<Pass, Error> {
        let message = answer.message().await;
        if status == status::NOT_IMPLEMENTED || message.contains("does not support reading") {
            return Ok(Pass::Gone);
        }
        Err(self.error(&format!("is refused with {status}: {message}")))
    }

    fn error(&self, what: &str) -> Error {
        let Origin { service, container, .. } = &*self.target;
        Error::Transient(format!("the log of {service} ({}) {what}", container.short()).into())
    }
}
