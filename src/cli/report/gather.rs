//! Reads the facts of a report off a store.

use super::facts::{
    About, CategoryFacts, Minute, Problem, ProblemService, Report, SampleFacts, ServiceFacts,
    SeverityFacts, Summary,
};
use crate::{
    engine::Redactor,
    model::{Category, ErrorGroup, SafeText, Sample, ServiceName, Severity, Trend},
    store::Store,
};
use chrono::{DateTime, TimeDelta, Utc};
use std::collections::BTreeMap;

/// Version of the JSON form.
const SCHEMA_VERSION: u32 = 1;
/// Samples shown of one problem in one service.
const SAMPLES: usize = 3;
/// Lines of one sample in JSON.
const SAMPLE_LINES: usize = 50;

impl Report {
    /// Reads the report off a store. Secrets are masked in every text.
    pub fn from_store(
        store: &Store,
        about: &About,
        redactor: &Redactor,
        now: DateTime<Utc>,
    ) -> Self {
        let wanted =
            |name: &ServiceName| about.services.is_empty() || about.services.contains(name);
        let mut groups: Vec<&ErrorGroup> =
            store.groups().filter(|g| g.services.iter().any(|s| wanted(&s.service))).collect();
        groups.sort_by_key(|g| {
            (std::cmp::Reverse(g.severity()), std::cmp::Reverse(g.count), g.fingerprint)
        });
        let mask = |text: &SafeText| redactor.redact(text).0;
        let problems: Vec<Problem> = groups.iter().map(|g| problem(g, &wanted, &mask)).collect();
        let services: Vec<ServiceFacts> = store
            .services()
            .filter(|s| wanted(&s.name))
            .map(|s| {
                let lines = store.totals().by_service.get(&s.name).copied().unwrap_or_default();
                let unreadable = s.containers.iter().find_map(|c| c.unreadable.as_ref());
                service_facts(&s.name, lines, unreadable.map(ToString::to_string), &problems)
            })
            .collect();
        let mut summary = Summary {
            services_analyzed: services.len(),
            services_unreadable: services.iter().filter(|s| s.unreadable.is_some()).count(),
            total_lines: services.iter().map(|s| s.lines).sum(),
            lost_lines: store.totals().lost,
            total_problems: problems.len(),
            ..Summary::default()
        };
        for Problem { severity, count, .. } in &problems {
            match severity {
                Severity::Critical => {
                    summary.total_critical += count;
                    summary.total_errors += count;
                }
                Severity::Error => summary.total_errors += count,
                Severity::Warning => summary.total_warnings += count,
                Severity::Info => summary.total_infos += count,
            }
        }
        Self {
            schema_version: SCHEMA_VERSION,
            generated_at: now,
            source: about.name.clone(),
            is_recorded: about.is_recorded,
            since: about.since,
            summary,
            services,
            by_category: by_category(&problems),
            by_severity: by_severity(&problems),
            timeline: timeline(&groups),
            problems,
            baseline: None,
        }
    }
}

fn problem(
    group: &ErrorGroup,
    wanted: &impl Fn(&ServiceName) -> bool,
    mask: &impl Fn(&SafeText) -> String,
) -> Problem {
    let services: Vec<_> = group
        .services
        .iter()
        .filter(|s| wanted(&s.service))
        .map(|s| {
            let mut samples: Vec<&Sample> =
                group.samples.iter().filter(|sample| sample.service == s.service).collect();
            samples.sort_by_key(|sample| sample.position);
            ProblemService {
                service: s.service.to_string(),
                count: s.count,
                samples: samples.iter().take(SAMPLES).map(|s| sample_facts(s, mask)).collect(),
            }
        })
        .collect();
    Problem {
        fingerprint: group.fingerprint.to_string(),
        rule: group.rule.to_string(),
        category: group.category,
        severity: group.severity(),
        escalation: group.escalation.as_ref().map(ToString::to_string),
        title: group.heading().to_string(),
        hint: group.guidance.hint.to_string(),
        template: mask(&group.template),
        count: services.iter().map(|s| s.count).sum(),
        first_seen: group.first_seen,
        last_seen: group.last_seen,
        services,
        recommended_actions: group.guidance.remedies.iter().map(ToString::to_string).collect(),
        novelty: None,
        fails: false,
    }
}

fn sample_facts(sample: &Sample, mask: &impl Fn(&SafeText) -> String) -> SampleFacts {
    SampleFacts {
        line: sample.position.id.0,
        time: sample.position.time,
        message: mask(&sample.message),
        lines: sample.lines.iter().take(SAMPLE_LINES).map(mask).collect(),
    }
}

fn service_facts(
    name: &ServiceName,
    lines: u64,
    unreadable: Option<String>,
    problems: &[Problem],
) -> ServiceFacts {
    let events = |wanted: &dyn Fn(Severity) -> bool| {
        let here = problems.iter().filter(|p| wanted(p.severity)).flat_map(|p| &p.services);
        here.filter(|s| s.service == name.as_str()).map(|s| s.count).sum()
    };
    ServiceFacts {
        service: name.to_string(),
        lines,
        errors: events(&|s| s >= Severity::Error),
        critical: events(&|s| s == Severity::Critical),
        warnings: events(&|s| s == Severity::Warning),
        unreadable,
    }
}

fn by_category(problems: &[Problem]) -> Vec<CategoryFacts> {
    let mut sums: BTreeMap<Category, (u64, usize)> = BTreeMap::new();
    for problem in problems {
        let (count, kinds) = sums.entry(problem.category).or_default();
        *count += problem.count;
        *kinds += 1;
    }
    let mut facts: Vec<_> = sums
        .into_iter()
        .map(|(category, (count, problems))| CategoryFacts {
            category,
            title: category.title(),
            count,
            problems,
        })
        .collect();
    facts.sort_by_key(|f| std::cmp::Reverse(f.count));
    facts
}

fn by_severity(problems: &[Problem]) -> Vec<SeverityFacts> {
    let facts = Severity::ALL.into_iter().map(|severity| {
        let those = problems.iter().filter(|p| p.severity == severity);
        let (count, problems) = those.fold((0, 0), |(c, n), p| (c + p.count, n + 1));
        SeverityFacts { severity, count, problems }
    });
    facts.filter(|f| f.problems > 0).collect()
}

/// Minute by minute, up to the newest event of all.
fn timeline(groups: &[&ErrorGroup]) -> Vec<Minute> {
    let Some(newest) = groups.iter().map(|g| g.last_seen).max() else { return Vec::new() };
    let begin = newest - TimeDelta::seconds(newest.timestamp().rem_euclid(60));
    let begin = begin - TimeDelta::nanoseconds(i64::from(newest.timestamp_subsec_nanos()));
    let mut minutes: Vec<Minute> = (0..Trend::MINUTES as i64)
        .rev()
        .map(|back| {
            let time = begin - TimeDelta::minutes(back);
            Minute { time, errors: 0, critical: 0, warnings: 0 }
        })
        .collect();
    for group in groups {
        let severity = group.severity();
        for (minute, count) in minutes.iter_mut().zip(group.trend.last(Trend::MINUTES, newest)) {
            let is_error = severity >= Severity::Error;
            let sum = if is_error { &mut minute.errors } else { &mut minute.warnings };
            *sum = sum.saturating_add(count);
            if severity == Severity::Critical {
                minute.critical = minute.critical.saturating_add(count);
            }
        }
    }
    minutes
}
