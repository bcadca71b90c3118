//! What following does with the looks of its [`Checker`]: hands on what they found, and says how far all is known.

use super::{
    checker::{Checker, Progress},
    decoder::Line,
    logs::Follower,
    stop::Stop,
    verifier::Verdict,
};
use crate::{
    model::{GapReason, RawLine},
    source::Delivery,
};
use chrono::{DateTime, Utc};
use std::{future::pending, sync::Arc, time::Duration};
use tokio::time::{Instant, timeout_at};

/// A batch of recovered lines is handed on at so many lines or bytes.
const BATCH_LINES: usize = 512;
const BATCH_BYTES: usize = 256 * 1024;
/// Steps between two chunks of the stream.
const STEPS: usize = 8;
/// Pause between two searches for lines that the stream has gone past.
const PACE: Duration = Duration::from_millis(100);
/// At the end of a run, what came last is looked for as long as it comes, but no longer than the second: the next run
/// must not wait for ever.
const LAST_LOOK: Duration = Duration::from_secs(10);
const LONGEST_LAST_LOOK: Duration = Duration::from_mins(1);

/// Waits for the checker's next step; for ever where there is none.
pub(super) async fn step(checker: &mut Option<Checker>) -> Progress {
    match checker {
        Some(checker) => checker.step().await,
        None => pending().await,
    }
}

impl Follower<'_> {
    /// Does what there is to do at once.
    pub(super) async fn check(&mut self) -> Result<(), Stop> {
        for _ in 0..STEPS {
            let Some(checker) = &mut self.checker else { return Ok(()) };
            let Some(progress) = checker.step_now() else { break };
            self.judge(progress).await?;
        }
        let now = Instant::now();
        if self.search_at <= now {
            self.search_at = now + PACE;
            self.recover().await?;
        }
        Ok(())
    }

    /// Takes what has come of a step.
    pub(super) async fn judge(&mut self, progress: Progress) -> Result<(), Stop> {
        let Some(checker) = &mut self.checker else { return Ok(()) };
        match progress {
            Progress::Some | Progress::BrokenOff => return Ok(()),
            Progress::Late => return self.recover().await,
            Progress::Finished => {}
        }
        match checker.verifier.finish(Instant::now()) {
            Verdict::Again => Ok(()),
            Verdict::Complete(until) => {
                self.recover().await?;
                self.tell_verified(until).await
            }
            Verdict::Gap(from, to, until) => {
                self.tell_gap(Some(from), Some(to), GapReason::Rotated).await?;
                self.recover().await?;
                self.tell_verified(until).await
            }
            Verdict::Emptied(from, to) => {
                self.tell_gap(Some(from), Some(to), GapReason::Truncated).await
            }
        }
    }

    /// Hands on what is missing, and gives up what is too much.
    async fn recover(&mut self) -> Result<(), Stop> {
        let Some(checker) = &mut self.checker else { return Ok(()) };
        let missing = checker.verifier.missing(Instant::now());
        let unknown = checker.verifier.give_up();
        if !missing.is_empty() {
            self.send_recovered(missing).await?;
        }
        match unknown {
            Some((from, to)) => self.tell_gap(Some(from), Some(to), GapReason::Rotated).await,
            None => Ok(()),
        }
    }

    async fn send_recovered(&mut self, missing: Vec<Line>) -> Result<(), Stop> {
        let mut batch = Vec::new();
        let mut bytes = 0;
        for line in missing {
            bytes += line.bytes.len();
            batch.push(RawLine {
                origin: Arc::clone(&self.target),
                stream: line.stream,
                time: line.time,
                bytes: line.bytes.into(),
            });
            if batch.len() >= BATCH_LINES || bytes >= BATCH_BYTES {
                bytes = 0;
                self.send(Delivery::Recovered(std::mem::take(&mut batch))).await?;
            }
        }
        if batch.is_empty() { Ok(()) } else { self.send(Delivery::Recovered(batch)).await }
    }

    async fn tell_verified(&mut self, until: DateTime<Utc>) -> Result<(), Stop> {
        if self.verified.is_some_and(|verified| verified >= until) {
            return Ok(());
        }
        self.verified = Some(until);
        let container = self.target.container.clone();
        self.send(Delivery::Verified(container, until)).await
    }

    /// Verifies what came last, where no more will come.
    pub(super) async fn verify_rest(&mut self) -> Result<(), Stop> {
        let Some(checker) = &mut self.checker else { return Ok(()) };
        checker.verifier.end();
        let longest = Instant::now() + LONGEST_LAST_LOOK;
        let mut deadline = Instant::now() + LAST_LOOK;
        while let Some(checker) = &mut self.checker
            && !checker.verifier.is_settled()
        {
            let step = timeout_at(deadline.min(longest), checker.step()).await;
            if step.is_err() && (!checker.is_waiting() || Instant::now() >= longest) {
                break;
            }
            if step != Ok(Progress::BrokenOff) {
                deadline = Instant::now() + LAST_LOOK;
            }
            if let Ok(progress) = step {
                self.judge(progress).await?;
            }
        }
        let checker = self.checker.as_ref();
        match checker.and_then(|checker| checker.verifier.unsettled()) {
            Some((from, to)) => self.tell_gap(Some(from), Some(to), GapReason::Rotated).await,
            None => Ok(()),
        }
    }
}
