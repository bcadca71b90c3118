//! The built-in rules keep what their samples promise, judged as the whole program judges a line.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "this is a test; its helpers are no test functions"
)]

use chrono::{DateTime, Utc};
use dogwatch::{
    detect::{Detector, Rule, RuleSet},
    model::{Category, Finding, LogEvent, Origin, RawLine, RecordId, Stream},
    parse::{Joiner, Parser},
};
use std::{
    collections::BTreeSet,
    sync::{Arc, LazyLock},
};

fn origin() -> Arc<Origin> {
    Arc::new(Origin { service: "app".into(), container: "app-1".into(), replica: 1, is_tty: false })
}

fn detector() -> &'static Detector {
    static DETECTOR: LazyLock<Detector> = LazyLock::new(|| Detector::new(RuleSet::builtin().0));
    &DETECTOR
}

fn event(line: &str) -> LogEvent {
    let mut events = events(line);
    assert_eq!(events.len(), 1, "{line}");
    events.remove(0)
}

fn events(lines: &str) -> Vec<LogEvent> {
    let now = DateTime::<Utc>::UNIX_EPOCH;
    let (mut parser, mut joiner, mut done) = (Parser::new(), Joiner::new(), Vec::new());
    for (number, line) in lines.lines().enumerate() {
        let bytes = line.as_bytes().to_vec();
        let raw = RawLine { origin: origin(), stream: Stream::Stdout, time: None, bytes };
        let record = parser.parse(raw, RecordId(number as u64 + 1), now);
        joiner.push(Arc::new(record), now, &mut done);
    }
    joiner.finish(&mut done);
    done
}

fn findings(detector: &Detector, lines: &str) -> Vec<Finding> {
    events(lines).iter().filter_map(|event| detector.detect(event)).collect()
}

/// All failures at once: rules are changed by the dozen.
fn all(failures: &[String]) {
    assert!(failures.is_empty(), "{} failures:\n{}", failures.len(), failures.join("\n"));
}

#[test]
fn built_in_rules_load_without_errors() {
    let (rules, errors) = RuleSet::builtin();
    assert!(errors.is_empty(), "{errors:#?}");
    assert!(rules.len() >= 220, "{}", rules.len());
    let ids: BTreeSet<_> = rules.rules().iter().map(|rule| rule.id.as_str()).collect();
    assert_eq!(ids.len(), rules.len());
    for category in Category::ALL {
        let has = rules.rules().iter().any(|rule| rule.category == *category);
        assert!(has, "no rule for {}", category.slug());
    }
}

#[test]
fn every_match_is_won_by_its_own_rule() {
    let detector = detector();
    let mut failures = Vec::new();
    for rule in detector.rules().rules() {
        for sample in &rule.matches {
            let explained = detector.explain(&event(sample));
            let winner = explained.winner.map(|(id, _)| id);
            if winner.as_ref() != Some(&rule.id) {
                failures.push(format!("{} lost to {winner:?}: {sample}", rule.id));
            }
        }
    }
    all(&failures);
}

#[test]
fn no_miss_is_hit_by_its_rule() {
    let detector = detector();
    let mut failures = Vec::new();
    for rule in detector.rules().rules() {
        for sample in &rule.misses {
            let explained = detector.explain(&event(sample));
            let hits = |hit: &dogwatch::detect::Hit| hit.rule == rule.id && hit.silenced.is_none();
            if explained.hits.iter().any(hits) {
                failures.push(format!("{}: {sample}", rule.id));
            }
        }
    }
    all(&failures);
}

#[test]
fn every_rule_helps_its_reader() {
    let mut failures = Vec::new();
    for rule in RuleSet::builtin().0.rules() {
        let told = &rule.guidance;
        let title = told.title.chars().count();
        let remedies = &told.remedies;
        for (is_fine, what) in [
            ((4..=40).contains(&title), "title of 4 to 40 characters"),
            (told.hint.ends_with('.') && told.hint.len() <= 160, "hint of one sentence"),
            ((1..=4).contains(&remedies.len()), "one to four remedies"),
            (remedies.iter().all(|r| r.chars().count() <= 90), "remedies of at most 90 characters"),
            (rule.ignore || !rule.matches.is_empty(), "a sample"),
        ] {
            if !is_fine {
                failures.push(format!("{}: wants {what}", rule.id));
            }
        }
    }
    all(&failures);
}

/// `oom` must not be found in `room`, nor `port` in `unsupported`.
#[test]
fn no_pattern_begins_or_ends_inside_a_word() {
    let detector = detector();
    let mut failures = Vec::new();
    for rule in detector.rules().rules() {
        let Some(pattern) = &rule.pattern else { continue };
        if !pattern.contains(r"\b") && !pattern.contains('^') {
            failures.push(format!("{} has no anchor to words", rule.id));
        }
        for sample in &rule.matches {
            let mangled = in_words(sample);
            if rule_hits(detector, rule, &mangled) {
                failures.push(format!("{} hits within words: {mangled}", rule.id));
            }
        }
    }
    all(&failures);
}

/// `out of memory` as `qoutq qofq qmemoryq`.
fn in_words(text: &str) -> String {
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let mut out = String::new();
    let mut before = ' ';
    for c in text.chars().chain([' ']) {
        if is_word(c) != is_word(before) {
            out.push('q');
        }
        out.push(c);
        before = c;
    }
    out
}

fn rule_hits(detector: &Detector, rule: &Rule, line: &str) -> bool {
    detector.explain(&event(line)).hits.iter().any(|hit| hit.rule == rule.id)
}

#[test]
fn harmless_lines_are_no_problems() {
    let detector = detector();
    let mut failures = Vec::new();
    for line in fixture("harmless.log") {
        for finding in findings(detector, line) {
            failures.push(format!("{} ({}): {line}", finding.rule, finding.severity.as_str()));
        }
    }
    all(&failures);
}

#[test]
fn problems_are_found_and_put_where_they_belong() {
    let detector = detector();
    let mut failures = Vec::new();
    for line in fixture("problems.tsv").into_iter().chain(fixture("documented.tsv")) {
        let Some((wanted, line)) = line.split_once('\t') else { panic!("no tab: {line}") };
        let found = findings(detector, line);
        let got = found.first().map(|f| format!("{} {}", f.category.slug(), f.severity.as_str()));
        let is_fine = got.as_ref().is_some_and(|got| wanted.split(" or ").any(|w| w == got));
        if !is_fine {
            let rule = found.first().map(|f| f.rule.as_str());
            failures.push(format!("want {wanted}, got {got:?} by {rule:?}: {line}"));
        }
    }
    all(&failures);
}

fn fixture(name: &str) -> Vec<&'static str> {
    let text = match name {
        "harmless.log" => include_str!("fixtures/logs/harmless.log"),
        "documented.tsv" => include_str!("fixtures/logs/documented.tsv"),
        _ => include_str!("fixtures/logs/problems.tsv"),
    };
    text.lines().filter(|line| !line.is_empty() && !line.starts_with("## ")).collect()
}
