//! The example commands of the older tools, as their pages print them, on a real stack.

use super::{
    Monitor,
    common::{PATIENCE, Stack, forge::Forge, tongue::Kind, wait_for},
};
use serde_json::Value;
use std::{
    fs,
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::TcpStream,
    path::Path,
    process::{Command, Output, Stdio},
};

const SERVICES: &str = "  backend:\n    image: $IMAGE\n    stop_grace_period: 0s\n    command: [sh, -c, \"while :; do echo 'ERROR could not connect to server: Connection refused'; sleep 1; done\"]\n";

/// As typed in the project's folder, by somebody who has a GitHub.
fn typed(folder: &Path, github: &Forge, line: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_dogwatch"));
    command
        .args(line.split_whitespace())
        .current_dir(folder)
        .env("HOME", folder.join("home"))
        .env("DOGWATCH_STATE_DIR", folder.join("state"))
        .env("DOGWATCH_GITHUB_API", &github.address)
        .env("GH_REPO", "acme/shop")
        .env("GH_TOKEN", "secret-token")
        .stdin(Stdio::null());
    command
}

fn ended(mut command: Command, code: i32) -> String {
    let Output { status, stdout, stderr } = command.output().unwrap();
    let told = format!("{}{}", String::from_utf8_lossy(&stdout), String::from_utf8_lossy(&stderr));
    assert_eq!(status.code(), Some(code), "{command:?}: {told}");
    told
}

#[test]
fn the_examples_of_the_older_tools_do_what_they_say() {
    let Some(stack) = Stack::up("older", SERVICES) else { return };
    let folder = stack.folder.path();
    let read = |name: &str| fs::read_to_string(folder.join(name)).unwrap_or_default();
    for name in ["docker-compose.dev.yml", "docker-compose.test.yml"] {
        fs::copy(folder.join("compose.yaml"), folder.join(name)).unwrap();
    }
    let github = Forge::start(Kind::GitHub);
    let run = |line: &str, code| ended(typed(folder, &github, line), code);
    wait_for("three errors", || stack.compose(&["logs", "--no-log-prefix"]).lines().count() > 3);

    // The introspector. That something is wrong is its exit code now.
    for line in [
        "analyze",
        "analyze --service backend",
        "analyze -f docker-compose.dev.yml",
        "analyze --since 5m",
        "analyze --service backend --tail 1000",
    ] {
        let told = run(line, 1);
        for part in ["DOCKER COMPOSE LOG INTROSPECTION REPORT", "BACKEND", "occurrences)"] {
            assert!(told.contains(part), "{line}: no {part:?} in {told}");
        }
    }
    run("analyze --output error_report.txt", 1);
    assert!(
        read("error_report.txt").contains("Services Analyzed: 1"),
        "{}",
        read("error_report.txt")
    );
    let recipe = "\"$DOGWATCH\" analyze --output errors.txt\n\
        if grep -q \"Total Errors: [1-9]\" errors.txt; then\n\
        echo \"Errors detected in Docker logs\"\nexit 1\nfi";
    let mut step = typed(folder, &github, "");
    let words = ["-c", recipe];
    let variables: Vec<_> =
        step.get_envs().map(|(k, v)| (k.to_owned(), v.unwrap().to_owned())).collect();
    step = Command::new("sh");
    step.args(words).envs(variables).env("DOGWATCH", env!("CARGO_BIN_EXE_dogwatch"));
    step.current_dir(folder).stdin(Stdio::null());
    assert!(ended(step, 1).contains("Errors detected in Docker logs"));

    // Its creator of issues is a command of its own: what is typed without it is answered with it.
    assert_eq!(github.calls(), 0);
    for (line, issues, least) in [
        ("--dry-run", 0, 1),
        ("--create-issues", 1, 1),
        ("--create-issues --min-occurrences 3", 1, 3),
        ("--clear-cache", 1, 1),
    ] {
        assert_eq!(run(line, 2), format!("dogwatch: that is `dogwatch issues {line}` here\n"));
        run(&format!("issues {line}"), 0);
        assert_eq!(github.count(), issues, "{line}, from {least} on");
    }
    run("analyze --since 10m --create-issues", 1);
    assert_eq!(github.count(), 1, "it is filed once");

    // The audit: both files, and a problem to take.
    let told = run("scripts/docker_log_introspection.py", 2);
    assert_eq!(told, "dogwatch: that is `dogwatch agent plan` here\n");
    run("agent plan", 0);
    let report: Value = serde_json::from_str(&read("docker_audit_report.json")).unwrap();
    assert_eq!(report["summary"]["containers_with_issues"], 1, "{report:#}");
    let plan: Value = serde_json::from_str(&read("remediation_plan.json")).unwrap();
    assert_eq!(plan["agent_assignments"][0]["severity"], "HIGH", "{plan:#}");
    let next: Value = serde_json::from_str(&run("agent next", 0)).unwrap();
    for key in ["issue_type", "container", "log_excerpt", "severity"] {
        assert!(next[key].is_string(), "{key}: {next:#}");
    }

    // Monitors go on until they are ended.
    for (line, environment) in [
        ("monitor --interval 30", "dev"),
        ("monitor --interval 60", "dev"),
        ("monitor --max-iterations 10", "dev"),
        ("monitor --env dev", "dev"),
        ("monitor --env test", "test"),
        ("monitor --env dev --max-agents 5", "dev"),
    ] {
        let name = format!("docker_issues_{environment}.json");
        let _ = fs::remove_file(folder.join(&name));
        let child = typed(folder, &github, line).stdout(Stdio::null()).spawn().unwrap();
        let monitor = Monitor(child);
        wait_for(line, || folder.join(&name).exists());
        assert_eq!(monitor.end(), Some(0), "{line}");
        let state: Value = serde_json::from_str(&read(&name)).unwrap();
        assert_eq!(state["environment"], environment, "{line}");
        assert!(!read(&format!("docker_issues_report_{environment}.md")).is_empty(), "{line}");
    }
    let told = run("scripts/docker_log_monitor.py --env dev --max-agents 5", 2);
    assert_eq!(told, "dogwatch: that is `dogwatch monitor --env dev --max-agents 5` here\n");
}

#[test]
fn the_addresses_of_the_older_log_store_answer() {
    let Some(stack) = Stack::up("older-store", SERVICES) else { return };
    let (folder, github) = (stack.folder.path(), Forge::start(Kind::GitHub));
    fs::write(folder.join("word"), "a-word-for-those-who-act\n").unwrap();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        fs::set_permissions(folder.join("word"), fs::Permissions::from_mode(0o600)).unwrap();
    }
    let serving = "serve --listen 127.0.0.1:0 --act-token-file word";
    let mut child = typed(folder, &github, serving)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
    let server = Monitor(child);
    let address = lines.by_ref().find_map(|line| {
        let line = line.ok()?;
        let (_, rest) = line.split_once("http://")?;
        Some(rest.split(|c: char| c.is_whitespace() || "/;".contains(c)).next()?.to_owned())
    });
    let address = address.expect("an address");
    let ask = |call: &str, word: &str, body: &str| {
        let mut stream = TcpStream::connect(&address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let length = body.len();
        write!(
            stream,
            "{call} HTTP/1.0\r\nHost: {address}\r\n{word}Content-Type: application/json\r\n\
             Content-Length: {length}\r\n\r\n{body}"
        )
        .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    };
    let get = |path: &str| ask(&format!("GET {path}"), "", "");
    wait_for("lines", || get("/api/v1/logs").contains("Connection refused"));
    for (path, holds) in [
        ("/api/v1/logs", true),
        ("/api/v1/logs?limit=100", true),
        ("/api/v1/logs?serviceName=backend&limit=50", true),
        ("/api/v1/logs?serviceName=web&limit=50", false),
        ("/api/v1/logs?level=error", true),
        ("/api/v1/logs?since=0", true),
        ("/api/v1/logs?level=error&since=0", true),
        ("/api/v1/logs?sourceType=container", true),
        ("/api/v1/logs?sourceType=system&sourceType=manager", false),
        ("/api/v1/logs?containerId=abc123", false),
        ("/api/v1/logs/count", false),
    ] {
        let answer = get(path);
        assert!(
            answer.starts_with("HTTP/1.0 200") && answer.contains("\"count\""),
            "{path}: {answer}"
        );
        assert_eq!(answer.contains("Connection refused"), holds, "{path}: {answer}");
    }

    // What changes something wants a word now.
    let service = r#"{"serviceId": 1, "serviceName": "web"}"#;
    let app = r#"{"appId": 1001, "appName": "nginx-app", "services": [{"serviceId": 1, "serviceName": "web", "imageName": "nginx:alpine"}]}"#;
    let id = stack.compose(&["ps", "--quiet", "backend"]).trim().to_owned();
    let real = format!("/api/v1/logs/{}/attach", &id[..12]);
    let word = "Authorization: Bearer a-word-for-those-who-act\r\n";
    for (call, word, body, status, told) in [
        ("POST /api/v1/logs/abc123/attach", "", service, 401, "Authorization: Bearer TOKEN"),
        ("POST /api/v1/logs/abc123/attach", word, service, 404, "has no container “abc123”"),
        ("DELETE /api/v1/logs/abc123/attach", word, "", 404, "has no container “abc123”"),
        (&format!("DELETE {real}"), word, "", 200, "Successfully detached from container logs"),
        (&format!("POST {real}"), word, service, 200, "Successfully attached to container logs"),
        (&format!("POST {real}"), word, "", 200, "\"serviceName\":\"backend\""),
        ("POST /api/v1/apps/1001", "", app, 404, "docker compose up -d"),
    ] {
        let answer = ask(call, word, body);
        let is_meant = answer.starts_with(&format!("HTTP/1.0 {status}")) && answer.contains(told);
        assert!(is_meant, "{call}: {answer}");
    }
    assert_eq!(server.end(), Some(0));
}
