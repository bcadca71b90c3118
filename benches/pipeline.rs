//! Measures the path of a line without a screen, stage by stage: `cargo bench --bench pipeline -- FILE..`.
//!
//! Told are nanoseconds of processor time and allocations a line, first of each stage alone and then of the whole path.
//! Without a file, a mixed text with one problem in fifty lines and one with three in five are judged.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a measurement stops where it cannot go on"
)]
#![allow(unsafe_code, reason = "an allocator that counts; it hands everything on to the system's")]

use bytes::Bytes;
use chrono::{DateTime, TimeDelta, Utc};
use dogwatch::{
    detect::{Detector, RuleSet},
    engine::{Intake, Past, Pipeline},
    group::Namer,
    model::{LogEvent, LogRecord, RawLine, RecordId},
    parse::{Joiner, Parser},
    redact::{PemState, Redactor},
    source::replay::{LineReader, Splitter},
    store::{Limits, Packing, Store},
};
use std::{
    alloc::{GlobalAlloc, Layout, System},
    env,
    fmt::Write as _,
    fs,
    hint::black_box,
    sync::{
        Arc, RwLock,
        atomic::{AtomicU64, Ordering},
    },
};

/// Rounds of each text, of which the last counts: tables and caches are made by then.
const ROUNDS: usize = 3;
/// Lines of a text that is made here.
const LINES: usize = 50_000;
/// Lines that the path takes at once.
const BATCH: usize = 512;

/// One line each, with `%` for a number that changes.
const HARMLESS: &[&str] = &[
    r#"10.0.3.% - - [15/Jan/2026:10:30:45 +0000] "GET /api/v1/products/%?page=% HTTP/1.1" 200 % "-" "curl/8.5.0""#,
    r#"{"level":"info","ts":"2026-01-15T10:30:45.123Z","msg":"order placed","order":%,"ms":%}"#,
    r#"{"level":30,"time":1768473045123,"pid":7,"req":{"method":"GET","url":"/cart/%"},"msg":"request completed"}"#,
    "2026-01-15 10:30:45,% DEBUG [app.cache] hit key=product:% ttl=%s",
    r#"time="2026-01-15T10:30:45Z" level=info msg="queue reconciled" component=billing duration=%ms"#,
    "2026-01-15 10:30:45.% UTC [%] LOG:  checkpoint complete: wrote % buffers; write=% s, total=% s",
    "2026-01-15T10:30:45.%Z  INFO 1 --- [nio-8081-exec-%] c.s.auth.TokenService  : session refreshed sub=%",
    "1:M 15 Jan 2026 10:30:45.% * % changes in 300 seconds. Saving...",
    "\u{1b}[32mINFO\u{1b}[0m:     10.0.3.%:5% - \"GET /cart/% HTTP/1.1\" \u{1b}[32m200 OK\u{1b}[0m",
    "worker-% finished in % ms: errors=0 failed=0",
];
const PROBLEMS: &[&str] = &[
    "2026-01-15 10:30:45.% UTC [%] FATAL:  sorry, too many clients already",
    r#"{"level":"error","ts":"2026-01-15T10:30:45.123Z","msg":"dial tcp 10.0.3.%:5432: connect: connection refused"}"#,
    "2026-01-15 10:30:45,% ERROR [app.orders] order % failed: password=hunter% for db",
    "Traceback (most recent call last):\n  File \"/app/worker.py\", line %, in run\nKeyError: 'order-%'",
    r#"10.0.3.% - - [15/Jan/2026:10:30:45 +0000] "POST /api/orders HTTP/1.1" 502 % "-" "curl/8.5.0""#,
];

struct Counting;

static ALLOCATIONS: AtomicU64 = AtomicU64::new(0);

// SAFETY: every call goes on to the system's allocator with what came in.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.fetch_add(1, Ordering::Relaxed);
        // SAFETY: as above.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, place: *mut u8, layout: Layout) {
        // SAFETY: as above.
        unsafe { System.dealloc(place, layout) }
    }

    unsafe fn realloc(&self, place: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        ALLOCATIONS.fetch_add(1, Ordering::Relaxed);
        // SAFETY: as above.
        unsafe { System.realloc(place, layout, size) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn main() {
    let detector = Arc::new(Detector::new(RuleSet::builtin().0));
    let files: Vec<String> = env::args().skip(1).filter(|a| !a.starts_with("--")).collect();
    for file in &files {
        measure(file, &fs::read(file).unwrap(), &detector);
    }
    if files.is_empty() {
        measure("mixed", text(50).as_bytes(), &detector);
        measure("error-heavy", text(2).as_bytes(), &detector);
    }
}

/// A log of nine services in which about one event in `every` is a problem.
fn text(every: usize) -> String {
    let mut text = String::new();
    // Numbers that look like chance and are the same in every run.
    let mut number = 7_u64;
    let mut next = || {
        number = number.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963);
        number >> 40
    };
    for at in 0..LINES {
        let is_problem = at % every == every - 1;
        let kinds = if is_problem { PROBLEMS } else { HARMLESS };
        let kind = kinds[next() as usize % kinds.len()];
        let service = at % 9;
        for line in kind.split('\n') {
            // Writing to a string cannot fail.
            let _ = write!(text, "shop-s{service}-1  | 2026-01-15T10:30:45.{:09}Z ", at * 1_000);
            for (nth, part) in line.split('%').enumerate() {
                if nth > 0 {
                    text.push_str(&(next() % 1_000).to_string());
                }
                text.push_str(part);
            }
            text.push('\n');
        }
    }
    text
}

fn measure(name: &str, bytes: &[u8], detector: &Arc<Detector>) {
    let count = read(bytes).len();
    println!("{name}: {count} lines, {:.1} MB", bytes.len() as f64 / 1e6);
    println!("  {:<10} {:>12} {:>18}", "", "ns/line", "allocations/line");
    for round in 1..=ROUNDS {
        walk(bytes, detector, &mut |stage, (seconds, allocations)| {
            if round == ROUNDS {
                let lines = count as f64;
                println!(
                    "  {stage:<10} {:>12.0} {:>18.2}",
                    seconds * 1e9 / lines,
                    allocations / lines
                );
            }
        });
    }
}

/// Goes through all stages, one after the other.
fn walk(bytes: &[u8], detector: &Arc<Detector>, tell: &mut dyn FnMut(&str, (f64, f64))) {
    let start: DateTime<Utc> = DateTime::UNIX_EPOCH + TimeDelta::days(20_468);
    let at = |line: usize| start + TimeDelta::microseconds(25 * line as i64);

    let (lines, cost) = timed(|| read(bytes));
    tell("read", cost);
    let redactor = Arc::new(Redactor::with_key([7; 32]));
    let mut key = PemState::default();
    let masked = |line: &RawLine| redactor.line(&mut key, &line.bytes).is_some();
    let (_, cost) = timed(|| black_box(lines.iter().map(masked).filter(|is| *is).count()));
    tell("redact", cost);
    let copy = lines.clone().into_iter();
    let mut records: Vec<Arc<LogRecord>> = Vec::with_capacity(lines.len());
    let mut parser = Parser::new();
    let ((), cost) =
        timed(|| {
            records.extend(copy.enumerate().map(|(line, raw)| {
                Arc::new(parser.parse(&raw, RecordId(line as u64 + 1), at(line)))
            }));
        });
    tell("parse", cost);
    let mut events: Vec<LogEvent> = Vec::with_capacity(records.len());
    let ((), cost) = timed(|| {
        let mut joiner = Joiner::new();
        for (line, record) in records.iter().enumerate() {
            joiner.push(Arc::clone(record), at(line), &mut events);
            if line % BATCH == 0 {
                joiner.flush_idle(at(line), &mut events);
            }
        }
        joiner.finish(&mut events);
    });
    tell("join", cost);
    let (found, cost) =
        timed(|| events.iter().filter_map(|event| detector.detect(event)).collect::<Vec<_>>());
    tell("detect", cost);
    let mut namer = Namer::new();
    let ((), cost) = timed(|| {
        for finding in &found {
            black_box(namer.name(Some(finding.category), &finding.message));
        }
    });
    tell("name", cost);
    let ((), cost) = timed(|| {
        for record in &records {
            black_box(namer.name(None, record.message()));
        }
    });
    tell("name all", cost);
    let mut store = Store::new(Limits::default());
    let ((), cost) = timed(|| {
        for record in &records {
            store.push_plain(Arc::clone(record));
            while let Some(packed) = store.packing().map(Packing::pack) {
                if !store.put_packed(packed) {
                    break;
                }
            }
        }
    });
    tell("store", cost);
    for (stage, store) in
        [("path", Store::new(Limits::default())), ("no store", Store::without_records())]
    {
        let store = RwLock::new(store);
        let mut intake = Intake::new(Some(Arc::clone(&redactor)));
        let mut pipeline = Pipeline::new(Arc::clone(detector), Past::default());
        let mut batches: Vec<Vec<RawLine>> = lines.chunks(BATCH).map(<[_]>::to_vec).collect();
        let ((), cost) = timed(|| {
            for (nth, batch) in batches.drain(..).enumerate() {
                let now = at(nth * BATCH);
                pipeline.accept(intake.read(batch, now), now, &store);
            }
            pipeline.finish(at(lines.len()), &store);
        });
        tell(stage, cost);
    }
}

fn read(bytes: &[u8]) -> Vec<RawLine> {
    let mut reader = LineReader::new();
    reader.learn(&bytes[..bytes.len().min(64 << 10)]);
    let (mut splitter, mut lines) = (Splitter::new(), Vec::new());
    splitter.push(Bytes::copy_from_slice(bytes), |line| lines.push(reader.read(&line)));
    splitter.finish(|line| lines.push(reader.read(&line)));
    lines
}

/// What it answers, and its cost: seconds of this thread's processor time, and allocations.
fn timed<T>(run: impl FnOnce() -> T) -> (T, (f64, f64)) {
    let (allocations, begin) = (ALLOCATIONS.load(Ordering::Relaxed), cpu());
    let answer = run();
    let (seconds, allocated) = (cpu() - begin, ALLOCATIONS.load(Ordering::Relaxed) - allocations);
    (answer, (seconds, allocated as f64))
}

/// Seconds of processor time of this thread.
fn cpu() -> f64 {
    let stat = fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    stat.split(' ').next().and_then(|word| word.parse::<f64>().ok()).unwrap_or(0.0) / 1e9
}
