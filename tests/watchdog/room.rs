//! A full disk: what the settings name is removed, once an hour, and by nobody who only looks; volumes never are.
//!
//! The recorder answers for the Engine here, whose images are others' too.

use super::{Stack, Watchdog, repairs};
use serde_json::Value;
use std::{
    fs::{self, File},
    path::Path,
    thread,
    time::{Duration, SystemTime},
};

const QUIET: &str = r#"
  quiet:
    image: $IMAGE
    init: true
    command: ["sleep", "3600"]
    volumes: ["data:/data"]
volumes:
  data: {}
"#;

/// Any disk is full.
const FULL: (&str, &str) = ("DOGWATCH_WATCHDOG__DISK_PERCENT", "1");
const CLEAN: (&str, &str) = ("DOGWATCH_WATCHDOG__CLEAN", "['own-logs', 'dangling-images']");

fn start(stack: &Stack, state: &Path, arguments: &[&str], env: &[(&str, &str)]) -> Watchdog {
    let mut watchdog = Watchdog::with(stack, state, arguments, env);
    let is_told = |v: &Value| v["reason"].as_str().is_some_and(|text| text.contains("% full"));
    watchdog.teller.ever("the disk is full", is_told);
    watchdog
}

#[test]
fn only_what_is_named_is_cleaned_and_once_an_hour() {
    let Some(stack) = Stack::up("watchdog-room", QUIET) else { return };
    let state = tempfile::tempdir().unwrap();
    let journal = state.path().join("projects/gone/journal");
    fs::create_dir_all(&journal).unwrap();
    File::create(journal.join("lock")).unwrap();
    let old = File::create(journal.join("00000001.ndjson")).unwrap();
    old.set_modified(SystemTime::now() - Duration::from_hours(8 * 24)).unwrap();
    let is_there = || journal.join("00000001.ndjson").exists();
    for (arguments, env) in [
        (&["--mode", "observe"][..], &[FULL, CLEAN][..]),
        (&["--mode", "ask"], &[FULL, CLEAN]),
        (&["--mode", "auto", "--dry-run"], &[FULL, CLEAN]),
        // What nobody has named is only told.
        (&["--mode", "auto"], &[FULL]),
    ] {
        let watchdog = start(&stack, state.path(), arguments, env);
        thread::sleep(Duration::from_secs(2));
        assert_eq!(watchdog.writes(), Vec::<String>::new(), "{arguments:?}");
        assert!(is_there(), "{arguments:?}");
    }

    let mut watchdog = start(&stack, state.path(), &["--mode", "auto"], &[FULL, CLEAN]);
    for what in ["images without a name removed: 12.0 MB", "old lines of other projects removed"] {
        let is_told = |v: &Value| {
            v["ending"] == "worked" && v["reason"].as_str().is_some_and(|text| text.contains(what))
        };
        watchdog.teller.ever(what, is_told);
    }
    let writes = watchdog.writes();
    let [prune] = &writes[..] else { panic!("{writes:?}") };
    let asked = prune.replace("%22", "\"").replace("%7B", "{").replace("%7D", "}");
    let asked = asked.replace("%5B", "[").replace("%5D", "]").replace("%3A", ":");
    assert!(
        asked.starts_with("POST ")
            && asked.ends_with("/images/prune?filters={\"dangling\":[\"true\"]}"),
        "{prune}"
    );
    assert!(!is_there());
    drop(watchdog);

    // A restart of dogwatch does not make an hour shorter.
    let watchdog = start(&stack, state.path(), &["--mode", "auto"], &[FULL, CLEAN]);
    thread::sleep(Duration::from_secs(2));
    assert_eq!(watchdog.writes(), Vec::<String>::new());
    drop(watchdog);
    let told = repairs(&stack, state.path(), &[]);
    let mut cleaned: Vec<_> = told
        .iter()
        .filter(|entry| entry["kind"] == "clean")
        .map(|entry| (entry["what"].as_str().unwrap(), entry["result"].is_string()))
        .collect();
    cleaned.sort_unstable();
    assert_eq!(cleaned, [("dangling-images", true), ("own-logs", true)], "{told:#?}");
    assert_eq!(repairs(&stack, state.path(), &["--verify"])[0]["whole"], true);
}
