//! Scaling on a real Engine: a figure goes up and down, and so do containers; who only looks sends nothing. Where no
//! Engine answers it says that it skips.

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

use common::{PATIENCE, Stack};
use proxy::Proxy;
use serde_json::Value;
use std::{
    fs,
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
    sync::mpsc::{Receiver, channel},
    thread,
    time::Instant,
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
"#;

/// A dogwatch that scales, behind a recorder.
struct Scaler {
    child: Child,
    lines: Receiver<Value>,
    seen: Vec<Value>,
    proxy: Proxy,
}

impl Scaler {
    /// Starts with a rule for each service, whose figure stands in a file of its name.
    fn start(stack: &Stack, state: &Path, arguments: &[&str]) -> Self {
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
        for service in ["worker", "other", "fixed"] {
            let file = state.join(service);
            let cat = format!("cat {}", file.display());
            for (key, value) in [
                ("SOURCE", "command"),
                ("COMMAND", cat.as_str()),
                ("TARGET", "10"),
                ("MAX", "3"),
                ("INTERVAL_SECONDS", "1"),
                ("DOWN_WINDOW_SECONDS", "3"),
                ("COOLDOWN_SECONDS", "1"),
            ] {
                let service = service.to_uppercase();
                command.env(format!("DOGWATCH_SCALE__{service}__{key}"), value);
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
    let Some(stack) = Stack::up("scale", SERVICES) else { return };
    let state = tempfile::tempdir().unwrap();
    let state = state.path();
    for service in ["worker", "other", "fixed"] {
        figure(state, service, "45");
    }

    let mut dry = Scaler::start(&stack, state, &["scale"]);
    let told = dry.wait("worker", "would_act", "45.0 for each container");
    assert_eq!((&told["replicas"], &told["wanted"]), (&1.into(), &3.into()));
    dry.wait("other", "would_act", "a dry run");
    assert_eq!(dry.proxy.writes(), Vec::<String>::new());
    assert!(dry.seen.iter().any(|v| v["service"] == "fixed" && v["state"] == "left_alone"));
    drop(dry);

    let mut scaler = Scaler::start(&stack, state, &["scale", "--apply", "worker"]);
    scaler.wait("worker", "done", "from 1 to 3");
    assert_eq!(count(&stack, "worker"), 3);
    figure(state, "worker", "5");
    scaler.wait("worker", "done", "from 3 to 1");
    assert_eq!(count(&stack, "worker"), 1);
    figure(state, "worker", "45");
    scaler.wait("worker", "waiting", "2 changes in ten minutes are enough");
    drop(scaler);

    // The same limit holds for the next run.
    let mut again = Scaler::start(&stack, state, &["scale", "--apply", "worker"]);
    again.wait("worker", "waiting", "2 changes in ten minutes are enough");
    assert_eq!(again.proxy.writes(), Vec::<String>::new());
    drop(again);

    // What somebody chose meanwhile is theirs.
    stack.compose(&["up", "-d", "--no-recreate", "--scale", "worker=2", "worker"]);
    let mut watchdog = Scaler::start(&stack, state, &["watchdog", "--mode", "auto"]);
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
}
