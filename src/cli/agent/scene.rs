//! What the store knows of one problem's surroundings: its services, the lines around it, its frames, what the containers
//! tell of changes.

use super::{
    audit::AuditIssue,
    dossier::{Affected, Around, ChangeKind, Changed},
};
use crate::{
    model::{
        Container, ErrorGroup, Files, Frame, Health, Query, RunState, SafeText, Service,
        ServiceName, frame,
    },
    source::whereabouts::Owner,
    store::Store,
};
use chrono::{DateTime, TimeDelta, Utc};
use std::collections::BTreeSet;

/// Lines before and after the newest event.
const LINES: usize = 20;
/// Places of a trace.
const FRAMES: usize = 10;
/// Services that have it, or are needed, of which is told.
const SERVICES: usize = 12;
/// A container that starts so soon after it was made did not start again.
const FIRST_START: TimeDelta = TimeDelta::minutes(1);

/// Where a problem is.
#[derive(Debug, Clone)]
pub struct Scene {
    /// The services that have it, then those that they need.
    pub services: Vec<Affected>,
    /// Lines around its newest event; empty where the store has none.
    pub context: Vec<Around>,
    /// Places in code, with whose they are.
    pub frames: Vec<(Frame, Owner)>,
    /// What containers tell of changes.
    pub changes: Vec<Changed>,
    /// Where the services that have it come from: name, files, image, when the container was made.
    pub origins: Vec<(String, Files, String, Option<DateTime<Utc>>)>,
}

impl Scene {
    /// Reads it off a store that has the problem. `mask` takes the secrets out of foreign words.
    pub fn of(issue: &AuditIssue, store: &Store, mask: &dyn Fn(&str) -> String) -> Self {
        let group = store.group(issue.id);
        let having: Vec<_> = issue.services.iter().map(|n| ServiceName::from(n.as_str())).collect();
        let mut needed = BTreeSet::new();
        for service in having.iter().filter_map(|name| store.service(name)) {
            let first = service.containers.first();
            needed.extend(first.into_iter().flat_map(|c| c.depends_on.iter().cloned()));
        }
        needed.retain(|name| !having.contains(name));
        let named = having.iter().map(|n| (n, true)).chain(needed.iter().map(|n| (n, false)));
        let known: Vec<_> = named
            .filter_map(|(name, has_it)| Some((store.service(name)?, has_it)))
            .take(SERVICES)
            .collect();
        let mut changes: Vec<_> = known
            .iter()
            .flat_map(|(service, _)| &service.containers)
            .flat_map(|container| changes(container, issue.first_seen))
            .collect();
        changes.sort_by_key(|change| change.time);
        Self {
            services: known.iter().map(|(s, has_it)| affected(s, *has_it, store)).collect(),
            context: group.map(|group| context(group, store, mask)).unwrap_or_default(),
            frames: group.map(|group| frames(group, store)).unwrap_or_default(),
            changes,
            origins: known
                .iter()
                .filter(|(_, has_it)| *has_it)
                .filter_map(|(service, _)| {
                    let first = service.containers.first()?;
                    let (name, image) = (service.name.to_string(), first.image.to_string());
                    Some((name, first.files.clone(), image, first.care.created_at))
                })
                .collect(),
        }
    }
}

fn affected(service: &Service, has_it: bool, store: &Store) -> Affected {
    let first = service.containers.first();
    let names = |list: &[ServiceName]| list.iter().map(ToString::to_string).collect();
    let health = match service.health() {
        Health::None => "none",
        Health::Starting => "starting",
        Health::Healthy => "healthy",
        Health::Unhealthy => "unhealthy",
    };
    Affected {
        service: service.name.to_string(),
        has_it,
        container: first.map(|c| c.name.to_string()).unwrap_or_default(),
        image: first.map(|c| c.image.to_string()).unwrap_or_default(),
        state: service.state().as_str(),
        exit_code: match service.state() {
            RunState::Exited(code) => Some(code),
            _ => None,
        },
        health: health.to_owned(),
        restarts: service.restarts(),
        started_at: first.and_then(|c| c.started_at),
        needs: first.map(|c| names(&c.depends_on)).unwrap_or_default(),
        needed_by: store.dependants(&service.name).iter().map(ToString::to_string).collect(),
    }
}

fn context(group: &ErrorGroup, store: &Store, mask: &dyn Fn(&str) -> String) -> Vec<Around> {
    let Some(newest) = group.newest() else { return Vec::new() };
    let (records, at) = store.context(&Query::default(), newest.position, LINES, LINES);
    let is_kept = store.record(newest.position).is_some();
    records
        .iter()
        .enumerate()
        .map(|(index, record)| Around {
            time: record.time,
            service: record.origin.service.to_string(),
            text: mask(&record.text),
            is_it: is_kept && index == at,
        })
        .collect()
}

fn frames(group: &ErrorGroup, store: &Store) -> Vec<(Frame, Owner)> {
    let newest_first = group.samples.iter().rev();
    let found = newest_first.map(|sample| {
        let lines = sample.lines.iter().chain([&sample.message]).map(SafeText::as_str);
        let container = store.container(&sample.container);
        let container = container.or_else(|| store.service(&sample.service)?.containers.first());
        let files = container.map(|c| c.files.clone()).filter(|files| !files.folder.is_empty());
        let owner = Owner { service: sample.service.as_str().into(), files };
        let own = frame::own(lines).into_iter().take(FRAMES);
        own.map(|frame| (frame, owner.clone())).collect::<Vec<_>>()
    });
    found.into_iter().find(|frames| !frames.is_empty()).unwrap_or_default()
}

/// What a container tells: when it was made, when it began again and how often, how it ended.
fn changes(container: &Container, first_seen: DateTime<Utc>) -> Vec<Changed> {
    let mut found = Vec::new();
    let mut add = |time: DateTime<Utc>, kind, told| {
        let service = Some(container.origin.service.to_string());
        found.push(Changed { time, kind, service, told, is_before: time <= first_seen });
    };
    let made = container.care.created_at;
    if let Some(made) = made {
        let told = format!("{} was made from {}", container.name, container.image);
        add(made, ChangeKind::Deploy, told);
    }
    if let Some(started) = container.started_at
        && made.is_none_or(|made| started - made > FIRST_START || container.restarts > 0)
    {
        let times = match container.restarts {
            0 => String::new(),
            times => format!("; {times} times by the Engine itself"),
        };
        add(started, ChangeKind::Restart, format!("{} was started again{times}", container.name));
    }
    if let Some(ended) = container.finished_at.filter(|ended| ended.timestamp() > 0) {
        let how = match container.state {
            _ if container.oom_killed => ", killed for its memory".to_owned(),
            RunState::Exited(code) => format!(" with code {code}"),
            _ => String::new(),
        };
        add(ended, ChangeKind::End, format!("a run of {} ended{how}", container.name));
    }
    found
}
