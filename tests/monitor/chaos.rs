//! Faults by chance in two environments at once: each stands in the file of its own environment, with the right status,
//! and both files are whole whenever they are read.
//!
//! `DOGWATCH_CHAOS_MINUTES` says how long (half a minute without it), `DOGWATCH_CHAOS_SEED` which faults come when.

use super::{
    Monitor,
    common::{Stack, wait_for},
};
use serde_json::Value;
use std::{
    collections::{BTreeMap, BTreeSet},
    env, fs,
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

const ENVIRONMENTS: [&str; 2] = ["dev", "test"];
/// The file has been read so often at least.
const READS: usize = 1_000;
/// Quiet for so long is fixed.
const QUIET: Duration = Duration::from_secs(8);

const SERVICES: &str = "  db: &idle\n    image: $IMAGE\n    stop_grace_period: 0s\n    command: [sh, -c, \"while :; do sleep 1; done\"]\n  cache: *idle\n  api: *idle\n  web: *idle\n  worker:\n    image: $IMAGE\n    stop_grace_period: 0s\n    restart: always\n    command: [sh, -c, \"rm -f /crash; sleep 1; while :; do test -e /crash && exit 3; sleep 1; done\"]\n";

/// A fault: where it happens, what is written there, and the words that its issue holds. Without a line it is a crash.
struct Fault {
    service: &'static str,
    line: &'static str,
    words: &'static str,
}

const fn fault(service: &'static str, line: &'static str, words: &'static str) -> Fault {
    Fault { service, line, words }
}

const FAULTS: [Fault; 16] = [
    fault("db", "FATAL:  sorry, too many clients already", "too many clients"),
    fault("db", "ERROR:  deadlock detected", "deadlock detected"),
    fault(
        "db",
        "FATAL:  password authentication failed for user \"shop\"",
        "password authentication",
    ),
    fault("db", "ERROR:  relation \"invoices\" does not exist at character 15", "invoices"),
    fault("cache", "OOM command not allowed when used memory > maxmemory", "OOM command"),
    fault(
        "cache",
        "MISCONF Redis is configured to save RDB snapshots, but it is unable to persist on disk",
        "MISCONF",
    ),
    fault("api", "ModuleNotFoundError: No module named stripe", "No module named"),
    fault("api", "PermissionError: [Errno 13] Permission denied: /etc/shop.conf", "Errno 13"),
    fault("api", "OSError: [Errno 28] No space left on device", "No space left"),
    fault("api", "RecursionError: maximum recursion depth exceeded", "recursion depth"),
    fault(
        "web",
        "2026/01/02 10:00:00 [error] 7#7: *1 upstream timed out (110: Connection timed out) while reading response header from upstream",
        "upstream timed out",
    ),
    fault(
        "web",
        "2026/01/02 10:00:00 [emerg] 7#7: unknown directive \"worker_conections\" in /srv/bad.conf:7",
        "unknown directive",
    ),
    fault(
        "web",
        "2026/01/02 10:00:00 [error] 7#7: *1 client intended to send too large body: 20000 bytes",
        "too large body",
    ),
    fault("worker", "Error: connect ECONNREFUSED 10.0.0.5:6379", "ECONNREFUSED"),
    fault("worker", "Error: EACCES: permission denied, open /data/invoice.pdf", "EACCES"),
    fault("worker", "", "exit"),
];

impl Fault {
    fn happens_in(&self, stack: &Stack) {
        let line = format!("echo '{}' > /proc/1/fd/1", self.line);
        let script = if self.line.is_empty() { "touch /crash" } else { line.as_str() };
        // A worker that is just starting again cannot be told anything.
        wait_for(self.words, || {
            stack.try_compose(&["exec", "-T", self.service, "sh", "-c", script]).status.success()
        });
    }

    fn is(&self, issue: &Value) -> bool {
        let has = |key: &str| issue[key].as_str().is_some_and(|text| text.contains(self.words));
        let is_here = issue["services"].as_array().unwrap().iter().any(|s| s == self.service);
        is_here && (has("message") || has("pattern"))
    }
}

/// An issue as it was read last, and which status it had from when on.
type Trail = (Value, Vec<(Instant, String)>);

/// What is read of the files, all the time.
#[derive(Default)]
struct Seen {
    reads: BTreeMap<&'static str, usize>,
    versions: BTreeSet<String>,
    /// By environment and id.
    trails: BTreeMap<(&'static str, String), Trail>,
}

impl Seen {
    fn look(&mut self, home: &Path) {
        for name in ENVIRONMENTS {
            let Ok(text) = fs::read(home.join(format!("docker_issues_{name}.json"))) else {
                continue;
            };
            let state: Value = serde_json::from_slice(&text).expect("a file that is not whole");
            *self.reads.entry(name).or_default() += 1;
            if !self.versions.insert(format!("{name} {}", state["timestamp"])) {
                continue;
            }
            let issues = state["issues"].as_array().unwrap();
            assert_eq!(
                (&state["environment"], &state["stats"]["total"]),
                (&name.into(), &issues.len().into())
            );
            for issue in issues {
                let id = issue["id"].as_str().unwrap().to_owned();
                let status = issue["status"].as_str().unwrap();
                let trail = self.trails.entry((name, id)).or_default();
                trail.0 = issue.clone();
                if trail.1.last().is_none_or(|(_, last)| last != status) {
                    trail.1.push((Instant::now(), status.to_owned()));
                }
            }
        }
    }

    /// Whether the fault's issue became this in this environment after a moment.
    fn became(&self, (environment, fault): (&str, &Fault), wanted: &str, from: Instant) -> bool {
        self.trails.iter().any(|((name, _), (issue, trail))| {
            let is_it = || trail.iter().any(|(time, status)| *time >= from && status == wanted);
            *name == environment && fault.is(issue) && is_it()
        })
    }

    fn are_fixed(&self) -> bool {
        self.trails.values().all(|(_, trail)| trail.last().is_some_and(|(_, s)| s == "fixed"))
    }
}

/// Reads the files until it is dropped.
struct Reader {
    seen: Arc<Mutex<Seen>>,
    is_over: Arc<AtomicBool>,
    thread: Option<thread::JoinHandle<()>>,
}

impl Reader {
    fn start(home: PathBuf) -> Self {
        let (seen, is_over) = (Arc::<Mutex<Seen>>::default(), Arc::<AtomicBool>::default());
        let (mine, until) = (Arc::clone(&seen), Arc::clone(&is_over));
        let thread = thread::spawn(move || {
            while !until.load(Ordering::Relaxed) {
                mine.lock().unwrap().look(&home);
                thread::sleep(Duration::from_millis(10));
            }
        });
        Self { seen, is_over, thread: Some(thread) }
    }

    fn until(&self, what: &str, is_so: impl Fn(&Seen) -> bool) {
        wait_for(what, || {
            assert!(!self.thread.as_ref().unwrap().is_finished(), "a file was not whole");
            is_so(&self.seen.lock().unwrap())
        });
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// Chance that a seed repeats.
struct Dice(u64);

impl Dice {
    fn below(&mut self, most: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        usize::try_from((mixed ^ (mixed >> 27)) % most as u64).unwrap()
    }

    fn some(&mut self) -> BTreeSet<usize> {
        (0..3).map(|_| self.below(FAULTS.len())).collect()
    }
}

fn number<T: std::str::FromStr>(name: &str, usual: T) -> T {
    env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(usual)
}

#[test]
fn every_fault_stands_in_its_own_file_with_the_right_status() {
    let Some(dev) = Stack::up("chaos-dev", SERVICES) else { return };
    let Some(test) = Stack::up("chaos-test", SERVICES) else { return };
    let stacks = [&dev, &test];
    let home = tempfile::tempdir().unwrap();
    let home = home.path();
    let config = format!(
        "[env.dev]\nproject_name = \"{}\"\n[env.test]\nproject_name = \"{}\"\n",
        dev.name, test.name
    );
    fs::write(home.join("config.toml"), config).unwrap();
    let quiet = QUIET.as_secs();
    let monitor = Monitor::start(
        home,
        &format!("--env dev --env test --interval 1 --resolve-after {quiet}s"),
    );
    let reader = Reader::start(home.to_owned());
    reader.until("both files", |seen| seen.reads.len() == 2);

    let length = Duration::from_secs_f64(number("DOGWATCH_CHAOS_MINUTES", 0.5) * 60.0);
    let chance = number("DOGWATCH_CHAOS_SEED", 7);
    let (begun, mut dice) = (Instant::now(), Dice(chance));
    let mut known = BTreeSet::new();
    let (mut rounds, mut injected) = (0, 0);
    let last = loop {
        let moment = Instant::now();
        let mut round = Vec::new();
        for (environment, stack) in ENVIRONMENTS.into_iter().zip(stacks) {
            for at in dice.some() {
                FAULTS[at].happens_in(stack);
                let is_back = !known.insert((environment, at));
                round.push((environment, at, if is_back { "failed" } else { "detected" }));
            }
        }
        (rounds, injected) = (rounds + 1, injected + round.len());
        for (environment, at, wanted) in &round {
            let case = (*environment, &FAULTS[*at]);
            let what = format!("{wanted}: {} in {environment}", case.1.words);
            reader.until(&what, |seen| seen.became(case, wanted, moment));
        }
        if begun.elapsed() >= length {
            break round;
        }
        reader.until("quiet", Seen::are_fixed);
    };
    reader.until("reads", |seen| seen.reads.values().all(|reads| *reads >= READS));
    assert_eq!(monitor.end(), Some(0));
    let mut figures = Seen::default();
    figures.look(home);

    for (name, (issue, trail)) in figures.trails.iter().map(|((name, _), rest)| (*name, rest)) {
        let own = known.iter().find(|(of, at)| *of == name && FAULTS[*at].is(issue));
        let (_, at) = own.unwrap_or_else(|| panic!("nobody did this in {name}: {issue:#}"));
        let is_last = last.iter().find(|(of, which, _)| *of == name && which == at);
        let status = trail[0].1.as_str();
        // What happened last may have been quiet for long enough meanwhile.
        let right = is_last.map_or("fixed", |(_, _, wanted)| *wanted);
        assert!(status == right || status == "fixed", "{status}, not {right}: {issue:#}");
    }
    for (environment, at) in &known {
        let is_there = |((name, _), (issue, _)): (&(&str, String), &Trail)| {
            name == environment && FAULTS[*at].is(issue)
        };
        assert!(figures.trails.iter().any(is_there), "{} in {environment}", FAULTS[*at].words);
    }
    let seen = reader.seen.lock().unwrap();
    eprintln!(
        "seed {chance}, {:.1} minutes: {rounds} rounds, {injected} faults, {} issues, reads {:?}, {} versions",
        begun.elapsed().as_secs_f64() / 60.0,
        known.len(),
        seen.reads,
        seen.versions.len(),
    );
}
