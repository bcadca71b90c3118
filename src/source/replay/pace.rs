//! When each line of a tape is due that is played at the pace of its own times.

use chrono::{DateTime, Utc};
use std::time::Duration;
use tokio::time::Instant;

/// Lines nearer than this go together.
const TOGETHER: Duration = Duration::from_millis(10);
/// Nothing is due later than this, whatever its times say.
const LATEST: Duration = Duration::from_hours(24 * 365);

/// The beginning of a tape, in its time and in ours.
#[derive(Debug)]
pub(super) struct Pace {
    speed: f64,
    begun: Option<(DateTime<Utc>, Instant)>,
}

impl Pace {
    /// So many times as fast as it was.
    pub(super) const fn new(speed: f64) -> Self {
        Self { speed, begun: None }
    }

    /// When a line of this time is due; `None` for at once.
    pub(super) fn due(&mut self, time: DateTime<Utc>, now: Instant) -> Option<Instant> {
        let (first, begun) = *self.begun.get_or_insert((time, now));
        let since = (time - first).to_std().unwrap_or_default().as_secs_f64() / self.speed;
        let due = begun + Duration::try_from_secs_f64(since).unwrap_or(LATEST).min(LATEST);
        (due > now + TOGETHER).then_some(due)
    }
}
