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
    let mut command = Command::cargo_bin("dogwatch").unwrap();
    command
        .args(["-p", &stack.name, "agent"])
        .args(words)
        .current_dir(home)
        .env("HOME", home)
        .env("DOGWATCH_STATE_DIR", home.join("state"));
    let assert = command.assert().code(code);
    serde_json::from_slice(&assert.get_output().stdout).unwrap_or_default()
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
