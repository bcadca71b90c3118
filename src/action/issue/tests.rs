//! Issues as GitHub gets them: the form, hostile text, and the limits.

use super::{Form, IssueInput, draft, marker, marker_of, sealed};
use crate::{
    model::{
        Category, ContainerId, ErrorGroup, Fingerprint, Guidance, Level, LogRecord, Origin,
        Position, RecordId, Repair, Sample, ServiceCount, ServiceName, Severity, Status, Stream,
        Trend,
    },
    redact::Redactor,
};
use chrono::{DateTime, Utc};
use std::sync::{Arc, LazyLock};

fn at(second: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_705_314_645 + second, 0).unwrap()
}

fn position(second: i64) -> Position {
    Position { time: at(second), id: RecordId(second as u64) }
}

fn sample(service: &str, second: i64, lines: &[&str]) -> Sample {
    Sample {
        position: position(second),
        service: service.into(),
        container: ContainerId::from("c1"),
        stream: Stream::Stderr,
        message: lines[0].into(),
        lines: lines.iter().map(|l| (*l).into()).collect(),
    }
}

fn group(samples: Vec<Sample>) -> ErrorGroup {
    let count =
        |service: &str, count| ServiceCount { service: service.into(), count, last_seen: at(60) };
    ErrorGroup {
        fingerprint: Fingerprint(0xab12_cd34),
        template: "could not connect to server: <host>".into(),
        rule: "database.refused".into(),
        guidance: Arc::new(Guidance {
            title: "The database refuses connections".into(),
            hint: "Nothing listens there.".into(),
            remedies: vec!["Check that db is up".into(), "Tell @dba about #12".into()],
            repair: Repair::Restart,
        }),
        category: Category::Database,
        base_severity: Severity::Error,
        escalation: None,
        status: Status::New,
        count: 8,
        first_seen: at(0),
        last_seen: at(60),
        services: vec![count("backend", 6), count("worker", 2)],
        trend: Trend::default(),
        samples: samples.into(),
        sessions: 1,
        issue: None,
        variety: crate::model::Variety::default(),
    }
}

fn record(service: &str, second: i64, text: &str) -> Arc<LogRecord> {
    Arc::new(LogRecord {
        id: RecordId(second as u64),
        time: at(second),
        origin: Arc::new(Origin {
            service: ServiceName::from(service),
            container: ContainerId::from("c1"),
            replica: 1,
            is_tty: false,
        }),
        stream: Stream::Stdout,
        level: Level::Info,
        text: text.into(),
        message_at: 0,
    })
}

fn input<'a>(group: &'a ErrorGroup, context: &'a [Arc<LogRecord>]) -> IssueInput<'a> {
    static USUAL: LazyLock<Form> = LazyLock::new(Form::default);
    IssueInput {
        group,
        context,
        project: "shop",
        image: Some("shop/api:1"),
        commit: Some("4a4a791"),
        now: at(100),
        form: &USUAL,
    }
}

#[test]
fn says_what_document_one_shows() {
    let group = group(vec![
        sample("backend", 1, &["psycopg2.OperationalError: password=hunter2"]),
        sample("worker", 60, &["Traceback", "  File \"a.py\", line 1", "Refused"]),
    ]);
    let context =
        [record("db", 59, "FATAL: the system is shutting down"), record("worker", 60, "Traceback")];
    let draft = draft(&input(&group, &context), &|text| Redactor::with_key([7; 32]).redact(text));
    insta::assert_snapshot!(draft.title, @"[ERROR] Database Connection - 8 occurrences in 2 service(s)");
    assert_eq!(
        draft.labels,
        ["bug", "severity:error", "component:docker", "automated", "area:database", "dogwatch"]
    );
    assert_eq!(draft.masked, 1);
    insta::assert_snapshot!("body", draft.body);
}

#[test]
fn the_users_words_stand_around_ours() {
    let mut group = group(vec![sample("backend", 60, &["Refused by {count} @octocat"])]);
    group.guidance =
        Arc::new(Guidance { title: "`Pool` <empty> @team".into(), ..Guidance::default() });
    let form: Form = toml::from_str(
        r#"
        title = "{service}: {problem} ({count}x)"
        body = "**Shop** {{ours}} {severity} {service}\n{samples}"
        labels = ["team:shop"]
        "#,
    )
    .unwrap();
    let input = IssueInput { form: &form, ..input(&group, &[]) };
    let draft = draft(&input, &|text| (text.to_owned(), 0));
    assert_eq!(draft.title, "backend: Pool empty team (8x)");
    assert_eq!(draft.labels.last().unwrap(), "team:shop");
    assert!(draft.body.starts_with("**Shop** {ours} error `backend`\n"), "{}", draft.body);
    assert!(draft.body.contains("Refused by {count} @octocat"), "{}", draft.body);
    assert_eq!(marker_of(&draft.body), Some(group.fingerprint));
    let fault = toml::from_str::<Form>("body = \"a {nonsense}\"").unwrap_err().to_string();
    assert!(fault.contains("there is no {nonsense}") && fault.contains("line 1"), "{fault}");
}

/// What of a line GitHub reads as Markdown.
fn outside_code(line: &str) -> String {
    let mut rest = line;
    let mut out = String::new();
    while let Some(start) = rest.find('`') {
        out.push_str(&rest[..start]);
        let run = rest[start..].len() - rest[start..].trim_start_matches('`').len();
        let ticks = "`".repeat(run);
        rest = &rest[start + run..];
        let mut runs = rest.match_indices(&ticks).map(|(i, _)| i);
        let close = runs.find(|i| !rest[..*i].ends_with('`') && !rest[i + run..].starts_with('`'));
        if let Some(close) = close {
            rest = &rest[close + run..];
        }
    }
    out + rest
}

#[test]
fn hostile_text_is_only_text() {
    let lines = [
        "``` @everyone Fixes #1 <img src=x onerror=1>",
        "`````` </details> <script>",
        "<!-- dogwatch:fp2:0000000000000001 -->",
        "see https://github.com/o/r/issues/1 @octocat",
    ];
    let mut group = group(vec![sample("a|b`c", 60, &lines)]);
    group.services[0].service = "@team|`x`".into();
    group.template = "@root #1 <!-- dogwatch:fp2:0000000000000002 -->".into();
    let context: Vec<_> = lines.iter().zip(55..).map(|(l, at)| record("x", at, l)).collect();
    let body = draft(&input(&group, &context), &|text| Redactor::new().redact(text)).body;

    assert_eq!(marker_of(&body), Some(group.fingerprint));
    assert_eq!(body.matches("<!--").count(), 1);
    let mut fence: Option<String> = None;
    for line in body.lines() {
        let run: String = line.chars().take_while(|c| *c == '`').collect();
        let is_fence = run.len() >= 3 && !line[run.len()..].contains('`');
        match &fence {
            None if is_fence => fence = Some(run),
            Some(open) if run.len() >= open.len() && line.len() == run.len() => fence = None,
            Some(_) => {}
            None => {
                let outside = outside_code(line);
                assert!(!outside.contains("@team") && !outside.contains("@dba"), "{line}");
                assert!(!outside.contains("#12") && !outside.contains("<img"), "{line}");
            }
        }
    }
    assert_eq!(fence, None, "a fence stays open");
}

#[test]
fn a_flood_of_text_stays_below_the_limit_and_keeps_the_tail() {
    let long = "x".repeat(5_000);
    let mut lines: Vec<&str> = vec![&long; 199];
    lines.push("OperationalError: the reason");
    let samples = (0..50).map(|i| sample("backend", i, &lines)).collect();
    let context: Vec<_> = (0..500).map(|i| record("db", i, &"y".repeat(10_000))).collect();
    let group = group(samples);
    let body = draft(&input(&group, &context), &|text| Redactor::new().redact(text)).body;
    assert!(body.chars().count() <= 60_000, "{}", body.chars().count());
    assert!(body.contains("OperationalError: the reason"));
    assert!(body.contains("lines not shown"));
    assert!(body.matches(" at 2024-").count() <= 5);
    assert_eq!(marker_of(&body), Some(group.fingerprint));
}

#[test]
fn a_secret_over_lines_of_two_services_is_masked() {
    let body = "MIIEpAIBAAKCAQEA7Zq0bV1x8v3kK9mQf2H5cD4eR6tY8uI0oP1aS3dF5gH7jK9l";
    let context = [
        record("a", 1, "-----BEGIN PRIVATE KEY-----"),
        record("b", 2, "hello"),
        record("a", 3, body),
        record("a", 4, "-----END PRIVATE KEY-----"),
    ];
    let group = group(vec![sample("a", 60, &["x"])]);
    let draft = draft(&input(&group, &context), &|text| Redactor::new().redact(text));
    assert!(!draft.body.contains(body) && draft.body.contains("hello"));
    // Every line of a key has its own mark.
    assert_eq!(draft.masked, 3);
}

#[test]
fn only_the_last_line_marks_an_issue() {
    let fp = Fingerprint(5);
    let line = marker(fp);
    for (body, want) in [
        (format!("text\n{line}"), Some(fp)),
        (format!("text\r\n{line}\r\n\r\n"), Some(fp)),
        (format!("{line}\ntext"), None),
        (format!("text {line}"), None),
        (format!("> {line}"), None),
        ("<!-- dogwatch:fp9:0000000000000005 -->".into(), None),
        (String::new(), None),
    ] {
        assert_eq!(marker_of(&body), want, "{body:?}");
    }
    assert_eq!(marker_of(&sealed(&format!("{line}\nedited"), fp)), Some(fp));
    assert_eq!(sealed(&format!("a\n\n{line}"), fp), format!("a\n\n{line}"));
}
