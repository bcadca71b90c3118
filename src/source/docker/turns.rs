//! Whose turn it is to look at a log again: one at a time for a whole Engine, and only a part of the time.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::{Instant, sleep},
};

/// Share of the time that looks may take over a while.
const SHARE: f64 = 0.2;
/// What may be saved up for a burst, in seconds.
const MOST: f64 = 8.0;
/// What is left of it for those that are urgent.
const RESERVE: f64 = 2.0;

/// The turns of one Engine; clones share them.
#[derive(Debug, Clone)]
pub(super) struct Turns {
    one: Arc<Semaphore>,
    saved: Arc<Mutex<Saved>>,
}

/// Time that may be spent, in seconds; below zero where too much was.
#[derive(Debug)]
struct Saved {
    seconds: f64,
    at: Instant,
}

impl Saved {
    /// Adds what was saved since the last time and takes `cost` away.
    fn change(&mut self, cost: f64, now: Instant) -> f64 {
        let since = now.duration_since(self.at).as_secs_f64();
        self.seconds = (self.seconds + since * SHARE).min(MOST) - cost;
        self.at = now;
        self.seconds
    }
}

impl Default for Turns {
    fn default() -> Self {
        let saved = Saved { seconds: MOST, at: Instant::now() };
        Self { one: Arc::new(Semaphore::new(1)), saved: Arc::new(Mutex::new(saved)) }
    }
}

/// A turn; the time until it is dropped is what it costs.
#[derive(Debug)]
pub(super) struct Turn {
    turns: Turns,
    began: Instant,
    _one: Option<OwnedSemaphorePermit>,
}

impl Turns {
    /// Waits for a turn.
    pub(super) async fn next(self, is_urgent: bool) -> Turn {
        loop {
            let one = Arc::clone(&self.one).acquire_owned().await.ok();
            let needed = if is_urgent { 0.0 } else { RESERVE };
            let saved = self.change(0.0);
            if saved >= needed {
                return Turn { turns: self, began: Instant::now(), _one: one };
            }
            drop(one);
            sleep(Duration::from_secs_f64((needed - saved) / SHARE)).await;
        }
    }

    fn change(&self, cost: f64) -> f64 {
        self.saved.lock().unwrap_or_else(PoisonError::into_inner).change(cost, Instant::now())
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.turns.change(self.began.elapsed().as_secs_f64());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::FutureExt;

    #[test]
    fn a_fifth_of_the_time_is_saved_up_to_a_burst() {
        let begin = Instant::now();
        let mut saved = Saved { seconds: MOST, at: begin };
        let at = |seconds| begin + Duration::from_secs(seconds);
        for (second, cost, left) in [
            (10, 0.0, 8.0),
            (11, 4.0, 4.0),
            (16, 0.0, 5.0),
            (21, 9.0, -3.0),
            (36, 0.0, 0.0),
            (999, 0.0, 8.0),
        ] {
            let is = saved.change(cost, at(second));
            assert!((is - left).abs() < 1e-6, "{second}: {is}");
        }
    }

    #[tokio::test]
    async fn there_is_one_turn_at_a_time() {
        let turns = Turns::default();
        let first = turns.clone().next(true).await;
        let mut second = std::pin::pin!(turns.clone().next(true));
        assert!(second.as_mut().now_or_never().is_none());
        drop(first);
        assert!(second.now_or_never().is_some());
    }
}
