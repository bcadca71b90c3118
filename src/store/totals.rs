//! Counters: what was read, what fell out, what was lost, and how fast it comes.

use crate::model::{Category, ServiceName, Severity};
use chrono::{DateTime, Utc};
use std::collections::{BTreeMap, VecDeque};

/// Seconds of history in the rates.
const SECONDS: usize = 60;

/// How much there was since the start of this run.
#[derive(Debug, Default, Clone)]
pub struct Totals {
    /// Lines taken from services, our own system lines left out.
    pub lines: u64,
    /// Bytes of those lines.
    pub bytes: u64,
    /// Lines that are known to be lost on the way, with or without a reason. Shown always, 0 included.
    pub lost: u64,
    /// Holes in the record, whether or not it is known how many lines they swallowed.
    pub gaps: u64,
    /// Lines that following missed and a second look brought.
    pub recovered: u64,
    /// Lines that fell out of memory for room.
    pub evicted: u64,
    /// Groups that were let go to make room.
    pub forgotten_groups: u64,
    /// Rules that look at each event; 0 until they are ready, a tenth of a second after the start.
    pub rules: usize,
    /// Events that are problems, as their rule weighs them.
    pub problems: BTreeMap<(ServiceName, Category, Severity), u64>,
    /// Lines by service.
    pub by_service: BTreeMap<ServiceName, u64>,
    rates: VecDeque<u32>,
    second: i64,
}

impl Totals {
    pub(super) fn count(&mut self, service: &ServiceName, lines: u64, bytes: u64) {
        self.lines += lines;
        self.bytes += bytes;
        match self.by_service.get_mut(service) {
            Some(count) => *count += lines,
            None => {
                self.by_service.insert(service.clone(), lines);
            }
        }
    }

    /// Notes that `lines` arrived at `now`, for the rates.
    pub fn arrived(&mut self, lines: u32, now: DateTime<Utc>) {
        self.advance(now);
        if let Some(last) = self.rates.back_mut() {
            *last = last.saturating_add(lines);
        }
    }

    /// Lines that arrived in each of the last `seconds` full seconds before `now`, oldest first, always that many.
    pub fn per_second(&self, seconds: usize, now: DateTime<Utc>) -> Vec<u32> {
        let end = now.timestamp();
        (1..=seconds as i64)
            .rev()
            .map(|back| {
                usize::try_from(self.second - (end - back))
                    .ok()
                    .and_then(|behind| self.rates.len().checked_sub(behind + 1))
                    .and_then(|at| self.rates.get(at).copied())
                    .unwrap_or(0)
            })
            .collect()
    }

    fn advance(&mut self, now: DateTime<Utc>) {
        let second = now.timestamp();
        if self.rates.is_empty() || second - self.second > SECONDS as i64 {
            self.rates.clear();
            self.rates.push_back(0);
            self.second = second;
        }
        while self.second < second {
            self.second += 1;
            self.rates.push_back(0);
            if self.rates.len() > SECONDS {
                self.rates.pop_front();
            }
        }
    }
}
