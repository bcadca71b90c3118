//! `docker_issues_report_NAME.md`: the state of an environment for people.

use super::{
    issue::{Issue, State, Word},
    trend::{bar, filled},
};
use crate::action::issue::markdown::{block, code, cut, prose};
use chrono::{DateTime, SecondsFormat, Utc};
use std::io::{self, Write};

/// Characters of a message.
const WIDTH: usize = 2_000;
/// Days of the trend.
const DAYS: u64 = 14;

/// Writes it: one section an issue, what needs attention first.
///
/// # Errors
/// When `out` cannot be written.
pub fn write(state: &State, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "# Docker Issues Report - {}\n", state.environment.to_uppercase())?;
    writeln!(out, "**Generated:** {}  ", at(state.timestamp))?;
    writeln!(out, "**Project:** {}\n", code(&state.project))?;
    if !state.watching.connected {
        writeln!(out, "> Docker does not answer: this is as of the last moment that it did.\n")?;
    }
    let sums = state.stats;
    writeln!(out, "| Total | Pending | Fixed | Came back |\n|---:|---:|---:|---:|")?;
    writeln!(out, "| {} | {} | {} | {} |", sums.total, sums.pending, sums.fixed, sums.failed)?;
    trend(state, out)?;
    if state.issues.is_empty() {
        return writeln!(out, "\nNo issues.");
    }
    state.issues.iter().try_for_each(|issue| section(issue, out))
}

/// A row a day, the newest first.
fn trend(state: &State, out: &mut dyn Write) -> io::Result<()> {
    let days = filled(&state.days, state.timestamp, DAYS);
    let most = days.iter().map(|day| day.events).max().unwrap_or_default();
    if days.is_empty() {
        return Ok(());
    }
    writeln!(out, "\n## Trend\n\n| Day | Events | | New | Fixed | Came back |")?;
    writeln!(out, "|---|---:|---|---:|---:|---:|")?;
    days.iter().rev().try_for_each(|day| {
        let (date, events) = (day.date, day.events);
        let bar = bar(events, most);
        writeln!(
            out,
            "| {date} | {events} | {} | {} | {} | {} |",
            if bar.is_empty() { bar } else { code(&bar) },
            day.new,
            day.fixed,
            day.returned
        )
    })
}

fn section(issue: &Issue, out: &mut dyn Write) -> io::Result<()> {
    let heading = prose(&cut(&issue.title, 200));
    writeln!(out, "\n## {}: {heading}\n", issue.severity.as_str().to_uppercase())?;
    let services: Vec<_> = issue.services.iter().map(|service| code(service)).collect();
    let severity = match &issue.escalation {
        Some(why) => format!("{} ({})", issue.severity.as_str(), prose(&cut(why, 200))),
        None => issue.severity.as_str().to_owned(),
    };
    let status = match issue.status {
        Word::Detected => issue.state.as_str(),
        word => word.as_str(),
    };
    for (name, value) in [
        ("ID", code(&issue.id)),
        ("Service", services.join(", ")),
        ("Detected", at(issue.timestamp)),
        ("Last Seen", at(issue.last_seen)),
        ("Category", prose(&issue.category)),
        ("Severity", severity),
        ("Status", status.to_owned()),
        ("Pattern", code(&cut(&issue.pattern, WIDTH))),
        ("Count", issue.count.to_string()),
        ("Suggested Fix", prose(&cut(&issue.suggested_fix, WIDTH))),
    ] {
        writeln!(out, "- **{name}:** {value}")?;
    }
    if let Some(resolution) = &issue.resolution {
        writeln!(out, "- **Resolution:** {}", prose(resolution))?;
    }
    writeln!(out, "\n**Message:**\n\n{}", block("text", &cut(&issue.message, WIDTH)))
}

fn at(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Secs, true)
}
