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
#[path = "watchdog/consent.rs"]
mod consent;
#[path = "watchdog/fixes.rs"]
mod fixes;
#[cfg(unix)]
#[path = "watchdog/held.rs"]
mod held;
#[path = "common/proxy.rs"]
mod proxy;
#[cfg(unix)]
#[path = "common/pty.rs"]
mod pty;
#[path = "watchdog/room.rs"]
mod room;
#[path = "common/teller.rs"]
mod teller;

use common::{PATIENCE, Stack};
use proxy::Proxy;
use serde_json::Value;
use std::{
    fs,
    path::Path,
    process::Command,
    thread,
    time::{Duration, Instant},
};
use teller::{Teller, repairs};

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

/// `api` is ill while `db` is away; `killed` only waits.
const CAUSE: &str = r#"
  db:
    image: $IMAGE
    init: true
    command: ["sh", "-c", "while [ ! -e /tmp/die ]; do sleep 0.2; done; rm /tmp/die; exit 1"]
  api:
    image: $IMAGE
    init: true
    depends_on: [db]
    command: ["sleep", "3600"]
    healthcheck:
      test: ["CMD-SHELL", "ping -c 1 -W 1 db"]
      interval: 1s
      timeout: 3s
      retries: 1
  killed:
    image: $IMAGE
    init: true
    command: ["sleep", "3600"]
"#;

/// `x` ends when told, and the others live in its network.
const SHARED: &str = r#"
  x:
    image: $IMAGE
    init: true
    command: ["sh", "-c", "while [ ! -e /tmp/die ]; do sleep 0.2; done; rm /tmp/die; exit 3"]
  y:
    image: $IMAGE
    init: true
    network_mode: service:x
    command: ["sleep", "3600"]
  z:
    image: $IMAGE
    init: true
    network_mode: service:x
    command: ["sleep", "3600"]
"#;

const LOOP: &str = r#"
  loop:
    image: $IMAGE
    command: ["sh", "-c", "sleep 1; exit 3"]
"#;

/// `dogwatch watchdog` behind a recorder.
struct Watchdog {
    teller: Teller,
    proxy: Proxy,
}

impl Watchdog {
    fn start(stack: &Stack, state: &Path, arguments: &[&str]) -> Self {
        Self::with(stack, state, arguments, &[])
    }

    /// With these variables beside the short times.
    fn with(stack: &Stack, state: &Path, arguments: &[&str], env: &[(&str, &str)]) -> Self {
        let proxy = Proxy::before_main();
        let has_config = env.iter().any(|(key, _)| *key == "DOGWATCH_CONFIG_DIR");
        let mut command = Command::new(env!("CARGO_BIN_EXE_dogwatch"));
        command
            .args(["watchdog", "--format", "json", "-p", &stack.name])
            .args((!has_config).then_some("--no-config"))
            .args(arguments)
            .env("DOGWATCH_STATE_DIR", state)
            .env("DOGWATCH_WATCHDOG__WINDOW_SECONDS", "2")
            .env("RESTART_COOLDOWN", "1")
            .env("MAX_RESTART_ATTEMPTS", "2")
            .env("WATCHDOG_INTERVAL", "1")
            .envs(env.iter().copied());
        Self { teller: Teller::start(&mut command, &proxy), proxy }
    }

    /// Waits for a decision on a service, by state or by ending.
    fn wait(&mut self, service: &str, word: &str) -> Value {
        let fits =
            |v: &Value| v["service"] == service && (v["state"] == word || v["ending"] == word);
        self.teller.ever(&format!("{service} is {word}"), fits)
    }

    /// Writing calls so far: `POST /containers/…/start`.
    fn writes(&self) -> Vec<String> {
        self.proxy.writes()
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

    let attempts = repairs(&stack, state.path(), &[]);
    assert_eq!(attempts.len(), 1, "{attempts:#?}");
    assert_eq!(
        (&attempts[0]["service"], &attempts[0]["ending"]),
        (&"api".into(), &"worked".into())
    );
    let audit = repairs(&stack, state.path(), &["--audit"]);
    let said: Vec<_> = audit
        .iter()
        .filter(|entry| entry["service"] == "api")
        .map(|entry| {
            let word = |key: &str| entry[key].as_str().unwrap_or_default().to_owned();
            (word("action"), word("result"), entry["dry_run"] == true)
        })
        .collect();
    let entry = |action: &str, result: &str, is_dry| (action.to_owned(), result.to_owned(), is_dry);
    let want = [
        entry("would start", "", false),
        entry("would start", "", true),
        entry("asks to start", "", false),
        entry("start", "", false),
        entry("start", "worked", false),
    ];
    assert_eq!(said, want, "{audit:#?}");
    let verified = repairs(&stack, state.path(), &["--verify"]);
    assert_eq!(verified[0]["whole"], true, "{verified:?}");
}

#[test]
fn without_an_audit_log_nothing_is_done() {
    let Some(stack) = Stack::up("watchdog-audit", SERVICES) else { return };
    let state = tempfile::tempdir().unwrap();
    crash(&stack);
    let log = state.path().join("projects").join(&stack.name).join("audit.ndjson");
    fs::create_dir_all(&log).unwrap();
    let mut watchdog = Watchdog::start(&stack, state.path(), &["--mode", "auto"]);
    watchdog.wait("api", "would_act");
    assert_eq!(watchdog.writes(), Vec::<String>::new());
}

#[test]
fn a_cause_is_repaired_and_who_needs_it_waits() {
    let Some(stack) = Stack::up("watchdog-cause", CAUSE) else { return };
    stack.compose(&["up", "-d", "--wait"]);
    let state = tempfile::tempdir().unwrap();
    let mut watchdog = Watchdog::start(&stack, state.path(), &["--mode", "auto"]);
    stack.compose(&["exec", "-T", "db", "touch", "/tmp/die"]);
    // Everything in it dies but its init, which ends with the same word.
    stack.try_compose(&["exec", "-T", "killed", "sh", "-c", "kill -9 -1"]);
    watchdog.wait("killed", "worked");
    watchdog.wait("db", "worked");
    stack.compose(&["up", "-d", "--wait", "--no-recreate"]);
    thread::sleep(Duration::from_secs(2));
    let mut writes = watchdog.writes();
    writes.sort();
    assert!(writes.len() == 2 && writes.iter().all(|w| w.ends_with("/start")), "{writes:?}");
    let acted = |service: &str| {
        watchdog
            .teller
            .seen
            .iter()
            .filter(|v| v["service"] == service && v["state"] == "acting")
            .count()
    };
    assert_eq!(
        (acted("db"), acted("killed"), acted("api")),
        (1, 1, 0),
        "{:#?}",
        watchdog.teller.seen
    );
}

/// So many kills of one stack take less than a minute.
const FEW: usize = 5;

/// How often dogwatch is killed: `DOGWATCH_KILLS`, in two stacks at the same time.
fn kills() -> usize {
    std::env::var("DOGWATCH_KILLS").ok().and_then(|n| n.parse().ok()).unwrap_or(10)
}

#[test]
fn killed_in_the_middle_of_a_repair_it_neither_doubles_nor_forgets_one() {
    thread::scope(|scope| {
        for half in ["a", "b"] {
            scope.spawn(move || kill_again_and_again(half, kills().div_ceil(2)));
        }
    });
}

fn kill_again_and_again(name: &str, kills: usize) {
    let Some(stack) = Stack::up(&format!("watchdog-kill-{name}"), SERVICES) else { return };
    let state = tempfile::tempdir().unwrap();
    let patient = [
        ("MAX_RESTART_ATTEMPTS", "1000"),
        ("RESTART_COOLDOWN", "0"),
        ("DOGWATCH_WATCHDOG__WINDOW_SECONDS", "1"),
        ("DOGWATCH_WATCHDOG__BREAKER_ACTIONS", "1000"),
    ];
    let start = || Watchdog::with(&stack, state.path(), &["--mode", "auto"], &patient);
    let mut sent = 0;
    for kill in 0..kills {
        if runs(&stack, Duration::ZERO) {
            crash(&stack);
        }
        let watchdog = start();
        let deadline = Instant::now() + PATIENCE;
        while watchdog.writes().is_empty() {
            assert!(
                Instant::now() < deadline,
                "kill {kill}: nothing was done: {:#?}",
                watchdog.teller.seen
            );
            thread::sleep(Duration::from_millis(1));
        }
        // Most kills come while it is looked whether it helped. Whoever hangs up at once calls the Engine's start off,
        // and the next run waits a minute before it believes that: only a longer test has the time.
        if kills <= FEW || kill % 10 != 9 {
            assert!(runs(&stack, PATIENCE), "kill {kill}: it was not started");
            thread::sleep(Duration::from_millis([0, 20, 100, 300, 700][kill % 5]));
        }
        sent += watchdog.writes().len();
        drop(watchdog);
        assert_eq!(sent, kill + 1, "each fall is one start, over all kills");
        runs(&stack, Duration::from_secs(2));
    }
    let mut watchdog = start();
    if runs(&stack, Duration::ZERO) {
        crash(&stack);
    }
    watchdog.wait("api", "worked");
    sent += watchdog.writes().len();
    drop(watchdog);
    assert_eq!(sent, kills + 1);
    let attempts = repairs(&stack, state.path(), &[]);
    let attempts: Vec<_> = attempts.iter().filter(|entry| entry["kind"] == "attempt").collect();
    assert_eq!(attempts.len(), kills + 1, "{attempts:#?}");
    assert!(attempts.iter().all(|attempt| !attempt["ending"].is_null()), "{attempts:#?}");
    assert_eq!(repairs(&stack, state.path(), &["--verify"])[0]["whole"], true);
    eprintln!("{kills} kills of stack {name}: {sent} starts for {sent} falls, all on record");
}

/// Whether `api` runs before so long.
fn runs(stack: &Stack, patience: Duration) -> bool {
    let deadline = Instant::now() + patience;
    loop {
        if stack.compose(&["ps", "--status", "running", "--services"]).contains("api") {
            return true;
        }
        if Instant::now() >= deadline {
            return false;
        }
        thread::sleep(Duration::from_millis(50));
    }
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
fn who_shares_a_network_is_restarted_once_behind_its_owner() {
    let Some(stack) = Stack::up("watchdog-shared", SHARED) else { return };
    let state = tempfile::tempdir().unwrap();
    let mut watchdog = Watchdog::start(&stack, state.path(), &["--mode", "auto"]);
    stack.compose(&["exec", "-T", "x", "touch", "/tmp/die"]);
    for service in ["x", "y", "z"] {
        watchdog.wait(service, "worked");
    }
    // Longer than they get to follow: nobody follows twice.
    thread::sleep(Duration::from_secs(12));
    let writes = watchdog.writes();
    let id = |service: &str| stack.compose(&["ps", "-q", service]);
    let sent: Vec<_> = ["x", "y", "z"]
        .iter()
        .map(|service| {
            let id = id(service);
            let of = |call: &&String| call.contains(&id);
            let calls = writes.iter().filter(of).map(|call| call.contains("/restart"));
            calls.collect::<Vec<_>>()
        })
        .collect();
    assert_eq!(sent, [[false], [true], [true]], "{writes:?}");
    assert!(writes.len() == 3 && writes[0].contains(&id("x")), "{writes:?}");
    // They are in the network that is there now.
    for service in ["y", "z"] {
        stack.compose(&["exec", "-T", service, "ip", "link", "show", "eth0"]);
    }
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
