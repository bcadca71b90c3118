//! The engine over recorded logs: every line kept, every problem counted once, also when it is stopped and continued.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "this is a test; its helpers are no test functions"
)]

use chrono::{DateTime, Duration, Utc};
use dogwatch::{
    action::{self, Filed, Tracker, TrackerInfo},
    detect::{Detector, RuleSet},
    engine::{Engine, Memory, Parts, Rulebook, Scope, Settings},
    model::{
        Command, ContainerId, Event, FiledIssue, Fingerprint, IssueDraft, Origin, Outcome, Query,
        RawLine, Row, StatusKind, Stream,
    },
    redact::Redactor,
    source::{
        Change, Control, Delivery, Description, End, Error, Link, Resume, Source, replay::Replay,
    },
    store::{
        journal::{self, Journal, Reader},
        state::State,
    },
};
use futures_util::future::{BoxFuture, FutureExt};
use std::{
    path::Path,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};
use tokio::sync::mpsc;

/// A tracker that keeps issues in memory; `Unknown` at the first create when asked to lose the answer.
#[derive(Default)]
struct Board {
    issues: Mutex<Vec<IssueDraft>>,
    created: AtomicUsize,
}

impl Tracker for Board {
    fn info(&self) -> TrackerInfo {
        TrackerInfo {
            kind: action::forge::Kind::default(),
            repository: None,
            is_signed_in: true,
            web: "https://example.org".into(),
            form: Arc::default(),
        }
    }

    fn find(
        self: Arc<Self>,
        fingerprint: Fingerprint,
    ) -> BoxFuture<'static, Result<Option<FiledIssue>, action::Error>> {
        async move {
            let issues = self.issues.lock().unwrap();
            let at = issues.iter().position(|i| i.fingerprint == fingerprint);
            Ok(at.map(|at| filed(at as u64 + 1)))
        }
        .boxed()
    }

    fn create(
        self: Arc<Self>,
        draft: IssueDraft,
        _: bool,
    ) -> BoxFuture<'static, Result<Filed, action::Error>> {
        async move {
            let mut issues = self.issues.lock().unwrap();
            let at = issues.iter().position(|i| i.fingerprint == draft.fingerprint);
            if let Some(at) = at {
                return Ok(Filed::Before(filed(at as u64 + 1)));
            }
            self.created.fetch_add(1, Ordering::Relaxed);
            issues.push(draft);
            Ok(Filed::Now(filed(issues.len() as u64)))
        }
        .boxed()
    }

    fn summarize(
        self: Arc<Self>,
        draft: IssueDraft,
    ) -> BoxFuture<'static, Result<Filed, action::Error>> {
        self.create(draft, true)
    }

    fn change(
        self: Arc<Self>,
        _: u64,
        _: action::Change,
    ) -> BoxFuture<'static, Result<(), action::Error>> {
        async { Err(action::Error::Refused("not here".into())) }.boxed()
    }
}

fn filed(number: u64) -> FiledIssue {
    FiledIssue { number, url: "https://example.org/1".into(), is_open: true, is_declined: false }
}

fn parts(source: Arc<dyn Source>, state: Option<State>) -> Parts {
    let (_, errors) = RuleSet::builtin();
    assert!(errors.is_empty(), "{errors:?}");
    Parts {
        source,
        scope: Scope::default(),
        rules: Rulebook::fixed(|| (Detector::new(RuleSet::builtin().0), Vec::new())),
        tracker: Arc::new(Board::default()),
        is_read_only: false,
        redactor: Arc::new(Redactor::new()),
        memory: Memory { state, ..Memory::default() },
    }
}

async fn ended(events: &mut tokio::sync::broadcast::Receiver<Event>) {
    while events.recv().await.unwrap() != Event::Ended {}
}

/// One container whose log is this list of lines, a millisecond apart.
struct Tape {
    lines: Vec<String>,
    start: DateTime<Utc>,
}

impl Tape {
    fn origin() -> Arc<Origin> {
        Arc::new(Origin {
            service: "api".into(),
            container: ContainerId::from("c1"),
            replica: 1,
            is_tty: false,
        })
    }
}

impl Source for Tape {
    fn describe(&self) -> Description {
        Description { name: "tape".into(), place: "".into(), is_live: false }
    }

    fn watch(self: Arc<Self>, out: mpsc::Sender<Change>) -> BoxFuture<'static, Result<(), Error>> {
        async move {
            let _ = out.send(Change::Link(Link::Live)).await;
            let _ = out.send(Change::Follow(Self::origin())).await;
            let _ = out.send(Change::Listed).await;
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
            let anchor = from.anchors.get(&Stream::Stdout).map(|a| a.time);
            let mut lines: Vec<_> = self
                .lines
                .iter()
                .enumerate()
                .map(|(at, text)| RawLine {
                    origin: Arc::clone(&target),
                    stream: Stream::Stdout,
                    time: Some(self.start + Duration::milliseconds(at as i64)),
                    bytes: text.clone().into(),
                })
                .filter(|line| anchor.is_none_or(|anchor| line.time > Some(anchor)))
                .collect();
            // A first attach reads only the tail, as from a real Engine.
            if let Some(tail) = from.tail {
                lines.drain(..lines.len().saturating_sub(tail as usize));
            }
            for chunk in lines.chunks(100) {
                let _ = out.send(chunk.to_vec().into()).await;
            }
            Ok(End::Finished)
        }
        .boxed()
    }

    fn control(self: Arc<Self>) -> Option<Arc<dyn Control>> {
        None
    }
}

fn failing(count: usize) -> Vec<String> {
    (0..count).map(|n| format!("ERROR: order {n} failed: connection refused")).collect()
}

fn counted(path: &Path) -> Vec<u64> {
    let saved = State::view(path).unwrap().load("tape").unwrap();
    saved.groups.iter().map(|g| g.count).collect()
}

#[tokio::test]
async fn a_run_that_continues_counts_each_line_once() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state").join("tape.db");
    let start = Utc::now() - Duration::minutes(2);
    // The tail of the second run reaches back over lines that were counted; that of the third does not reach far enough.
    for (lines, tail) in [(1000, 10_000), (1500, 10_000), (5000, 50)] {
        let tape = Arc::new(Tape { lines: failing(lines), start });
        let parts = Parts {
            scope: Scope { tail: Some(tail), ..Scope::default() },
            ..parts(tape, Some(State::open(&path).unwrap()))
        };
        let (engine, handle) = Engine::start(&Settings::default(), parts);
        ended(&mut handle.events()).await;
        engine.stop().await;
        let counts: Vec<u64> = handle.read(|store| store.groups().map(|g| g.count).collect());
        assert_eq!(counts, [lines as u64], "after {lines} lines with a tail of {tail}");
        assert_eq!(counted(&path), counts);
    }
}

#[tokio::test]
async fn a_recorded_log_is_kept_whole_and_in_order() {
    let text = "api-1  | 2026-01-02T10:00:00Z INFO started\n\
                db-1   | 2026-01-02T10:00:02Z FATAL:  sorry, too many clients already\n\
                api-1  | 2026-01-02T10:00:01Z INFO ready\n";
    let replay = Arc::new(Replay::bytes("log", text.as_bytes().to_vec()));
    let (engine, handle) = Engine::start(&Settings::default(), parts(replay, None));
    ended(&mut handle.events()).await;
    let texts: Vec<_> = handle.read(|store| {
        let records = store.records_before(&Query::default(), None, 10);
        records.iter().map(|r| format!("{} {}", r.origin.service, r.message())).collect()
    });
    assert_eq!(
        texts,
        ["api started", "api ready", "db sorry, too many clients already"].map(str::to_owned)
    );
    assert_eq!(handle.read(|store| store.groups().count()), 1);
    assert_eq!(handle.link(), Link::Ended);
    engine.stop().await;
}

#[tokio::test]
async fn triage_is_done_undone_and_remembered() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tape.db");
    let start = Utc::now() - Duration::minutes(2);
    let tape = || Arc::new(Tape { lines: failing(3), start });
    let (engine, handle) =
        Engine::start(&Settings::default(), parts(tape(), Some(State::open(&path).unwrap())));
    ended(&mut handle.events()).await;
    let group = handle.read(|store| store.groups().next().unwrap().fingerprint);
    let kind = || handle.read(|store| store.group(group).unwrap().status.kind());

    assert!(matches!(handle.request(Command::MarkFixed(vec![group])).await, Outcome::Done(_)));
    assert_eq!(kind(), StatusKind::Verifying);
    assert!(matches!(handle.request(Command::UndoTriage).await, Outcome::Done(_)));
    assert_eq!(kind(), StatusKind::New);
    assert!(matches!(handle.request(Command::UndoTriage).await, Outcome::Failed(_)));
    handle.request(Command::MarkFixed(vec![group])).await;
    engine.stop().await;

    let (engine, handle) =
        Engine::start(&Settings::default(), parts(tape(), Some(State::open(&path).unwrap())));
    ended(&mut handle.events()).await;
    let status = handle.read(|store| store.group(group).unwrap().status.kind());
    assert_eq!(status, StatusKind::Verifying, "old lines do not bring a fixed problem back");
    engine.stop().await;
}

#[tokio::test]
async fn what_is_said_of_several_problems_is_taken_back_at_once() {
    let lines = vec![
        "ERROR: database login refused, too many connections".to_owned(),
        "panic: runtime error: index out of range [3] with length 3".to_owned(),
    ];
    let tape = Arc::new(Tape { lines, start: Utc::now() - Duration::minutes(2) });
    let (engine, handle) = Engine::start(&Settings::default(), parts(tape, None));
    ended(&mut handle.events()).await;
    let names: Vec<_> = handle.read(|store| store.groups().map(|g| g.fingerprint).collect());
    assert_eq!(names.len(), 2);
    let kinds = || -> Vec<_> {
        handle.read(|store| store.groups().map(|group| group.status.kind()).collect())
    };
    let gone = Fingerprint(1);
    let all = names.iter().copied().chain([gone]).collect();
    let Outcome::Done(told) = handle.request(Command::Acknowledge(all)).await else {
        panic!("two of three are there")
    };
    assert!(told.as_str().starts_with("2 problems acknowledged"), "{told}");
    assert_eq!(kinds(), [StatusKind::Ongoing; 2]);
    assert!(matches!(handle.request(Command::UndoTriage).await, Outcome::Done(_)));
    assert_eq!(kinds(), [StatusKind::New; 2]);
    let outcome = handle.request(Command::Acknowledge(vec![gone])).await;
    assert!(matches!(outcome, Outcome::Failed(_)), "{outcome:?}");
    engine.stop().await;
}

/// One problem that names another user in each line.
fn users(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| format!("ERROR: user {name}: too many connections")).collect()
}

#[tokio::test]
async fn problems_that_turn_out_to_be_one_become_one_and_stay_one() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tape.db");
    let start = Utc::now() - Duration::minutes(2);
    let run = |names: &[&str], start| {
        let tape = Arc::new(Tape { lines: users(names), start });
        Engine::start(&Settings::default(), parts(tape, Some(State::open(&path).unwrap())))
    };
    // Words of a sentence: two of them are no sign yet that names stand there.
    let (engine, handle) = run(&["upload", "render"], start);
    ended(&mut handle.events()).await;
    assert_eq!(handle.read(|store| store.groups().count()), 2);
    let mut names: Vec<_> = handle.read(|store| {
        let mut groups: Vec<_> = store.groups().collect();
        groups.sort_by_key(|g| g.first_seen);
        groups.iter().map(|g| g.fingerprint).collect()
    });
    handle.request(Command::Mute(vec![names[0]], dogwatch::model::MuteUntil::Forever)).await;
    engine.stop().await;

    // A third name, of a run that knows the two groups from disk only.
    let later = start + Duration::seconds(1);
    let (engine, handle) = run(&["export", "import", "search", "upload"], later);
    ended(&mut handle.events()).await;
    let groups: Vec<_> = handle.read(|store| store.groups().cloned().collect());
    let learnt = groups.iter().find(|g| g.template.contains("<*>")).unwrap();
    assert_eq!(learnt.template.as_str(), "user <*>: too many connections");
    let name = learnt.fingerprint;
    names.push(name);
    assert_eq!(groups.iter().map(|g| g.count).sum::<u64>(), 6, "{groups:#?}");
    engine.stop().await;

    // A name never seen before finds the group in the next run.
    let (engine, handle) = run(&["report"], later + Duration::seconds(1));
    ended(&mut handle.events()).await;
    let group = handle.read(|store| store.group(name).cloned()).unwrap();
    assert!(group.count > learnt.count && group.template == learnt.template, "{group:#?}");
    let values: Vec<_> =
        group.variety.slots[0].top().into_iter().map(|(v, _)| v.to_string()).collect();
    assert!(values.contains(&"report".to_owned()), "{values:?}");
    assert!(names.iter().all(|name| handle.read(|store| store.group(*name).is_some())));
    engine.stop().await;
}

#[tokio::test]
async fn a_person_puts_problems_together_and_takes_them_apart() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tape.db");
    let start = Utc::now() - Duration::minutes(2);
    let lines = || {
        let mut lines = failing(2);
        lines.extend(users(&["ann"]));
        lines
    };
    let run = |start| {
        let tape = Arc::new(Tape { lines: lines(), start });
        Engine::start(&Settings::default(), parts(tape, Some(State::open(&path).unwrap())))
    };
    let (engine, handle) = run(start);
    ended(&mut handle.events()).await;
    let names: Vec<_> = handle.read(|store| {
        let mut groups: Vec<_> = store.groups().collect();
        groups.sort_by_key(|g| g.count);
        groups.iter().map(|g| (g.fingerprint, g.count)).collect()
    });
    let [(few, 1), (many, 2)] = names[..] else { panic!("{names:?}") };
    let counts = |handle: &dogwatch::engine::Handle| {
        handle.read(|store| {
            let mut counts: Vec<_> = store.groups().map(|g| g.count).collect();
            counts.sort_unstable();
            counts
        })
    };
    let merge = Command::Merge { into: many, from: vec![few] };
    assert!(matches!(handle.request(merge.clone()).await, Outcome::Done(_)));
    assert_eq!(counts(&handle), [3]);
    assert!(matches!(handle.request(Command::UndoTriage).await, Outcome::Done(_)));
    assert_eq!(counts(&handle), [1, 2]);
    assert_eq!(handle.read(|store| store.group(few).unwrap().fingerprint), few);
    assert!(matches!(handle.request(merge.clone()).await, Outcome::Done(_)));
    assert_eq!(counts(&handle), [3]);
    assert!(matches!(handle.request(merge).await, Outcome::Failed(_)));
    assert_eq!(handle.read(|store| store.group(few).unwrap().fingerprint), many);
    engine.stop().await;

    // It holds in the next run, for old and new lines.
    let (engine, handle) = run(start + Duration::seconds(1));
    ended(&mut handle.events()).await;
    assert_eq!(counts(&handle), [6]);
    let part = handle.read(|store| {
        let group = store.group(many).unwrap();
        group.variety.parts.iter().find(|p| p.count == 2).unwrap().fingerprint
    });
    let split = Command::Split { group: many, part };
    assert!(matches!(handle.request(split.clone()).await, Outcome::Done(_)));
    assert_eq!(counts(&handle), [2, 4]);
    assert!(matches!(handle.request(Command::UndoTriage).await, Outcome::Done(_)));
    assert_eq!(counts(&handle), [6]);
    assert!(matches!(handle.request(split.clone()).await, Outcome::Done(_)));
    assert_eq!(counts(&handle), [2, 4]);
    assert!(matches!(handle.request(split).await, Outcome::Failed(_)));
    engine.stop().await;

    let (engine, handle) = run(start + Duration::seconds(2));
    ended(&mut handle.events()).await;
    assert_eq!(counts(&handle), [3, 6]);
    engine.stop().await;
}

#[tokio::test]
async fn an_issue_is_filed_once() {
    let tape = Arc::new(Tape { lines: failing(3), start: Utc::now() });
    let board = Arc::new(Board::default());
    let parts = Parts { tracker: Arc::clone(&board) as Arc<dyn Tracker>, ..parts(tape, None) };
    let (engine, handle) = Engine::start(&Settings::default(), parts);
    ended(&mut handle.events()).await;
    let group = handle.read(|store| store.groups().next().unwrap().fingerprint);
    let draft = handle.draft_issue(group).unwrap();
    let (first, second) = tokio::join!(
        handle.request(Command::FileIssue(draft.clone())),
        handle.request(Command::FileIssue(draft)),
    );
    let known = |outcome: &Outcome| matches!(outcome, Outcome::Filed(_, true));
    assert!(known(&first) != known(&second), "{first:?} {second:?}");
    assert_eq!(board.created.load(Ordering::Relaxed), 1);
    let issue = handle.read(|store| store.group(group).unwrap().issue.clone());
    assert_eq!(issue.map(|i| i.number), Some(1));
    engine.stop().await;
}

#[tokio::test]
async fn a_recorded_log_has_nothing_to_restart() {
    let replay = Arc::new(Replay::bytes("log", b"api-1 | hello\n".to_vec()));
    let (engine, handle) = Engine::start(&Settings::default(), parts(replay, None));
    let outcome = handle.request(Command::Restart(vec!["api".into()])).await;
    assert!(matches!(&outcome, Outcome::Failed(why) if why.contains("recorded")), "{outcome:?}");
    engine.stop().await;
}

/// Numbers and texts of the rows in a journal, its files in order.
fn rows(folder: &Path) -> Vec<(u64, String)> {
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|e| e == "ndjson"));
    files.sort();
    let text: String = files.iter().map(|path| std::fs::read_to_string(path).unwrap()).collect();
    text.lines()
        .map(|line| {
            let row: Row<'_> = serde_json::from_str(line).unwrap();
            (row.id, row.text.into_owned())
        })
        .collect()
}

fn remembering(tape: Arc<Tape>, folder: &Path) -> Parts {
    let state = State::open(&folder.join("state.db")).unwrap();
    let lines = folder.join("journal");
    let (journal, opened) =
        Journal::open(&lines, journal::Settings::default(), Utc::now()).unwrap();
    let memory = Memory {
        state: Some(state),
        journal: Some((journal, opened.next_id.0)),
        history: Some(Reader::new(&lines)),
        ..Memory::default()
    };
    Parts { memory, ..parts(tape, None) }
}

#[tokio::test]
async fn every_line_is_in_the_journal_once_over_several_runs() {
    let folder = tempfile::tempdir().unwrap();
    let start = Utc::now() - Duration::minutes(2);
    for lines in [1000, 1500, 1500, 5000] {
        let tape = Arc::new(Tape { lines: failing(lines), start });
        let (engine, handle) =
            Engine::start(&Settings::default(), remembering(tape, folder.path()));
        ended(&mut handle.events()).await;
        let kept = handle.read(|store| store.records_before(&Query::default(), None, 10_000).len());
        assert_eq!(kept, lines, "what earlier runs read is at hand");
        engine.stop().await;
        let counts: Vec<u64> = handle.read(|store| store.groups().map(|g| g.count).collect());
        assert_eq!(counts, [lines as u64]);
        let rows = rows(&folder.path().join("journal"));
        let texts: Vec<_> = rows.iter().map(|(_, text)| text.clone()).collect();
        assert_eq!(texts, failing(lines));
        assert!(rows.is_sorted_by(|a, b| a.0 < b.0), "numbers rise over runs");
    }
}

#[tokio::test]
async fn what_the_journal_is_ahead_by_is_counted_once() {
    let folder = tempfile::tempdir().unwrap();
    let start = Utc::now() - Duration::minutes(2);
    let run = async |lines: usize| {
        let tape = Arc::new(Tape { lines: failing(lines), start });
        let (engine, handle) =
            Engine::start(&Settings::default(), remembering(tape, folder.path()));
        ended(&mut handle.events()).await;
        engine.stop().await;
        handle.read(|store| store.groups().map(|g| g.count).sum::<u64>())
    };
    assert_eq!(run(1000).await, 1000);
    // As after a kill: rows of the second run are there, its checkpoint is not.
    let state = folder.path().join("state.db");
    let before = folder.path().join("before.db");
    std::fs::copy(&state, &before).unwrap();
    assert_eq!(run(1800).await, 1800);
    for suffix in ["", "-wal", "-shm"] {
        let _ = std::fs::remove_file(folder.path().join(format!("state.db{suffix}")));
    }
    std::fs::rename(&before, &state).unwrap();
    assert_eq!(run(2000).await, 2000);
    assert_eq!(rows(&folder.path().join("journal")).len(), 2000);
}
