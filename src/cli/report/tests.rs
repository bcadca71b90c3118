//! Reports read off stores that were filled by hand.

use super::{About, Report};
use crate::{
    cli::{FailOn, Format},
    engine::Redactor,
    model::{
        Category, ContainerId, ErrorGroup, Fingerprint, Guidance, Level, LogRecord, Origin,
        Position, RecordId, Repair, Sample, ServiceCount, ServiceName, Severity, Status, Stream,
        Trend,
    },
    store::{Limits, Store},
};
use chrono::{DateTime, Utc};
use std::sync::Arc;

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
    for format in [Format::Text, Format::Json, Format::Markdown] {
        let text = written(&troubled(), format);
        assert!(!text.contains("hunter") && text.contains("[redacted:password:"), "{format:?}");
    }
}

#[test]
fn the_exit_code_follows_the_limit() {
    let (none, warning) =
        (vec![], vec![group(1, Category::Other, Severity::Warning, &[("backend", 1)])]);
    let critical = vec![group(1, Category::Other, Severity::Critical, &[("backend", 1)])];
    for (groups, [on_critical, on_error, on_warning]) in
        [(none, [0, 0, 0]), (warning, [0, 0, 1]), (critical, [1, 1, 1])]
    {
        let report = report(groups);
        assert_eq!(report.exit_code(FailOn::Critical), on_critical);
        assert_eq!(report.exit_code(FailOn::Error), on_error);
        assert_eq!(report.exit_code(FailOn::Warning), on_warning);
    }
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
