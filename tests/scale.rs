//! Scaling on a real Engine: a figure goes up and down, and so do containers; who only looks sends nothing. Where no
//! Engine answers, or there is no Redis, it says that it skips.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "this is a test; its helpers are no test functions"
)]

mod common;
#[path = "common/proxy.rs"]
mod proxy;
#[path = "common/teller.rs"]
mod teller;

use chrono::{DateTime, Utc};
use common::{PATIENCE, Stack, skip};
use proxy::Proxy;
use serde_json::Value;
use std::{
    fs,
    io::{BufRead, BufReader, Write as _},
    net::TcpStream,
    path::Path,
    process::Command,
    thread,
    time::{Duration, Instant},
};
use teller::{Teller, repairs};

const SERVICES: &str = r#"
  worker:
    image: $IMAGE
    init: true
    command: ["sleep", "3600"]
  other:
    image: $IMAGE
    init: true
    command: ["sleep", "3600"]
  fixed:
    image: $IMAGE
    init: true
    deploy: {mode: global}
    command: ["sleep", "3600"]
  named:
    image: $IMAGE
    init: true
    container_name: dogwatch-test-scale-named-$PID
    command: ["sleep", "3600"]
"#;

const SERVICES_TO_KILL: &str = r#"
  worker:
    image: $IMAGE
    init: true
    command: ["sleep", "3600"]
"#;

/// `worker` lives on a list, `mailer` on a stream.
const QUEUES: &str = r#"
  redis:
    image: $REDIS
    init: true
    ports: ["127.0.0.1::6379"]
    command: ["redis-server", "--save", "", "--protected-mode", "no", "--bind", "0.0.0.0"]
  worker:
    image: $IMAGE
    init: true
    command: ["sleep", "3600"]
  mailer:
    image: $IMAGE
    init: true
    command: ["sleep", "3600"]
"#;

/// Images with a Redis, the first that is there.
const REDIS: [&str; 4] = ["redis:7-alpine", "redis:alpine", "redis:latest", "dogwatch/base:latest"];

/// A dogwatch that scales.
struct Scaler(Teller);

/// A service, and what is set for it.
type Rule = (&'static str, Vec<(&'static str, String)>);

/// Rules for services whose figures stand in files of their names.
fn by_files(state: &Path) -> Vec<Rule> {
    let rule = |service| {
        let command = format!("cat {}", state.join(service).display());
        let settings = [
            ("SOURCE", "command"),
            ("COMMAND", &command),
            ("TARGET", "10"),
            ("MAX", "3"),
            ("INTERVAL_SECONDS", "1"),
            ("DOWN_WINDOW_SECONDS", "3"),
            ("COOLDOWN_SECONDS", "1"),
        ];
        (service, settings.map(|(key, value)| (key, value.to_owned())).to_vec())
    };
    FILED.map(rule).to_vec()
}

/// Services of the first stack that are scaled by files.
const FILED: [&str; 4] = ["worker", "other", "fixed", "named"];

impl Scaler {
    fn start(
        (stack, proxy): (&Stack, &Proxy),
        state: &Path,
        arguments: &[&str],
        rules: &[Rule],
    ) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_dogwatch"));
        command
            .args(arguments)
            .args(["--no-config", "--format", "json", "-p", &stack.name])
            .env("DOGWATCH_STATE_DIR", state)
            .env("WATCHDOG_INTERVAL", "1");
        for (service, settings) in rules {
            for (key, value) in settings {
                let name = format!("DOGWATCH_SCALE__{}__{key}", service.to_uppercase());
                command.env(name, value);
            }
        }
        Self(Teller::start(&mut command, proxy))
    }

    /// Waits until a service is told to be so, with a word in the reason; from the next line on.
    fn wait(&mut self, service: &str, state: &str, word: &str) -> Value {
        self.0.next(&format!("{service} is {state} ({word})"), |v| is(v, service, state, word))
    }

    /// The same for several services, in any order.
    fn wait_for_all(&mut self, services: &[&str], state: &str, word: &str) {
        let before = self.0.seen.len();
        for service in services {
            if !self.0.seen[before..].iter().any(|v| is(v, service, state, word)) {
                self.wait(service, state, word);
            }
        }
    }

    /// Waits until a service was ever told to be so.
    fn ever(&mut self, service: &str, state: &str, word: &str) {
        self.0.ever(&format!("{service} is {state} ({word})"), |v| is(v, service, state, word));
    }

    /// When changes of a service were begun, and to how many.
    fn changes(&self, service: &str) -> Vec<(DateTime<Utc>, u64)> {
        let acts = self.0.seen.iter().filter(|v| is(v, service, "acting", ""));
        acts.map(|v| (v["time"].as_str().unwrap().parse().unwrap(), v["wanted"].as_u64().unwrap()))
            .collect()
    }
}

/// Whether a line tells that a service stands so with the scaler, for a reason with this word.
fn is(line: &Value, service: &str, state: &str, word: &str) -> bool {
    let reason = line["reason"].as_str().unwrap_or_default();
    let is_scaling = line["replicas"].is_u64();
    is_scaling && line["service"] == service && line["state"] == state && reason.contains(word)
}

fn figure(state: &Path, service: &str, figure: &str) {
    // A figure that is being written is never read.
    let new = state.join(format!("{service}.new"));
    fs::write(&new, figure).unwrap();
    fs::rename(new, state.join(service)).unwrap();
}

fn count(stack: &Stack, service: &str) -> usize {
    stack.compose(&["ps", "-q", service]).lines().count()
}

#[test]
fn a_figure_goes_up_and_down_and_so_do_containers() {
    let services = SERVICES.replace("$PID", &std::process::id().to_string());
    let Some(stack) = Stack::up("scale", &services) else { return };
    let state = tempfile::tempdir().unwrap();
    let state = state.path();
    for service in FILED {
        figure(state, service, "45");
    }
    let rules = by_files(state);

    let proxy = Proxy::before_main();
    let behind = (&stack, &proxy);
    let mut dry = Scaler::start(behind, state, &["scale"], &rules);
    let told = dry.wait("worker", "would_act", "45.0 for each container");
    assert_eq!((&told["replicas"], &told["wanted"]), (&1.into(), &3.into()));
    dry.ever("other", "would_act", "a dry run");
    let is_refused = |service: &str, word: &str| {
        assert!(dry.0.seen.iter().any(|v| is(v, service, "left_alone", word)), "{service}");
    };
    is_refused("fixed", "deploy.mode: global");
    is_refused("named", "container_name");
    assert_eq!(proxy.writes(), Vec::<String>::new());
    drop(dry);

    let mut scaler = Scaler::start(behind, state, &["scale", "--apply", "worker"], &rules);
    scaler.wait("worker", "done", "from 1 to 3");
    assert_eq!(count(&stack, "worker"), 3);
    figure(state, "worker", "5");
    scaler.wait("worker", "done", "from 3 to 1");
    assert_eq!(count(&stack, "worker"), 1);
    figure(state, "worker", "45");
    scaler.wait("worker", "waiting", "2 changes in ten minutes are enough");
    drop(scaler);

    // The same limit holds for the next run.
    let before = proxy.writes();
    let mut again = Scaler::start(behind, state, &["scale", "--apply", "worker"], &rules);
    again.wait("worker", "waiting", "2 changes in ten minutes are enough");
    assert_eq!(proxy.writes(), before);
    drop(again);

    // What somebody chose meanwhile is theirs.
    stack.compose(&["up", "-d", "--no-recreate", "--scale", "worker=2", "worker"]);
    let mut watchdog = Scaler::start(behind, state, &["watchdog", "--mode", "auto"], &rules);
    watchdog.wait("worker", "left_alone", "scaled to 2 by hand");
    watchdog.ever("other", "done", "from 1 to 3");
    assert_eq!(
        (count(&stack, "other"), count(&stack, "worker"), count(&stack, "fixed")),
        (3, 2, 1)
    );
    let watched = |v: &Value| v["replicas"].is_null() && v["state"] == "acting";
    assert!(!watchdog.0.seen.iter().any(watched), "nothing was ill: {:#?}", watchdog.0.seen);
    drop(watchdog);

    let told = repairs(&stack, state, &[]);
    let told: Vec<_> = told
        .iter()
        .map(|v| (v["service"].as_str().unwrap(), v["from"].as_u64(), v["to"].as_u64()))
        .collect();
    let (one, three) = (Some(1), Some(3));
    assert_eq!(told, [("worker", one, three), ("worker", three, one), ("other", one, three)]);
}

/// Kills while a change is made: after the decision, while Compose works, and when it is done.
const KILLS: [u64; 5] = [0, 30, 300, 1_000, 2_500];
/// Seconds of rest after a change, also over a kill.
const REST: u64 = 15;

#[test]
fn killed_in_the_middle_of_a_change_it_neither_doubles_nor_forgets_it() {
    let Some(stack) = Stack::up("scale-kill", SERVICES_TO_KILL) else { return };
    let state = tempfile::tempdir().unwrap();
    let state = state.path();
    // Compose goes on by itself, through the same recorder.
    let proxy = Proxy::before_main();
    let mut rules = by_files(state);
    rules.truncate(1);
    let rest = REST.to_string();
    let slow = [("COOLDOWN_SECONDS", &*rest), ("DOWN_WINDOW_SECONDS", "1"), ("CHANGES", "1000")];
    rules[0].1.extend(slow.map(|(key, value)| (key, value.to_owned())));
    let start = || Scaler::start((&stack, &proxy), state, &["scale", "--apply", "worker"], &rules);
    let mut changes = Vec::new();
    for (kill, after) in KILLS.into_iter().enumerate() {
        let goal = if kill % 2 == 0 { 3 } else { 1 };
        figure(state, "worker", if goal == 3 { "45" } else { "5" });
        let before = proxy.writes();
        let mut scaler = start();
        scaler.wait("worker", "acting", "for each container");
        thread::sleep(Duration::from_millis(after));
        changes.extend(scaler.changes("worker"));
        drop(scaler);

        // What the next one finds undone after a minute it does anew.
        let mut next = start();
        next.0.next("it has what it needs", |v| {
            is(v, "worker", "steady", "") && v["replicas"] == goal
        });
        assert_eq!(count(&stack, "worker"), goal, "after {after} ms");
        changes.extend(next.changes("worker"));
        let writes = proxy.writes();
        let made = writes[before.len()..].iter().filter(|w| w.contains("/containers/create"));
        let removed = writes[before.len()..].iter().filter(|w| w.starts_with("DELETE "));
        let made = (made.count(), removed.count());
        assert_eq!(made, if goal == 3 { (2, 0) } else { (0, 2) }, "{:#?}", &writes[before.len()..]);
    }
    for two in changes.windows(2) {
        let seconds = (two[1].0 - two[0].0).num_seconds();
        assert!(seconds >= REST as i64, "{changes:#?}");
    }
    let told = repairs(&stack, state, &[]);
    assert_eq!(told.len(), changes.len(), "{told:#?}");
    assert!(told.iter().all(|change| !change["result"].is_null()), "{told:#?}");
    assert_eq!(repairs(&stack, state, &["--verify"])[0]["whole"], true);
    eprintln!(
        "{} kills: {} changes for {} wishes, all on record",
        KILLS.len(),
        told.len(),
        KILLS.len()
    );
}

/// A Redis, spoken to in the words of its command line.
struct Redis(BufReader<TcpStream>);

impl Redis {
    fn of(stack: &Stack) -> Self {
        let deadline = Instant::now() + PATIENCE;
        let address = stack.compose(&["port", "redis", "6379"]);
        loop {
            if let Ok(stream) = TcpStream::connect(&address) {
                stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
                let mut redis = Self(BufReader::new(stream));
                if redis.say("PING").is_some_and(|answer| answer.starts_with("+PONG")) {
                    return redis;
                }
            }
            assert!(Instant::now() < deadline, "Redis does not answer");
            thread::sleep(Duration::from_millis(100));
        }
    }

    fn say(&mut self, words: &str) -> Option<String> {
        write!(self.0.get_mut(), "{words}\r\n").ok()?;
        let mut line = String::new();
        self.0.read_line(&mut line).ok().filter(|read| *read > 0).map(|_| line)
    }

    /// So many wait in the list and in the stream.
    fn wait_in_both(&mut self, count: u32) {
        let script = "redis.call('DEL', KEYS[1], KEYS[2]); \
                      redis.call('XGROUP', 'CREATE', KEYS[2], 'mailers', '0', 'MKSTREAM'); \
                      for i = 1, tonumber(ARGV[1]) do redis.call('RPUSH', KEYS[1], i); \
                      redis.call('XADD', KEYS[2], '*', 'n', i) end; return 1";
        let answer = self.say(&format!("EVAL \"{script}\" 2 jobs mails {count}"));
        assert_eq!(answer.as_deref(), Some(":1\r\n"));
    }
}

/// An image that has a Redis; `None` after it said why the test is skipped.
fn redis_image() -> Option<&'static str> {
    let is_there = |image: &&str| {
        let output = Command::new("docker").args(["image", "inspect", image]).output();
        output.is_ok_and(|output| output.status.success())
    };
    let found = REDIS.into_iter().find(is_there);
    if found.is_none() {
        skip("there is no image with a Redis");
    }
    found
}

/// How fast the play is. The windows of the quick one are to the usual ones as 1 to 30: 10 s for 5 minutes until it gets
/// fewer, 2 s for 1 minute of rest, and so 20 s for the 10 minutes in which there may be two changes.
struct Tempo {
    /// Seconds for each half minute.
    pace: u64,
    /// So long it swings.
    minutes: u32,
}

impl Tempo {
    /// `DOGWATCH_SCALE_MINUTES=10` is real time.
    fn find() -> Self {
        let minutes = std::env::var("DOGWATCH_SCALE_MINUTES").ok().and_then(|n| n.parse().ok());
        minutes.map_or(Self { pace: 1, minutes: 20 }, |minutes| Self { pace: 30, minutes })
    }

    fn minutes(&self, minutes: u64) -> Duration {
        Duration::from_secs(minutes * 2 * self.pace)
    }

    /// What is set for it; in real time that is how it comes.
    fn settings(&self) -> Vec<(&'static str, String)> {
        let seconds = |minutes| self.minutes(minutes).as_secs().to_string();
        vec![
            ("INTERVAL_SECONDS", self.pace.to_string()),
            ("DOWN_WINDOW_SECONDS", seconds(5)),
            ("COOLDOWN_SECONDS", seconds(1)),
        ]
    }
}

#[test]
fn queues_that_swing_scale_services_up_once_and_down_once() {
    let Some(image) = redis_image() else { return };
    let Some(stack) = Stack::up("queue", &QUEUES.replace("$REDIS", image)) else { return };
    let state = tempfile::tempdir().unwrap();
    let state = state.path();
    let mut redis = Redis::of(&stack);
    let tempo = Tempo::find();
    let url = format!("redis://{}", stack.compose(&["port", "redis", "6379"]));
    let rule = |service, key: &str, group: Option<&str>| {
        let mut settings = vec![
            ("SOURCE", "redis"),
            ("URL", &url),
            ("KEY", key),
            ("TARGET", "10"),
            ("MAX", "3"),
            // The windows alone must do it.
            ("CHANGES", "1000"),
        ];
        settings.extend(group.map(|group| ("GROUP", group)));
        let settings = settings.into_iter().map(|(key, value)| (key, value.to_owned()));
        (service, settings.chain(tempo.settings()).collect::<Vec<_>>())
    };
    let rules = [rule("worker", "jobs", None), rule("mailer", "mails", Some("mailers"))];

    let proxy = Proxy::before_main();
    let behind = (&stack, &proxy);
    redis.wait_in_both(45);
    let mut dry = Scaler::start(behind, state, &["scale"], &rules);
    dry.wait_for_all(&["mailer", "worker"], "would_act", "45.0 for each container");
    assert_eq!(proxy.writes(), Vec::<String>::new());
    drop(dry);

    let mut scaler = Scaler::start(behind, state, &["watchdog", "--mode", "auto"], &rules);
    scaler.0.patience += tempo.minutes(6);
    scaler.wait_for_all(&["mailer", "worker"], "done", "from 1 to 3");
    assert_eq!((count(&stack, "worker"), count(&stack, "mailer")), (3, 3));
    for minute in 0..tempo.minutes {
        redis.wait_in_both(if minute % 2 == 0 { 2 } else { 60 });
        thread::sleep(tempo.minutes(1));
    }
    redis.wait_in_both(0);
    scaler.wait_for_all(&["mailer", "worker"], "done", "from 3 to 1");
    assert_eq!(
        (count(&stack, "worker"), count(&stack, "mailer"), count(&stack, "redis")),
        (1, 1, 1)
    );

    for service in ["worker", "mailer"] {
        let changes = scaler.changes(service);
        let begin = changes[0].0;
        let told: Vec<_> = changes
            .iter()
            .map(|(at, to)| format!("{to} after {} s", (*at - begin).num_seconds()))
            .collect();
        eprintln!(
            "{service}, {} swings of {:?}: {}",
            tempo.minutes,
            tempo.minutes(1),
            told.join(", ")
        );
        assert!((2..=3).contains(&changes.len()), "{service}: {:#?}", scaler.0.seen);
        for three in changes.windows(3) {
            let span = (three[2].0 - three[0].0).to_std().unwrap();
            assert!(span > tempo.minutes(10), "{service}: {changes:?}");
        }
    }
}
