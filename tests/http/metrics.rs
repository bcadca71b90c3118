//! Figures, read by the tools that will read them: promtool, and a real Prometheus.

use crate::{
    client::{PATIENCE, ask, get},
    site::{DB, Site, Stage, settings},
};
use assert_cmd::cargo::CommandCargoExt as _;
use dogwatch::{model::Stream, store::Limits};
use std::{
    fs,
    io::Write as _,
    net::{SocketAddr, TcpListener},
    path::Path,
    process::{Child, Command, Output, Stdio},
    time::Duration,
};
use tokio::time::{sleep, timeout};

/// Says that a test is skipped, unless `DOGWATCH_REQUIRE_PROMETHEUS=1` makes that a failure.
fn is_there(program: &str) -> bool {
    let is_there =
        Command::new(program).arg("--version").output().is_ok_and(|output| output.status.success());
    if !is_there {
        let is_required = std::env::var("DOGWATCH_REQUIRE_PROMETHEUS").is_ok_and(|v| v == "1");
        assert!(!is_required, "DOGWATCH_REQUIRE_PROMETHEUS=1, but there is no {program}");
        eprintln!("SKIPPED: there is no {program}; the Debian package prometheus has it");
    }
    is_there
}

fn promtool(arguments: &[&str], folder: &Path, input: &str) -> Output {
    let mut child = Command::new("promtool")
        .args(arguments)
        .current_dir(folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    child.wait_with_output().unwrap()
}

fn export(folder: &Path) {
    let mut command = Command::cargo_bin("dogwatch").unwrap();
    let output = command.args(["monitoring", "export"]).arg(folder).output().unwrap();
    assert!(output.status.success(), "{output:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_names_of_users_are_there_from_the_start() {
    let site = Site::open().await;
    site.stage.web("ERROR: connection refused by db");
    site.stage.say(DB, Stream::Stdout, "fine");
    site.lines(2).await;
    let page = site
        .until("/metrics", |answer| answer.body.contains("dogwatch_problem_events_total{"))
        .await;
    assert!(page.head.contains("content-type: text/plain; version=0.0.4"), "{}", page.head);
    for line in [
        "repair_attempts_total{service=\"web\",action=\"restart\",success=\"true\"} 0",
        "service_health_status{service=\"web\",status=\"healthy\"} 1",
        "service_health_status{service=\"web\",status=\"unhealthy\"} 0",
        "service_failure_count{service=\"db\"} 0",
        "service_last_repair_timestamp{service=\"db\"} 0",
        "dogwatch_service_replicas{service=\"web\"} 1",
        "dogwatch_lines_total{service=\"web\"} 1",
        "dogwatch_lines_lost_total 0",
        "dogwatch_gaps_total 0",
        "dogwatch_source_up 1",
        "dogwatch_build_info{version=\"",
        "dogwatch_problems{service=\"web\",category=\"",
    ] {
        assert!(page.body.contains(line), "no {line} in\n{}", page.body);
    }
    site.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn promtool_finds_nothing_wrong() {
    if !is_there("promtool") {
        return;
    }
    let site = Site::open().await;
    site.stage.web("FATAL:  sorry, too many clients already");
    site.lines(1).await;
    let page = site
        .until("/metrics", |answer| answer.body.contains("dogwatch_problem_events_total{"))
        .await;
    site.close().await;
    let output = promtool(&["check", "metrics"], Path::new("."), &page.body);
    let told = String::from_utf8_lossy(&output.stderr).into_owned()
        + &String::from_utf8_lossy(&output.stdout);
    // The name is the older watchdog's, and its users' rules hold it.
    let is_known = |line: &&str| line.starts_with("service_failure_count ");
    let others: Vec<_> = told.lines().filter(|line| !is_known(line)).collect();
    assert!(others.is_empty(), "{others:#?}");
}

#[test]
fn every_rule_fires_on_what_it_is_for() {
    if !is_there("promtool") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    export(folder.path());
    for arguments in [
        ["check", "rules", "dogwatch.rules.yml"],
        ["test", "rules", "dogwatch.test.yml"],
        ["check", "config", "prometheus.yml"],
    ] {
        let output = promtool(&arguments, folder.path(), "");
        let told = String::from_utf8_lossy(&output.stdout);
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "promtool {arguments:?}: {told}{errors}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_series_of_many_services_are_bounded() {
    let site = Site::with(Stage::crowd(300), settings(), None, Limits::default()).await;
    let page = site
        .until("/metrics", |answer| {
            answer.body.contains("dogwatch_service_containers{service=\"other\"} 202")
        })
        .await;
    let series = page.body.lines().filter(|line| !line.starts_with('#')).count();
    assert!(series < 3_000, "{series} series");
    site.close().await;
}

/// A Prometheus that ends with the value.
struct Prometheus(Child);

impl Drop for Prometheus {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_real_prometheus_reads_it_with_the_exported_files() {
    if !is_there("prometheus") {
        return;
    }
    let site = Site::open().await;
    site.stage.web("ERROR: connection refused by db");
    let folder = tempfile::tempdir().unwrap();
    export(folder.path());
    let path = folder.path().join("prometheus.yml");
    let config = fs::read_to_string(&path).unwrap();
    let config = config
        .replace("127.0.0.1:7717", &site.address.to_string())
        .replace("scrape_interval: 15s", "scrape_interval: 1s");
    fs::write(&path, config).unwrap();
    let free = TcpListener::bind("127.0.0.1:0").unwrap();
    let address: SocketAddr = free.local_addr().unwrap();
    drop(free);
    let child = Command::new("prometheus")
        .arg("--config.file=prometheus.yml")
        .arg("--storage.tsdb.path=data")
        .arg(format!("--web.listen-address={address}"))
        .current_dir(folder.path())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let _prometheus = Prometheus(child);
    let seen = async {
        loop {
            sleep(Duration::from_millis(200)).await;
            if tokio::net::TcpStream::connect(address).await.is_err() {
                continue;
            }
            let found = get(address, "/api/v1/query?query=dogwatch_problems").await.body;
            if found.contains("\"service\":\"web\"") && found.contains("\"job\":\"dogwatch\"") {
                return;
            }
        }
    };
    timeout(PATIENCE, seen).await.expect("Prometheus does not see it");
    let up = get(address, "/api/v1/query?query=up").await.body;
    assert!(up.contains(",\"1\"]"), "{up}");
    let rules = get(address, "/api/v1/rules").await.body;
    assert!(rules.contains("ServiceUnhealthy") && !rules.contains("\"health\":\"err\""), "{rules}");
    site.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn figures_need_the_token_where_there_is_one() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("token");
    fs::write(&path, "a-word-for-those-who-read").unwrap();
    let settings = dogwatch::http::Settings { token_file: Some(path), ..settings() };
    let site = Site::with(Stage::new(), settings, None, Limits::default()).await;
    assert_eq!(site.get("/metrics").await.status, 401);
    let bearer = [("Authorization", "Bearer a-word-for-those-who-read")];
    assert_eq!(ask(site.address, "GET", "/metrics", &bearer).await.status, 200);
    site.close().await;
}
