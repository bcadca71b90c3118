//! What a report says, before it has a form. Its JSON is this type; fields are only ever added.

use super::{baseline::Novelty, form::Format};
use crate::model::{Category, ServiceName, Severity};
use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::Serialize;
use std::{
    collections::BTreeSet,
    io::{self, Write},
};

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
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
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
    /// Events of the last hour before the newest one, minute by minute, oldest first; empty without problems.
    pub timeline: Vec<Minute>,
    /// What is new and what is gone, where a baseline was given.
    pub baseline: Option<BaselineFacts>,
}

/// Events of one minute.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Minute {
    /// When it began.
    pub time: DateTime<Utc>,
    /// Events of problems that are critical or errors.
    pub errors: u32,
    /// Those of them that are critical.
    pub critical: u32,
    /// Events of all other problems.
    pub warnings: u32,
}

impl Minute {
    /// All events.
    pub(super) const fn total(&self) -> u32 {
        self.errors.saturating_add(self.warnings)
    }
}

/// How the problems stand to an earlier run.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, JsonSchema)]
pub struct BaselineFacts {
    /// Problems that it does not have.
    pub new: usize,
    /// Problems that were gone and came back.
    pub regressed: usize,
    /// Problems that it has.
    pub known: usize,
    /// Problems that it has and that were not found now.
    pub gone: Vec<GoneProblem>,
}

/// A problem of the baseline that was not found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct GoneProblem {
    /// Stable name.
    pub fingerprint: String,
    /// What kind of trouble.
    pub category: Category,
    /// How bad it was.
    pub severity: Severity,
    /// What it was, in a few words.
    pub title: String,
    /// Where it was seen.
    pub services: Vec<String>,
}

/// Sums over all services.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, JsonSchema)]
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
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
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
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
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
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct SeverityFacts {
    /// Which.
    pub severity: Severity,
    /// Events of this severity and no other.
    pub count: u64,
    /// Different problems.
    pub problems: usize,
}

/// One problem.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
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
    /// How it stands to the baseline; nothing without one.
    pub novelty: Option<Novelty>,
    /// Whether it makes the run fail: bad enough for `--fail-on`, and not known to the baseline.
    pub fails: bool,
}

impl Problem {
    /// What it is, in a few words.
    pub(super) fn name(&self) -> &str {
        if self.title.is_empty() { &self.template } else { &self.title }
    }
}

/// One problem in one service.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct ProblemService {
    /// The service.
    pub service: String,
    /// Events there.
    pub count: u64,
    /// The first ones kept, at most three.
    pub samples: Vec<SampleFacts>,
}

/// One occurrence.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
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
    /// Decides which problems make the run fail: those at or above `limit` that no baseline knows.
    pub fn judge(&mut self, limit: Severity) {
        for problem in &mut self.problems {
            problem.fails = problem.severity >= limit && problem.novelty != Some(Novelty::Known);
        }
    }

    /// Events of all problems.
    pub(super) fn occurrences(&self) -> u64 {
        self.by_severity.iter().map(|facts| facts.count).sum()
    }

    /// What is said where there is no problem: that none is there, or that nobody can know.
    pub(super) fn all_quiet(&self) -> String {
        let Summary { total_lines, services_analyzed, .. } = self.summary;
        if services_analyzed == 0 {
            return "No service was read, so nothing is known.".to_owned();
        }
        if total_lines == 0 {
            let since = if self.since.is_some() { " in that time" } else { "" };
            return format!("No line was written{since}: nothing shows a problem.");
        }
        "No problems found.".to_owned()
    }

    /// 1 when a problem fails the run, else 4 when a service could not be read, else 0.
    pub fn exit_code(&self) -> u8 {
        if self.problems.iter().any(|p| p.fails) {
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
            Format::Html => super::html::write(self, out),
            Format::Sarif => super::sarif::write(self, out),
            Format::Junit => super::junit::write(self, out),
            Format::Github => super::annotations::write(self, out),
            Format::Json => {
                serde_json::to_writer_pretty(&mut *out, self)?;
                writeln!(out)
            }
        }
    }
}
