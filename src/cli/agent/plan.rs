//! `remediation_plan.json`: in which order to fix things; and which one is next.

use super::{
    audit::{Audit, AuditIssue, Rank},
    log::{Deed, Log},
};
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};

/// Attempts on one problem, after which it is left to people and the next one is taken.
const ATTEMPTS: usize = 3;
/// Who started and was not heard of for so long has let it go.
const LET_GO: TimeDelta = TimeDelta::hours(1);
/// Problems shown of one kind.
const SAMPLES: usize = 3;

/// The plan.
#[derive(Debug, Clone)]
pub struct Plan(
    /// The file.
    pub Value,
);

impl Plan {
    /// Problems of one kind together, the worst first.
    pub fn of(audit: &Audit) -> Self {
        let mut kinds: Vec<(Rank, &str, Vec<&AuditIssue>)> = Vec::new();
        for issue in &audit.issues {
            let key = (issue.severity, issue.issue_type.as_str());
            match kinds.iter_mut().find(|(rank, kind, _)| (*rank, *kind) == key) {
                Some((_, _, issues)) => issues.push(issue),
                None => kinds.push((key.0, key.1, vec![issue])),
            }
        }
        let assignments: Vec<_> = kinds
            .iter()
            .map(|(rank, kind, issues)| {
                let mut containers: Vec<_> = issues.iter().map(|i| i.container.as_str()).collect();
                containers.dedup();
                let category = issues.first().map_or("other", |issue| &*issue.category);
                let samples: Vec<_> =
                    issues.iter().take(SAMPLES).map(|issue| hand_off(issue)).collect();
                json!({
                    "agent_type": format!("{category}-agent"), "issue_type": kind, "severity": rank,
                    "issue_count": issues.len(), "affected_containers": containers,
                    "sample_issues": samples,
                })
            })
            .collect();
        let tasks = |is_wanted: &dyn Fn(Rank) -> bool| -> Vec<Value> {
            let wanted = audit.issues.iter().filter(|issue| is_wanted(issue.severity));
            wanted
                .map(|issue| {
                    let action = issue.recommended_actions.first();
                    json!({"id": issue.id, "container": issue.container, "severity": issue.severity,
                        "issue_type": issue.issue_type, "action": action})
                })
                .collect()
        };
        Self(json!({
            "schema_version": 1,
            "generated_at": audit.time,
            "agent_assignments": assignments,
            "immediate_actions": tasks(&|rank| rank >= Rank::High),
            "scheduled_tasks": tasks(&|rank| rank < Rank::High),
        }))
    }
}

/// What is handed to whoever fixes it, as older tools hand it over, with its name.
pub(super) fn hand_off(issue: &AuditIssue) -> Value {
    json!({
        "id": issue.id, "issue_type": issue.issue_type, "container": issue.container,
        "log_excerpt": issue.log_excerpt, "severity": issue.severity,
    })
}

/// The first problem of the plan whose turn it is.
pub fn next<'a>(audit: &'a Audit, log: &Log, now: DateTime<Utc>) -> Option<&'a AuditIssue> {
    turns(audit, log, now).next()
}

/// The problems that were not found to be fixed since they were last seen, also those that are left to people.
pub fn unfixed<'a>(audit: &'a Audit, log: &Log) -> impl Iterator<Item = &'a AuditIssue> {
    audit.issues.iter().filter(|issue| !is_fixed(issue, log))
}

fn is_fixed(issue: &AuditIssue, log: &Log) -> bool {
    log.of(issue.id).next_back().is_some_and(|entry| {
        entry.event == Deed::Verified
            && entry.success == Some(true)
            && entry.timestamp >= issue.last_seen
    })
}

/// The problems of the plan, in order, that nobody works on, that are not fixed, and that did not fail too often.
pub fn turns<'a>(
    audit: &'a Audit,
    log: &Log,
    now: DateTime<Utc>,
) -> impl Iterator<Item = &'a AuditIssue> {
    unfixed(audit, log).filter(move |issue| {
        let failed = log.of(issue.id).filter(|entry| entry.success == Some(false)).count();
        let last = log.of(issue.id).next_back();
        let is_taken = last
            .is_some_and(|entry| entry.event == Deed::Started && now - entry.timestamp < LET_GO);
        failed < ATTEMPTS && !is_taken
    })
}
