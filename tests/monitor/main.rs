//! Two environments of a real Engine under `dogwatch monitor`: what goes wrong in each stands in its own file.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "this is a test; its helpers are no test functions"
)]

mod chaos;
#[path = "../common/mod.rs"]
mod common;
mod older;

use common::{PATIENCE, Stack};
use serde_json::Value;
use std::{
    fs,
    path::Path,
    process::{Child, Command, Stdio},
    thread::sleep,
    time::{Duration, Instant},
};

const SERVICES: &str = "  api:\n    image: $IMAGE\n    command: [sh, -c, \"trap 'exit 0' TERM; while :; do sleep 1; done\"]\n";

/// The monitor, ended with its test.
struct Monitor(Child);

impl Monitor {
    fn start(home: &Path, flags: &str) -> Self {
        let child = Command::new(env!("CARGO_BIN_EXE_dogwatch"))
            .args(["--config", "config.toml", "monitor"])
            .args(flags.split_whitespace())
            .current_dir(home)
            .env("HOME", home)
            .env("DOGWATCH_STATE_DIR", home.join("state"))
            .stdout(Stdio::null())
            .stderr(Stdio::inherit())
            .spawn();
        Self(child.unwrap())
    }

    /// Sends SIGTERM and waits; the exit code.
    fn end(mut self) -> Option<i32> {
        let id = self.0.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
        self.wait()
    }

    fn wait(&mut self) -> Option<i32> {
        self.0.wait().unwrap().code()
    }
}

impl Drop for Monitor {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn say(stack: &Stack, text: &str) {
    stack.compose(&["exec", "-T", "api", "sh", "-c", &format!("echo '{text}' > /proc/1/fd/1")]);
}

fn state(home: &Path, environment: &str) -> Value {
    let path = home.join(format!("docker_issues_{environment}.json"));
    serde_json::from_slice(&fs::read(path).unwrap()).expect("a file that is not whole")
}

/// Reads the file until an issue with these words has the state; how often it was read.
fn until(home: &Path, environment: &str, words: &str, wanted: &str) -> usize {
    let begun = Instant::now();
    for reads in 1.. {
        let state = state(home, environment);
        let issues = state["issues"].as_array().unwrap();
        let is_ours = |i: &&Value| i["message"].as_str().unwrap().contains(words);
        if issues.iter().filter(is_ours).any(|i| i["state"] == wanted) {
            return reads;
        }
        assert!(begun.elapsed() < PATIENCE, "no {words:?} that is {wanted}: {state:#}");
        sleep(Duration::from_millis(5));
    }
    unreachable!()
}

#[test]
fn each_environment_has_its_own_faults_in_its_own_file() {
    let Some(dev) = Stack::up("monitor-dev", SERVICES) else { return };
    let Some(test) = Stack::up("monitor-test", SERVICES) else { return };
    let home = tempfile::tempdir().unwrap();
    let home = home.path();
    let config = format!(
        "[env.dev]\nproject_name = \"{}\"\n[env.test]\nfolder = \"{}\"\nfiles = [\"compose.yaml\"]\n",
        dev.name,
        test.folder.path().display()
    );
    fs::write(home.join("config.toml"), config).unwrap();
    fs::write(home.join("docker_issues_dev.json"), "[\"of another tool\"]").unwrap();

    let refused = "ERROR could not connect to server: Connection refused";
    let clients = "FATAL:  sorry, too many clients already";
    let flags = "--env dev --env test --interval 1 --resolve-after 5s";
    let monitor = Monitor::start(home, flags);
    let begun = Instant::now();
    while fs::read(home.join("docker_issues_test.json")).is_err() {
        assert!(begun.elapsed() < PATIENCE, "no file");
        sleep(Duration::from_millis(20));
    }
    // The files have one writer, and the other one is told who it is.
    let second = Command::new(env!("CARGO_BIN_EXE_dogwatch"))
        .args(["--config", "config.toml", "monitor", "--env", "test"])
        .current_dir(home)
        .env("HOME", home)
        .env("DOGWATCH_STATE_DIR", home.join("state"))
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&second.stderr).into_owned();
    let holder = format!("process {}", monitor.0.id());
    assert_eq!(second.status.code(), Some(2), "{told}");
    for part in [&holder, "docker_issues_test.json", "--output-dir"] {
        assert!(told.contains(part), "{told}");
    }
    say(&dev, refused);
    say(&test, clients);
    let mut reads = until(home, "dev", "Connection refused", "new");
    reads += until(home, "test", "too many clients", "new");
    reads += until(home, "dev", "Connection refused", "resolved");
    say(&dev, refused);
    reads += until(home, "dev", "Connection refused", "regressed");
    for _ in reads..1_000 {
        let _ = (state(home, "dev"), state(home, "test"));
        sleep(Duration::from_millis(3));
    }
    assert_eq!(monitor.end(), Some(0));

    let (in_dev, in_test) = (state(home, "dev"), state(home, "test"));
    assert!(!in_dev.to_string().contains("too many clients"), "{in_dev:#}");
    assert!(!in_test.to_string().contains("Connection refused"), "{in_test:#}");
    let issue = &in_test["issues"][0];
    assert_eq!((&issue["severity"], &issue["service"]), (&"critical".into(), &"api".into()));
    assert_eq!(in_test["project"], test.name.as_str());
    let report = fs::read_to_string(home.join("docker_issues_report_test.md")).unwrap();
    assert!(report.contains("too many clients") && report.contains("## Trend"), "{report}");
    assert_eq!(in_test["days"][0]["new"], 1, "{in_test:#}");
    let aside = fs::read_dir(home).unwrap().filter_map(|e| e.ok()?.file_name().into_string().ok());
    let aside: Vec<_> = aside.filter(|n| n.starts_with("docker_issues_dev.")).collect();
    assert_eq!(aside.len(), 2, "the other tool's file is kept: {aside:?}");

    // Ends by itself, and counts nothing twice.
    let before = in_test["issues"][0]["count"].clone();
    let mut again = Monitor::start(home, "--env test --interval 2 --max-iterations 2");
    assert_eq!(again.wait(), Some(0));
    let after = state(home, "test");
    assert_eq!(after["issues"][0]["count"], before);
    assert_eq!(after["watching"]["iterations"], 2);
    assert_eq!(after["watching"]["connected"], true);
}
