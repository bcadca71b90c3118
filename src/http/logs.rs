//! `GET /api/v1/logs` and `/api/v1/logs/count`.

use super::{
    answer::{self, Refusal},
    line::Line,
    query::{MOST, USUAL, Wish, Words, written},
    routes::Site,
    search,
};
use crate::store::journal::{self, Stop};
use axum::{
    extract::{RawQuery, State},
    http::StatusCode,
    response::Response,
};
use serde_json::json;
use std::sync::Arc;
use tokio::task::spawn_blocking;

/// The newest lines that are wanted, oldest first; `older` leads to the page before.
pub(super) async fn list(
    State(site): State<Arc<Site>>,
    RawQuery(query): RawQuery,
) -> Result<Response, Refusal> {
    let known: Vec<_> = Wish::CHOICE.into_iter().chain(["until", "before", "limit"]).collect();
    let words = Words::read(query.as_deref(), &known)?;
    let wish = Wish::read(&words)?;
    let limit = words.limit(USUAL, MOST)?;
    searched(&site, move |site, stop| {
        let found = search::newest(&site.handle, &wish, limit, stop)?;
        let lines: Vec<_> = found.records.iter().map(|r| Line::new(r, &site.handle)).collect();
        let older = found.older.map(written);
        Ok(answer::json(&json!({ "count": lines.len(), "logs": lines, "older": older })))
    })
    .await
}

/// How many lines there are; with words behind the `?`, how many of them are wanted.
pub(super) async fn count(
    State(site): State<Arc<Site>>,
    RawQuery(query): RawQuery,
) -> Result<Response, Refusal> {
    let known: Vec<_> = Wish::CHOICE.into_iter().chain(["until"]).collect();
    let wish = Wish::read(&Words::read(query.as_deref(), &known)?)?;
    searched(&site, move |site, stop| {
        let (count, is_complete) = search::count(&site.handle, &wish, stop)?;
        Ok(answer::json(&json!({ "count": count, "isComplete": is_complete })))
    })
    .await
}

/// Does blocking work beside the tasks that answer; it ends early when nobody waits for the answer any more.
pub(super) async fn searched(
    site: &Arc<Site>,
    work: impl FnOnce(&Site, &Stop) -> Result<Response, journal::Error> + Send + 'static,
) -> Result<Response, Refusal> {
    let failed = |told: String| {
        tracing::warn!("A search failed: {told}.");
        Refusal::new(StatusCode::INTERNAL_SERVER_ERROR, "unreadable", told)
    };
    let Ok(_turn) = site.searches.acquire().await else {
        return Err(failed("the server stops".to_owned()));
    };
    let stop = StopOnDrop(Stop::default());
    let (site, flag) = (Arc::clone(site), stop.0.clone());
    match spawn_blocking(move || work(&site, &flag)).await {
        Ok(answer) => answer.map_err(|error| failed(error.to_string())),
        Err(error) => Err(failed(error.to_string())),
    }
}

struct StopOnDrop(Stop);

impl Drop for StopOnDrop {
    fn drop(&mut self) {
        self.0.stop();
    }
}
