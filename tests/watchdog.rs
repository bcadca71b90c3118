//! The watchdog on a real Engine: what must come back comes back, what is not ours is left alone, and who only looks
//! sends nothing that changes anything. Where no Engine answers it says that it skips.

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
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
    sync::mpsc::{Receiver, RecvTimeoutError, channel},
    thread,
    time::{Duration, Instant},
};

/// What an example of everything does: `api` ends when told, `sick` is ill when told, `loop` ends again and again.
const SERVICES: &str = r#"
  api:
    image: $IMAGE
    init: true
    command: ["sh", "-c", "while [ ! -e /tmp/die ]; do sleep 0.2; done; rm /tmp/die; exit 3"]
  job:
    image: $IMAGE
    command: ["true"]
  hand:
    image: $IMAGE
    init: true
    command: ["sleep", "3600"]
"#;

const SICK: &str = r#"
  sick:
    image: $IMAGE
    init: true
    command: ["sh", "-c", "rm -f /tmp/ill; exec sleep 3600"]
    healthcheck:
      test: ["CMD-SHELL", "test ! -e /tmp/ill"]
      interval: 1s
      timeout: 5s
      retries: 2
"#;

const LOOP: &str = r#"
  loop:
    image: $IMAGE
    command: ["sh", "-c", "sleep 1; exit 3"]
"#;

/// `dogwatch watchdog` behind a recorder.
struct Watchdog {
    child: Child,
    lines: Receiver<Value>,
    seen: Vec<Value>,
    proxy: Proxy,
}

impl Watchdog {
    fn start(stack: &Stack, state: &Path, arguments: &[&str]) -> Self {
        let host = std::env::var("DOCKER_HOST").ok();
        let socket = host.as_deref().and_then(|h| h.strip_prefix("unix://"));
        let proxy = Proxy::before(Path::new(socket.unwrap_or("/var/run/docker.sock")));
        let mut child = Command::new(env!("CARGO_BIN_EXE_dogwatch"))
            .args(["watchdog", "--no-config", "--format", "json", "-p", &stack.name])
            .args(arguments)
            .env("DOCKER_HOST", proxy.host())
            .env("DOGWATCH_STATE_DIR", state)
            .env("DOGWATCH_WATCHDOG__WINDOW_SECONDS", "2")
            .env("RESTART_COOLDOWN", "1")
            .env("MAX_RESTART_ATTEMPTS", "2")
            .env("WATCHDOG_INTERVAL", "1")
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
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

    /// Waits for a decision on a service, by state or by ending.
    fn wait(&mut self, service: &str, word: &str) -> Value {
        let deadline = Instant::now() + PATIENCE;
        let fits =
            |v: &Value| v["service"] == service && (v["state"] == word || v["ending"] == word);
        if let Some(found) = self.seen.iter().find(|v| fits(v)) {
            return found.clone();
        }
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            match self.lines.recv_timeout(left) {
                Ok(value) => {
                    self.seen.push(value.clone());
                    if fits(&value) {
                        return value;
                    }
                }
                Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => {
                    panic!("never told that {service} is {word}: {:#?}", self.seen)
                }
            }
        }
    }

    /// Writing calls so far: `POST /containers/…/start`.
    fn writes(&self) -> Vec<String> {
        self.proxy.writes()
    }
}

impl Drop for Watchdog {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn crash(stack: &Stack) {
    stack.compose(&["exec", "-T", "api", "touch", "/tmp/die"]);
}

#[test]
fn who_only_looks_sends_nothing_and_auto_starts_what_crashed_alone() {
    let Some(stack) = Stack::up("watchdog", SERVICES) else { return };
    let state = tempfile::tempdir().unwrap();
    crash(&stack);
    for arguments in
        [&["--mode", "observe"][..], &["--mode", "auto", "--dry-run"], &["--mode", "ask"]]
    {
        let mut watchdog = Watchdog::start(&stack, state.path(), arguments);
        let word = if arguments.contains(&"ask") { "asking" } else { "would_act" };
        let told = watchdog.wait("api", word);
        assert_eq!((&told["strategy"], &told["remedy"]), (&"exited".into(), &"start".into()));
        watchdog.wait("job", "left_alone");
        assert_eq!(watchdog.writes(), Vec::<String>::new(), "{arguments:?}");
    }

    let mut watchdog = Watchdog::start(&stack, state.path(), &["--mode", "auto"]);
    watchdog.wait("api", "worked");
    stack.compose(&["stop", "-t", "0", "hand"]);
    let told = watchdog.wait("hand", "left_alone");
    assert!(told["reason"].as_str().unwrap().contains("stopped by hand"), "{told}");
    assert!(watchdog.wait("job", "left_alone")["reason"].as_str().unwrap().contains("exit 0"));
    thread::sleep(Duration::from_secs(2));
    let writes = watchdog.writes();
    assert!(writes.len() == 1 && writes[0].ends_with("/start"), "{writes:?}");
    drop(watchdog);

    let output = Command::new(env!("CARGO_BIN_EXE_dogwatch"))
        .args(["repairs", "--no-config", "--format", "json", "-p", &stack.name])
        .env("DOGWATCH_STATE_DIR", state.path())
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let attempts: Vec<Value> = text.lines().map(|l| serde_json::from_str(l).unwrap()).collect();
    assert_eq!(attempts.len(), 1, "{text}");
    assert_eq!(
        (&attempts[0]["service"], &attempts[0]["ending"]),
        (&"api".into(), &"worked".into())
    );
}

#[test]
fn what_hangs_is_restarted_once_it_has_lasted() {
    let Some(stack) = Stack::up("watchdog-sick", SICK) else { return };
    let state = tempfile::tempdir().unwrap();
    let mut watchdog = Watchdog::start(&stack, state.path(), &["--mode", "auto"]);
    stack.compose(&["exec", "-T", "sick", "touch", "/tmp/ill"]);
    watchdog.wait("sick", "waiting");
    let begun = Instant::now();
    watchdog.wait("sick", "acting");
    assert!(begun.elapsed() > Duration::from_secs(20), "after {:?}", begun.elapsed());
    watchdog.wait("sick", "worked");
    let writes = watchdog.writes();
    assert!(writes.len() == 1 && writes[0].contains("/restart"), "{writes:?}");
}

#[test]
fn what_falls_again_is_given_up_also_over_a_kill() {
    let Some(stack) = Stack::up("watchdog-loop", LOOP) else { return };
    let state = tempfile::tempdir().unwrap();
    let mut watchdog = Watchdog::start(&stack, state.path(), &["--mode", "auto"]);
    watchdog.wait("loop", "acting");
    let first = watchdog.proxy.writes().len();
    // Dropped is killed, whatever was under way.
    drop(watchdog);
    let mut watchdog = Watchdog::start(&stack, state.path(), &["--mode", "auto"]);
    let told = watchdog.wait("loop", "given_up");
    assert!(told["reason"].as_str().unwrap().contains("gave up after 2 attempts"), "{told}");
    assert!(first + watchdog.writes().len() <= 2, "{first} and {:?}", watchdog.writes());
}
