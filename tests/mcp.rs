//! A plain client of the protocol over standard input and output: what it is told, and what it may do.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "this is a test; its helpers are no test functions"
)]

mod common;

use common::{PATIENCE, Stack};
use serde_json::{Value, json};
use std::{
    fmt::Write as _,
    fs,
    io::{BufRead as _, BufReader, Write as _},
    path::Path,
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
    time::Instant,
};

const PASSWORD: &str = "hunter2-hunter2";

/// Knows nothing but JSON and lines.
struct Client {
    child: Child,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
    number: u64,
}

impl Client {
    fn start(home: &Path, words: &[&str]) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_dogwatch"))
            .args(words)
            .env("HOME", home)
            .env("DOGWATCH_STATE_DIR", home.join("state"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let input = child.stdin.take();
        let output = BufReader::new(child.stdout.take().unwrap());
        let mut client = Self { child, input, output, number: 0 };
        let hello = client.ask(
            "initialize",
            &json!({
                "protocolVersion": "2025-06-18", "capabilities": {},
                "clientInfo": { "name": "test", "version": "1" },
            }),
        );
        assert_eq!(hello["result"]["serverInfo"]["name"], "dogwatch", "{hello}");
        assert!(hello["result"]["instructions"].as_str().unwrap().contains("never an instruction"));
        client.send(&json!({ "jsonrpc": "2.0", "method": "notifications/initialized" }));
        client
    }

    fn send(&mut self, message: &Value) {
        let input = self.input.as_mut().unwrap();
        writeln!(input, "{message}").unwrap();
        input.flush().unwrap();
    }

    fn ask(&mut self, method: &str, params: &Value) -> Value {
        self.number += 1;
        let id = self.number;
        self.send(&json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params }));
        loop {
            let mut line = String::new();
            assert!(self.output.read_line(&mut line).unwrap() > 0, "it ended");
            assert!(line.len() < 256 << 10, "an answer of {} bytes", line.len());
            let answer: Value = serde_json::from_str(&line).unwrap();
            if answer["id"] == id {
                return answer;
            }
        }
    }

    fn call(&mut self, tool: &str, arguments: &Value) -> Value {
        self.ask("tools/call", &json!({ "name": tool, "arguments": arguments }))
    }

    /// What a tool answers.
    fn get(&mut self, tool: &str, arguments: &Value) -> Value {
        let answer = self.call(tool, arguments);
        assert_eq!(answer["result"]["isError"], false, "{tool} {arguments}: {answer:#}");
        let text = answer["result"]["content"][0]["text"].as_str().unwrap();
        let structured = answer["result"]["structuredContent"].clone();
        assert_eq!(serde_json::from_str::<Value>(text).unwrap(), structured);
        structured
    }

    /// Why a tool does not answer.
    fn refused(&mut self, tool: &str, arguments: &Value) -> String {
        let answer = self.call(tool, arguments);
        assert_eq!(answer["result"]["isError"], true, "{tool} {arguments}: {answer:#}");
        answer["result"]["content"][0]["text"].as_str().unwrap().to_owned()
    }

    fn tools(&mut self) -> Vec<String> {
        let answer = self.ask("tools/list", &json!({}));
        let tools = answer["result"]["tools"].as_array().unwrap();
        tools.iter().map(|tool| tool["name"].as_str().unwrap().to_owned()).collect()
    }

    fn end(mut self) {
        drop(self.input.take());
        assert_eq!(self.child.wait().unwrap().code(), Some(0));
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn recorded() -> String {
    let mut log = String::new();
    for n in 0..3_000 {
        let (minute, second) = (n / 60, n % 60);
        let time = format!("2026-01-15T10:{minute:02}:{second:02}Z");
        let _ = writeln!(log, "web-1  | {time} INFO request {n} served");
        if n % 100 == 50 {
            let _ = writeln!(
                log,
                "api-1  | {time} ERROR could not connect to server: Connection refused"
            );
        }
    }
    let time = "2026-01-15T10:58:00Z";
    let _ = writeln!(
        log,
        "api-1  | {time} ERROR login failed: password={PASSWORD} \u{1b}[31mred\u{1b}]0;title\u{7}"
    );
    let _ = writeln!(log, "web-1  | {time} INFO {}", "long ".repeat(20_000));
    log
}

#[test]
fn a_recorded_log_is_read_through_the_tools() {
    let home = tempfile::tempdir().unwrap();
    let log = home.path().join("app.log");
    fs::write(&log, recorded()).unwrap();
    let mut client = Client::start(home.path(), &["mcp", log.to_str().unwrap()]);
    let tools = client.tools();
    assert!(tools.contains(&"list_problems".to_owned()) && tools.len() == 9, "{tools:?}");

    let list = client.get("list_problems", &json!({}));
    let problems = list["problems"].as_array().unwrap();
    let refused = problems.iter().find(|p| p["message"].as_str().unwrap().contains("refused"));
    let refused = refused.unwrap_or_else(|| panic!("{list:#}"));
    assert_eq!(
        (&refused["count"], &refused["services"][0]["service"]),
        (&json!(30), &json!("api"))
    );
    let id = json!({ "id": refused["id"] });
    let whole = client.get("read_problem", &id);
    assert!(!whole["try"].as_array().unwrap().is_empty(), "{whole:#}");
    assert!(whole["occurrences"][0]["lines"][0].as_str().unwrap().contains("Connection refused"));

    let around = client.get("problem_context", &json!({ "id": refused["id"], "lines": 3 }));
    let (lines, at) = (around["lines"].as_array().unwrap(), around["at"].as_u64().unwrap());
    assert!(lines[at as usize]["text"].as_str().unwrap().contains("refused"), "{around:#}");
    assert!(lines.iter().any(|line| line["service"] == "web"));
    let own = json!({ "id": refused["id"], "lines": 3, "service": "api" });
    let own = client.get("problem_context", &own);
    assert!(own["lines"].as_array().unwrap().iter().all(|line| line["service"] == "api"));

    let next = client.get("next_problem", &json!({}));
    assert_eq!((&next["id"], &next["severity"]), (&refused["id"], &json!("HIGH")), "{next:#}");
    assert!(next["context"].as_array().unwrap().iter().any(|line| line["is_it"] == true));
    assert_eq!(client.get("next_problem", &id)["id"], refused["id"]);
    assert!(client.refused("next_problem", &json!({ "id": "x" })).contains("fp2:"));

    let services = client.get("list_services", &json!({}));
    assert_eq!((&services["count"], &services["link"]), (&json!(2), &json!("ended")));
    let plan = client.get("plan", &json!({}));
    assert!(!plan["immediate_actions"].as_array().unwrap().is_empty(), "{plan:#}");

    let marked = json!({ "id": refused["id"], "state": "muted" });
    let marked = client.get("mark_problem", &marked);
    assert_eq!(marked["problem"]["state"], "muted");
    assert!(marked["not_kept"].is_string(), "{marked:#}");
    let open = client.get("list_problems", &json!({}));
    assert!(open["problems"].as_array().unwrap().iter().all(|p| p["id"] != refused["id"]));
    let muted = client.get("list_problems", &json!({ "state": "muted" }));
    assert_eq!(muted["problems"][0]["id"], refused["id"]);
    client.end();
}

#[test]
fn lines_are_searched_page_by_page_masked_and_harmless() {
    let home = tempfile::tempdir().unwrap();
    let log = home.path().join("app.log");
    fs::write(&log, recorded()).unwrap();
    let mut client = Client::start(home.path(), &["mcp", log.to_str().unwrap()]);
    let mut numbers = Vec::new();
    let mut before = Value::Null;
    loop {
        let wish = json!({ "text": "served", "services": ["web"], "limit": 500, "before": before });
        let page = client.get("search_logs", &wish);
        let texts = page["lines"].as_array().unwrap().iter().rev();
        let number = |line: &Value| {
            let text = line["text"].as_str().unwrap();
            text.split(' ').nth_back(1).unwrap().parse::<u32>().unwrap()
        };
        numbers.extend(texts.map(number));
        before = page["older"].clone();
        if before.is_null() {
            break;
        }
    }
    assert_eq!(numbers, (0..3_000).rev().collect::<Vec<_>>());

    let all = client.get("search_logs", &json!({ "since": "2026-01-15T10:58:00Z" })).to_string();
    assert!(all.contains("login failed") && all.contains("[redacted:password"), "{all}");
    assert!(!all.contains(PASSWORD) && !all.contains('\u{1b}') && !all.contains("u001b"));
    assert!(!client.get("list_problems", &json!({})).to_string().contains(PASSWORD));
    let level = client.get("search_logs", &json!({ "level": "error", "limit": 5 }));
    assert!(level["lines"].as_array().unwrap().iter().all(|line| line["level"] == "error"));
    client.end();
}

#[test]
fn wrong_calls_are_answered_with_what_is_right() {
    let home = tempfile::tempdir().unwrap();
    let log = home.path().join("app.log");
    fs::write(&log, recorded()).unwrap();
    let mut client = Client::start(home.path(), &["mcp", log.to_str().unwrap(), "--allow-actions"]);
    for (tool, arguments, told) in [
        ("read_problem", json!({ "id": "7" }), "fp2:"),
        ("read_problem", json!({ "id": "fp2:0000000000000000" }), "list_problems"),
        ("read_problem", json!({}), "id"),
        ("list_problems", json!({ "severity": "high" }), "critical"),
        ("list_problems", json!({ "limti": 3 }), "limti"),
        ("search_logs", json!({ "text": "/(/" }), "text"),
        ("search_logs", json!({ "since": "soon" }), "10m"),
        ("search_logs", json!({ "before": "x" }), "older"),
        ("mark_problem", json!({ "id": "fp2:0000000000000000", "state": "gone" }), "fixed"),
        ("restart_service", json!({ "service": "api" }), "recorded log"),
    ] {
        let refusal = client.refused(tool, &arguments);
        assert!(refusal.contains(told), "{tool} {arguments}: {refusal}");
    }
    assert!(!client.tools().contains(&"restart_service".to_owned()));
    let unknown = client.call("drop_database", &json!({}));
    assert_eq!(unknown["error"]["code"], -32_602, "{unknown}");
    let first = client.get("list_problems", &json!({ "limit": 1 }));
    let id = json!({ "id": first["problems"][0]["id"], "seconds": 1 });
    assert!(client.refused("verify_problem", &id).contains("read to its end"));
    client.end();
}

const SERVICES: &str = "  api:\n    image: $IMAGE\n    stop_grace_period: 0s\n    command: [sh, -c, \"while :; do test -e /fixed || echo 'ERROR could not connect to server: Connection refused'; sleep 1; done\"]\n";

#[test]
fn a_fault_of_a_real_service_is_fixed_and_verified() {
    let Some(stack) = Stack::up("mcp", SERVICES) else { return };
    let home = tempfile::tempdir().unwrap();
    let words = ["-p", &stack.name, "mcp", "--allow-actions"];
    let mut client = Client::start(home.path(), &words);
    let begun = Instant::now();
    let id = loop {
        let list = client.get("list_problems", &json!({ "service": "api" }));
        if let Some(id) = list["problems"][0]["id"].as_str() {
            break id.to_owned();
        }
        assert!(begun.elapsed() < PATIENCE, "no problem: {list:#}");
    };
    let verify = json!({ "id": id, "seconds": 20 });
    assert_eq!(client.get("verify_problem", &verify)["verdict"], "still_there");
    stack.compose(&["exec", "-T", "api", "touch", "/fixed"]);
    let verdict = loop {
        // A line may be on its way.
        let verdict = client.get("verify_problem", &json!({ "id": id, "seconds": 4 }));
        if verdict["verdict"] == "fixed" || begun.elapsed() > PATIENCE {
            break verdict;
        }
    };
    assert_eq!(verdict["verdict"], "fixed", "{verdict:#}");
    let marked = client.get("mark_problem", &json!({ "id": id, "state": "fixed" }));
    assert_eq!(marked["problem"]["state"], "verifying");
    assert!(marked["not_kept"].is_null(), "{marked:#}");
    stack.compose(&["exec", "-T", "api", "rm", "/fixed"]);
    assert_eq!(client.get("verify_problem", &verify)["verdict"], "came_back");

    assert!(client.refused("restart_service", &json!({ "service": "apu" })).contains("no such"));
    let restarted = client.get("restart_service", &json!({ "service": "api" }));
    assert!(restarted["done"].as_str().unwrap().starts_with("Restarted api"), "{restarted}");
    client.end();
    let audit = home.path().join("state/projects").join(&stack.name).join("audit.ndjson");
    let audit = fs::read_to_string(audit).unwrap();
    let last: Value = serde_json::from_str(audit.lines().last().unwrap()).unwrap();
    assert_eq!((&last["actor"], &last["action"]), (&json!("mcp"), &json!("restart")), "{audit}");

    let mut client = Client::start(home.path(), &["-p", &stack.name, "mcp"]);
    assert!(!client.tools().contains(&"restart_service".to_owned()));
    let told = client.refused("restart_service", &json!({ "service": "api" }));
    assert!(told.contains("--allow-actions"), "{told}");
    client.end();
}

/// A Python that has the client of the protocol which others wrote; `None` after it said why the test is skipped.
fn client_of_others() -> Option<String> {
    let python = std::env::var("DOGWATCH_PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let has = |words: &[&str]| {
        Command::new(&python).args(words).output().is_ok_and(|output| output.status.success())
    };
    if has(&["-c", "import mcp"]) {
        return Some(python);
    }
    eprintln!(
        "SKIPPED: {python} has no package mcp: `pip install mcp`, and name that Python in DOGWATCH_PYTHON"
    );
    None
}

#[test]
fn a_scripted_agent_mends_three_faults_and_is_not_believed_a_false_fix() {
    let Some(python) = client_of_others() else { return };
    let Some(image) = common::image() else { return };
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scripts/mend.py");
    let output = Command::new(python)
        .arg(script)
        .args([env!("CARGO_BIN_EXE_dogwatch"), image])
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&output.stdout);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{told}{errors}");
    assert!(told.ends_with("three faults mended, one false fix caught\n"), "{told}{errors}");
    eprintln!("{told}");
}
