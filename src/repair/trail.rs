//! How each container has been over time: what lasts is told from what was seen once.
//!
//! The older a fact the better it is known, so this is kept from look to look and never made anew.

use crate::model::{Container, ContainerId, Health, RunState, Service, ServiceName};
use chrono::{DateTime, TimeDelta, Utc};
use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    mem::{Discriminant, discriminant},
};

/// How long samples are kept; longer than anything must last.
const KEEP: TimeDelta = TimeDelta::minutes(30);
/// Samples are not taken closer together.
const PACE: TimeDelta = TimeDelta::seconds(5);

/// One measure of a container.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Sample {
    pub(super) time: DateTime<Utc>,
    /// Processor time used, as a share of what it may use; `None` where not measured.
    pub(super) cpu: Option<f32>,
    /// Memory used, as a share of the limit; `None` where not measured.
    pub(super) memory: Option<f32>,
    pub(super) network_errors: u64,
    /// Problems that its service has logged so far.
    pub(super) problems: u64,
}

/// One container over time.
#[derive(Debug, Clone)]
pub(super) struct Trail {
    state: Discriminant<RunState>,
    /// Since when it has been in its state.
    pub(super) state_since: DateTime<Utc>,
    /// Since when it has been unhealthy.
    pub(super) ill_since: Option<DateTime<Utc>>,
    /// Since when it has been well: healthy, or up where it has no health check.
    pub(super) well_since: Option<DateTime<Utc>>,
    run: Option<DateTime<Utc>>,
    restarts: u64,
    /// When the Engine restarted it, and how many times it did then.
    restarted: VecDeque<(DateTime<Utc>, u64)>,
    /// Of the present run.
    pub(super) samples: VecDeque<Sample>,
}

impl Trail {
    /// Restarts by the Engine since then.
    pub(super) fn restarts_since(&self, since: DateTime<Utc>) -> u64 {
        self.restarted.iter().filter(|(time, _)| *time >= since).map(|(_, count)| count).sum()
    }

    fn begin(container: &Container, now: DateTime<Utc>) -> Self {
        // What began before we looked is dated by the Engine where it says so, else it begins now.
        let state_since = match container.state {
            RunState::Exited(_) => container.finished_at,
            RunState::Running => container.started_at,
            _ => None,
        };
        let well_since = match container.health {
            Health::None => container.started_at,
            _ => None,
        };
        Self {
            state: discriminant(&container.state),
            state_since: state_since.unwrap_or(now).min(now),
            ill_since: is_ill(container).then_some(now),
            well_since: is_well(container).then(|| well_since.unwrap_or(now).min(now)),
            run: container.started_at,
            restarts: container.restarts,
            restarted: VecDeque::new(),
            samples: VecDeque::new(),
        }
    }

    fn see(&mut self, container: &Container, problems: u64, now: DateTime<Utc>) {
        let is_new_run = self.run != container.started_at;
        if is_new_run || self.state != discriminant(&container.state) {
            self.state = discriminant(&container.state);
            self.state_since = now;
        }
        if is_new_run {
            self.run = container.started_at;
            self.samples.clear();
            self.ill_since = None;
            self.well_since = None;
        }
        since(&mut self.ill_since, is_ill(container), now);
        since(&mut self.well_since, is_well(container), now);
        // The count begins anew when a person, or we, start it.
        let grown = container.restarts.saturating_sub(self.restarts);
        self.restarts = container.restarts;
        if grown > 0 {
            self.restarted.push_back((now, grown));
        }
        while self.restarted.front().is_some_and(|(time, _)| *time < now - KEEP) {
            self.restarted.pop_front();
        }
        self.measure(container, problems, now);
    }

    fn measure(&mut self, container: &Container, problems: u64, now: DateTime<Utc>) {
        if !container.state.is_up() || self.samples.back().is_some_and(|s| now - s.time < PACE) {
            return;
        }
        while self.samples.front().is_some_and(|s| s.time < now - KEEP) {
            self.samples.pop_front();
        }
        let usage = container.usage;
        let cpu = usage.and_then(|usage| {
            let cores = container.care.cpus.unwrap_or(f32::from(usage.cores));
            (cores > 0.0).then(|| usage.cpu_percent / 100.0 / cores)
        });
        let memory = usage.and_then(|usage| {
            let share = usage.memory as f64 / usage.memory_limit as f64;
            (usage.memory_limit > 0).then_some(share as f32)
        });
        let network_errors = usage.map_or(0, |usage| usage.network_errors);
        self.samples.push_back(Sample { time: now, cpu, memory, network_errors, problems });
    }
}

fn is_ill(container: &Container) -> bool {
    container.state == RunState::Running && container.health == Health::Unhealthy
}

pub(super) fn is_well(container: &Container) -> bool {
    container.state == RunState::Running
        && matches!(container.health, Health::None | Health::Healthy)
}

fn since(mark: &mut Option<DateTime<Utc>>, is_so: bool, now: DateTime<Utc>) {
    if !is_so {
        *mark = None;
    } else if mark.is_none() {
        *mark = Some(now);
    }
}

/// All containers over time.
#[derive(Debug, Clone, Default)]
pub struct Trails {
    trails: BTreeMap<ContainerId, Trail>,
}

impl Trails {
    /// Takes a look at all services; `problems` is what each has logged so far. Cheap, and may be called at any pace.
    pub fn see(
        &mut self,
        services: &[Service],
        problems: &BTreeMap<ServiceName, u64>,
        now: DateTime<Utc>,
    ) {
        let mut there = BTreeSet::new();
        for service in services {
            let problems = problems.get(&service.name).copied().unwrap_or(0);
            for container in &service.containers {
                let id = &container.origin.container;
                there.insert(id.clone());
                let trail = self.trails.entry(id.clone());
                trail.or_insert_with(|| Trail::begin(container, now)).see(container, problems, now);
            }
        }
        self.trails.retain(|id, _| there.contains(id));
    }

    /// Time during which nobody looked does not count: whatever was ill or well is so from `now` on.
    pub fn was_away(&mut self, now: DateTime<Utc>) {
        for trail in self.trails.values_mut() {
            trail.samples.clear();
            trail.ill_since = trail.ill_since.map(|_| now);
            trail.well_since = trail.well_since.map(|_| now);
            trail.state_since = now;
        }
    }

    pub(super) fn of(&self, container: &ContainerId) -> Option<&Trail> {
        self.trails.get(container)
    }

    /// Since when every container of a service that must be is well; `None` where one is not.
    pub(super) fn well_since(&self, service: &Service) -> Option<DateTime<Utc>> {
        let mut latest = None;
        for container in &service.containers {
            if container.state == RunState::Exited(0) {
                continue;
            }
            let since = self.of(&container.origin.container)?.well_since?;
            latest = latest.max(Some(since));
        }
        latest
    }
}
