//! So many acts a minute, and no more.

use std::{
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

/// A bucket of acts that fills evenly.
#[derive(Debug)]
pub(super) struct Pace {
    per_minute: f64,
    bucket: Mutex<(f64, Instant)>,
}

impl Pace {
    /// A full bucket of `per_minute` acts.
    pub(super) fn new(per_minute: u32) -> Self {
        let per_minute = f64::from(per_minute);
        Self { per_minute, bucket: Mutex::new((per_minute, Instant::now())) }
    }

    /// Takes one act; else how long it takes until there is one.
    pub(super) fn take(&self, now: Instant) -> Result<(), Duration> {
        let mut bucket = self.bucket.lock().unwrap_or_else(PoisonError::into_inner);
        let (left, at) = *bucket;
        let minutes = now.saturating_duration_since(at).as_secs_f64() / 60.0;
        let left = (left + minutes * self.per_minute).min(self.per_minute);
        *bucket = (left, now.max(at));
        if left >= 1.0 {
            bucket.0 -= 1.0;
            return Ok(());
        }
        let missing = (1.0 - left) / self.per_minute.max(1.0 / 60.0) * 60.0;
        Err(Duration::from_secs_f64(missing.clamp(0.001, 3600.0)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_is_bounded_and_comes_back_evenly() {
        let pace = Pace::new(6);
        let start = Instant::now();
        let taken = (0..20).filter(|_| pace.take(start).is_ok()).count();
        assert_eq!(taken, 6);
        let wait = pace.take(start).unwrap_err();
        assert!(wait > Duration::from_secs(9) && wait <= Duration::from_secs(10), "{wait:?}");
        assert!(pace.take(start + wait + Duration::from_millis(1)).is_ok());
        assert!(pace.take(start).is_err(), "a clock that goes back gives nothing");
        let later = start + Duration::from_hours(1);
        assert_eq!((0..20).filter(|_| pace.take(later).is_ok()).count(), 6);
    }
}
