//! The program as scripts use it: what it answers, where, and with which exit code.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "this is a test; its helpers are no test functions"
)]

use assert_cmd::{Command, assert::Assert};
use predicates::{prelude::*, str::contains};
use serde_json::Value;
use std::{fs, path::PathBuf};
use tempfile::TempDir;

const COMPOSE_LOG: &str = "\
api-1     | 2024-01-15T10:00:00Z INFO listening on 8000\n\
worker-1  | 2024-01-15T10:00:01Z ERROR could not connect to server: Connection refused\n\
db-1      | 2024-01-15T10:00:02Z FATAL:  sorry, too many clients already\n\
api-1     | Traceback (most recent call last):\n\
api-1     |   File \"/app/main.py\", line 3, in <module>\n\
api-1     | TypeError: 'NoneType' object is not subscriptable\n\
worker-1  | 2024-01-15T10:05:00Z ERROR could not connect to server: Connection refused\n\
quiet-1   | 2024-01-15T10:05:01Z INFO token=abcdef0123456789abcdef all well\n";

/// The program in a home of its own, where no Engine answers.
struct Home(TempDir);

impl Home {
    fn new() -> Self {
        Self(TempDir::new().unwrap())
    }

    fn file(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.0.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, content).unwrap();
        path
    }

    fn run(&self, line: &str) -> Command {
        let mut command = Command::cargo_bin("dogwatch").unwrap();
        command
            .args(line.split_whitespace())
            .current_dir(self.0.path())
            .env_clear()
            .env("HOME", self.0.path())
            .env("DOCKER_HOST", "unix:///nonexistent/docker.sock")
            .timeout(std::time::Duration::from_mins(1));
        command
    }
}

fn text(assert: &Assert) -> String {
    String::from_utf8(assert.get_output().stdout.clone()).unwrap()
}

fn json(assert: &Assert) -> Value {
    serde_json::from_str(&text(assert)).unwrap()
}

#[test]
fn analyze_reports_a_file_and_fails_when_something_is_wrong() {
    let home = Home::new();
    home.file("ci.log", COMPOSE_LOG);
    let report = text(&home.run("analyze ci.log").assert().code(1).stderr(""));
    for part in [
        "DOCKER COMPOSE LOG INTROSPECTION REPORT",
        "Services Analyzed: 4",
        "Total Log Lines: 8",
        "Total Errors: 4 (1 critical, 3 of severity error)",
        "  quiet ",
        "DETAILED ERRORS BY SERVICE",
        "\nDB\n",
        "Line 3:",
    ] {
        assert!(report.contains(part), "no {part:?} in\n{report}");
    }
    assert!(!report.contains('\u{1b}'));
}

#[test]
fn fatal_lines_alone_are_errors() {
    let home = Home::new();
    let run = home.run("analyze -").write_stdin("FATAL: out of memory\n").assert().code(1);
    assert!(
        text(&run).contains("Total Errors: 1 (1 critical, 0 of severity error)"),
        "{}",
        text(&run)
    );
}

#[test]
fn fail_on_moves_the_limit() {
    let home = Home::new();
    home.file("warn.log", "WARN disk is getting full\n");
    home.file("error.log", "ERROR connection refused\n");
    for (line, code) in [
        ("analyze warn.log", 0),
        ("analyze --fail-on warning warn.log", 1),
        ("analyze error.log", 1),
        ("analyze --fail-on critical error.log", 0),
    ] {
        home.run(line).assert().code(code);
    }
}

#[test]
fn analyze_writes_json_and_markdown_where_it_is_told() {
    let home = Home::new();
    home.file("ci.log", COMPOSE_LOG);
    let report = json(&home.run("analyze --json ci.log").assert().code(1));
    assert_eq!(report["schema_version"], 1);
    assert_eq!(report["summary"]["total_lines"], 8);
    let worst = &report["problems"][0];
    assert_eq!(
        (worst["severity"].as_str(), worst["category"].as_str()),
        (Some("critical"), Some("database"))
    );

    home.run("analyze --format markdown -o out.md ci.log").assert().code(1).stdout("");
    let page = fs::read_to_string(home.0.path().join("out.md")).unwrap();
    assert!(page.starts_with("# Docker Compose Log Introspection Report"), "{page}");
    home.run("analyze -o nowhere/out.md ci.log")
        .assert()
        .code(2)
        .stderr(contains("nowhere/out.md"));
}

#[test]
fn one_reading_writes_every_form_that_an_ending_names() {
    let home = Home::new();
    home.file("ci.log", COMPOSE_LOG);
    let line = "analyze -o a.json -o b.md -o c.html -o d.sarif -o e.xml -o - ci.log";
    let shown = text(&home.run(line).assert().code(1));
    assert!(shown.contains("Total Errors: 4"), "{shown}");
    let read = |name: &str| fs::read_to_string(home.0.path().join(name)).unwrap();
    let report: Value = serde_json::from_str(&read("a.json")).unwrap();
    let sarif: Value = serde_json::from_str(&read("d.sarif")).unwrap();
    let results = sarif["runs"][0]["results"].as_array().unwrap();
    assert_eq!(results.len(), report["problems"].as_array().unwrap().len());
    assert_eq!(sarif["version"], "2.1.0");
    assert!(read("b.md").starts_with("# Docker"));
    assert!(read("c.html").starts_with("<!doctype html>"));
    assert!(read("e.xml").starts_with("<?xml"));
    let annotations = text(&home.run("analyze --format github ci.log").assert().code(1));
    assert!(annotations.starts_with("::error file=ci.log,line="), "{annotations}");
}

#[test]
fn with_a_baseline_a_run_fails_only_on_what_is_new_or_came_back() {
    let home = Home::new();
    home.file("old.log", COMPOSE_LOG);
    home.run("analyze --baseline known.json --update-baseline old.log").assert().code(0);
    let first = fs::read(home.0.path().join("known.json")).unwrap();
    home.run("analyze --baseline known.json old.log").assert().code(0);
    home.run("analyze --baseline known.json --update-baseline old.log").assert().code(0);
    let again = fs::read(home.0.path().join("known.json")).unwrap();
    assert_eq!(first, again, "nothing changed, so the file does not");

    let new = "db-1 | 2024-01-15T10:09:00Z ERROR: deadlock detected\n";
    home.file("new.log", format!("{COMPOSE_LOG}{new}"));
    let report = json(&home.run("analyze --json --baseline known.json new.log").assert().code(1));
    assert_eq!(report["baseline"]["new"], 1);
    let failing: Vec<_> = report["problems"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|p| p["fails"] == true)
        .map(|p| p["novelty"].as_str().unwrap())
        .collect();
    assert_eq!(failing, ["new"]);

    let quiet: String = COMPOSE_LOG
        .lines()
        .map(|l| l.replace("ERROR could not connect", "INFO could") + "\n")
        .collect();
    home.file("quiet.log", quiet);
    home.run("analyze --baseline known.json --update-baseline quiet.log").assert().code(0);
    let report = json(&home.run("analyze --json --baseline known.json old.log").assert().code(1));
    assert_eq!(report["baseline"]["regressed"], 1);
}

#[test]
fn two_reports_are_compared() {
    let home = Home::new();
    home.file("old.log", "api-1 | ERROR connection refused\n");
    home.file("new.log", "api-1 | ERROR connection refused\ndb-1 | FATAL: out of memory\n");
    home.run("analyze --json -o old.json old.log").assert().code(1);
    home.run("analyze --json -o new.json new.log").assert().code(1);
    let told = text(&home.run("compare old.json new.json").assert().code(1));
    assert!(told.starts_with("NEW (1)\n  critical"), "{told}");
    let gone = json(&home.run("compare --json new.json old.json").assert().code(0));
    assert_eq!(gone["gone"].as_array().unwrap().len(), 1);
}

#[test]
fn the_forms_of_our_files_are_published() {
    let home = Home::new();
    home.file("ci.log", COMPOSE_LOG);
    home.run("analyze --json -o report.json --baseline known.json --update-baseline ci.log")
        .assert()
        .code(0);
    home.file("empty.json", r#"{"schema_version": 1, "problems": []}"#);
    let comparison = text(&home.run("compare --json empty.json report.json").assert().code(1));
    home.file("comparison.json", comparison);
    for name in ["report", "baseline", "comparison"] {
        let schema = json(&home.run(&format!("schema {name}")).assert().code(0));
        let file = if name == "baseline" { "known" } else { name };
        let file = fs::read(home.0.path().join(format!("{file}.json"))).unwrap();
        let file: Value = serde_json::from_slice(&file).unwrap();
        let validator = jsonschema::validator_for(&schema).unwrap();
        let errors: Vec<_> = validator.iter_errors(&file).map(|e| e.to_string()).collect();
        assert!(errors.is_empty(), "{name}: {errors:?}");
    }
}

#[test]
fn services_and_since_hold_together_and_alone() {
    let home = Home::new();
    home.file("ci.log", COMPOSE_LOG);
    let total = |line: &str| {
        let report = json(&home.run(line).assert().code(predicate::in_iter([0, 1])));
        (
            report["summary"]["total_lines"].as_u64().unwrap(),
            report["summary"]["total_errors"].as_u64().unwrap(),
        )
    };
    assert_eq!(total("analyze --json -s worker ci.log"), (2, 2));
    assert_eq!(total("analyze --json --since 2024-01-15T10:04:00Z ci.log"), (2, 1));
    assert_eq!(total("analyze --json -s worker --since 2024-01-15T10:04:00Z ci.log"), (1, 1));
    home.run("analyze -s nobody ci.log")
        .assert()
        .code(3)
        .stderr(contains("api, db, quiet, worker"));
}

#[test]
fn classify_answers_each_line_once_and_in_order() {
    let home = Home::new();
    for line in ["classify", "classify -", "classify --each -"] {
        let run = home.run(line).write_stdin(COMPOSE_LOG).assert().success();
        let rows: Vec<Value> =
            text(&run).lines().map(|row| serde_json::from_str(row).unwrap()).collect();
        let numbers: Vec<u64> = rows.iter().map(|row| row["line"].as_u64().unwrap()).collect();
        assert_eq!(numbers, [1, 2, 3, 4, 5, 6, 7, 8], "{line}");
        assert_eq!(rows[1]["service"], "worker");
        assert_eq!(rows[1]["fingerprint"], rows[6]["fingerprint"]);
        assert_eq!(rows[5]["part_of"].is_null(), line.contains("--each"), "{line}");
    }
    home.run("classify missing.log").assert().code(2).stderr(contains("missing.log"));
}

#[test]
fn hostile_input_is_answered() {
    let home = Home::new();
    let long = vec![b'x'; 3 << 20];
    let lines: [&[u8]; 6] =
        [b"\0\0", b"\xff\xfe ERROR \xc3", b"\x1b[2J\x1b]0;t\x07 FATAL", &long, b"", b"{\"a\":"];
    let input = lines.join(&b"\n"[..]);
    let run = home.run("classify").write_stdin(input.clone()).assert().success();
    assert_eq!(text(&run).lines().count(), 6);
    assert!(!text(&run).contains('\u{1b}'));
    let run = home.run("analyze -").write_stdin(input).assert().code(1);
    assert!(!text(&run).contains('\u{1b}'));
    home.run("analyze -").write_stdin("").assert().code(0);
}

#[test]
fn wrong_use_names_what_is_known() {
    let home = Home::new();
    home.file("app.log", COMPOSE_LOG);
    for (line, known) in [
        ("analyze logs", "there is no file logs here, and no command"),
        ("analyze -f missing.yml", "missing.yml: No such file"),
        ("analyze -f app.log", "app.log is no compose file"),
        ("analyze --format xml", "text, json, markdown, html, sarif, junit, github"),
        ("analyze --update-baseline missing.log", "--baseline"),
        ("analyze --baseline none.json missing.log", "--update-baseline"),
        ("compare missing.json missing.json", "missing.json"),
        ("analyze --fail-on high", "critical, error, warning"),
        ("analyze --since tomorrow", "10m"),
        ("analyse", "analyze"),
        ("rules test database.nothing-like-it", "database."),
        ("analyze missing.log", "missing.log"),
    ] {
        let run = home.run(line).assert().code(2);
        let output = run.get_output();
        let all = [output.stdout.as_slice(), output.stderr.as_slice()].concat();
        assert!(
            String::from_utf8_lossy(&all).contains(known),
            "{line}: {}",
            String::from_utf8_lossy(&all)
        );
    }
}

#[test]
fn without_docker_it_says_what_it_tried_and_what_to_do() {
    let home = Home::new();
    home.run("analyze")
        .assert()
        .code(3)
        .stdout("")
        .stderr(contains("/nonexistent/docker.sock").and(contains("dogwatch demo")));
}

#[test]
fn without_a_terminal_there_is_no_dashboard() {
    let home = Home::new();
    for line in ["", "demo"] {
        home.run(line).assert().code(2).stderr(contains("dogwatch analyze"));
    }
}

#[test]
fn a_broken_file_is_named_and_the_rest_still_works() {
    let home = Home::new();
    home.file(".config/dogwatch/config.toml", "[tui]\nthem = \"dark\"\n");
    home.file(
        ".config/dogwatch/patterns/mine.toml",
        "[[rule]]\nid = \"database.mine\"\npattern = \"(\"\n",
    );
    home.file("ci.log", COMPOSE_LOG);
    let run = home.run("config check").assert().code(2);
    for part in ["config.toml", "them", "theme", "mine.toml", "database.mine"] {
        assert!(text(&run).contains(part), "no {part} in {}", text(&run));
    }
    home.run("analyze ci.log")
        .assert()
        .code(1)
        .stderr(contains("mine.toml"))
        .stdout(contains("Total Errors: 4"));
    home.run("--no-config analyze ci.log").assert().code(1).stderr("");
}

#[test]
fn a_rule_of_ones_own_is_listed_and_hits() {
    let home = Home::new();
    home.file(
        ".config/dogwatch/patterns/mine.toml",
        "[[rule]]\nid = \"health.teapot\"\ntitle = \"A teapot\"\nseverity = \"critical\"\n\
         pattern = '\\bi am a teapot\\b'\nhint = \"Tea.\"\nremedies = [\"Drink it.\"]\n\
         matches = [\"i am a teapot\"]\n",
    );
    home.run("rules list")
        .assert()
        .success()
        .stdout(contains("health.teapot").and(contains("mine.toml")));
    home.run("rules test health.teapot").assert().success().stdout(contains("1 samples, 0 failed"));
    let run = home.run("classify").write_stdin("i am a teapot\n").assert().success();
    assert_eq!(json(&run)["rule"], "health.teapot");
    let rules = json(&home.run("rules list --json").assert().success());
    assert!(rules["rules"].as_array().unwrap().len() > 100);
}

#[test]
fn the_small_commands_answer() {
    let home = Home::new();
    home.run("themes").assert().success().stdout(contains("dark").and(contains("light")));
    home.run("config path").assert().success().stdout(contains(".config/dogwatch/config.toml"));
    home.run("config show")
        .assert()
        .success()
        .stdout(contains("tui.theme = ").and(contains("# default")));
    home.run("config check").assert().success().stdout(contains("All right"));
    home.run("completions bash").assert().success().stdout(contains("_dogwatch"));
    home.run("--version").assert().success().stdout(contains(env!("CARGO_PKG_VERSION")));
    home.run("--help")
        .assert()
        .success()
        .stdout(contains("Examples:").and(contains("Exit codes:")));
}

#[test]
fn a_reader_that_went_away_is_no_error() {
    let home = Home::new();
    let program = Command::cargo_bin("dogwatch").unwrap();
    let program = program.get_program().to_owned();
    let mut child = std::process::Command::new(program)
        .args(["rules", "list", "--json"])
        .env("HOME", home.0.path())
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{:?}", output.status);
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
}
