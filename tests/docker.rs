//! Follows, watches and restarts real containers of a real Engine. Where none answers it says that it skips, unless
//! `DOGWATCH_REQUIRE_DOCKER=1` makes that a failure.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "this is a test; its helpers are no test functions"
)]

mod common;

use common::{PATIENCE, Stack, skip};
use dogwatch::{
    model::{Anchor, ContainerId, Health, Origin, RunState, Stream},
    source::{
        Change, Control as _, Delivery, End, Link, Resume, Source as _,
        docker::{Connection, Docker, Found, ProjectWish, Surroundings, Wish, choose, find},
    },
};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};
use tokio::{sync::mpsc, task::JoinHandle, time::timeout};

/// A way to the Engine, or the reason to skip.
async fn engine() -> Option<Connection> {
    let connection = match choose(&Wish::default(), &Surroundings::here()) {
        Ok(choice) => Connection::open(choice).await,
        Err(error) => Err(error),
    };
    match connection {
        Ok(connection) => Some(connection),
        Err(error) => {
            skip(&format!("no Docker Engine answers ({error})"));
            None
        }
    }
}

fn source_of(stack: &Stack, connection: &Connection) -> Arc<Docker> {
    Arc::new(Docker::new(connection.clone(), stack.name.as_str().into()))
}

/// What an engine would do with a source: watches, follows what it is told to, and remembers everything.
struct Watch {
    source: Arc<Docker>,
    changes: mpsc::Receiver<Change>,
    followed: BTreeMap<ContainerId, JoinHandle<()>>,
    lines_in: mpsc::Sender<Delivery>,
    lines_out: mpsc::Receiver<Delivery>,
    lines: Vec<(Arc<Origin>, Stream, String)>,
    anchors: BTreeMap<ContainerId, BTreeMap<Stream, Anchor>>,
    notices: Vec<String>,
    containers: BTreeMap<ContainerId, dogwatch::model::Container>,
    usages: BTreeSet<ContainerId>,
    is_listed: bool,
}

impl Watch {
    fn begin(source: &Arc<Docker>) -> Self {
        let (tx, changes) = mpsc::channel(64);
        tokio::spawn(Arc::clone(source).watch(tx));
        let (lines_in, lines_out) = mpsc::channel(8);
        Self {
            source: Arc::clone(source),
            changes,
            followed: BTreeMap::new(),
            lines_in,
            lines_out,
            lines: Vec::new(),
            anchors: BTreeMap::new(),
            notices: Vec::new(),
            containers: BTreeMap::new(),
            usages: BTreeSet::new(),
            is_listed: false,
        }
    }

    /// Goes on until `done` says so.
    async fn until(&mut self, what: &str, done: impl Fn(&Self) -> bool) {
        let waited = timeout(PATIENCE, async {
            while !done(self) {
                tokio::select! {
                    Some(change) = self.changes.recv() => self.take(change),
                    Some(lines) = self.lines_out.recv() => self.keep(&lines),
                }
            }
        });
        let is_done = waited.await.is_ok();
        assert!(
            is_done,
            "waited in vain for {what}; notices {:?}, {:?}",
            self.notices,
            self.texts()
        );
    }

    fn take(&mut self, change: Change) {
        match change {
            Change::Container(container) => {
                self.containers.insert(container.origin.container.clone(), *container);
            }
            Change::State(id, state, health) => {
                if let Some(container) = self.containers.get_mut(&id) {
                    (container.state, container.health) = (state, health);
                }
            }
            Change::Usage(id, usage) => {
                assert!(usage.memory > 0 && usage.cpu_percent >= 0.0);
                self.usages.insert(id);
            }
            Change::Removed(id) => {
                self.containers.remove(&id);
            }
            Change::Follow(origin) => self.follow(origin),
            Change::Notice(notice) => {
                self.notices.push(format!("{}: {}", notice.origin.service, notice.text));
            }
            Change::Environment(..) => {}
            Change::Listed => self.is_listed = true,
            Change::Link(link) => assert_eq!(link, Link::Live),
        }
    }

    fn follow(&mut self, origin: Arc<Origin>) {
        let id = origin.container.clone();
        if self.followed.get(&id).is_some_and(|task| !task.is_finished()) {
            return;
        }
        let anchors = self.anchors.get(&id).cloned().unwrap_or_default();
        let resume = Resume { anchors, ..Resume::default() };
        let source = Arc::clone(&self.source);
        let lines = self.lines_in.clone();
        let task = async move {
            source.follow(origin, resume, lines).await.unwrap();
        };
        self.followed.insert(id, tokio::spawn(task));
    }

    fn keep(&mut self, delivery: &Delivery) {
        let lines = delivery.lines();
        assert!(!lines.is_empty() && lines.len() <= 512);
        for line in lines.iter().cloned() {
            let time = line.time.expect("a real Engine always stamps");
            let anchors = self.anchors.entry(line.origin.container.clone()).or_default();
            let anchor = anchors.entry(line.stream).or_insert(Anchor { time, same: 0 });
            assert!(anchor.time <= time, "times rise within a stream");
            *anchor = if anchor.time == time {
                Anchor { time, same: anchor.same + 1 }
            } else {
                Anchor { time, same: 1 }
            };
            let text = String::from_utf8_lossy(&line.bytes).into_owned();
            self.lines.push((line.origin, line.stream, text));
        }
    }

    fn texts(&self) -> Vec<String> {
        let text = |(origin, stream, text): &(Arc<Origin>, Stream, String)| {
            format!("{} {stream:?} {}", origin.service, text.chars().take(60).collect::<String>())
        };
        self.lines.iter().rev().take(20).rev().map(text).collect()
    }

    fn has_line(&self, service: &str, stream: Stream, wanted: &str) -> bool {
        self.lines.iter().any(|(origin, from, text)| {
            origin.service.as_str() == service && *from == stream && text == wanted
        })
    }

    fn has_notice(&self, wanted: &str) -> bool {
        self.notices.iter().any(|notice| notice == wanted)
    }

    /// How many lines of a service have this text.
    fn count(&self, service: &str, wanted: &str) -> usize {
        let lines = self.lines.iter();
        lines
            .filter(|(origin, _, text)| origin.service.as_str() == service && text == wanted)
            .count()
    }

    fn id_of(&self, service: &str) -> ContainerId {
        let mut containers = self.containers.values();
        let found = containers.find(|c| c.origin.service.as_str() == service);
        found.unwrap_or_else(|| panic!("no container of {service}")).origin.container.clone()
    }

    fn state_of(&self, service: &str) -> Option<RunState> {
        let mut containers = self.containers.values();
        containers.find(|c| c.origin.service.as_str() == service).map(|c| c.state)
    }
}

/// A service that runs one shell script.
fn service(name: &str, more: &str, script: &str) -> String {
    let script = script.replace('$', "$$");
    format!(
        "  {name}:\n    image: $IMAGE\n    init: true\n    stop_grace_period: 1s\n{more}    \
         command: [\"sh\", \"-c\", {script:?}]\n"
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn follows_every_service_and_both_streams_and_terminals() {
    let Some(connection) = engine().await else { return };
    let services = [
        service("out", "", "echo to out; echo to err >&2; sleep 1000"),
        service(
            "tty",
            "    tty: true\n",
            "printf 'one\\ntwo'; sleep 1; printf ' and\\n'; sleep 1000",
        ),
        service("job", "    depends_on: [out]\n", "echo job done; printf 'no end'; exit 3"),
        service("mute", "    logging: {driver: none}\n", "echo unheard; sleep 1000"),
        service("sharing", "    network_mode: service:out\n", "sleep 1000"),
        service(
            "long",
            "",
            "awk 'BEGIN { while (i++ < 100000) printf \"abcdefghij\"; print \"\"; print \"next\" }'; sleep 1000",
        ),
    ];
    let Some(stack) = Stack::up("all", &services.concat()) else { return };
    let mut watch = Watch::begin(&source_of(&stack, &connection));
    watch
        .until("all lines", |w| {
            w.is_listed
                && w.has_line("out", Stream::Stdout, "to out")
                && w.has_line("out", Stream::Stderr, "to err")
                && w.has_line("tty", Stream::Stdout, "one")
                && w.has_line("tty", Stream::Stdout, "two and")
                && w.has_line("job", Stream::Stdout, "job done")
                && w.has_line("job", Stream::Stdout, "no end")
                && w.has_line("long", Stream::Stdout, &"abcdefghij".repeat(100_000))
                && w.has_line("long", Stream::Stdout, "next")
        })
        .await;
    watch.until("a measure of each running container", |w| w.usages.len() == 5).await;
    assert_eq!(watch.containers.len(), 6);
    assert_eq!(watch.state_of("job"), Some(RunState::Exited(3)));
    let of = |name: &str| watch.containers[&watch.id_of(name)].clone();
    assert_eq!(of("job").depends_on, ["out".into()]);
    assert_eq!(of("sharing").depends_on, ["out".into()]);
    assert_eq!(of("mute").unreadable.unwrap().as_str(), "log driver \"none\" keeps no logs");
    assert_eq!((of("out").stop_timeout, of("out").origin.replica), (1, 1));
    assert!(of("tty").origin.is_tty && !of("out").origin.is_tty);
    assert!(!watch.followed.contains_key(&watch.id_of("mute")));
    assert_eq!(watch.count("out", "to out"), 1);

    let projects = connection.projects().await.unwrap();
    let ours = projects.iter().find(|p| p.name.as_str() == stack.name).unwrap();
    assert_eq!((ours.running, ours.total), (5, 6));
    let wish = ProjectWish { folder: stack.folder.path().into(), ..ProjectWish::default() };
    let found = find(&wish, &Surroundings::here(), &projects);
    assert_eq!(found, Found::One(stack.name.as_str().into()));
}

/// Counts up for ever, on both streams; every run has its own number.
const COUNTER: &str = "run=$(cat /proc/sys/kernel/random/uuid); i=0; \
     while :; do i=$((i+1)); echo $run $i; echo $run $i >&2; sleep 0.002; done";

/// The numbers of each run on one stream, in their order.
fn numbers(watch: &Watch, stream: Stream) -> BTreeMap<&str, Vec<u64>> {
    let mut by_run = BTreeMap::<&str, Vec<u64>>::new();
    for (_, _, text) in watch.lines.iter().filter(|(_, from, _)| *from == stream) {
        let (run, number) = text.split_once(' ').unwrap();
        by_run.entry(run).or_default().push(number.parse().unwrap());
    }
    by_run
}

/// Whether so many runs have written at least fifty lines on both streams.
fn has_runs(watch: &Watch, runs: usize) -> bool {
    [Stream::Stdout, Stream::Stderr].into_iter().all(|stream| {
        numbers(watch, stream).values().filter(|numbers| numbers.len() >= 50).count() == runs
    })
}

/// Each run's numbers on one stream must be 1, 2, 3 ... without a gap and without a repeat.
fn assert_complete(watch: &Watch, runs: usize) {
    for stream in [Stream::Stdout, Stream::Stderr] {
        let by_run = numbers(watch, stream);
        assert_eq!(by_run.len(), runs, "runs on {stream:?}");
        for (run, numbers) in by_run {
            let (count, last) = (numbers.len() as u64, numbers.last());
            let is_complete = numbers.iter().copied().eq(1..=count);
            assert!(is_complete, "{stream:?} of {run}: {count} numbers up to {last:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn loses_and_doubles_nothing_over_restarts_recreation_and_scaling() {
    let Some(connection) = engine().await else { return };
    let Some(stack) = Stack::up("count", &service("count", "", COUNTER)) else { return };
    let source = source_of(&stack, &connection);
    let mut watch = Watch::begin(&source);
    watch.until("lines", |w| has_runs(w, 1)).await;

    for runs in [2, 3] {
        let id = watch.id_of("count");
        Arc::clone(&source).restart(id, Duration::from_secs(1)).await.unwrap();
        watch.until("lines after a restart", |w| has_runs(w, runs)).await;
    }
    watch
        .until("notices", |w| w.notices.iter().filter(|n| *n == "count: started").count() == 2)
        .await;
    assert!(
        watch.notices.iter().any(|n| n.starts_with("count: stopped by hand (")),
        "{:?}",
        watch.notices
    );
    assert_complete(&watch, 3);

    let old = watch.id_of("count");
    stack.compose(&["up", "-d", "--force-recreate"]);
    watch.until("the old one's end", |w| !w.containers.contains_key(&old)).await;
    watch.until("lines of the new one", |w| has_runs(w, 4)).await;
    assert!(watch.has_notice("count: removed"));
    assert_complete(&watch, 4);

    stack.compose(&["up", "-d", "--scale", "count=3"]);
    watch
        .until("three replicas", |w| w.containers.values().filter(|c| c.state.is_up()).count() == 3)
        .await;
    watch.until("their lines", |w| has_runs(w, 6)).await;
    let replicas: BTreeSet<u32> = watch.containers.values().map(|c| c.origin.replica).collect();
    assert_eq!(replicas, BTreeSet::from([1, 2, 3]));
    assert_complete(&watch, 6);
}

#[tokio::test(flavor = "multi_thread")]
async fn short_runs_are_read_however_fast_they_end() {
    let Some(connection) = engine().await else { return };
    let services = [
        service(
            "quick",
            "    restart: on-failure:4\n",
            "echo $(cat /proc/sys/kernel/random/uuid); exit 1",
        ),
        service("prompt", "    tty: true\n", "echo begin; printf 'last words'"),
    ];
    let Some(stack) = Stack::written("short", &services.concat()) else { return };
    let source = source_of(&stack, &connection);
    let mut watch = Watch::begin(&source);
    watch.until("the empty list", |w| w.is_listed).await;
    stack.compose(&["up", "-d"]);
    let lines =
        |w: &Watch, name: &str| w.lines.iter().filter(|(o, ..)| o.service.as_str() == name).count();
    watch.until("five runs", |w| lines(w, "quick") == 5).await;
    watch.until("last words", |w| w.count("prompt", "last words") == 1).await;
    watch.until("its end", |w| w.state_of("prompt") == Some(RunState::Exited(0))).await;
    Arc::clone(&source).start(watch.id_of("prompt")).await.unwrap();
    watch.until("last words again", |w| w.count("prompt", "last words") == 2).await;
    assert_eq!((lines(&watch, "quick"), lines(&watch, "prompt")), (5, 4));
    assert_eq!(watch.count("prompt", "begin"), 2, "{:?}", watch.texts());
}

#[tokio::test(flavor = "multi_thread")]
async fn goes_on_exactly_where_it_stopped() {
    let Some(connection) = engine().await else { return };
    let Some(stack) = Stack::up("resume", &service("count", "", COUNTER)) else { return };
    let source = source_of(&stack, &connection);
    let mut watch = Watch::begin(&source);
    watch.until("lines", |w| w.lines.len() > 50).await;
    for _ in 0..10 {
        let id = watch.id_of("count");
        // The task ends in the middle of everything; lines on their way are lost with it, as in a crash.
        watch.followed.remove(&id).unwrap().abort();
        let (lines_in, lines_out) = mpsc::channel(8);
        (watch.lines_in, watch.lines_out) = (lines_in, lines_out);
        let origin = Arc::clone(&watch.containers[&id].origin);
        watch.follow(origin);
        let before = watch.lines.len();
        watch.until("more lines", |w| w.lines.len() > before + 50).await;
    }
    assert_complete(&watch, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn tells_crashes_health_and_removal() {
    let Some(connection) = engine().await else { return };
    let health = "    healthcheck: {test: [\"CMD-SHELL\", \"test ! -e /tmp/ill || { echo very ill; exit 1; }\"], \
                  interval: 1s, timeout: 1s, retries: 1}\n";
    let services = [
        service("crash", "    restart: on-failure:2\n", "echo run; sleep 0.3; exit 7"),
        service("ill", health, "sleep 1000"),
        service("gone", "", "echo here; sleep 1000"),
        service("hungry", "    mem_limit: 16m\n    memswap_limit: 16m\n", "tail /dev/zero"),
        service("once", "    profiles: [once]\n", "echo one-off; sleep 1000"),
    ];
    let Some(stack) = Stack::written("tell", &services.concat()) else { return };
    let mut watch = Watch::begin(&source_of(&stack, &connection));
    watch.until("the empty list", |w| w.is_listed).await;
    stack.compose(&["up", "-d"]);
    watch
        .until("the crash's end", |w| {
            w.has_notice("crash: restarted (exit 7), run 3")
                && w.state_of("crash") == Some(RunState::Exited(7))
        })
        .await;
    assert!(
        watch.has_notice("crash: started") && watch.has_notice("crash: restarted (exit 7), run 2")
    );
    watch.until("no memory", |w| w.has_notice("hungry: out of memory: killed (137)")).await;
    watch.until("three runs", |w| w.count("crash", "run") == 3).await;
    watch.until("health", |w| w.containers[&w.id_of("ill")].health == Health::Healthy).await;
    stack.compose(&["exec", "ill", "touch", "/tmp/ill"]);
    watch.until("illness", |w| w.has_notice("ill: unhealthy: very ill")).await;
    watch.until("its health", |w| w.containers[&w.id_of("ill")].health == Health::Unhealthy).await;
    stack.compose(&["exec", "ill", "rm", "/tmp/ill"]);
    watch.until("recovery", |w| w.has_notice("ill: healthy again")).await;
    stack.compose(&["pause", "ill"]);
    watch.until("the pause", |w| w.state_of("ill") == Some(RunState::Paused)).await;
    stack.compose(&["unpause", "ill"]);
    watch.until("going on", |w| w.has_notice("ill: paused") && w.has_notice("ill: resumed")).await;

    let id = watch.id_of("gone");
    watch.until("its line", |w| w.has_line("gone", Stream::Stdout, "here")).await;
    stack.compose(&["rm", "-fs", "gone"]);
    watch.until("removal", |w| w.has_notice("gone: removed") && w.state_of("gone").is_none()).await;
    let task = watch.followed.remove(&id).unwrap();
    timeout(PATIENCE, task).await.unwrap().unwrap();

    stack.compose(&["run", "-d", "--rm", "once"]);
    watch.until("the one-off", |w| w.has_line("once", Stream::Stdout, "one-off")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn verbs_say_what_went_wrong() {
    let Some(connection) = engine().await else { return };
    let Some(stack) = Stack::up("verbs", &service("one", "", "sleep 1000")) else { return };
    let source = source_of(&stack, &connection);
    let mut watch = Watch::begin(&source);
    watch.until("it", |w| w.state_of("one") == Some(RunState::Running)).await;
    let id = watch.id_of("one");
    for _ in 0..2 {
        Arc::clone(&source).stop(id.clone(), Duration::from_secs(1)).await.unwrap();
    }
    watch.until("the stop", |w| matches!(w.state_of("one"), Some(RunState::Exited(_)))).await;
    for _ in 0..2 {
        Arc::clone(&source).start(id.clone()).await.unwrap();
    }
    watch.until("the start", |w| w.state_of("one") == Some(RunState::Running)).await;
    let nobody = ContainerId::from("0123456789abcdef");
    let error = source.restart(nobody.clone(), Duration::ZERO).await.unwrap_err();
    assert_eq!(error.to_string(), "cannot restart 0123456789ab: it does not exist any more");
    let origin = Origin { service: "x".into(), container: nobody, replica: 0, is_tty: false };
    let (tx, _rx) = mpsc::channel(1);
    let end = source_of(&stack, &connection).follow(Arc::new(origin), Resume::default(), tx).await;
    assert_eq!(end.unwrap(), End::Missed);
}
