//! Which address is answered by what, and who may ask there.

use super::{
    Settings, alerts,
    answer::Refusal,
    attach,
    counts::Counts,
    guard::{Guard, Scope},
    logs, metrics,
    pace::Pace,
    problems, repair, services, status, stream,
};
use crate::engine::Handle;
use axum::{
    Router,
    body::Body,
    extract::{Request, State},
    http::{Method, StatusCode},
    middleware::{self, Next},
    response::{IntoResponse as _, Response},
    routing::{MethodRouter, get, post},
};
use std::{sync::Arc, time::Duration};
use tokio::{
    sync::{Semaphore, watch},
    time::timeout,
};

/// Searches that run at once; more wait.
const SEARCHES: usize = 2;
/// No answer takes longer to begin.
const PATIENCE: Duration = Duration::from_secs(30);

/// What all answers are made from.
#[derive(Debug)]
pub(super) struct Site {
    pub(super) handle: Handle,
    pub(super) settings: Settings,
    pub(super) guard: Guard,
    pub(super) searches: Semaphore,
    pub(super) counts: Counts,
    /// Repairs and alerts.
    pub(super) acts: Pace,
    pub(super) alerts: alerts::Board,
    /// Becomes true when the server is to end; streams end then.
    pub(super) closing: watch::Receiver<bool>,
}

impl Site {
    pub(super) fn new(
        handle: Handle,
        settings: Settings,
        guard: Guard,
        closing: watch::Receiver<bool>,
    ) -> Self {
        Self {
            handle,
            guard,
            searches: Semaphore::new(SEARCHES),
            counts: Counts::default(),
            acts: Pace::new(settings.acts_per_minute),
            alerts: alerts::Board::default(),
            settings,
            closing,
        }
    }
}

/// All addresses.
pub(super) fn router(site: &Arc<Site>) -> Router {
    let guarded = |scope: Scope, route: MethodRouter<Arc<Site>>| {
        let door = Door { site: Arc::clone(site), scope };
        route.layer(middleware::from_fn_with_state(door, pass))
    };
    let at = |scope, route: MethodRouter<Arc<Site>>| guarded(scope, route.fallback(wrong_method));
    // Who reads sees what came; who acts sends.
    let alerts =
        at(Scope::Read, get(alerts::list)).merge(guarded(Scope::Act, post(alerts::receive)));
    Router::new()
        .route("/health", at(Scope::Open, get(status::health)))
        .route("/ready", at(Scope::Open, get(status::ready)))
        .route("/api/v1/logs", at(Scope::Read, get(logs::list)))
        .route("/api/v1/logs/count", at(Scope::Read, get(logs::count)))
        .route("/api/v1/logs/stream", at(Scope::Read, get(stream::lines)))
        .route(
            "/api/v1/logs/{container}/attach",
            at(Scope::Act, post(attach::attach).delete(attach::detach)),
        )
        .route("/api/v1/problems", at(Scope::Read, get(problems::list)))
        .route("/api/v1/problems/{fingerprint}", at(Scope::Read, get(problems::one)))
        .route("/api/v1/alerts", alerts)
        .route("/metrics", at(Scope::Read, get(metrics::page)))
        .route("/repair/{service}", at(Scope::Act, post(repair::repair)))
        .route("/api/v1/services", at(Scope::Read, get(services::list)))
        .fallback(at_nothing)
        .layer(middleware::from_fn_with_state(Arc::clone(site), count))
        .with_state(Arc::clone(site))
}

/// The way to an address.
#[derive(Clone)]
struct Door {
    site: Arc<Site>,
    scope: Scope,
}

/// Asks who comes before anything else is looked at; and lets no answer take for ever.
async fn pass(State(door): State<Door>, request: Request<Body>, next: Next) -> Response {
    if let Err(refusal) = door.site.guard.check(request.headers(), door.scope) {
        return refusal.into_response();
    }
    timeout(PATIENCE, next.run(request)).await.unwrap_or_else(|_| {
        let told = format!("no answer within {} s", PATIENCE.as_secs());
        Refusal::new(StatusCode::SERVICE_UNAVAILABLE, "too_slow", told).into_response()
    })
}

/// Notes what was answered.
async fn count(State(site): State<Arc<Site>>, request: Request<Body>, next: Next) -> Response {
    let response = next.run(request).await;
    site.counts.answered(response.status());
    response
}

async fn wrong_method(method: Method) -> Refusal {
    let told = format!("{method} means nothing here");
    Refusal::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", told)
}

/// Says so also to those who may not read: which addresses exist is no secret.
async fn at_nothing(State(site): State<Arc<Site>>, request: Request<Body>) -> Refusal {
    match site.guard.check(request.headers(), Scope::Open) {
        Err(refusal) => refusal,
        // Users of an older log store bring its deploying along.
        Ok(()) if request.uri().path().starts_with("/api/v1/apps") => Refusal::missing(
            "dogwatch deploys nothing: start services with `docker compose up -d`, they are followed by themselves; /api/v1/services tells what runs",
        ),
        Ok(()) => Refusal::missing(
            "there is nothing at this address; /api/v1/logs, /api/v1/problems, /api/v1/services are",
        ),
    }
}
