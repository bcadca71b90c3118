//! A measure of how much a service has to do, and what it means for the number of its containers.

use super::rule::{Gauge, Rule};
use crate::model::{Container, Health, RunState, Service};
use chrono::{DateTime, TimeDelta, Utc};

/// A container that has just started uses what it will not use later.
const YOUNG: TimeDelta = TimeDelta::seconds(30);
/// So near to the target nothing is changed.
const TOLERANCE: f64 = 0.1;
/// All of what a container may use, in percent.
const FULL: f64 = 100.0;
/// Division leaves crumbs, which are not worth a container.
const CRUMB: f64 = 1e-9;

/// What was measured.
#[derive(Debug, Clone, PartialEq)]
pub enum Measure {
    /// For each container in percent; `None` for one that says nothing yet.
    Shares(Vec<Option<f64>>),
    /// For one container, on average.
    Each(f64),
    /// For all containers together.
    Total(f64),
}

impl Measure {
    /// What the Engine's own figures say of a service; `None` for a rule that measures elsewhere.
    pub fn of(service: &Service, rule: &Rule, now: DateTime<Utc>) -> Option<Self> {
        let share = match rule.source {
            Gauge::Cpu => cpu,
            Gauge::Memory => memory,
            Gauge::Command | Gauge::Redis | Gauge::Rabbitmq | Gauge::Promql => return None,
        };
        let is_ready = |container: &Container| {
            let age = container.started_at.map(|started| now - started);
            matches!(container.health, Health::None | Health::Healthy)
                && age.is_some_and(|age| age >= YOUNG)
        };
        let running = service.containers.iter().filter(|c| c.state == RunState::Running);
        Some(Self::Shares(running.map(|c| share(c).filter(|_| is_ready(c))).collect()))
    }

    /// What was asked for elsewhere.
    pub const fn told(figure: f64, rule: &Rule) -> Self {
        if rule.average { Self::Each(figure) } else { Self::Total(figure) }
    }

    /// The number of containers that it asks for, within no bounds, and the figure for each; else why it says nothing.
    pub(super) fn wanted(&self, rule: &Rule, replicas: u32) -> Result<(u32, f64), &'static str> {
        let each = match self {
            Self::Shares(shares) => return wanted_by_shares(shares, rule, replicas),
            Self::Each(figure) => *figure,
            Self::Total(figure) => figure / f64::from(replicas.max(1)),
        };
        if !each.is_finite() || each < 0.0 {
            return Err("the figure is not a number of at least 0");
        }
        Ok((by_ratio(each, rule, f64::from(replicas), replicas), each))
    }
}

fn cpu(container: &Container) -> Option<f64> {
    let usage = container.usage?;
    let cores = container.care.cpus.unwrap_or(f32::from(usage.cores));
    (cores > 0.0).then(|| f64::from(usage.cpu_percent / cores))
}

fn memory(container: &Container) -> Option<f64> {
    let usage = container.usage.filter(|usage| usage.memory_limit > 0)?;
    Some(usage.memory as f64 / usage.memory_limit as f64 * 100.0)
}

/// The dead band, then the tolerance, then as many as bring each to the target.
fn by_ratio(each: f64, rule: &Rule, count: f64, replicas: u32) -> u32 {
    let ratio = each / rule.target;
    let is_within = each <= rule.up_threshold() && each >= rule.down_threshold();
    if is_within || (ratio - 1.0).abs() <= TOLERANCE {
        return replicas;
    }
    let wanted = (count * ratio - CRUMB).ceil().max(0.0) as u32;
    // Who has too much to do is never given fewer containers because some are not counted, nor the other way round.
    if ratio > 1.0 { wanted.max(replicas) } else { wanted.min(replicas) }
}

/// Those that say nothing count as idle for more containers and as fully used for fewer: nothing is changed by a guess.
fn wanted_by_shares(
    shares: &[Option<f64>],
    rule: &Rule,
    replicas: u32,
) -> Result<(u32, f64), &'static str> {
    let known: Vec<f64> = shares.iter().flatten().copied().filter(|s| s.is_finite()).collect();
    if known.is_empty() {
        return Err("no container has been ready for long enough to be measured");
    }
    let (sum, silent) = (known.iter().sum::<f64>(), (shares.len() - known.len()) as f64);
    let each = sum / known.len() as f64;
    let guess = if each > rule.target { 0.0 } else { rule.target.max(FULL) };
    let all = shares.len() as f64;
    let cautious = silent.mul_add(guess, sum) / all;
    let is_turned = (each > rule.target) != (cautious > rule.target);
    let wanted = if is_turned { replicas } else { by_ratio(cautious, rule, all, replicas) };
    Ok((wanted, each))
}
