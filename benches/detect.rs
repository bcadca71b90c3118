//! Measures the search for all rules beside one `RegexSet` of the same patterns: `cargo bench --bench detect -- FILE..`.
//!
//! Every line of a file is judged as a message without a level. All take the same bytes in the same run, one after the
//! other, and are told in processor time: other work on the machine counts little. Without a file, the samples of the
//! rules and as many harmless lines are judged; hostile text, made of the samples' pieces, always comes last.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a measurement stops where it cannot go on"
)]

use dogwatch::{
    detect::{Detector, RuleSet},
    model::{Level, LogEvent, LogRecord, Origin, RecordId, SafeText, Stream},
};
use regex::bytes::{RegexSet, RegexSetBuilder};
use std::{env, fmt::Write as _, fs, hint::black_box, path::Path, sync::Arc};

/// Rounds of each, of which the middle counts.
const ROUNDS: usize = 3;
/// A `RegexSet` judges only so many bytes of a file: it is too slow for more.
const PIECE: usize = 1 << 20;
/// Rules are read so often, for the middle to count.
const STARTS: usize = 41;
/// Patterns of a user who has many.
const OWN: usize = 100;
/// Bytes of hostile text.
const HOSTILE: usize = 1 << 20;

fn main() {
    let before = (cpu(), memory());
    let detector = Detector::new(RuleSet::builtin().0);
    println!("rules: {:.1} ms of CPU, {:.1} MB", (cpu() - before.0) * 1e3, memory() - before.1);
    let own = tempfile::tempdir().unwrap();
    fs::write(own.path().join("own.toml"), own_rules()).unwrap();
    let (alone, more) = (start(None), start(Some(own.path())));
    println!("rules read again: {alone:.2} ms, {OWN} of the user's with them {more:.2} ms");
    let before = (cpu(), memory());
    let sets = [
        ("RegexSet, hits alone", set(detector.rules(), 2 << 20)),
        ("RegexSet of 64 MB, hits alone", set(detector.rules(), 64 << 20)),
    ];
    println!("RegexSets: {:.1} ms of CPU, {:.1} MB", (cpu() - before.0) * 1e3, memory() - before.1);
    println!(
        "{:<34} {:>8} {:>12} {:>8} {:>8} {:>10}",
        "", "MB/CPU s", "lines/CPU s", "hits", "MB held", "detector is"
    );
    let files: Vec<String> = env::args().skip(1).filter(|a| !a.starts_with("--")).collect();
    for file in &files {
        measure(file, &String::from_utf8_lossy(&fs::read(file).unwrap()), &detector, &sets);
    }
    if files.is_empty() {
        let samples = detector.rules().rules().iter().flat_map(|rule| &rule.matches);
        let harmless = "2025-03-04T09:00:00.120Z worker-3 handled order 4711 for shop 12 in 8 ms\n";
        let pairs = samples.flat_map(|sample| [sample.as_str(), "\n", harmless]);
        let text: String = pairs.collect();
        measure("samples", &text.repeat(10), &detector, &sets);
    }
    measure("hostile", &hostile(detector.rules()), &detector, &sets);
}

/// Milliseconds of processor time until all rules can be searched for.
fn start(own: Option<&Path>) -> f64 {
    let mut times: Vec<f64> = (0..STARTS)
        .map(|_| {
            let begin = cpu();
            let (rules, errors) = black_box(RuleSet::load(own, &[]));
            assert!(errors.is_empty() && !rules.is_empty(), "{errors:?}");
            (cpu() - begin) * 1e3
        })
        .collect();
    times.sort_by(f64::total_cmp);
    times[STARTS / 2]
}

/// Rules as users write them: a few words, one of several, a number.
fn own_rules() -> String {
    let mut text = String::new();
    for number in 0..OWN {
        writeln!(
            text,
            "[[rule]]\nid = \"code.own-{number}\"\ntitle = \"Station {number}\"\nseverity = \"error\"\n\
             pattern = '\\bstation {number} (?:lost|dropped|refused) parcel \\d+\\b'\n\
             matches = [\"station {number} lost parcel 17\"]"
        )
        .unwrap();
    }
    text
}

/// Samples cut short, in the wrong case, and with bytes between them that fold to letters or to nothing.
fn hostile(rules: &RuleSet) -> String {
    const BETWEEN: [&str; 6] = ["\0", "\u{17f}", "\u{212a}", " ", "\n", "\n\n"];
    let samples: Vec<&str> =
        rules.rules().iter().flat_map(|rule| &rule.matches).map(String::as_str).collect();
    let mut seed = 1_u64;
    let mut below = |end: usize| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) as usize % end
    };
    let mut text = String::new();
    while text.len() < HOSTILE {
        let sample = samples[below(samples.len())];
        let length = below(sample.chars().count() + 1);
        for letter in sample.chars().take(length) {
            let is_turned = below(2) == 0;
            text.push(if is_turned { letter.to_ascii_uppercase() } else { letter });
        }
        text.push_str(BETWEEN[below(BETWEEN.len())]);
    }
    text
}

fn set(rules: &RuleSet, cache: usize) -> RegexSet {
    RegexSetBuilder::new(rules.rules().iter().filter_map(|rule| rule.pattern.as_deref()))
        .unicode(false)
        .case_insensitive(true)
        .size_limit(64 << 20)
        .dfa_size_limit(cache)
        .build()
        .unwrap()
}

fn measure(name: &str, text: &str, detector: &Detector, sets: &[(&str, RegexSet)]) {
    let events: Vec<LogEvent> = text.lines().map(event).collect();
    println!("{name}: {} lines, {:.1} MB", events.len(), text.len() as f64 / 1e6);
    let is_problem = |event: &LogEvent| detector.detect(event).is_some();
    row("detector, whole judgement", text.len(), &events, None, is_problem);
    let lines = text[..text.floor_char_boundary(PIECE)].lines().count();
    let size = events[..lines].iter().map(|event| event.head.text.len() + 1).sum();
    let own = row("detector, of the first MB", size, &events[..lines], None, is_problem);
    for (name, set) in sets {
        row(name, size, &events[..lines], Some(own), |event| {
            set.matches(event.head.text.as_str().as_bytes()).matched_any()
        });
    }
}

fn event(line: &str) -> LogEvent {
    thread_local! {
        static ORIGIN: Arc<Origin> = Arc::new(Origin {
            service: "app".into(),
            container: "app-1".into(),
            replica: 1,
            is_tty: false,
        });
    }
    LogEvent::single(Arc::new(LogRecord {
        id: RecordId(1),
        time: chrono::DateTime::UNIX_EPOCH,
        origin: ORIGIN.with(Arc::clone),
        stream: Stream::Stdout,
        level: Level::Unknown,
        text: SafeText::from(line),
        message_at: 0,
    }))
}

/// Prints how fast the events are judged, and returns it in MB for each second of processor time.
fn row(
    name: &str,
    size: usize,
    events: &[LogEvent],
    own: Option<f64>,
    does_hit: impl Fn(&LogEvent) -> bool,
) -> f64 {
    let before = memory();
    let mut rounds: Vec<(f64, usize)> = (0..ROUNDS)
        .map(|_| {
            let begin = cpu();
            let hits = events.iter().filter(|event| does_hit(black_box(event))).count();
            (cpu() - begin, hits)
        })
        .collect();
    rounds.sort_by(|one, other| one.0.total_cmp(&other.0));
    let (seconds, hits) = rounds[ROUNDS / 2];
    let speed = size as f64 / 1e6 / seconds;
    let ratio = own.map(|own| format!("{:.1} x", own / speed)).unwrap_or_default();
    println!(
        "  {name:<32} {speed:>8.1} {:>12.0} {hits:>8} {:>8.1} {ratio:>10}",
        events.len() as f64 / seconds,
        memory() - before
    );
    speed
}

/// Seconds of processor time of this process.
fn cpu() -> f64 {
    let stat = fs::read_to_string("/proc/self/schedstat").unwrap_or_default();
    stat.split(' ').next().and_then(|word| word.parse::<f64>().ok()).unwrap_or(0.0) / 1e9
}

/// Memory held now, in MB.
fn memory() -> f64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|l| l.strip_prefix("VmRSS:")).unwrap_or_default();
    line.split_whitespace().next().and_then(|word| word.parse::<f64>().ok()).unwrap_or(0.0) / 1024.0
}
