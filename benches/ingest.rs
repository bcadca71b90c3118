//! Measures the whole program beside Compose: `cargo bench --bench ingest`, on a real Engine.
//!
//! Writers write as fast as they can, from one container and from twenty; the dashboard keeps all on record, and
//! `docker compose logs -f` prints the same to nowhere in the same run. `-- steady RATE MINUTES` instead follows a
//! steady rate from twenty containers and says each minute what is lost and what it costs.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a measurement stops where it cannot go on"
)]

#[path = "../tests/common/mod.rs"]
mod common;
#[path = "../tests/common/watcher.rs"]
mod watcher;
#[path = "../tests/common/witness/mod.rs"]
mod witness;

use common::{Stack, engine::Engine};
use dogwatch::model::Row;
use std::{
    env,
    fs::{self, File},
    io::{Read as _, Seek as _, SeekFrom},
    process::{Child, Stdio},
    sync::Arc,
    thread::sleep,
    time::{Duration, Instant},
};
use watcher::{Watch, Watcher};
use witness::{
    journal,
    judge::{Kind, judge},
    ledger,
    writers::{Image, Writers},
};

fn main() {
    let arguments: Vec<String> = env::args().skip(1).filter(|a| a != "--bench").collect();
    let image = match Image::build(&Engine::main()) {
        Ok(image) => image,
        Err(reason) => return eprintln!("SKIPPED: {reason}"),
    };
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words[..] {
        ["steady", rate, minutes] => {
            steady(&image, rate.parse().unwrap(), minutes.parse().unwrap());
        }
        ["lines", lines] => flood(&image, lines.parse().unwrap()),
        _ => flood(&image, 500_000),
    }
}

/// One container and twenty, each reader alone and then both.
fn flood(image: &Arc<Image>, lines: u64) {
    println!("{lines} lines, written as fast as it goes; a core is 100 % of CPU");
    println!(
        "{:<34} {:>8} {:>9} {:>11} {:>8} {:>9} {:>10}",
        "", "seconds", "lines/s", "lines/CPU s", "lag s", "memory MB", "lost"
    );
    for containers in [1, 20] {
        for (name, has_ours, has_compose) in
            [("dogwatch", true, false), ("compose logs -f", false, true), ("both", true, true)]
        {
            once(image, lines, containers, name, (has_ours, has_compose));
        }
    }
}

/// A stack whose writers wait for their start.
fn stack(image: &Arc<Image>, containers: u64, rate: u64) -> (Writers, Stack) {
    let writers = Writers::new(image);
    // Alive before the flood, so that every reader has opened its stream.
    let does = format!("{rate} both");
    let services: String =
        (0..containers).map(|n| writers.service(&format!("w{n}"), &does, &[])).collect();
    let stack = Stack::on(Engine::main(), "ingest", &services);
    stack.compose(&["up", "-d"]);
    (writers, stack)
}

fn once(image: &Arc<Image>, lines: u64, containers: u64, name: &str, who: (bool, bool)) {
    let (writers, stack) = stack(image, containers, 1);
    let home = tempfile::tempdir().unwrap();
    let watch = Watch::new(&stack.engine, &stack.name, home.path());
    let ours = who.0.then(|| watch.start());
    let compose = who.1.then(|| Compose::start(&stack));
    sleep(Duration::from_secs(4));
    let cpu_before = ours.as_ref().map(Watcher::cpu);
    let compose_before = compose.as_ref().map(|c| cpu(c.0.id()));
    let begin = Instant::now();
    for number in 0..containers {
        writers.burst(&format!("w{number}"), lines / containers);
    }
    // What trickles besides is none of the flood: lines of writers at rest, and a hundredth of a second of idling.
    let mut at_writer = Meter::new(begin, 50);
    let (mut at_ours, mut at_compose) = (at_writer.clone(), Meter::new(begin, 10));
    loop {
        sleep(Duration::from_millis(50));
        at_writer.see(emitted(&writers));
        let mut is_quiet = at_writer.is_quiet(lines);
        if ours.is_some() {
            at_ours.see(newest(&watch));
            is_quiet &= at_ours.is_still();
        }
        if let Some(compose) = &compose {
            at_compose.see((cpu(compose.0.id()) * 100.0) as u64);
            is_quiet &= at_compose.is_still();
        }
        if is_quiet || begin.elapsed() > Duration::from_mins(5) {
            break;
        }
    }
    // It ends with the writers.
    let theirs = compose.as_ref().map(|c| (cpu(c.0.id()), memory(c.0.id())));
    if let (Some(ours), Some(before)) = (ours, cpu_before) {
        let used = ours.cpu() - before;
        let (_, most) = ours.memory();
        stack.compose(&["stop", "--timeout", "0"]);
        sleep(Duration::from_secs(2));
        ours.quit();
        let recorded = journal::read(&watch.journal());
        let verdict =
            judge(&ledger::read(writers.ledger.path()), &recorded.stored, &recorded.holes);
        let lost = verdict.emitted.saturating_sub(verdict.stored);
        let wrong = verdict.violations.len();
        let lost = if wrong > 0 { format!("{lost} !{wrong}") } else { lost.to_string() };
        row(&format!("{containers} x {name}"), lines, used, &at_ours, (&at_writer, most, &lost));
    }
    if let (Some((after, most)), Some(before)) = (theirs, compose_before) {
        let used = after - before;
        let name = if who.0 { "  compose logs -f beside it" } else { name };
        row(&format!("{containers} x {name}"), lines, used, &at_compose, (&at_writer, most, "-"));
    }
}

fn row(
    name: &str,
    lines: u64,
    cpu: f64,
    meter: &Meter,
    (writer, memory, lost): (&Meter, f64, &str),
) {
    let seconds = meter.changed.as_secs_f64();
    let lag = seconds - writer.changed.as_secs_f64();
    println!(
        "{name:<34} {seconds:>8.1} {:>9.0} {:>11.0} {lag:>8.1} {memory:>9.0} {lost:>10}",
        lines as f64 / seconds,
        lines as f64 / cpu.max(0.01)
    );
}

/// When something last changed.
#[derive(Clone)]
struct Meter {
    begin: Instant,
    value: u64,
    /// Steps within half a second that are no work yet.
    idle: u64,
    window: (Instant, u64),
    changed: Duration,
}

impl Meter {
    fn new(begin: Instant, idle: u64) -> Self {
        Self { begin, value: 0, idle, window: (begin, 0), changed: Duration::ZERO }
    }

    fn see(&mut self, value: u64) {
        let now = Instant::now();
        if now - self.window.0 > Duration::from_millis(500) {
            if value > self.window.1 + self.idle {
                self.changed = now - self.begin;
            }
            self.window = (now, value);
        }
        self.value = value;
    }

    fn is_still(&self) -> bool {
        self.begin.elapsed() > self.changed + Duration::from_millis(2_500)
    }

    fn is_quiet(&self, least: u64) -> bool {
        self.value >= least && self.is_still()
    }
}

/// Lines written so far.
fn emitted(writers: &Writers) -> u64 {
    let files = fs::read_dir(writers.ledger.path()).unwrap().flatten();
    files.map(|file| file.metadata().map_or(0, |meta| meta.len() / 16)).sum()
}

/// Number of the newest record on disk.
fn newest(watch: &Watch) -> u64 {
    let files = fs::read_dir(watch.journal()).into_iter().flatten().flatten().map(|f| f.path());
    let newest = files.filter(|path| path.extension().is_some_and(|e| e == "ndjson")).max();
    let Some(mut file) = newest.and_then(|path| File::open(path).ok()) else { return 0 };
    let length = file.metadata().map_or(0, |meta| meta.len());
    let mut end = String::new();
    if file.seek(SeekFrom::Start(length.saturating_sub(20_000))).is_err() {
        return 0;
    }
    let _ = file.read_to_string(&mut end);
    let rows = end.lines().rev().filter_map(|line| serde_json::from_str::<Row<'_>>(line).ok());
    rows.map(|row| row.id).next().unwrap_or(0)
}

/// `docker compose logs -f` to nowhere.
struct Compose(Child);

impl Compose {
    fn start(stack: &Stack) -> Self {
        let mut command = stack.engine.docker();
        command.args(["compose", "logs", "-f", "--timestamps"]).current_dir(stack.folder.path());
        let child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        Self(child)
    }
}

impl Drop for Compose {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A process and its children.
fn family(pid: u32) -> Vec<u32> {
    let mut all = vec![pid];
    for task in fs::read_dir(format!("/proc/{pid}/task")).into_iter().flatten().flatten() {
        let children = fs::read_to_string(task.path().join("children")).unwrap_or_default();
        all.extend(children.split_whitespace().filter_map(|p| p.parse().ok()).flat_map(family));
    }
    all
}

/// Seconds of CPU of a process and its children.
fn cpu(pid: u32) -> f64 {
    let of = |pid: u32| {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split(' ').collect();
        let field = |at: usize| fields.get(at).and_then(|f| f.parse::<f64>().ok()).unwrap_or(0.0);
        (field(12) + field(13)) / 100.0
    };
    family(pid).into_iter().map(of).sum()
}

/// Most memory of a process and its children, in MB.
fn memory(pid: u32) -> f64 {
    let of = |pid: u32| {
        let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
        let line = status.lines().find_map(|l| l.strip_prefix("VmHWM:").map(str::to_owned));
        let word = line.and_then(|l| l.split_whitespace().next().map(str::to_owned));
        word.and_then(|w| w.parse::<f64>().ok()).unwrap_or(0.0) / 1024.0
    };
    family(pid).into_iter().map(of).sum()
}

/// A steady rate for minutes.
fn steady(image: &Arc<Image>, rate: u64, minutes: u64) {
    let (writers, stack) = stack(image, 20, rate / 20);
    let home = tempfile::tempdir().unwrap();
    let watch = Watch::new(&stack.engine, &stack.name, home.path());
    let ours = watch.start();
    println!("{rate} lines/s from 20 containers");
    println!(
        "{:>6} {:>12} {:>11} {:>9} {:>7} {:>11}",
        "minute", "written", "CPU s/min", "memory MB", "files", "journal MB"
    );
    let mut before = ours.cpu();
    for minute in 1..=minutes {
        sleep(Duration::from_mins(1));
        let used = ours.cpu() - before;
        before += used;
        let on_disk: u64 = fs::read_dir(watch.journal())
            .into_iter()
            .flatten()
            .flatten()
            .map(|file| file.metadata().map_or(0, |meta| meta.len()))
            .sum();
        println!(
            "{minute:>6} {:>12} {used:>11.1} {:>9.0} {:>7} {:>11.0}",
            emitted(&writers),
            ours.memory().0,
            ours.files(),
            on_disk as f64 / 1e6
        );
    }
    stack.compose(&["stop", "--timeout", "0"]);
    sleep(Duration::from_secs(5));
    ours.quit();
    let recorded = journal::read(&watch.journal());
    let verdict = judge(&ledger::read(writers.ledger.path()), &recorded.stored, &recorded.holes);
    println!("{verdict}");
    println!("  lost         {:>9}", verdict.count(Kind::Unaccounted));
}
