//! `dogwatch serve` as it is typed.

use crate::client::{PATIENCE, get};
use assert_cmd::cargo::CommandCargoExt as _;
use std::{
    fs,
    io::{BufRead as _, BufReader, Read as _},
    net::SocketAddr,
    path::Path,
    process::{Command, Stdio},
    time::Duration,
};
use tokio::time::{sleep, timeout};

fn dogwatch(home: &Path, line: &str) -> Command {
    let mut command = Command::cargo_bin("dogwatch").unwrap();
    command
        .args(line.split_whitespace())
        .current_dir(home)
        .env("DOGWATCH_STATE_DIR", home.join("state"))
        .env("DOGWATCH_CONFIG_DIR", home.join("config"))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

#[test]
fn doors_that_would_be_open_are_named_with_the_fix() {
    let home = tempfile::tempdir().unwrap();
    fs::write(home.path().join("app.log"), "INFO fine\n").unwrap();
    fs::write(home.path().join("short"), "abc").unwrap();
    for (line, parts) in [
        ("serve app.log --listen 0.0.0.0:0", vec!["--token-file", "127.0.0.1"]),
        ("serve app.log --token-file short", vec!["short", "20 characters"]),
        ("serve app.log --token-file nowhere", vec!["nowhere"]),
        ("serve app.log --repair", vec!["repair", "--act-token-file"]),
        ("serve app.log --listen here", vec!["--listen"]),
        ("serve missing.log --listen 127.0.0.1:0", vec!["missing.log"]),
    ] {
        let output = dogwatch(home.path(), line).output().unwrap();
        let told = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{line}: {told}");
        for part in parts {
            assert!(told.contains(part), "{line}: no {part} in {told}");
        }
    }
    fs::write(home.path().join(".dogwatch.toml"), "[http]\nlisten = \"127.0.0.1:0\"\n").unwrap();
    let output = dogwatch(home.path(), "serve app.log").output().unwrap();
    let told = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{told}");
    assert!(told.contains("http.listen") && told.contains(".dogwatch.toml"), "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_recorded_log_is_served_until_it_is_ended() {
    let home = tempfile::tempdir().unwrap();
    let log = "web-1  | INFO started\ndb-1   | FATAL:  sorry, too many clients already\n";
    fs::write(home.path().join("app.log"), log).unwrap();
    let mut child = dogwatch(home.path(), "serve app.log --listen 127.0.0.1:0").spawn().unwrap();
    let mut errors = BufReader::new(child.stderr.take().unwrap());
    let mut line = String::new();
    errors.read_line(&mut line).unwrap();
    let address = line.split("http://").nth(1).and_then(|rest| rest.split(';').next());
    let address: SocketAddr = address.unwrap_or_else(|| panic!("{line}")).parse().unwrap();
    let served = async {
        while get(address, "/api/v1/problems").await.json()["count"] != 1 {
            sleep(Duration::from_millis(50)).await;
        }
    };
    timeout(PATIENCE, served).await.expect("no problem is served");
    let lines = get(address, "/api/v1/logs?serviceName=db").await.json();
    assert_eq!(lines["logs"][0]["level"], "fatal");
    let pid = rustix::process::Pid::from_raw(i32::try_from(child.id()).unwrap()).unwrap();
    rustix::process::kill_process(pid, rustix::process::Signal::TERM).unwrap();
    let status = tokio::task::spawn_blocking(move || child.wait().unwrap()).await.unwrap();
    let mut rest = String::new();
    errors.read_to_string(&mut rest).unwrap();
    assert_eq!(status.code(), Some(0), "{rest}");
}
