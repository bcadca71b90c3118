//! The report as one page that needs nothing else: charts are drawn in it, nothing is fetched, no script runs.

use super::{
    escaped::Escaped,
    facts::{Problem, Report},
    text::{place, plural, short},
};
use crate::model::Severity;
use chrono::SecondsFormat;
use std::io::{self, Write};

const STYLE: &str = include_str!("page.css");
/// Size of the drawing of the last hour.
const WIDTH: f64 = 960.0;
const HEIGHT: f64 = 120.0;

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
        writeln!(out, "<p class=\"quiet\">No problems found.</p>")?;
    } else {
        hour(report, out)?;
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
    let generated = report.generated_at.to_rfc3339_opts(SecondsFormat::Secs, true);
    let since = report.since.map_or_else(String::new, |since| {
        format!(", since {}", since.to_rfc3339_opts(SecondsFormat::Secs, true))
    });
    writeln!(
        out,
        "<h1>{}</h1>\n<p class=\"about\">Log report of {generated}{since}</p>\n<ul class=\"tiles\">",
        Escaped(&report.source)
    )?;
    let mut tiles = vec![
        ("critical", "critical", sum.total_critical),
        ("errors", "error", sum.total_errors),
        ("warnings", "warning", sum.total_warnings),
        ("problems", "", sum.total_problems as u64),
        ("services", "", sum.services_analyzed as u64),
        ("lines", "", sum.total_lines),
        ("lines lost", if sum.lost_lines > 0 { "error" } else { "" }, sum.lost_lines),
    ];
    if let Some(facts) = &report.baseline {
        tiles.insert(0, ("new", "critical", facts.new as u64));
        tiles.insert(1, ("regressed", "critical", facts.regressed as u64));
    }
    for (word, class, number) in tiles {
        let class = if number == 0 { "" } else { class };
        writeln!(out, "<li class=\"{class}\"><b>{number}</b> {word}</li>")?;
    }
    writeln!(out, "</ul>")
}

/// Errors and warnings minute by minute, stacked; the highest minute fills the height.
fn hour(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let minutes = &report.timeline;
    let highest = minutes.iter().map(|m| m.errors + m.warnings).max().unwrap_or(0);
    let (Some(first), Some(last)) = (minutes.first(), minutes.last()) else { return Ok(()) };
    if highest == 0 {
        return Ok(());
    }
    let clock = |time: chrono::DateTime<chrono::Utc>| time.format("%H:%M").to_string();
    writeln!(
        out,
        "<h2>The last hour</h2>\n<figure><svg viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\" \
         aria-label=\"Events per minute, at most {highest}\">"
    )?;
    let step = WIDTH / minutes.len() as f64;
    for (place, minute) in minutes.iter().enumerate() {
        let tall = |count: u32| f64::from(count) / f64::from(highest) * (HEIGHT - 4.0);
        let (errors, warnings) = (tall(minute.errors), tall(minute.warnings));
        let parts = [
            ("error", HEIGHT - errors, errors, minute.errors),
            ("warning", HEIGHT - errors - warnings, warnings, minute.warnings),
        ];
        for (class, top, tall, count) in parts.into_iter().filter(|part| part.3 > 0) {
            let left = place as f64 * step;
            writeln!(
                out,
                "<rect class=\"{class}\" x=\"{left:.1}\" y=\"{top:.1}\" width=\"{:.1}\" height=\"{tall:.1}\">\
                 <title>{} {count} {class}</title></rect>",
                step - 2.0,
                clock(minute.time)
            )?;
        }
    }
    writeln!(
        out,
        "</svg><figcaption><span>{}</span><span>at most {highest} a minute</span><span>{} UTC</span></figcaption></figure>",
        clock(first.time),
        clock(last.time)
    )
}

fn shares(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "<h2>By category</h2>\n<table class=\"bars\">")?;
    let most = report.by_category.iter().map(|f| f.count).max().unwrap_or(1).max(1);
    for facts in &report.by_category {
        let share = facts.count as f64 / most as f64 * 100.0;
        bar(facts.title, "", share, facts.count, facts.problems, out)?;
    }
    writeln!(out, "</table>\n<h2>By severity</h2>\n<table class=\"bars\">")?;
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
         <td>{count}</td><td class=\"dim\">{}</td></tr>",
        Escaped(name),
        plural(problems, "problem")
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
        match &s.unreadable {
            Some(why) => writeln!(
                out,
                "<tr><th>{name}</th><td class=\"error\" colspan=\"4\">not read: {}</td></tr>",
                Escaped(why)
            )?,
            None => writeln!(
                out,
                "<tr><th>{name}</th><td>{}</td><td>{}</td><td>{}</td><td>{}</td></tr>",
                s.lines, s.critical, s.errors, s.warnings
            )?,
        }
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
