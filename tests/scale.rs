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

use common::{PATIENCE, Stack, skip};
use proxy::Proxy;
use serde_json::Value;
use std::{
    fs,
    io::{BufRead, BufReader, Write as _},
    net::TcpStream,
    path::Path,
    process::{Child, Command, Stdio},
    sync::mpsc::{Receiver, channel},
    thread,
    time::{Duration, Instant},
};

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

/// A dogwatch that scales, behind a recorder.
struct Scaler {
    child: Child,
    lines: Receiver<Value>,
    seen: Vec<Value>,
    proxy: Proxy,
}

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
    fn start(stack: &Stack, state: &Path, arguments: &[&str], rules: &[Rule]) -> Self {
        let host = std::env::var("DOCKER_HOST").ok();
        let socket = host.as_deref().and_then(|h| h.strip_prefix("unix://"));
        let proxy = Proxy::before(Path::new(socket.unwrap_or("/var/run/docker.sock")));
        let mut command = Command::new(env!("CARGO_BIN_EXE_dogwatch"));
        command
            .args(arguments)
            .args(["--no-config", "--format", "json", "-p", &stack.name])
            .env("DOCKER_HOST", proxy.host())
            .env("DOGWATCH_STATE_DIR", state)
            .env("WATCHDOG_INTERVAL", "1")
            .stdout(Stdio::piped());
        for (service, settings) in rules {
            for (key, value) in settings {
                let name = format!("DOGWATCH_SCALE__{}__{key}", service.to_uppercase());
                command.env(name, value);
            }
        }
        let mut child = command.spawn().unwrap();
        let (tell, lines) = channel();
        let out = BufReader::new(child.stdout.take().unwrap());
        thread::spawn(move || {
            for line in out.lines().map_while(Result::ok) {
                let value = serde_json::from_str(&line).unwrap_or_else(|e| panic!("{e}: {line}"));
                if tell.send(value).is_err() {
                    return;
                }
            }
        });
        Self { child, lines, seen: Vec::new(), proxy }
    }

    /// Waits until a service is told to be so, with a word in the reason; from the next line on.
    fn wait(&mut self, service: &str, state: &str, word: &str) -> Value {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            let Ok(value) = self.lines.recv_timeout(left) else {
                panic!("never told that {service} is {state} ({word}): {:#?}", self.seen)
            };
            self.seen.push(value.clone());
            let is_word = || value["reason"].as_str().unwrap().contains(word);
            let is_scaling = value["replicas"].is_u64();
            if is_scaling && value["service"] == service && value["state"] == state && is_word() {
                return value;
            }
        }
    }
}

impl Scaler {
    /// The same for several services, in any order.
    fn wait_for_all(&mut self, services: &[&str], state: &str, word: &str) {
        let before = self.seen.len();
        for service in services {
            let fits = |v: &Value| {
                let reason = v["reason"].as_str().unwrap_or_default();
                v["service"] == *service && v["state"] == state && reason.contains(word)
            };
            if !self.seen[before..].iter().any(fits) {
                self.wait(service, state, word);
            }
        }
    }
}

impl Drop for Scaler {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
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

    let mut dry = Scaler::start(&stack, state, &["scale"], &rules);
    let told = dry.wait("worker", "would_act", "45.0 for each container");
    assert_eq!((&told["replicas"], &told["wanted"]), (&1.into(), &3.into()));
    let is_told = |v: &Value| v["service"] == "other" && v["state"] == "would_act";
    if !dry.seen.iter().any(is_told) {
        dry.wait("other", "would_act", "a dry run");
    }
    let is_refused = |service: &str, word: &str| {
        let refused = |v: &&Value| v["service"] == service && v["state"] == "left_alone";
        let told = dry.seen.iter().find(refused).map(|v| v["reason"].as_str().unwrap());
        assert!(told.is_some_and(|told| told.contains(word)), "{service}: {told:?}");
    };
    is_refused("fixed", "deploy.mode: global");
    is_refused("named", "container_name");
    assert_eq!(dry.proxy.writes(), Vec::<String>::new());
    drop(dry);

    let mut scaler = Scaler::start(&stack, state, &["scale", "--apply", "worker"], &rules);
    scaler.wait("worker", "done", "from 1 to 3");
    assert_eq!(count(&stack, "worker"), 3);
    figure(state, "worker", "5");
    scaler.wait("worker", "done", "from 3 to 1");
    assert_eq!(count(&stack, "worker"), 1);
    figure(state, "worker", "45");
    scaler.wait("worker", "waiting", "2 changes in ten minutes are enough");
    drop(scaler);

    // The same limit holds for the next run.
    let mut again = Scaler::start(&stack, state, &["scale", "--apply", "worker"], &rules);
    again.wait("worker", "waiting", "2 changes in ten minutes are enough");
    assert_eq!(again.proxy.writes(), Vec::<String>::new());
    drop(again);

    // What somebody chose meanwhile is theirs.
    stack.compose(&["up", "-d", "--no-recreate", "--scale", "worker=2", "worker"]);
    let mut watchdog = Scaler::start(&stack, state, &["watchdog", "--mode", "auto"], &rules);
    watchdog.wait("worker", "left_alone", "scaled to 2 by hand");
    if !watchdog.seen.iter().any(|v| v["service"] == "other" && v["state"] == "done") {
        watchdog.wait("other", "done", "from 1 to 3");
    }
    assert_eq!(
        (count(&stack, "other"), count(&stack, "worker"), count(&stack, "fixed")),
        (3, 2, 1)
    );
    let watched = |v: &Value| v["replicas"].is_null() && v["state"] == "acting";
    assert!(!watchdog.seen.iter().any(watched), "nothing was ill: {:#?}", watchdog.seen);
    drop(watchdog);

    let told = Command::new(env!("CARGO_BIN_EXE_dogwatch"))
        .args(["repairs", "--no-config", "--format", "json", "-p", &stack.name])
        .env("DOGWATCH_STATE_DIR", state)
        .output()
        .unwrap();
    let told = String::from_utf8(told.stdout).unwrap();
    let told: Vec<Value> = told.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let told: Vec<_> = told
        .iter()
        .map(|v| (v["service"].as_str().unwrap(), v["from"].as_u64(), v["to"].as_u64()))
        .collect();
    let (one, three) = (Some(1), Some(3));
    assert_eq!(told, [("worker", one, three), ("worker", three, one), ("other", one, three)]);
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

/// The windows of this play are to the usual ones as 1 to 30: 10 s for 5 minutes until it gets fewer, 2 s for 1 minute
/// of rest, and so 20 s for the 10 minutes in which there may be two changes. The limit of changes is switched off.
const SPAN: chrono::TimeDelta = chrono::TimeDelta::seconds(20);

#[test]
fn queues_that_swing_scale_services_up_once_and_down_once() {
    let Some(image) = redis_image() else { return };
    let Some(stack) = Stack::up("queue", &QUEUES.replace("$REDIS", image)) else { return };
    let state = tempfile::tempdir().unwrap();
    let state = state.path();
    let mut redis = Redis::of(&stack);
    let url = format!("redis://{}", stack.compose(&["port", "redis", "6379"]));
    let rule = |service, key: &str, group: Option<&str>| {
        let mut settings = vec![
            ("SOURCE", "redis"),
            ("URL", &url),
            ("KEY", key),
            ("TARGET", "10"),
            ("MAX", "3"),
            ("CHANGES", "1000"),
            ("INTERVAL_SECONDS", "1"),
            ("DOWN_WINDOW_SECONDS", "10"),
            ("COOLDOWN_SECONDS", "2"),
        ];
        settings.extend(group.map(|group| ("GROUP", group)));
        (service, settings.into_iter().map(|(k, v)| (k, v.to_owned())).collect::<Vec<_>>())
    };
    let rules = [rule("worker", "jobs", None), rule("mailer", "mails", Some("mailers"))];

    redis.wait_in_both(45);
    let mut dry = Scaler::start(&stack, state, &["scale"], &rules);
    dry.wait_for_all(&["mailer", "worker"], "would_act", "45.0 for each container");
    assert_eq!(dry.proxy.writes(), Vec::<String>::new());
    drop(dry);

    let mut scaler = Scaler::start(&stack, state, &["watchdog", "--mode", "auto"], &rules);
    scaler.wait_for_all(&["mailer", "worker"], "done", "from 1 to 3");
    assert_eq!((count(&stack, "worker"), count(&stack, "mailer")), (3, 3));
    // One half of a swing is 2 s, or 1 minute.
    for swing in 0..20 {
        redis.wait_in_both(if swing % 2 == 0 { 2 } else { 60 });
        thread::sleep(Duration::from_secs(2));
    }
    redis.wait_in_both(0);
    scaler.wait_for_all(&["mailer", "worker"], "done", "from 3 to 1");
    assert_eq!(
        (count(&stack, "worker"), count(&stack, "mailer"), count(&stack, "redis")),
        (1, 1, 1)
    );

    for service in ["worker", "mailer"] {
        let acts = scaler.seen.iter().filter(|v| v["service"] == service && v["state"] == "acting");
        let times: Vec<_> = acts
            .map(|v| v["time"].as_str().unwrap().parse::<chrono::DateTime<chrono::Utc>>().unwrap())
            .collect();
        assert!((2..=3).contains(&times.len()), "{service}: {:#?}", scaler.seen);
        for three in times.windows(3) {
            assert!(three[2] - three[0] > SPAN, "{service}: {times:?}");
        }
    }
}
