//! Events of many languages and tools, each between harmless lines and among the lines of another service:
//! `tests/fixtures/events.txt`.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "this is a test; its helpers are no test functions"
)]

use bytes::Bytes;
use chrono::{DateTime, Utc};
use dogwatch::{
    detect::{Detector, RuleSet},
    model::{LogEvent, Origin, RawLine, RecordId, Stream},
    parse::{Joiner, Parser},
};
use std::sync::Arc;

struct Case {
    name: &'static str,
    /// Words of the line that says what is wrong.
    tells: &'static str,
    /// What the program writes next.
    next: &'static str,
    lines: Vec<&'static str>,
}

fn cases() -> Vec<Case> {
    include_str!("fixtures/events.txt")
        .split("\n=== ")
        .map(|text| {
            let (title, lines) = text.split_once('\n').unwrap();
            let title = title.trim_start_matches("=== ");
            let mut columns = title.split(" | ");
            let mut column = || columns.next().unwrap_or_else(|| panic!("three columns: {title}"));
            Case { name: column(), tells: column(), next: column(), lines: lines.lines().collect() }
        })
        .collect()
}

fn now() -> DateTime<Utc> {
    "2026-11-21T22:12:29Z".parse().unwrap()
}

/// The events of these services' lines, all written in one moment.
fn events<'a>(lines: impl Iterator<Item = (&'a str, &'a str)>) -> Vec<LogEvent> {
    let (mut parser, mut joiner, mut done) = (Parser::new(), Joiner::new(), Vec::new());
    for (at, (service, line)) in lines.enumerate() {
        let origin = Arc::new(Origin {
            service: service.into(),
            container: service.into(),
            replica: 1,
            is_tty: false,
        });
        let bytes = Bytes::copy_from_slice(line.as_bytes());
        let raw = RawLine { origin, stream: Stream::Stderr, time: Some(now()), bytes };
        let record = Arc::new(parser.parse(&raw, RecordId(at as u64 + 1), now()));
        joiner.push(record, now(), &mut done);
    }
    joiner.finish(&mut done);
    done
}

fn of<'a>(events: &'a [LogEvent], service: &str) -> Vec<&'a LogEvent> {
    let mut all: Vec<_> =
        events.iter().filter(|event| event.head.origin.service.as_str() == service).collect();
    all.sort_by_key(|event| event.head.id);
    all
}

fn outline(events: &[&LogEvent]) -> String {
    let lines = events.iter().map(|event| {
        let head: String = event.head.text.chars().take(70).collect();
        format!("    {:3} {head}\n", event.records().count())
    });
    lines.collect()
}

/// The event's lines, a harmless one before and behind, each followed by a line of another service.
fn woven(case: &Case) -> Vec<LogEvent> {
    let own = std::iter::once(case.next).chain(case.lines.iter().copied()).chain([case.next]);
    events(own.flat_map(|line| [("shop", line), ("mail", "Error: mailbox is full")]))
}

#[test]
fn each_is_one_event_and_swallows_nothing() {
    let mut wrong = Vec::new();
    let cases = cases();
    assert!(cases.len() >= 60, "{} cases", cases.len());
    for case in &cases {
        let all = woven(case);
        let own = of(&all, "shop");
        // An empty line, or a rule, before or behind the event may stand alone.
        let is_bare = |event: &&LogEvent| {
            event.rest.is_empty() && event.head.text.trim_matches([' ', '=']).is_empty()
        };
        let own: Vec<_> = own.into_iter().filter(|event| !is_bare(event)).collect();
        let is_apart = of(&all, "mail").len() == case.lines.len() + 2;
        let is_next = own.last().is_some_and(|event| event.records().count() == 1);
        if own.len() != 3 || !is_apart || !is_next {
            wrong.push(format!("{}:\n{}", case.name, outline(&own)));
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn a_plain_line_behind_an_event_is_none_of_it() {
    let mut wrong = Vec::new();
    for case in &cases() {
        for plain in ["listening on port 3000", "Server started.", "2025-03-04T09:00:05Z ready"] {
            let lines = case.lines.iter().copied().chain([plain]).map(|line| ("shop", line));
            let all = events(lines);
            let last = of(&all, "shop").pop().unwrap();
            if last.records().count() != 1 || last.head.text.as_str() != plain {
                wrong.push(format!("{} swallows {plain}", case.name));
            }
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn each_tells_what_is_wrong_once() {
    let detector = Detector::new(RuleSet::builtin().0);
    let mut wrong = Vec::new();
    for case in &cases() {
        let all = woven(case);
        let found: Vec<_> =
            of(&all, "shop").into_iter().filter_map(|event| detector.detect(event)).collect();
        let is_told = matches!(&found[..], [one] if one.message.contains(case.tells));
        if !is_told {
            let got: Vec<_> = found.iter().map(|f| (&f.rule, f.message.as_str())).collect();
            wrong.push(format!("{} should tell {}\n    {got:?}", case.name, case.tells));
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}
