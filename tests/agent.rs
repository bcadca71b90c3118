//! A fault of a real stack goes through `next`, `attempt`, `verify` and `learn`; a fix that is none is caught.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "this is a test; its helpers are no test functions"
)]

mod common;

use assert_cmd::Command;
use common::Stack;
use serde_json::Value;
use std::path::Path;

const SERVICES: &str = "  api:\n    image: $IMAGE\n    stop_grace_period: 0s\n    command: [sh, -c, \"while :; do test -e /fixed || echo 'ERROR could not connect to server: Connection refused'; sleep 1; done\"]\n";

fn agent(home: &Path, stack: &Stack, words: &[&str], code: i32) -> Value {
    let (ended, value) = said(home, stack, words);
    assert_eq!(ended, Some(code), "{words:?}: {value:#}");
    value
}

/// How it ended, and what it printed.
fn said(home: &Path, stack: &Stack, words: &[&str]) -> (Option<i32>, Value) {
    let mut command = Command::cargo_bin("dogwatch").unwrap();
    command
        .args(["-p", &stack.name, "agent"])
        .args(words)
        .current_dir(home)
        .env("HOME", home)
        .env("DOGWATCH_STATE_DIR", home.join("state"));
    let output = command.output().unwrap();
    (output.status.code(), serde_json::from_slice(&output.stdout).unwrap_or_default())
}

#[test]
fn a_fix_is_believed_when_the_logs_say_so() {
    let Some(stack) = Stack::up("agent", SERVICES) else { return };
    let home = tempfile::tempdir().unwrap();
    let home = home.path();
    let run = |words: &[&str], code| agent(home, &stack, words, code);
    // The first line may take a moment.
    let begun = std::time::Instant::now();
    let next = loop {
        if run(&["audit"], 0)["total_issues"].as_u64() > Some(0) {
            break run(&["next"], 0);
        }
        assert!(begun.elapsed() < common::PATIENCE, "no problem");
    };
    assert_eq!((&next["severity"], &next["service"]), (&"HIGH".into(), &"api".into()));
    assert!(next["log_excerpt"].as_str().unwrap().contains("Connection refused"), "{next:#}");
    assert!(next["affected_services"][0]["image"].is_string(), "{next:#}");
    let id = next["id"].as_str().unwrap();
    run(&["plan"], 0);
    run(&["start", id, "--by", "tester"], 0);
    run(&["next"], 1);

    run(&["attempt", id, "--note", "a fix that is none"], 0);
    assert_eq!(run(&["verify", id, "--for", "20s"], 1)["verdict"], "still_there");
    stack.compose(&["exec", "-T", "api", "touch", "/fixed"]);
    // A line that was on its way.
    std::thread::sleep(std::time::Duration::from_secs(2));
    run(&["attempt", id, "--note", "made it reachable"], 0);
    assert_eq!(run(&["verify", id, "--for", "4s"], 0)["verdict"], "fixed");
    run(&["learn", id, "the server must be reachable"], 0);
    run(&["next"], 1);

    stack.compose(&["exec", "-T", "api", "rm", "/fixed"]);
    assert_eq!(run(&["verify", id, "--for", "30s"], 1)["verdict"], "came_back");
    let again = run(&["next"], 0);
    assert_eq!(again["similar_fixes"][0]["verified"], true, "{again:#}");
    assert_eq!(again["history"].as_array().unwrap().len(), 6);
    stack.compose(&["stop"]);
    run(&["attempt", id, "--note", "stopped it"], 0);
    assert_eq!(run(&["verify", id, "--for", "1s"], 1)["verdict"], "not_running");
    for file in ["docker_audit_report.json", "remediation_plan.json", "remediation_progress.log"] {
        assert!(home.join(file).is_file(), "{file}");
    }
}

const TWO: &str = "  api:\n    image: $IMAGE\n    stop_grace_period: 0s\n    command: &loop [sh, -c, \"while :; do test -e /fixed || echo 'ERROR could not connect to server: Connection refused'; sleep 1; done\"]\n  job:\n    image: $IMAGE\n    stop_grace_period: 0s\n    command: [sh, -c, \"while :; do test -e /fixed || echo 'FATAL: out of memory, cannot allocate 42 MB'; sleep 1; done\"]\n";

/// Fixes what fails in `api`; of what fails in `job` it only says so, the first time not even that.
const CODER: &str = "#!/bin/sh\ncat > /dev/null\necho \"working on $DOGWATCH_SERVICE of $DOGWATCH_PROJECT\"\ntest -s \"$DOGWATCH_PROBLEM_FILE\" || exit 9\ncase $DOGWATCH_SERVICE in\n  api) docker compose -f COMPOSE exec -T api touch /fixed; sleep 2 ;;\n  job) test -e told || { touch told; sleep 600; } ;;\nesac\n";

#[test]
fn a_command_is_given_each_problem_and_only_the_logs_are_believed() {
    use std::os::unix::fs::PermissionsExt as _;
    let Some(stack) = Stack::up("agent-run", TWO) else { return };
    let home = tempfile::tempdir().unwrap();
    let home = home.path();
    let run = |words: &[&str], code| agent(home, &stack, words, code);
    let begun = std::time::Instant::now();
    while run(&["audit"], 0)["total_issues"].as_u64() < Some(2) {
        assert!(begun.elapsed() < common::PATIENCE, "no problems");
    }
    let compose = stack.folder.path().join("compose.yaml");
    let coder = home.join("coder.sh");
    std::fs::write(&coder, CODER.replace("COMPOSE", compose.to_str().unwrap())).unwrap();
    std::fs::set_permissions(&coder, std::fs::Permissions::from_mode(0o755)).unwrap();
    let words =
        ["run", "--max-agents", "2", "--timeout", "12s", "--for", "4s", "--attempts", "2", "--"];
    let words: Vec<_> = words.into_iter().chain([coder.to_str().unwrap()]).collect();
    let told = run(&words, 1);
    let handed = told["handed"].as_array().unwrap();
    let of = |service: &str| -> Vec<&str> {
        let own = handed.iter().filter(|one| one["services"][0] == service);
        own.map(|one| one["outcome"].as_str().unwrap()).collect()
    };
    assert_eq!(of("api"), ["fixed"], "{told:#}");
    assert_eq!(of("job"), ["timed_out", "still_there"], "{told:#}");
    let log = handed.iter().find(|one| one["services"][0] == "api").unwrap()["log"].as_str();
    let log = std::fs::read_to_string(log.unwrap()).unwrap();
    assert!(log.contains(&format!("working on api of {}", stack.name)), "{log}");
    // The third failure: it is left to people, and the command is not started again.
    assert_eq!(run(&words, 1)["handed"].as_array().unwrap().len(), 1);
    let last = run(&words, 1);
    assert_eq!(last["handed"], serde_json::json!([]));
    assert_eq!(last["left"].as_array().unwrap().len(), 1, "{last:#}");

    stack.compose(&["exec", "-T", "api", "rm", "/fixed"]);
    let begun = std::time::Instant::now();
    while said(home, &stack, &["next"]).0 != Some(0) {
        assert!(begun.elapsed() < common::PATIENCE, "it did not come back");
    }
    run(&["run", "--", "./no-such-command"], 2);
    assert!(run(&["next"], 0)["id"].is_string(), "a command that is not there takes no problem");
}
