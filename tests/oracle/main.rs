//! The conservation oracle: every line that was written is on record once, or inside a reported gap, whatever happens.
//!
//! Writers keep a ledger of numbered lines; the real program follows them on a real Engine while a random schedule of
//! faults runs; a judge compares the ledger with the journal's files. A minute long, or as long as is asked for:
//! `DOGWATCH_ORACLE_SEED=7 DOGWATCH_ORACLE_SECONDS=600 cargo test --test oracle -- --nocapture`.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "this is a test; its helpers are no test functions"
)]

#[path = "../common/mod.rs"]
mod common;
mod fault;
#[path = "../common/watcher.rs"]
mod watcher;
#[path = "../common/witness/mod.rs"]
mod witness;
mod world;

use common::{
    engine::{Engine, Second},
    skip,
};
use fault::{Dice, Fault};
use std::{
    collections::BTreeMap,
    env,
    thread::sleep,
    time::{Duration, Instant},
};
use witness::{
    journal,
    judge::{Kind, Verdict, judge},
    ledger,
    writers::{Image, Writers},
};
use world::{SERVICES, World, clock};

/// A fresh line must be on record so soon after the last fault.
const FRESH: Duration = Duration::from_secs(5);
/// The same of a log that was emptied: nobody but its silence tells of that.
const NOTICED: Duration = Duration::from_secs(35);
/// What was written last must be on record, and what is missing be told, so soon after the writers stopped.
const SETTLED: Duration = Duration::from_secs(75);

fn number(key: &str) -> Option<u64> {
    env::var(key).ok().and_then(|value| value.parse().ok())
}

#[test]
fn every_line_is_on_record_once_or_in_a_reported_gap() {
    // The same schedule in every run, so that a failure is one of the change; another seed is for who looks for more.
    let seed = number("DOGWATCH_ORACLE_SEED").unwrap_or(21);
    let seconds = number("DOGWATCH_ORACLE_SECONDS").unwrap_or(30);
    let second = Second::start("oracle");
    let engine = second.as_ref().map_or_else(|_| Engine::main(), |second| second.engine.clone());
    let writers = match Image::build(&engine) {
        Ok(image) => Writers::new(&image),
        Err(reason) => return skip(&reason),
    };
    eprintln!("oracle: seed {seed}, at least {seconds} s, Engine {}", engine.version());

    let mut world = World::up(engine, second, writers, seconds);
    let mut dice = Dice::new(seed);
    let begin = Instant::now();
    let mut counts = BTreeMap::<&str, u32>::new();
    let mut is_over = false;
    while !is_over {
        for fault in Fault::shuffled(&mut dice) {
            if let Err(why) = world.allows(fault) {
                world.say(&format!("{} left out: {why}", fault.name()));
                continue;
            }
            world.inject(fault, &mut dice);
            *counts.entry(fault.name()).or_default() += 1;
            sleep(Duration::from_millis(300 + dice.below(1_500)));
        }
        is_over = begin.elapsed() >= Duration::from_secs(seconds);
    }

    let (emptied, sound): (Vec<_>, Vec<_>) =
        SERVICES.iter().partition(|service| world.emptied.contains(*service));
    let (delay, slowest) = world.fresh(&sound);
    let (late, _) = world.fresh(&emptied);
    world.say("the writers stop");
    world.stack.compose(&["stop", "--timeout", "1"]);
    let (verdict, settled) = settle(&mut world);
    let (ending, code) = world.watcher.take().unwrap().quit();

    let recorded = journal::read(&world.watch.journal());
    let verdict = if verdict.violations.is_empty() {
        judge(&ledger::read(world.writers.ledger.path()), &recorded.stored, &recorded.holes)
    } else {
        verdict
    };
    eprintln!("oracle: seed {seed}, {:.0} s of faults", begin.elapsed().as_secs_f64());
    eprintln!("{verdict}");
    let counts: Vec<String> = counts.iter().map(|(name, n)| format!("{n} {name}")).collect();
    eprintln!("  faults       {}", counts.join(", "));
    eprintln!(
        "  fresh line   {:>9.1} s after the last fault, at most ({slowest})",
        delay.as_secs_f64()
    );
    if !emptied.is_empty() {
        eprintln!("  emptied log  {:>9.1} s more, {}", late.as_secs_f64(), emptied.join(", "));
    }
    eprintln!("  settled      {:>9.1} s after the last line", settled.as_secs_f64());
    eprintln!("  ended        {:>9.1} s, code {code}", ending.as_secs_f64());
    let (files, bytes) = recorded.files;
    eprintln!("  journal      {:>9.1} MB in {files} files", bytes as f64 / 1e6);
    report(&verdict, &world, seed);
    assert_eq!(recorded.broken, Vec::<String>::new(), "rows that cannot be read, seed {seed}");
    assert!(verdict.violations.is_empty(), "{} violations, seed {seed}", verdict.violations.len());
    assert!(late <= NOTICED, "a fresh line of {emptied:?} took {late:?}, seed {seed}");
    assert!(delay <= FRESH, "a fresh line of {slowest} took {delay:?}, seed {seed}");
}

/// Waits until nothing is wrong, or for so long that something is.
fn settle(world: &mut World) -> (Verdict, Duration) {
    let begin = Instant::now();
    loop {
        let recorded = journal::read(&world.watch.journal());
        let ledger = ledger::read(world.writers.ledger.path());
        let verdict = judge(&ledger, &recorded.stored, &recorded.holes);
        let is_lasting = verdict.violations.iter().any(|v| v.kind != Kind::Unaccounted);
        if verdict.violations.is_empty() || is_lasting || begin.elapsed() > SETTLED {
            return (verdict, begin.elapsed());
        }
        sleep(Duration::from_secs(1));
    }
}

/// What is wrong, with the faults around it; files are kept where `DOGWATCH_ORACLE_KEEP` says.
fn report(verdict: &Verdict, world: &World, seed: u64) {
    const AROUND: u64 = 3_000_000_000;
    for stretch in verdict.stretches().iter().take(25) {
        let (first, last) = stretch.time;
        let (kind, lines) = (stretch.kind, &stretch.lines);
        eprintln!("VIOLATION seed {seed}: {kind:?} {lines}, {} to {}", clock(first), clock(last));
        for (at, what) in &world.told {
            if *at + AROUND > first && *at < last + AROUND {
                eprintln!("    {}  {what}", clock(*at));
            }
        }
    }
    if let Ok(folder) = env::var("DOGWATCH_ORACLE_KEEP") {
        world.keep(folder.as_ref());
    }
}
