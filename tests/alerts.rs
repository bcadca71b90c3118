//! A real Prometheus reads dogwatch's figures, fires, is asked for its alerts, and one repair comes of it. Where there is
//! no Prometheus, or no Engine, it says that it skips.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "this is a test; its helpers are no test functions"
)]

mod common;
#[path = "common/proxy.rs"]
mod proxy;

use common::{Stack, wait_for};
use proxy::Proxy;
use serde_json::Value;
use std::{
    fs,
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{TcpListener, TcpStream},
    path::Path,
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

/// `api` has problems until it is restarted; `other` has them for ever, and no rule names it.
const SERVICES: &str = r#"
  api:
    image: $IMAGE
    init: true
    command:
      - sh
      - -c
      - |
        if [ -e /tmp/was ]; then exec sleep 3600; fi
        touch /tmp/was
        while true; do echo 'ERROR: connection refused by db'; sleep 0.5; done
  other:
    image: $IMAGE
    init: true
    command: ["sh", "-c", "while true; do echo 'ERROR: connection refused by db'; sleep 0.5; done"]
"#;

const RULES: &str = r#"
groups:
  - name: shop
    interval: 1s
    rules:
      - alert: HasProblems
        expr: sum by (service) (rate(dogwatch_problem_events_total{service="api"}[10s])) > 0
      - alert: NobodyAsked
        expr: sum by (service) (rate(dogwatch_problem_events_total{service="other"}[10s])) > 0
"#;

/// Says that the test is skipped, unless `DOGWATCH_REQUIRE_PROMETHEUS=1` makes that a failure.
fn is_there() -> bool {
    let output = Command::new("prometheus").arg("--version").output();
    let is_there = output.is_ok_and(|output| output.status.success());
    if !is_there {
        let is_required = std::env::var("DOGWATCH_REQUIRE_PROMETHEUS").is_ok_and(|v| v == "1");
        assert!(!is_required, "DOGWATCH_REQUIRE_PROMETHEUS=1, but there is no prometheus");
        eprintln!("SKIPPED: there is no prometheus; the Debian package prometheus has it");
    }
    is_there
}

/// A program that ends with the value.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// `dogwatch serve` behind a recorder, which believes this Prometheus, and where it listens.
fn serve(stack: &Stack, state: &Path, prometheus: &str, proxy: &Proxy) -> (Running, String) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_dogwatch"))
        .args(["serve", "--listen", "127.0.0.1:0", "--no-config", "-p", &stack.name])
        .env("DOCKER_HOST", proxy.host())
        .env("DOGWATCH_STATE_DIR", state)
        .env("DOGWATCH_WATCHDOG__MODE", "auto")
        .env("DOGWATCH_WATCHDOG__ALERTS", r#"["HasProblems"]"#)
        .env("DOGWATCH_WATCHDOG__PROMETHEUS", format!("http://{prometheus}"))
        .env("DOGWATCH_WATCHDOG__WINDOW_SECONDS", "2")
        .env("RESTART_COOLDOWN", "20")
        .env("WATCHDOG_INTERVAL", "1")
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut told = BufReader::new(child.stderr.take().unwrap());
    let running = Running(child);
    let mut all = String::new();
    let address = loop {
        let mut line = String::new();
        assert!(told.read_line(&mut line).unwrap() > 0, "it ended: {all}");
        all.push_str(&line);
        if let Some((_, rest)) = line.split_once("http://") {
            break rest.split(';').next().unwrap().trim().to_owned();
        }
    };
    // Nobody reads on, and a full pipe would hold it up.
    thread::spawn(move || told.lines().map_while(Result::ok).for_each(|line| eprintln!("{line}")));
    (running, address)
}

/// Starts it in a folder, with a rule file and our figures.
fn prometheus(folder: &Path, address: &str, ours: &str) -> Running {
    let config = format!(
        "global:\n  scrape_interval: 1s\n  evaluation_interval: 1s\nrule_files: [rules.yml]\n\
         scrape_configs:\n  - job_name: dogwatch\n    static_configs:\n      - targets: ['{ours}']\n"
    );
    fs::write(folder.join("prometheus.yml"), config).unwrap();
    fs::write(folder.join("rules.yml"), RULES).unwrap();
    let child = Command::new("prometheus")
        .arg("--config.file=prometheus.yml")
        .arg("--storage.tsdb.path=data")
        .arg(format!("--web.listen-address={address}"))
        .current_dir(folder)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    Running(child)
}

/// The body of an answer; empty where nobody answers.
fn get(address: &str, path: &str) -> String {
    let asked = || {
        let mut stream = TcpStream::connect(address)?;
        stream.set_read_timeout(Some(Duration::from_secs(10)))?;
        write!(stream, "GET {path} HTTP/1.0\r\nHost: {address}\r\nConnection: close\r\n\r\n")?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        Ok::<_, std::io::Error>(answer)
    };
    let answer = asked().unwrap_or_default();
    answer.split_once("\r\n\r\n").map(|(_, body)| body.to_owned()).unwrap_or_default()
}

/// Names and services of the alerts that fire.
fn firing(prometheus: &str) -> Vec<(String, String)> {
    let answer: Value =
        serde_json::from_str(&get(prometheus, "/api/v1/alerts")).unwrap_or_default();
    let word = |alert: &Value, name: &str| alert["labels"][name].as_str().unwrap().to_owned();
    let alerts = answer["data"]["alerts"].as_array().cloned().unwrap_or_default();
    let firing = alerts.iter().filter(|alert| alert["state"] == "firing");
    let mut all: Vec<_> = firing.map(|a| (word(a, "alertname"), word(a, "service"))).collect();
    all.sort();
    all
}

#[test]
fn an_alert_that_fires_leads_to_exactly_one_repair() {
    if !is_there() {
        return;
    }
    let Some(stack) = Stack::up("alerts", SERVICES) else { return };
    let (state, folder) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let free = TcpListener::bind("127.0.0.1:0").unwrap();
    let asked = free.local_addr().unwrap().to_string();
    drop(free);
    let proxy = Proxy::before_main();
    let (_dogwatch, ours) = serve(&stack, state.path(), &asked, &proxy);
    let _prometheus = prometheus(folder.path(), &asked, &ours);

    let named = |name: &str, service: &str| (name.to_owned(), service.to_owned());
    let both = [named("HasProblems", "api"), named("NobodyAsked", "other")];
    wait_for("the firing of both alerts", || firing(&asked) == both);
    assert_eq!(proxy.writes(), Vec::<String>::new(), "it fires for a minute first");
    let worked = r#"repair_attempts_total{service="api",action="restart",success="true"} 1"#;
    wait_for("the repair that worked", || get(&ours, "/metrics").contains(worked));
    wait_for("the end of its alert", || firing(&asked) == both[1..]);
    // A second one would come when the cooldown is over.
    let waited = Instant::now();
    while waited.elapsed() < Duration::from_secs(25) {
        let writes = proxy.writes();
        assert!(writes.len() == 1 && writes[0].contains("/restart"), "{writes:?}");
        thread::sleep(Duration::from_millis(500));
    }
    assert!(get(&ours, "/metrics").contains(worked));
    assert_eq!(firing(&asked), both[1..], "whose alert no rule names is left alone");
}
