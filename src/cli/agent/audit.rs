//! `docker_audit_report.json`: everything that is wrong, in the form that users of older audits read.

use crate::{
    model::{ErrorGroup, Fingerprint, SafeText, Severity},
    store::Store,
};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::{borrow::Cow, cmp::Reverse, collections::BTreeMap};

/// Version of the form; fields are only added while it stays.
const SCHEMA_VERSION: u32 = 1;
/// Lines of an excerpt.
const EXCERPT: usize = 20;

/// How bad, in the words of older audits; compared as a rank, the worst last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Rank {
    /// Worth knowing.
    Low,
    /// A warning.
    Medium,
    /// An error.
    High,
    /// A service cannot do its work.
    Critical,
}

impl Rank {
    const ALL: [Self; 4] = [Self::Critical, Self::High, Self::Medium, Self::Low];

    const fn weight(self) -> u64 {
        match self {
            Self::Critical => 1_000,
            Self::High => 100,
            Self::Medium => 10,
            Self::Low => 1,
        }
    }

    const fn as_str(self) -> &'static str {
        match self {
            Self::Critical => "CRITICAL",
            Self::High => "HIGH",
            Self::Medium => "MEDIUM",
            Self::Low => "LOW",
        }
    }
}

impl From<Severity> for Rank {
    fn from(severity: Severity) -> Self {
        match severity {
            Severity::Critical => Self::Critical,
            Severity::Error => Self::High,
            Severity::Warning => Self::Medium,
            Severity::Info => Self::Low,
        }
    }
}

/// One problem.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditIssue {
    /// Stable name.
    pub id: Fingerprint,
    /// What it is, in a few words.
    pub issue_type: String,
    /// The container that has it most.
    pub container: String,
    /// Its service.
    pub service: String,
    /// How bad.
    pub severity: Rank,
    /// What kind of trouble.
    pub category: Cow<'static, str>,
    /// The lines of the newest one; text of a log, not to be obeyed.
    pub log_excerpt: String,
    /// The message with its changing parts masked.
    pub pattern: String,
    /// The rule that found it.
    pub rule: String,
    /// Events.
    pub count: u64,
    /// The oldest one.
    pub first_seen: DateTime<Utc>,
    /// The newest one.
    pub last_seen: DateTime<Utc>,
    /// All services that have it, most events first.
    pub services: Vec<String>,
    /// What it means.
    pub hint: String,
    /// What to try, in order.
    pub recommended_actions: Vec<String>,
}

/// Everything that is wrong.
#[derive(Debug, Clone)]
pub struct Audit {
    /// When it was read.
    pub time: DateTime<Utc>,
    /// The project.
    pub project: String,
    /// The worst first; of equals what others need, then the most frequent.
    pub issues: Vec<AuditIssue>,
    /// By container: what it does, its restarts, lines of its service.
    containers: BTreeMap<String, (String, u64, u64)>,
}

impl Audit {
    /// Reads it off a store. `mask` takes the secrets out of foreign words.
    pub fn of(
        store: &Store,
        project: &str,
        mask: &dyn Fn(&str) -> String,
        now: DateTime<Utc>,
    ) -> Self {
        let needed = |group: &ErrorGroup| {
            group.main_service().map_or(0, |service| store.dependants(service).len())
        };
        let mut groups: Vec<_> = store.groups().filter(|group| group.status.is_open()).collect();
        groups.sort_by_key(|g| (Reverse((g.severity(), needed(g), g.count)), g.fingerprint));
        let mut containers = BTreeMap::new();
        for service in store.services() {
            let lines = store.totals().by_service.get(&service.name).copied().unwrap_or_default();
            for container in &service.containers {
                let state = container.state.as_str().to_owned();
                containers.insert(container.name.to_string(), (state, container.restarts, lines));
            }
        }
        let issues = groups.iter().map(|group| issue(group, store, mask)).collect();
        Self { time: now, project: project.to_owned(), issues, containers }
    }

    /// The problem of this name.
    pub fn issue(&self, id: Fingerprint) -> Option<&AuditIssue> {
        self.issues.iter().find(|issue| issue.id == id)
    }

    /// One problem of a store, also one that is fixed or muted.
    pub fn one(
        store: &Store,
        id: Fingerprint,
        mask: &dyn Fn(&str) -> String,
    ) -> Option<AuditIssue> {
        store.group(id).map(|group| issue(group, store, mask))
    }

    /// The file.
    pub fn value(&self) -> serde_json::Value {
        let of = |rank: Rank| self.issues.iter().filter(move |issue| issue.severity == rank);
        let mut by_container = BTreeMap::<&str, Vec<&AuditIssue>>::new();
        let mut categories = BTreeMap::<&str, usize>::new();
        for issue in &self.issues {
            by_container.entry(&issue.container).or_default().push(issue);
            *categories.entry(&issue.category).or_default() += 1;
        }
        let by_severity: BTreeMap<_, Vec<_>> =
            Rank::ALL.iter().map(|rank| (rank.as_str(), of(*rank).collect())).collect();
        let score =
            |issues: &[&AuditIssue]| issues.iter().map(|i| i.severity.weight()).sum::<u64>();
        let mut priorities: Vec<_> = by_container
            .iter()
            .map(|(container, issues)| (score(issues), *container, issues.len()))
            .collect();
        priorities.sort_by_key(|(score, container, _)| (Reverse(*score), *container));
        let priorities: Vec<_> = priorities
            .into_iter()
            .map(|(score, container, issues)| {
                json!({"container": container, "priority_score": score, "issues": issues})
            })
            .collect();
        let stats: BTreeMap<_, _> = self
            .containers
            .iter()
            .map(|(name, (state, restarts, lines))| {
                let issues = by_container.get(name.as_str()).map_or(0, Vec::len);
                let stats = json!({"state": state, "restarts": restarts, "total_lines": lines, "issues": issues});
                (name, stats)
            })
            .collect();
        json!({
            "schema_version": SCHEMA_VERSION,
            "audit_timestamp": self.time,
            "project": self.project,
            "summary": {
                "total_issues": self.issues.len(),
                "critical_count": of(Rank::Critical).count(),
                "high_count": of(Rank::High).count(),
                "medium_count": of(Rank::Medium).count(),
                "low_count": of(Rank::Low).count(),
                "containers_analyzed": self.containers.len(),
                "containers_with_issues": by_container.len(),
            },
            "issues_by_severity": by_severity,
            "issues_by_container": by_container,
            "issue_categories": categories,
            "container_stats": stats,
            "remediation_priorities": priorities,
        })
    }
}

fn issue(group: &ErrorGroup, store: &Store, mask: &dyn Fn(&str) -> String) -> AuditIssue {
    let newest = group.newest();
    let service = group.main_service();
    let container = newest
        .and_then(|sample| store.container(&sample.container))
        .or_else(|| store.service(service?)?.containers.first());
    let name = |text: &str| text.to_owned();
    let lines = newest.map(|sample| {
        let lines: Vec<_> = sample.lines.iter().take(EXCERPT).map(SafeText::as_str).collect();
        if lines.is_empty() { sample.message.to_string() } else { lines.join("\n") }
    });
    let title = group.heading().as_str();
    AuditIssue {
        id: group.fingerprint,
        issue_type: if title.is_empty() { name(group.category.title()) } else { name(title) },
        container: container.map_or_else(
            || service.map(ToString::to_string).unwrap_or_default(),
            |container| container.name.to_string(),
        ),
        service: service.map(ToString::to_string).unwrap_or_default(),
        severity: group.severity().into(),
        category: Cow::Borrowed(group.category.slug()),
        log_excerpt: mask(lines.as_deref().unwrap_or(&group.template)),
        pattern: mask(&group.template),
        rule: group.rule.to_string(),
        count: group.count,
        first_seen: group.first_seen,
        last_seen: group.last_seen,
        services: group.services.iter().map(|s| s.service.to_string()).collect(),
        hint: group.guidance.hint.to_string(),
        recommended_actions: group.guidance.remedies.iter().map(ToString::to_string).collect(),
    }
}
