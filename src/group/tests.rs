//! The life of a problem, told as stories.

use super::{Change, Grouper, lifecycle};
use crate::model::{
    Category, ErrorGroup, Finding, Guidance, Level, MuteUntil, Origin, Position, RecordId,
    ServiceName, Severity, Status, Stream,
};
use chrono::{DateTime, Utc};
use std::sync::Arc;

/// So many minutes after the beginning.
pub(super) fn at(minute: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_700_000_040 + minute * 60, 0).unwrap()
}

pub(super) fn finding(message: &str, time: DateTime<Utc>) -> Finding {
    finding_in("api", message, time)
}

fn finding_in(service: &str, message: &str, time: DateTime<Utc>) -> Finding {
    Finding {
        rule: "database.refused".into(),
        guidance: Arc::new(Guidance { title: "refused".into(), ..Guidance::default() }),
        category: Category::Database,
        severity: Severity::Error,
        origin: Arc::new(Origin {
            service: service.into(),
            container: service.into(),
            replica: 1,
            is_tty: false,
        }),
        stream: Stream::Stdout,
        position: Position { time, id: RecordId(1) },
        level: Level::Error,
        message: message.into(),
        place: None,
        naming: None,
        lines: vec![message.into()],
    }
}

fn opened(minute: i64) -> ErrorGroup {
    let finding = finding("x", at(minute));
    lifecycle::open(&finding, Grouper::new().key(&finding), at(minute))
}

fn absorb(group: &mut ErrorGroup, minute: i64) -> Change {
    lifecycle::absorb(group, &finding("x", at(minute)), at(minute))
}

#[test]
fn one_problem_in_three_services_is_one_group() {
    let mut group = opened(0);
    for service in ["worker", "worker", "orders"] {
        lifecycle::absorb(&mut group, &finding_in(service, "x", at(1)), at(1));
    }
    let services: Vec<_> = group.services.iter().map(|s| (s.service.as_str(), s.count)).collect();
    assert_eq!(services, [("worker", 2), ("api", 1), ("orders", 1)]);
    assert_eq!(group.main_service(), Some(&ServiceName::from("worker")));
    assert_eq!((group.count, group.first_seen, group.last_seen), (4, at(0), at(1)));
}

#[test]
fn the_first_sample_and_the_newest_are_kept_in_order_of_time() {
    let mut group = opened(0);
    for minute in (1..200).rev() {
        absorb(&mut group, minute);
    }
    assert_eq!(group.samples.len(), ErrorGroup::MAX_SAMPLES);
    assert_eq!(group.samples[0].position.time, at(0));
    assert_eq!(group.samples[1].position.time, at(151));
    assert_eq!(group.newest().unwrap().position.time, at(199));
}

#[test]
fn a_fixed_problem_regresses_by_event_time_only() {
    for (event, want) in [(4, Change::Counted), (5, Change::Counted), (6, Change::Regressed)] {
        let mut group = opened(0);
        lifecycle::mark_fixed(&mut group, at(5));
        // All of them arrive late.
        let change = lifecycle::absorb(&mut group, &finding("x", at(event)), at(9));
        assert_eq!(change, want, "event of minute {event}");
        assert_eq!(group.status.is_open(), want == Change::Regressed);
        assert_eq!(group.count, 2);
    }
}

#[test]
fn fixed_is_believed_after_ten_quiet_minutes_of_running() {
    let mut group = opened(0);
    lifecycle::mark_fixed(&mut group, at(5));
    assert_eq!(lifecycle::tick(&mut group, at(14), lifecycle::VERIFY_FOR, true), None);
    assert_eq!(lifecycle::tick(&mut group, at(15), lifecycle::VERIFY_FOR, false), None);
    assert_eq!(
        lifecycle::tick(&mut group, at(15), lifecycle::VERIFY_FOR, true),
        Some(Change::StatusChanged)
    );
    assert_eq!(group.status, Status::Fixed { since: at(5) });
    assert_eq!(absorb(&mut group, 30), Change::Regressed);
    assert_eq!(group.status, Status::Regressed { at: at(30) });
}

#[test]
fn news_ends_after_a_day_or_in_the_third_run() {
    let day = 24 * 60;
    let mut group = opened(0);
    assert_eq!(lifecycle::tick(&mut group, at(day), lifecycle::VERIFY_FOR, true), None);
    assert_eq!(
        lifecycle::tick(&mut group, at(day + 1), lifecycle::VERIFY_FOR, true),
        Some(Change::StatusChanged)
    );
    assert_eq!(group.status, Status::Ongoing);

    let mut group = opened(0);
    group.status = Status::Regressed { at: at(10) };
    assert_eq!(
        lifecycle::tick(&mut group, at(day + 11), lifecycle::VERIFY_FOR, true),
        Some(Change::StatusChanged)
    );

    let mut group = opened(0);
    for (session, want) in [(2, Change::Counted), (3, Change::StatusChanged)] {
        group.samples.iter_mut().for_each(|s| s.position.id = RecordId::default());
        assert_eq!(absorb(&mut group, 1), want);
        assert_eq!(absorb(&mut group, 2), Change::Counted, "the same run");
        assert_eq!(group.sessions, session);
    }
}

#[test]
fn a_burst_escalates_once_and_calms_down_after_an_hour() {
    let mut group = opened(0);
    absorb(&mut group, 6);
    let mut changes = (0..12).map(|_| absorb(&mut group, 7)).collect::<Vec<_>>();
    assert_eq!(changes.remove(9), Change::Escalated);
    assert!(changes.iter().all(|c| *c == Change::Counted));
    assert_eq!(group.severity(), Severity::Critical);
    assert_eq!(
        group.escalation.as_deref().map(ToString::to_string).as_deref(),
        Some("12 events in one minute, 12x the busiest minute of the 7 minutes before")
    );
    assert_eq!(lifecycle::tick(&mut group, at(66), lifecycle::VERIFY_FOR, true), None);
    assert_eq!(
        lifecycle::tick(&mut group, at(67), lifecycle::VERIFY_FOR, true),
        Some(Change::StatusChanged)
    );
    assert_eq!(group.severity(), Severity::Error);
}

#[test]
fn muting_ends_by_its_own_condition_only() {
    let more = MuteUntil::More(3);
    let until = MuteUntil::Time(at(20));
    for (until, events, want) in [
        (MuteUntil::Forever, vec![10; 30], None),
        (more, vec![10, 11], None),
        (more, vec![10, 11, 12], Some(12)),
        (until, vec![10, 19], None),
        (until, vec![10, 20], Some(20)),
        (MuteUntil::Escalates, vec![9; 9], None),
        (MuteUntil::Escalates, vec![9; 10], Some(9)),
    ] {
        let mut group = opened(0);
        lifecycle::mute(&mut group, until, at(1));
        let changes: Vec<_> = events.iter().map(|m| (absorb(&mut group, *m), *m)).collect();
        let back = changes.iter().find(|(c, _)| *c == Change::Unmuted).map(|(_, m)| *m);
        assert_eq!(back, want, "{until:?}");
        assert_eq!(group.status.is_open(), want.is_some());
    }
    let mut group = opened(0);
    lifecycle::mute(&mut group, until, at(1));
    assert_eq!(lifecycle::tick(&mut group, at(19), lifecycle::VERIFY_FOR, true), None);
    assert_eq!(
        lifecycle::tick(&mut group, at(20), lifecycle::VERIFY_FOR, true),
        Some(Change::Unmuted)
    );
}

#[test]
fn every_triage_can_be_taken_back() {
    let triages: [fn(&mut ErrorGroup) -> Status; 4] = [
        |g| lifecycle::mark_fixed(g, at(3)),
        |g| lifecycle::mute(g, MuteUntil::Forever, at(3)),
        lifecycle::acknowledge,
        lifecycle::reopen,
    ];
    for triage in triages {
        let mut group = opened(0);
        let before = group.clone();
        let status = triage(&mut group);
        assert_ne!(group, before);
        lifecycle::restore(&mut group, status);
        assert_eq!(group, before);
    }
}

#[test]
fn a_group_is_as_severe_as_its_worst_finding_and_gets_its_guidance_back() {
    let mut group = opened(0);
    group.guidance = Arc::default();
    let mut worse = finding("x", at(1));
    worse.severity = Severity::Critical;
    lifecycle::absorb(&mut group, &worse, at(1));
    assert_eq!(group.base_severity, Severity::Critical);
    assert_eq!(group.guidance.title.as_str(), "refused");
}
