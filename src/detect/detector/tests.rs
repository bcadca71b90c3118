//! Events of several languages, judged as a whole.

use super::*;
use crate::model::{Category, LogRecord, Origin, RecordId, Severity, Stream};
use chrono::{DateTime, Utc};
use std::sync::{Arc, LazyLock};

fn record(level: Level, text: &str) -> Arc<LogRecord> {
    Arc::new(LogRecord {
        id: RecordId(1),
        time: DateTime::<Utc>::UNIX_EPOCH,
        origin: Arc::new(Origin {
            service: "api".into(),
            container: "api-1".into(),
            replica: 1,
            is_tty: false,
        }),
        stream: Stream::Stderr,
        level,
        text: SafeText::from(text),
        message_at: 0,
    })
}

fn event(level: Level, text: &str) -> LogEvent {
    let mut lines = text.lines();
    let head = record(level, lines.next().unwrap_or(""));
    LogEvent { head, rest: lines.map(|line| record(Level::Unknown, line)).collect() }
}

static DETECTOR: LazyLock<Detector> = LazyLock::new(|| Detector::new(RuleSet::builtin().0));

fn judged(level: Level, text: &str) -> Option<(Category, Severity, String)> {
    let found = DETECTOR.detect(&event(level, text))?;
    Some((found.category, found.severity, found.message.to_string()))
}

#[test]
fn level_comes_before_words() {
    for level in [Level::Trace, Level::Debug, Level::Info] {
        assert_eq!(judged(level, "connection refused, giving up"), None, "{level:?}");
    }
    let (category, severity, _) = judged(Level::Warn, "connection refused").unwrap();
    assert_eq!((category, severity), (Category::Network, Severity::Warning));
    let (_, severity, _) = judged(Level::Error, "request timed out").unwrap();
    assert_eq!(severity, Severity::Error);
}

#[test]
fn words_that_say_failed_let_others_tell_what_it_is_about() {
    let text = "error: login of the user is gone";
    let (category, ..) = judged(Level::Unknown, text).unwrap();
    assert_eq!(category, Category::Authentication);
    let explained = DETECTOR.explain(&event(Level::Unknown, text));
    let (winner, _) = explained.winner.unwrap();
    let counts = explained.hits.iter().filter(|hit| hit.silenced.is_none());
    assert!(counts.map(|hit| &hit.rule).any(|rule| *rule == winner), "{winner}");
    assert_eq!(judged(Level::Unknown, "login of the user is here"), None);
    let (category, ..) = judged(Level::Unknown, "error: the moon is gone").unwrap();
    assert_eq!(category, Category::Other);
}

#[test]
fn what_is_logged_as_a_problem_is_one() {
    for (level, want) in [
        (Level::Warn, Severity::Warning),
        (Level::Error, Severity::Error),
        (Level::Fatal, Severity::Critical),
    ] {
        let (category, severity, message) = judged(level, "the moon is blue").unwrap();
        assert_eq!((category, severity), (Category::Other, want));
        assert_eq!(message, "the moon is blue");
    }
    assert_eq!(judged(Level::Unknown, "the moon is blue"), None);
}

#[test]
fn some_rules_speak_below_a_warning() {
    let text = "server process (PID 100) was terminated by signal 9: Killed";
    let (category, severity, _) = judged(Level::Info, text).unwrap();
    assert_eq!((category, severity), (Category::Database, Severity::Critical));
}

#[test]
fn a_trace_is_told_by_its_exception() {
    let python = "Exception on /orders [POST]\nTraceback (most recent call last):\n  File \"/app/a.py\", line 3, in f\n    g()\npsycopg2.OperationalError: could not translate host name \"db\" to address: Name or service not known\n";
    let (category, _, message) = judged(Level::Error, python).unwrap();
    assert_eq!(category, Category::Database);
    assert!(message.starts_with("psycopg2.OperationalError"), "{message}");

    let java = "Application run failed\norg.shop.StartException: no start\n\tat a.B.c(B.java:1)\nCaused by: java.net.ConnectException: Connection refused\n\t... 3 more\n";
    let (category, _, message) = judged(Level::Error, java).unwrap();
    assert_eq!(category, Category::Network);
    assert_eq!(message, "java.net.ConnectException: Connection refused");

    let node = "TypeError: fetch failed\n    at Object.fetch (node:internal/deps/undici/undici:1:1) {\n  cause: Error: getaddrinfo ENOTFOUND api\n      at x (node:dns:1:1) {\n    code: 'ENOTFOUND',\n  }\n}";
    let (category, _, message) = judged(Level::Unknown, node).unwrap();
    assert_eq!(category, Category::Network);
    assert_eq!(message, "getaddrinfo ENOTFOUND api");
}

#[test]
fn a_head_that_says_more_keeps_its_words() {
    let text = "could not connect to server: Connection refused (host=postgres port=5432)\nTraceback (most recent call last):\n  File \"/app/a.py\", line 3, in f\nasyncpg.exceptions.ConnectionDoesNotExistError: connection was closed in the middle of operation";
    let (_, _, message) = judged(Level::Error, text).unwrap();
    assert!(message.starts_with("could not connect to server"), "{message}");
}

#[test]
fn a_head_that_only_announces_is_continued() {
    let rust = "thread 'main' panicked at src/main.rs:10:5:\nindex out of bounds: the len is 3";
    let (category, severity, message) = judged(Level::Unknown, rust).unwrap();
    assert_eq!((category, severity), (Category::Code, Severity::Critical));
    assert_eq!(message, "index out of bounds: the len is 3");

    let dotnet = "Shop.Orders[20102]\n      Failed executing DbCommand (3ms)";
    let (_, _, message) = judged(Level::Error, dotnet).unwrap();
    assert_eq!(message, "Failed executing DbCommand (3ms)");
}

#[test]
fn ignored_lines_are_explained() {
    let explained = DETECTOR.explain(&event(Level::Warn, "User requested shutdown..."));
    assert_eq!(explained.winner, None);
    assert!(explained.ignored.unwrap().contains("other.normal-end"));
    let explained = DETECTOR.explain(&event(Level::Info, "connection refused"));
    assert!(explained.ignored.unwrap().contains("info"));
    let explained = DETECTOR.explain(&event(Level::Unknown, "connection refused"));
    assert_eq!(explained.winner.unwrap().0.as_str(), "network.refused");
    assert_eq!(explained.ignored, None);
}

proptest::proptest! {
    #[test]
    fn judges_anything_without_panic(text in "(\\PC{0,60}\n){0,6}", level in 0..7_usize) {
        let levels = [
            Level::Unknown, Level::Trace, Level::Debug, Level::Info, Level::Warn, Level::Error, Level::Fatal,
        ];
        let event = event(levels[level], &text);
        let explained = DETECTOR.explain(&event);
        let found = DETECTOR.detect(&event);
        proptest::prop_assert_eq!(found.map(|f| (f.rule, f.severity)), explained.winner);
    }
}

/// A detector with one rule more.
fn with(rule: &str) -> Detector {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("own.toml"), rule).unwrap();
    let (rules, errors) = RuleSet::load(Some(folder.path()), &[]);
    assert!(errors.is_empty(), "{errors:?}");
    Detector::new(rules)
}

#[test]
fn what_a_user_ignores_is_limited_by_service_category_and_words() {
    let refused = "connection refused by moon";
    let (slow, odd) = ("slow query took 4000 ms", "ERROR the moon is blue");
    for (keys, ignored) in [
        ("services = [\"api\"]", [true, true, true]),
        ("services = [\"web\"]", [false, false, false]),
        ("categories = [\"network\"]", [true, false, false]),
        ("categories = [\"other\", \"performance\"]", [false, true, true]),
        ("pattern = 'moon'", [true, false, true]),
        ("services = [\"api\"]\ncategories = [\"network\"]\npattern = 'blue'", [false; 3]),
    ] {
        let detector = with(&format!("[[rule]]\nid = \"other.quiet\"\nignore = true\n{keys}\n"));
        let lines = [(Level::Error, refused), (Level::Error, slow), (Level::Error, odd)];
        let found = lines.map(|(level, line)| detector.detect(&event(level, line)).is_none());
        assert_eq!(found, ignored, "{keys}");
    }
}

#[test]
fn an_exception_has_a_place_and_what_a_program_says_has_none() {
    let place = |level, text: &str| {
        let found = DETECTOR.detect(&event(level, text)).unwrap();
        found.place.map(|place| place.to_string())
    };
    let frames = "\n  File \"/app/shop/cart.py\", line 7, in load\n    f()";
    let trace = format!("Traceback (most recent call last):{frames}\nKeyError: 'price'");
    let load = Some("shop/cart.py load".to_owned());
    assert_eq!(place(Level::Unknown, &trace), load);
    assert_eq!(place(Level::Error, &format!("Unhandled exception\n{trace}")), load);
    assert_eq!(place(Level::Error, "KeyError: 'price'"), None);
    let words = "could not connect to server: Connection refused";
    assert_eq!(place(Level::Error, &format!("{words}\n{trace}")), None);
    let node = "TypeError: x is not a function\n    at pay (/app/src/cart.js:3:1)";
    assert_eq!(place(Level::Unknown, node).as_deref(), Some("src/cart.js pay"));
    let folded = r#"{"level":"error","msg":"TypeError: x is not a function","stack":"TypeError: x is not a function\n    at pay (/app/src/cart.js:3:1)"}"#;
    assert_eq!(place(Level::Error, folded).as_deref(), Some("src/cart.js pay"));
    let go = "panic: boom\n\ngoroutine 1 [running]:\nmain.run(0x1)\n\t/src/main.go:42 +0x1d";
    assert_eq!(place(Level::Unknown, go).as_deref(), Some("main.run"));
}
