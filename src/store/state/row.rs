//! A group as it stands on disk: everything but what its rule tells, which belongs to the rule.

use crate::model::{
    Category, ErrorGroup, FiledIssue, Fingerprint, RuleId, SafeText, Sample, ServiceCount,
    Severity, Status, StatusKind, Trend, Variety,
};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::{borrow::Cow, sync::Arc};

/// Samples on disk: the first one, and the newest.
const MAX_SAMPLES: usize = 10;

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Row<'a> {
    fingerprint: Fingerprint,
    template: Cow<'a, SafeText>,
    rule: Cow<'a, RuleId>,
    category: Category,
    base_severity: Severity,
    escalation: Cow<'a, Option<SafeText>>,
    status: Cow<'a, Status>,
    count: u64,
    first_seen: DateTime<Utc>,
    last_seen: DateTime<Utc>,
    services: Cow<'a, [ServiceCount]>,
    trend: Cow<'a, Trend>,
    samples: Vec<Cow<'a, Sample>>,
    sessions: u32,
    issue: Cow<'a, Option<FiledIssue>>,
    #[serde(default)]
    variety: Cow<'a, Variety>,
}

impl<'a> From<&'a ErrorGroup> for Row<'a> {
    fn from(group: &'a ErrorGroup) -> Self {
        let skipped = group.samples.len().saturating_sub(MAX_SAMPLES);
        let samples = group.samples.iter().enumerate();
        Self {
            fingerprint: group.fingerprint,
            template: Cow::Borrowed(&group.template),
            rule: Cow::Borrowed(&group.rule),
            category: group.category,
            base_severity: group.base_severity,
            escalation: Cow::Borrowed(&group.escalation),
            status: Cow::Borrowed(&group.status),
            count: group.count,
            first_seen: group.first_seen,
            last_seen: group.last_seen,
            services: Cow::Borrowed(&group.services),
            trend: Cow::Borrowed(&group.trend),
            samples: samples
                .filter(|(at, _)| *at == 0 || *at > skipped)
                .map(|(_, sample)| Cow::Borrowed(sample))
                .collect(),
            sessions: group.sessions,
            issue: Cow::Borrowed(&group.issue),
            variety: Cow::Borrowed(&group.variety),
        }
    }
}

impl From<Row<'_>> for ErrorGroup {
    fn from(row: Row<'_>) -> Self {
        let samples = row.samples.into_iter().map(Cow::into_owned);
        Self {
            fingerprint: row.fingerprint,
            template: row.template.into_owned(),
            rule: row.rule.into_owned(),
            guidance: Arc::default(),
            category: row.category,
            base_severity: row.base_severity,
            escalation: row.escalation.into_owned(),
            status: row.status.into_owned(),
            count: row.count,
            first_seen: row.first_seen,
            last_seen: row.last_seen,
            services: row.services.into_owned(),
            trend: row.trend.into_owned(),
            samples: samples.collect(),
            sessions: row.sessions,
            issue: row.issue.into_owned(),
            variety: row.variety.into_owned(),
        }
    }
}

/// Whether a person did something about a group that must outlive its silence.
pub(super) fn is_kept(group: &ErrorGroup) -> bool {
    use StatusKind::{Fixed, Muted, Verifying};
    matches!(group.status.kind(), Muted | Fixed | Verifying) || group.issue.is_some()
}
