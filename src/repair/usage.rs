//! What lasts: memory and processor time over a limit, errors that pile up. One sample alone says nothing.

use super::{
    settings::{Settings, seconds},
    trail::{Sample, Trail},
};
use crate::model::Strategy;
use chrono::{DateTime, TimeDelta, Utc};

/// Fewer samples prove nothing.
const ENOUGH: usize = 3;
/// How long network errors and problems are counted.
const COUNTED: TimeDelta = TimeDelta::minutes(5);

/// Something that is too much, and from when on it has lasted long enough.
pub(super) struct Excess {
    pub(super) strategy: Strategy,
    pub(super) due: DateTime<Utc>,
    /// `memory at 97 %`.
    pub(super) what: String,
}

/// The first thing that is too much at `now`.
pub(super) fn excess(trail: &Trail, settings: &Settings, now: DateTime<Utc>) -> Option<Excess> {
    let (memory, cpu) = (settings.memory_percent, settings.cpu_percent);
    let by_memory = || {
        let lasting = (memory, seconds(settings.memory_seconds));
        let (due, share) = over(trail, lasting, settings, now, |sample| sample.memory)?;
        let what = format!("memory at {share:.0} % of its limit");
        Some(Excess { strategy: Strategy::Memory, due, what })
    };
    let by_cpu = || {
        let lasting = (cpu, seconds(settings.cpu_seconds));
        let (due, share) = over(trail, lasting, settings, now, |sample| sample.cpu)?;
        let what = format!("processor at {share:.0} % of what it may use");
        Some(Excess { strategy: Strategy::Cpu, due, what })
    };
    let by_network = || {
        let limit = settings.network_errors;
        let grown = grown(trail, limit, settings, now, |sample| sample.network_errors)?;
        let what = format!("{grown} network errors in 5 min");
        Some(Excess { strategy: Strategy::Network, due: now, what })
    };
    let by_problems = || {
        let limit = settings.errors_per_minute.saturating_mul(5);
        let grown = grown(trail, limit, settings, now, |sample| sample.problems)?;
        let what = format!("{grown} problems logged in 5 min");
        Some(Excess { strategy: Strategy::Errors, due: now, what })
    };
    by_memory().or_else(by_cpu).or_else(by_network).or_else(by_problems)
}

/// Samples further apart than this leave open what was in between.
fn gap(settings: &Settings) -> TimeDelta {
    (seconds(settings.interval_seconds) * 3).max(TimeDelta::seconds(90))
}

/// From when on a share has been over its limit for long enough, and the newest share in percent. `None` while it is
/// not over; never before there are enough samples.
fn over(
    trail: &Trail,
    (percent, lasting): (u8, TimeDelta),
    settings: &Settings,
    now: DateTime<Utc>,
    share: impl Fn(&Sample) -> Option<f32>,
) -> Option<(DateTime<Utc>, f32)> {
    if percent == 0 {
        return None;
    }
    let limit = f32::from(percent) / 100.0;
    let gap = gap(settings);
    let (mut since, mut count, mut newest) = (now, 0, None);
    for sample in trail.samples.iter().rev() {
        let Some(share) = share(sample).filter(|share| *share > limit) else { break };
        if since - sample.time > gap {
            break;
        }
        since = sample.time;
        count += 1;
        newest = newest.or(Some(share * 100.0));
    }
    let due = since + lasting;
    // Not before three looks, whatever the settings say.
    let due = if count < ENOUGH { due.max(now + TimeDelta::seconds(1)) } else { due };
    newest.map(|share| (due, share))
}

/// By how much a counter has grown in the last five minutes where that is at least `limit`, in a way that lasts: in both
/// halves of that time.
fn grown(
    trail: &Trail,
    limit: u64,
    settings: &Settings,
    now: DateTime<Utc>,
    count: impl Fn(&Sample) -> u64,
) -> Option<u64> {
    let newest = trail.samples.back().filter(|s| limit > 0 && now - s.time <= gap(settings))?;
    let before = |back: TimeDelta| trail.samples.iter().rev().find(|s| now - s.time >= back);
    let (first, middle) = (before(COUNTED)?, before(COUNTED / 2)?);
    let all = count(newest).saturating_sub(count(first));
    let first_half = count(middle).saturating_sub(count(first));
    let second_half = count(newest).saturating_sub(count(middle));
    (all >= limit && first_half >= limit / 4 && second_half >= limit / 4).then_some(all)
}
