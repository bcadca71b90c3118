//! State over runs, kills, damage and second writers.

use super::{Act, Checkpoint, Error, LastSeen, Mark, Saved, State};
use crate::model::{
    Anchor, Category, ContainerId, ErrorGroup, FiledIssue, Fingerprint, MuteUntil, Position,
    RecordId, Sample, ServiceCount, Severity, Status, Stream, Trend,
};
use chrono::{DateTime, Duration, Utc};
use std::{
    collections::{HashSet, VecDeque},
    fs,
    path::Path,
    process::{Command, Stdio},
    sync::Arc,
    time::Instant,
};

fn at(minute: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_700_000_040 + minute * 60, 123_456_789).unwrap()
}

fn group(name: u64, count: u64) -> ErrorGroup {
    let sample = |n: u64| Sample {
        position: Position { time: at(n as i64), id: RecordId(n) },
        service: "api".into(),
        container: "c1".into(),
        stream: Stream::Stderr,
        message: format!("message {n}").into(),
        lines: vec!["a".into(), "b".into()],
    };
    let mut trend = Trend::default();
    trend.add(at(1));
    ErrorGroup {
        fingerprint: Fingerprint(name),
        template: "connection to <host> refused".into(),
        rule: "database.refused".into(),
        guidance: Arc::default(),
        category: Category::Database,
        base_severity: Severity::Error,
        escalation: Some("10x".into()),
        status: Status::New,
        count,
        first_seen: at(1),
        last_seen: at(2),
        services: vec![ServiceCount { service: "api".into(), count, last_seen: at(2) }],
        trend,
        samples: (1..=3).map(sample).collect(),
        sessions: 2,
        issue: None,
        variety: crate::model::Variety::default(),
    }
}

fn anchor(same: u32) -> (ContainerId, Stream, Anchor) {
    ("c1".into(), Stream::Stdout, Anchor { time: at(2), same })
}

fn saved(groups: &[ErrorGroup], anchors: &[(ContainerId, Stream, Anchor)]) -> Checkpoint {
    Checkpoint { groups: groups.to_vec(), anchors: anchors.to_vec(), ..Checkpoint::default() }
}

fn load(state: &State) -> Saved {
    let mut saved = state.load("shop").unwrap();
    saved.groups.sort_by_key(|g| g.fingerprint);
    saved
}

#[test]
fn what_was_merged_and_taken_apart_again_in_one_checkpoint_stays() {
    let folder = tempfile::tempdir().unwrap();
    let mut state = State::open(&folder.path().join("state.db")).unwrap();
    let (part, whole) = (group(1, 2), group(2, 4));
    let both = saved(&[part.clone(), whole.clone()], &[]);
    let mut back = both.clone();
    back.ties.merged.push((part.fingerprint, whole.fingerprint));
    back.ties.apart.push((part.fingerprint, part.fingerprint));
    let mut joined = both;
    joined.merge(back.clone());
    for checkpoint in [back, joined] {
        state.save("shop", &checkpoint).unwrap();
        assert_eq!(load(&state).groups, [part.clone(), whole.clone()]);
    }
}

#[test]
fn what_is_saved_comes_back_whatever_its_status() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("deep/er/state.db");
    let statuses = [
        Status::New,
        Status::Ongoing,
        Status::Verifying { since: at(3) },
        Status::Fixed { since: at(3) },
        Status::Regressed { at: at(3) },
        Status::Muted { until: MuteUntil::Escalates, since: at(3), count: 5 },
        Status::Muted { until: MuteUntil::Time(at(9)), since: at(3), count: 5 },
        Status::Muted { until: MuteUntil::More(7), since: at(3), count: 5 },
        Status::Muted { until: MuteUntil::Forever, since: at(3), count: 5 },
    ];
    let groups: Vec<_> = (0..)
        .zip(statuses)
        .map(|(name, status)| ErrorGroup {
            status,
            issue: Some(FiledIssue {
                number: 7,
                url: "https://x/7".into(),
                is_open: true,
                is_declined: false,
            }),
            ..group(name, 5)
        })
        .collect();
    let mut state = State::open(&path).unwrap();
    state.save("shop", &saved(&groups, &[anchor(3)])).unwrap();
    state.save("other", &saved(&groups[..1], &[])).unwrap();
    drop(state);
    let state = State::open(&path).unwrap();
    assert!(state.warnings().is_empty());
    let saved = load(&state);
    assert_eq!(saved.groups, groups);
    assert_eq!(saved.anchors[&"c1".into()][&Stream::Stdout], anchor(3).2);
    assert_eq!(state.load("other").unwrap().groups.len(), 1);
    assert!(state.load("third").unwrap().groups.is_empty());
}

#[test]
fn only_the_first_and_the_newest_samples_go_to_disk() {
    let folder = tempfile::tempdir().unwrap();
    let mut state = State::open(&folder.path().join("state.db")).unwrap();
    let mut big = group(1, 50);
    let sample = big.samples[0].clone();
    big.samples = (0..50)
        .map(|n| Sample { message: n.to_string().into(), ..sample.clone() })
        .collect::<VecDeque<_>>();
    state.save("shop", &saved(&[big], &[])).unwrap();
    let saved = load(&state);
    let messages: Vec<_> = saved.groups[0].samples.iter().map(|s| s.message.as_str()).collect();
    assert_eq!(messages, ["0", "41", "42", "43", "44", "45", "46", "47", "48", "49"]);
}

#[test]
fn sessions_and_settings_are_kept_by_project() {
    let folder = tempfile::tempdir().unwrap();
    let mut state = State::open(&folder.path().join("state.db")).unwrap();
    assert_eq!(load(&state).session_count, 0);
    assert_eq!(state.begin_session("shop", at(1)).unwrap(), 1);
    assert_eq!(state.begin_session("shop", at(1)).unwrap(), 2);
    assert_eq!(state.begin_session("other", at(1)).unwrap(), 1);
    assert_eq!(load(&state).session_count, 2);
    assert_eq!(state.get("shop", "theme").unwrap(), None);
    state.set("shop", "theme", "dark").unwrap();
    state.set("shop", "theme", "light").unwrap();
    assert_eq!(state.get("shop", "theme").unwrap().as_deref(), Some("light"));
    assert_eq!(state.get("other", "theme").unwrap(), None);
}

#[test]
fn positions_numbers_and_visits_are_kept() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state.db");
    let seen = |verified| LastSeen {
        container: "c".into(),
        service: "api".into(),
        replica: 2,
        started_at: Some(at(3)),
        verified,
        is_read: verified.is_some(),
    };
    let mut state = State::open(&path).unwrap();
    assert_eq!((load(&state).next_id, load(&state).last_visit), (0, None));
    state.begin_session("shop", at(1)).unwrap();
    let mut first = Checkpoint {
        groups: vec![group(1, 1), group(2, 1)],
        containers: vec![seen(None)],
        next_id: 7,
        now: Some(at(4)),
        ..Checkpoint::default()
    };
    let later = Checkpoint {
        groups: vec![group(2, 5)],
        containers: vec![seen(Some(at(2)))],
        next_id: 9,
        now: Some(at(5)),
        ..Checkpoint::default()
    };
    first.merge(later);
    state.save("shop", &first).unwrap();
    let back = load(&state);
    let mut counts: Vec<_> = back.groups.iter().map(|g| g.count).collect();
    counts.sort_unstable();
    assert_eq!(counts, [1, 5]);
    assert_eq!(back.containers, [seen(Some(at(2)))]);
    assert_eq!((back.next_id, back.last_visit), (9, Some(at(5))));
    state.begin_session("shop", at(8)).unwrap();
    state.save("shop", &Checkpoint::default()).unwrap();
    assert_eq!((load(&state).next_id, load(&state).last_visit), (9, Some(at(8))));
}

#[test]
fn silence_of_30_days_is_forgotten_unless_a_person_cared() {
    let folder = tempfile::tempdir().unwrap();
    let mut state = State::open(&folder.path().join("state.db")).unwrap();
    let muted = Status::Muted { until: MuteUntil::Forever, since: at(0), count: 1 };
    let groups = [
        group(1, 1),
        ErrorGroup { status: muted, ..group(2, 1) },
        ErrorGroup { status: Status::Fixed { since: at(0) }, ..group(3, 1) },
        ErrorGroup { last_seen: at(24 * 60), ..group(4, 1) },
    ];
    let (_, stream, old) = anchor(1);
    let anchors = [
        ("gone".into(), stream, old),
        ("quiet".into(), stream, old),
        ("fresh".into(), stream, Anchor { time: at(24 * 60), same: 1 }),
    ];
    state.save("shop", &saved(&groups, &anchors)).unwrap();
    let alive = HashSet::from(["quiet".into()]);
    state.prune("shop", &alive, at(0) + Duration::days(30)).unwrap();
    assert_eq!(load(&state).groups.len(), 4);
    state.prune("shop", &alive, at(3) + Duration::days(30)).unwrap();
    let saved = load(&state);
    let names: Vec<_> = saved.groups.iter().map(|g| g.fingerprint.0).collect();
    assert_eq!(names, [2, 3, 4]);
    assert!(!saved.anchors.contains_key(&"gone".into()));
    assert!(saved.anchors.contains_key(&"quiet".into()));
    assert!(saved.anchors.contains_key(&"fresh".into()));
    state.forget("shop", &[Fingerprint(4)]).unwrap();
    assert_eq!(load(&state).groups.len(), 2);
}

#[test]
fn a_second_writer_is_told_who_writes_and_may_view() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state.db");
    let mut first = State::open(&path).unwrap();
    first.save("shop", &saved(&[group(1, 5)], &[])).unwrap();
    let error = State::open(&path).unwrap_err();
    let says = error.to_string();
    let pid = std::process::id();
    assert!(says.starts_with(&format!("another dogwatch (pid {pid}) writes to ")), "{says}");
    let mut viewer = State::view(&path).unwrap();
    assert_eq!(load(&viewer).groups.len(), 1);
    assert!(matches!(viewer.save("shop", &saved(&[], &[])), Err(Error::ViewOnly)));
    assert!(matches!(viewer.begin_session("shop", at(1)), Err(Error::ViewOnly)));
    drop(first);
    // A program that another test has just forked holds the lock until it becomes another program.
    let deadline = Instant::now() + std::time::Duration::from_secs(10);
    while let Err(error) = State::open(&path) {
        assert!(matches!(error, Error::Locked { .. }) && Instant::now() < deadline, "{error}");
        std::thread::yield_now();
    }
}

#[test]
fn what_is_no_database_is_put_aside_and_said() {
    let deep = "[".repeat(10_000);
    for bytes in [&[0_u8; 4_096][..], b"{\"schema\":3", deep.as_bytes(), b"SQLite format 3\0 not"] {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state.db");
        fs::write(&path, bytes).unwrap();
        let mut state = State::open(&path).unwrap();
        state.save("shop", &saved(&[group(1, 1)], &[])).unwrap();
        assert_eq!(state.warnings().len(), 1);
        assert!(state.warnings()[0].contains("started fresh"), "{:?}", state.warnings());
        let bad = bad_files(folder.path());
        assert_eq!(bad.len(), 1);
        assert_eq!(fs::read(&bad[0]).unwrap(), bytes);
    }
}

#[test]
fn a_damaged_database_is_put_aside() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state.db");
    let mut state = State::open(&path).unwrap();
    state.save("shop", &saved(&(0..200).map(|n| group(n, 1)).collect::<Vec<_>>(), &[])).unwrap();
    drop(state);
    let mut bytes = fs::read(&path).unwrap();
    let half = bytes.len() / 2;
    bytes[4_096..half].fill(0x5a);
    fs::write(&path, bytes).unwrap();
    let state = State::open(&path).unwrap();
    assert_eq!(state.warnings().len(), 1);
    assert!(load(&state).groups.is_empty());
    assert_eq!(bad_files(folder.path()).len(), 1);
}

#[test]
fn an_unreadable_group_does_not_take_the_others_with_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state.db");
    let mut state = State::open(&path).unwrap();
    state.save("shop", &saved(&[group(1, 1), group(2, 1)], &[])).unwrap();
    drop(state);
    let sql = "UPDATE problem SET json = '{\"count\":' WHERE fingerprint LIKE '%1'";
    rusqlite::Connection::open(&path).unwrap().execute(sql, []).unwrap();
    let saved = load(&State::open(&path).unwrap());
    assert_eq!(saved.groups.len(), 1);
    assert!(saved.warnings[0].contains("fp2:0000000000000001"), "{:?}", saved.warnings);
}

#[test]
fn a_newer_file_is_not_touched() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state.db");
    drop(State::open(&path).unwrap());
    rusqlite::Connection::open(&path).unwrap().pragma_update(None, "user_version", 99).unwrap();
    let before = fs::read(&path).unwrap();
    let says = State::open(&path).unwrap_err().to_string();
    assert!(says.contains("made by a newer dogwatch (format 99, this one knows 7); not touched"));
    assert_eq!(fs::read(&path).unwrap(), before);
    assert!(bad_files(folder.path()).is_empty());
}

#[cfg(unix)]
#[test]
fn links_and_open_folders_are_refused_and_files_are_private() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("own/state.db");
    let mut state = State::open(&path).unwrap();
    state.save("shop", &saved(&[group(1, 1)], &[])).unwrap();
    assert_eq!(mode(path.parent().unwrap()), 0o700);
    for name in ["state.db", "state.db-wal", "state.db-shm", "lock"] {
        assert_eq!(mode(&path.with_file_name(name)), 0o600, "{name}");
    }

    let target = folder.path().join("target");
    fs::write(&target, "precious").unwrap();
    let link = folder.path().join("own/link.db");
    symlink(&target, &link).unwrap();
    let says = State::open(&link).unwrap_err().to_string();
    assert!(says.ends_with("it is a symbolic link"), "{says}");
    assert_eq!(fs::read_to_string(&target).unwrap(), "precious");

    let directory = folder.path().join("own/directory.db");
    fs::create_dir(&directory).unwrap();
    assert!(matches!(State::open(&directory), Err(Error::Unsafe { .. })));

    let open = folder.path().join("open");
    fs::create_dir(&open).unwrap();
    fs::set_permissions(&open, PermissionsExt::from_mode(0o777)).unwrap();
    assert!(matches!(State::open(&open.join("state.db")), Err(Error::Unsafe { .. })));
}

/// The writer that the next test kills: counts and anchors rise together for ever.
#[test]
#[ignore = "runs as a child process of the next test"]
fn writes_until_it_is_killed() {
    let Some(path) = std::env::var_os("DOGWATCH_TEST_STATE") else { return };
    let mut state = State::open(Path::new(&path)).unwrap();
    for n in 1.. {
        let groups: Vec<_> = (0..20).map(|name| group(name, n)).collect();
        state.save("shop", &saved(&groups, &[anchor(n as u32)])).unwrap();
    }
}

#[test]
fn a_killed_writer_leaves_counts_and_anchors_of_one_moment() {
    let folder = tempfile::tempdir().unwrap();
    for round in 0..3 {
        let path = folder.path().join(format!("state{round}.db"));
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--ignored", "--exact", "store::state::tests::writes_until_it_is_killed"])
            .env("DOGWATCH_TEST_STATE", &path)
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        let count = |path: &Path| {
            let saved = State::view(path).and_then(|state| state.load("shop")).unwrap_or_default();
            saved.groups.first().map_or(0, |g| g.count)
        };
        while count(&path) < 5 {
            assert_eq!(child.try_wait().unwrap(), None, "the writer died by itself");
            std::thread::yield_now();
        }
        child.kill().unwrap();
        child.wait().unwrap();
        // The lock died with its holder.
        let state = State::open(&path).unwrap();
        assert!(state.warnings().is_empty());
        let saved = load(&state);
        let same = u64::from(saved.anchors[&"c1".into()][&Stream::Stdout].same);
        assert!(same >= 5);
        assert_eq!(saved.groups.len(), 20);
        assert!(saved.groups.iter().all(|g| g.count == same), "all of one moment");
    }
}

fn bad_files(folder: &Path) -> Vec<std::path::PathBuf> {
    let files = fs::read_dir(folder).unwrap().map(|f| f.unwrap().path());
    files.filter(|f| f.to_string_lossy().contains(".bad-")).collect()
}

#[test]
fn acts_and_marks_are_remembered() {
    let folder = tempfile::tempdir().unwrap();
    let mut state = State::open(&folder.path().join("state.db")).unwrap();
    let act = |minute, verb: &str, service: Option<&str>| Act {
        time: at(minute),
        verb: verb.into(),
        service: service.map(Into::into),
        outcome: "done".into(),
    };
    let acts =
        [act(1, "restart", Some("api")), act(2, "restart", Some("db")), act(3, "file", None)];
    for act in &acts {
        state.add_act("shop", act).unwrap();
    }
    let newest_first: Vec<_> = acts.iter().rev().cloned().collect();
    assert_eq!(state.acts("shop", 10).unwrap(), newest_first);
    assert_eq!(state.acts("shop", 1).unwrap(), newest_first[..1]);
    let last = state.last_act("shop", "restart", &"api".into()).unwrap();
    assert_eq!(last.as_ref(), Some(&acts[0]));
    assert_eq!(state.last_act("shop", "stop", &"api".into()).unwrap(), None);
    for minute in 0..1_010 {
        state.add_act("other", &act(minute, "restart", None)).unwrap();
    }
    assert_eq!(state.acts("other", 5_000).unwrap().len(), 1_000);

    let position = Position { time: at(4), id: RecordId(u64::MAX / 2) };
    let mark = Mark { position, note: "here".into() };
    state.mark("shop", &Mark { note: "".into(), ..mark.clone() }).unwrap();
    state.mark("shop", &mark).unwrap();
    assert_eq!(state.marks("shop").unwrap(), [mark]);
    assert!(state.unmark("shop", position).unwrap());
    assert!(!state.unmark("shop", position).unwrap());
    assert!(state.marks("shop").unwrap().is_empty());
}

/// A file as the first version left it.
fn make_old(path: &Path, groups: u64) {
    let mut state = State::open(path).unwrap();
    let groups: Vec<_> = (0..groups).map(|name| group(name, 5)).collect();
    state.save("shop", &saved(&groups, &[anchor(3)])).unwrap();
    drop(state);
    let connection = rusqlite::Connection::open(path).unwrap();
    connection
        .execute_batch(
            "DROP TABLE last_seen; DROP TABLE visit; DROP TABLE action; DROP TABLE mark;
             DROP TABLE alias; DROP TABLE apart; DROP TABLE learnt; DROP TABLE repair;
             ALTER TABLE project DROP COLUMN next_id; PRAGMA user_version = 1;",
        )
        .unwrap();
}

#[test]
fn an_old_file_is_backed_up_and_made_new() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state.db");
    make_old(&path, 20);
    // A migration that was killed leaves these.
    fs::write(folder.path().join("state.db.v1.bak.part"), "half").unwrap();
    let state = State::open(&path).unwrap();
    assert!(state.warnings().is_empty());
    assert_eq!(load(&state).groups.len(), 20);
    let backup = folder.path().join("state.db.v1.bak");
    let version = |path: &Path| -> u32 {
        let connection = rusqlite::Connection::open(path).unwrap();
        connection.pragma_query_value(None, "user_version", |row| row.get(0)).unwrap()
    };
    assert_eq!((version(&path), version(&backup)), (7, 1));
    assert!(!folder.path().join("state.db.v1.bak.part").exists());
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(fs::metadata(&backup).unwrap().permissions().mode() & 0o777, 0o600);
    }
}

/// The migration that the next test kills.
#[test]
#[ignore = "runs as a child process of the next test"]
fn migrates_until_it_is_killed() {
    let Some(path) = std::env::var_os("DOGWATCH_TEST_MIGRATION") else { return };
    drop(State::open(Path::new(&path)));
}

#[test]
fn a_migration_that_is_killed_is_finished_by_the_next_start() {
    let folder = tempfile::tempdir().unwrap();
    let old = folder.path().join("old.db");
    make_old(&old, 300);
    for round in 0..12 {
        let path = folder.path().join(format!("{round}/state.db"));
        fs::create_dir(path.parent().unwrap()).unwrap();
        fs::copy(&old, &path).unwrap();
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--ignored", "--exact", "store::state::tests::migrates_until_it_is_killed"])
            .env("DOGWATCH_TEST_MIGRATION", &path)
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        let lock = path.with_file_name("lock");
        while !lock.exists() && child.try_wait().unwrap().is_none() {
            std::thread::yield_now();
        }
        std::thread::sleep(std::time::Duration::from_micros(round * 1_500));
        let _ = child.kill();
        child.wait().unwrap();
        let state = State::open(&path).unwrap();
        assert!(state.warnings().is_empty(), "round {round}: {:?}", state.warnings());
        let saved = load(&state);
        assert_eq!((saved.groups.len(), saved.anchors.len()), (300, 1), "round {round}");
    }
}
