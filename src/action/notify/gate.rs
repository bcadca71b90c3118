//! How often the same is told: once in a cooldown, and the next message says how many were held back.

use super::settings::Occasion;
use crate::model::SafeText;
use chrono::{DateTime, TimeDelta, Utc};
use std::collections::HashMap;

/// Things that are remembered; the oldest go first.
const MOST: usize = 1_000;

/// Lets messages through, or holds them back.
#[derive(Debug)]
pub struct Gate {
    cooldown: TimeDelta,
    told: HashMap<(Occasion, SafeText), (DateTime<Utc>, u64)>,
}

impl Gate {
    /// With so many seconds between two messages about the same.
    pub fn new(cooldown_seconds: u64) -> Self {
        let seconds = i64::try_from(cooldown_seconds).unwrap_or(i64::MAX).min(10 * 366 * 86_400);
        Self { cooldown: TimeDelta::seconds(seconds), told: HashMap::new() }
    }

    /// How many were held back before this one; `None` where it is to be held back itself.
    pub fn pass(&mut self, occasion: Occasion, about: SafeText, now: DateTime<Utc>) -> Option<u64> {
        let key = (occasion, about);
        if let Some((last, held)) = self.told.get_mut(&key)
            && now >= *last
            && now - *last < self.cooldown
        {
            *held += 1;
            return None;
        }
        let held = self.told.insert(key, (now, 0)).map_or(0, |(_, held)| held);
        if self.told.len() > MOST {
            let oldest = self.told.iter().min_by_key(|(_, (last, _))| *last);
            if let Some(oldest) = oldest.map(|(key, _)| key.clone()) {
                self.told.remove(&oldest);
            }
        }
        Some(held)
    }
}
