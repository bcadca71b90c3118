//! Whole screens over a made-up stack, and the stack itself for other tests.

use super::{
    action::Action,
    keymap::Keymap,
    message::{Effect, Message},
    past::{Errand, Found, Way},
    settings::Settings,
    snapshot::Snapshot,
    state::{Record, State, World},
    theme::Theme,
    update::{refresh, update},
    view::{self, Glyphs, HitMap, Look},
};
use crate::{
    action::TrackerInfo,
    engine::Capabilities,
    model::{
        Category, Container, ErrorGroup, Fingerprint, Guidance, Health, Level, LogRecord, Origin,
        Query, RecordId, Repair, RunState, SafeText, Sample, Scalings, ServiceCount, ServiceName,
        Severity, Status, Stream, Trend, Usage, Watchdog,
    },
    source::{Description, Link},
    store::{Limits, Store},
};
use chrono::{DateTime, Duration, Utc};
use ratatui::{buffer::Buffer, layout::Rect};
use std::{collections::VecDeque, sync::Arc};

/// A made-up stack at one moment.
pub(crate) struct Stage {
    pub(crate) store: Store,
    pub(crate) link: Link,
    pub(crate) capabilities: Capabilities,
    pub(crate) record: Record,
    pub(crate) watchdog: Arc<Watchdog>,
    pub(crate) scalings: Arc<Scalings>,
    /// What the journal holds, oldest first.
    pub(crate) disk: Vec<Arc<LogRecord>>,
    pub(crate) now: DateTime<Utc>,
    next: u64,
}

fn store_with_rules() -> Store {
    let mut store = Store::new(Limits::default());
    store.totals_mut().rules = 212;
    store
}

impl Stage {
    /// Nothing was read yet.
    pub(crate) fn empty() -> Self {
        Self {
            store: store_with_rules(),
            link: Link::Live,
            capabilities: Capabilities {
                source: Description {
                    name: "broken-shop".into(),
                    place: "unix:///var/run/docker.sock".into(),
                    is_live: true,
                },
                can_control: true,
                is_read_only: false,
                tracker: TrackerInfo {
                    repository: Some("acme/shop".into()),
                    is_signed_in: true,
                    form: std::sync::Arc::default(),
                    kind: crate::action::forge::Kind::default(),
                    web: "https://github.com".into(),
                },
                memory: Ok(()),
            },
            record: Record::default(),
            watchdog: Arc::default(),
            scalings: Arc::default(),
            disk: Vec::new(),
            now: DateTime::parse_from_rfc3339("2026-03-14T21:48:21.500Z").unwrap().to_utc(),
            next: 0,
        }
    }

    /// The stack of the pictures: eight services, eleven problems, their lines.
    #[allow(clippy::too_many_lines, reason = "a table")]
    pub(crate) fn shop() -> Self {
        use RunState::{Exited, Restarting, Running};
        let mut stage = Self::empty();
        for (name, state, health, restarts, cpu, memory) in [
            ("api", Running, Health::Healthy, 0, 12.0, 148),
            ("auth", Running, Health::Healthy, 0, 3.0, 61),
            ("db", Running, Health::Unhealthy, 0, 88.0, 1229),
            ("mailer", Running, Health::None, 1, 0.2, 22),
            ("migrate", Exited(0), Health::None, 0, 0.0, 0),
            ("redis", Running, Health::Healthy, 0, 2.0, 410),
            ("web", Running, Health::Healthy, 0, 9.0, 95),
            ("worker", Restarting, Health::None, 7, 41.0, 512),
        ] {
            stage.service(name, state, health, restarts, (cpu, memory));
        }
        stage.chatter(120);
        let db = "FATAL: remaining connection slots are reserved for roles with SUPERUSER";
        for (service, level, text) in [
            ("db", Level::Unknown, "LOG:  connection received: host=172.18.0.7 port=51822"),
            ("db", Level::Unknown, "LOG:  could not fork new process for connection"),
        ] {
            stage.line(service, level, text);
        }
        let crit = stage.line("db", Level::Fatal, db);
        stage.line(
            "api",
            Level::Error,
            "psycopg2.OperationalError: FATAL: remaining connection slots",
        );
        stage.line("db", Level::Unknown, "LOG:  connection received: host=172.18.0.9 port=40110");
        stage.system("worker", "restarted (exit 137), run 8");
        stage.chatter(12);
        stage.problem(&Plan {
            template: "remaining connection slots are reserved for <*>",
            severity: Severity::Critical,
            category: Category::Database,
            services: &[("db", 412), ("api", 1204), ("worker", 31)],
            minutes: &[0, 0, 0, 4, 18, 60, 130, 200],
            age: 2,
            status: Status::New,
            at: Some(crit),
        });
        let now = stage.now;
        for plan in [
            Plan::new(
                "OOMKilled (exit <n>), restart <n>",
                Severity::Critical,
                Category::Resource,
                "worker",
                &[3, 2, 0, 0, 0, 0, 12, 21],
                9,
            )
            .with(Status::Regressed { at: now - Duration::seconds(40) }),
            Plan::new(
                "connection refused to <host>:<n> attempt=<n>",
                Severity::Error,
                Category::Database,
                "api",
                &[150, 140, 155, 148, 139, 160, 151, 157],
                0,
            ),
            Plan::new(
                "JWT expired: token expired at <ts>",
                Severity::Error,
                Category::Authentication,
                "auth",
                &[4, 5, 8, 9, 14, 15, 20, 21],
                4,
            ),
            Plan::new(
                "ECONNREFUSED <ip>:<n> GET /api/cart",
                Severity::Error,
                Category::Network,
                "web",
                &[0, 0, 0, 0, 0, 0, 4, 13],
                11,
            )
            .with(Status::New),
            Plan::new(
                "certificate verify failed: self-signed certificate in chain",
                Severity::Error,
                Category::Tls,
                "mailer",
                &[1, 0, 2, 1, 0, 2, 0, 3],
                64,
            ),
            Plan::new(
                "slow query took <n>ms",
                Severity::Warning,
                Category::Performance,
                "api",
                &[40, 41, 44, 42, 43, 41, 44, 45],
                0,
            ),
            Plan::new(
                "memory usage <n>% of maxmemory",
                Severity::Warning,
                Category::Resource,
                "redis",
                &[8, 7, 5, 8, 9, 5, 9, 10],
                7,
            ),
            Plan::new(
                "blocked by CORS policy: <url>",
                Severity::Warning,
                Category::Cors,
                "web",
                &[0, 0, 0, 0, 0, 0, 1, 2],
                40,
            )
            .with(Status::New),
            Plan::new(
                "KeyError: <str>",
                Severity::Error,
                Category::Code,
                "api",
                &[90, 70, 40, 4, 0, 0, 0, 0],
                1080,
            )
            .with(Status::Fixed { since: now - Duration::seconds(1000) }),
            Plan::new(
                "DeprecationWarning: <str>",
                Severity::Warning,
                Category::Dependency,
                "web",
                &[10, 11, 10, 12, 11, 10, 12, 12],
                3,
            )
            .with(Status::Muted {
                until: crate::model::MuteUntil::Escalates,
                since: now,
                count: 80,
            }),
        ] {
            stage.problem(&plan);
        }
        for second in 0..8 {
            let at = stage.now - Duration::seconds(8 - second);
            stage
                .store
                .totals_mut()
                .arrived(900 + [0, 40, 300, 120, 500, 380, 700, 390][second as usize], at);
        }
        stage
    }

    pub(crate) fn world(&self) -> World<'_> {
        World {
            store: &self.store,
            link: &self.link,
            capabilities: &self.capabilities,
            record: &self.record,
            watchdog: &self.watchdog,
            scalings: &self.scalings,
            now: self.now,
        }
    }

    pub(crate) fn origin(name: &str) -> Arc<Origin> {
        Arc::new(Origin {
            service: name.into(),
            container: format!("{name}0123456789").as_str().into(),
            replica: 1,
            is_tty: false,
        })
    }

    pub(crate) fn service(
        &mut self,
        name: &str,
        state: RunState,
        health: Health,
        restarts: u64,
        (cpu, memory): (f32, u64),
    ) {
        let needs: &[&str] = if ["api", "auth", "worker"].contains(&name) { &["db"] } else { &[] };
        self.store.put_container(Container {
            name: format!("broken-shop-{name}-1").into(),
            image: format!("broken-shop-{name}:latest").into(),
            state,
            health,
            restarts,
            started_at: Some(self.now - Duration::minutes(3)),
            depends_on: needs.iter().map(|n| ServiceName::from(*n)).collect(),
            usage: state.is_up().then_some(Usage {
                cpu_percent: cpu,
                memory: memory << 20,
                memory_limit: 8 << 30,
                ..Usage::default()
            }),
            ..Container::new(Self::origin(name))
        });
    }

    /// Adds a line some milliseconds after the last one.
    pub(crate) fn line(&mut self, service: &str, level: Level, text: &str) -> Arc<LogRecord> {
        self.put(service, Stream::Stdout, level, text)
    }

    pub(crate) fn system(&mut self, service: &str, text: &str) -> Arc<LogRecord> {
        self.put(service, Stream::System, Level::Unknown, text)
    }

    pub(crate) fn manager(&mut self, service: &str, text: &str) -> Arc<LogRecord> {
        self.put(service, Stream::Manager, Level::Unknown, text)
    }

    fn put(&mut self, service: &str, stream: Stream, level: Level, text: &str) -> Arc<LogRecord> {
        self.next += 1;
        let start = self.now - Duration::milliseconds(2_400);
        let record = Arc::new(LogRecord {
            id: RecordId(self.next),
            time: start + Duration::milliseconds(self.next as i64 * 17),
            origin: Self::origin(service),
            stream,
            level,
            text: SafeText::from(text),
            message_at: 0,
        });
        self.store.push(Arc::clone(&record));
        record
    }

    /// So many older lines that only the journal holds, a second apart: `api` and `db` by turns, each 50th a needle.
    pub(crate) fn remember(&mut self, lines: usize) {
        let oldest = self.store.records_after(&Query::default(), None, 1)[0].position();
        self.store.begin_at(oldest);
        self.record.has_journal = true;
        let count = lines as i64;
        self.disk = (0..count)
            .map(|at| {
                let service = if at % 2 == 0 { "api" } else { "db" };
                let word = if at % 50 == 49 { "needle" } else { "hay" };
                Arc::new(LogRecord {
                    // Numbers of arrival need not follow time.
                    id: RecordId(1_000_000 + at as u64),
                    time: oldest.time - Duration::seconds(count - at),
                    origin: Self::origin(service),
                    stream: Stream::Stdout,
                    level: Level::Info,
                    text: format!("old line {at} {word}").into(),
                    message_at: 0,
                })
            })
            .collect();
        let kept = self.store.records_after(&Query::default(), None, usize::MAX);
        self.disk.extend(kept);
    }

    /// What the journal answers.
    fn fetch(&self, errand: &Errand, query: &Query) -> Found {
        let found = |at: std::ops::Range<usize>| self.disk[at].to_vec();
        match errand.way {
            Way::Before(place) => {
                let all: Vec<_> = self
                    .disk
                    .iter()
                    .filter(|r| r.position() < place && query.matches(r))
                    .cloned()
                    .collect();
                let from = all.len().saturating_sub(errand.count);
                Found { records: all[from..].to_vec(), is_end: from == 0, ..Found::default() }
            }
            Way::After(place) => {
                let mut records: Vec<_> = self
                    .disk
                    .iter()
                    .filter(|r| r.position() > place && query.matches(r))
                    .cloned()
                    .collect();
                let is_end = records.len() <= errand.count;
                records.truncate(errand.count);
                Found { records, is_end, ..Found::default() }
            }
            Way::Around(place, count) => {
                let at = self.disk.partition_point(|r| r.position() < place);
                let from = at.saturating_sub(count);
                let records = found(from..(at + count).min(self.disk.len()));
                Found { records, is_end: from == 0, ..Found::default() }
            }
        }
    }

    /// Ordinary lines of all services.
    pub(crate) fn chatter(&mut self, lines: usize) {
        let words = [
            ("api", Level::Info, "GET /api/items/86006 200 12ms"),
            ("redis", Level::Info, "DB 0: 18234 keys (412 volatile)"),
            ("web", Level::Info, "GET /cart 502 3ms"),
            ("api", Level::Info, r#"{"level":"info","msg":"logged in","user":8530,"took_ms":4}"#),
            ("mailer", Level::Info, "queue drained in 41ms"),
            ("auth", Level::Warn, "token expires in 30s user=8530"),
            ("web", Level::Debug, "cache hit key=cart:94666"),
        ];
        for at in 0..lines {
            let (service, level, text) = words[at % words.len()];
            self.line(service, level, text);
        }
    }

    pub(crate) fn problem(&mut self, plan: &Plan<'_>) -> Fingerprint {
        let mut hash = 1_469_598_103_934_665_603_u64;
        for byte in plan.template.bytes() {
            hash = (hash ^ u64::from(byte)).wrapping_mul(1_099_511_628_211);
        }
        let fingerprint = Fingerprint(hash);
        let last = self.now - Duration::seconds(plan.age);
        let mut trend = Trend::default();
        for (back, count) in plan.minutes.iter().rev().enumerate() {
            for _ in 0..*count {
                trend.add(self.now - Duration::minutes(back as i64));
            }
        }
        let record = plan.at.clone().unwrap_or_else(|| {
            self.line(plan.services[0].0, Level::Error, &plan.template.replace(['<', '>'], ""))
        });
        self.store.mark(&record, fingerprint);
        let sample = Sample {
            position: record.position(),
            service: record.origin.service.clone(),
            container: record.origin.container.clone(),
            stream: record.stream,
            message: record.text.clone(),
            lines: vec![record.text.clone()],
        };
        self.store.put_group(ErrorGroup {
            fingerprint,
            template: plan.template.into(),
            rule: "database.connection-slots".into(),
            guidance: Arc::new(Guidance {
                title: "No connection left".into(),
                hint: "The server has as many clients as it allows; new ones are refused.".into(),
                remedies: vec![
                    "Raise max_connections (now 100).".into(),
                    "Cap the pool: DB_POOL_SIZE in api.".into(),
                    "Restart db (r).".into(),
                ],
                repair: Repair::Restart,
            }),
            category: plan.category,
            base_severity: plan.severity,
            escalation: None,
            status: plan.status.clone(),
            count: plan.services.iter().map(|(_, n)| n).sum(),
            first_seen: last - Duration::seconds(194),
            last_seen: last,
            services: plan
                .services
                .iter()
                .map(|(name, count)| ServiceCount {
                    service: (*name).into(),
                    count: *count,
                    last_seen: last,
                })
                .collect(),
            trend,
            samples: VecDeque::from([sample]),
            sessions: 1,
            issue: None,
            variety: crate::model::Variety::default(),
        });
        fingerprint
    }
}

/// What a problem is to be.
#[derive(Clone)]
pub(crate) struct Plan<'a> {
    pub(crate) template: &'a str,
    pub(crate) severity: Severity,
    pub(crate) category: Category,
    pub(crate) services: &'a [(&'a str, u64)],
    pub(crate) minutes: &'a [u32],
    pub(crate) age: i64,
    pub(crate) status: Status,
    pub(crate) at: Option<Arc<LogRecord>>,
}

impl<'a> Plan<'a> {
    pub(crate) fn new(
        template: &'a str,
        severity: Severity,
        category: Category,
        service: &'a str,
        minutes: &'a [u32],
        age: i64,
    ) -> Self {
        let count: u32 = minutes.iter().sum();
        let services = Box::leak(Box::new([(service, u64::from(count))]));
        Self {
            template,
            severity,
            category,
            services,
            minutes,
            age,
            status: Status::Ongoing,
            at: None,
        }
    }

    pub(crate) fn with(self, status: Status) -> Self {
        Self { status, ..self }
    }
}

/// A screen on a stage.
pub(crate) struct Show {
    pub(crate) stage: Stage,
    pub(crate) state: State,
    pub(crate) look: Look,
    pub(crate) hits: HitMap,
    /// What is to be read.
    pub(crate) errands: Vec<Errand>,
}

impl Show {
    #[allow(clippy::similar_names, reason = "a stage has a state")]
    pub(crate) fn new(stage: Stage, columns: u16, rows: u16) -> Self {
        let settings = Settings::default();
        let mut state = State::new(&settings, vec!["dark".to_owned(), "light".to_owned()]);
        state.size = (columns, rows);
        let look = Look {
            theme: Theme::load("dark", None).unwrap(),
            keymap: Keymap::new(&settings).0,
            glyphs: Glyphs::UNICODE,
            capabilities: stage.capabilities.clone(),
        };
        refresh(&mut state, &stage.world(), true);
        Self { stage, state, look, hits: HitMap::default(), errands: Vec::new() }
    }

    pub(crate) fn send(&mut self, message: Message) -> Vec<Effect> {
        let mut effects = update(&mut self.state, message, &self.stage.world());
        for effect in effects.extract_if(.., |e| matches!(e, Effect::Read(_))) {
            if let Effect::Read(errand) = effect {
                self.errands.push(errand);
            }
        }
        effects
    }

    /// Brings what is to be read, until nothing more is asked for. How many errands that took.
    pub(crate) fn bring(&mut self) -> usize {
        let mut count = 0;
        self.send(Message::Tick);
        while let Some(errand) = self.errands.pop() {
            let query = self.state.query(errand.asker);
            let found = self.stage.fetch(&errand, &query);
            self.send(Message::Read(errand.asker, errand.ticket, Ok(found)));
            count += 1;
            assert!(count < 1_000, "{errand:?}");
        }
        count
    }

    pub(crate) fn buffer(&mut self) -> Buffer {
        refresh(&mut self.state, &self.stage.world(), false);
        let (columns, rows) = self.state.size;
        let mut buffer = Buffer::empty(Rect::new(0, 0, columns, rows));
        let snapshot = Snapshot::take(&self.state, &self.stage.world());
        view::draw(&self.look, &self.state, &snapshot, &mut buffer, &mut self.hits);
        buffer
    }

    /// The screen as text, one line a row, without spaces at the ends.
    pub(crate) fn text(&mut self) -> String {
        let buffer = self.buffer();
        let mut out = String::new();
        for y in 0..buffer.area.height {
            let mut row = String::new();
            for x in 0..buffer.area.width {
                row.push_str(buffer[(x, y)].symbol());
            }
            out.push_str(row.trim_end());
            out.push('\n');
        }
        out
    }
}

fn shop(columns: u16, rows: u16) -> Show {
    Show::new(Stage::shop(), columns, rows)
}

#[test]
fn the_screens_look_as_they_were_reviewed() {
    for (columns, rows) in [(80, 24), (120, 40), (200, 60), (20, 5)] {
        insta::assert_snapshot!(format!("{columns}x{rows}"), shop(columns, rows).text());
    }
}

#[test]
fn other_panes_look_as_they_were_reviewed() {
    let shows: [(&str, &[Action]); 4] = [
        ("logs", &[Action::FocusLogs, Action::MoveUp, Action::ToggleMark, Action::MoveUp]),
        ("services", &[Action::FocusServices, Action::MoveDown]),
        ("categories", &[Action::FocusCategories]),
        ("full_screen", &[Action::MoveDown, Action::Open]),
    ];
    for (name, actions) in shows {
        let mut show = shop(80, 24);
        for action in actions {
            show.send(Message::Do(*action));
        }
        insta::assert_snapshot!(name, show.text());
    }
}

#[test]
fn a_search_looks_as_it_was_reviewed() {
    let mut show = shop(120, 40);
    show.send(Message::Do(Action::Search));
    show.send(Message::Paste("connect".to_owned()));
    insta::assert_snapshot!("search", show.text());
}

#[test]
fn empty_screens_teach() {
    let mut show = Show::new(Stage::empty(), 80, 24);
    assert!(show.text().contains("Nothing was logged yet"));
    let mut stage = Stage::empty();
    stage.chatter(30);
    let mut show = Show::new(stage, 80, 24);
    show.stage.now += Duration::minutes(8);
    let text = show.text();
    assert!(text.contains("No problems in 8 minutes"), "{text}");
    assert!(text.contains("30 lines read from 5 services, 0 lost, 212 rules loaded"), "{text}");
    show.stage.link = Link::Connecting;
    assert!(show.text().contains("Connecting"));
    let mut show = shop(80, 24);
    show.send(Message::Do(Action::Search));
    assert!(show.text().contains("words look in all services"));
    let mut show = shop(80, 24);
    show.state.filter.set("svc:nowhere").unwrap();
    refresh(&mut show.state, &show.stage.world(), true);
    let text = show.text();
    assert!(text.contains("Nothing meets the filter") && text.contains("11 problems hidden"));
}

#[test]
fn a_lost_connection_is_said_with_its_age_and_keeps_the_data() {
    let mut stage = Stage::shop();
    let since = stage.now - Duration::seconds(14);
    stage.link = Link::Away { since, reason: "connection refused".into() };
    for (columns, word) in [(80, "AWAY 14s"), (120, "NOT REACHABLE 14s")] {
        let mut show = Show::new(Stage { link: stage.link.clone(), ..Stage::shop() }, columns, 40);
        show.state.popup = None;
        let text = show.text();
        assert!(text.contains(word), "{text}");
        assert!(text.contains("?api") || text.contains("? api"), "{text}");
        assert!(text.contains("JWT expired"));
    }
}

#[test]
fn no_size_and_no_key_breaks_the_screen() {
    for (columns, rows) in [
        (1, 1),
        (2, 2),
        (3, 1),
        (1, 9),
        (5, 3),
        (10, 4),
        (20, 5),
        (40, 12),
        (59, 15),
        (60, 16),
        (61, 17),
        (80, 10),
        (99, 19),
        (100, 16),
        (100, 29),
        (160, 45),
        (300, 100),
        (400, 20),
    ] {
        let mut show = shop(columns, rows);
        show.buffer();
        for action in Action::ALL {
            show.send(Message::Do(*action));
            show.buffer();
            if *action != Action::Zoom {
                show.state.popup = None;
            }
        }
    }
}

#[test]
fn the_smallest_terminals_still_tell_the_worst() {
    let text = shop(20, 5).text();
    assert!(text.contains("2C") && text.contains("4E"), "{text}");
    assert!(text.contains("OOMKilled"), "{text}");
    let text = shop(40, 1).text();
    assert!(text.contains("OOMKilled"), "{text}");
}

#[test]
fn hostile_text_never_leaves_its_row() {
    let hostile = [
        "\u{1b}[2J\u{1b}]0;title\u{7}cleared".to_owned(),
        "progress 10%\rprogress 100%".to_owned(),
        "\u{202e}gnp.exe".to_owned(),
        "👩\u{200d}👩\u{200d}👧\u{200d}👦 🇩🇪 1\u{fe0f}\u{20e3} 👍🏽".repeat(20),
        "日本語のログ".repeat(100),
        format!("Z{}", "\u{301}".repeat(5_000)),
        "x".repeat(1_000_000),
        String::new(),
        "<".repeat(500),
        "a\tb\tc".to_owned(),
    ];
    let mut stage = Stage::empty();
    for text in &hostile {
        let record = stage.line("ev\u{1b}[31mil日本", Level::Error, text);
        stage.problem(&Plan {
            at: Some(record),
            template: text,
            ..Plan::new("x", Severity::Error, Category::Other, "evil", &[1], 0)
        });
    }
    for (columns, rows) in [(80, 24), (120, 40), (200, 60), (30, 8)] {
        let mut show = Show::new(
            Stage { store: Store::new(Limits::default()), ..Stage::empty() },
            columns,
            rows,
        );
        std::mem::swap(&mut show.stage, &mut stage);
        for action in [
            Action::ToggleWrap,
            Action::FocusLogs,
            Action::ToggleWrap,
            Action::FocusProblems,
            Action::Open,
        ] {
            show.send(Message::Do(action));
            for _ in 0..12 {
                show.send(Message::Do(Action::MoveDown));
            }
            let buffer = show.buffer();
            let bottom_right = (columns - 1, rows - 2);
            let framed = columns >= 100;
            if framed {
                let corner = buffer[bottom_right].symbol();
                assert!(["╯", "│"].contains(&corner), "{corner:?} at {columns}x{rows}");
            }
            for cell in buffer.content() {
                assert!(!cell.symbol().chars().any(char::is_control));
            }
        }
        std::mem::swap(&mut show.stage, &mut stage);
    }
}

#[test]
fn ascii_is_enough_where_nothing_else_can_be_drawn() {
    let mut stage = Stage::shop();
    stage.link = Link::Live;
    for (columns, rows) in [(80, 24), (120, 40), (200, 60)] {
        let mut show = shop(columns, rows);
        show.look.glyphs = Glyphs::ASCII;
        let strange: String = show.text().chars().filter(|c| !c.is_ascii()).collect();
        // Named keys and the sign of a cut are words of their own.
        let strange = strange.replace(['↵', '⇥', '…', '×', '⇧'], "");
        assert_eq!(strange, "", "{columns}x{rows}");
    }
}

#[test]
fn severity_is_told_without_colour() {
    let mut show = shop(120, 40);
    show.look.theme = Theme::mono();
    let text = show.text();
    for word in ["█C", "▌E", "▎W", "2 CRIT", "4 ERR", "+new", "↺reg", "~on"] {
        assert!(text.contains(word), "{word}");
    }
}

#[test]
fn every_theme_draws_every_severity_in_its_own_ink() {
    for name in Theme::names(None) {
        let mut show = shop(120, 40);
        show.look.theme = Theme::load(&name, None).unwrap();
        let buffer = show.buffer();
        let inks: std::collections::HashSet<_> = buffer
            .content()
            .iter()
            .filter(|cell| ["▌", "▎", "█"].contains(&cell.symbol()))
            .map(|cell| format!("{:?}", cell.fg))
            .collect();
        assert!(inks.len() >= 3 || name == "mono", "{name}: {inks:?}");
    }
}

#[test]
fn two_thousand_problems_and_many_lines_stay_quick() {
    let mut stage = Stage::empty();
    for n in 0..2_000 {
        let template = format!("problem number {n} of <n>");
        let severity = Severity::ALL[n % 4];
        stage.problem(&Plan::new(
            &template,
            severity,
            Category::ALL[n % 17],
            "api",
            &[1, 2],
            n as i64,
        ));
    }
    stage.chatter(20_000);
    let mut show = Show::new(stage, 200, 60);
    let start = std::time::Instant::now();
    for _ in 0..20 {
        show.send(Message::Do(Action::MoveDown));
        show.buffer();
    }
    let each = start.elapsed() / 20;
    // Unoptimised code on a busy machine; optimised it is a tenth.
    assert!(each < std::time::Duration::from_millis(400), "{each:?} a frame");
}

#[test]
fn an_unchanged_screen_is_the_same_frame() {
    let mut show = shop(120, 40);
    let before = show.buffer();
    assert_eq!(show.buffer(), before);
}

#[test]
fn what_happened_shortly_before_a_problem_is_said() {
    let mut stage = Stage::empty();
    let restart = stage.system("db", "db: restarted (exit 1), run 2");
    // What was only meant has not happened.
    stage.manager("cache", "watchdog: would act: start: exited with 1");
    stage.chatter(2);
    let record = stage.line("api", Level::Error, "connection refused");
    let fingerprint = stage.problem(&Plan {
        at: Some(record),
        ..Plan::new("connection refused", Severity::Error, Category::Database, "api", &[1], 0)
    });
    stage.store.group_mut(fingerprint).unwrap().first_seen = restart.time + Duration::seconds(20);
    let text = Show::new(stage, 120, 40).text();
    assert!(text.contains("20s after db restarted (exit 1), run 2"), "{text}");
    assert!(text.contains("── db restarted (exit 1), run 2 ──"), "{text}");
}

#[test]
fn gaps_and_losses_are_seen_on_the_first_screen() {
    for (columns, lost) in [(80, " lost 0 "), (120, " lost 0 ")] {
        let text = shop(columns, 40).text();
        let header = text.lines().next().unwrap();
        assert!(header.contains(lost) && !header.contains("gap"), "{header}");
    }
    let mut stage = Stage::shop();
    stage.store.totals_mut().lost = 1_234;
    stage.store.totals_mut().gaps = 2;
    stage.system(
        "api",
        "93 lines lost between 12:00:01.500 and 12:00:03.100 UTC: its log was emptied",
    );
    stage.manager("api", "dogwatch restarted api");
    let mut show = Show::new(stage, 120, 40);
    let text = show.text();
    let header = text.lines().next().unwrap();
    assert!(header.contains("lost 1 234") && header.contains("2 gaps"), "{header}");
    let gap = text.lines().find(|l| l.contains("93 lines lost")).unwrap();
    assert!(gap.contains("━━ api 93 lines lost between 12:00:01.500"), "{gap}");
    assert!(gap.contains("was emptied ━━━━━━━━━━━━"), "{gap}");
    let ours = text.lines().find(|l| l.contains("dogwatch restarted api")).unwrap();
    assert!(ours.contains("·· dogwatch restarted api ··"), "{ours}");
    let buffer = show.buffer();
    let inks: Vec<_> = (0..40)
        .flat_map(|y| (0..120).map(move |x| (x, y)))
        .filter(|at| buffer[*at].symbol() == "━")
        .map(|at| buffer[at].style().fg)
        .collect();
    let warn = show.look.theme.style(super::theme::Role::Warn).fg;
    assert!(inks.len() > 20 && inks.iter().all(|ink| *ink == warn));
}

#[test]
fn a_disk_that_refuses_is_said_in_the_header() {
    for (columns, words) in [(80, "not kept"), (120, "log store paused: no space left on the disk")]
    {
        let mut show = shop(columns, 30);
        show.stage.record.paused = Some("log store paused: no space left on the disk".into());
        let text = show.text();
        assert!(text.lines().next().unwrap().contains(words), "{text}");
    }
}

#[test]
fn a_log_that_rotates_lines_away_is_marked_and_says_what_helps() {
    let mut stage = Stage::shop();
    let mut web = stage.store.service(&"web".into()).unwrap().containers[0].clone();
    web.log.max_size = Some(1 << 20);
    web.log.max_file = 2;
    stage.store.put_container(web);
    let mut show = Show::new(stage, 200, 60);
    let text = show.text();
    assert!(text.contains("●!web") && !text.contains("raise max-size"), "{text}");
    show.send(Message::Click(super::message::Target::Service("web".into())));
    assert!(show.text().contains("! web: Docker keeps only 1 MB of its log"));
    show.send(Message::Do(Action::Messages));
    assert_eq!(show.text().matches("web: Docker keeps only 1 MB").count(), 2);
}

#[test]
fn the_lines_around_a_problem_fill_the_pane_until_the_user_says_how_many() {
    let mut show = shop(200, 60);
    show.send(Message::Do(Action::MoveDown));
    show.send(Message::Do(Action::Open));
    let filled = |show: &mut Show| {
        let text = show.text();
        text.lines().filter(|l| l.contains("│INFO") || l.contains("│WARN")).count()
    };
    assert!(filled(&mut show) > 30, "{}", show.text());
    for _ in 0..40 {
        show.send(Message::Do(Action::LessContext));
    }
    assert!(show.text().contains("+ - 0 lines around"));
    let few = filled(&mut show);
    for _ in 0..10 {
        show.send(Message::Do(Action::MoreContext));
    }
    assert!(show.text().contains("+ - 20 lines around"));
    assert!(filled(&mut show) > few);
}
