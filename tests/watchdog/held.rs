//! Fixes that a person holds in the middle, at a real dashboard on a real Engine: no step forward is done any more, and
//! what was stopped is brought back or handed over with the command that does it.

use super::{
    PATIENCE, SERVICES, Stack, crash, fixes::start, proxy::Proxy, pty::Pty, repairs, runs,
};
use crate::common::wait_for;
use portable_pty::CommandBuilder;
use serde_json::Value;
use std::{fs, time::Duration};

/// Its first step takes a while, and leaves a mark when it begins.
fn slow(undo: &str) -> String {
    format!(
        "[[fix]]\nname = \"slow\"\nwhen = {{ services = [\"api\"], trouble = [\"exited\"] }}\n\
         steps = [{{ run = [\"sh\", \"-c\", \"echo 1 >> begun; sleep 3\"] }}, \"start\"]\non_failure = [{undo}]\n"
    )
}

/// A dashboard in mode `auto` that holds the fix by `H H` once its first step has begun; how it ended, and what was sent.
fn held(stack: &Stack, undo: &str) -> (Value, Vec<String>) {
    let home = tempfile::tempdir().unwrap();
    let begun = stack.folder.path().join("begun");
    let _ = fs::remove_file(&begun);
    fs::write(home.path().join("repairs.toml"), slow(undo)).unwrap();
    let proxy = Proxy::before_main();
    let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_dogwatch"));
    command.args(["-p", &stack.name]);
    command.env("HOME", home.path());
    command.env("TERM", "xterm-256color");
    command.env("DOCKER_HOST", proxy.host());
    command.env("DOGWATCH_CONFIG_DIR", home.path());
    command.env("DOGWATCH_STATE_DIR", home.path());
    command.env("DOGWATCH_WATCHDOG__MODE", "auto");
    command.env("DOGWATCH_WATCHDOG__WINDOW_SECONDS", "2");
    command.cwd(stack.folder.path());
    let mut screen = Pty::run(command, 120, 40);
    wait_for("the first step", || begun.exists());
    screen.press("H");
    screen.press("H");
    screen.wait("told", |s| s.contents().contains("Called off: "));
    let mut last = Value::Null;
    wait_for("its end", || {
        last = repairs(stack, home.path(), &[]).pop().unwrap_or_default();
        !last["ending"].is_null()
    });
    // Nothing comes behind.
    std::thread::sleep(Duration::from_secs(2));
    let verb = |call: &String| call.rsplit('/').next().unwrap_or_default().to_owned();
    let writes = proxy.writes().iter().map(verb).collect();
    screen.press("q");
    screen.end();
    (last, writes)
}

#[test]
fn a_fix_that_is_held_goes_no_further() {
    let Some(stack) = Stack::up("fix-held", SERVICES) else { return };
    crash(&stack);
    let (ended, writes) = held(&stack, "\"start\"");
    assert_eq!((&ended["ending"], writes), (&"rolled_back".into(), vec!["start".to_owned()]));
    let detail = ended["detail"].as_str().unwrap();
    assert!(detail.contains("called off: the mode for api is observe; done: run sh"), "{detail}");
    assert!(detail.contains("not done: start") && runs(&stack, PATIENCE), "{detail}");

    crash(&stack);
    let (ended, writes) = held(&stack, "");
    assert_eq!((&ended["ending"], writes), (&"needs_person".into(), vec![]), "{ended}");
    let detail = ended["detail"].as_str().unwrap();
    let command = format!("to start it: docker compose -p {} start api", stack.name);
    assert!(detail.ends_with(&command) && !runs(&stack, Duration::ZERO), "{detail}");
}

#[test]
fn who_only_observes_hands_over_what_an_earlier_run_began() {
    let Some(stack) = Stack::up("fix-handed", SERVICES) else { return };
    let home = tempfile::tempdir().unwrap();
    crash(&stack);
    let watchdog = start(&stack, &home, &slow("\"start\""), &["--mode", "auto"]);
    wait_for("the first step", || stack.folder.path().join("begun").exists());
    // Dropped is killed.
    drop(watchdog);
    let mut watchdog = start(&stack, &home, &slow("\"start\""), &["--mode", "observe"]);
    let told = watchdog.wait("api", "needs_person");
    let reason = told["reason"].as_str().unwrap();
    let command = format!("to roll it back: docker compose -p {} start api", stack.name);
    assert!(reason.contains("; begun: run sh") && reason.ends_with(&command), "{reason}");
    watchdog.wait("api", "given_up");
    assert_eq!(watchdog.writes(), Vec::<String>::new());
}
