//! The rate test: when a problem has become so much more frequent that it is shown one step worse.
//!
//! It looks at events per minute of the hour up to the newest event, never at a clock, so a recorded log gives
//! the same answer as a live one.

use crate::model::{SafeText, Trend};
use chrono::{DateTime, Duration, Utc};

/// Fewer events in a minute than this are never an escalation, whatever was before.
const MIN_EVENTS: u32 = 10;
/// Minutes that a problem must have been known before it can be more frequent than before.
const MIN_HISTORY: usize = 5;
/// With fewer minutes than this there is no telling what is usual, only what was the most.
const FULL_HISTORY: usize = 30;
const TIMES_MAX: f64 = 10.0;

/// Why the minute of `time` stands out, as a sentence; `None` where it does not.
///
/// History begins at the oldest event within the hour: what was silent for an hour is not escalating but back.
/// Below [`FULL_HISTORY`] minutes the limit is ten times the busiest one; from there on it is Sentry's: the larger of
/// a spike over the mean and a burst over the busiest minute, damped where the rate varies much anyway.
pub(super) fn reason(trend: &Trend, time: DateTime<Utc>) -> Option<SafeText> {
    let counts = trend.last(Trend::MINUTES, time);
    let (&current, earlier) = counts.split_last()?;
    if current < MIN_EVENTS {
        return None;
    }
    let history = earlier.get(earlier.iter().position(|&c| c > 0)?..)?;
    if history.len() < MIN_HISTORY {
        return None;
    }
    let busiest = f64::from(history.iter().copied().max().unwrap_or_default().max(1));
    let limit =
        if history.len() < FULL_HISTORY { TIMES_MAX * busiest } else { limit(history, busiest) };
    if f64::from(current) < limit {
        return None;
    }
    let times = f64::from(current) / busiest;
    let minutes = if history.len() + 1 >= Trend::MINUTES {
        "of the last hour".to_owned()
    } else {
        format!("of the {} minutes before", history.len())
    };
    Some(SafeText::from(format!(
        "{current} events in one minute, {times:.0}x the busiest minute {minutes}"
    )))
}

/// Whether no minute of the last hour up to `now` stood out, each held against the hour before it.
pub(super) fn is_over(trend: &Trend, now: DateTime<Utc>) -> bool {
    let mut minutes = (0..Trend::MINUTES as i64).map(|back| now - Duration::minutes(back));
    minutes.all(|minute| reason(trend, minute).is_none())
}

fn limit(history: &[u32], busiest: f64) -> f64 {
    let length = history.len() as f64;
    let mean = history.iter().map(|&c| f64::from(c)).sum::<f64>() / length;
    let variance = history.iter().map(|&c| (f64::from(c) - mean).powi(2)).sum::<f64>() / length;
    let deviation = variance.sqrt();
    let spike = mean + ((mean + 5.0 * deviation) / mean).clamp(5.0, 8.0) * mean;
    let burst = busiest * (5.0 * (-0.65 * deviation / mean).exp()).clamp(2.0, 5.0);
    spike.max(burst)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(minute: usize) -> DateTime<Utc> {
        DateTime::from_timestamp(60 * (1_000 + minute as i64), 0).unwrap()
    }

    fn trend(counts: &[u32]) -> Trend {
        let mut trend = Trend::default();
        for (minute, count) in counts.iter().enumerate() {
            (0..*count).for_each(|_| trend.add(at(minute)));
        }
        trend
    }

    fn test(counts: &[u32]) -> Option<String> {
        reason(&trend(counts), at(counts.len() - 1)).map(|r| r.to_string())
    }

    #[test]
    fn ten_times_the_busiest_minute_escalates_once_there_is_history() {
        let says = Some("10 events in one minute, 10x the busiest minute of the 5 minutes before");
        for (counts, want) in [
            (&[1, 0, 0, 0, 0, 10][..], says),
            (&[1, 0, 0, 0, 0, 9], None),
            (&[2, 0, 0, 0, 0, 19], None),
            (&[1, 0, 0, 0, 10], None),
            (&[50], None),
            (&[0, 0, 0, 0, 0, 0, 50], None),
        ] {
            assert_eq!(test(counts).as_deref(), want, "{counts:?}");
        }
    }

    #[test]
    fn with_half_an_hour_of_history_a_spike_over_the_usual_suffices() {
        let mut counts = vec![4; 40];
        counts.push(24);
        assert_eq!(
            test(&counts).as_deref(),
            Some("24 events in one minute, 6x the busiest minute of the 40 minutes before")
        );
        *counts.last_mut().unwrap() = 19;
        assert_eq!(test(&counts), None);
        let mut hour = vec![4; 59];
        hour.push(40);
        let says = "40 events in one minute, 10x the busiest minute of the last hour";
        assert_eq!(test(&hour).as_deref(), Some(says));
    }

    #[test]
    fn it_is_over_after_an_hour_below_the_limit() {
        let calm = [1, 0, 0, 0, 0, 10].to_vec();
        // Many events a minute are usual here: the spike is over when they are as many as before.
        let busy: Vec<u32> = [20; 40].into_iter().chain([200]).chain([20; 70]).collect();
        // It stays: what was a spike is usual an hour later.
        let plateau: Vec<u32> = [4; 40].into_iter().chain([40; 70]).collect();
        for (counts, spike) in [(calm, 5), (busy, 40), (plateau, 40)] {
            let trend = trend(&counts);
            assert!(!is_over(&trend, at(spike + 1)), "{counts:?}");
            assert!(!is_over(&trend, at(spike + 59)), "{counts:?}");
            assert!(is_over(&trend, at(spike + 60)), "{counts:?}");
        }
    }

    /// Sentry's limit, with a minute in place of its hour: the larger of spike and burst.
    #[test]
    fn the_limit_is_the_larger_of_spike_and_burst() {
        for (history, want) in [
            // No deviation: six times the mean, five times the busiest minute.
            (vec![10; 40], 60.0),
            // One minute of many: mean 1, deviation 6.24; nine times the mean, twice the busiest.
            ([vec![0; 39], vec![40]].concat(), 80.0),
            // Moderate: mean 5, deviation 5.
            ([vec![0; 20], vec![10; 20]].concat(), 35.0),
        ] {
            let busiest = f64::from(*history.iter().max().unwrap());
            let got = limit(&history, busiest);
            assert!((got - want).abs() < 0.5, "{got} for {history:?}");
        }
    }
}
