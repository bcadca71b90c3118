//! Sums over all problems, made in one pass and at most a few times a second.

use crate::{
    model::{Category, ErrorGroup, ServiceName, Severity, StatusKind, Trend},
    store::Store,
};
use chrono::{DateTime, Utc};
use std::collections::HashMap;

/// Minutes of a category's sum.
pub(crate) const CATEGORY_MINUTES: usize = 15;

/// One category that has problems.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CategorySum {
    /// Which.
    pub(crate) category: Category,
    /// The worst open problem in it.
    pub(crate) worst: Severity,
    /// Its open problems.
    pub(crate) problems: usize,
    /// Events of the last minutes.
    pub(crate) events: u64,
    /// Events of the last eight minutes, oldest first.
    pub(crate) trend: [u32; 8],
}

/// What one service has.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(crate) struct ServiceSum {
    /// Events of open problems a second.
    pub(crate) rate: f64,
    /// The worst open problem.
    pub(crate) worst: Option<Severity>,
    /// Open problems.
    pub(crate) problems: usize,
}

/// Sums over all problems.
#[derive(Debug, Clone, Default)]
pub(crate) struct Summary {
    /// Open ones by severity, worst first.
    pub(crate) open: [usize; 4],
    /// All in this state.
    pub(crate) new: usize,
    /// All in this state.
    pub(crate) regressed: usize,
    /// Fixed or verifying.
    pub(crate) fixed: usize,
    /// All in this state.
    pub(crate) muted: usize,
    /// Open ones that came, or came back, since the last visit.
    pub(crate) unvisited: usize,
    /// All.
    pub(crate) all: usize,
    /// By service.
    pub(crate) services: HashMap<ServiceName, ServiceSum>,
    /// Most events first.
    pub(crate) categories: Vec<CategorySum>,
    /// Events a minute of the last hour by severity, worst first; oldest minute first.
    pub(crate) minutes: Vec<[u32; 4]>,
    /// When it was made.
    pub(crate) at: Option<DateTime<Utc>>,
}

impl Summary {
    /// The sums at this moment.
    pub(crate) fn of(store: &Store, now: DateTime<Utc>) -> Self {
        let mut sum = Self { minutes: vec![[0; 4]; Trend::MINUTES], ..Self::default() };
        let mut categories: HashMap<Category, CategorySum> = HashMap::new();
        for group in store.groups() {
            sum.all += 1;
            match group.status.kind() {
                StatusKind::New => sum.new += 1,
                StatusKind::Regressed => sum.regressed += 1,
                StatusKind::Verifying | StatusKind::Fixed => sum.fixed += 1,
                StatusKind::Muted => sum.muted += 1,
                StatusKind::Ongoing => {}
            }
            let severity = group.severity();
            let minutes = group.trend.last(Trend::MINUTES, now);
            for (all, here) in sum.minutes.iter_mut().zip(&minutes) {
                all[rank(severity)] += here;
            }
            if group.status.is_open() {
                sum.open[rank(severity)] += 1;
                sum.add_services(group, now);
                add_category(&mut categories, group, &minutes);
            }
        }
        sum.categories = categories.into_values().collect();
        sum.categories.sort_by_key(|c| (std::cmp::Reverse((c.events, c.worst)), c.category));
        sum.at = Some(now);
        sum
    }

    fn add_services(&mut self, group: &ErrorGroup, now: DateTime<Utc>) {
        let rate = group.rate(now);
        let total: u64 = group.services.iter().map(|s| s.count).sum();
        for seen in &group.services {
            let own = self.services.entry(seen.service.clone()).or_default();
            own.rate += rate * seen.count as f64 / total.max(1) as f64;
            own.worst = own.worst.max(Some(group.severity()));
            own.problems += 1;
        }
    }
}

fn add_category(all: &mut HashMap<Category, CategorySum>, group: &ErrorGroup, minutes: &[u32]) {
    let sum = all.entry(group.category).or_insert(CategorySum {
        category: group.category,
        worst: group.severity(),
        problems: 0,
        events: 0,
        trend: [0; 8],
    });
    sum.worst = sum.worst.max(group.severity());
    sum.problems += 1;
    let recent = &minutes[minutes.len().saturating_sub(CATEGORY_MINUTES)..];
    sum.events += recent.iter().map(|n| u64::from(*n)).sum::<u64>();
    for (cell, n) in sum.trend.iter_mut().zip(&minutes[minutes.len().saturating_sub(8)..]) {
        *cell += n;
    }
}

/// 0 for critical, 3 for info.
pub(crate) const fn rank(severity: Severity) -> usize {
    3 - severity as usize
}
