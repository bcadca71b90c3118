//! How the Engine keeps the logs of containers, and what time it believes it is.

use super::{Check, size};
use crate::model::Container;
use chrono::{DateTime, TimeDelta, Utc};

/// What remains after a rotation should last longer than any pause of ours.
const ENOUGH: u64 = 8_000_000;
/// A difference that no slow answer explains.
const SKEW: TimeDelta = TimeDelta::seconds(2);

/// What may lose lines of a container, or keeps them from being read; empty where all is well.
pub fn container(container: &Container) -> Vec<Check> {
    let name = container.name.clone();
    let service = &container.origin.service;
    if let Some(reason) = &container.unreadable {
        let fact = format!("its log cannot be read: {reason}");
        return vec![Check::warn(name, fact, snippet(service.as_str(), "json-file"))];
    }
    let log = &container.log;
    let mut checks = Vec::new();
    if let Some(kept) = log.kept()
        && kept < ENOUGH
    {
        let fact = match (kept, log.max_size) {
            (0, Some(max)) => format!(
                "Docker throws its whole log away each time it reaches {} (max-file {}): lines can be lost unread",
                size(max),
                log.max_file
            ),
            _ => format!(
                "Docker keeps only {} of its log after a rotation (max-size {}, max-file {}): a burst can be lost \
                 unread",
                size(kept),
                log.max_size.map_or_else(|| "none".to_owned(), size),
                log.max_file
            ),
        };
        let driver = if log.name.is_empty() { "json-file" } else { log.name.as_str() };
        checks.push(Check::warn(name.clone(), fact, snippet(service.as_str(), driver)));
    }
    if log.is_lossy {
        checks.push(Check::warn(
            name,
            "lossy by configuration: Docker throws lines away when the container writes fast (mode=non-blocking)",
            "Take `mode: non-blocking` out of its logging options, or raise max-buffer-size, and re-create it.",
        ));
    }
    checks
}

/// The part of a compose file that keeps enough.
fn snippet(service: &str, driver: &str) -> String {
    format!(
        "Keep more, then re-create it (docker compose up -d): services: {{ {service}: {{ logging: {{ driver: {driver}, \
         options: {{ max-size: \"10m\", max-file: \"5\" }} }} }} }}"
    )
}

/// A log file that the Engine cannot read to its end; `readable` is the time of the last line that it gives.
pub fn damaged(container: &Container, readable: Option<DateTime<Utc>>) -> Check {
    let fact = match readable {
        Some(time) => format!(
            "its log file is damaged: Docker gives nothing after {}",
            time.format("%Y-%m-%d %H:%M:%S UTC")
        ),
        None => "its log file is damaged: Docker gives nothing of it".to_owned(),
    };
    let service = &container.origin.service;
    let fix = format!(
        "Re-create the container to get a new file: docker compose up -d --force-recreate {service}"
    );
    Check::fail(container.name.clone(), fact, fix)
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
