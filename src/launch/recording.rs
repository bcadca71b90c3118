//! `dogwatch record`: an engine without a screen, whose record goes into a file of the user's.
//!
//! While it runs, the record grows in a folder of its own beside that file, as every record does: nothing is held in
//! memory, and after a crash all of it is still there. At the end it is written out in order of time.

use super::{Refusal, archive, ground, ground::Ground, memory, stack};
use crate::{
    action::offline::Offline,
    cli::{Arguments, output, record, record::RecordArgs},
    engine::{Engine, Handle, Memory, Parts, Scope},
    model::{Event, Query},
    store::{
        journal::{self, Fault, Journal, Reader, Stop},
        state::{self, State},
    },
};
use chrono::Utc;
use color_eyre::eyre::Result;
use std::{
    fs,
    io::{self, IsTerminal as _},
    ops::ControlFlow,
    path::{Path, PathBuf},
    process::ExitCode,
    sync::Arc,
    time::Duration,
};
use tokio::{
    sync::broadcast::error::RecvError,
    time::{Instant, MissedTickBehavior, interval, sleep_until},
};

/// A recording forgets nothing by age: this is a century, in hours.
const FOR_EVER: u32 = 876_000;

/// `dogwatch record`.
pub(super) async fn record(
    arguments: &Arguments,
    args: &RecordArgs,
    ground: &Ground,
) -> Result<ExitCode> {
    ground::check_named(arguments)?;
    let unfinished = Unfinished::begin(&args.output)?;
    let place = args.output.clone();
    tokio::task::spawn_blocking(move || save_killed(&place)).await?;
    let (source, project) = stack::source(arguments, ground).await?;
    let project =
        project.map_or_else(|| source.describe().name.to_string(), |name| name.to_string());
    let now = Utc::now();
    let tail = arguments.stack.tail.and_then(|tail| tail.0);
    let since = arguments.stack.since.map(|since| since.resolve(now));
    // Without a wish for older lines it begins now.
    let since = since.or_else(|| tail.is_none().then_some(now));
    let parts = Parts {
        source,
        scope: Scope { since, tail, ..Scope::default() },
        rules: ground.rulebook(),
        tracker: Arc::new(Offline("a recording files nothing".into())),
        is_read_only: true,
        redactor: memory::redactor(ground),
        memory: unfinished.memory()?,
    };
    let (engine, handle) = Engine::start(&ground.config().engine, parts);
    follow(&handle, &project, args.span).await;
    engine.stop().await;
    let output = args.output.clone();
    let lines = tokio::task::spawn_blocking(move || unfinished.finish(&output)).await??;
    output::remark(&format!("{lines} lines recorded to {}", args.output.display()));
    Ok(ExitCode::SUCCESS)
}

/// Waits until somebody ends it, its time is over, or there is nothing more to come; tells how it goes.
async fn follow(handle: &Handle, project: &str, span: Option<Duration>) {
    let begun = Instant::now();
    let end = begun + span.unwrap_or(Duration::from_secs(u64::from(u32::MAX)));
    let is_seen = io::stderr().is_terminal();
    let mut events = handle.events();
    let mut tick = interval(Duration::from_secs(1));
    tick.set_missed_tick_behavior(MissedTickBehavior::Skip);
    let mut terminated = Terminated::new();
    let mut interrupted = std::pin::pin!(tokio::signal::ctrl_c());
    loop {
        tokio::select! {
            biased;
            _ = &mut interrupted => break,
            () = terminated.come() => break,
            () = sleep_until(end) => break,
            event = events.recv() => match event {
                Ok(Event::Trouble(text)) => {
                    if is_seen {
                        let _ = record::clear(&mut io::stderr());
                    }
                    output::remark(&text);
                }
                Ok(Event::Ended) | Err(RecvError::Closed) => break,
                Ok(_) | Err(RecvError::Lagged(_)) => {}
            },
            _ = tick.tick(), if is_seen => {
                let (lines, lost) = handle.read(|s| (s.totals().lines, s.totals().lost));
                let _ = record::progress(project, lines, lost, begun.elapsed(), &mut io::stderr());
            }
        }
    }
    if is_seen {
        let _ = record::clear(&mut io::stderr());
    }
}

/// The wish of a service manager that we end.
pub(super) struct Terminated(#[cfg(unix)] Option<tokio::signal::unix::Signal>);

impl Terminated {
    pub(super) fn new() -> Self {
        #[cfg(unix)]
        let terminated = {
            use tokio::signal::unix::{SignalKind, signal};
            Self(signal(SignalKind::terminate()).ok())
        };
        #[cfg(not(unix))]
        let terminated = Self();
        terminated
    }

    pub(super) async fn come(&mut self) {
        #[cfg(unix)]
        if let Some(signal) = &mut self.0 {
            signal.recv().await;
            return;
        }
        std::future::pending::<()>().await;
    }
}

/// Writes out what recordings beside `output` left whose process was killed. One that goes on holds its locks.
fn save_killed(output: &Path) {
    let parent = output.parent().filter(|parent| !parent.as_os_str().is_empty());
    for entry in fs::read_dir(parent.unwrap_or(Path::new("."))).into_iter().flatten().flatten() {
        let Some(target) = entry.file_name().to_str().and_then(killed_name) else { continue };
        let left = Unfinished { folder: entry.path() };
        let Some(locks) = left.take_over() else {
            // It is not ours to remove.
            std::mem::forget(left);
            continue;
        };
        let newest = locks.1.reader().records_before(&Query::default(), None, 1, &Stop::default());
        if newest.is_ok_and(|page| page.records.is_empty()) {
            continue;
        }
        let target = free_name(&output.with_file_name(target));
        match left.finish(&target) {
            Ok(lines) => output::remark(&format!(
                "a recording was killed before its end: its {lines} lines are in {}",
                target.display()
            )),
            Err(error) => output::remark(&format!("a recording was killed: {error}")),
        }
    }
}

/// The file for what is in a recording's folder: `x.killed-7.ndjson` for `.x.ndjson.7.recording`.
fn killed_name(folder: &str) -> Option<String> {
    let (name, pid) = folder.strip_prefix('.')?.strip_suffix(".recording")?.rsplit_once('.')?;
    let is_pid = !pid.is_empty() && pid.bytes().all(|b| b.is_ascii_digit());
    let (stem, ends) = name.split_at(name.find('.').unwrap_or(name.len()));
    (is_pid && !name.is_empty()).then(|| format!("{stem}.killed-{pid}{ends}"))
}

/// The path, or the first of `2-NAME`, `3-NAME` that is not there yet.
fn free_name(path: &Path) -> PathBuf {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let others = (2..).map(|count| path.with_file_name(format!("{count}-{name}")));
    std::iter::once(path.to_owned())
        .chain(others)
        .find(|path| !path.exists())
        .unwrap_or_else(|| path.to_owned())
}

/// The folder of a recording that goes on; removed with what is in it once the file is written.
struct Unfinished {
    folder: PathBuf,
}

impl Unfinished {
    /// Makes the folder beside `output`.
    fn begin(output: &Path) -> Result<Self, Refusal> {
        let refuse = |error: &dyn std::fmt::Display| {
            Refusal::usage(format!("cannot write {}: {error}", output.display()))
        };
        let Some(name) = output.file_name().filter(|_| !output.is_dir()) else {
            return Err(refuse(&"it is not the name of a file"));
        };
        let name = format!(".{}.{}.recording", name.to_string_lossy(), std::process::id());
        let folder = output.with_file_name(name);
        fs::create_dir(&folder).map_err(|error| refuse(&error))?;
        let unfinished = Self { folder };
        Ok(unfinished)
    }

    fn journal(&self) -> PathBuf {
        self.folder.join(journal::FOLDER)
    }

    fn settings() -> journal::Settings {
        journal::Settings {
            max_age_hours: FOR_EVER,
            max_bytes: u64::MAX >> 1,
            ..journal::Settings::default()
        }
    }

    fn memory(&self) -> Result<Memory, Refusal> {
        let refuse =
            |error: &dyn std::fmt::Display| Refusal::usage(format!("cannot record: {error}"));
        let state = State::open(&self.folder.join(state::FILE)).map_err(|error| refuse(&error))?;
        let (journal, opened) = Journal::open(&self.journal(), Self::settings(), Utc::now())
            .map_err(|error| refuse(&error))?;
        Ok(Memory {
            state: Some(state),
            journal: Some((journal, opened.next_id.0)),
            ..Memory::default()
        })
    }

    /// Takes the locks of a recording whose process is gone; `None` where it goes on, or is none.
    fn take_over(&self) -> Option<(State, Journal)> {
        let state = self.folder.join(state::FILE);
        if !state.is_file() || !self.journal().is_dir() {
            return None;
        }
        let state = State::open(&state).ok()?;
        let (journal, _) = Journal::open(&self.journal(), Self::settings(), Utc::now()).ok()?;
        Some((state, journal))
    }

    /// Writes the file in order of time and removes the folder; answers how many lines.
    fn finish(self, output: &Path) -> Result<u64> {
        let reader = Reader::new(&self.journal());
        let mut lines = 0;
        let written = output::to_place(Some(output), |out| {
            archive::packed(Some(output), out, |out| {
                let mut failed = Ok(());
                let all = Query::default();
                let scanned = reader.rows(&all, None, None, &Stop::default(), |_, line| {
                    failed = out.write_all(line).and_then(|()| out.write_all(b"\n"));
                    lines += 1;
                    if failed.is_ok() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
                });
                failed?;
                let scanned = scanned.map_err(io::Error::other)?;
                Fault::sentence(&scanned.faults).map_or(Ok(()), |told| Err(io::Error::other(told)))
            })
        });
        match written {
            Ok(()) => Ok(lines),
            Err(error) => {
                let kept = self.folder.with_extension("kept");
                let kept = fs::rename(&self.folder, &kept).map_or(self.folder.clone(), |()| kept);
                let told = format!(
                    "cannot write {}: {error}; what was recorded is kept in {}",
                    output.display(),
                    kept.display()
                );
                Err(Refusal::usage(told).into())
            }
        }
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        // What could not be written out has another name by now.
        let _ = fs::remove_dir_all(&self.folder);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{LogRecord, Row};

    #[test]
    fn folders_of_recordings_are_known_by_their_names() {
        for (folder, want) in [
            (".x.ndjson.gz.7.recording", Some("x.killed-7.ndjson.gz")),
            (".x.7.recording", Some("x.killed-7")),
            (".x.ndjson.7.kept", None),
            (".x.ndjson.recording", None),
            ("x.ndjson.7.recording", None),
            ("..7.recording", None),
        ] {
            assert_eq!(killed_name(folder).as_deref(), want, "{folder}");
        }
    }

    fn recording(folder: &Path, lines: u64) -> Memory {
        fs::create_dir(folder).unwrap();
        let unfinished = Unfinished { folder: folder.to_owned() };
        let mut memory = unfinished.memory().unwrap();
        // As if it were killed: nobody takes it away.
        std::mem::forget(unfinished);
        let journal = &mut memory.journal.as_mut().unwrap().0;
        for id in 1..=lines {
            let record = LogRecord {
                id: crate::model::RecordId(id),
                time: Utc::now(),
                origin: Arc::new(crate::model::Origin {
                    service: "api".into(),
                    container: "c".into(),
                    replica: 1,
                    is_tty: false,
                }),
                stream: crate::model::Stream::Stdout,
                level: crate::model::Level::Info,
                text: "a line".into(),
                message_at: 0,
            };
            journal.append(&Row::from(&record));
        }
        journal.flush().unwrap();
        memory
    }

    #[test]
    fn what_killed_recordings_left_is_written_out_and_others_are_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        drop(recording(&at(".x.ndjson.11.recording"), 3));
        drop(recording(&at(".y.ndjson.12.recording"), 0));
        let goes_on = recording(&at(".z.ndjson.13.recording"), 2);
        fs::create_dir(at(".mine.14.recording")).unwrap();
        fs::write(at("x.killed-11.ndjson"), "precious").unwrap();
        save_killed(&at("new.ndjson"));
        let mut names: Vec<_> = fs::read_dir(folder.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        assert_eq!(
            names,
            [
                ".mine.14.recording",
                ".z.ndjson.13.recording",
                "2-x.killed-11.ndjson",
                "x.killed-11.ndjson"
            ]
        );
        let saved = fs::read_to_string(at("2-x.killed-11.ndjson")).unwrap();
        assert_eq!(saved.lines().count(), 3);
        assert_eq!(fs::read_to_string(at("x.killed-11.ndjson")).unwrap(), "precious");
        drop(goes_on);
    }
}
