//! A server over an engine whose containers say what the test wants.

use crate::client::{self, Answer, PATIENCE};
use chrono::{DateTime, Duration, Utc};
use dogwatch::{
    action::offline::Offline,
    detect::{Detector, RuleSet},
    engine::{Engine, Handle, Memory, Parts, Rulebook, Scope, Settings as EngineSettings, Watch},
    http::{Server, Settings},
    model::{Container, ContainerId, Health, Notice, Origin, RawLine, RunState, Stream},
    redact::Redactor,
    source::{Change, Control, Delivery, Description, End, Error, Link, Look, Resume, Source},
    store::{
        Limits,
        audit::Audit,
        journal::{Journal, Reader, Settings as JournalSettings},
        state::State,
    },
};
use futures_util::future::{BoxFuture, FutureExt};
use std::{
    net::SocketAddr,
    path::Path,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};
use tokio::{
    sync::{mpsc, watch},
    task::JoinHandle,
    time::{sleep, timeout},
};

pub(crate) const WEB: &str = "aaaaaaaaaaaa0001";
pub(crate) const DB: &str = "aabbbbbbbbbb0002";

struct Said {
    container: String,
    stream: Stream,
    time: DateTime<Utc>,
    text: String,
}

/// Two services, web and db, of one container each.
pub(crate) struct Stage {
    said: Mutex<Vec<Said>>,
    count: watch::Sender<usize>,
    start: DateTime<Utc>,
    restarted: Mutex<Vec<String>>,
    starts: AtomicUsize,
    /// Whether `web` has ended by itself.
    has_crashed: bool,
    /// Services beside them that only say something once.
    crowd: usize,
}

impl Stage {
    pub(crate) fn new() -> Arc<Self> {
        Self::crowd(0)
    }

    pub(crate) fn crowd(crowd: usize) -> Arc<Self> {
        Self::made(crowd, false)
    }

    /// One whose `web` has ended by itself.
    pub(crate) fn crashed() -> Arc<Self> {
        Self::made(0, true)
    }

    fn made(crowd: usize, has_crashed: bool) -> Arc<Self> {
        Arc::new(Self {
            said: Mutex::default(),
            count: watch::Sender::default(),
            start: Utc::now() - Duration::minutes(5),
            restarted: Mutex::default(),
            starts: AtomicUsize::new(0),
            has_crashed,
            crowd,
        })
    }

    /// How often a container was restarted.
    pub(crate) fn restarts(&self) -> usize {
        self.restarted.lock().unwrap().len()
    }

    /// The services of these containers, in order.
    pub(crate) fn restarted(&self) -> Vec<String> {
        self.restarted.lock().unwrap().clone()
    }

    /// How often a container was started.
    pub(crate) fn starts(&self) -> usize {
        self.starts.load(Ordering::SeqCst)
    }

    /// Lets a container say something, a millisecond after the line before.
    pub(crate) fn say(&self, container: &str, stream: Stream, text: &str) {
        let mut said = self.said.lock().unwrap();
        let time = self.start + Duration::milliseconds(said.len() as i64);
        let (container, text) = (container.to_owned(), text.to_owned());
        said.push(Said { container, stream, time, text });
        self.count.send_replace(said.len());
    }

    pub(crate) fn web(&self, text: &str) {
        self.say(WEB, Stream::Stdout, text);
    }

    fn origin(id: &str) -> Arc<Origin> {
        let service = if id == WEB { "web" } else { "db" };
        Arc::new(Origin {
            service: service.into(),
            container: ContainerId::from(id),
            replica: 1,
            is_tty: false,
        })
    }

    fn container(&self, id: &str) -> Container {
        let origin = Self::origin(id);
        let has_ended = self.has_crashed && id == WEB;
        Container {
            name: format!("shop-{}-1", origin.service).into(),
            image: "busybox".into(),
            state: if has_ended { RunState::Exited(1) } else { RunState::Running },
            health: Health::Healthy,
            restarts: 2,
            ..Container::new(origin)
        }
    }
}

impl Source for Stage {
    fn describe(&self) -> Description {
        Description { name: "shop".into(), place: "".into(), is_live: true }
    }

    fn watch(self: Arc<Self>, out: mpsc::Sender<Change>) -> BoxFuture<'static, Result<(), Error>> {
        async move {
            let _ = out.send(Change::Link(Link::Live)).await;
            for id in [WEB, DB] {
                let _ = out.send(Change::Container(Box::new(self.container(id)))).await;
                let _ = out.send(Change::Follow(Self::origin(id))).await;
            }
            for n in 0..self.crowd {
                let origin = Arc::new(Origin {
                    service: format!("service-{n}").as_str().into(),
                    container: ContainerId::from(format!("c{n}").as_str()),
                    replica: 1,
                    is_tty: false,
                });
                let text = format!("ERROR: number {n} is not well").into();
                let notice = Notice { origin: Arc::clone(&origin), time: Utc::now(), text };
                let _ = out.send(Change::Notice(notice)).await;
                let container = Container { origin, ..self.container(WEB) };
                let _ = out.send(Change::Container(Box::new(container))).await;
            }
            let _ = out.send(Change::Listed).await;
            out.closed().await;
            Ok(())
        }
        .boxed()
    }

    fn follow(
        self: Arc<Self>,
        target: Arc<Origin>,
        from: Resume,
        out: mpsc::Sender<Delivery>,
    ) -> BoxFuture<'static, Result<End, Error>> {
        async move {
            let mut count = self.count.subscribe();
            let mut last = from.anchors.values().map(|anchor| anchor.time).max();
            loop {
                count.borrow_and_update();
                let lines: Vec<_> = {
                    let said = self.said.lock().unwrap();
                    let is_ours = |said: &&Said| {
                        said.container == target.container.as_str()
                            && last.is_none_or(|last| said.time > last)
                    };
                    said.iter()
                        .filter(is_ours)
                        .map(|said| RawLine {
                            origin: Arc::clone(&target),
                            stream: said.stream,
                            time: Some(said.time),
                            bytes: said.text.clone().into(),
                        })
                        .collect()
                };
                last = lines.last().and_then(|line| line.time).or(last);
                for chunk in lines.chunks(100) {
                    if out.send(chunk.to_vec().into()).await.is_err() {
                        return Ok(End::Gone);
                    }
                }
                if count.changed().await.is_err() {
                    return Ok(End::Gone);
                }
            }
        }
        .boxed()
    }

    fn control(self: Arc<Self>) -> Option<Arc<dyn Control>> {
        Some(self)
    }
}

impl Control for Stage {
    fn look(self: Arc<Self>, id: ContainerId) -> BoxFuture<'static, Result<Option<Look>, Error>> {
        let Container { state, health, started_at, .. } = self.container(id.as_str());
        async move { Ok(Some(Look { state, health, started_at })) }.boxed()
    }

    fn restart(
        self: Arc<Self>,
        id: ContainerId,
        _: std::time::Duration,
    ) -> BoxFuture<'static, Result<(), Error>> {
        let service = Self::origin(id.as_str()).service.to_string();
        self.restarted.lock().unwrap().push(service);
        async { Ok(()) }.boxed()
    }

    fn stop(
        self: Arc<Self>,
        _: ContainerId,
        _: std::time::Duration,
    ) -> BoxFuture<'static, Result<(), Error>> {
        async { Ok(()) }.boxed()
    }

    fn start(self: Arc<Self>, _: ContainerId) -> BoxFuture<'static, Result<(), Error>> {
        self.starts.fetch_add(1, Ordering::SeqCst);
        async { Ok(()) }.boxed()
    }
}

/// A running server.
pub(crate) struct Site {
    pub(crate) stage: Arc<Stage>,
    pub(crate) handle: Handle,
    pub(crate) address: SocketAddr,
    engine: Engine,
    stop: watch::Sender<bool>,
    serving: JoinHandle<()>,
}

impl Site {
    pub(crate) async fn open() -> Self {
        Self::with(Stage::new(), settings(), None, Limits::default()).await
    }

    /// With a record in this folder where one is named.
    pub(crate) async fn with(
        stage: Arc<Stage>,
        settings: Settings,
        folder: Option<&Path>,
        limits: Limits,
    ) -> Self {
        Self::watched(stage, settings, folder, (limits, Watch::default())).await
    }

    /// The same under a watchdog that is set like this.
    pub(crate) async fn watched(
        stage: Arc<Stage>,
        settings: Settings,
        folder: Option<&Path>,
        (limits, watch): (Limits, Watch),
    ) -> Self {
        let memory = folder.map_or_else(Memory::default, |folder| {
            let lines = folder.join("journal");
            let (journal, opened) =
                Journal::open(&lines, JournalSettings::default(), Utc::now()).unwrap();
            Memory {
                state: Some(State::open(&folder.join("state.db")).unwrap()),
                journal: Some((journal, opened.next_id.0)),
                history: Some(Reader::new(&lines)),
                audit: Some(Audit::open(&folder.join("audit.ndjson")).unwrap()),
                trouble: None,
            }
        });
        let parts = Parts {
            source: Arc::clone(&stage) as Arc<dyn Source>,
            scope: Scope::default(),
            rules: Rulebook::fixed(|| (Detector::new(RuleSet::builtin().0), Vec::new())),
            tracker: Arc::new(Offline("not in a test".into())),
            is_read_only: false,
            redactor: Arc::new(Redactor::new()),
            memory,
        };
        let watchdog = Some(watch);
        let engine_settings = EngineSettings { limits, watchdog, ..EngineSettings::default() };
        let (engine, handle) = Engine::start(&engine_settings, parts);
        let server = Server::bind(settings).await.unwrap();
        let address = server.address();
        let (stop, stopped) = watch::channel(false);
        let serving = tokio::spawn(server.run(handle.clone(), stopped));
        let site = Self { stage, handle, address, engine, stop, serving };
        site.until("/ready", |answer| answer.status == 200).await;
        site
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        client::get(self.address, path).await
    }

    /// Asks until the answer is as wanted.
    pub(crate) async fn until(&self, path: &str, is_wanted: impl Fn(&Answer) -> bool) -> Answer {
        let polled = async {
            loop {
                let answer = self.get(path).await;
                if is_wanted(&answer) {
                    return answer;
                }
                sleep(std::time::Duration::from_millis(20)).await;
            }
        };
        if let Ok(answer) = timeout(PATIENCE, polled).await {
            return answer;
        }
        panic!("{path} stays {:?}", self.get(path).await)
    }

    /// Waits until so many lines of services came.
    pub(crate) async fn lines(&self, count: u64) {
        let come = async {
            while self.handle.read(|store| store.totals().lines) < count {
                sleep(std::time::Duration::from_millis(10)).await;
            }
        };
        timeout(PATIENCE, come).await.expect("lines do not come");
    }

    pub(crate) async fn close(self) {
        self.stop.send_replace(true);
        timeout(PATIENCE, self.serving).await.expect("the server does not end").unwrap();
        self.engine.stop().await;
    }
}

/// On a free port of this machine.
pub(crate) fn settings() -> Settings {
    Settings { listen: "127.0.0.1:0".parse().unwrap(), ..Settings::default() }
}

/// The messages of an answer of lines.
pub(crate) fn messages(answer: &Answer) -> Vec<String> {
    let json = answer.json();
    let logs = json["logs"].as_array().unwrap_or_else(|| panic!("{answer:?}"));
    assert_eq!(json["count"], logs.len());
    logs.iter().map(|line| line["message"].as_str().unwrap().to_owned()).collect()
}
