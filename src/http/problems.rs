//! `GET /api/v1/problems` and `/api/v1/problems/:fingerprint`.

use super::{
    answer::{self, Refusal},
    query::{Words, shown},
    routes::Site,
};
use crate::{
    engine::Handle,
    model::{
        Category, ErrorGroup, FiledIssue, Fingerprint, SafeText, Sample, ServiceName, Severity,
        StatusKind, Stream,
    },
};
use axum::{
    extract::{Path, RawQuery, State},
    response::Response,
};
use chrono::Utc;
use serde::Serialize;
use serde_json::json;
use std::{cmp::Reverse, sync::Arc};

/// Problems of one answer where no limit was asked for, and at most: more are not kept.
const USUAL: usize = 100;
const MOST: usize = 2_000;

const STATES: [StatusKind; 6] = [
    StatusKind::New,
    StatusKind::Ongoing,
    StatusKind::Regressed,
    StatusKind::Verifying,
    StatusKind::Fixed,
    StatusKind::Muted,
];

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Problem {
    fingerprint: Fingerprint,
    title: String,
    template: String,
    category: &'static str,
    severity: Severity,
    state: &'static str,
    is_open: bool,
    rule: String,
    /// Events of all runs.
    count: u64,
    per_second: f64,
    /// Milliseconds since 1970.
    first_seen: i64,
    last_seen: i64,
    services: Vec<Share>,
    #[serde(skip_serializing_if = "Option::is_none")]
    issue: Option<FiledIssue>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Share {
    service_name: ServiceName,
    count: u64,
    last_seen: i64,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Occurrence {
    timestamp: i64,
    service_name: ServiceName,
    container_id: String,
    is_std_err: bool,
    message: String,
    lines: Vec<String>,
}

/// The worst first; of equal ones, the newest first. Only the open ones unless states are named.
pub(super) async fn list(
    State(site): State<Arc<Site>>,
    RawQuery(query): RawQuery,
) -> Result<Response, Refusal> {
    let known = ["serviceName", "severity", "category", "state", "limit"];
    let words = Words::read(query.as_deref(), &known)?;
    let services: Vec<_> = words.all("serviceName")?.into_iter().map(ServiceName::from).collect();
    let severities = words.of("severity", &Severity::ALL.map(|s| (s.as_str(), s)))?;
    let categories: Vec<_> = Category::ALL.iter().map(|c| (c.slug(), *c)).collect();
    let categories = words.of("category", &categories)?;
    let states = words.of("state", &STATES.map(|state| (state.as_str(), state)))?;
    let limit = words.limit(USUAL, MOST)?;
    let is_wanted = |group: &&ErrorGroup| {
        (services.is_empty() || group.services.iter().any(|s| services.contains(&s.service)))
            && (severities.is_empty() || severities.contains(&group.severity()))
            && (categories.is_empty() || categories.contains(&group.category))
            && if states.is_empty() {
                group.status.is_open()
            } else {
                states.contains(&group.status.kind())
            }
    };
    let (total, groups) = site.handle.read(|store| {
        let mut groups: Vec<_> = store.groups().filter(is_wanted).collect();
        groups.sort_by_key(|g| (Reverse((g.severity(), g.last_seen)), g.fingerprint));
        (groups.len(), groups.into_iter().take(limit).cloned().collect::<Vec<_>>())
    });
    let problems: Vec<_> = groups.iter().map(|group| problem(group, &site.handle)).collect();
    Ok(answer::json(&json!({ "count": problems.len(), "total": total, "problems": problems })))
}

/// One problem with what helps, and its occurrences, newest first.
pub(super) async fn one(
    State(site): State<Arc<Site>>,
    Path(name): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Response, Refusal> {
    Words::read(query.as_deref(), &[])?;
    let fingerprint = Fingerprint::parse(&name).ok_or_else(|| {
        let told = format!("must be like fp2:0123456789abcdef, not {}", shown(&name));
        Refusal::bad("fingerprint", told)
    })?;
    let group = site.handle.read(|store| store.group(fingerprint).cloned());
    let group = group.ok_or_else(|| {
        Refusal::missing(format!("there is no problem {fingerprint}")).about("fingerprint")
    })?;
    let redact = |text: &str| site.handle.redact(text).0;
    let occurrences: Vec<_> =
        group.samples.iter().rev().map(|sample| occurrence(sample, &redact)).collect();
    let remedies: Vec<_> = group.guidance.remedies.iter().map(SafeText::as_str).collect();
    Ok(answer::json(&json!({
        "problem": problem(&group, &site.handle),
        "hint": group.guidance.hint,
        "remedies": remedies,
        "escalation": group.escalation,
        "occurrences": occurrences,
    })))
}

fn problem(group: &ErrorGroup, handle: &Handle) -> Problem {
    let template = handle.redact(&group.template).0;
    let title = group.heading();
    Problem {
        fingerprint: group.fingerprint,
        title: if title.is_empty() { template.clone() } else { title.to_string() },
        template,
        category: group.category.slug(),
        severity: group.severity(),
        state: group.status.kind().as_str(),
        is_open: group.status.is_open(),
        rule: group.rule.to_string(),
        count: group.count,
        per_second: group.rate(Utc::now()),
        first_seen: group.first_seen.timestamp_millis(),
        last_seen: group.last_seen.timestamp_millis(),
        services: group
            .services
            .iter()
            .map(|share| Share {
                service_name: share.service.clone(),
                count: share.count,
                last_seen: share.last_seen.timestamp_millis(),
            })
            .collect(),
        issue: group.issue.clone(),
    }
}

fn occurrence(sample: &Sample, redact: &impl Fn(&str) -> String) -> Occurrence {
    Occurrence {
        timestamp: sample.position.time.timestamp_millis(),
        service_name: sample.service.clone(),
        container_id: sample.container.as_str().to_owned(),
        is_std_err: sample.stream == Stream::Stderr,
        message: redact(&sample.message),
        lines: sample.lines.iter().map(|line| redact(line)).collect(),
    }
}
