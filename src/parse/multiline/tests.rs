use super::{pending::MAX_BYTES, *};
use crate::{
    model::{Origin, RawLine, ServiceName},
    parse::Parser,
};
use bytes::Bytes;
use chrono::Duration;

fn now() -> DateTime<Utc> {
    "2026-11-21T22:12:29Z".parse().unwrap()
}

/// Records of one stream of one container, all of one moment.
struct Tape {
    parser: Parser,
    next: u64,
}

impl Tape {
    fn new() -> Self {
        Self { parser: Parser::new(), next: 0 }
    }

    fn record(&mut self, container: &str, stream: Stream, text: &str) -> Arc<LogRecord> {
        self.next += 1;
        let origin = Arc::new(Origin {
            service: ServiceName::from(container),
            container: ContainerId::from(container),
            replica: 1,
            is_tty: false,
        });
        let raw = RawLine {
            origin,
            stream,
            time: Some(now()),
            bytes: Bytes::copy_from_slice(text.as_bytes()),
        };
        Arc::new(self.parser.parse(&raw, RecordId(self.next), now()))
    }
}

/// One line for each event: level, lines, where the head begins.
fn outline(log: &str) -> String {
    let mut tape = Tape::new();
    let mut joiner = Joiner::new();
    let mut done = Vec::new();
    for line in log.lines() {
        joiner.push(tape.record("a", Stream::Stderr, line), now(), &mut done);
    }
    joiner.finish(&mut done);
    let lines: usize = done.iter().map(|e| e.records().count()).sum();
    assert_eq!(lines, log.lines().count(), "every line is in one event");
    let lines: Vec<String> = done
        .iter()
        .map(|event| {
            let head: String = event.head.text.chars().take(44).collect();
            let lines = event.records().count();
            format!("{:7} {lines:2} {}", event.head.level.as_str(), head.trim_end())
        })
        .collect();
    lines.join("\n") + "\n"
}

macro_rules! fixture {
    ($name:literal) => {
        outline(include_str!(concat!("../../../tests/fixtures/logs/", $name, ".log")))
    };
}

#[test]
fn joins_python() {
    insta::assert_snapshot!(fixture!("python"));
}

#[test]
fn joins_node() {
    insta::assert_snapshot!(fixture!("node"));
}

#[test]
fn joins_jvm() {
    insta::assert_snapshot!(fixture!("jvm"));
}

#[test]
fn joins_go() {
    insta::assert_snapshot!(fixture!("go"));
}

#[test]
fn joins_rust() {
    insta::assert_snapshot!(fixture!("rust"));
}

#[test]
fn joins_dotnet() {
    insta::assert_snapshot!(fixture!("dotnet"));
}

#[test]
fn joins_ruby() {
    insta::assert_snapshot!(fixture!("ruby"));
}

#[test]
fn joins_php() {
    insta::assert_snapshot!(fixture!("php"));
}

#[test]
fn joins_postgres() {
    insta::assert_snapshot!(fixture!("postgres"));
}

#[test]
fn leaves_redis_and_nginx_apart() {
    insta::assert_snapshot!(fixture!("redis") + &fixture!("nginx"));
}

fn heads(done: &[LogEvent]) -> Vec<(&str, usize)> {
    done.iter().map(|e| (e.head.text.as_str(), e.records().count())).collect()
}

#[test]
fn streams_and_containers_do_not_mix() {
    let mut tape = Tape::new();
    let mut joiner = Joiner::new();
    let mut done = Vec::new();
    for (container, stream, text) in [
        ("a", Stream::Stderr, "Traceback (most recent call last):"),
        ("b", Stream::Stderr, "Error: boom"),
        ("a", Stream::Stdout, "GET / 200"),
        ("a", Stream::Stderr, "  File \"a.py\", line 1, in run"),
        ("b", Stream::Stderr, "    at run (b.js:1:1)"),
        ("a", Stream::System, "restarted (exit 1), run 2"),
        ("a", Stream::Stderr, "KeyError: 'a'"),
        ("b", Stream::Stderr, "    at main (b.js:2:1)"),
    ] {
        joiner.push(tape.record(container, stream, text), now(), &mut done);
    }
    assert_eq!(heads(&done), [("GET / 200", 1), ("restarted (exit 1), run 2", 1)]);
    assert_eq!(joiner.pending(), 2);
    joiner.finish(&mut done);
    assert_eq!(heads(&done)[2..], [("Traceback (most recent call last):", 3), ("Error: boom", 3)]);
}

#[test]
fn a_line_of_another_worker_passes_through_a_python_trace() {
    let log = "Traceback (most recent call last):\n  File \"a.py\", line 1, in run\n\
        INFO:     10.0.0.9:1 - \"GET / HTTP/1.1\" 200 OK\n    run()\nKeyError: 'a'\n";
    let want = "info     1 INFO:     10.0.0.9:1 - \"GET / HTTP/1.1\" 200\n\
        unknown  4 Traceback (most recent call last):\n";
    assert_eq!(outline(log), want);
}

#[test]
fn what_cannot_begin_a_trace_never_waits() {
    let mut tape = Tape::new();
    let mut joiner = Joiner::new();
    let mut done = Vec::new();
    for text in [
        "2025-03-04 09:00:00,123 INFO [app] started",
        "10.0.0.1 - - [04/Mar/2025:09:00:00 +0000] \"GET /error HTTP/1.1\" 500 12",
        "{\"level\":\"info\",\"msg\":\"ok\"}",
        "GET / 200 in 3ms",
        "    indented",
        "",
    ] {
        joiner.push(tape.record("a", Stream::Stdout, text), now(), &mut done);
        assert_eq!(joiner.pending(), 0, "{text:?}");
    }
    assert_eq!(done.len(), 6);
}

#[test]
fn a_quiet_stream_gives_its_event_away() {
    let mut tape = Tape::new();
    let mut joiner = Joiner::new();
    let mut done = Vec::new();
    joiner.push(tape.record("a", Stream::Stderr, "Error: boom"), now(), &mut done);
    joiner.flush_idle(now() + Duration::milliseconds(249), &mut done);
    assert_eq!((done.len(), joiner.pending()), (0, 1));
    let later = now() + Duration::milliseconds(200);
    joiner.push(tape.record("a", Stream::Stderr, "    at run (a.js:1:1)"), later, &mut done);
    joiner.flush_idle(later + Duration::milliseconds(249), &mut done);
    assert!(done.is_empty());
    joiner.flush_idle(later + Duration::milliseconds(250), &mut done);
    assert_eq!(heads(&done), [("Error: boom", 2)]);
    assert_eq!(joiner.pending(), 0);
}

#[test]
fn an_event_is_over_after_five_seconds_and_five_hundred_lines() {
    let mut tape = Tape::new();
    let mut joiner = Joiner::new();
    let mut done = Vec::new();
    joiner.push(tape.record("a", Stream::Stderr, "java.lang.StackOverflowError"), now(), &mut done);
    for _ in 0..1_024 {
        let frame = tape.record("a", Stream::Stderr, "\tat Shop.depth(Shop.java:33)");
        joiner.push(frame, now(), &mut done);
    }
    joiner.push(tape.record("a", Stream::Stderr, "Caused by: x.Y"), now(), &mut done);
    joiner.finish(&mut done);
    assert_eq!(done.iter().map(|e| e.records().count()).collect::<Vec<_>>(), [500, 500, 26]);

    done.clear();
    let mut at = now();
    for _ in 0..60 {
        joiner.push(tape.record("a", Stream::Stderr, "Error: x {"), at, &mut done);
        joiner.push(tape.record("a", Stream::Stderr, "    at a (b.js:1:1)"), at, &mut done);
        at += Duration::milliseconds(200);
        joiner.flush_idle(at, &mut done);
    }
    assert!(done.iter().all(|e| e.records().count() <= 2));
    done.clear();
    for n in 0..60 {
        let at = at + Duration::milliseconds(200 * n);
        joiner.push(tape.record("a", Stream::Stderr, "    at a (b.js:1:1)"), at, &mut done);
        joiner.flush_idle(at, &mut done);
    }
    assert!(!done.is_empty(), "an endless trickle does not wait for ever");
}

#[test]
fn huge_lines_do_not_pile_up() {
    let mut tape = Tape::new();
    let mut joiner = Joiner::new();
    let mut done = Vec::new();
    joiner.push(tape.record("a", Stream::Stderr, "Error: boom"), now(), &mut done);
    let line = format!("    {}", "x".repeat(100_000));
    for _ in 0..10 {
        joiner.push(tape.record("a", Stream::Stderr, &line), now(), &mut done);
    }
    joiner.finish(&mut done);
    let bytes = |e: &LogEvent| e.records().map(|r| r.text.len()).sum::<usize>();
    assert!(done.iter().all(|e| bytes(e) <= MAX_BYTES), "{:?}", done.len());
}

#[test]
fn an_exception_long_after_a_harmless_line_is_its_own_event() {
    for (wait, events) in [(0, 1), (1, 1), (2, 2), (140, 2)] {
        let mut tape = Tape::new();
        let mut joiner = Joiner::new();
        let mut done = Vec::new();
        let lines = ["info  - flags: errorBoundary=on", "TypeError: no", "    at f (/a.js:1:1)"];
        for (at, line) in lines.into_iter().enumerate() {
            let mut record = (*tape.record("a", Stream::Stderr, line)).clone();
            record.time = now() + Duration::milliseconds(if at == 0 { 0 } else { wait });
            joiner.push(Arc::new(record), now(), &mut done);
        }
        joiner.finish(&mut done);
        assert_eq!(done.len(), events, "{wait} ms");
    }
}

#[test]
fn an_exception_that_its_log_line_told_belongs_to_it_and_one_more_does_not() {
    let error = "Error: Cannot find module '@shop/ui'";
    assert_eq!(outline(&[error; 3].join("\n")).lines().count(), 3);
    let logged =
        format!("2026-11-21 22:12:29 ERROR render: Cannot find module '@shop/ui'\n{error}");
    assert_eq!(outline(&logged).lines().count(), 1);
}

#[test]
fn words_below_an_exception_are_its_own_where_a_frame_follows() {
    let thrown =
        "Error: cannot reach the shop\n\nPlease start it.\n    at open (shop.js:1:2)\nready\n";
    assert_eq!(outline(thrown).lines().count(), 2, "{}", outline(thrown));
    let logged =
        "Error: cannot reach the shop\n\nready\n    - Local: http://localhost:3000\nready\n";
    assert_eq!(outline(logged).lines().count(), 5, "{}", outline(logged));
    let anew = "shop.LedgerError: not ready\nException in thread \"main\" java.io.IOException: gone\n\
                \tat shop.Ledger.run(Ledger.java:55)\n";
    assert_eq!(outline(anew).lines().count(), 2, "{}", outline(anew));
    let named =
        "2024-05-02 10:00:00 ERROR db failed\nerror: starting up\n    at parse (pg.js:1:2)\n";
    assert_eq!(outline(named).lines().count(), 1, "{}", outline(named));
    let apart = "2024-05-02 10:00:00 ERROR db failed\nerror: starting up\nready\n";
    assert_eq!(outline(apart).lines().count(), 3, "{}", outline(apart));
}

#[test]
fn what_nobody_caught_is_an_error_and_an_address_is_no_place() {
    let thrown = "/app/a.js:3\n    throw words\n    ^\n\nno size\n    at run (/app/a.js:3:5)\n";
    assert!(outline(thrown).starts_with("error    6 "), "{}", outline(thrown));
    let address = "http://localhost:3000\nready\nError: gone\n    at run (/app/a.js:3:5)\n";
    assert_eq!(outline(address).lines().count(), 3, "{}", outline(address));
}

#[test]
fn a_padded_level_is_no_indent() {
    let log = "error: the token expired\nERROR:    the disk is full\n\
               [ERROR] cannot find symbol\n[ERROR]   symbol: price";
    assert_eq!(outline(log).lines().count(), 3);
}

#[test]
fn lines_written_far_apart_do_not_belong_together() {
    let mut tape = Tape::new();
    let mut joiner = Joiner::new();
    let mut done = Vec::new();
    joiner.push(tape.record("a", Stream::Stderr, "Error: boom"), now(), &mut done);
    let mut late = (*tape.record("a", Stream::Stderr, "    at run (a.js:1:1)")).clone();
    late.time += Duration::seconds(6);
    joiner.push(Arc::new(late), now(), &mut done);
    assert_eq!(heads(&done)[0], ("Error: boom", 1));
}

proptest::proptest! {
    #[test]
    fn every_record_comes_out_once_and_in_order(lines in proptest::collection::vec(
        proptest::sample::select(vec![
            "", "x", "    at a (b.js:1:1)", "Error: boom", "Traceback (most recent call last):",
            "KeyError: 'a'", "  File \"a.py\", line 1", "panic: boom", "goroutine 1 [running]:",
            "main.main()", "/a/b.js:27", "}", "ERROR x", "INFO x", "\"\"\"", "Caused by: a.B: c",
            "thread 'a' panicked at b:1:1:", "DETAIL:  x", "java.lang.X: y", "^", "a.b",
            "The above exception was the direct cause of the following exception:",
        ]), 0..60)
    ) {
        let mut tape = Tape::new();
        let mut joiner = Joiner::new();
        let mut done = Vec::new();
        for line in &lines {
            joiner.push(tape.record("a", Stream::Stderr, line), now(), &mut done);
        }
        joiner.finish(&mut done);
        proptest::prop_assert_eq!(joiner.pending(), 0);
        let mut ids: Vec<_> = done.iter().flat_map(|e| e.records().map(|r| r.id.0)).collect();
        for event in &done {
            proptest::prop_assert!(event.records().is_sorted_by_key(|r| r.id));
        }
        ids.sort_unstable();
        proptest::prop_assert_eq!(ids, (1..=lines.len() as u64).collect::<Vec<_>>());
    }
}
