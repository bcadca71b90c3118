//! What was there before: a file that a team keeps beside its code, so that a run fails only on what is new.
//!
//! A report in JSON is a baseline too. Problems are known again by fingerprint, or by rule and masked message where the
//! fingerprint is of an older version.

use super::facts::{BaselineFacts, GoneProblem, Problem, Report};
use crate::model::{Category, Fingerprint, Severity};
use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::{
    collections::{BTreeMap, BTreeSet},
    io::{self, Write},
};

/// Version of the file.
const SCHEMA_VERSION: u32 = 1;

/// How a problem stands to the baseline.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Novelty {
    /// The baseline does not have it.
    New,
    /// The baseline says that it was gone.
    Regressed,
    /// The baseline has it.
    Known,
}

impl Novelty {
    /// Word for reports.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Regressed => "regressed",
            Self::Known => "known",
        }
    }
}

/// The problems of an earlier run.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Baseline {
    /// Version of this form.
    schema_version: u32,
    /// By fingerprint.
    problems: Vec<Entry>,
}

/// One problem of an earlier run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub(super) struct Entry {
    /// Stable name.
    pub(super) fingerprint: String,
    /// The rule that found it.
    #[serde(default)]
    rule: String,
    /// What kind of trouble.
    pub(super) category: Category,
    /// How bad.
    pub(super) severity: Severity,
    /// What it is, in a few words.
    #[serde(default)]
    title: String,
    /// The message with its changing parts masked.
    #[serde(default)]
    template: String,
    /// Where it was seen.
    #[serde(default)]
    services: Vec<Place>,
    /// When a run no longer found it; it is *regressed* when it comes back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) gone_since: Option<DateTime<Utc>>,
    /// Events, where it was read from a report; a baseline does not count, so that it changes only with the problems.
    #[serde(default, skip_serializing)]
    pub(super) count: Option<u64>,
}

/// A service, by its name alone or as a report writes it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
enum Place {
    Name(String),
    Facts { service: String },
}

impl Place {
    fn name(&self) -> &str {
        match self {
            Self::Name(name) | Self::Facts { service: name } => name,
        }
    }
}

impl Baseline {
    /// Reads a baseline, or a report in JSON.
    ///
    /// # Errors
    /// Where the text is neither: line, column and what was expected.
    pub fn parse(text: &str) -> Result<Self, String> {
        let read: Self = serde_json::from_str(text).map_err(|error| error.to_string())?;
        if read.schema_version != SCHEMA_VERSION {
            return Err(format!(
                "schema_version {} is not known here, {SCHEMA_VERSION} is: write it anew with --update-baseline",
                read.schema_version
            ));
        }
        match read.problems.iter().find(|p| Fingerprint::parse(&p.fingerprint).is_none()) {
            Some(odd) => Err(format!("{:?} is not a fingerprint", odd.fingerprint)),
            None => Ok(read),
        }
    }

    /// Marks each problem of the report as new, regressed or known, and lists what is gone.
    pub fn compare(&self, report: &mut Report) {
        let mut seen = BTreeSet::new();
        for problem in &mut report.problems {
            let entry = self.find(key(problem));
            seen.extend(entry.map(|(at, _)| at));
            problem.novelty = Some(match entry {
                None => Novelty::New,
                Some((_, entry)) if entry.gone_since.is_some() => Novelty::Regressed,
                Some(_) => Novelty::Known,
            });
        }
        let count = |wanted| report.problems.iter().filter(|p| p.novelty == Some(wanted)).count();
        let (new, regressed, known) =
            (count(Novelty::New), count(Novelty::Regressed), count(Novelty::Known));
        let missing = self.problems.iter().enumerate().filter(|(at, _)| !seen.contains(at));
        let gone = missing.filter(|(_, entry)| entry.gone_since.is_none());
        let gone = gone.map(|(_, entry)| entry.gone()).collect();
        report.baseline = Some(BaselineFacts { new, regressed, known, gone });
    }

    /// This baseline with what a run found. What it did not find is kept as gone, where all its services were read.
    #[must_use]
    pub fn updated(&self, report: &Report, now: DateTime<Utc>) -> Self {
        let read: BTreeSet<&str> = report
            .services
            .iter()
            .filter(|s| s.unreadable.is_none())
            .map(|s| s.service.as_str())
            .collect();
        let mut entries: BTreeMap<String, Entry> = BTreeMap::new();
        let mut seen = BTreeSet::new();
        for problem in &report.problems {
            let old = self.find(key(problem));
            seen.extend(old.map(|(at, _)| at));
            let mut entry = Entry::of(problem);
            for place in old.iter().flat_map(|(_, old)| &old.services) {
                if !entry.services.iter().any(|s| s.name() == place.name()) {
                    entry.services.push(Place::Name(place.name().to_owned()));
                }
            }
            entry.services.sort_by(|a, b| a.name().cmp(b.name()));
            entries.insert(entry.fingerprint.clone(), entry);
        }
        for (_, old) in self.problems.iter().enumerate().filter(|(at, _)| !seen.contains(at)) {
            let mut entry = old.clone();
            if entry.services.iter().all(|place| read.contains(place.name())) {
                entry.gone_since.get_or_insert(now);
            }
            entries.entry(entry.fingerprint.clone()).or_insert(entry);
        }
        Self { schema_version: SCHEMA_VERSION, problems: entries.into_values().collect() }
    }

    /// Writes it, one problem after the other in a fixed order: a change reads well in a review.
    ///
    /// # Errors
    /// When `out` cannot be written.
    pub fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        serde_json::to_writer_pretty(&mut *out, self)?;
        writeln!(out)
    }

    /// Problems that are not gone.
    pub(super) fn present(&self) -> impl Iterator<Item = &Entry> {
        self.problems.iter().filter(|entry| entry.gone_since.is_none())
    }

    pub(super) fn find(&self, key: Key<'_>) -> Option<(usize, &Entry)> {
        let mut entries = self.problems.iter().enumerate();
        let is_same = |e: &Entry| Fingerprint::parse(&e.fingerprint) == key.fingerprint;
        let present = format!("fp{}:", Fingerprint::VERSION);
        let is_alike = |e: &Entry| {
            !e.fingerprint.starts_with(&present)
                && (e.rule.as_str(), e.template.as_str()) == (key.rule, key.template)
        };
        entries.clone().find(|(_, e)| is_same(e)).or_else(|| entries.find(|(_, e)| is_alike(e)))
    }
}

/// By what a problem is known again.
#[derive(Debug, Clone, Copy)]
pub(super) struct Key<'a> {
    fingerprint: Option<Fingerprint>,
    rule: &'a str,
    template: &'a str,
}

fn key(problem: &Problem) -> Key<'_> {
    Key {
        fingerprint: Fingerprint::parse(&problem.fingerprint),
        rule: &problem.rule,
        template: &problem.template,
    }
}

impl Entry {
    fn of(problem: &Problem) -> Self {
        Self {
            fingerprint: problem.fingerprint.clone(),
            rule: problem.rule.clone(),
            category: problem.category,
            severity: problem.severity,
            title: problem.title.clone(),
            template: problem.template.clone(),
            services: problem.services.iter().map(|s| Place::Name(s.service.clone())).collect(),
            gone_since: None,
            count: None,
        }
    }

    pub(super) fn key(&self) -> Key<'_> {
        Key {
            fingerprint: Fingerprint::parse(&self.fingerprint),
            rule: &self.rule,
            template: &self.template,
        }
    }

    pub(super) fn name(&self) -> &str {
        if self.title.is_empty() { &self.template } else { &self.title }
    }

    pub(super) fn places(&self) -> Vec<String> {
        self.services.iter().map(|place| place.name().to_owned()).collect()
    }

    fn gone(&self) -> GoneProblem {
        GoneProblem {
            fingerprint: self.fingerprint.clone(),
            category: self.category,
            severity: self.severity,
            title: self.name().to_owned(),
            services: self.places(),
        }
    }
}
