//! Reports read off stores that were filled by hand.

use super::{About, Baseline, Comparison, FailOn, Format, Report};
use crate::{
    engine::Redactor,
    model::{
        Category, ContainerId, ErrorGroup, Fingerprint, Guidance, Level, LogRecord, Origin,
        Position, RecordId, Repair, Sample, ServiceCount, ServiceName, Severity, Status, Stream,
        Trend,
    },
    store::{Limits, Store},
};
use chrono::{DateTime, Utc};
use serde_json::Value;
use std::{
    fs,
    io::Write as _,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::Arc,
};

fn at(second: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_705_314_645 + second, 0).unwrap()
}

fn group(number: u64, category: Category, severity: Severity, seen: &[(&str, u64)]) -> ErrorGroup {
    let services: Vec<_> = seen
        .iter()
        .map(|(service, count)| ServiceCount {
            service: (*service).into(),
            count: *count,
            last_seen: at(9),
        })
        .collect();
    let samples = services.iter().flat_map(|s| {
        (0..s.count.min(5)).map(|i| Sample {
            position: Position { time: at(i as i64), id: RecordId(number * 100 + i) },
            service: s.service.clone(),
            container: ContainerId::from("c"),
            stream: Stream::Stdout,
            message: format!(
                "refused password=hunter{i}{}",
                " x".repeat(if i == 2 { 200 } else { 0 })
            )
            .into(),
            lines: vec!["refused password=hunter2".into()],
        })
    });
    ErrorGroup {
        fingerprint: Fingerprint(number),
        template: "refused <*>".into(),
        rule: "database.refused".into(),
        guidance: Arc::new(Guidance {
            title: "It refuses".into(),
            hint: "Nobody listens.".into(),
            remedies: vec!["Start it.".into()],
            repair: Repair::None,
        }),
        category,
        base_severity: severity,
        escalation: None,
        status: Status::New,
        count: seen.iter().map(|s| s.1).sum(),
        first_seen: at(0),
        last_seen: at(9),
        samples: samples.collect(),
        services,
        trend: Trend::default(),
        sessions: 1,
        issue: None,
        variety: crate::model::Variety::default(),
    }
}

fn store(groups: Vec<ErrorGroup>) -> Store {
    let mut store = Store::new(Limits::default());
    for (number, service) in ["backend", "worker", "quiet"].into_iter().enumerate() {
        store.push(Arc::new(LogRecord {
            id: RecordId(number as u64 + 1),
            time: at(0),
            origin: Arc::new(Origin {
                service: ServiceName::from(service),
                container: ContainerId::from(service),
                replica: 1,
                is_tty: false,
            }),
            stream: Stream::Stdout,
            level: Level::Info,
            text: "hello".into(),
            message_at: 0,
        }));
    }
    for group in groups {
        store.put_group(group);
    }
    store
}

fn report(groups: Vec<ErrorGroup>) -> Report {
    let about = About { name: "shop".into(), is_recorded: true, ..About::default() };
    Report::from_store(&store(groups), &about, &Redactor::with_key([7; 32]), at(100))
}

fn troubled() -> Report {
    report(vec![
        group(1, Category::Database, Severity::Error, &[("backend", 6), ("worker", 2)]),
        group(2, Category::Authentication, Severity::Critical, &[("backend", 1)]),
        group(3, Category::Database, Severity::Warning, &[("backend", 4)]),
    ])
}

const ALL: [Format; 7] = [
    Format::Text,
    Format::Json,
    Format::Markdown,
    Format::Html,
    Format::Sarif,
    Format::Junit,
    Format::Github,
];

fn written(report: &Report, format: Format) -> String {
    let mut out = Vec::new();
    report.write(format, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

#[test]
fn text_has_the_layout_of_document_one() {
    insta::assert_snapshot!("text", written(&troubled(), Format::Text));
    insta::assert_snapshot!("text_of_nothing", written(&report(vec![]), Format::Text));
}

#[test]
fn markdown_reads_as_a_page() {
    insta::assert_snapshot!("markdown", written(&troubled(), Format::Markdown));
}

#[test]
fn a_page_draws_what_is_counted() {
    let page = written(&troubled(), Format::Html);
    let (head, rest) = page.split_once("<style>").unwrap();
    let (_, body) = rest.split_once("</style>").unwrap();
    insta::assert_snapshot!("html", format!("{head}{body}"));
    assert!(written(&report(vec![]), Format::Html).contains(">No problems found.</p>"));
}

#[test]
fn what_was_not_read_is_not_called_free_of_problems() {
    let about = About { name: "shop".into(), since: Some(at(0)), ..About::default() };
    let none = Store::new(Limits::default());
    let report = Report::from_store(&none, &about, &Redactor::new(), at(100));
    for format in [Format::Text, Format::Markdown, Format::Html] {
        let text = written(&report, format);
        assert!(text.contains("No service was read, so nothing is known."), "{text}");
    }
}

#[test]
fn the_sums_agree_with_their_parts() {
    let report = troubled();
    let of = |severity| report.by_severity.iter().find(|f| f.severity == severity).unwrap().count;
    let sum = &report.summary;
    assert_eq!(sum.total_errors, of(Severity::Error) + of(Severity::Critical));
    assert_eq!(sum.total_critical, report.services.iter().map(|s| s.critical).sum::<u64>());
    assert_eq!(sum.total_errors, report.services.iter().map(|s| s.errors).sum::<u64>());
    assert_eq!(report.occurrences(), report.by_category.iter().map(|f| f.count).sum::<u64>());
}

#[test]
fn json_is_complete_and_versioned() {
    let json: serde_json::Value =
        serde_json::from_str(&written(&troubled(), Format::Json)).unwrap();
    assert_eq!(json["schema_version"], 1);
    assert_eq!(json["generated_at"], "2024-01-15T10:32:25Z");
    assert_eq!(json["summary"]["total_errors"], 9);
    assert_eq!(json["summary"]["total_critical"], 1);
    assert_eq!(json["services"].as_array().unwrap().len(), 3);
    assert_eq!(json["problems"][0]["severity"], "critical");
    assert_eq!(json["problems"][1]["category"], "database");
    assert_eq!(json["problems"][1]["services"][0]["samples"].as_array().unwrap().len(), 3);
}

#[test]
fn every_form_masks_secrets() {
    let mut report = troubled();
    report.judge(Severity::Error);
    for format in ALL {
        let text = written(&report, format);
        assert!(!text.contains("hunter") && text.contains("[redacted:password:"), "{format:?}");
    }
}

#[test]
fn the_exit_code_follows_the_limit() {
    let (none, warning) =
        (vec![], vec![group(1, Category::Other, Severity::Warning, &[("backend", 1)])]);
    let critical = vec![group(1, Category::Other, Severity::Critical, &[("backend", 1)])];
    for (groups, codes) in [(none, [0, 0, 0]), (warning, [0, 0, 1]), (critical, [1, 1, 1])] {
        let mut report = report(groups);
        for (fail_on, code) in
            [FailOn::Critical, FailOn::Error, FailOn::Warning].into_iter().zip(codes)
        {
            report.judge(fail_on.severity());
            assert_eq!(report.exit_code(), code, "{fail_on:?}");
        }
    }
}

fn baseline_of(report: &Report) -> Baseline {
    let updated = Baseline::default().updated(report, at(200));
    let mut text = Vec::new();
    updated.write(&mut text).unwrap();
    Baseline::parse(&String::from_utf8(text).unwrap()).unwrap()
}

/// The report as a run would write it, with the codes of its problems in the order of the report.
fn judged(groups: Vec<ErrorGroup>, baseline: &Baseline) -> (Report, Vec<&'static str>) {
    let mut report = report(groups);
    baseline.compare(&mut report);
    report.judge(Severity::Error);
    let words = report.problems.iter().map(|p| p.novelty.unwrap().as_str()).collect();
    (report, words)
}

#[test]
fn a_known_problem_does_not_fail_and_a_new_one_does() {
    let known = group(1, Category::Database, Severity::Error, &[("backend", 6)]);
    let new = group(2, Category::Network, Severity::Error, &[("worker", 1)]);
    let baseline = baseline_of(&report(vec![known.clone()]));
    let (quiet, words) = judged(vec![known.clone()], &baseline);
    assert_eq!((quiet.exit_code(), words), (0, vec!["known"]));
    let (loud, mut words) = judged(vec![known, new], &baseline);
    words.sort_unstable();
    assert_eq!((loud.exit_code(), words), (1, vec!["known", "new"]));
    let facts = loud.baseline.unwrap();
    assert_eq!((facts.new, facts.known, facts.gone.len()), (1, 1, 0));
}

#[test]
fn what_was_gone_and_comes_back_is_regressed() {
    let problem = group(1, Category::Database, Severity::Error, &[("backend", 6)]);
    let before = baseline_of(&report(vec![problem.clone()]));
    let (without, _) = judged(vec![], &before);
    assert_eq!(without.baseline.as_ref().unwrap().gone.len(), 1);
    let after = before.updated(&without, at(300));
    let (again, words) = judged(vec![problem], &after);
    assert_eq!((again.exit_code(), words), (1, vec!["regressed"]));
    let (still, _) = judged(vec![], &after);
    assert_eq!(still.baseline.unwrap().gone.len(), 0, "it is told once");
}

#[test]
fn what_was_not_read_is_not_gone() {
    let elsewhere = group(1, Category::Database, Severity::Error, &[("billing", 6)]);
    let before = baseline_of(&report(vec![elsewhere.clone()]));
    let after = before.updated(&report(vec![]), at(300));
    let (_, words) = judged(vec![elsewhere], &after);
    assert_eq!(words, ["known"]);
}

#[test]
fn another_version_of_the_fingerprint_is_known_by_rule_and_message() {
    let problem = group(1, Category::Database, Severity::Error, &[("backend", 6)]);
    let mut text = Vec::new();
    baseline_of(&report(vec![problem])).write(&mut text).unwrap();
    let text = String::from_utf8(text).unwrap();
    let before = Baseline::parse(&text.replace("\"fp2:", "\"fp1:")).unwrap();
    let renamed = group(99, Category::Database, Severity::Error, &[("backend", 6)]);
    assert_eq!(judged(vec![renamed], &before).1, ["known"]);
}

#[test]
fn a_report_is_a_baseline_and_two_are_compared() {
    let (a, b) = (
        group(1, Category::Database, Severity::Error, &[("backend", 6)]),
        ErrorGroup {
            template: "timeout <*>".into(),
            ..group(2, Category::Timeout, Severity::Warning, &[("backend", 2)])
        },
    );
    let more = ErrorGroup {
        services: vec![ServiceCount { service: "backend".into(), count: 9, last_seen: at(9) }],
        ..a.clone()
    };
    let read = |groups| Baseline::parse(&written(&report(groups), Format::Json)).unwrap();
    let comparison = Comparison::between(&read(vec![a.clone()]), &read(vec![more, b]));
    assert_eq!(comparison.exit_code(Severity::Error), 0);
    assert_eq!(comparison.exit_code(Severity::Warning), 1);
    let mut text = Vec::new();
    comparison.write(false, &mut text).unwrap();
    insta::assert_snapshot!("comparison", String::from_utf8(text).unwrap());
}

#[test]
fn a_bad_baseline_is_told() {
    for (text, told) in [
        ("", "EOF"),
        ("{\"schema_version\": 9, \"problems\": []}", "schema_version 9"),
        (
            "{\"schema_version\": 1, \"problems\": [{\"fingerprint\": \"x\", \"category\": \"other\", \"severity\": \"error\"}]}",
            "not a fingerprint",
        ),
        ("{\"schema_version\": 1, \"problems\": [{\"fingerprint\": \"x\"}]}", "category"),
    ] {
        let error = Baseline::parse(text).unwrap_err();
        assert!(error.contains(told), "{text}: {error}");
    }
}

#[test]
fn the_forms_for_machines_read_well() {
    let known = baseline_of(&report(vec![group(
        2,
        Category::Authentication,
        Severity::Critical,
        &[("backend", 1)],
    )]));
    let mut report = troubled();
    known.compare(&mut report);
    report.judge(Severity::Error);
    insta::assert_snapshot!("junit", written(&report, Format::Junit));
    insta::assert_snapshot!("github", written(&report, Format::Github));
    insta::assert_snapshot!("sarif", written(&report, Format::Sarif));
}

#[test]
fn hostile_text_stays_text() {
    let hostile =
        "</pre><script>alert(1)</script>]]>\u{1b}[31m::error::x %0A\u{fffe}\n::set-output";
    let mut group = group(1, Category::Other, Severity::Error, &[("backend", 1), ("a<b>&\"'", 1)]);
    group.template = hostile.into();
    group.guidance = Arc::new(Guidance { title: hostile.into(), ..(*group.guidance).clone() });
    group.samples[0].message = hostile.into();
    let mut report = report(vec![group]);
    report.judge(Severity::Error);
    let page = written(&report, Format::Html);
    assert!(!page.contains("<script>") && page.contains("&lt;script&gt;"), "{page}");
    let commands = written(&report, Format::Github);
    assert_eq!(commands.lines().filter(|line| line.starts_with("::")).count(), 1, "{commands}");
    let suites = written(&report, Format::Junit);
    assert!(suites.contains("tests=\"3\" failures=\"1\""), "{suites}");
    assert_eq!(suites.matches('<').count(), suites.matches('>').count(), "{suites}");
    assert!(suites.contains("&lt;/pre&gt;") && !suites.contains("]]>"), "{suites}");
    assert!(!suites.contains(['\u{1b}', '\u{fffe}']), "{suites}");
}

/// Reports of quiet, troubled and hostile logs.
fn all_sorts() -> [Report; 3] {
    let hostile = "</pre>]]>\u{1b}[31m%0A\u{fffe}\u{0}\n\"'&<a b=c>";
    let mut group = group(7, Category::Other, Severity::Critical, &[("a<b>&\"'", 1), ("", 2)]);
    group.template = hostile.into();
    group.guidance = Arc::new(Guidance { title: hostile.into(), ..(*group.guidance).clone() });
    group.samples[0].message = hostile.into();
    let mut reports = [report(Vec::new()), troubled(), report(vec![group])];
    for report in &mut reports {
        report.judge(Severity::Error);
    }
    reports
}

fn schema(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/schemas").join(name)
}

#[test]
fn sarif_agrees_with_its_published_schema() {
    let text = fs::read_to_string(schema("sarif-2.1.0.json")).unwrap();
    let published: Value = serde_json::from_str(&text).unwrap();
    let validator = jsonschema::options().should_validate_formats(true).build(&published).unwrap();
    for report in all_sorts() {
        let written = written(&report, Format::Sarif);
        let sarif: Value = serde_json::from_str(&written).unwrap();
        let faults: Vec<_> =
            validator.iter_errors(&sarif).map(|e| format!("{}: {e}", e.instance_path())).collect();
        assert!(faults.is_empty(), "{faults:#?}\n{written}");
        let mut wrong = sarif.clone();
        wrong["runs"][0]["tool"]["driver"]["nmae"] = "x".into();
        assert!(!validator.is_valid(&wrong), "the schema is strict");
    }
}

#[test]
#[allow(clippy::print_stderr, reason = "a check that is not made says so")]
fn junit_agrees_with_the_schema_of_jenkins() {
    for report in all_sorts() {
        let mut checked = match Command::new("xmllint")
            .args(["--noout", "--schema"])
            .arg(schema("junit-10.xsd"))
            .arg("-")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
        {
            Ok(child) => child,
            Err(error) => {
                eprintln!("SKIPPED: xmllint: {error}");
                return;
            }
        };
        let text = written(&report, Format::Junit);
        checked.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
        let told = checked.wait_with_output().unwrap();
        assert!(told.status.success(), "{}\n{text}", String::from_utf8_lossy(&told.stderr));
    }
}

#[test]
fn the_published_schema_is_that_of_the_report() {
    let schema = serde_json::to_value(schemars::schema_for!(Report)).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let mut json: serde_json::Value =
        serde_json::from_str(&written(&troubled(), Format::Json)).unwrap();
    assert!(validator.is_valid(&json), "{:?}", validator.iter_errors(&json).collect::<Vec<_>>());
    json["problems"][0]["severity"] = "bad".into();
    assert!(!validator.is_valid(&json));
}

#[test]
fn chosen_services_are_counted_alone() {
    let groups = vec![
        group(1, Category::Database, Severity::Error, &[("backend", 6), ("worker", 2)]),
        group(2, Category::Other, Severity::Error, &[("backend", 1)]),
    ];
    let about = About { services: ["worker".into()].into(), ..About::default() };
    let report = Report::from_store(&store(groups), &about, &Redactor::new(), at(0));
    assert_eq!(report.summary.total_errors, 2);
    assert_eq!(report.summary.services_analyzed, 1);
    assert_eq!(report.problems.len(), 1);
}
