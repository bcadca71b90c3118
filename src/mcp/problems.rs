//! Problems: all of them, one with what helps, the lines around it, and what somebody says of it.

use super::{
    Briefer,
    answer::{Answer, Refusal, WARNING, fingerprint, no_problem, text},
    logs,
};
use crate::{
    engine::Handle,
    model::{
        Command, ErrorGroup, MuteUntil, Outcome, Query, Sample, ServiceName, Severity, StatusKind,
    },
};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};
use std::cmp::Reverse;

/// Characters of a message or a line.
const LINE: usize = 2_000;
/// Occurrences that are shown, and lines of each.
const OCCURRENCES: usize = 5;
const LINES: usize = 60;

/// How bad at least.
#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(super) enum AtLeast {
    Critical,
    Error,
    Warning,
    Info,
}

impl AtLeast {
    const fn severity(self) -> Severity {
        match self {
            Self::Critical => Severity::Critical,
            Self::Error => Severity::Error,
            Self::Warning => Severity::Warning,
            Self::Info => Severity::Info,
        }
    }
}

/// Which problems, by where they stand in their life.
#[derive(Debug, Clone, Copy, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(super) enum Standing {
    /// New, ongoing and regressed ones.
    #[default]
    Open,
    /// Marked fixed, quiet since or still being watched.
    Fixed,
    /// Muted by a person.
    Muted,
    /// Whatever became of them.
    All,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Wanted {
    /// Only problems of this Compose service.
    service: Option<String>,
    /// Only problems that are at least so bad.
    severity: Option<AtLeast>,
    /// Only problems that stand so; open ones without it.
    state: Option<Standing>,
    /// At most so many: 20 without it, 100 at most.
    limit: Option<usize>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Named {
    /// The problem, such as `fp2:0123456789abcdef`.
    id: String,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Next {
    /// This problem, such as `fp2:0123456789abcdef`, instead of the next one of the plan.
    id: Option<String>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Around {
    /// The problem, such as `fp2:0123456789abcdef`.
    id: String,
    /// Lines before and after its newest occurrence: 20 without it, 100 at most.
    lines: Option<usize>,
    /// Only lines of this service; all services without it.
    service: Option<String>,
}

/// What is said of a problem.
#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(super) enum Judgement {
    /// It was fixed; when it comes again, it is regressed.
    Fixed,
    /// It is known.
    Acknowledged,
    /// It is not to be shown until it escalates.
    Muted,
    /// It is open after all.
    Open,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Marked {
    /// The problem, such as `fp2:0123456789abcdef`.
    id: String,
    /// What it is.
    state: Judgement,
}

/// The worst first; of equal ones, the newest first.
pub(super) fn list(handle: &Handle, wanted: &Wanted) -> Value {
    let limit = wanted.limit.unwrap_or(20).clamp(1, 100);
    let service = wanted.service.as_deref().map(ServiceName::from);
    let is_wanted = |group: &&ErrorGroup| {
        let stands = match wanted.state.unwrap_or_default() {
            Standing::Open => group.status.is_open(),
            Standing::Fixed => {
                matches!(group.status.kind(), StatusKind::Verifying | StatusKind::Fixed)
            }
            Standing::Muted => group.status.kind() == StatusKind::Muted,
            Standing::All => true,
        };
        stands
            && wanted.severity.is_none_or(|least| group.severity() >= least.severity())
            && service.as_ref().is_none_or(|s| group.services.iter().any(|of| of.service == *s))
    };
    let (total, groups) = handle.read(|store| {
        let mut groups: Vec<_> = store.groups().filter(is_wanted).collect();
        groups.sort_by_key(|g| (Reverse((g.severity(), g.last_seen)), g.fingerprint));
        (groups.len(), groups.into_iter().take(limit).cloned().collect::<Vec<_>>())
    });
    let problems: Vec<_> = groups.iter().map(|group| facts(group, handle)).collect();
    json!({ "warning": WARNING, "count": problems.len(), "total": total, "problems": problems })
}

/// The problem to fix first, or the one that is named, with all that is known of it.
pub(super) async fn next(briefer: &Briefer, wish: Next) -> Answer {
    let id = wish.id.as_deref().map(fingerprint).transpose()?;
    match (briefer(id).await.map_err(Refusal::new)?, id) {
        (Some(value), _) => Ok(value),
        (None, Some(id)) => Err(no_problem(id)),
        (None, None) => Ok(json!({ "warning": WARNING, "nothing_left": true })),
    }
}

/// One problem with what helps, and its newest occurrences.
pub(super) fn read(handle: &Handle, named: &Named) -> Answer {
    let group = find(handle, &named.id)?;
    let newest = group.samples.iter().rev().take(OCCURRENCES);
    let occurrences: Vec<_> = newest.map(|sample| occurrence(sample, handle)).collect();
    let remedies: Vec<_> = group.guidance.remedies.iter().map(|r| text(handle, r, LINE)).collect();
    Ok(json!({
        "warning": WARNING, "problem": facts(&group, handle), "hint": group.guidance.hint,
        "try": remedies, "escalation": group.escalation, "occurrences": occurrences,
    }))
}

/// The lines of all services before, at and after the newest occurrence of a problem.
pub(super) fn context(handle: &Handle, around: &Around) -> Answer {
    let group = find(handle, &around.id)?;
    let lines = around.lines.unwrap_or(20).min(100);
    let query = Query {
        services: around.service.as_deref().map(ServiceName::from).into_iter().collect(),
        ..Query::default()
    };
    let Some(newest) = group.newest() else {
        return Err(Refusal::new("no occurrence of this problem is kept"));
    };
    let (records, at) = handle.read(|store| store.context(&query, newest.position, lines, lines));
    // From the middle outwards, so that what is near stays where not everything fits.
    let written = logs::fitting(&records, at, handle);
    let hit = written.iter().position(|(index, _)| *index == at);
    let lines: Vec<Value> = written.into_iter().map(|(_, line)| line).collect();
    if lines.is_empty() {
        return Ok(json!({
            "warning": WARNING, "problem": facts(&group, handle), "lines": [],
            "note": "these lines are no longer in memory; read_problem has those of the problem",
        }));
    }
    Ok(json!({
        "warning": WARNING, "problem": facts(&group, handle),
        "at": hit, "lines": lines,
    }))
}

/// Says of a problem what became of it.
pub(super) async fn mark(handle: &Handle, marked: &Marked) -> Answer {
    let id = vec![find(handle, &marked.id)?.fingerprint];
    let command = match marked.state {
        Judgement::Fixed => Command::MarkFixed(id),
        Judgement::Acknowledged => Command::Acknowledge(id),
        Judgement::Muted => Command::Mute(id, MuteUntil::Escalates),
        Judgement::Open => Command::Reopen(id),
    };
    let told = match handle.request(command).await {
        Outcome::Done(told) => text(handle, &told, LINE),
        Outcome::Failed(why) | Outcome::Skipped(why) | Outcome::Unknown(why) => {
            return Err(Refusal::new(text(handle, &why, LINE)));
        }
        // No other answer belongs to this wish.
        Outcome::Progress(_) | Outcome::Found(_) | Outcome::Filed(..) => String::new(),
    };
    let group = find(handle, &marked.id)?;
    let mut answer = json!({ "done": told, "problem": facts(&group, handle) });
    if let Err(why) = &handle.capabilities().memory {
        answer["not_kept"] = json!(format!("this mark is lost when this run ends: {why}"));
    }
    Ok(answer)
}

/// The problem of this name.
pub(super) fn find(handle: &Handle, id: &str) -> Result<ErrorGroup, Refusal> {
    let id = fingerprint(id)?;
    handle.read(|store| store.group(id).cloned()).ok_or_else(|| no_problem(id))
}

/// One problem in a few fields.
pub(super) fn facts(group: &ErrorGroup, handle: &Handle) -> Value {
    let template = text(handle, &group.template, LINE);
    let title = text(handle, group.heading(), LINE);
    let services: Vec<_> = group
        .services
        .iter()
        .map(|of| json!({ "service": of.service, "count": of.count, "last_seen": of.last_seen }))
        .collect();
    json!({
        "id": group.fingerprint,
        "title": if title.is_empty() { template.clone() } else { title },
        "message": template,
        "severity": group.severity().as_str(),
        "category": group.category.slug(),
        "state": group.status.kind().as_str(),
        "rule": group.rule.to_string(),
        "count": group.count,
        "first_seen": group.first_seen,
        "last_seen": group.last_seen,
        "services": services,
        "issue": group.issue,
    })
}

fn occurrence(sample: &Sample, handle: &Handle) -> Value {
    let lines: Vec<_> = sample.lines.iter().take(LINES).map(|l| text(handle, l, LINE)).collect();
    json!({
        "time": sample.position.time, "service": sample.service,
        "container": sample.container.as_str(), "stream": sample.stream.as_str(),
        "message": text(handle, &sample.message, LINE), "lines": lines,
    })
}
