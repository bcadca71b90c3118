//! `POST /repair/SERVICE`, with the answers that users of the older watchdog know.

use super::{answer, routes::Site};
use crate::model::{Command, ServiceName};
use axum::{
    extract::{Path, State},
    http::{HeaderValue, StatusCode, header},
    response::Response,
};
use serde_json::json;
use std::{sync::Arc, time::Instant};

/// Asks for the repair of a service and does not wait for its end.
pub(super) async fn repair(State(site): State<Arc<Site>>, Path(service): Path<String>) -> Response {
    if !site.settings.repair {
        let told = "repairs by webhook are switched off; start with --repair, or set repair = true under [http]";
        return refused(StatusCode::FORBIDDEN, told);
    }
    if let Err(wait) = site.acts.take(Instant::now()) {
        return slow_down(wait.as_secs() + 1);
    }
    let service = ServiceName::from(service.as_str());
    let is_known = site
        .handle
        .read(|store| store.service(&service).is_some_and(|known| !known.containers.is_empty()));
    if !is_known {
        return refused(StatusCode::NOT_FOUND, "service not found");
    }
    if !site.handle.capabilities().can_control {
        return refused(StatusCode::CONFLICT, "this run may only look");
    }
    match site.handle.send(Command::Restart(vec![service])) {
        Ok(_) => answer::json(&json!({ "status": "repair triggered" })),
        Err(busy) => refused(StatusCode::SERVICE_UNAVAILABLE, &busy.to_string()),
    }
}

/// Says that there were too many acts.
pub(super) fn slow_down(seconds: u64) -> Response {
    let mut response = refused(StatusCode::TOO_MANY_REQUESTS, "too many requests");
    response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    response
}

fn refused(status: StatusCode, told: &str) -> Response {
    answer::with_status(status, &json!({ "error": told }))
}
