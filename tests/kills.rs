//! A writer of journal and state is killed 200 times at random moments; what it leaves is whole each time.
//!
//! `DOGWATCH_KILLS_SEED` repeats a run; the seed is printed with the result.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "this is a test; its helpers are no test functions"
)]

use chrono::{DateTime, Duration, Utc};
use dogwatch::{
    model::{Anchor, ContainerId, Level, Query, Row, Speaker, Stream},
    store::{
        journal::{FOLDER, Journal, Settings, Stop},
        state::{Checkpoint, FILE, LastSeen, State},
    },
};
use std::{
    collections::{BTreeMap, HashMap},
    env, fs,
    ops::ControlFlow,
    path::Path,
    process::{Command, Stdio},
    thread,
    time::{self, Instant, SystemTime},
};

const KILLS: u64 = 200;
const CONTAINERS: [&str; 3] = ["api-1", "db-1", "web-1"];
const PROJECT: &str = "shop";

fn at(id: u64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_700_000_000, 0).unwrap() + Duration::microseconds(id as i64)
}

/// Small files, so that kills meet rotation and compression, too.
fn settings() -> Settings {
    Settings { file_bytes: 64 << 10, ..Settings::default() }
}

fn container(id: u64) -> &'static str {
    CONTAINERS[id as usize % CONTAINERS.len()]
}

/// A text that shows when a byte of it is missing or of another row.
fn text(id: u64) -> String {
    format!("row {id} {}", format!("{id}.").repeat(id as usize % 40))
}

fn row(id: u64, text: &str) -> Row<'_> {
    Row {
        id,
        time: Some(at(id)),
        line_time: None,
        source: Speaker::Container,
        service: container(id).into(),
        container: container(id).into(),
        replica: 1,
        run: None,
        stream: Stream::Stdout,
        level: Level::Info,
        text: text.into(),
        message_at: 0,
        fields: BTreeMap::default(),
        redacted: Vec::new(),
        gap: None,
    }
}

/// The writer that is killed: journal first, then the moment in state; closed files are compressed beside it.
#[test]
#[ignore = "runs as a child process of the test below"]
fn writes_until_it_is_killed() {
    let Some(folder) = env::var_os("DOGWATCH_KILLS_FOLDER") else { return };
    let folder = Path::new(&folder);
    let mut state = State::open(&folder.join(FILE)).unwrap();
    let (mut journal, opened) = Journal::open(&folder.join(FOLDER), settings(), at(0)).unwrap();
    let chores = journal.chores();
    thread::spawn(move || {
        loop {
            chores.sweep(at(0)).unwrap();
            if !chores.compress_one().unwrap() {
                thread::sleep(time::Duration::from_millis(1));
            }
        }
    });
    state.begin_session(PROJECT, at(opened.next_id.0)).unwrap();
    let mut id = opened.next_id.0;
    loop {
        let count = id * 7 % 60 + 1;
        for _ in 0..count {
            journal.append(&row(id, &text(id)));
            id += 1;
        }
        journal.flush().unwrap();
        let last = |name: &str| (1..id).rev().take(3).find(|id| container(*id) == name);
        let anchors = CONTAINERS.iter().filter_map(|name| {
            let anchor = Anchor { time: at(last(name)?), same: 1 };
            Some((ContainerId::from(*name), Stream::Stdout, anchor))
        });
        let containers = CONTAINERS.iter().map(|name| LastSeen {
            container: (*name).into(),
            service: (*name).into(),
            replica: 1,
            started_at: None,
            verified: last(name).map(at),
            is_read: id % 2 == 0,
        });
        let moment = Checkpoint {
            anchors: anchors.collect(),
            containers: containers.collect(),
            next_id: id,
            now: Some(at(id)),
            ..Checkpoint::default()
        };
        state.save(PROJECT, &moment).unwrap();
    }
}

/// What must hold after every kill; answers how many rows there are.
fn judge(folder: &Path) -> u64 {
    let state = State::open(&folder.join(FILE)).unwrap();
    assert!(state.warnings().is_empty(), "{:?}", state.warnings());
    let saved = state.load(PROJECT).unwrap();
    let (journal, opened) = Journal::open(&folder.join(FOLDER), settings(), at(0)).unwrap();
    let is_repair = |text: &str| text.contains("cut a half line");
    assert!(opened.warnings.iter().all(|w| is_repair(w)), "{:?}", opened.warnings);
    assert!(opened.repaired <= 1, "only the open file can end in half a line");
    let mut last: HashMap<String, DateTime<Utc>> = HashMap::new();
    let mut rows = 0;
    let scanned = journal
        .reader()
        .scan(&Query::default(), None, None, &Stop::default(), |record| {
            rows += 1;
            assert_eq!(record.id.0, rows, "every row once and in order");
            assert_eq!(record.text.as_str(), text(rows), "every row whole");
            last.insert(record.origin.container.as_str().to_owned(), record.time);
            ControlFlow::Continue(())
        })
        .unwrap();
    assert_eq!((scanned.skipped, scanned.rows), (0, rows));
    assert_eq!(opened.next_id.0, rows + 1);
    assert!(saved.next_id <= opened.next_id.0, "state is never ahead of the journal");
    for (container, streams) in &saved.anchors {
        let journal = last[container.as_str()];
        assert!(streams[&Stream::Stdout].time <= journal, "no anchor is ahead of the journal");
    }
    // What was saved is of one moment.
    for seen in &saved.containers {
        let anchor = saved.anchors[&seen.container][&Stream::Stdout];
        assert_eq!(seen.verified, Some(anchor.time));
    }
    if saved.next_id > 3 {
        let newest = saved.anchors.values().map(|streams| streams[&Stream::Stdout].time).max();
        assert_eq!(newest, Some(at(saved.next_id - 1)));
    }
    rows
}

#[test]
fn two_hundred_kills_leave_a_whole_state() {
    let seed = env::var("DOGWATCH_KILLS_SEED").ok().and_then(|seed| seed.parse().ok());
    let now = || SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap();
    let seed: u64 = seed.unwrap_or_else(|| now().as_nanos() as u64 | 1);
    println!("DOGWATCH_KILLS_SEED={seed}");
    let mut dice = seed;
    let mut throw = |below: u64| {
        dice ^= dice << 13;
        dice ^= dice >> 7;
        dice ^= dice << 17;
        dice % below
    };
    let begin = Instant::now();
    let mut rows = 0;
    let mut folder = tempfile::tempdir().unwrap();
    let mut passed = 0;
    for round in 0..KILLS {
        // A journal that grows for ever would only make the judge slow.
        if round % 20 == 0 {
            folder = tempfile::tempdir().unwrap();
        }
        let mut child = Command::new(env::current_exe().unwrap())
            .args(["--ignored", "--exact", "writes_until_it_is_killed"])
            .env("DOGWATCH_KILLS_FOLDER", folder.path())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        thread::sleep(time::Duration::from_micros(5_000 + throw(30_000)));
        assert_eq!(child.try_wait().unwrap(), None, "round {round}: the writer died by itself");
        child.kill().unwrap();
        child.wait().unwrap();
        rows = judge(folder.path());
        passed += 1;
    }
    let size = fs::read_dir(folder.path().join(FOLDER)).unwrap().count();
    println!(
        "{passed} of {KILLS} kills left a whole state ({rows} rows in {size} files at the end, {:.1?})",
        begin.elapsed()
    );
    assert!(rows > 0, "the writer came to write");
}
