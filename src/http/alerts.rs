//! `POST /api/v1/alerts`: Alertmanager's webhook; `GET`: what it sent.
//!
//! Alerts are kept and shown, and those that hold are told to the watchdog. Whether anything is done about one is for
//! its rules to say (`alerts` under `[watchdog]`), never for its sender.

use super::{
    answer::{self, Refusal},
    query::Words,
    repair,
    routes::Site,
};
use crate::model::{self, Command, SafeText};
use axum::{
    body::{Body, to_bytes},
    extract::{RawQuery, State},
    http::{HeaderMap, StatusCode, header},
    response::Response,
};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};
use tokio::time::timeout;

/// Bytes of a request.
const BODY: usize = 64 << 10;
/// How long a request's body may take.
const BODY_TIME: Duration = Duration::from_secs(5);
/// Alerts that are kept.
const ALERTS: usize = 500;
/// Labels and notes of one alert.
const LABELS: usize = 64;

/// Alertmanager's message, version 4; what else it holds is passed over.
#[derive(Debug, Deserialize)]
struct Message {
    alerts: Vec<Alert>,
}

/// Whether an alert holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Status {
    Firing,
    Resolved,
}

/// One alert.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Alert {
    status: Status,
    labels: BTreeMap<SafeText, SafeText>,
    #[serde(default)]
    annotations: BTreeMap<SafeText, SafeText>,
    starts_at: DateTime<Utc>,
    #[serde(default)]
    fingerprint: SafeText,
}

/// The alerts that came, the last state of each.
#[derive(Debug, Default)]
pub(super) struct Board {
    alerts: Mutex<BTreeMap<SafeText, Alert>>,
}

impl Board {
    fn put(&self, alert: Alert) {
        let mut alerts = self.alerts.lock().unwrap_or_else(PoisonError::into_inner);
        let key = if alert.fingerprint.is_empty() {
            format!("{:?}", alert.labels).into()
        } else {
            alert.fingerprint.clone()
        };
        alerts.insert(key, alert);
        while alerts.len() > ALERTS {
            // What is over goes first, then what is oldest.
            let oldest = alerts
                .iter()
                .min_by_key(|(_, alert)| (alert.status == Status::Firing, alert.starts_at))
                .map(|(key, _)| key.clone());
            let Some(oldest) = oldest else { break };
            alerts.remove(&oldest);
        }
    }

    fn all(&self) -> Vec<Alert> {
        let alerts = self.alerts.lock().unwrap_or_else(PoisonError::into_inner);
        let mut all: Vec<_> = alerts.values().cloned().collect();
        all.sort_by_key(|alert| (alert.status != Status::Firing, alert.starts_at));
        all
    }

    /// Those that hold, as the watchdog wants to know them.
    fn told(&self) -> Vec<model::Alert> {
        let alerts = self.alerts.lock().unwrap_or_else(PoisonError::into_inner);
        alerts
            .values()
            .filter(|alert| alert.status == Status::Firing)
            .map(|alert| model::Alert::labelled(&alert.labels, alert.starts_at))
            .collect()
    }

    /// Alerts that hold.
    pub(super) fn firing(&self) -> usize {
        let alerts = self.alerts.lock().unwrap_or_else(PoisonError::into_inner);
        alerts.values().filter(|alert| alert.status == Status::Firing).count()
    }
}

/// The alerts that came, those that hold first.
pub(super) async fn list(
    State(site): State<Arc<Site>>,
    RawQuery(query): RawQuery,
) -> Result<Response, Refusal> {
    Words::read(query.as_deref(), &[])?;
    let alerts = site.alerts.all();
    Ok(answer::json(&json!({ "count": alerts.len(), "alerts": alerts })))
}

/// Takes what Alertmanager sends.
pub(super) async fn receive(
    State(site): State<Arc<Site>>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Refusal> {
    if !site.settings.alerts {
        let told = "alerts are not taken; start with --alerts, or set alerts = true under [http]";
        return Err(Refusal::new(StatusCode::FORBIDDEN, "switched_off", told));
    }
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    let kind = kind.and_then(|kind| kind.split(';').next()).map(str::trim);
    if kind != Some("application/json") {
        let told = "must be application/json";
        return Err(Refusal::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "bad_request", told)
            .about("Content-Type"));
    }
    if let Err(wait) = site.acts.take(Instant::now()) {
        return Ok(repair::slow_down(wait.as_secs() + 1));
    }
    let message = read(body).await?;
    let firing = message.alerts.iter().filter(|a| a.status == Status::Firing).count();
    let received = message.alerts.len();
    for alert in message.alerts {
        let clean = |text: &SafeText| SafeText::from(site.handle.redact(text).0);
        let map = |pairs: BTreeMap<SafeText, SafeText>| {
            pairs.into_iter().take(LABELS).map(|(name, text)| (name, clean(&text))).collect()
        };
        let (labels, annotations) = (map(alert.labels), map(alert.annotations));
        site.alerts.put(Alert { labels, annotations, ..alert });
    }
    // Where there is no watchdog they are only shown.
    let _ = site.handle.send(Command::SetAlerts(site.alerts.told()));
    Ok(answer::json(&json!({ "received": received, "firing": firing })))
}

async fn read(body: Body) -> Result<Message, Refusal> {
    let bytes = match timeout(BODY_TIME, to_bytes(body, BODY)).await {
        Err(_) => {
            let told = format!("the body did not come within {} s", BODY_TIME.as_secs());
            return Err(Refusal::new(StatusCode::REQUEST_TIMEOUT, "too_slow", told));
        }
        Ok(Err(_)) => {
            let told = format!("the body is longer than {} KiB, or was cut off", BODY >> 10);
            return Err(Refusal::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large", told));
        }
        Ok(Ok(bytes)) => bytes,
    };
    serde_json::from_slice(&bytes).map_err(|error| {
        Refusal::bad("body", format!("must be a message of Alertmanager's webhook: {error}"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn alert(name: &str, status: Status, at: i64) -> Alert {
        Alert {
            status,
            labels: BTreeMap::from([("alertname".into(), name.into())]),
            annotations: BTreeMap::new(),
            starts_at: DateTime::from_timestamp(at, 0).unwrap(),
            fingerprint: SafeText::default(),
        }
    }

    #[test]
    fn the_last_state_counts_and_what_is_over_goes_first() {
        let board = Board::default();
        board.put(alert("disk", Status::Firing, 5));
        board.put(alert("disk", Status::Resolved, 5));
        assert_eq!((board.all().len(), board.firing()), (1, 0));
        for n in 0..ALERTS as i64 {
            board.put(alert(&format!("n{n}"), Status::Firing, 10 + n));
        }
        assert_eq!((board.all().len(), board.firing()), (ALERTS, ALERTS));
        board.put(alert("new", Status::Firing, 9_999));
        let all = board.all();
        assert_eq!(all.len(), ALERTS);
        assert!(all.iter().all(|alert| alert.starts_at.timestamp() > 10), "the oldest is gone");
    }
}
