//! What happened on each of the last days.

use super::{issue::Stage, ledger::Change};
use chrono::{DateTime, Days, NaiveDate, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Days that are kept.
const KEPT: usize = 30;

/// One day, by Greenwich.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Day {
    /// Which.
    pub date: NaiveDate,
    /// Events of all issues.
    pub events: u64,
    /// Issues seen for the first time.
    pub new: u64,
    /// Issues that were found to be fixed.
    pub fixed: u64,
    /// Issues that came back.
    pub returned: u64,
}

/// The last days, the oldest first; a day on which nothing was seen is missing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Calendar {
    days: Vec<Day>,
}

impl Calendar {
    pub(super) fn new(mut days: Vec<Day>) -> Self {
        days.sort_by_key(|day| day.date);
        Self { days }
    }

    pub(super) fn list(&self) -> &[Day] {
        &self.days
    }

    /// Counts events of that time.
    pub(super) fn count(&mut self, time: DateTime<Utc>, events: u64) {
        if events > 0 {
            self.day(time).events += events;
        }
    }

    /// Counts what became different by now.
    pub(super) fn tell(&mut self, change: &Change, now: DateTime<Utc>) {
        match (change.before, change.issue.state) {
            (None, _) => self.day(change.issue.timestamp).new += 1,
            (Some(before), Stage::Resolved) if before != Stage::Resolved => {
                self.day(now).fixed += 1;
            }
            (Some(before), Stage::Regressed) if before != Stage::Regressed => {
                self.day(now).returned += 1;
            }
            _ => {}
        }
    }

    fn day(&mut self, time: DateTime<Utc>) -> &mut Day {
        let date = time.date_naive();
        let at = match self.days.binary_search_by_key(&date, |day| day.date) {
            Ok(at) => at,
            Err(at) => {
                self.days.insert(at, Day { date, events: 0, new: 0, fixed: 0, returned: 0 });
                // The oldest one goes, also when that is the one of this event.
                let surplus = self.days.len().saturating_sub(KEPT).min(at);
                self.days.drain(..surplus);
                at - surplus
            }
        };
        &mut self.days[at]
    }
}

/// The last days up to that of `now` with those between them on which nothing was seen, at most `max`.
pub(super) fn filled(days: &[Day], now: DateTime<Utc>, max: u64) -> Vec<Day> {
    let Some(first) = days.first() else { return Vec::new() };
    let today = now.date_naive().max(days.last().map_or(first.date, |day| day.date));
    let start = today.checked_sub_days(Days::new(max.saturating_sub(1))).unwrap_or(first.date);
    let dates = first.date.max(start).iter_days().take_while(|date| *date <= today);
    dates
        .map(|date| {
            let known = days.iter().find(|day| day.date == date).cloned();
            known.unwrap_or(Day { date, events: 0, new: 0, fixed: 0, returned: 0 })
        })
        .collect()
}

/// At most twenty signs, as long as `events` is beside the most.
pub(super) fn bar(events: u64, most: u64) -> String {
    const WIDTH: u64 = 20;
    let length = (events * WIDTH).div_ceil(most.max(1)).min(WIDTH);
    "#".repeat(usize::try_from(length).unwrap_or_default())
}
