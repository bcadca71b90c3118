//! `GET /api/v1/services`: what runs, and how it is.

use super::{
    answer::{self, Refusal},
    line::service_id,
    query::Words,
    routes::Site,
};
use crate::{
    engine::Handle,
    model::{Container, Health, RunState, SafeText, Service},
    store::Store,
};
use axum::{
    extract::{RawQuery, State},
    response::Response,
};
use serde::Serialize;
use serde_json::json;
use std::sync::Arc;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ServiceFacts {
    service_id: u32,
    service_name: SafeText,
    state: &'static str,
    health: Health,
    is_troubled: bool,
    running: usize,
    restarts: u64,
    /// Lines since dogwatch was started.
    lines: u64,
    /// Problems of it that are open.
    problems: usize,
    containers: Vec<ContainerFacts>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ContainerFacts {
    container_id: SafeText,
    name: SafeText,
    image: SafeText,
    state: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    exit_code: Option<i64>,
    health: Health,
    restarts: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    started_at: Option<i64>,
    is_attached: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    unreadable: Option<SafeText>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cpu_percent: Option<f32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    memory_bytes: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    memory_limit_bytes: Option<u64>,
}

/// All services, by name.
pub(super) async fn list(
    State(site): State<Arc<Site>>,
    RawQuery(query): RawQuery,
) -> Result<Response, Refusal> {
    Words::read(query.as_deref(), &[])?;
    let services: Vec<_> = site.handle.read(|store| {
        store.services().map(|service| facts(service, store, &site.handle)).collect()
    });
    Ok(answer::json(&json!({ "count": services.len(), "services": services })))
}

fn facts(service: &Service, store: &Store, handle: &Handle) -> ServiceFacts {
    let is_here = |group: &&crate::model::ErrorGroup| {
        group.status.is_open() && group.services.iter().any(|s| s.service == service.name)
    };
    ServiceFacts {
        service_id: service_id(&service.name),
        service_name: service.name.as_str().into(),
        state: service.state().as_str(),
        health: service.health(),
        is_troubled: service.is_troubled(),
        running: service.running(),
        restarts: service.restarts(),
        lines: store.totals().by_service.get(&service.name).copied().unwrap_or_default(),
        problems: store.groups().filter(is_here).count(),
        containers: service.containers.iter().map(|c| container(c, handle)).collect(),
    }
}

fn container(container: &Container, handle: &Handle) -> ContainerFacts {
    let id = &container.origin.container;
    let limit = |usage: crate::model::Usage| Some(usage.memory_limit).filter(|limit| *limit > 0);
    ContainerFacts {
        container_id: id.as_str().into(),
        name: container.name.clone(),
        image: container.image.clone(),
        state: container.state.as_str(),
        exit_code: match container.state {
            RunState::Exited(code) => Some(code),
            _ => None,
        },
        health: container.health,
        restarts: container.restarts,
        started_at: container.started_at.map(|at| at.timestamp_millis()),
        is_attached: container.unreadable.is_none() && !handle.is_detached(id),
        unreadable: container.unreadable.clone(),
        cpu_percent: container.usage.map(|usage| usage.cpu_percent),
        memory_bytes: container.usage.map(|usage| usage.memory),
        memory_limit_bytes: container.usage.and_then(limit),
    }
}
