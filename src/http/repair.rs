//! `POST /repair/SERVICE`, with the answers that users of the older watchdog know.
//!
//! The watchdog decides as for itself: what is well, opted out, cooling down or given up is left alone, and the answer
//! says why. `?force=true` is a person's wish, which no wait and no number of attempts hold back; an opt-out does.

use super::{
    answer::{self, Refusal},
    query::Words,
    routes::Site,
};
use crate::model::{Actor, Command, Outcome, SafeText, ServiceName};
use axum::{
    extract::{Path, RawQuery, State},
    http::{HeaderValue, StatusCode, header},
    response::Response,
};
use serde_json::json;
use std::{sync::Arc, time::Instant};

/// Asks for the repair of a service and does not wait for its end.
pub(super) async fn repair(
    State(site): State<Arc<Site>>,
    Path(service): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Response, Refusal> {
    if !site.settings.repair {
        let told = "repairs by webhook are switched off; start with --repair, or set repair = true under [http]";
        return Ok(refused(StatusCode::FORBIDDEN, told));
    }
    let words = Words::read(query.as_deref(), &["force"])?;
    let is_forced = words.of("force", &[("true", true), ("false", false)])? == [true];
    if let Err(wait) = site.acts.take(Instant::now()) {
        return Ok(slow_down(wait.as_secs() + 1));
    }
    let service = ServiceName::from(service.as_str());
    let is_known = site
        .handle
        .read(|store| store.service(&service).is_some_and(|known| !known.containers.is_empty()));
    if !is_known {
        return Ok(refused(StatusCode::NOT_FOUND, "service not found"));
    }
    if !site.handle.capabilities().can_control {
        return Ok(refused(StatusCode::CONFLICT, "this run may only look"));
    }
    let wish = Command::Repair { service: service.clone(), is_forced, by: Actor::Api };
    let (status, word, reason) = match site.handle.request(wish).await {
        Outcome::Done(reason) => (StatusCode::OK, "repair triggered", reason),
        Outcome::Skipped(reason) => (StatusCode::OK, "nothing to repair", reason),
        Outcome::Failed(reason) | Outcome::Unknown(reason) => {
            (StatusCode::CONFLICT, "repair refused", reason)
        }
        // No other answer belongs to this wish.
        Outcome::Progress(_) | Outcome::Found(_) | Outcome::Filed(..) => {
            (StatusCode::OK, "repair triggered", SafeText::default())
        }
    };
    let mut told = json!({ "status": word, "reason": reason });
    if status != StatusCode::OK {
        told["error"] = json!(reason);
    }
    if let Some(guard) = site.handle.watchdog().guard(&service) {
        told["service"] = json!({
            "name": guard.service, "state": guard.state, "attempts": guard.attempts,
            "allowed": guard.allowed, "nextAt": guard.next_at.map(|at| at.timestamp_millis()),
        });
    }
    Ok(answer::with_status(status, &told))
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
