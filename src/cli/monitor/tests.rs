//! Rounds of a monitor over a store that the test fills.

use super::*;
use crate::{
    cli::{Arguments, Command, output},
    model::{
        Category, Container, ErrorGroup, Fingerprint, Guidance, Origin, RuleId, RunState,
        ServiceCount, Severity, Status, Trend, Variety,
    },
    store::{Limits, Store},
};
use chrono::{DateTime, TimeDelta, Utc};
use clap::Parser as _;
use std::{
    collections::VecDeque,
    fs,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
};

fn at(minute: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_800_000_000 + minute * 60, 0).unwrap()
}

fn group(number: u64, severity: Severity, minute: i64) -> ErrorGroup {
    ErrorGroup {
        fingerprint: Fingerprint(number),
        template: "connection to <host> refused".into(),
        rule: RuleId::from("database.refused"),
        guidance: Arc::new(Guidance {
            title: "Database refuses".into(),
            remedies: vec!["Start the database.".into()],
            ..Guidance::default()
        }),
        category: Category::Database,
        base_severity: severity,
        escalation: None,
        status: Status::New,
        count: 1,
        first_seen: at(minute),
        last_seen: at(minute),
        services: vec![ServiceCount { service: "api".into(), count: 1, last_seen: at(minute) }],
        trend: Trend::default(),
        samples: VecDeque::new(),
        sessions: 1,
        issue: None,
        variety: Variety::default(),
    }
}

fn api(state: RunState, started: i64) -> Container {
    let origin = Arc::new(Origin {
        service: "api".into(),
        container: "c1".into(),
        replica: 1,
        is_tty: false,
    });
    Container {
        name: "shop-api-1".into(),
        image: "api".into(),
        state,
        started_at: Some(at(started)),
        ..Container::new(origin)
    }
}

/// One environment with a service that runs since minute 0.
struct Round {
    store: Store,
    ledger: Ledger,
}

impl Round {
    fn new() -> Self {
        let mut store = Store::new(Limits::default());
        store.put_container(api(RunState::Running, 0));
        Self { store, ledger: Ledger::default() }
    }

    fn look(&mut self, minute: i64, is_heard: bool) -> Vec<Stage> {
        let silence = Silence { after: TimeDelta::minutes(30), is_heard };
        let mask = |text: &str| text.replace("secret", "***");
        let changes = self.ledger.look(&self.store, silence, &mask, at(minute));
        changes.into_iter().map(|change| change.issue.state).collect()
    }

    fn state(&self) -> State {
        self.ledger.state("dev", "shop", Watched::default(), at(500))
    }

    fn only(&self) -> Issue {
        let [issue] = &self.state().issues[..] else { panic!("not one issue") };
        issue.clone()
    }
}

#[test]
fn silence_while_the_service_runs_resolves_and_the_next_event_is_a_return() {
    let mut round = Round::new();
    round.store.put_group(group(1, Severity::Error, 10));
    assert_eq!(round.look(11, true), [Stage::New]);
    assert_eq!(round.only().status, Word::Detected);
    assert_eq!(round.look(39, true), []);
    assert_eq!(round.look(41, false), [], "nobody listened");
    assert_eq!(round.look(42, true), [Stage::Resolved]);
    assert_eq!((round.only().status, round.only().resolved_at), (Word::Fixed, Some(at(42))));
    assert_eq!(round.look(43, true), []);

    // What stands in the file is known to the next run.
    round.ledger = Ledger::read(&serde_json::to_string(&round.state()).unwrap()).unwrap();
    assert_eq!(round.look(44, true), []);
    let again = group(1, Severity::Error, 50);
    round.store.put_group(ErrorGroup { count: 2, first_seen: at(10), ..again });
    assert_eq!(round.look(51, true), [Stage::Regressed]);
    assert_eq!(round.only().status, Word::Failed);
    assert_eq!(round.look(60, true), [], "it stays one that came back");
    assert_eq!(round.look(90, true), [Stage::Resolved]);
}

#[test]
fn each_day_has_its_events_over_restarts_and_the_report_shows_them() {
    const DAY: i64 = 24 * 60;
    let mut round = Round::new();
    let seen = |count, minute| ErrorGroup {
        count,
        first_seen: at(10),
        ..group(1, Severity::Error, minute)
    };
    round.store.put_group(seen(5, 10));
    round.look(11, true);
    round.look(12, true);
    round.store.put_group(seen(7, 20));
    round.look(21, true);
    round.look(80, true);
    round.ledger = Ledger::read(&serde_json::to_string(&round.state()).unwrap()).unwrap();
    round.look(81, true);
    round.store.put_group(seen(27, 2 * DAY));
    round.look(2 * DAY + 1, true);
    let days = round.state().days;
    let figures: Vec<_> = days.iter().map(|d| (d.events, d.new, d.fixed, d.returned)).collect();
    assert_eq!(figures, [(7, 1, 1, 0), (20, 0, 0, 1)]);

    let mut out = Vec::new();
    let state = round.ledger.state("dev", "shop", Watched::default(), at(3 * DAY));
    write_report(&state, &mut out).unwrap();
    let text = String::from_utf8(out).unwrap();
    let rows: Vec<_> = text.lines().filter(|line| line.starts_with("| 20")).collect();
    assert_eq!(rows.len(), 4, "days without an event are there, too: {text}");
    assert!(rows[1].contains("| 20 | `####################` | 0 | 0 | 1 |"), "{text}");
    assert!(rows[3].contains("| 7 | `#######` | 1 | 1 | 0 |"), "{text}");

    for day in 3..60_i64 {
        round.store.put_group(seen(27 + day.unsigned_abs(), day * DAY));
        round.look(day * DAY + 1, true);
    }
    assert_eq!(round.state().days.len(), 30);
    assert!(round.state().days.is_sorted_by_key(|day| day.date));
}

#[test]
fn what_became_part_of_another_problem_is_not_counted_again() {
    let mut round = Round::new();
    let often = |number, count| ErrorGroup { count, ..group(number, Severity::Error, 10) };
    round.store.put_group(often(1, 5));
    round.store.put_group(often(2, 3));
    round.look(11, true);
    let fold = |into: &mut ErrorGroup, from: ErrorGroup| into.count += from.count;
    assert!(round.store.merge_groups((Fingerprint(2), Fingerprint(1)), fold));
    round.look(12, true);
    let events: u64 = round.state().days.iter().map(|day| day.events).sum();
    assert_eq!(events, 8);
}

#[test]
fn the_silence_of_what_does_not_run_means_nothing() {
    let mut round = Round::new();
    round.store.put_group(group(1, Severity::Critical, 10));
    round.look(11, true);
    round.store.put_container(api(RunState::Exited(1), 0));
    assert_eq!(round.look(300, true), []);
    round.store.put_container(api(RunState::Running, 295));
    assert_eq!(round.look(300, true), [], "it runs for five minutes only");
    assert_eq!(round.look(326, true), [Stage::Resolved]);
}

#[test]
fn states_have_the_words_that_users_know() {
    let mut round = Round::new();
    let muted = Status::Muted { until: crate::model::MuteUntil::Forever, since: at(1), count: 1 };
    for (number, status, escalation) in [
        (1, Status::Ongoing, None),
        (2, Status::New, Some("10x".into())),
        (3, Status::Verifying { since: at(1) }, None),
        (4, Status::Fixed { since: at(1) }, None),
        (5, Status::Regressed { at: at(1) }, None),
        (6, muted, None),
    ] {
        let group = group(number, Severity::Warning, number as i64);
        round.store.put_group(ErrorGroup { escalation, status, ..group });
    }
    round.look(7, true);
    let state = round.state();
    let mut words: Vec<_> = state
        .issues
        .iter()
        .map(|i| (i.id.chars().last().unwrap(), i.state.as_str(), i.status.as_str(), i.severity))
        .collect();
    assert_eq!(words[0].0, '2', "the worst that needs attention is first");
    words.sort_by_key(|word| word.0);
    assert_eq!(
        words,
        [
            ('1', "ongoing", "detected", Grade::Medium),
            ('2', "escalated", "detected", Grade::High),
            ('3', "verifying", "fixing", Grade::Medium),
            ('4', "resolved", "fixed", Grade::Medium),
            ('5', "regressed", "failed", Grade::Medium),
            ('6', "muted", "needs_manual", Grade::Medium),
        ]
    );
    assert_eq!(state.stats, Stats { total: 6, fixed: 1, failed: 1, pending: 4 });
}

#[test]
fn the_file_has_every_field_that_users_know() {
    let mut round = Round::new();
    round.store.put_group(ErrorGroup {
        template: "secret `x` <!-- y".into(),
        ..group(1, Severity::Critical, 1)
    });
    round.look(2, true);
    let value = serde_json::to_value(round.state()).unwrap();
    for key in ["timestamp", "environment", "issues", "stats"] {
        assert!(value.get(key).is_some(), "{key}");
    }
    let issue = value["issues"][0].as_object().unwrap();
    for key in [
        "id",
        "timestamp",
        "service",
        "pattern",
        "message",
        "count",
        "severity",
        "category",
        "suggested_fix",
        "status",
        "sub_agent_id",
    ] {
        assert!(issue.contains_key(key), "{key}");
    }
    assert_eq!(issue["severity"], "critical");
    assert_eq!(issue["pattern"], "*** `x` <!-- y", "secrets are masked");
    let mut report = Vec::new();
    write_report(&round.state(), &mut report).unwrap();
    let report = String::from_utf8(report).unwrap();
    for part in [
        "Detected",
        "Category",
        "Severity",
        "Status",
        "Pattern",
        "Message",
        "Count",
        "Suggested Fix",
    ] {
        assert!(report.contains(&format!("**{part}:**")), "no {part} in {report}");
    }
    assert!(!report.contains("<!--") && !report.contains("secret"), "{report}");
}

#[test]
fn a_file_of_another_tool_is_not_ours() {
    for text in ["", "{}", "[]", r#"{"timestamp":"x","environment":"dev","issues":[],"stats":{}}"#]
    {
        assert!(Ledger::read(text).is_err(), "{text}");
    }
}

#[test]
fn the_file_is_whole_at_every_moment() {
    let mut round = Round::new();
    for number in 0..40 {
        round.store.put_group(group(number, Severity::Error, 1));
    }
    round.look(2, true);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(state_file("dev"));
    let is_over = AtomicBool::new(false);
    let write = |round: &Round| {
        output::to_place(Some(&path), |out| Ok(serde_json::to_writer(out, &round.state())?))
            .unwrap();
    };
    write(&round);
    thread::scope(|scope| {
        let writer = scope.spawn(|| {
            let mut writes = 0;
            while !is_over.load(Ordering::Acquire) {
                write(&round);
                writes += 1;
            }
            writes
        });
        for _ in 0..1_000 {
            let state: State = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
            assert_eq!(state.issues.len(), 40);
        }
        is_over.store(true, Ordering::Release);
        assert!(writer.join().unwrap() > 10);
    });
}

#[test]
fn the_pace_is_5_s_after_something_new_and_50_s_otherwise() {
    let pace = |line: &str| {
        let arguments = Arguments::try_parse_from(line.split_whitespace()).unwrap();
        let Some(Command::Monitor(args)) = arguments.command else { panic!("{line}") };
        args.pace()
    };
    let usual = pace("dogwatch monitor --env dev --env test --max-agents 5");
    let due = |seconds, was, is| usual.is_due(Duration::from_secs(seconds), was, is);
    assert!(!due(4, true, true) && due(5, true, false) && due(5, false, true));
    assert!(!due(49, false, false) && due(50, false, false));
    let fixed = pace("dogwatch monitor --interval 30 --max-iterations 10");
    assert_eq!((fixed.busy, fixed.idle), (Duration::from_secs(30), Duration::from_secs(30)));
    for line in ["dogwatch monitor --env ../x", "dogwatch monitor --interval 0"] {
        assert!(Arguments::try_parse_from(line.split_whitespace()).is_err(), "{line}");
    }
}

#[test]
fn from_the_sixth_event_on_an_issue_is_one_step_worse() {
    let rate = || Some("12 events in one minute".into());
    for (count, base, escalation, want) in [
        (5, Severity::Warning, None, Grade::Medium),
        (6, Severity::Warning, None, Grade::High),
        (600, Severity::Warning, None, Grade::High),
        (6, Severity::Info, None, Grade::Medium),
        (6, Severity::Error, None, Grade::Critical),
        (6, Severity::Critical, None, Grade::Critical),
        // The rate and the repetition together are one step.
        (12, Severity::Info, rate(), Grade::Medium),
        (1, Severity::Warning, rate(), Grade::High),
    ] {
        let is_by_rate = escalation.is_some();
        let group = ErrorGroup { escalation, count, ..group(1, base, 0) };
        let issue = Issue::of(&group, &|text| text.to_owned());
        assert_eq!(issue.severity, want, "{count} {base:?}");
        let says = issue.escalation.unwrap_or_default();
        assert_eq!(
            says.starts_with("seen "),
            !is_by_rate && count > 5 && base < Severity::Critical
        );
        assert_eq!(says == "12 events in one minute", is_by_rate);
    }
}
