//! The report for a terminal, in the layout that document 1's users know.

use super::facts::{Problem, ProblemService, Report, SampleFacts};
use crate::model::Category;
use chrono::SecondsFormat;
use std::{
    collections::BTreeMap,
    io::{self, Write},
};

/// Characters of a message; the prefix does not count.
const MAX_MESSAGE: usize = 300;
/// Problems whose remedies are listed.
const MAX_ADVISED: usize = 10;

pub(super) fn write(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let (wide, rule) = ("=".repeat(60), "-".repeat(40));
    writeln!(out, "{wide}\nDOCKER COMPOSE LOG INTROSPECTION REPORT\n{wide}")?;
    let generated = report.generated_at.to_rfc3339_opts(SecondsFormat::Secs, true);
    writeln!(out, "Generated: {generated}")?;
    writeln!(out, "Source: {}", report.source)?;
    if let Some(since) = report.since {
        writeln!(out, "Since: {}", since.to_rfc3339_opts(SecondsFormat::Secs, true))?;
    }

    let sum = &report.summary;
    writeln!(out, "\nSUMMARY\n{rule}")?;
    writeln!(out, "Services Analyzed: {}", sum.services_analyzed)?;
    writeln!(out, "Total Log Lines: {}", sum.total_lines)?;
    if sum.lost_lines > 0 {
        writeln!(out, "Lost Log Lines: {}", sum.lost_lines)?;
    }
    let critical = match sum.total_critical {
        0 => String::new(),
        n => format!(" ({n} critical, {} of severity error)", sum.total_errors - n),
    };
    writeln!(out, "Total Errors: {}{critical}", sum.total_errors)?;
    writeln!(out, "Total Warnings: {}", sum.total_warnings)?;
    writeln!(out, "Different Problems: {}", sum.total_problems)?;
    if let Some(facts) = &report.baseline {
        writeln!(out, "New Problems: {}", facts.new)?;
        writeln!(out, "Regressed Problems: {}", facts.regressed)?;
        writeln!(out, "Known Problems: {}", facts.known)?;
        writeln!(out, "Gone Problems: {}", facts.gone.len())?;
    }

    services(report, out, &rule)?;
    if report.problems.is_empty() {
        return writeln!(out, "\n{}", report.all_quiet());
    }
    writeln!(out, "\nERRORS BY CATEGORY (occurrences of every severity)\n{rule}")?;
    for facts in &report.by_category {
        let kinds = plural(facts.problems, "problem");
        writeln!(out, "  {}: {} ({kinds})", facts.title, facts.count)?;
    }
    writeln!(out, "\nERRORS BY SEVERITY (occurrences)\n{rule}")?;
    for facts in &report.by_severity {
        let kinds = plural(facts.problems, "problem");
        writeln!(out, "  {}: {} ({kinds})", facts.severity.as_str(), facts.count)?;
    }
    writeln!(out, "\nDETAILED ERRORS BY SERVICE\n{wide}")?;
    for service in &report.services {
        details(report, &service.service, out, &rule)?;
    }
    advice(report, out, &rule)
}

fn services(report: &Report, out: &mut dyn Write, rule: &str) -> io::Result<()> {
    let width =
        report.services.iter().map(|s| s.service.chars().count()).max().unwrap_or(0).clamp(7, 40);
    writeln!(out, "\nSERVICES\n{rule}")?;
    writeln!(
        out,
        "  {:<width$} {:>9} {:>8} {:>8} {:>8}",
        "service", "lines", "critical", "errors", "warnings"
    )?;
    for s in &report.services {
        write!(
            out,
            "  {:<width$} {:>9} {:>8} {:>8} {:>8}",
            s.service,
            s.lines,
            s.critical,
            s.errors - s.critical,
            s.warnings
        )?;
        match &s.unreadable {
            Some(why) => writeln!(out, "  not read: {why}")?,
            None => writeln!(out)?,
        }
    }
    Ok(())
}

/// `BACKEND`, its categories, the problems of each, up to three samples of each.
fn details(report: &Report, service: &str, out: &mut dyn Write, rule: &str) -> io::Result<()> {
    let mut categories: Vec<Category> = Vec::new();
    let mut found: BTreeMap<Category, Vec<(&Problem, &ProblemService)>> = BTreeMap::new();
    for problem in &report.problems {
        for here in problem.services.iter().filter(|s| s.service == service) {
            if !categories.contains(&problem.category) {
                categories.push(problem.category);
            }
            found.entry(problem.category).or_default().push((problem, here));
        }
    }
    if categories.is_empty() {
        return Ok(());
    }
    writeln!(out, "\n{}\n{rule}", service.to_uppercase())?;
    for category in categories {
        let problems = found.remove(&category).unwrap_or_default();
        let count: u64 = problems.iter().map(|(_, here)| here.count).sum();
        let count = plural(count as usize, "occurrence");
        writeln!(out, "  [{}] ({count})", category.title())?;
        for (problem, here) in problems {
            let severity = problem.severity.as_str().to_uppercase();
            let novelty =
                problem.novelty.map_or_else(String::new, |n| format!(" ({})", n.as_str()));
            let what = short(problem.name());
            writeln!(out, "    {severity}{novelty} {}x {what}", here.count)?;
            for sample in &here.samples {
                writeln!(out, "      {} {}", place(report, sample), short(&sample.message))?;
            }
            let more = here.count.saturating_sub(here.samples.len() as u64);
            if more > 0 {
                writeln!(out, "      ... and {more} more")?;
            }
        }
    }
    Ok(())
}

fn advice(report: &Report, out: &mut dyn Write, rule: &str) -> io::Result<()> {
    let advised = report.problems.iter().filter(|p| !p.recommended_actions.is_empty());
    let advised: Vec<_> = advised.take(MAX_ADVISED).collect();
    if advised.is_empty() {
        return Ok(());
    }
    writeln!(out, "\nRECOMMENDED ACTIONS\n{rule}")?;
    for problem in advised {
        let services: Vec<_> = problem.services.iter().map(|s| s.service.as_str()).collect();
        writeln!(out, "  {} ({})", short(&problem.title), services.join(", "))?;
        for action in &problem.recommended_actions {
            writeln!(out, "    - {action}")?;
        }
    }
    Ok(())
}

/// `Line 234:` in a recorded log, the time in a live one.
pub(super) fn place(report: &Report, sample: &SampleFacts) -> String {
    if report.is_recorded {
        format!("Line {}:", sample.line)
    } else {
        sample.time.to_rfc3339_opts(SecondsFormat::Millis, true)
    }
}

/// The first sample of each service, a line each.
pub(super) fn examples(report: &Report, problem: &Problem) -> Vec<String> {
    let first = problem.services.iter().filter_map(|here| here.samples.first());
    first.map(|sample| format!("{} {}", place(report, sample), short(&sample.message))).collect()
}

/// At most 300 characters.
pub(super) fn short(text: &str) -> String {
    match text.char_indices().nth(MAX_MESSAGE) {
        None => text.to_owned(),
        Some((at, _)) => format!("{}…", &text[..at]),
    }
}

pub(super) fn plural(count: usize, word: &str) -> String {
    format!("{count} {word}{}", if count == 1 { "" } else { "s" })
}
