//! B: the daemon, its socket, and many containers.

use crate::{
    Fault, Found, Miss,
    common::engine::{Engine, Second, is_root},
    fake::{Fake, ID, Reply, inspected, is_logs},
    proxy::{Mood, Proxy},
    pty::Pty,
    quick,
    scene::{PATIENCE, Scene, figures, image, no_engine, slowest_key, wait},
    slow,
    witness::{judge::judge, ledger, writers::Image},
};
use dogwatch::{
    model::RunState,
    source::{Change, End, Link, Resume, Source as _},
};
use serde_json::{Value, json};
use std::{
    fmt::Write as _,
    fs,
    os::unix::{fs::PermissionsExt, process::CommandExt as _},
    path::{Path, PathBuf},
    process::{Command, Output},
    thread::sleep,
    time::{Duration, Instant},
};
use tokio::{sync::mpsc, time::timeout};

pub(crate) const FAULTS: &[Fault] = &[
    quick("B1", "no socket", b1),
    quick("B2", "no right to the socket", b2),
    quick("B3", "the socket goes away", b3),
    slow("B4", "older Engines and a newer one", b4),
    quick("B5", "a daemon that stands still", b5),
    slow("B6", "100 containers come and go", b6),
    quick("B7", "10,000 containers", b7),
    quick("B8", "events that never come", b8),
    quick("B9", "answers with fields missing", b9),
    quick("B10", "two projects, the same services", b10),
    quick("B11", "tcp without TLS, and ssh", b11),
    quick("B12", "409 dead or marked for removal", b12),
    quick("B13", "500 for ten seconds", b13),
    quick("B14", "dogwatch in a container of its own", b14),
];

const DOGWATCH: &str = env!("CARGO_BIN_EXE_dogwatch");

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Runtime::new().unwrap()
}

fn verdict(is_right: bool, figure: String) -> Found {
    if is_right { Ok(figure) } else { Err(Miss::Wrong(figure)) }
}

/// Exit code and first line of what it says on standard error.
fn said(output: &Output) -> (i32, String) {
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    let first = text.lines().find(|line| !line.trim().is_empty()).unwrap_or_default().to_owned();
    (output.status.code().unwrap_or(-1), first)
}

fn b1() -> Found {
    let mut command = Command::new(DOGWATCH);
    let output =
        command.args(["analyze", "-H", "unix:///nonexistent/docker.sock"]).output().unwrap();
    let (code, text) = said(&output);
    verdict(code == 3 && text.contains("no such file"), format!("exit {code}: \"{text}\""))
}

fn b2() -> Found {
    if !is_root() {
        return Err(Miss::skip("needs root, to become somebody else"));
    }
    let folder = tempfile::tempdir().unwrap();
    fs::set_permissions(folder.path(), PermissionsExt::from_mode(0o755)).unwrap();
    let program = folder.path().join("dogwatch");
    fs::copy(DOGWATCH, &program).unwrap();
    let socket = folder.path().join("docker.sock");
    let _listener = std::os::unix::net::UnixListener::bind(&socket).unwrap();
    fs::set_permissions(&socket, PermissionsExt::from_mode(0o000)).unwrap();
    let output = Command::new(program)
        .args(["analyze", "-H", &format!("unix://{}", socket.display())])
        .env("HOME", "/nonexistent")
        .current_dir("/")
        .gid(65_534)
        .uid(65_534)
        .output()
        .unwrap();
    let (code, text) = said(&output);
    let advice = String::from_utf8_lossy(&output.stderr).contains("usermod -aG docker");
    let is_right = code == 3 && text.to_lowercase().contains("permission denied") && advice;
    verdict(is_right, format!("exit {code}: \"{text}\""))
}

/// The socket of the machine's own Engine, where it is one.
fn socket() -> Result<PathBuf, Miss> {
    let host = std::env::var("DOCKER_HOST").unwrap_or_default();
    let path = host.strip_prefix("unix://").unwrap_or("/var/run/docker.sock");
    if Path::new(path).exists() { Ok(path.into()) } else { Err(Miss::skip("no local socket")) }
}

fn b3() -> Found {
    let proxy = Proxy::before(&socket()?);
    let mut scene = Scene::quiet("b3", &[("api", "100 both", &[])])?;
    scene.watch.engine = Engine { host: Some(proxy.host()) };
    let mut pty = Pty::run(scene.watch.command(), 120, 40);
    pty.wait("the service", |screen| screen.contents().contains("api"));
    wait("rows", || !scene.recorded().stored.is_empty());
    proxy.set(Mood::Away);
    pty.wait("told", |screen| screen.contents().contains("NOT REACHABLE"));
    pty.press("\x1b");
    pty.wait("the lines", |screen| screen.contents().contains(" out "));
    proxy.set(Mood::Fine);
    let back = scene.fresh("api");
    pty.wait("forgiven", |screen| !screen.contents().contains("NOT REACHABLE"));
    let figure = scene.figures()?;
    pty.press("q");
    let (code, _) = pty.end();
    verdict(code == 0, format!("told, still there, back after {back:.1?}, {figure}"))
}

fn b4() -> Found {
    let mut seen = Vec::new();
    for (name, variable, value) in
        [("min", "MIN_API", "1.44"), ("trixie", "ENGINE", "trixie"), ("stable", "ENGINE", "stable")]
    {
        let second = Second::start_with(&format!("faults-{name}"), &[(variable, value)]);
        let second = second.map_err(Miss::skip)?;
        let image = Image::build(&second.engine).map_err(no_engine)?;
        let services: &[(&str, &str, &[&str])] = &[("api", "200 both", &[])];
        let mut scene = Scene::on(second.engine.clone(), &image, &format!("b4-{name}"), services);
        scene.begin();
        scene.stack.compose(&["restart", "--timeout", "0", "api"]);
        scene.fresh("api");
        let figure = scene.figures()?;
        seen.push(format!("{}: {figure}", second.engine.version()));
    }
    Ok(seen.join("; "))
}

fn b5() -> Found {
    let proxy = Proxy::before(&socket()?);
    let mut scene = Scene::quiet("b5", &[("api", "100 both", &[])])?;
    scene.watch.engine = Engine { host: Some(proxy.host()) };
    let mut pty = Pty::run(scene.watch.command(), 120, 40);
    pty.wait("lines", |screen| screen.contents().contains(" out "));
    wait("rows", || !scene.recorded().stored.is_empty());
    proxy.set(Mood::Silent);
    let begin = Instant::now();
    // Popups of ours while nothing answers; then one opens by itself and says so.
    let slowest = slowest_key(&mut pty)?;
    pty.wait("told", |screen| screen.contents().contains("Docker does not answer within 5s"));
    let told = begin.elapsed();
    proxy.set(Mood::Fine);
    let back = scene.fresh("api");
    let figure = scene.figures()?;
    Ok(format!(
        "key to frame at most {slowest:.0?}, told after {told:.1?}, back after {back:.1?}, {figure}"
    ))
}

fn b6() -> Found {
    let scene = Scene::up("b6", &[("api", "20 out", &[])])?;
    sleep(Duration::from_secs(3));
    let open =
        || (scene.watcher.as_ref().unwrap().files(), scene.watcher.as_ref().unwrap().threads());
    let (files, threads) = open();
    for _ in 0..20 {
        scene.stack.compose(&["up", "-d", "--no-recreate", "--timeout", "0", "--scale", "api=6"]);
        scene.stack.compose(&["up", "-d", "--no-recreate", "--timeout", "0", "--scale", "api=1"]);
    }
    sleep(Duration::from_secs(6));
    let (files_after, threads_after) = open();
    let figure = format!(
        "open files {files} then {files_after}, threads {threads} then {threads_after}, {}",
        scene.figures()?
    );
    verdict(files_after <= files + 4 && threads_after <= threads + 4, figure)
}

/// The answers to list, events and inspect of one container, and no log.
fn answers(list: Value, account: Value) -> impl Fn(&str, usize) -> Reply + Send + Sync {
    move |path, _| match path.split('?').next().unwrap_or_default() {
        "/containers/json" => Reply::Json(200, list.to_string()),
        "/events" => Reply::Hang(Vec::new()),
        path if path.ends_with("/stats") => Reply::Json(200, "{}".to_owned()),
        path if path.ends_with("/logs") => Reply::Hang(Vec::new()),
        _ => Reply::Json(200, account.to_string()),
    }
}

/// Changes until the list is through, or an error.
async fn listed(fake: &Fake) -> Vec<Change> {
    let (tx, mut rx) = mpsc::channel(64);
    let watch = tokio::spawn(fake.docker().await.watch(tx));
    let mut changes = Vec::new();
    while let Ok(Some(change)) = timeout(PATIENCE, rx.recv()).await {
        let is_listed = matches!(change, Change::Listed);
        changes.push(change);
        if is_listed {
            break;
        }
    }
    watch.abort();
    changes
}

fn b7() -> Found {
    let labels = |project: &str| json!({"com.docker.compose.project": project, "com.docker.compose.service": "api"});
    let entry = |number: usize| {
        let project = if number < 3 { "shop" } else { "another" };
        json!({"Id": format!("{number:064x}"), "Names": [format!("/c{number}")], "State": "running",
               "Labels": labels(project)})
    };
    let list: Vec<Value> = (0..10_000).map(entry).collect();
    let account = json!({"State": {"Status": "running", "Running": true}, "Config": {"Labels": labels("shop")}});
    runtime().block_on(async {
        // An Engine filters; this one does so when it is asked to.
        let all = answers(Value::Array(list.clone()), account.clone());
        let few = answers(Value::Array(list[..3].to_vec()), account);
        let fake =
            Fake::new(
                move |path, count| {
                    if path.contains("label") { few(path, count) } else { all(path, count) }
                },
            );
        let begin = Instant::now();
        let changes = listed(&fake).await;
        let took = begin.elapsed();
        let followed = changes.iter().filter(|c| matches!(c, Change::Follow(_))).count();
        let is_filtered = fake.requests("/containers/json").iter().all(|r| r.contains("label"));
        let is_right = followed == 3 && is_filtered && took < Duration::from_secs(1);
        verdict(is_right, format!("3 of 10,000 followed, listed in {took:.0?}, the Engine filters"))
    })
}

fn b8() -> Found {
    let labels = json!({"com.docker.compose.project": "shop", "com.docker.compose.service": "api"});
    runtime().block_on(async {
        let begin = Instant::now();
        let fake = Fake::new(move |path, _| {
            let is_up = begin.elapsed() < Duration::from_secs(3);
            let status = if is_up { "running" } else { "exited" };
            let list = json!([{"Id": ID, "Names": ["/a"], "State": status, "Labels": labels}]);
            let account = json!({"Id": ID, "State": {"Status": status, "Running": is_up},
                                 "Config": {"Labels": labels}});
            answers(list, account)(path, 0)
        });
        let (tx, mut rx) = mpsc::channel(64);
        let watch = tokio::spawn(fake.docker().await.watch(tx));
        let found = timeout(PATIENCE, async {
            while let Some(change) = rx.recv().await {
                let is_it = match &change {
                    Change::Container(container) => matches!(container.state, RunState::Exited(_)),
                    Change::State(_, state, _) => matches!(state, RunState::Exited(_)),
                    _ => false,
                };
                if is_it {
                    return begin.elapsed().checked_sub(Duration::from_secs(3));
                }
            }
            None
        });
        let found = found.await.ok().flatten();
        watch.abort();
        let is_soon = found.is_some_and(|found| found <= Duration::from_secs(5));
        verdict(is_soon, format!("the list tells after {:.1?}", found.unwrap_or(PATIENCE)))
    })
}

fn b9() -> Found {
    let labels = json!({"com.docker.compose.project": "shop", "com.docker.compose.service": "api"});
    let entry = json!({"Id": ID, "Names": ["/shop-api-1"], "State": "running", "Status": "Up",
                       "Created": 1, "Image": "i", "Labels": labels});
    let account = json!({
        "Id": ID, "Name": "/shop-api-1", "Created": "2026-01-01T00:00:00Z", "RestartCount": 1,
        "State": {"Status": "running", "Running": true, "Paused": false, "ExitCode": 0,
                  "StartedAt": "2026-01-01T00:00:00Z", "FinishedAt": "0001-01-01T00:00:00Z",
                  "Health": {"Status": "healthy", "Log": [{"Output": "x"}]}},
        "Config": {"Tty": false, "Env": ["A=b"], "Labels": labels},
        "HostConfig": {"LogConfig": {"Type": "json-file", "Config": {}}, "NetworkMode": "none",
                       "RestartPolicy": {"Name": "always"}}
    });
    let mut cases = vec![(json!([entry.clone()]), account.clone())];
    cases.extend(lacking(&entry).into_iter().map(|entry| (json!([entry]), account.clone())));
    cases.extend(lacking(&account).into_iter().map(|account| (json!([entry.clone()]), account)));
    let all = cases.len();
    let (live, odd) = runtime().block_on(async {
        let mut live = 0;
        let mut odd = String::new();
        for (list, account) in cases {
            let told = format!("{list} {account}");
            let fake = Fake::new(answers(list, account));
            let changes = listed(&fake).await;
            let is_live = matches!(changes.first(), Some(Change::Link(Link::Live)));
            let is_understood = is_live && matches!(changes.last(), Some(Change::Listed));
            live += usize::from(is_understood);
            if !is_understood {
                odd = format!("; not so {told}: {changes:?}");
            }
        }
        (live, odd)
    });
    verdict(live == all, format!("panics 0, {live} of {all} answers understood{odd}"))
}

/// The value with each part of it once left out and once null.
fn lacking(value: &Value) -> Vec<Value> {
    let Some(map) = value.as_object() else { return Vec::new() };
    let mut all = Vec::new();
    for (key, inner) in map {
        let with = |inner: Option<Value>| {
            let mut map = map.clone();
            match inner {
                Some(inner) => map.insert(key.clone(), inner),
                None => map.remove(key),
            };
            Value::Object(map)
        };
        all.push(with(None));
        // A label is a text, or not there.
        if !key.starts_with("com.docker.") {
            all.push(with(Some(Value::Null)));
        }
        all.extend(lacking(inner).into_iter().map(|inner| with(Some(inner))));
    }
    all
}

fn b10() -> Found {
    let services: &[(&str, &str, &[&str])] = &[("api", "100 out", &[]), ("db", "50 out", &[])];
    let mut ours = Scene::quiet("b10-x", services)?;
    let other = Scene::quiet("b10_x", services)?;
    let service = other.stack.compose(&["run", "-d", "api", "api", "100", "out"]);
    ours.begin();
    sleep(Duration::from_secs(2));
    let figure = ours.figures()?;
    let rows = ours.recorded().stored;
    let theirs = judge(&ledger::read(other.writers.ledger.path()), &rows, &[]).stored;
    verdict(theirs == 0 && !service.is_empty(), format!("{figure}, of the other project {theirs}"))
}

fn b11() -> Found {
    let mut texts = Vec::new();
    for host in ["tcp://127.0.0.1:9", "ssh://nobody@127.0.0.1:9"] {
        let begin = Instant::now();
        let output = Command::new(DOGWATCH).args(["analyze", "-H", host]).output().unwrap();
        let (code, text) = said(&output);
        if code != 3 && code != 2 || text.is_empty() || begin.elapsed() > Duration::from_secs(15) {
            return Err(Miss::Wrong(format!("{host}: exit {code}: {text}")));
        }
        texts.push(format!("exit {code}: \"{text}\""));
    }
    Ok(texts.join("; "))
}

fn b12() -> Found {
    runtime().block_on(async {
        let dead =
            r#"{"message":"can not get logs from container which is dead or marked for removal"}"#;
        let fake = Fake::new(move |path, _| {
            if is_logs(path) { Reply::Json(409, dead.to_owned()) } else { inspected("dead") }
        });
        let (end, _) = fake.follow(false, Resume::default()).await;
        let asked = fake.requests("/logs?").len();
        verdict(matches!(end, Ok(End::Missed)) && asked <= 3, format!("gone, asked {asked} times"))
    })
}

fn b13() -> Found {
    let proxy = Proxy::before(&socket()?);
    let mut scene = Scene::quiet("b13", &[("api", "100 both", &[]), ("db", "20 out", &[])])?;
    scene.watch.engine = Engine { host: Some(proxy.host()) };
    scene.begin();
    proxy.set(Mood::Bad);
    // What was under way is noticed first.
    sleep(Duration::from_secs(2));
    let before = proxy.requests();
    sleep(Duration::from_secs(8));
    let rate = (proxy.requests() - before) as f64 / 8.0;
    proxy.set(Mood::Fine);
    let back = scene.fresh("api");
    let verdict_ = scene.settle()?;
    let figure = format!("{rate:.1} requests/s, back after {back:.1?}, {}", figures(&verdict_));
    verdict(rate <= 2.0, figure)
}

fn b14() -> Found {
    let socket = socket()?;
    let base = "dogwatch/base:latest";
    if Engine::main().try_say(&["image", "inspect", base]).is_none() {
        return Err(Miss::skip("needs the image dogwatch/base, to run in"));
    }
    image()?;
    let mut scene = Scene::quiet("b14", &[("api", "50 out", &[])])?;
    let file = scene.stack.folder.path().join("compose.yaml");
    let mut text = fs::read_to_string(&file).unwrap();
    let (state, socket) = (scene.home.path().join("state"), socket.display());
    fs::create_dir_all(&state).unwrap();
    let _ = writeln!(
        text,
        "  self:\n    image: {base}\n    network_mode: none\n    tty: true\n    stop_grace_period: 1s\n    \
         entrypoint: [/dogwatch, -p, {}, --since, 1h, -H, 'unix:///engine.sock']\n    \
         environment: {{TERM: xterm, DOGWATCH_STATE_DIR: /state}}\n    \
         volumes: ['{DOGWATCH}:/dogwatch:ro', '{socket}:/engine.sock', '{}:/state']",
        scene.stack.name,
        state.display()
    );
    fs::write(&file, text).unwrap();
    scene.stack.compose(&["up", "-d"]);
    wait("rows", || !scene.recorded().stored.is_empty());
    sleep(Duration::from_secs(3));
    let own = scene.id("self");
    scene.watcher = None;
    let figure = {
        let recorded = scene.recorded();
        let own_rows = recorded.stored.iter().filter(|row| row.writer.is_empty()).count();
        let is_up = scene.stack.engine.say(&["inspect", "-f", "{{.State.Running}}", &own]);
        (own_rows, recorded.stored.len(), is_up == "true")
    };
    verdict(figure.0 == 0 && figure.2, format!("self-lines {}, others {}", figure.0, figure.1))
}
