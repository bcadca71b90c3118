//! The Engine, its clock, and how it keeps the logs of containers.

use super::Check;
use crate::source::docker::{Examination, Examined};
use chrono::TimeDelta;
use std::collections::BTreeSet;

/// A difference that no slow answer explains.
const SKEW: TimeDelta = TimeDelta::seconds(2);

/// The Engine's versions and clock, and what could not be asked.
pub fn engine(found: &Examination) -> Vec<Check> {
    let mut checks = Vec::new();
    let Examination { engine, api, oldest_api, spoken_api, .. } = found;
    if !api.is_empty() {
        let versions = format!("Engine {engine}, API {oldest_api} to {api}; spoken: {spoken_api}");
        checks.push(if found.is_supported {
            Check::ok("docker", versions)
        } else {
            let fact = format!("{versions}, which it does not take any more");
            Check::fail("docker", fact, "A newer dogwatch speaks a newer version.")
        });
    }
    checks.extend(found.clock_ahead.map(clock));
    let help = "Try docker info; restart Docker where that does not answer either.";
    checks.extend(found.troubles.iter().map(|told| Check::warn("docker", told.clone(), help)));
    checks
}

/// What may lose lines of the containers, or keeps them from being read; the good ones in one line.
pub fn containers(found: &Examination) -> Vec<Check> {
    let is_good = |one: &&Examined| one.unreadable.is_none() && one.risks.is_empty();
    let good: Vec<_> = found.containers.iter().filter(is_good).collect();
    let mut checks = Vec::new();
    if found.containers.is_empty() {
        checks.push(Check::ok("containers", "no containers yet"));
    } else if !good.is_empty() {
        let drivers: BTreeSet<_> = good.iter().map(|one| one.driver.name.as_str()).collect();
        let drivers: Vec<_> = drivers.into_iter().collect();
        let told = if good.len() == 1 {
            "1 log can be read and keeps enough".to_owned()
        } else {
            format!("{} logs can be read and keep enough", good.len())
        };
        checks.push(Check::ok("containers", format!("{told} ({})", drivers.join(", "))));
    }
    for one in &found.containers {
        if let Some(reason) = &one.unreadable {
            let fact = format!("its log cannot be read: {reason}");
            let fix = "Give it one that can, in the compose file, then docker compose up -d: \
                       logging: {driver: json-file}";
            checks.push(Check::warn(one.name.clone(), fact, fix));
        }
        let risks = one.risks.iter();
        checks
            .extend(risks.map(|risk| {
                Check::warn(one.name.clone(), risk.sentence.clone(), risk.fix.clone())
            }));
    }
    checks
}

/// How far the Engine's clock is ahead of ours.
pub fn clock(ahead: TimeDelta) -> Check {
    let apart = ahead.abs();
    let told = format!("{:.1} s", apart.num_milliseconds() as f64 / 1e3);
    if apart <= SKEW {
        return Check::ok("clock", format!("the Engine's clock and this one are {told} apart"));
    }
    let way = if ahead > TimeDelta::zero() { "ahead of" } else { "behind" };
    Check::warn(
        "clock",
        format!("the Engine's clock is {told} {way} this one: ages and --since are off by as much"),
        "Let both machines keep time by NTP (timedatectl set-ntp true); restart Docker Desktop after a suspend.",
    )
}
