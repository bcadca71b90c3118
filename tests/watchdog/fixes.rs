//! Fixes of several steps on a real Engine: what mends, what is rolled back, and what a kill in the middle leaves.

use super::{PATIENCE, SERVICES, Stack, Watchdog, crash, kills, repairs, runs};
use serde_json::Value;
use std::{
    fs, thread,
    time::{Duration, Instant},
};

/// Each run of it leaves a line in the project's folder.
const MEND: &str = r#"
[[fix]]
name = "mend"
when = { services = ["api"], trouble = ["exited"] }
steps = [
  { run = ["sh", "-c", "echo $DOGWATCH_SERVICE >> ran"], limit_seconds = 20 },
  "start",
  { exec = ["touch", "/tmp/mended"] },
  { step = "wait-healthy", limit_seconds = 30 },
]
on_failure = ["restart"]
"#;

/// A watchdog with fixes of the user's.
pub(super) fn start(
    stack: &Stack,
    home: &tempfile::TempDir,
    fixes: &str,
    arguments: &[&str],
) -> Watchdog {
    let config = home.path().join("config");
    fs::create_dir_all(&config).unwrap();
    fs::write(config.join("repairs.toml"), fixes).unwrap();
    let config = config.to_string_lossy();
    Watchdog::with(stack, home.path(), arguments, &[("DOGWATCH_CONFIG_DIR", config.as_ref())])
}

/// Lines of a file in the project's folder.
fn lines(stack: &Stack, name: &str) -> Vec<String> {
    let text = fs::read_to_string(stack.folder.path().join(name)).unwrap_or_default();
    text.lines().map(str::to_owned).collect()
}

/// Verbs and addresses without identities: `start`, `exec`.
fn verbs(watchdog: &Watchdog) -> Vec<String> {
    let verb = |call: &String| call.rsplit('/').next().unwrap_or_default().to_owned();
    watchdog.writes().iter().map(verb).collect()
}

fn of_api(stack: &Stack, home: &tempfile::TempDir, arguments: &[&str]) -> Vec<Value> {
    let mut all = repairs(stack, home.path(), arguments);
    all.retain(|entry| entry["service"] == "api" && entry["kind"] != "reset");
    all
}

#[test]
fn steps_are_printed_where_nothing_may_be_done_and_mend_where_they_may() {
    let Some(stack) = Stack::up("fix-mends", SERVICES) else { return };
    let home = tempfile::tempdir().unwrap();
    crash(&stack);
    for arguments in
        [&["--mode", "observe"][..], &["--mode", "auto", "--dry-run"], &["--mode", "ask"]]
    {
        let mut watchdog = start(&stack, &home, MEND, arguments);
        let word = if arguments.contains(&"ask") { "asking" } else { "would_act" };
        let told = watchdog.wait("api", word);
        let reason = told["reason"].as_str().unwrap();
        assert_eq!(told["remedy"], "fix", "{told}");
        assert!(reason.contains("fix mend: run sh -c") && reason.contains(", start, "), "{told}");
        assert_eq!(watchdog.writes(), Vec::<String>::new(), "{arguments:?}");
    }
    assert_eq!(lines(&stack, "ran"), Vec::<String>::new());

    let mut watchdog = start(&stack, &home, MEND, &["--mode", "auto"]);
    watchdog.wait("api", "worked");
    assert_eq!(verbs(&watchdog), ["start", "exec", "start"], "{:?}", watchdog.writes());
    assert_eq!(lines(&stack, "ran"), ["api"]);
    stack.compose(&["exec", "-T", "api", "test", "-e", "/tmp/mended"]);
    let steps = watchdog.teller.seen.iter().filter(|told| told["state"] == "acting");
    let steps: Vec<_> = steps.filter_map(|told| told["reason"].as_str()).collect();
    let steps: Vec<_> = steps.iter().filter(|reason| reason.starts_with("mend: step ")).collect();
    assert!(steps.len() == 4 && steps[3].contains("step 4 of 4: wait-healthy"), "{steps:?}");
    drop(watchdog);
    let attempts = of_api(&stack, &home, &[]);
    assert_eq!(attempts.len(), 1, "{attempts:#?}");
    assert_eq!((&attempts[0]["fix"], &attempts[0]["steps_done"]), (&"mend".into(), &4.into()));
    assert_eq!(repairs(&stack, home.path(), &["--verify"])[0]["whole"], true);
}

#[test]
fn what_fails_is_rolled_back_and_what_cannot_be_waits_for_a_person() {
    let Some(stack) = Stack::up("fix-fails", SERVICES) else { return };
    let home = tempfile::tempdir().unwrap();
    let fix = |undo: &str| {
        format!(
            "[[fix]]\nname = \"bad\"\nwhen = {{ services = [\"api\"] }}\n\
             steps = [{{ run = [\"sh\", \"-c\", \"echo no >&2; exit 4\"] }}]\non_failure = [{undo}]\n"
        )
    };
    crash(&stack);
    let mut watchdog = start(&stack, &home, &fix("\"start\""), &["--mode", "auto"]);
    let told = watchdog.wait("api", "rolled_back");
    let reason = told["reason"].as_str().unwrap();
    assert!(
        reason.contains("it ended with exit status: 4: no") && reason.ends_with("rolled back"),
        "{told}"
    );
    assert_eq!(verbs(&watchdog), ["start"]);
    assert!(runs(&stack, PATIENCE));
    drop(watchdog);

    crash(&stack);
    let nowhere = "{ run = [\"no-such-program\"] }";
    let mut watchdog = start(&stack, &home, &fix(nowhere), &["--mode", "auto"]);
    // The first time it has failed already, so the watchdog's own way is tried; it helps.
    watchdog.wait("api", "worked");
    drop(watchdog);
    let other = tempfile::tempdir().unwrap();
    crash(&stack);
    let mut watchdog = start(&stack, &other, &fix(nowhere), &["--mode", "auto"]);
    let told = watchdog.wait("api", "needs_person");
    assert!(told["reason"].as_str().unwrap().contains("the roll-back failed"), "{told}");
    watchdog.wait("api", "given_up");
    thread::sleep(Duration::from_secs(3));
    assert_eq!(watchdog.writes(), Vec::<String>::new());
    let attempts = of_api(&stack, &other, &[]);
    assert_eq!(attempts.len(), 1, "{attempts:#?}");
}

#[test]
fn a_service_that_is_made_anew_is_judged_by_its_new_containers() {
    let Some(stack) = Stack::up("fix-anew", SERVICES) else { return };
    let home = tempfile::tempdir().unwrap();
    let before = stack.compose(&["ps", "-aq", "api"]);
    crash(&stack);
    let fix = "[[fix]]\nname = \"anew\"\nwhen = { services = [\"a*\"] }\nsteps = [\"recreate\", \"wait-healthy\"]\n";
    let mut watchdog = start(&stack, &home, fix, &["--mode", "auto"]);
    watchdog.wait("api", "worked");
    assert_ne!(stack.compose(&["ps", "-aq", "api"]), before);
    assert_eq!(of_api(&stack, &home, &[]).len(), 1);
}

#[test]
fn a_service_that_is_rebuilt_runs_what_its_files_say_now() {
    const BUILT: &str = r#"
  api:
    build: .
    init: true
    command: ["sh", "-c", "while [ ! -e /tmp/die ]; do sleep 0.2; done; rm /tmp/die; exit 3"]
"#;
    let Some(stack) = Stack::written("fix-rebuild", BUILT) else { return };
    let write = |name: &str, text: &str| fs::write(stack.folder.path().join(name), text).unwrap();
    let Some(image) = super::common::image() else { return };
    write("Dockerfile", &format!("FROM {image}\nCOPY version /version\n"));
    write("version", "1");
    stack.compose(&["up", "-d", "--build"]);
    let home = tempfile::tempdir().unwrap();
    crash(&stack);
    write("version", "2");
    let fix = "[[fix]]\nname = \"anew\"\nwhen = { services = [\"api\"] }\nsteps = [\"rebuild\", \"wait-healthy\"]\n";
    let mut watchdog = start(&stack, &home, fix, &["--mode", "auto"]);
    watchdog.wait("api", "worked");
    drop(watchdog);
    assert_eq!(stack.compose(&["exec", "-T", "api", "cat", "/version"]), "2");
    let attempts = of_api(&stack, &home, &[]);
    assert_eq!((attempts.len(), &attempts[0]["fix"]), (1, &"anew".into()), "{attempts:#?}");
    stack.compose(&["down", "--rmi", "local", "--timeout", "0"]);
}

#[test]
fn killed_between_its_steps_it_repeats_none_and_loses_nothing() {
    const FIX: &str = r#"
[[fix]]
name = "long"
when = { services = ["api"] }
steps = [
  { run = ["sh", "-c", "echo 1 >> one; sleep 0.3"] },
  "start",
  { run = ["sh", "-c", "echo 2 >> two; sleep 0.5"] },
  { step = "wait-healthy", limit_seconds = 30 },
]
on_failure = [{ run = ["sh", "-c", "echo 3 >> undone"] }, "start"]
"#;
    let Some(stack) = Stack::up("fix-kill", SERVICES) else { return };
    let rounds = kills().div_ceil(3);
    for round in 0..rounds {
        let home = tempfile::tempdir().unwrap();
        for name in ["one", "two", "undone"] {
            let _ = fs::remove_file(stack.folder.path().join(name));
        }
        if runs(&stack, Duration::ZERO) {
            crash(&stack);
        }
        let (mut starts, begun) = (0, Instant::now());
        let mut ending = String::new();
        for turn in 0..40 {
            assert!(begun.elapsed() < PATIENCE * 2, "round {round}: it never ends");
            let watchdog = start(&stack, &home, FIX, &["--mode", "auto"]);
            let is_last = turn >= 3;
            // Killed at another moment each time; the last one is let finish.
            let until = Instant::now()
                + Duration::from_millis(3_500 + 370 * ((round * 3 + turn) % 7) as u64);
            let deadline = Instant::now() + PATIENCE;
            loop {
                let ended = of_api(&stack, &home, &[]);
                ending =
                    ended.last().and_then(|a| a["ending"].as_str()).unwrap_or_default().to_owned();
                if !ending.is_empty()
                    || (!is_last && Instant::now() >= until)
                    || Instant::now() >= deadline
                {
                    break;
                }
                thread::sleep(Duration::from_millis(20));
            }
            starts += verbs(&watchdog).iter().filter(|verb| *verb == "start").count();
            drop(watchdog);
            if !ending.is_empty() {
                break;
            }
        }
        let attempts = of_api(&stack, &home, &[]);
        assert_eq!(attempts.len(), 1, "round {round}: {attempts:#?}");
        let (one, two, undone) =
            (lines(&stack, "one"), lines(&stack, "two"), lines(&stack, "undone"));
        let counts = (one.len(), two.len(), undone.len());
        assert!(one.len() == 1 && two.len() <= 1 && undone.len() <= 1, "round {round}: {counts:?}");
        match ending.as_str() {
            // A start that was called off by the kill is asked for again; what runs is not.
            "worked" => {
                assert_eq!(counts, (1, 1, 0), "round {round}");
                assert!((1..=2).contains(&starts), "round {round}: {starts} starts");
            }
            // A command of which nobody knows whether it ended is not run again: all of it is rolled back.
            // The roll-back has a start of its own.
            "rolled_back" => assert!(
                undone.len() == 1 && (1..=4).contains(&starts),
                "round {round}: {counts:?} {starts}"
            ),
            other => panic!("round {round}: {other}: {attempts:#?}"),
        }
        assert_eq!(repairs(&stack, home.path(), &["--verify"])[0]["whole"], true);
        eprintln!("round {round}: {ending}, commands {counts:?}, {starts} starts");
    }
}
