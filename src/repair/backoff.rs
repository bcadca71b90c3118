//! How long to wait before the next attempt: base · 2^(n−1), capped, ±10 %.

use super::settings::Limit;
use crate::model::Attempt;
use chrono::{DateTime, TimeDelta, Utc};

/// The jitter, in thousandths to each side.
const JITTER: i64 = 100;

/// When the attempt after these may be made; `None` where none was made: at once.
///
/// The jitter comes from the attempt itself, so the answer does not move from one look to the next, nor over a restart.
pub(super) fn next_at(attempts: &[&Attempt], limit: Limit) -> Option<DateTime<Utc>> {
    let last = attempts.last()?;
    let end = last.end.as_ref().map(|(time, _, _)| *time);
    let after = end.or(last.acted_at).unwrap_or(last.time).max(last.time);
    after.checked_add_signed(wait(attempts.len(), limit, seed(last)))
}

fn wait(count: usize, limit: Limit, seed: u64) -> TimeDelta {
    let doublings = u32::try_from(count.saturating_sub(1)).unwrap_or(u32::MAX).min(20);
    let plain = limit.base.num_milliseconds().saturating_mul(1_i64 << doublings);
    let plain = plain.min(limit.cap.num_milliseconds());
    let share = (seed % (2 * JITTER as u64 + 1)) as i64 - JITTER;
    TimeDelta::milliseconds(plain.saturating_add(plain / 1_000 * share))
}

/// Spreads services that fell together.
fn seed(attempt: &Attempt) -> u64 {
    let name = attempt.service.as_str().bytes();
    let stamp = attempt.time.timestamp_millis().to_le_bytes();
    let hash = name.chain(stamp).fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    // The low bits of this hash alone are poor.
    hash ^ (hash >> 32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_the_cap_within_a_tenth() {
        let limit =
            Limit { attempts: 9, base: TimeDelta::seconds(10), cap: TimeDelta::seconds(300) };
        for (count, want) in [(1, 10), (2, 20), (3, 40), (4, 80), (5, 160), (6, 300), (99, 300)] {
            let mut seen = (i64::MAX, 0);
            for seed in 0..500 {
                let wait = wait(count, limit, seed).num_milliseconds();
                seen = (seen.0.min(wait), seen.1.max(wait));
            }
            assert_eq!(seen, (want * 900, want * 1_100), "attempt {count}");
        }
    }
}
