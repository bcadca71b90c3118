//! The report as one page that needs nothing else: charts are drawn in it, nothing is fetched, no script runs.

use super::{
    escaped::Escaped,
    facts::{Minute, Problem, Report, SeverityFacts},
    text::{place, plural, short},
};
use crate::model::Severity;
use chrono::{DateTime, SecondsFormat, Utc};
use std::io::{self, Write};

const STYLE: &str = include_str!("page.css");
/// Height of the drawing in its own units; a minute is one of them wide.
const HEIGHT: f64 = 100.0;
/// Minutes that are drawn: the fewest of these that hold everything.
const SPANS: [usize; 2] = [15, 30];

pub(super) fn write(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let source = Escaped(&report.source);
    writeln!(
        out,
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n\
         <title>{source}: log report</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n<main>"
    )?;
    head(report, out)?;
    if report.problems.is_empty() {
        let class = if report.summary.total_lines > 0 { "quiet" } else { "quiet unknown" };
        writeln!(out, "<p class=\"{class}\">{}</p>", report.all_quiet())?;
    } else {
        minutes(report, out)?;
        shares(report, out)?;
    }
    services(report, out)?;
    if !report.problems.is_empty() {
        writeln!(out, "<h2>Problems</h2>")?;
    }
    for problem in &report.problems {
        describe(report, problem, out)?;
    }
    gone(report, out)?;
    writeln!(out, "</main>\n</body>\n</html>")
}

fn head(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let sum = &report.summary;
    let generated = report.generated_at.format("%Y-%m-%d %H:%M:%S UTC");
    let since = report.since.map_or_else(String::new, |since| {
        format!(", of what was written since {}", since.format("%Y-%m-%d %H:%M:%S UTC"))
    });
    writeln!(
        out,
        "<h1>{}</h1>\n<p class=\"about\">Log report of {generated}{since}</p>\n<ul class=\"tiles\">",
        Escaped(&report.source)
    )?;
    let mut tiles = vec![
        ("critical", "critical", sum.total_critical),
        ("errors", "error", sum.total_errors - sum.total_critical),
        ("warnings", "warning", sum.total_warnings),
        ("problems", "", sum.total_problems as u64),
        ("services", "", sum.services_analyzed as u64),
        ("lines", "", sum.total_lines),
        ("lines lost", "error", sum.lost_lines),
    ];
    if sum.total_infos > 0 {
        tiles.insert(3, ("infos", "info", sum.total_infos));
    }
    if let Some(facts) = &report.baseline {
        tiles.insert(0, ("new", "critical", facts.new as u64));
        tiles.insert(1, ("regressed", "critical", facts.regressed as u64));
    }
    for (word, class, number) in tiles {
        let class = if number == 0 { "" } else { class };
        writeln!(out, "<li class=\"{class}\"><b>{number}</b> {word}</li>")?;
    }
    writeln!(out, "</ul>")?;
    if sum.total_problems == 0 {
        return Ok(());
    }
    writeln!(
        out,
        "<p class=\"about\">{}, seen {}: {}.</p>",
        plural(sum.total_problems, "different problem"),
        plural(report.occurrences() as usize, "time"),
        report.by_severity.iter().map(counted).collect::<Vec<_>>().join(", ")
    )
}

/// `26 of severity error`.
fn counted(facts: &SeverityFacts) -> String {
    format!("{} of severity {}", facts.count, facts.severity.as_str())
}

/// How often each minute, stacked by severity.
fn minutes(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let hour = &report.timeline;
    let Some(first) = hour.iter().position(|minute| minute.total() > 0) else { return Ok(()) };
    let needed = hour.len() - first;
    let span = SPANS.into_iter().find(|span| needed <= *span).unwrap_or(hour.len());
    let minutes = &hour[hour.len().saturating_sub(span)..];
    let (Some(first), Some(last)) = (minutes.first(), minutes.last()) else { return Ok(()) };
    let highest = round_up(minutes.iter().map(Minute::total).max().unwrap_or(1));
    let clock = |time: DateTime<Utc>| time.format("%H:%M").to_string();
    let (from, to) = (clock(first.time), clock(last.time));
    let (day, width) = (first.time.format("%Y-%m-%d"), minutes.len());
    writeln!(
        out,
        "<h2>Occurrences a minute <span class=\"dim\">{day}, {from} to {to} UTC</span></h2>\n<figure>\n\
         <ol class=\"up\"><li>{highest}</li><li>{}</li><li>0</li></ol>\n\
         <svg viewBox=\"0 0 {width} {HEIGHT}\" preserveAspectRatio=\"none\" role=\"img\" \
         aria-label=\"Occurrences a minute from {from} to {to} UTC, at most {highest}\">",
        if highest.is_multiple_of(2) { (highest / 2).to_string() } else { String::new() }
    )?;
    for line in [0.5, HEIGHT / 2.0, HEIGHT - 0.5] {
        writeln!(out, "<path d=\"M0 {line}H{width}\"/>")?;
    }
    for (left, minute) in minutes.iter().enumerate() {
        column(left, minute, highest, out)?;
    }
    writeln!(out, "</svg>\n<ol class=\"along\">")?;
    for part in 0..4 {
        writeln!(out, "<li>{}</li>", clock(minutes[part * width / 4].time))?;
    }
    writeln!(out, "<li>{to}</li></ol>\n</figure>")
}

/// One minute of the drawing: the worst at the bottom.
fn column(left: usize, minute: &Minute, highest: u32, out: &mut dyn Write) -> io::Result<()> {
    let mut top = HEIGHT;
    let parts = [
        ("critical", minute.critical),
        ("error", minute.errors - minute.critical),
        ("warning", minute.warnings),
    ];
    for (class, count) in parts.into_iter().filter(|part| part.1 > 0) {
        let tall = f64::from(count) / f64::from(highest) * HEIGHT;
        top -= tall;
        writeln!(
            out,
            "<rect class=\"{class}\" x=\"{left}.1\" y=\"{top:.1}\" width=\"0.8\" height=\"{tall:.1}\">\
             <title>{} {count} {class}</title></rect>",
            minute.time.format("%H:%M")
        )?;
    }
    Ok(())
}

/// The end of an axis that holds so many: an even number with one digit that counts, or two.
fn round_up(count: u32) -> u32 {
    let mut step: u32 = 2;
    while count > step.saturating_mul(10) {
        step = step.saturating_mul(if step.to_string().starts_with('5') { 2 } else { 5 });
    }
    count.div_ceil(step).max(1).saturating_mul(step)
}

fn shares(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let open = |what: &str, out: &mut dyn Write| {
        writeln!(
            out,
            "<h2>By {what}</h2>\n<table class=\"bars\">\n\
             <tr><th>{what}</th><th></th><th>occurrences</th><th>problems</th></tr>"
        )
    };
    open("category", out)?;
    let most = report.by_category.iter().map(|f| f.count).max().unwrap_or(1).max(1);
    for facts in &report.by_category {
        let share = facts.count as f64 / most as f64 * 100.0;
        bar(facts.title, "", share, facts.count, facts.problems, out)?;
    }
    writeln!(out, "</table>")?;
    open("severity", out)?;
    let most = report.by_severity.iter().map(|f| f.count).max().unwrap_or(1).max(1);
    for facts in &report.by_severity {
        let word = facts.severity.as_str();
        let share = facts.count as f64 / most as f64 * 100.0;
        bar(word, word, share, facts.count, facts.problems, out)?;
    }
    writeln!(out, "</table>")
}

fn bar(
    name: &str,
    class: &str,
    share: f64,
    count: u64,
    problems: usize,
    out: &mut dyn Write,
) -> io::Result<()> {
    writeln!(
        out,
        "<tr><th>{}</th><td class=\"wide\"><i class=\"{class}\" style=\"width:{share:.1}%\"></i></td>\
         <td>{count}</td><td>{problems}</td></tr>",
        Escaped(name)
    )
}

fn services(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    writeln!(
        out,
        "<h2>Services</h2>\n<table>\n<tr><th>service</th><th>lines</th><th>critical</th><th>errors</th>\
         <th>warnings</th></tr>"
    )?;
    for s in &report.services {
        let name = Escaped(&s.service);
        if let Some(why) = &s.unreadable {
            writeln!(
                out,
                "<tr><th>{name}</th><td class=\"error\" colspan=\"4\">not read: {}</td></tr>",
                Escaped(why)
            )?;
            continue;
        }
        write!(out, "<tr><th>{name}</th><td>{}</td>", s.lines)?;
        let errors = s.errors - s.critical;
        for (class, count) in [("critical", s.critical), ("error", errors), ("warning", s.warnings)]
        {
            let class = if count == 0 { "dim" } else { class };
            write!(out, "<td class=\"{class}\">{count}</td>")?;
        }
        writeln!(out, "</tr>")?;
    }
    writeln!(out, "</table>")
}

fn describe(report: &Report, problem: &Problem, out: &mut dyn Write) -> io::Result<()> {
    let severity = problem.severity.as_str();
    let open = if problem.fails || problem.severity == Severity::Critical { " open" } else { "" };
    let novelty = problem.novelty.map_or_else(String::new, |novelty| {
        format!(" <em class=\"{0}\">{0}</em>", novelty.as_str())
    });
    let services: Vec<_> = problem.services.iter().map(|s| s.service.as_str()).collect();
    writeln!(
        out,
        "<details{open}><summary><b class=\"{severity}\">{severity}</b>{novelty} {} \
         <span class=\"dim\">{} · {} · {}</span></summary>",
        Escaped(problem.name()),
        Escaped(problem.category.title()),
        plural(problem.count as usize, "occurrence"),
        Escaped(&services.join(", "))
    )?;
    if !problem.hint.is_empty() {
        writeln!(out, "<p>{}</p>", Escaped(&problem.hint))?;
    }
    for here in &problem.services {
        write!(
            out,
            "<h3>{} <span class=\"dim\">{}</span></h3>\n<pre>",
            Escaped(&here.service),
            here.count
        )?;
        for sample in &here.samples {
            writeln!(
                out,
                "<i>{}</i> {}",
                Escaped(&place(report, sample)),
                Escaped(&short(&sample.message))
            )?;
        }
        match here.count.saturating_sub(here.samples.len() as u64) {
            0 => writeln!(out, "</pre>")?,
            more => writeln!(out, "… and {more} more</pre>")?,
        }
    }
    if !problem.recommended_actions.is_empty() {
        writeln!(out, "<ul class=\"todo\">")?;
        for action in &problem.recommended_actions {
            writeln!(out, "<li>{}</li>", Escaped(action))?;
        }
        writeln!(out, "</ul>")?;
    }
    let (first, last) = (
        problem.first_seen.to_rfc3339_opts(SecondsFormat::Secs, true),
        problem.last_seen.to_rfc3339_opts(SecondsFormat::Secs, true),
    );
    writeln!(
        out,
        "<p class=\"dim\">{} · {} · first {first} · last {last}</p></details>",
        Escaped(&problem.rule),
        Escaped(&problem.fingerprint)
    )
}

fn gone(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let Some(facts) = report.baseline.as_ref().filter(|facts| !facts.gone.is_empty()) else {
        return Ok(());
    };
    writeln!(out, "<h2>No longer there</h2>\n<ul>")?;
    for problem in &facts.gone {
        writeln!(
            out,
            "<li><s>{}</s> <span class=\"dim\">{} · {}</span></li>",
            Escaped(&problem.title),
            problem.severity.as_str(),
            Escaped(&problem.services.join(", "))
        )?;
    }
    writeln!(out, "</ul>")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_axis_ends_at_an_even_number_that_holds_all() {
        for (count, end) in [(1, 2), (2, 2), (3, 4), (20, 20), (21, 30), (35, 40), (101, 150)] {
            assert_eq!(round_up(count), end, "{count}");
        }
        for count in (1..5_000).chain([99_999, 1 << 30]) {
            let end = round_up(count);
            assert!(end >= count && end.is_multiple_of(2) && end / 2 <= count, "{count}: {end}");
        }
    }
}
