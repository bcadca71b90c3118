//! A project's own fix on a real Engine: nothing of it is done before the user's consent, and none once it says other words.

use super::{PATIENCE, SERVICES, Stack, Watchdog, crash, repairs, runs};
use serde_json::Value;
use std::{fs, path::Path, process::Command};

/// The project's file, whose fix leaves a mark of this name.
fn theirs(mark: &str) -> String {
    format!(
        "[[fix]]\nname = \"theirs\"\nwhen = {{ services = [\"api\"], trouble = [\"exited\"] }}\n\
         steps = [{{ run = [\"touch\", \"{mark}\"] }}, \"start\"]\n"
    )
}

fn command(stack: &Stack, home: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_dogwatch"));
    command.arg("--project-directory").arg(stack.folder.path());
    command.env("DOGWATCH_CONFIG_DIR", home).env("DOGWATCH_STATE_DIR", home);
    command
}

/// The word that the fix waits for; `None` where it has what it needs.
fn wanted(stack: &Stack, home: &Path) -> Option<String> {
    let output = command(stack, home).args(["fixes", "list", "--json"]).output().unwrap();
    let told: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(told["fixes"][0]["name"], "theirs", "{told}");
    told["fixes"][0]["wanted_consent"].as_str().map(str::to_owned)
}

/// One fall of `api` and how it is mended: the fix that did it, and what was sent.
fn mended(stack: &Stack, home: &Path) -> (Value, Vec<String>) {
    crash(stack);
    let folder = stack.folder.path().to_string_lossy();
    let arguments = ["--mode", "auto", "--project-directory", folder.as_ref()];
    let config = home.to_string_lossy();
    let env = [
        ("DOGWATCH_CONFIG_DIR", config.as_ref()),
        ("RESTART_COOLDOWN", "0"),
        ("MAX_RESTART_ATTEMPTS", "10"),
    ];
    let mut watchdog = Watchdog::with(stack, home, &arguments, &env);
    watchdog.wait("api", "worked");
    assert!(runs(stack, PATIENCE));
    let verb = |call: &String| call.rsplit('/').next().unwrap_or_default().to_owned();
    let verbs = watchdog.writes().iter().map(verb).collect();
    let attempts = repairs(stack, home, &[]);
    let last = attempts.iter().rfind(|entry| entry["kind"] == "attempt").unwrap();
    (last["fix"].clone(), verbs)
}

#[test]
fn a_project_s_own_fix_waits_for_consent_to_its_very_words() {
    let Some(stack) = Stack::up("fix-consent", SERVICES) else { return };
    let home = tempfile::tempdir().unwrap();
    let home = home.path();
    let (file, mark) = (stack.folder.path().join(".dogwatch.toml"), stack.folder.path().join("a"));
    fs::write(&file, theirs("a")).unwrap();

    // Without consent the watchdog does what it does by itself, and says how to consent.
    let word = wanted(&stack, home).unwrap();
    let told =
        command(&stack, home).args(["watchdog", "--once", "-p", &stack.name]).output().unwrap();
    let told = String::from_utf8_lossy(&told.stderr).into_owned();
    assert!(
        told.contains("fix theirs") && told.contains("`dogwatch fixes list` says how"),
        "{told}"
    );
    assert_eq!(mended(&stack, home), (Value::Null, vec!["start".to_owned()]));
    assert!(!mark.exists());

    // With it, it is done, step by step.
    fs::write(home.join("config.toml"), format!("[watchdog]\nconsents = [\"{word}\"]\n")).unwrap();
    assert_eq!(wanted(&stack, home), None);
    assert_eq!(mended(&stack, home), ("theirs".into(), vec!["start".to_owned()]));
    assert!(mark.exists());

    // Other words are another fix.
    fs::write(&file, theirs("b")).unwrap();
    assert!(wanted(&stack, home).is_some_and(|other| other != word));
    assert_eq!(mended(&stack, home).0, Value::Null);
    assert!(!stack.folder.path().join("b").exists());
}
