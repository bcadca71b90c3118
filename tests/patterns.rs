//! The built-in rules keep what their samples promise, judged as the whole program judges a line.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "this is a test; its helpers are no test functions"
)]

use bytes::Bytes;
use chrono::{DateTime, Utc};
use dogwatch::{
    detect::{Detector, Rule, RuleSet, Scope},
    model::{Category, Finding, Level, LogEvent, LogRecord, Origin, RawLine, RecordId, Stream},
    parse::{Joiner, Parser},
};
use std::{
    collections::BTreeSet,
    fs,
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
        let bytes = Bytes::copy_from_slice(line.as_bytes());
        let raw = RawLine { origin: origin(), stream: Stream::Stdout, time: None, bytes };
        let record = parser.parse(&raw, RecordId(number as u64 + 1), now);
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
    // One whose id another has would take its place.
    let files = fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/patterns")).unwrap();
    let texts = files.map(|file| fs::read_to_string(file.unwrap().path()).unwrap());
    let written: usize = texts.map(|t| t.lines().filter(|line| *line == "[[rule]]").count()).sum();
    assert_eq!(written, rules.len());
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

/// What a program calls info is a problem only where the words say who speaks, and that this one knows no other level
/// for his troubles. A rule that comes to this list needs such a reason.
#[test]
fn only_rules_that_know_the_speaker_speak_on_info() {
    let wanted = [
        // PostgreSQL says LOG of itself, MySQL says Note, MongoDB says I.
        "configuration.postgres-setting",
        "database.client-lost",
        "database.crashed",
        "database.recovery",
        "database.wal-archive",
        "network.postgres-listener",
        "performance.checkpoints",
        "performance.lock-wait",
        "performance.slow-statement",
        // NATS has no other level for cutting off a client.
        "performance.nats-slow-consumer",
        // Asterisk has a notice for who is not let in.
        "authentication.sip",
        // Supervisors call everything info, the death of a process too.
        "health.gave-up",
        "health.supervised",
        // Erlang has a notice for an application that could not start.
        "health.erlang-application",
        // Apache has a notice for the crash of its children.
        "code.apache-child",
        // PHP has a notice for what it could not write.
        "filesystem.php-write",
        // The kernel has one word for a hanging process, and it is INFO.
        "other.kernel-hang",
        // A status counts at any level.
        "other.http-5xx",
    ];
    let rules = detector().rules().rules().iter();
    let speaking = rules.filter(|rule| rule.levels.has_quiet() && !rule.ignore);
    let got: BTreeSet<_> = speaking.map(|rule| rule.id.as_str()).collect();
    assert_eq!(got, BTreeSet::from(wanted));
}

#[test]
fn one_failure_is_told_once_with_what_it_says() {
    for (lines, want) in [
        (
            "F, [2025-03-04T09:00:00.100000 #1] FATAL -- :   \n\
             F, [2025-03-04T09:00:00.100000 #1] FATAL -- : Shop::Sold (no pears left):\n\
             F, [2025-03-04T09:00:00.100001 #1] FATAL -- :   \n\
             F, [2025-03-04T09:00:00.100001 #1] FATAL -- : app/models/cart.rb:3:in `take'",
            "Shop::Sold (no pears left):",
        ),
        (
            "F, [2025-03-04T09:00:00.100000 #1] FATAL -- : [a1b2]   \n\
             F, [2025-03-04T09:00:00.100000 #1] FATAL -- : [a1b2] Shop::Sold (no pears left):\n\
             F, [2025-03-04T09:00:00.100001 #1] FATAL -- : [a1b2]   ",
            "[a1b2] Shop::Sold (no pears left):",
        ),
        (
            "F, [2025-03-04T09:00:00.100000 #1] FATAL -- :   \n\
             Shop::Sold (no pears left):\n  \napp/models/cart.rb:3:in `take'",
            "Shop::Sold (no pears left):",
        ),
        (
            "--- FAIL: TestCart (0.00s)\nFAIL\nexit status 1\nFAIL\tshop/cart\t0.003s",
            "TestCart (0.00s)",
        ),
        (
            "2025-03-04T09:00:00.000Z pid=1 tid=a class=Mail jid=b WARN: {\"context\":\"Job raised exception\"}\n\
             2025-03-04T09:00:00.000Z pid=1 tid=a class=Mail jid=b WARN: RuntimeError: no pears came\n\
             2025-03-04T09:00:00.000Z pid=1 tid=a class=Mail jid=b WARN: /app/mail.rb:3:in `take'",
            "RuntimeError: no pears came",
        ),
        (
            "2025-03-04 09:00:00.1+00:00 [error] <0.20.0>   crasher:\n\
             2025-03-04 09:00:00.1+00:00 [error] <0.20.0>     initial call: shop_cart:init/3\n\
             2025-03-04 09:00:00.1+00:00 [error] <0.20.0>     exception exit: no_pears",
            "exception exit: no_pears",
        ),
        (
            "error[E0425]: no `pear`\n --> src/main.rs:3:5\n  |\n3 |     pear\n  |     ^^^^ not here",
            "error[E0425]: no `pear`",
        ),
        ("error during build:\n[vite]: no entry in main.js", "[vite]: no entry in main.js"),
    ] {
        let found = findings(detector(), lines);
        let told: Vec<&str> = found.iter().map(|finding| finding.message.as_str()).collect();
        assert_eq!(told, [want], "{lines}");
    }
}

#[test]
fn a_word_in_an_info_line_is_no_problem() {
    let detector = detector();
    let mut failures = Vec::new();
    for rule in detector.rules().rules().iter().filter(|rule| rule.scope == Scope::Message) {
        for sample in rule.matches.iter().filter(|sample| !sample.contains("LOG: ")) {
            let words = event(sample).head.message().replace(['{', '}', '"'], " ");
            let line = format!("2025-03-04T09:00:00.100Z INFO a.b.Worker - notes say that {words}");
            let found = findings(detector, &line);
            // The speaker is known by his words alone.
            let is_known = |f: &Finding| f.rule == rule.id && rule.levels.has_quiet();
            failures.extend(
                found.iter().filter(|f| !is_known(f)).map(|f| format!("{}: {line}", f.rule)),
            );
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

/// What dogwatch says of containers, and Compose in a recorded log: the end that nobody wanted is a problem, once.
#[test]
fn the_engines_own_lines_are_judged_by_code_and_wish() {
    let mut failures = Vec::new();
    for (text, wanted) in [
        ("exited (1)", Some("health error")),
        ("exited (255)", Some("health error")),
        ("exited (126, cannot be run)", Some("permission error")),
        ("exited (127, command not found)", Some("dependency error")),
        ("exited (134, aborted)", Some("code critical")),
        ("exited (136, arithmetic error)", Some("code critical")),
        ("exited (139, segmentation fault)", Some("code critical")),
        ("exited (137, killed)", Some("resource critical")),
        ("out of memory: killed (137)", Some("resource critical")),
        ("out of memory: the kernel killed a process in it", Some("resource critical")),
        ("exited (0)", None),
        ("exited (130, interrupted)", None),
        ("exited (143, terminated)", None),
        ("stopped by hand (0)", None),
        ("stopped by hand (1)", None),
        ("stopped by hand (130, interrupted)", None),
        ("stopped by hand (137, killed)", None),
        ("stopped by hand (143, terminated)", None),
        ("exited with code 1", Some("health error")),
        ("exited with code 126", Some("permission error")),
        ("exited with code 127", Some("dependency error")),
        ("exited with code 137", Some("resource critical")),
        ("exited with code 255", Some("health error")),
        ("exited with code 0", None),
        ("exited with code 130", None),
        ("exited with code 143", None),
        // The end before it counts.
        ("restarted (exit 1), run 2", None),
        ("restarted (exit 137), run 2", None),
        ("restarted, run 2", None),
        ("restart loop (exit 1): 5 restarts in 40 s, run 11", Some("health critical")),
        ("unhealthy", Some("health error")),
        ("unhealthy: pg_isready: no response", Some("health error")),
        ("unhealthy: curl: (22) The requested URL returned error: 503", Some("health error")),
        ("unhealthy: Health check exceeded timeout (3s)", Some("health error")),
        ("unhealthy: exec: \"curl\": executable file not found in $PATH", Some("health error")),
        ("healthy again", None),
        ("started", None),
        ("paused", None),
        ("resumed", None),
        ("removed", None),
    ] {
        let record = Arc::clone(&event(text).head);
        let record = LogRecord {
            stream: Stream::System,
            level: Level::Unknown,
            message_at: 0,
            ..LogRecord::clone(&record)
        };
        let finding = detector().detect(&LogEvent::single(Arc::new(record)));
        let got =
            finding.as_ref().map(|f| format!("{} {}", f.category.slug(), f.severity.as_str()));
        if got.as_deref() != wanted {
            failures.push(format!("want {wanted:?}, got {got:?}: {text}"));
        }
        // The reason is what the reader sees first.
        failures.extend(
            finding.filter(|f| f.message.as_str() != text).map(|f| format!("says {}", f.message)),
        );
    }
    all(&failures);
}

/// A line that was not looked at while rules were written, and what a person says of it.
#[derive(serde::Deserialize)]
struct Unseen {
    line: String,
    category: Option<String>,
    severity: String,
    #[serde(default)]
    accept: Accept,
}

/// Other answers that serve the reader as well.
#[derive(Default, serde::Deserialize)]
#[serde(default)]
struct Accept {
    category: Vec<String>,
    severity: Vec<String>,
}

/// Wrong answers that stand have a reason in the file, under `stands`.
#[test]
fn lines_of_other_technologies_are_judged_right() {
    for (text, floor) in [
        (include_str!("fixtures/lines/heldout.jsonl"), 0.97),
        (include_str!("fixtures/lines/fresh.jsonl"), 0.95),
    ] {
        let (mut problems, mut found, mut alarms, mut category, mut severity) = (0, 0, 0, 0, 0);
        let mut wrong = Vec::new();
        for line in text.lines() {
            let case: Unseen = serde_json::from_str(line).expect(line);
            let finding = findings(detector(), &case.line).into_iter().next();
            let got = finding.as_ref().map(|f| (f.category.slug(), f.severity.as_str()));
            let is_right = match (&case.category, got) {
                (None, got) => {
                    alarms += usize::from(got.is_some());
                    got.is_none()
                }
                (Some(wanted), got) => {
                    let is_one = |of: &str, wanted: &str, others: &[String]| {
                        of == wanted || others.iter().any(|other| other == of)
                    };
                    let (c, s) = got.map_or((false, false), |(c, s)| {
                        let (category, severity) = (&case.accept.category, &case.accept.severity);
                        (is_one(c, wanted, category), is_one(s, &case.severity, severity))
                    });
                    problems += 1;
                    found += usize::from(got.is_some());
                    category += usize::from(c);
                    severity += usize::from(s);
                    c && s
                }
            };
            if !is_right {
                wrong.push(format!("want {:?}, got {got:?}: {}", case.category, case.line));
            }
        }
        let ratio = |of: usize, all: usize| of as f64 / all as f64;
        let shares = [
            ratio(found, problems),
            ratio(found, found + alarms),
            ratio(category, found),
            ratio(severity, found),
        ];
        assert!(shares.iter().all(|share| *share >= floor), "{shares:?}\n{}", wrong.join("\n"));
    }
}
