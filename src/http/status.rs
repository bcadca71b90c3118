//! `GET /health`: does the server live; `GET /ready`: does what it watches answer.

use super::{answer, routes::Site};
use crate::source::Link;
use axum::{extract::State, http::StatusCode, response::Response};
use serde_json::json;
use std::sync::Arc;

/// Always well: who answers, lives.
pub(super) async fn health() -> Response {
    answer::json(&json!({ "status": "ok" }))
}

/// Well when the source can be reached and the rules are made; tells nothing else to strangers.
pub(super) async fn ready(State(site): State<Arc<Site>>) -> Response {
    let has_rules = site.handle.read(|store| store.totals().rules > 0);
    let reason = match site.handle.link() {
        _ if !has_rules => "the rules are not ready",
        Link::Live | Link::Ended => return answer::json(&json!({ "status": "ready" })),
        Link::Connecting => "the source has not answered yet",
        Link::Away { .. } => "the source cannot be reached",
    };
    let body = json!({ "status": "not ready", "reason": reason });
    answer::with_status(StatusCode::SERVICE_UNAVAILABLE, &body)
}
