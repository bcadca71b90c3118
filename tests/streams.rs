//! A line is what it is, wherever it stands: what is judged of it alone is judged of it between the lines of other
//! services, and of each one where a service says the same several times in a row.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "this is a test that tells its figures; its helpers are no test functions"
)]

#[path = "common/classify.rs"]
mod classify;

use classify::classify;
use serde_json::Value;

/// Services whose lines come in turn.
const SERVICES: usize = 7;
/// How often one says the same.
const TIMES: usize = 3;

/// Of a hundred problems so many may be told with another line: exceptions and causes that stood under a head of their own.
const FOLDED: f64 = 1.6;
/// Of a hundred lines so many may be judged otherwise: some have the name of a service in front themselves, some are heads
/// under which such an exception comes to stand.
const OTHERWISE: f64 = 0.4;

/// Labelled lines, and whether they may be shown; the others are only counted.
const SETS: [(&str, bool); 11] = [
    (include_str!("data/strangers-dev.jsonl"), true),
    (include_str!("data/strangers-fresh.jsonl"), true),
    (include_str!("data/strangers-later-dev.jsonl"), true),
    (include_str!("data/strangers-wide-dev.jsonl"), true),
    (include_str!("data/strangers-issues-dev.jsonl"), true),
    (include_str!("data/mainstream-dev.jsonl"), true),
    (include_str!("data/strangers-held.jsonl"), false),
    (include_str!("data/strangers-later-held.jsonl"), false),
    (include_str!("data/strangers-wide-held.jsonl"), false),
    (include_str!("data/strangers-issues-held.jsonl"), false),
    (include_str!("data/mainstream-held.jsonl"), false),
];

/// Every line, and whether it may be shown.
fn lines() -> Vec<(String, bool)> {
    let of = |(set, is_open): (&str, bool)| {
        let cases = set.lines().map(|case| serde_json::from_str::<Value>(case).unwrap());
        cases.map(|case| (case["line"].as_str().unwrap().to_owned(), is_open)).collect::<Vec<_>>()
    };
    SETS.into_iter().flat_map(of).collect()
}

#[test]
fn a_line_is_judged_among_others_as_it_is_alone() {
    let lines = lines();
    let alone: Vec<&str> = lines.iter().map(|(line, _)| line.as_str()).collect();
    let alone = classify(&["--each"], &alone);
    let mut said = Vec::new();
    for (turn, chunk) in lines.chunks(SERVICES).enumerate() {
        for at in (0..TIMES).flat_map(|_| 0..chunk.len()) {
            said.push((turn * SERVICES + at, format!("service{at}-1  | {}", chunk[at].0)));
        }
    }
    let texts: Vec<&str> = said.iter().map(|(_, text)| text.as_str()).collect();
    let among = classify(&[], &texts);
    let (mut problems, mut folded, mut otherwise) = (0_u32, 0_u32, 0_u32);
    for ((at, text), answer) in said.iter().zip(&among) {
        let wanted = &alone[*at];
        problems += u32::from(!wanted["category"].is_null());
        let is_same = |key: &str| answer[key] == wanted[key];
        if is_same("category") && is_same("severity") {
            continue;
        }
        let is_folded = !answer["part_of"].is_null();
        folded += u32::from(is_folded);
        otherwise += u32::from(!is_folded);
        if lines[*at].1 {
            println!("{} is {}: {text}", wanted["category"], answer["category"]);
        }
    }
    println!("{} lines, {problems} problems: {folded} folded, {otherwise} otherwise", said.len());
    for (what, share, most) in [
        ("told with another line", f64::from(folded) / f64::from(problems), FOLDED),
        ("judged otherwise", f64::from(otherwise) / said.len() as f64, OTHERWISE),
    ] {
        assert!(share * 100.0 <= most, "{what}: {:.2} of a hundred", share * 100.0);
    }
}
