//! An Engine that misbehaves: bad, cut and endless frames, silence, refusals, missing fields.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "this is a test; its helpers are no test functions"
)]

#[path = "common/fake.rs"]
mod fake;

use dogwatch::{
    detect::{Detector, RuleSet},
    engine::{Scope, read_once},
    model::{Anchor, ContainerId, RunState, Stream},
    source::{
        Change, Control as _, Delivery, End, Error, Link, Resume, Source as _,
        docker::{Choice, ConnectError, Connection, Endpoint},
    },
};
use fake::{A, B, C, Fake, ID, PATIENCE, Reply, frame, inspected, is_logs, missing, origin};
use std::{collections::BTreeMap, sync::Arc, time::Duration};
use tokio::{sync::mpsc, time::timeout};

#[tokio::test]
async fn damage_ends_in_a_transient_error_after_the_lines_before_it() {
    let good = frame(1, &format!("{A} good\n"));
    for (what, reply, want) in [
        ("bad", Reply::Hang(vec![good.clone(), vec![7, 0, 0, 0]]), "is damaged: frame header"),
        (
            "4 GiB",
            Reply::Hang(vec![good.clone(), vec![1, 0, 0, 0, 255, 255, 255, 255]]),
            "is damaged: a frame of",
        ),
        (
            "daemon",
            Reply::Hang(vec![good.clone(), frame(3, "disk\x1b[2J full")]),
            "the Engine reports: disk full",
        ),
        ("cut", Reply::Cut(vec![good.clone(), frame(2, "only part")[..10].to_vec()]), "broke off"),
        (
            "ended inside",
            Reply::Stream(vec![good.clone(), frame(2, "only part")[..10].to_vec()]),
            "was cut off",
        ),
        ("text", Reply::Hang(vec![good.clone(), b"<html>".to_vec()]), "is damaged: frame header"),
    ] {
        let fake = Fake::new(
            move |path, _| if is_logs(path) { reply.clone() } else { inspected("running") },
        );
        let (end, lines) = fake.follow(false, Resume::default()).await;
        let Err(error @ Error::Transient(_)) = end else { panic!("{what}: {end:?}") };
        let text = error.to_string();
        assert!(
            text.contains(want) && text.starts_with("the log of api (0123456789ab) "),
            "{what}: {text}"
        );
        assert_eq!(lines, ["Stdout good"], "{what}");
    }
}

#[tokio::test]
async fn a_stopped_container_is_read_to_its_end_and_once_more() {
    let fake = Fake::new(|path, count| match (is_logs(path), count) {
        (true, 0) => Reply::Stream(vec![
            frame(1, &format!("{A} one\n")),
            frame(2, &format!("{B} two\n")),
            frame(1, &format!("{B} no end")),
        ]),
        // What came between the end and the question, after what was read; the line without an end comes last again.
        (true, 1) => Reply::Stream(vec![
            frame(1, &format!("{A} one\n")),
            frame(2, &format!("{B} two\n")),
            frame(1, &format!("{B} no end")),
            frame(2, &format!("{C} late\n")),
        ]),
        (true, _) => Reply::Stream(vec![frame(2, &format!("{C} late\n"))]),
        _ => inspected("exited"),
    });
    let (end, lines) = fake.follow(false, Resume::default()).await;
    assert_eq!(end.unwrap(), End::Stopped);
    assert_eq!(lines, ["Stdout one", "Stderr two", "Stdout no end", "Stderr late"]);
    let requests = fake.requests("/logs?");
    assert!(!requests[0].contains("since"), "{requests:?}");
    assert!(requests[1].ends_with("&since=1767225600.000000002"), "{requests:?}");
    assert!(requests[2].ends_with("&since=1767225600.000000003"), "{requests:?}");
}

#[tokio::test]
async fn a_stream_that_ends_while_the_container_runs_is_asked_for_again() {
    let fake = Fake::new(|path, count| match (is_logs(path), count) {
        // The daemon went away inside a line; the next answer has it whole.
        (true, 0) => {
            Reply::Stream(vec![frame(1, &format!("{A} one\n")), frame(1, &format!("{B} tw"))])
        }
        (true, 1) => {
            Reply::Stream(vec![frame(1, &format!("{A} one\n")), frame(1, &format!("{B} two\n"))])
        }
        (true, _) => missing(),
        _ => inspected("running"),
    });
    let (end, lines) = fake.follow(false, Resume::default()).await;
    assert_eq!(end.unwrap(), End::Missed);
    assert_eq!(lines, ["Stdout one", "Stdout two"]);
}

#[tokio::test]
async fn resumes_among_lines_of_one_second() {
    let stamp = "2026-01-01T00:00:00Z";
    let body: Vec<_> = (1..=5).map(|n| frame(1, &format!("{stamp} {n}\n"))).collect();
    let fake = Fake::new(move |path, count| match (is_logs(path), count) {
        (true, 0) => Reply::Stream(body.clone()),
        (true, _) => missing(),
        _ => inspected("exited"),
    });
    let anchor = Anchor { time: stamp.parse().unwrap(), same: 3 };
    let from = Resume { anchors: BTreeMap::from([(Stream::Stdout, anchor)]), ..Resume::default() };
    let (_, lines) = fake.follow(false, from).await;
    assert_eq!(lines, ["Stdout 4", "Stdout 5"]);
}

#[tokio::test]
async fn a_terminals_first_bytes_are_text() {
    let fake = Fake::new(|path, count| match (is_logs(path), count) {
        (true, 0) => Reply::Stream(vec![
            b"\x01\0\0\0hello from a program\r\n".to_vec(),
            format!("{A} next\r\n").into_bytes(),
        ]),
        (true, _) => missing(),
        _ => inspected("exited"),
    });
    let (end, lines) = fake.follow(true, Resume::default()).await;
    assert_eq!(end.unwrap(), End::Gone);
    assert_eq!(lines, ["Stdout (no time) \u{1}\0\0\0hello from a program", "Stdout next"]);
}

#[tokio::test]
async fn a_terminal_without_a_newline_costs_bounded_memory() {
    let fake = Fake::new(|path, count| match (is_logs(path), count) {
        (true, 0) => Reply::Stream(
            std::iter::once(format!("{A} ").into_bytes())
                .chain((0..40).map(|_| vec![b'x'; 1 << 20]))
                .collect(),
        ),
        (true, _) => missing(),
        _ => inspected("exited"),
    });
    let (_, lines) = fake.follow(true, Resume::default()).await;
    assert_eq!(lines.len(), 1);
    assert!(lines[0].len() < (1 << 20) + 20);
    assert!(
        lines[0].ends_with("x… [dogwatch: cut at 1 MiB, 40.9 MB not kept]"),
        "{}",
        &lines[0][lines[0].len() - 60..]
    );
}

#[tokio::test]
async fn refusals_are_told_apart() {
    let json = |status, message: &str| Reply::Json(status, format!(r#"{{"message":"{message}"}}"#));
    for (reply, want) in [
        (
            json(500, r"out of \u001b[31mluck"),
            "the log of api (0123456789ab) is refused with 500: out of luck",
        ),
        (json(503, "x"), "the log of api (0123456789ab) is refused with 503: x"),
        (
            Reply::Json(500, "<html>".to_owned()),
            "the log of api (0123456789ab) is refused with 500: <html>",
        ),
        (json(500, "configured logging driver does not support reading"), "Gone"),
        (json(501, "no"), "Gone"),
        (json(404, "No such container"), "Missed"),
        (json(409, "dead or marked for removal"), "Missed"),
    ] {
        let fake = Fake::new(move |_, _| reply.clone());
        let (end, lines) = fake.follow(false, Resume::default()).await;
        let text = match end {
            Ok(end) => format!("{end:?}"),
            Err(error) => {
                assert!(error.is_transient());
                error.to_string()
            }
        };
        assert_eq!(text, want);
        assert!(lines.is_empty());
    }
}

#[tokio::test]
async fn a_stuck_stream_is_noticed_by_another_way() {
    let fake = Fake::new(|path, _| match () {
        () if path.contains("tail=1") => Reply::Stream(vec![frame(1, &format!("{B} newer\n"))]),
        () if is_logs(path) => Reply::Hang(vec![frame(1, &format!("{A} one\n"))]),
        () => inspected("running"),
    });
    let (end, lines) = fake.follow(false, Resume::default()).await;
    let error = end.unwrap_err();
    assert!(error.is_transient() && error.to_string().contains("is stuck"), "{error}");
    assert_eq!(lines, ["Stdout one"]);
}

/// Silence says nothing of what an emptied log held: the last line that another look shows must be ours.
#[tokio::test]
async fn a_log_that_was_emptied_is_a_gap_however_silent_its_stream() {
    let at = |n: u32| format!("2026-01-01T00:00:00.{n:09}Z");
    let burst: Vec<_> = (1..=150).map(|n| frame(1, &format!("{} old {n}\n", at(n)))).collect();
    let after = vec![frame(1, &format!("{} new\n", at(900)))];
    let fake = Fake::new(move |path, _| match path.split('?').next().unwrap() {
        "/containers/json" => Reply::Json(
            200,
            format!(
                r#"[{{"Id":"{ID}","State":"running","Labels":{{"com.docker.compose.service":"api"}}}}]"#
            ),
        ),
        "/events" => Reply::Hang(Vec::new()),
        // Of an emptied log the Engine gives no last lines.
        _ if path.contains("tail=") => Reply::Stream(Vec::new()),
        _ if path.contains("follow=1") && path.contains("since=") => Reply::Hang(after.clone()),
        _ if path.contains("follow=1") => Reply::Hang(burst.clone()),
        _ if is_logs(path) => Reply::Stream(after.clone()),
        _ => inspected("running"),
    });
    let docker = fake.docker().await;
    let (tx, mut changes) = mpsc::channel(100);
    let watch = tokio::spawn(docker.clone().watch(tx));
    while !matches!(changes.recv().await, Some(Change::Listed)) {}
    let (tx, mut rx) = mpsc::channel(100);
    let follow = tokio::spawn(docker.follow(origin(false), Resume::default(), tx));
    let mut told = Vec::new();
    let is_over = async {
        while told.last().is_none_or(|last| last != "new") {
            match rx.recv().await.unwrap() {
                Delivery::Gap(gap) => told.push(format!("{:?}", gap.reason)),
                other => told.extend(
                    other
                        .lines()
                        .iter()
                        .map(|line| String::from_utf8_lossy(&line.bytes).into_owned()),
                ),
            }
        }
    };
    timeout(PATIENCE, is_over).await.unwrap();
    assert_eq!(told[148..], ["old 149", "old 150", "Truncated", "new"]);
    follow.abort();
    watch.abort();
}

#[tokio::test]
async fn a_quiet_stream_is_left_alone() {
    let fake = Fake::new(|path, _| match () {
        () if path.contains("tail=1") => Reply::Stream(vec![frame(1, &format!("{A} one\n"))]),
        () if is_logs(path) => Reply::Hang(vec![frame(1, &format!("{A} one\n"))]),
        () => inspected("running"),
    });
    let (tx, mut rx) = mpsc::channel(8);
    let follow = fake.docker().await.follow(origin(false), Resume::default(), tx);
    // One look at the newest line happens in this time.
    assert!(timeout(Duration::from_secs(14), follow).await.is_err());
    assert_eq!(rx.recv().await.unwrap().lines().len(), 1);
    assert_eq!(fake.requests("tail=1").len(), 1);
}

#[tokio::test]
async fn whoever_cannot_be_reached_is_named_with_help() {
    let nobody = Choice {
        endpoint: Endpoint::Unix("/nonexistent/docker.sock".into()),
        chosen_by: "DOCKER_HOST".to_owned(),
    };
    let error = Connection::open(nobody).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "cannot reach Docker at unix:///nonexistent/docker.sock (DOCKER_HOST): no such file or directory"
    );
    assert!(
        error.advice().len() >= 3 && error.advice().iter().any(|a| a.contains("dogwatch demo"))
    );

    let silent = Fake::new(|_, _| Reply::Nothing);
    let error = Connection::open(silent.choice()).await.unwrap_err();
    assert!(error.to_string().ends_with("it does not answer within 5 s"), "{error}");
    assert!(matches!(error, ConnectError::Unreachable { .. }));
}

/// What looks like a stack where all is well would pass in CI.
#[tokio::test]
async fn a_project_without_containers_is_not_read_as_well() {
    let fake = Fake::new(|path, _| match path.split('?').next().unwrap() {
        "/containers/json" => Reply::Json(200, "[]".to_owned()),
        _ => Reply::Hang(Vec::new()),
    });
    let detector = Arc::new(Detector::new(RuleSet::builtin().0));
    let read = read_once(fake.docker().await, detector, None, Scope::default());
    let error = timeout(PATIENCE, read).await.unwrap().unwrap_err();
    assert!(!error.is_transient() && error.to_string().contains("has no containers"), "{error}");
}

async fn changes(fake: &Fake, enough: usize) -> Vec<Change> {
    let (tx, mut rx) = mpsc::channel(100);
    let watch = fake.docker().await.watch(tx);
    let mut changes = Vec::new();
    let _ = timeout(PATIENCE, async {
        tokio::select! {
            result = watch => panic!("watching ended: {result:?}"),
            () = async {
                while changes.len() < enough {
                    changes.extend(rx.recv().await);
                }
            } => {}
        }
    })
    .await;
    changes
}

#[tokio::test]
async fn missing_fields_and_unreadable_accounts_do_not_stop_the_watch() {
    for account in [
        "{}",
        r#"{"State":null,"Config":null,"HostConfig":null,"Name":null}"#,
        r#"{"State":{"Status":"dreaming"}}"#,
    ] {
        let fake = Fake::new(move |path, _| match path.split('?').next().unwrap() {
            "/containers/json" => Reply::Json(
                200,
                format!(
                    r#"[{{"Id":"{ID}","Names":[],"State":"running","Labels":{{"com.docker.compose.service":"api"}}}},{{}}]"#
                ),
            ),
            "/events" => Reply::Hang(vec![b"{}\n".to_vec(), b"{\"Action\":\"die\"}\n".to_vec()]),
            path if path.ends_with("/stats") => Reply::Json(200, "{}".to_owned()),
            _ => Reply::Json(200, account.to_owned()),
        });
        let changes = changes(&fake, 4).await;
        assert!(matches!(changes[0], Change::Link(Link::Live)));
        let Change::Container(container) = &changes[1] else { panic!("{changes:?}") };
        assert_eq!(container.origin.container, ContainerId::from(ID));
        assert!(matches!(&changes[2], Change::Follow(origin) if origin.container.as_str() == ID));
        assert!(matches!(changes[3], Change::Listed));
        let wanted =
            if account.contains("dreaming") { RunState::Running } else { RunState::Unknown };
        assert_eq!(container.state, wanted, "{account}");
    }
}

#[tokio::test]
async fn a_lost_engine_is_a_transient_error() {
    for events in [
        Reply::Stream(Vec::new()),
        Reply::Cut(vec![b"{".to_vec()]),
        Reply::Json(500, "{}".to_owned()),
    ] {
        let fake = Fake::new(move |path, _| match path.split('?').next().unwrap() {
            "/events" => events.clone(),
            _ => Reply::Json(200, "[]".to_owned()),
        });
        let (tx, _rx) = mpsc::channel(100);
        let error = fake.docker().await.watch(tx).await.unwrap_err();
        assert!(error.is_transient(), "{error}");
    }
    let docker = {
        let fake = Fake::new(|_, _| missing());
        fake.docker().await
    };
    let (tx, _rx) = mpsc::channel(100);
    let error = Arc::clone(&docker).follow(origin(false), Resume::default(), tx).await.unwrap_err();
    assert!(error.is_transient(), "{error}");
    let error = docker.start(ID.into()).await.unwrap_err();
    assert!(error.to_string().starts_with("cannot start 0123456789ab: "), "{error}");
}
