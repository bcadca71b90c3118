//! The faults of the catalogue, one line each: `A8  pass  noticed after 12.3 s, missing 0`.
//!
//! `cargo test --test faults` runs the quick ones, `-- --only A8,E1` some, `-- --all` or `DOGWATCH_FAULTS=all` every one.
//! On a real Engine where the fault is one of an Engine, on one that is played where no Engine can be made to do it.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "this is a test; its helpers are no test functions"
)]

#[path = "../common/mod.rs"]
mod common;
mod decoding;
mod disk;
#[path = "../common/fake.rs"]
mod fake;
mod fleet;
mod following;
#[path = "../common/proxy.rs"]
mod proxy;
#[path = "../common/pty.rs"]
mod pty;
mod scene;
#[path = "../common/watcher.rs"]
mod watcher;
#[path = "../common/witness/mod.rs"]
mod witness;

use std::{
    cell::RefCell,
    collections::BTreeMap,
    env,
    panic::{self, AssertUnwindSafe},
    process::ExitCode,
    sync::{Mutex, mpsc},
    thread,
    time::Instant,
};

/// What came of a fault: the figure, or why there is none.
type Found = Result<String, Miss>;

/// Why there is no figure.
enum Miss {
    /// It went wrong.
    Wrong(String),
    /// It cannot be done here.
    Skip(String),
}

impl Miss {
    fn skip(why: impl Into<String>) -> Self {
        Self::Skip(why.into())
    }
}

/// One fault.
#[derive(Clone, Copy)]
struct Fault {
    id: &'static str,
    what: &'static str,
    /// Longer than twenty seconds, or heavy.
    is_slow: bool,
    run: fn() -> Found,
}

const fn quick(id: &'static str, what: &'static str, run: fn() -> Found) -> Fault {
    Fault { id, what, is_slow: false, run }
}

const fn slow(id: &'static str, what: &'static str, run: fn() -> Found) -> Fault {
    Fault { id, what, is_slow: true, run }
}

/// So many run at once: most of them wait.
const AT_ONCE: usize = 3;

thread_local! {
    static LAST_PANIC: RefCell<String> = const { RefCell::new(String::new()) };
}

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    if let Some(["save", path]) = arguments.get(..2).map(|a| [a[0].as_str(), a[1].as_str()]) {
        return disk::save_for_ever(path.as_ref());
    }
    let faults = wanted(&arguments);
    if arguments.iter().any(|argument| argument == "--list") || faults.is_empty() {
        return ExitCode::SUCCESS;
    }
    panic::set_hook(Box::new(|info| {
        let message = info.payload_as_str().unwrap_or("panicked").to_owned();
        let place =
            info.location().map_or(String::new(), |l| format!("{}:{}: ", l.file(), l.line()));
        LAST_PANIC.with_borrow_mut(|last| *last = format!("{place}{message}"));
    }));
    let begin = Instant::now();
    let results = run(&faults);
    scene::forget_image();
    let count = |is: fn(&Found) -> bool| results.iter().filter(|found| is(found)).count();
    let (passed, skipped) = (count(Result::is_ok), count(|f| matches!(f, Err(Miss::Skip(_)))));
    let failed = results.len() - passed - skipped;
    println!(
        "{passed} pass, {failed} fail, {skipped} skip of {} in {:.0} s",
        results.len(),
        begin.elapsed().as_secs_f64()
    );
    if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Which ones, by the command line and the environment.
fn wanted(arguments: &[String]) -> Vec<Fault> {
    let all = [following::FAULTS, decoding::FAULTS, fleet::FAULTS, disk::FAULTS].concat();
    let mut by_id: Vec<Fault> = all;
    by_id.sort_by_key(|fault| (&fault.id[..1], fault.id[1..].parse::<u32>().unwrap()));
    let by_env = env::var("DOGWATCH_FAULTS").unwrap_or_default();
    let only = arguments.iter().position(|a| a == "--only").and_then(|at| arguments.get(at + 1));
    let names = only.cloned().unwrap_or(by_env);
    let is_all = names == "all" || arguments.iter().any(|a| a == "--all");
    // A name of another test program's test is none of ours.
    let is_anothers = only.is_none() && arguments.iter().any(|a| !a.starts_with('-'));
    by_id.retain(|fault| {
        let is_named = names.split(',').any(|name| name.trim() == fault.id);
        is_all || is_named || (names.is_empty() && !fault.is_slow && !is_anothers)
    });
    by_id
}

/// Runs them and prints each as soon as all before it are done.
fn run(faults: &[Fault]) -> Vec<Found> {
    let (tx, rx) = mpsc::channel();
    let next = Mutex::new(0..faults.len());
    let mut results = Vec::new();
    thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            let (tx, next) = (tx.clone(), &next);
            scope.spawn(move || {
                loop {
                    let Some(at) = next.lock().unwrap().next() else { return };
                    let begin = Instant::now();
                    let found = panic::catch_unwind(AssertUnwindSafe(faults[at].run));
                    let found = found
                        .unwrap_or_else(|_| Err(Miss::Wrong(LAST_PANIC.with_borrow(Clone::clone))));
                    let _ = tx.send((at, found, begin.elapsed()));
                }
            });
        }
        drop(tx);
        let mut waiting = BTreeMap::new();
        for (at, found, took) in rx {
            waiting.insert(at, (found, took));
            while let Some((found, took)) = waiting.remove(&results.len()) {
                let fault = &faults[results.len()];
                let (word, text) = match &found {
                    Ok(text) => ("pass", text),
                    Err(Miss::Wrong(text)) => ("FAIL", text),
                    Err(Miss::Skip(text)) => ("skip", text),
                };
                let (id, what) = (fault.id, fault.what);
                println!("{id:<4} {word}  {what:<34} {text}  [{:.1} s]", took.as_secs_f64());
                results.push(found);
            }
        }
    });
    results
}
