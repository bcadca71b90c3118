//! Workflow commands of GitHub Actions: each problem stands as an annotation on the run's page.
//!
//! GitHub keeps ten of a level per step, so the worst ten of each are written, and one line that says how many are not.

use super::{
    facts::{Problem, Report},
    text::{examples, plural},
};
use crate::model::Severity;
use std::{
    collections::BTreeMap,
    io::{self, Write},
};

/// Annotations that GitHub shows of one level and step.
const MAX: usize = 10;

pub(super) fn write(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let mut written: BTreeMap<&str, usize> = BTreeMap::new();
    for problem in &report.problems {
        let count = written.entry(command(problem)).or_default();
        *count += 1;
        if *count <= MAX {
            annotate(report, problem, out)?;
        }
    }
    for (command, count) in &written {
        if let Some(more @ 1..) = count.checked_sub(MAX) {
            let more = plural(more, "problem");
            writeln!(out, "{more} more as ::{command}, which GitHub would not show")?;
        }
    }
    for service in &report.services {
        if let Some(why) = &service.unreadable {
            let title = property(&format!("{} was not read", service.service));
            writeln!(out, "::warning title={title}::{}", message(why))?;
        }
    }
    Ok(())
}

/// What fails the run is an error; what is known or below the limit is not.
fn command(problem: &Problem) -> &'static str {
    match problem.severity {
        _ if problem.fails => "error",
        Severity::Critical | Severity::Error | Severity::Warning => "warning",
        Severity::Info => "notice",
    }
}

fn annotate(report: &Report, problem: &Problem, out: &mut dyn Write) -> io::Result<()> {
    let services: Vec<_> = problem.services.iter().map(|s| s.service.as_str()).collect();
    let novelty = problem.novelty.map_or_else(String::new, |n| format!("{}, ", n.as_str()));
    let title = format!(
        "[{}] {} in {}",
        problem.severity.as_str().to_uppercase(),
        problem.category.title(),
        services.join(", ")
    );
    let count = plural(problem.count as usize, "occurrence");
    let mut text = vec![format!("{} ({novelty}{count})", problem.name())];
    text.extend(examples(report, problem).into_iter().take(3));
    let text = text.join("\n");
    let line = match problem.services.first().and_then(|s| s.samples.first()) {
        Some(sample) if report.is_recorded => {
            format!("file={},line={},", property(&report.source), sample.line)
        }
        _ => String::new(),
    };
    writeln!(out, "::{} {line}title={}::{}", command(problem), property(&title), message(&text))
}

fn message(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    message(text).replace(':', "%3A").replace(',', "%2C")
}
