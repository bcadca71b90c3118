//! `dogwatch issues` against a GitHub of our own on the loopback, which counts what it is asked.

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
use serde_json::{Value, json};
use std::{
    fs,
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    sync::{Arc, Mutex},
    thread,
};

#[derive(Default)]
struct State {
    issues: Vec<Value>,
    calls: Vec<String>,
    /// So many creates are kept, and the connection is cut.
    cuts: usize,
}

/// A GitHub that knows issues and labels.
struct GitHub {
    address: String,
    state: Arc<Mutex<State>>,
}

impl GitHub {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let state = Arc::new(Mutex::new(State::default()));
        let shared = Arc::clone(&state);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let shared = Arc::clone(&shared);
                thread::spawn(move || while answer(&stream, &shared).is_some() {});
            }
        });
        Self { address, state }
    }

    fn run(&self, home: &std::path::Path, line: &str) -> Command {
        let mut command = Command::cargo_bin("dogwatch").unwrap();
        command
            .args(line.split_whitespace())
            .current_dir(home)
            .env("HOME", home)
            .env("DOGWATCH_STATE_DIR", home.join("state"))
            .env("DOGWATCH_GITHUB_API", &self.address)
            .env("GH_REPO", "acme/shop")
            .env("GH_TOKEN", "secret-token")
            .timeout(std::time::Duration::from_mins(2));
        command
    }

    fn count(&self) -> usize {
        self.state.lock().unwrap().issues.len()
    }

    fn calls(&self) -> usize {
        self.state.lock().unwrap().calls.len()
    }
}

fn answer(mut stream: &TcpStream, state: &Mutex<State>) -> Option<()> {
    let mut reader = BufReader::new(stream);
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        if reader.read_line(&mut head).ok()? == 0 {
            return None;
        }
    }
    let length = head.lines().find_map(|line| {
        let (name, value) = line.split_once(": ")?;
        name.eq_ignore_ascii_case("content-length").then(|| value.parse().unwrap())
    });
    let mut body = vec![0; length.unwrap_or(0)];
    reader.read_exact(&mut body).ok()?;
    let mut words = head.split(' ');
    let (method, path) = (words.next()?, words.next()?);
    let mut state = state.lock().unwrap();
    state.calls.push(format!("{method} {path}"));
    let (status, answer) = if path.contains("/labels") {
        (if method == "POST" { 201 } else { 200 }, json!([]))
    } else if method == "POST" {
        let sent: Value = serde_json::from_slice(&body).unwrap();
        let number = state.issues.len() + 1;
        let issue = json!({"number": number, "state": "open", "title": sent["title"],
            "html_url": format!("https://github.com/acme/shop/issues/{number}"),
            "body": sent["body"], "labels": sent["labels"]});
        state.issues.push(issue.clone());
        if state.cuts > 0 {
            state.cuts -= 1;
            return None;
        }
        (201, issue)
    } else {
        let is_first = !path.contains("&page=") || path.ends_with("&page=1");
        (200, if is_first { Value::Array(state.issues.clone()) } else { json!([]) })
    };
    drop(state);
    let text = answer.to_string();
    let length = text.len();
    write!(stream, "HTTP/1.1 {status} X\r\ncontent-length: {length}\r\n\r\n{text}").ok()
}

const LOG: &str = "\
worker-1  | 2024-01-15T10:00:01Z ERROR could not connect to server: Connection refused\n\
db-1      | 2024-01-15T10:00:02Z FATAL:  sorry, too many clients already\n\
api-1     | 2024-01-15T10:00:03Z WARN slow query took 8000 ms\n\
worker-1  | 2024-01-15T10:05:00Z ERROR could not connect to server: Connection refused\n";

fn home() -> tempfile::TempDir {
    let home = tempfile::tempdir().unwrap();
    fs::write(home.path().join("app.log"), LOG).unwrap();
    home
}

fn verdicts(command: &mut Command, code: i32) -> Vec<String> {
    let assert = command.assert().code(code);
    let lines: Value = serde_json::from_slice(&assert.get_output().stdout).unwrap();
    let lines = lines.as_array().unwrap().iter();
    lines.map(|line| line["verdict"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn a_dry_run_sends_nothing_and_filing_files_each_problem_once() {
    let (github, home) = (GitHub::start(), home());
    let home = home.path();
    for line in ["issues --log app.log --json", "issues --dry-run --log app.log --json"] {
        assert_eq!(verdicts(&mut github.run(home, line), 0), ["would_file", "would_file"]);
    }
    assert_eq!(github.calls(), 0);
    let filing = "issues --create-issues --log app.log --json";
    let few = format!("{filing} --min-occurrences 2");
    assert_eq!(verdicts(&mut github.run(home, &few), 0), ["filed"]);
    let one = format!("{filing} --max-issues 1");
    assert_eq!(verdicts(&mut github.run(home, &one), 0), ["filed", "later"]);
    assert_eq!(verdicts(&mut github.run(home, filing), 0), ["exists", "exists"]);
    let cleared = format!("{filing} --clear-cache");
    assert_eq!(verdicts(&mut github.run(home, &cleared), 0), ["exists", "exists"]);
    assert_eq!(github.count(), 2);
    let title = github.state.lock().unwrap().issues[0]["title"].clone();
    assert_eq!(title, "[ERROR] Database Connection - 2 occurrences in 1 service(s)");

    github.state.lock().unwrap().issues[0]["state"] = "closed".into();
    assert_eq!(verdicts(&mut github.run(home, filing), 0), ["exists", "closed"]);
    assert_eq!(github.count(), 2, "what was closed stays so");
    let again = format!("{filing} --refile-closed");
    assert_eq!(verdicts(&mut github.run(home, &again), 0), ["exists", "filed"]);
}

#[test]
fn a_lost_answer_makes_no_second_issue_and_a_refusal_ends_with_5() {
    let (github, home) = (GitHub::start(), home());
    github.state.lock().unwrap().cuts = 1;
    let filing = "issues --create-issues --log app.log --json";
    assert_eq!(verdicts(&mut github.run(home.path(), filing), 0), ["filed", "filed"]);
    assert_eq!(github.count(), 2);
    let mut command = github.run(home.path(), filing);
    command.env("DOGWATCH_GITHUB_API", "http://127.0.0.1:9");
    assert_eq!(verdicts(&mut command, 5), ["failed", "later"]);
}

#[test]
fn analyze_files_what_it_reports() {
    let (github, home) = (GitHub::start(), home());
    github.run(home.path(), "analyze --create-issues app.log").assert().code(1);
    assert_eq!(github.count(), 2);
    github.run(home.path(), "analyze app.log").assert().code(1);
    let before = github.calls();
    let update = "analyze --baseline b.json --update-baseline app.log";
    github.run(home.path(), update).assert().code(0);
    let known = "analyze --baseline b.json --create-issues app.log";
    github.run(home.path(), known).assert().code(0);
    assert_eq!(github.calls(), before, "what the baseline knows is not filed");
}

#[test]
fn what_was_filed_of_a_project_is_listed_and_synced() {
    let services = "  api:\n    image: $IMAGE\n    command: [sh, -c, \"echo 'ERROR could not connect to server: Connection refused'; sleep 600\"]\n    stop_grace_period: 0s\n";
    let Some(stack) = Stack::up("issues", services) else { return };
    let (github, home) = (GitHub::start(), home());
    let run = |line: &str| {
        let mut command = github.run(home.path(), line);
        command.args(["-p", &stack.name]);
        command
    };
    let listed = |line: &str| {
        let assert = run(line).assert().code(0);
        String::from_utf8(assert.get_output().stdout.clone()).unwrap()
    };
    assert!(listed("issues list").contains("nothing was filed"));
    assert_eq!(verdicts(&mut run("issues --create-issues --json"), 0), ["filed"]);
    assert_eq!(verdicts(&mut run("issues --json"), 0), ["exists"]);
    let before = github.calls();
    assert!(listed("issues list").contains("#1"), "{}", listed("issues list"));
    assert_eq!(github.calls(), before, "listing asks nobody");
    github.state.lock().unwrap().issues[0]["state"] = "closed".into();
    assert!(listed("issues sync").contains("closed"));
    assert_eq!(verdicts(&mut run("issues --clear-cache --json"), 0), ["would_file"]);
    assert!(listed("issues list").contains("nothing was filed"));
}
