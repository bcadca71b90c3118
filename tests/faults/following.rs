//! A: the truth of lines, on a real Engine.

use crate::{
    Fault, Found, Miss,
    common::engine::Second,
    quick,
    scene::{PATIENCE, Scene, figures, no_engine, root, wait},
    slow,
    witness::{journal::Tail, writers::Image},
};
use dogwatch::{
    model::{GapReason, Origin, RunState},
    source::{
        Change, End, Resume, Source as _,
        docker::{Docker, Options, Wish},
    },
};
use rustix::process::Signal;
use std::{
    fs::{self, File},
    io::Write as _,
    sync::Arc,
    thread::sleep,
    time::{Duration, Instant},
};
use tokio::{sync::mpsc, time::timeout};

pub(crate) const FAULTS: &[Fault] = &[
    quick("A1", "rotation faster than reading", a1),
    quick("A2", "a burst that its log holds", a2),
    quick("A3", "kill -9 in a flood", a3),
    quick("A4", "20 restarts of a flooding service", a4),
    slow("A5", "the daemon away for 20 s", a5),
    quick("A6", "a container created again", a6),
    quick("A7", "a container removed", a7),
    quick("A8", "a log file emptied", a8),
    slow("A9", "a log file damaged by NULs", a9),
    quick("A10", "a driver that keeps no logs", a10),
    quick("A11", "a driver that drops lines", a11),
    slow("A12", "1,000,000 lines of two pipes", a12),
    slow("A22", "old logs at the first start", a22),
    quick("A23", "removed while dogwatch is away", a23),
    quick("A24", "emptied before it was read", a24),
];

const BURST: u64 = 60_000;

fn burst(name: &str, files: &str) -> Result<(Scene, String), Miss> {
    let logging =
        format!("logging: {{driver: json-file, options: {{max-size: 1m, max-file: '{files}'}}}}");
    let scene = Scene::up(name, &[("flood", "20 both", &[&logging])])?;
    let print = scene.home.path().join("docker-logs");
    let (out, err) = (File::create(&print).unwrap(), File::options().append(true).open(&print));
    let mut docker = scene.stack.engine.docker();
    docker.args(["logs", "-f", &scene.id("flood")]).stdout(out).stderr(err.unwrap());
    let mut docker = docker.spawn().unwrap();
    sleep(Duration::from_millis(500));
    scene.writers.burst("flood", BURST);
    sleep(Duration::from_secs(3));
    let settled = scene.settle();
    // It ends by itself, with the container.
    let _ = docker.wait();
    let printed = fs::read(&print).unwrap().split(|byte| *byte == b'\n').count() - 1;
    let verdict = settled?;
    let printed = format!("{}; docker logs -f printed {printed}", figures(&verdict));
    Ok((scene, printed))
}

fn a1() -> Found {
    burst("a1", "2").map(|(_, figure)| figure)
}

fn a2() -> Found {
    let (scene, figure) = burst("a2", "20")?;
    let gaps = scene.recorded().holes.len();
    if gaps > 0 {
        return Err(Miss::Wrong(format!("{gaps} gaps are reported; {figure}")));
    }
    Ok(figure)
}

fn a3() -> Found {
    let mut scene = Scene::up("a3", &[("flood", "500 both", &[])])?;
    for _ in 0..3 {
        scene.writers.burst("flood", 10_000);
        sleep(Duration::from_millis(150));
        scene.kill();
        scene.begin();
    }
    scene.figures()
}

fn a4() -> Found {
    let scene = Scene::up("a4", &[("flood", "2000 both", &[])])?;
    for _ in 0..20 {
        scene.stack.compose(&["restart", "--timeout", "0", "flood"]);
    }
    scene.figures()
}

fn a5() -> Found {
    let second = Second::start("faults").map_err(Miss::skip)?;
    let image = Image::build(&second.engine).map_err(no_engine)?;
    let always: &[&str] = &["restart: always"];
    let services = [("one", "100 both", always), ("two", "100 both", always)];
    let mut scene = Scene::on(second.engine.clone(), &image, "a5", &services);
    scene.begin();
    second.down();
    sleep(Duration::from_secs(20));
    second.up().map_err(Miss::Wrong)?;
    let back = scene.fresh("one");
    let log = fs::read_to_string(scene.home.path().join("state/dogwatch.log")).unwrap_or_default();
    let ours = log.lines().count();
    let figure = scene.figures()?;
    let figure = format!("{figure}; back after {back:.1?}, {ours} lines of our own");
    if ours > 20 { Err(Miss::Wrong(figure)) } else { Ok(figure) }
}

fn a6() -> Found {
    let scene = Scene::up("a6", &[("api", "500 both", &[])])?;
    for _ in 0..3 {
        scene.stack.compose(&["up", "-d", "--force-recreate", "--timeout", "0"]);
        scene.fresh("api");
    }
    scene.figures()
}

fn a7() -> Found {
    let scene = Scene::quiet("a7", &[("api", "100 out", &[])])?;
    let container = scene.id("api");
    let (end, took) = runtime().block_on(async {
        let docker = docker(&scene).await;
        let origin = Origin {
            service: "api".into(),
            container: container.as_str().into(),
            replica: 1,
            is_tty: false,
        };
        let (tx, mut rx) = mpsc::channel(64);
        let follow = tokio::spawn(docker.follow(Arc::new(origin), Resume::default(), tx));
        rx.recv().await.unwrap();
        let drain = tokio::spawn(async move { while rx.recv().await.is_some() {} });
        scene.stack.engine.say(&["rm", "-f", &container]);
        let begin = Instant::now();
        let end = timeout(PATIENCE, follow).await;
        let _ = drain.await;
        (end, begin.elapsed())
    });
    match end {
        Ok(Ok(Ok(End::Gone | End::Stopped))) => Ok(format!("ended after {took:.1?}, retries 0")),
        other => Err(Miss::Wrong(format!("{other:?}"))),
    }
}

/// What was read to its end is whole; what was not is told, once.
fn a23() -> Found {
    let writers: [(&str, &str, &[&str]); 3] =
        [("done", "100 out", &[]), ("loud", "100 out", &[]), ("last", "20 out", &[])];
    let mut scene = Scene::up("a23", &writers)?;
    scene.fresh("done");
    scene.stack.compose(&["stop", "--timeout", "0", "done"]);
    let is_done = |scene: &Scene| {
        let verdict = scene.verdict();
        verdict.violations.iter().all(|v| !v.pipe.starts_with("done."))
    };
    wait("the end of the one that stopped", || is_done(&scene));
    // It is read out when its stream has ended behind its last line, which nothing else shows.
    sleep(Duration::from_secs(1));
    scene.fresh("loud");
    scene.watcher.take().unwrap().quit();
    let loud = scene.id("loud");
    sleep(Duration::from_millis(500));
    scene.stack.compose(&["rm", "--force", "--stop", "done", "loud"]);
    for _ in 0..2 {
        scene.begin();
        scene.fresh("last");
        wait("the gap", || !scene.recorded().holes.is_empty());
        scene.watcher.take().unwrap().quit();
    }
    let holes = scene.recorded().holes;
    let is_told = |reason| reason == GapReason::Removed;
    match &holes[..] {
        [hole] if hole.container == loud && is_told(hole.reason) => {}
        other => return Err(Miss::Wrong(format!("{other:?}"))),
    }
    scene.watcher = Some(scene.watch.start());
    scene.figures()
}

fn a8() -> Found {
    root()?;
    let scene = Scene::up("a8", &[("api", "50 out", &[])])?;
    sleep(Duration::from_secs(1));
    scene.log("api").set_len(0).unwrap();
    let noticed = scene.fresh("api");
    // The Engine goes on falling asleep behind the emptied log.
    let later = (0..4).map(|_| scene.fresh("api")).max().unwrap_or_default();
    let figure =
        format!("noticed after {noticed:.1?}, then within {later:.1?}, {}", scene.figures()?);
    let is_right = noticed <= Duration::from_secs(35) && later <= Duration::from_secs(5);
    if is_right { Ok(figure) } else { Err(Miss::Wrong(figure)) }
}

/// What stood in it is told as a gap, however silent the stream is behind it.
fn a24() -> Found {
    root()?;
    let scene = Scene::up("a24", &[("api", "50 out", &[])])?;
    scene.fresh("api");
    let watcher = scene.watcher.as_ref().unwrap();
    watcher.signal(Signal::STOP);
    scene.writers.burst("api", 40_000);
    sleep(Duration::from_secs(2));
    scene.log("api").set_len(0).unwrap();
    watcher.signal(Signal::CONT);
    scene.fresh("api");
    let reasons: Vec<_> = scene.recorded().holes.iter().map(|hole| hole.reason).collect();
    let figure = scene.figures()?;
    if reasons == [GapReason::Truncated] {
        Ok(figure)
    } else {
        Err(Miss::Wrong(format!("{reasons:?}")))
    }
}

fn a9() -> Found {
    root()?;
    let scene = Scene::up("a9", &[("api", "50 out", &[])])?;
    sleep(Duration::from_secs(1));
    scene.log("api").write_all(&[0; 64]).unwrap();
    let is_told = || {
        let recorded = scene.recorded();
        recorded.holes.iter().any(|hole| hole.reason == GapReason::Damaged)
            || recorded.ours.iter().any(|ours| ours.contains("damaged"))
    };
    let noticed = wait("the damage being told", is_told);
    Ok(format!("told after {noticed:.1?}"))
}

fn a10() -> Found {
    let scene = Scene::quiet("a10", &[("mute", "50 out", &["logging: {driver: none}"])])?;
    let changes = listed(&scene);
    let why = changes.iter().find_map(|change| match change {
        Change::Container(container) => container.unreadable.clone(),
        _ => None,
    });
    let follows = changes.iter().filter(|change| matches!(change, Change::Follow(_))).count();
    match why {
        Some(why) if follows == 0 => Ok(format!("\"{why}\", retries 0")),
        _ => Err(Miss::Wrong(format!("{why:?}, {follows} follows"))),
    }
}

fn a11() -> Found {
    let logging = "logging: {driver: json-file, options: {mode: non-blocking}}";
    let scene = Scene::quiet("a11", &[("lossy", "50 out", &[logging]), ("sound", "50 out", &[])])?;
    let mut flags: Vec<(String, bool)> = listed(&scene)
        .iter()
        .filter_map(|change| match change {
            Change::Container(c) if c.state == RunState::Running => {
                Some((c.origin.service.to_string(), c.log.is_lossy))
            }
            _ => None,
        })
        .collect();
    flags.sort();
    let want = [("lossy".to_owned(), true), ("sound".to_owned(), false)];
    if flags == want { Ok("flag set".to_owned()) } else { Err(Miss::Wrong(format!("{flags:?}"))) }
}

fn a12() -> Found {
    let scene = Scene::up("a12", &[("two", "0 both count=1000000", &[])])?;
    let mut tail = Tail::new(&scene.watch.journal());
    let mut quiet = Instant::now();
    let begin = Instant::now();
    while quiet.elapsed() < Duration::from_secs(5) && begin.elapsed() < Duration::from_mins(5) {
        if !tail.next().stored.is_empty() {
            quiet = Instant::now();
        }
        sleep(Duration::from_millis(200));
    }
    let took = begin.elapsed().as_secs_f64() - 5.0;
    let figure = scene.figures()?;
    Ok(format!("{figure} in {took:.0} s"))
}

fn a22() -> Found {
    let scene = Scene::quiet("a22", &[("old", "0 out count=3000000", &[])])?;
    let size = || scene.log("old").metadata().unwrap().len();
    wait("three million lines", || {
        let before = size();
        sleep(Duration::from_millis(500));
        size() == before
    });
    let megabytes = size() / 1_000_000;
    let mut watch = scene.watch.clone();
    watch.arguments = Vec::new();
    let begin = Instant::now();
    let pty = crate::pty::Pty::run(watch.command(), 120, 40);
    pty.wait("a first screen with lines", |screen| screen.contents().contains("old"));
    let first = begin.elapsed();
    pty.wait("lines", |screen| screen.contents().contains(" out 2"));
    let lines = begin.elapsed();
    let figure =
        format!("{megabytes} MB of logs: first screen after {first:.1?}, lines {lines:.1?}");
    if first > Duration::from_secs(2) { Err(Miss::Wrong(figure)) } else { Ok(figure) }
}

/// What a source reports of the project until the list is through.
fn listed(scene: &Scene) -> Vec<Change> {
    runtime().block_on(async {
        let (tx, mut rx) = mpsc::channel(64);
        let watch = tokio::spawn(docker(scene).await.watch(tx));
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
    })
}

async fn docker(scene: &Scene) -> Arc<Docker> {
    let project = scene.stack.name.as_str().into();
    let wish = Wish { host: scene.stack.engine.host.clone(), ..Wish::default() };
    Arc::new(Docker::connect(Options { wish, project }).await.unwrap())
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Runtime::new().unwrap()
}
