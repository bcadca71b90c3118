//! A made-up stack at one moment, and what its problems are to be.

use crate::tui::{
    past::{Errand, Found, Way},
    state::{Record, World},
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
    pub(super) next: u64,
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
    pub(super) fn fetch(&self, errand: &Errand, query: &Query) -> Found {
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
