//! The report for an issue, a page or a build summary.

use super::{
    facts::{Problem, Report},
    text::{place, plural, short},
};
use chrono::SecondsFormat;
use std::io::{self, Write};

pub(super) fn write(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let sum = &report.summary;
    let generated = report.generated_at.to_rfc3339_opts(SecondsFormat::Secs, true);
    writeln!(out, "# Docker Compose Log Introspection Report\n")?;
    writeln!(out, "**Generated:** {generated}  \n**Source:** {}\n", code(&report.source))?;
    writeln!(out, "| | |\n|---|---:|")?;
    writeln!(out, "| Services Analyzed | {} |", sum.services_analyzed)?;
    writeln!(out, "| Total Log Lines | {} |", sum.total_lines)?;
    writeln!(out, "| Total Errors | {} |", sum.total_errors)?;
    writeln!(out, "| of severity critical | {} |", sum.total_critical)?;
    writeln!(out, "| of severity error | {} |", sum.total_errors - sum.total_critical)?;
    writeln!(out, "| Total Warnings | {} |", sum.total_warnings)?;
    writeln!(out, "| Different Problems | {} |", sum.total_problems)?;
    if let Some(facts) = &report.baseline {
        writeln!(out, "| New Problems | {} |", facts.new)?;
        writeln!(out, "| Regressed Problems | {} |", facts.regressed)?;
        writeln!(out, "| Known Problems | {} |", facts.known)?;
        writeln!(out, "| Gone Problems | {} |", facts.gone.len())?;
    }

    writeln!(
        out,
        "\n## Services\n\n| Service | Lines | Critical | Errors | Warnings |\n|---|---:|---:|---:|---:|"
    )?;
    for s in &report.services {
        let name = cell(&s.service);
        let note = s
            .unreadable
            .as_ref()
            .map_or_else(String::new, |why| format!(" not read: {}", cell(why)));
        writeln!(
            out,
            "| {name}{note} | {} | {} | {} | {} |",
            s.lines,
            s.critical,
            s.errors - s.critical,
            s.warnings
        )?;
    }
    if report.problems.is_empty() {
        return writeln!(out, "\n{}", report.all_quiet());
    }
    writeln!(
        out,
        "\n## Errors by Category\n\n| Category | Occurrences | Problems |\n|---|---:|---:|"
    )?;
    for facts in &report.by_category {
        writeln!(out, "| {} | {} | {} |", facts.title, facts.count, facts.problems)?;
    }
    writeln!(
        out,
        "\n## Errors by Severity\n\n| Severity | Occurrences | Problems |\n|---|---:|---:|"
    )?;
    for facts in &report.by_severity {
        writeln!(out, "| {} | {} | {} |", facts.severity.as_str(), facts.count, facts.problems)?;
    }
    writeln!(out, "\n## Problems")?;
    for problem in &report.problems {
        describe(report, problem, out)?;
    }
    Ok(())
}

fn describe(report: &Report, problem: &Problem, out: &mut dyn Write) -> io::Result<()> {
    let severity = problem.severity.as_str().to_uppercase();
    let category = problem.category.title();
    let count = plural(problem.count as usize, "occurrence");
    let novelty = problem.novelty.map_or_else(String::new, |n| format!(" ({})", n.as_str()));
    writeln!(
        out,
        "\n### [{severity}] {category} - {count} in {} service(s){novelty}\n",
        problem.services.len()
    )?;
    for text in [&problem.title, &problem.hint] {
        if !text.is_empty() {
            writeln!(out, "{}\n", escaped(text))?;
        }
    }
    for here in &problem.services {
        let lines: Vec<_> = here
            .samples
            .iter()
            .map(|sample| format!("{} {}", place(report, sample), short(&sample.message)))
            .collect();
        let more = match here.count.saturating_sub(here.samples.len() as u64) {
            0 => String::new(),
            more => format!("\n... and {more} more"),
        };
        let text = format!("{}{more}", lines.join("\n"));
        let fence = "`".repeat((longest_run(&text) + 1).max(3));
        writeln!(
            out,
            "{} ({}):\n\n{fence}text\n{text}\n{fence}\n",
            code(&here.service),
            here.count
        )?;
    }
    for action in &problem.recommended_actions {
        writeln!(out, "- [ ] {}", escaped(action))?;
    }
    Ok(())
}

fn cell(text: &str) -> String {
    code(text).replace('|', "\\|")
}

fn code(text: &str) -> String {
    let ticks = "`".repeat(longest_run(text) + 1);
    let pad = if text.contains('`') || text.is_empty() { " " } else { "" };
    format!("{ticks}{pad}{text}{pad}{ticks}")
}

fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        match c {
            '<' => out.push_str("&lt;"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' => out.extend(['\\', c]),
            c => out.push(c),
        }
    }
    out
}

fn longest_run(text: &str) -> usize {
    text.split(|c| c != '`').map(str::len).max().unwrap_or(0)
}
