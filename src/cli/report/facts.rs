//! What a report says, before it has a form. Its JSON is this type; fields are only ever added.

use crate::{
    cli::{FailOn, Format},
    engine::Redactor,
    model::{Category, ErrorGroup, SafeText, Sample, ServiceName, Severity},
    store::Store,
};
use chrono::{DateTime, Utc};
use serde::Serialize;
use std::{
    collections::{BTreeMap, BTreeSet},
    io::{self, Write},
};

/// Version of the JSON form.
const SCHEMA_VERSION: u32 = 1;
/// Samples shown of one problem in one service.
const SAMPLES: usize = 3;
/// Lines of one sample in JSON.
const SAMPLE_LINES: usize = 50;

/// What was asked for.
#[derive(Debug, Clone, Default)]
pub struct About {
    /// Project or file.
    pub name: String,
    /// Whether it is a recorded log: samples are named by line number instead of time.
    pub is_recorded: bool,
    /// Nothing older was read.
    pub since: Option<DateTime<Utc>>,
    /// Only these services; empty means all.
    pub services: BTreeSet<ServiceName>,
}

/// What was read and what went wrong in it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Report {
    /// Version of this form.
    pub schema_version: u32,
    /// When it was written.
    pub generated_at: DateTime<Utc>,
    /// Project or file.
    pub source: String,
    #[serde(skip)]
    pub(super) is_recorded: bool,
    /// Nothing older was read.
    pub since: Option<DateTime<Utc>>,
    /// Sums.
    pub summary: Summary,
    /// Every service that was read, also those without trouble, by name.
    pub services: Vec<ServiceFacts>,
    /// Events by category, most first.
    pub by_category: Vec<CategoryFacts>,
    /// Events by severity, worst first.
    pub by_severity: Vec<SeverityFacts>,
    /// The problems, worst first.
    pub problems: Vec<Problem>,
}

/// Sums over all services.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Summary {
    /// Services read.
    pub services_analyzed: usize,
    /// Services whose logs cannot be read.
    pub services_unreadable: usize,
    /// Lines read.
    pub total_lines: u64,
    /// Lines known to be lost on the way.
    pub lost_lines: u64,
    /// Different problems.
    pub total_problems: usize,
    /// Events of severity error or critical.
    pub total_errors: u64,
    /// Those of them that are critical.
    pub total_critical: u64,
    /// Events of severity warning.
    pub total_warnings: u64,
    /// Events of severity info.
    pub total_infos: u64,
}

/// One service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ServiceFacts {
    /// Its name.
    pub service: String,
    /// Lines read from it.
    pub lines: u64,
    /// Events of severity error or critical.
    pub errors: u64,
    /// Those of them that are critical.
    pub critical: u64,
    /// Events of severity warning.
    pub warnings: u64,
    /// Why its logs cannot be read.
    pub unreadable: Option<String>,
}

/// One category.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CategoryFacts {
    /// Slug.
    pub category: Category,
    /// Words for people.
    pub title: &'static str,
    /// Events.
    pub count: u64,
    /// Different problems.
    pub problems: usize,
}

/// One severity.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SeverityFacts {
    /// Which.
    pub severity: Severity,
    /// Events.
    pub count: u64,
    /// Different problems.
    pub problems: usize,
}

/// One problem.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Problem {
    /// Stable name.
    pub fingerprint: String,
    /// The rule that found it.
    pub rule: String,
    /// What kind of trouble.
    pub category: Category,
    /// How bad, escalation included.
    pub severity: Severity,
    /// Why it is shown one step worse than it looks.
    pub escalation: Option<String>,
    /// What it is, in a few words.
    pub title: String,
    /// What it means.
    pub hint: String,
    /// The message with its changing parts masked.
    pub template: String,
    /// Events.
    pub count: u64,
    /// The oldest one.
    pub first_seen: DateTime<Utc>,
    /// The newest one.
    pub last_seen: DateTime<Utc>,
    /// Where, most events first.
    pub services: Vec<ProblemService>,
    /// What to try, in order.
    pub recommended_actions: Vec<String>,
}

/// One problem in one service.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ProblemService {
    /// The service.
    pub service: String,
    /// Events there.
    pub count: u64,
    /// The first ones kept, at most three.
    pub samples: Vec<SampleFacts>,
}

/// One occurrence.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SampleFacts {
    /// Number of its first line in order of arrival; in a file, the line's number.
    pub line: u64,
    /// When.
    pub time: DateTime<Utc>,
    /// What it says.
    pub message: String,
    /// All of its lines, at most 50.
    pub lines: Vec<String>,
}

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
            problems,
        }
    }

    /// 1 when something at or above `fail_on` was found, else 4 when a service could not be read, else 0.
    pub fn exit_code(&self, fail_on: FailOn) -> u8 {
        let limit = match fail_on {
            FailOn::Critical => Severity::Critical,
            FailOn::Error => Severity::Error,
            FailOn::Warning => Severity::Warning,
        };
        if self.problems.iter().any(|p| p.severity >= limit) {
            1
        } else if self.summary.services_unreadable > 0 {
            4
        } else {
            0
        }
    }

    /// Writes it in the form that was asked for.
    ///
    /// # Errors
    /// When `out` cannot be written.
    pub fn write(&self, format: Format, out: &mut dyn Write) -> io::Result<()> {
        match format {
            Format::Text => super::text::write(self, out),
            Format::Markdown => super::markdown::write(self, out),
            Format::Json => {
                serde_json::to_writer_pretty(&mut *out, self)?;
                writeln!(out)
            }
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
        title: group.guidance.title.to_string(),
        hint: group.guidance.hint.to_string(),
        template: mask(&group.template),
        count: services.iter().map(|s| s.count).sum(),
        first_seen: group.first_seen,
        last_seen: group.last_seen,
        services,
        recommended_actions: group.guidance.remedies.iter().map(ToString::to_string).collect(),
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
