//! The record as its commands show it: real journals on disk, the real program, no Engine.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "this is a test; its helpers are no test functions"
)]

use assert_cmd::{Command, assert::Assert};
use chrono::{DateTime, Duration, Utc};
use dogwatch::{
    model::{GapReason, Level, Row, RowGap, Speaker, Stream},
    source::replay::ndjson,
    store::journal::{Journal, Settings},
};
use predicates::{prelude::*, str::contains};
use std::{
    collections::BTreeMap,
    fs,
    io::{BufRead as _, BufReader, Read as _},
    path::PathBuf,
    process::Stdio,
};
use tempfile::TempDir;

/// The program in a home of its own, where no Engine answers.
struct Home(TempDir);

impl Home {
    fn new() -> Self {
        Self(TempDir::new().unwrap())
    }

    /// A home where this is on record.
    fn with(project: &str, rows: &[Row<'_>]) -> Self {
        let home = Self::new();
        home.record(project, rows);
        home
    }

    fn journal(&self, project: &str) -> PathBuf {
        self.0.path().join("state/projects").join(project).join("journal")
    }

    fn record(&self, project: &str, rows: &[Row<'_>]) {
        let (mut journal, _) =
            Journal::open(&self.journal(project), Settings::default(), Utc::now()).unwrap();
        for row in rows {
            journal.append(row);
        }
        journal.flush().unwrap();
    }

    fn command(&self, line: &str) -> std::process::Command {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_dogwatch"));
        command
            .args(line.split_whitespace())
            .current_dir(self.0.path())
            .env_clear()
            .env("HOME", self.0.path())
            .env("TZ", "UTC")
            .env("DOGWATCH_STATE_DIR", self.0.path().join("state"))
            .env("DOGWATCH_CONFIG_DIR", self.0.path().join("config"))
            .env("DOCKER_HOST", "unix:///nonexistent/docker.sock");
        command
    }

    fn run(&self, line: &str) -> Assert {
        let command = self.command(line);
        Command::from_std(command).timeout(std::time::Duration::from_mins(1)).assert()
    }

    fn read(&self, name: &str) -> Vec<u8> {
        fs::read(self.0.path().join(name)).unwrap()
    }
}

fn at(second: i64) -> DateTime<Utc> {
    begin() + Duration::seconds(second)
}

/// An hour that is on record today, whenever the test runs.
fn begin() -> DateTime<Utc> {
    Utc::now() - Duration::hours(1)
}

fn row(id: u64, time: DateTime<Utc>, service: &'static str, text: &'static str) -> Row<'static> {
    Row {
        id,
        time: Some(time),
        line_time: None,
        source: Speaker::Container,
        service: service.into(),
        container: "0123456789abcdef".into(),
        replica: 1,
        run: None,
        stream: Stream::Stdout,
        level: Level::Info,
        text: text.into(),
        message_at: 0,
        fields: BTreeMap::new(),
        redacted: Vec::new(),
        gap: None,
    }
}

/// Two services, an error, a gap, and two runs of `api`.
fn shop() -> Vec<Row<'static>> {
    let (start, first, second) = (begin(), begin() - Duration::hours(2), begin());
    let time = |n: i64| start + Duration::seconds(n);
    let api = |id, n, run, text| Row { run: Some(run), ..row(id, time(n), "api", text) };
    let gap =
        RowGap { from: Some(time(3)), to: time(4), lines: Some(7), reason: GapReason::Rotated };
    vec![
        api(1, 1, first, "listening on 8000"),
        row(2, time(2), "db", "ready to accept connections"),
        Row { level: Level::Error, stream: Stream::Stderr, ..api(3, 3, first, "Timeout of db") },
        Row {
            source: Speaker::System,
            stream: Stream::System,
            gap: Some(gap),
            ..api(4, 4, first, "7 lines lost")
        },
        api(5, 5, second, "listening on 8000"),
        Row { level: Level::Warn, ..row(6, time(6), "db", "timeout of a checkpoint") },
    ]
}

fn out(assert: &Assert) -> String {
    String::from_utf8(assert.get_output().stdout.clone()).unwrap()
}

/// What stands behind the time of each line.
fn texts(assert: &Assert) -> Vec<String> {
    let lines = out(assert);
    let line = |line: &str| line.split_once(' ').map_or(line, |(_, text)| text).to_owned();
    lines.lines().map(line).filter(|line| !line.starts_with("20") && !line.is_empty()).collect()
}

#[test]
fn the_record_is_searched_without_an_engine() {
    let home = Home::with("shop", &shop());
    for (line, want) in [
        (
            "timeout",
            &["api-1 | Timeout of db", "api-1 ! 7 lines lost", "db-1  | timeout of a checkpoint"][..],
        ),
        ("Timeout", &["api-1 | Timeout of db", "api-1 ! 7 lines lost"]),
        ("-s db", &["db-1 | ready to accept connections", "db-1 | timeout of a checkpoint"]),
        ("-s db --level warn", &["db-1 | timeout of a checkpoint"]),
        ("--level error", &["api-1 | Timeout of db", "api-1 ! 7 lines lost"]),
        ("--stream stderr", &["api-1 | Timeout of db", "api-1 ! 7 lines lost"]),
        ("--source system", &["api-1 ! 7 lines lost"]),
        ("--head 1", &["api-1 | listening on 8000"]),
        ("-n 1", &["db-1 | timeout of a checkpoint"]),
        ("-n 1 -s api --run previous", &["api-1 ! 7 lines lost"]),
        ("--run current", &["api-1 | listening on 8000"]),
        (
            "/check.*t$/ -B 1",
            &[
                "api-1 ! 7 lines lost",
                "api-1 - listening on 8000",
                "db-1  | timeout of a checkpoint",
            ],
        ),
    ] {
        let run = home.run(&format!("history {line}")).code(0).stderr("");
        let texts: Vec<_> = texts(&run).into_iter().filter(|t| !t.contains(" = ")).collect();
        assert_eq!(texts, want, "{line}");
    }
    home.run("history --count").code(0).stdout("6\n");
}

#[test]
fn another_run_is_told_between_the_lines() {
    let home = Home::with("shop", &shop());
    let run = home.run("history -s api -t");
    let lines = out(&run);
    let told: Vec<_> =
        lines.lines().filter(|line| line.contains(" = another run, begun ")).collect();
    assert_eq!(told.len(), 1, "{lines}");
    assert!(told[0].ends_with("container 0123456789ab"), "{lines}");
}

#[test]
fn exit_codes_say_what_became_of_it() {
    let home = Home::with("shop", &shop());
    home.run("history nothing-like-it -s db").code(1).stdout("").stderr("");
    // Lines that are missing may have been those.
    home.run("history nothing-like-it").code(1).stdout(contains("! 7 lines lost"));
    home.run("history -s web")
        .code(1)
        .stderr(contains("nothing of web is on record; there is: api, db"));
    home.run("history --run 9").code(1).stderr(contains("no such run"));
    home.run("history --level bogus")
        .code(2)
        .stderr(contains("trace, debug, info, warn, error, fatal"));
    home.run("history -n abc").code(2).stderr(contains("not a number of lines"));
    home.run("history --since later").code(2).stderr(contains("not a time"));
    home.run("history --head 1 --tail 1").code(2).stderr(contains("cannot be used with"));
    home.run("history /(/").code(2).stderr(contains("unclosed group"));
    home.run("history -p other")
        .code(3)
        .stderr(contains("project other").and(contains("one of: shop")));
    Home::new().run("history").code(3).stderr(contains("no project is on record"));
    home.record("blog", &[]);
    home.run("history").code(2).stderr(contains("one of: blog, shop"));
    home.run("history -p blog")
        .code(3)
        .stderr(contains("nothing is on record of the project blog yet"));
    home.run("history -p shop --count").code(0);
}

#[test]
fn the_project_is_that_of_the_compose_file() {
    let home = Home::with("shop", &shop());
    home.record("blog", &[]);
    fs::write(home.0.path().join("compose.yaml"), "name: shop\nservices: {}\n").unwrap();
    home.run("history --count").code(0).stdout("6\n");
}

#[test]
fn what_the_answer_cannot_say_is_remarked() {
    let home = Home::with("shop", &shop());
    let open = fs::read_dir(home.journal("shop")).unwrap().flatten().map(|e| e.path());
    let file = open.filter(|p| p.extension().is_some_and(|e| e == "ndjson")).max().unwrap();
    let mut rows = fs::read(&file).unwrap();
    rows.extend_from_slice(b"{\"id\":9,\"time\":\"20\n");
    fs::write(&file, rows).unwrap();
    home.run("history --count --since 2h").code(0).stdout("6\n").stderr(
        contains("the record begins at ")
            .and(contains("1 damaged line of the record was passed over"))
            .and(contains("1 gap in that time")),
    );
}

#[test]
fn following_goes_on_where_the_answer_ended_with_each_line_once() {
    use std::{
        io::{BufRead as _, BufReader},
        process::Stdio,
    };
    let home = Home::with("shop", &shop());
    let settings = Settings { file_bytes: 65_536, ..Settings::default() };
    let (mut journal, _) = Journal::open(&home.journal("shop"), settings, Utc::now()).unwrap();
    let mut command = home.command("history --follow -n 2 --format ndjson --source container");
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut next = || {
        let row: serde_json::Value = serde_json::from_str(&lines.next().unwrap().unwrap()).unwrap();
        row["id"].as_u64().unwrap()
    };
    assert_eq!([next(), next()], [5, 6]);
    let long: &str = "one more of many ".repeat(120).leak();
    // Over several files, one of them compressed meanwhile.
    for id in 7..=120 {
        journal.append(&row(id, at(60), "api", long));
        if id % 40 == 0 {
            journal.flush().unwrap();
            journal.chores().compress_one().unwrap();
            let first = if id == 40 { 7 } else { id - 39 };
            assert_eq!(
                (first..=id).map(|_| next()).collect::<Vec<_>>(),
                (first..=id).collect::<Vec<_>>()
            );
        }
    }
    child.kill().unwrap();
    let mut said = String::new();
    std::io::Read::read_to_string(&mut child.stderr.take().unwrap(), &mut said).unwrap();
    child.wait().unwrap();
    assert_eq!(said, "", "somebody writes");
    home.run("history --follow --format json").code(2).stderr(contains("--format ndjson"));
    home.run("history --follow --count").code(2).stderr(contains("cannot be used with"));
}

#[test]
fn files_that_cannot_be_read_are_named_beside_the_answer() {
    let home = Home::with("shop", &shop());
    fs::write(home.journal("shop").join("00000007.ndjson.gz"), [0x1f; 500]).unwrap();
    fs::create_dir(home.journal("shop").join("00000008.ndjson")).unwrap();
    let told = "2 files of the record could not be read: 00000007.ndjson.gz: it is damaged, nothing in it can be \
                read; 00000008.ndjson: it is no regular file";
    home.run("history --count").code(0).stdout("6\n").stderr(contains(told));
    home.run("history --count nothing-like-it").code(1).stderr(contains(told));
    home.run("doctor -p shop").stdout(contains(told).and(contains("all others are read")));
}

#[test]
fn programs_read_rows_and_a_document() {
    let home = Home::with("shop", &shop());
    let rows = out(&home.run("history --format ndjson"));
    let texts: Vec<_> =
        rows.lines().map(|l| ndjson::read(l.as_bytes()).unwrap().text.to_string()).collect();
    assert_eq!(texts.len(), 6);
    assert_eq!(texts[3], "7 lines lost");
    let json: serde_json::Value =
        serde_json::from_str(&out(&home.run("history --json --level warn"))).unwrap();
    assert_eq!(json["count"], 2);
    assert_eq!(json["logs"][1]["serviceName"], "db");
}

#[test]
fn hostile_rows_stay_harmless() {
    let mut hostile = row(1, begin(), "api", "\u{1b}[2J\u{1b}]52;c;eA==\u{7}x\u{9b}31my\u{202e}z");
    hostile.service = "a\u{1b}[31mpi".into();
    let home = Home::with("shop", &[hostile]);
    for form in [
        "history --color never",
        "history --json",
        "history --format ndjson",
        "export --format csv",
    ] {
        let text = out(&home.run(form).code(0));
        let bad = |c: char| c != '\n' && c != '\r' && c.is_control();
        assert!(!text.contains(bad) && !text.contains("\\u00") && text.contains('x'), "{text:?}");
    }
}

#[test]
fn a_reader_that_goes_away_ends_it_well() {
    let many: Vec<_> = (1..20_000)
        .map(|n| row(n, at(0), "api", "a line of some length, again and again"))
        .collect();
    let home = Home::with("shop", &many);
    let mut child =
        home.command("history").stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    // In the first hour of a day they are of the day before, which is said above them.
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
    let first = lines.find(|line| !line.starts_with("-- ")).unwrap();
    drop(lines);
    let mut told = String::new();
    child.stderr.take().unwrap().read_to_string(&mut told).unwrap();
    assert_eq!((child.wait().unwrap().code(), told.as_str()), (Some(0), ""));
    assert!(first.contains("api-1 | a line"), "{first}");
}

#[test]
fn an_export_is_whole_and_can_be_read_back() {
    let home = Home::with("shop", &shop());
    home.run("export all.ndjson")
        .code(0)
        .stdout("")
        .stderr(contains("6 lines written to all.ndjson"));
    let plain = String::from_utf8(home.read("all.ndjson")).unwrap();
    assert_eq!(plain.lines().count(), 6);
    home.run("export all.ndjson.gz -s api").code(0);
    let packed = home.read("all.ndjson.gz");
    let mut unpacked = String::new();
    flate2::read::GzDecoder::new(&packed[..]).read_to_string(&mut unpacked).unwrap();
    assert_eq!(unpacked.lines().count(), 4);
    home.run("export errors.csv --format csv --level error").code(0);
    let csv = String::from_utf8(home.read("errors.csv")).unwrap();
    assert!(csv.starts_with("time,service,") && csv.contains("\"Timeout of db\"\r\n"), "{csv}");
    home.run("export - --format text -n 1")
        .code(0)
        .stdout(contains("db-1 | timeout of a checkpoint"));
    home.run("export nowhere/x.ndjson").code(2).stderr(contains("cannot write nowhere/x.ndjson"));
    home.run("export empty.ndjson --grep nothing-like-it").code(1);
    home.run("analyze all.ndjson").code(0).stdout(contains("Total Log Lines: 5"));
}

#[test]
fn doctor_looks_at_what_is_here_also_without_an_engine() {
    let home = Home::with("shop", &shop());
    let text = out(&home.run("doctor -p shop").code(3).stderr(""));
    for part in [
        "fail  docker ",
        "cannot reach Docker at unix:///nonexistent/docker.sock (DOCKER_HOST)",
        "fix: Start Docker",
        "ok    journal ",
        "1 file, ",
        "back to 59 min ago; kept for 24 h",
        "ok    database  ",
        "open files",
        "ok    config ",
        "no token",
    ] {
        assert!(text.contains(part), "no {part:?} in\n{text}");
    }
    fs::write(home.0.path().join("config.toml"), "[engine]\ntial = 5\n").unwrap();
    let mut command = home.command("doctor --json --config config.toml");
    command.env("GH_TOKEN", "ghp_0123456789abcdefghijABCDEFGHIJ012345");
    let assert = Command::from_std(command).assert().code(3);
    let json: serde_json::Value = serde_json::from_str(&out(&assert)).unwrap();
    assert_eq!(json["grade"], "fail");
    let told = json["checks"].to_string();
    assert!(told.contains("tial") && told.contains("there is a token"), "{told}");
    assert!(!told.contains("ghp_"), "{told}");
}

#[test]
fn a_recording_needs_an_engine_and_leaves_nothing_behind_without_one() {
    let home = Home::new();
    home.run("record x.ndjson").code(3).stderr(contains("cannot reach Docker"));
    home.run("record nowhere/x.ndjson").code(2).stderr(contains("cannot write nowhere/x.ndjson"));
    home.run("record --for soon x.ndjson").code(2);
    home.run("--speed 0 x.ndjson").code(2).stderr(contains("not a speed"));
    assert_eq!(fs::read_dir(home.0.path()).unwrap().count(), 0);
}
