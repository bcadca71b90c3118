//! The report as a test result: a suite a service, a case a problem, so that any CI system shows it.
//!
//! Written for the strictest reader, the schema of Jenkins: no attribute and no element that it does not name.

use super::{
    baseline::Novelty,
    escaped::Escaped,
    facts::{Problem, ProblemService, Report, ServiceFacts},
    text::{place, plural, short},
};
use chrono::SecondsFormat;
use std::io::{self, Write};

/// A case of a suite.
struct Case {
    name: String,
    verdict: Verdict,
}

/// What became of a case.
enum Verdict {
    Passed,
    /// Why it does not count.
    Skipped(String),
    Failed {
        rule: String,
        message: String,
        text: String,
    },
    /// Why nothing is known.
    Unknown(String),
}

pub(super) fn write(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let suites: Vec<_> = report.services.iter().map(|s| (s, cases(report, s))).collect();
    let all = || suites.iter().flat_map(|(_, cases)| cases);
    writeln!(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>")?;
    writeln!(
        out,
        "<testsuites name=\"dogwatch {}\" {}>",
        Escaped(&report.source),
        counts(all(), false)
    )?;
    let time = report.generated_at.format("%Y-%m-%dT%H:%M:%S");
    for (service, cases) in &suites {
        let name = Escaped(&service.service);
        let counts = counts(cases, true);
        writeln!(out, "  <testsuite name=\"{name}\" {counts} timestamp=\"{time}\">")?;
        writeln!(
            out,
            "    <properties><property name=\"lines\" value=\"{}\"/></properties>",
            service.lines
        )?;
        for case in cases {
            case.write(&service.service, out)?;
        }
        writeln!(out, "  </testsuite>")?;
    }
    writeln!(out, "</testsuites>")
}

fn counts<'a>(cases: impl IntoIterator<Item = &'a Case>, with_skipped: bool) -> String {
    let (mut tests, mut failures, mut errors, mut skipped) = (0, 0, 0, 0);
    for case in cases {
        tests += 1;
        match case.verdict {
            Verdict::Passed => {}
            Verdict::Skipped(_) => skipped += 1,
            Verdict::Failed { .. } => failures += 1,
            Verdict::Unknown(_) => errors += 1,
        }
    }
    let all = format!("tests=\"{tests}\" failures=\"{failures}\" errors=\"{errors}\"");
    if with_skipped { format!("{all} skipped=\"{skipped}\"") } else { all }
}

/// The problems of a service; one case that says so where there are none, or where its log was not read.
fn cases(report: &Report, service: &ServiceFacts) -> Vec<Case> {
    let found = report.problems.iter().filter_map(|problem| {
        let here = problem.services.iter().find(|s| s.service == service.service)?;
        Some(Case::of(report, problem, here))
    });
    let mut cases: Vec<Case> = found.collect();
    if let Some(why) = &service.unreadable {
        let name = "the log is readable".to_owned();
        cases.push(Case { name, verdict: Verdict::Unknown(why.clone()) });
    } else if cases.is_empty() {
        let name = "no problems in the log".to_owned();
        cases.push(Case { name, verdict: Verdict::Passed });
    }
    cases
}

impl Case {
    fn of(report: &Report, problem: &Problem, here: &ProblemService) -> Self {
        let severity = problem.severity.as_str();
        let what = format!("{severity}, {}", plural(here.count as usize, "occurrence"));
        let verdict = if problem.fails {
            Verdict::Failed {
                rule: problem.rule.clone(),
                message: format!("{what}: {}", problem.hint),
                text: samples(report, problem, here),
            }
        } else if problem.novelty == Some(Novelty::Known) {
            Verdict::Skipped(format!("{what}: known to the baseline"))
        } else {
            Verdict::Skipped(format!("{what}: below --fail-on"))
        };
        let category = problem.category.title();
        let name = format!("[{}] {category}: {}", severity.to_uppercase(), problem.name());
        Self { name, verdict }
    }

    fn write(&self, service: &str, out: &mut dyn Write) -> io::Result<()> {
        let (name, class) = (Escaped(&self.name), Escaped(service));
        write!(out, "    <testcase name=\"{name}\" classname=\"{class}\"")?;
        match &self.verdict {
            Verdict::Passed => return writeln!(out, "/>"),
            Verdict::Skipped(why) => write!(out, "><skipped message=\"{}\"/>", Escaped(why))?,
            Verdict::Unknown(why) => {
                write!(out, "><error type=\"unreadable\" message=\"{}\"/>", Escaped(why))?;
            }
            Verdict::Failed { rule, message, text } => {
                let (rule, message) = (Escaped(rule), Escaped(message));
                write!(out, "><failure type=\"{rule}\" message=\"{message}\">{}", Escaped(text))?;
                write!(out, "</failure>")?;
            }
        }
        writeln!(out, "</testcase>")
    }
}

/// When, what, and what to do: all that is needed without opening the log.
fn samples(report: &Report, problem: &Problem, here: &ProblemService) -> String {
    let mut lines = vec![format!(
        "first {}, last {}, {}",
        problem.first_seen.to_rfc3339_opts(SecondsFormat::Secs, true),
        problem.last_seen.to_rfc3339_opts(SecondsFormat::Secs, true),
        problem.fingerprint
    )];
    for sample in &here.samples {
        lines.push(format!("{} {}", place(report, sample), short(&sample.message)));
    }
    lines.extend(problem.recommended_actions.iter().map(|action| format!("- {action}")));
    lines.join("\n")
}
