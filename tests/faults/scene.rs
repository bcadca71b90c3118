//! A stack of writers with a dogwatch that follows it, for one fault.

use crate::{
    Found, Miss,
    common::{
        Stack,
        engine::{Engine, is_root},
    },
    pty::Pty,
    watcher::{Watch, Watcher},
    witness::{
        journal::{self, Recorded, Tail},
        judge::{Kind, Verdict, judge},
        ledger,
        writers::{Image, Writers},
    },
};
use std::{
    fs::File,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    thread::sleep,
    time::{Duration, Instant, SystemTime},
};

/// Longer than anything takes here.
pub(crate) const PATIENCE: Duration = Duration::from_secs(45);

static IMAGE: Mutex<Option<Result<Arc<Image>, String>>> = Mutex::new(None);

fn locked() -> MutexGuard<'static, Option<Result<Arc<Image>, String>>> {
    IMAGE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The image of the writers, built once.
pub(crate) fn image() -> Result<Arc<Image>, Miss> {
    let mut image = locked();
    let built = image.get_or_insert_with(|| Image::build(&Engine::main()));
    built.clone().map_err(no_engine)
}

/// Removes the image.
pub(crate) fn forget_image() {
    *locked() = None;
}

/// Where an Engine is asked for, its absence is a failure.
pub(crate) fn no_engine(why: String) -> Miss {
    let is_required = std::env::var("DOGWATCH_REQUIRE_DOCKER").is_ok_and(|v| v == "1");
    if is_required { Miss::Wrong(why) } else { Miss::Skip(why) }
}

/// For what only root may do.
pub(crate) fn root() -> Result<(), Miss> {
    if is_root() { Ok(()) } else { Err(Miss::skip("needs root")) }
}

/// Writers, and dogwatch.
pub(crate) struct Scene {
    pub(crate) watcher: Option<Watcher>,
    pub(crate) watch: Watch,
    pub(crate) stack: Stack,
    pub(crate) writers: Writers,
    pub(crate) home: tempfile::TempDir,
}

impl Scene {
    /// Brings the services up, and dogwatch as soon as they run.
    pub(crate) fn up(name: &str, services: &[(&str, &str, &[&str])]) -> Result<Self, Miss> {
        let mut scene = Self::quiet(name, services)?;
        scene.begin();
        Ok(scene)
    }

    /// Brings the services up, without dogwatch.
    pub(crate) fn quiet(name: &str, services: &[(&str, &str, &[&str])]) -> Result<Self, Miss> {
        Ok(Self::on(Engine::main(), &image()?, name, services))
    }

    /// On an Engine of one's choice.
    pub(crate) fn on(
        engine: Engine,
        image: &Arc<Image>,
        name: &str,
        services: &[(&str, &str, &[&str])],
    ) -> Self {
        let writers = Writers::new(image);
        let services = services.iter().map(|(name, does, more)| writers.service(name, does, more));
        let stack = Stack::on(engine, name, &services.collect::<String>());
        stack.compose(&["up", "-d"]);
        let home = tempfile::tempdir().unwrap();
        let watch = Watch::new(&stack.engine, &stack.name, home.path());
        Self { watcher: None, watch, stack, writers, home }
    }

    /// Starts dogwatch and waits until something is on record.
    pub(crate) fn begin(&mut self) {
        self.watcher = Some(self.watch.start());
        let begin = Instant::now();
        while self.recorded().stored.is_empty() {
            assert!(begin.elapsed() < Duration::from_secs(20), "nothing comes on record");
            sleep(Duration::from_millis(50));
        }
    }

    /// SIGKILL.
    pub(crate) fn kill(&mut self) {
        self.watcher.take().unwrap().kill();
    }

    pub(crate) fn recorded(&self) -> Recorded {
        journal::read(&self.watch.journal())
    }

    pub(crate) fn verdict(&self) -> Verdict {
        let recorded = self.recorded();
        let ledger = ledger::read(self.writers.ledger.path());
        judge(&ledger, &recorded.stored, &recorded.holes)
    }

    /// Id of the first container of a service.
    pub(crate) fn id(&self, service: &str) -> String {
        let ids = self.stack.compose(&["ps", "-aq", service]);
        ids.lines().next().unwrap_or_default().to_owned()
    }

    /// The json log of a service.
    pub(crate) fn log(&self, service: &str) -> File {
        let path = self.stack.engine.say(&["inspect", "-f", "{{.LogPath}}", &self.id(service)]);
        File::options().append(true).open(path).unwrap()
    }

    /// How long until a line of the service is on record that is written from now on.
    pub(crate) fn fresh(&self, service: &str) -> Duration {
        let (begin, since) = (Instant::now(), now());
        let mut tail = Tail::new(&self.watch.journal());
        loop {
            let rows = tail.next().stored;
            let is_theirs = |writer: &str| writer.split('.').next() == Some(service);
            if rows.iter().any(|row| row.time >= since && is_theirs(&row.writer)) {
                return begin.elapsed();
            }
            assert!(begin.elapsed() < PATIENCE, "no fresh line of {service}");
            sleep(Duration::from_millis(50));
        }
    }

    /// Stops the writers, waits until all is accounted for, and gives the figures; they are wrong if it is not.
    pub(crate) fn settle(&self) -> Result<Verdict, Miss> {
        self.stack.compose(&["stop", "--timeout", "0"]);
        let (mut begin, mut stored) = (Instant::now(), 0);
        loop {
            let verdict = self.verdict();
            if verdict.stored > stored {
                (begin, stored) = (Instant::now(), verdict.stored);
            }
            if verdict.violations.is_empty() {
                return Ok(verdict);
            }
            let is_lasting = verdict.violations.iter().any(|v| v.kind != Kind::Unaccounted);
            if is_lasting || begin.elapsed() > PATIENCE {
                let stretches = verdict.stretches();
                let first = &stretches[0];
                return Err(Miss::Wrong(format!(
                    "{}; {} stretches, first: {:?} {}",
                    figures(&verdict),
                    stretches.len(),
                    first.kind,
                    first.lines
                )));
            }
            sleep(Duration::from_millis(300));
        }
    }

    /// Settles, with the usual figures.
    pub(crate) fn figures(&self) -> Found {
        self.settle().map(|verdict| figures(&verdict))
    }
}

/// `stored 60000 of 60000, missing 0, dup 0`.
pub(crate) fn figures(verdict: &Verdict) -> String {
    let gaps = if verdict.in_gaps > 0 {
        let count: u64 = verdict.gaps.values().sum();
        format!(", {} in {count} reported gaps", verdict.in_gaps)
    } else {
        String::new()
    };
    format!(
        "stored {} of {}{gaps}, missing {}, dup {}",
        verdict.stored,
        verdict.emitted,
        verdict.count(Kind::Unaccounted),
        verdict.count(Kind::Duplicate)
    )
}

/// Nanoseconds of the wall clock.
pub(crate) fn now() -> u64 {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap();
    u64::try_from(now.as_nanos()).unwrap()
}

/// The longest time from a key to its frame while popups open and close for four seconds; too long is wrong.
///
/// The escape key itself waits for what could follow it; an unoptimised program beside two others is slow.
pub(crate) fn slowest_key(pty: &mut Pty) -> Result<Duration, Miss> {
    let (begin, mut slowest) = (Instant::now(), Duration::ZERO);
    while begin.elapsed() < Duration::from_secs(4) {
        for (key, is_open) in [("?", true), ("\x1b", false)] {
            let asked = Instant::now();
            pty.press(key);
            pty.wait("a frame", |screen| screen.contents().contains('┏') == is_open);
            slowest = slowest.max(asked.elapsed());
            sleep(Duration::from_millis(150));
        }
    }
    let limit = Duration::from_millis(if cfg!(debug_assertions) { 2_000 } else { 250 });
    if slowest < limit {
        Ok(slowest)
    } else {
        Err(Miss::Wrong(format!("key to frame at most {slowest:.0?}")))
    }
}

/// Waits.
pub(crate) fn wait(what: &str, is_so: impl Fn() -> bool) -> Duration {
    let begin = Instant::now();
    while !is_so() {
        assert!(begin.elapsed() < PATIENCE, "{what} did not come");
        sleep(Duration::from_millis(30));
    }
    begin.elapsed()
}
