//! The report as a test result: a suite a service, a case a problem, so that any CI system shows it.

use super::{
    facts::{Problem, ProblemService, Report, ServiceFacts},
    text::{place, plural, short},
};
use chrono::SecondsFormat;
use quick_junit::{NonSuccessKind, Report as Junit, TestCase, TestCaseStatus, TestSuite};
use std::io::{self, Write};

pub(super) fn write(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let mut suites = Junit::new(format!("dogwatch {}", report.source));
    suites.set_timestamp(report.generated_at);
    for service in &report.services {
        suites.add_test_suite(suite(report, service));
    }
    suites.serialize(out).map_err(io::Error::other)
}

fn suite(report: &Report, service: &ServiceFacts) -> TestSuite {
    let mut suite = TestSuite::new(service.service.as_str());
    suite.set_timestamp(report.generated_at);
    suite.add_property(("lines", service.lines.to_string().as_str()));
    let found = report.problems.iter().filter_map(|problem| {
        let here = problem.services.iter().find(|s| s.service == service.service)?;
        Some((problem, here))
    });
    suite.add_test_cases(found.map(|(problem, here)| case(report, problem, here)));
    if let Some(why) = &service.unreadable {
        let mut status = TestCaseStatus::non_success(NonSuccessKind::Error);
        status.set_message(why.as_str()).set_type("unreadable");
        suite.add_test_case(named("the log is readable", service, status));
    } else if suite.tests == 0 {
        suite.add_test_case(named("no problems in the log", service, TestCaseStatus::success()));
    }
    suite
}

fn named(name: &str, service: &ServiceFacts, status: TestCaseStatus) -> TestCase {
    let mut case = TestCase::new(name, status);
    case.set_classname(service.service.as_str());
    case
}

fn case(report: &Report, problem: &Problem, here: &ProblemService) -> TestCase {
    let severity = problem.severity.as_str();
    let what = format!("{}, {}", severity, plural(here.count as usize, "occurrence"));
    let status = if problem.fails {
        let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
        status
            .set_message(legal(&format!("{what}: {}", problem.hint)))
            .set_type(problem.rule.as_str())
            .set_description(legal(&samples(report, problem, here)));
        status
    } else {
        let why = problem.novelty.map_or("below --fail-on", |novelty| match novelty.as_str() {
            "known" => "known to the baseline",
            _ => "below --fail-on",
        });
        let mut status = TestCaseStatus::skipped();
        status.set_message(format!("{what}: {why}"));
        status
    };
    let name =
        format!("[{}] {}: {}", severity.to_uppercase(), problem.category.title(), problem.name());
    let mut case = TestCase::new(legal(&name), status);
    case.set_classname(here.service.as_str());
    case.add_property(("fingerprint", problem.fingerprint.as_str()));
    case
}

/// Text without the two characters that the crate lets through and XML forbids.
fn legal(text: &str) -> String {
    text.replace(['\u{fffe}', '\u{ffff}'], "\u{fffd}")
}

/// When, what, and what to do: all that is needed without opening the log.
fn samples(report: &Report, problem: &Problem, here: &ProblemService) -> String {
    let mut lines = vec![format!(
        "first {}, last {}",
        problem.first_seen.to_rfc3339_opts(SecondsFormat::Secs, true),
        problem.last_seen.to_rfc3339_opts(SecondsFormat::Secs, true)
    )];
    for sample in &here.samples {
        lines.push(format!("{} {}", place(report, sample), short(&sample.message)));
    }
    lines.extend(problem.recommended_actions.iter().map(|action| format!("- {action}")));
    lines.join("\n")
}
