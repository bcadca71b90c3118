//! The commands that read what is on record: no Engine is asked, so that they work while none runs.

use super::{Refusal, checkup, ground::Ground};
use crate::{
    cli::{
        Arguments,
        history::{
            self, ExportArgs, ExportForm, Form, HistoryArgs, Look, Manner, Range, Rows, Walked,
        },
        output,
        select::Sieve,
    },
    model::{Gap, LogRecord, Position, Query, Row, SafeText},
    source::docker::{Found, ProjectSummary, ProjectWish, Surroundings, find},
    store::journal::{self, Fault, Follow, Reader, Stop},
};
use chrono::Utc;
use color_eyre::eyre::Result;
use flate2::{Compression, write::GzEncoder};
use std::{
    collections::BTreeSet,
    env, fs,
    io::{self, IsTerminal as _, Write},
    ops::ControlFlow,
    path::{Path, PathBuf},
    process::ExitCode,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

/// How often following looks for new lines.
const LOOK: Duration = Duration::from_millis(250);

/// The exit code of a program that Ctrl-C ended.
const INTERRUPTED: u8 = 130;

/// `dogwatch history`.
pub(super) fn history(
    arguments: &Arguments,
    args: &HistoryArgs,
    ground: &Ground,
) -> Result<ExitCode> {
    let now = Utc::now();
    let mut sieve = args
        .select
        .sieve(arguments.stack.since, args.pattern.as_deref(), now)
        .map_err(Refusal::usage)?;
    let mut record = Record::find(arguments, ground)?;
    if args.follow {
        if args.form() == Form::Json {
            let told = "--follow never ends, but a JSON document must\n\nTry:\n  --format ndjson    one object a line";
            return Err(Refusal::usage(told).into());
        }
        record.begin_to_follow()?;
    }
    let manner = if args.count {
        Manner::Count
    } else {
        match args.form() {
            Form::Json => Manner::Json,
            Form::Ndjson => Manner::Ndjson,
            Form::Text => Manner::Text(Look {
                has_colour: args
                    .color
                    .is_met(|name| env::var(name).ok(), io::stdout().is_terminal()),
                has_timestamps: args.timestamps,
                words: sieve.words.clone(),
                today: Some(history::day_of(now)),
            }),
        }
    };
    let shows_gaps = matches!(manner, Manner::Text(_));
    let tail = arguments.stack.tail.and_then(|tail| tail.0);
    let has_wish = arguments.stack.tail.is_some() || arguments.stack.since.is_some();
    let frame = args.frame(tail, has_wish);
    let mut walked = None;
    let done = output::to_stdout(|out| {
        walked = Some(history::run(&record, &mut sieve, frame, manner, out)?);
        Ok(())
    });
    done.map_err(|error| unreadable(&record, &error))?;
    // Without an answer and without an error, whoever read it had enough.
    let Some(walked) = walked else { return Ok(ExitCode::SUCCESS) };
    record.conclude(&sieve, walked, shows_gaps)
}

/// `dogwatch export`.
pub(super) async fn export(
    arguments: &Arguments,
    args: &ExportArgs,
    ground: &Ground,
) -> Result<ExitCode> {
    let mut sieve =
        args.select.sieve(arguments.stack.since, None, Utc::now()).map_err(Refusal::usage)?;
    let record = Record::find(arguments, ground)?;
    let manner = match args.format {
        ExportForm::Ndjson => Manner::Ndjson,
        ExportForm::Json => Manner::Json,
        ExportForm::Csv => Manner::Csv,
        ExportForm::Text => Manner::Text(Look { has_timestamps: true, ..Look::default() }),
    };
    let shows_gaps = matches!(manner, Manner::Text(_));
    let tail = arguments.stack.tail.and_then(|tail| tail.0);
    let frame = history::Frame { tail, ..history::Frame::default() };
    let place = args.output.clone().filter(|path| path.as_os_str() != "-");
    let stop = record.stop.clone();
    let mut work = tokio::task::spawn_blocking(move || {
        let mut walked = None;
        let done = output::to_place(place.as_deref(), |out| {
            packed(place.as_deref(), out, |out| {
                walked = Some(history::run(&record, &mut sieve, frame, manner, out)?);
                Ok(())
            })
        });
        let name =
            place.as_ref().map_or_else(|| "standard output".into(), |p| p.display().to_string());
        done.map_err(|error| Refusal::usage(format!("cannot write {name}: {error}")))?;
        let Some(walked) = walked else { return Ok(ExitCode::SUCCESS) };
        if place.is_some() {
            output::remark(&format!("{} lines written to {name}", walked.hits));
        }
        record.conclude(&sieve, walked, shows_gaps)
    });
    tokio::select! {
        done = &mut work => done?,
        _ = tokio::signal::ctrl_c() => {
            stop.stop();
            // What was begun is taken away again, unless somebody cannot wait for it.
            tokio::select! {
                _ = work => {}
                _ = tokio::signal::ctrl_c() => {}
            }
            Ok(ExitCode::from(INTERRUPTED))
        }
    }
}

/// Compresses what is written to a place whose name ends in `.gz`.
pub(super) fn packed(
    place: Option<&Path>,
    out: &mut dyn Write,
    write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> io::Result<()> {
    let extension = place.and_then(Path::extension);
    if !extension.is_some_and(|extension| extension.eq_ignore_ascii_case("gz")) {
        return write(out);
    }
    let mut packed = GzEncoder::new(out, Compression::default());
    write(&mut packed)?;
    packed.finish().map(drop)
}

fn unreadable(record: &Record, error: &io::Error) -> Refusal {
    Refusal::usage(format!("cannot search the record of {}: {error}", record.project))
}

/// The journal of a project.
struct Record {
    project: SafeText,
    reader: Reader,
    stop: Stop,
    /// Whether a dogwatch writes it now.
    is_written: bool,
    /// Files that were passed over so far.
    passed_over: Mutex<BTreeSet<Fault>>,
    /// What comes after the answer, where it is wanted.
    follow: Option<Mutex<Follow>>,
    /// Number of the last row of the answer; all that come later are followed.
    last_id: u64,
}

impl Record {
    /// The record that the command line means: its project is found as Compose finds it, among those on record.
    fn find(arguments: &Arguments, ground: &Ground) -> Result<Self, Refusal> {
        let Some(paths) = &ground.paths else {
            return Err(Refusal::unreachable("there is no home folder that holds a record"));
        };
        let known = recorded(&paths.state.join("projects"));
        let wish = ProjectWish {
            name: arguments.stack.project_name.clone(),
            files: arguments.stack.files.clone(),
            folder: ground.folder.clone(),
        };
        let names =
            || known.iter().map(|project| project.name.as_str()).collect::<Vec<_>>().join(", ");
        let start = "Try:\n  dogwatch    in the folder of a compose file: it keeps the record while it runs";
        match find(&wish, &Surroundings::here(), &known) {
            Found::One(name) => {
                let folder = paths.project(name.as_str()).join(journal::FOLDER);
                if folder.is_dir() {
                    let reader = Reader::new(&folder);
                    let lock = folder.join("lock");
                    return Ok(Self {
                        project: name.as_str().into(),
                        reader,
                        stop: Stop::default(),
                        is_written: checkup::writer(&lock).is_some(),
                        passed_over: Mutex::default(),
                        follow: None,
                        last_id: u64::MAX,
                    });
                }
                let told = format!("nothing is on record of the project {name}");
                Err(Refusal::unreachable(if known.is_empty() {
                    format!("{told}\n\n{start}")
                } else {
                    format!("{told}\n\nTry:\n  -p NAME, one of: {}", names())
                }))
            }
            Found::Several(_) => Err(Refusal::usage(format!(
                "several projects are on record and none was named\n\nTry:\n  -p NAME, one of: {}",
                names()
            ))),
            Found::None { .. } => {
                Err(Refusal::unreachable(format!("no project is on record\n\n{start}")))
            }
        }
    }

    /// Parts what is on record from what comes; says so where nothing will come.
    fn begin_to_follow(&mut self) -> Result<(), Refusal> {
        let follow = self.reader.follow().map_err(|error| unreadable(self, &failed(error)))?;
        self.last_id = follow.last_id();
        self.follow = Some(Mutex::new(follow));
        if !self.is_written {
            output::remark("no dogwatch keeps this record now: new lines come while one runs");
        }
        Ok(())
    }

    /// Says what is to be said beside the answer; the exit code.
    fn conclude(&self, sieve: &Sieve, walked: Walked, shows_gaps: bool) -> Result<ExitCode> {
        let is_empty = walked.hits == 0 && self.oldest()?.is_none();
        let passed_over: Vec<_> = self.passed_over().iter().cloned().collect();
        if let Some(told) = Fault::sentence(&passed_over) {
            output::remark(&told);
        }
        if is_empty {
            let told = format!("nothing is on record of the project {} yet", self.project);
            return Err(Refusal::unreachable(told).into());
        }
        for told in self
            .reaching_back(sieve)?
            .into_iter()
            .chain(history::remarks(self, sieve, walked, shows_gaps)?)
        {
            output::remark(&told);
        }
        Ok(ExitCode::from(u8::from(walked.hits == 0)))
    }

    /// A sentence on the gaps that begin before `--until` and are told of behind it: they end there.
    fn reaching_back(&self, sieve: &Sieve) -> io::Result<Option<String>> {
        let Some(until) = sieve.until else { return Ok(None) };
        let gaps = self.reader.gaps(Some(until), None).map_err(failed)?;
        let is_meant = |gap: &&Gap| {
            let name = gap.origin.service.as_str();
            (sieve.services.is_empty() || sieve.services.contains(name))
                && gap.from.is_none_or(|from| from < until)
        };
        let count = gaps.iter().filter(is_meant).count();
        let subject = match count {
            0 => return Ok(None),
            1 => "1 gap begins".to_owned(),
            _ => format!("{count} gaps begin"),
        };
        Ok(Some(format!(
            "{subject} before that time and end behind it: lines are missing (dogwatch history --source system)"
        )))
    }

    fn passed_over(&self) -> MutexGuard<'_, BTreeSet<Fault>> {
        self.passed_over.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The projects that have a journal, by the names of their folders.
pub(super) fn recorded(folder: &Path) -> Vec<ProjectSummary> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let has_journal = |path: &PathBuf| path.join(journal::FOLDER).is_dir();
    let mut names: Vec<_> = entries
        .filter(|entry| has_journal(&entry.path()))
        .filter_map(|entry| entry.file_name().into_string().ok())
        .collect();
    names.sort();
    let summary = |name: &String| ProjectSummary {
        name: name.as_str().into(),
        folder: SafeText::default(),
        files: Vec::new(),
        services: Vec::new(),
        running: 0,
        total: 0,
    };
    names.iter().map(summary).collect()
}

impl Rows for Record {
    fn scan(
        &self,
        range: Range,
        query: &Query,
        each: &mut dyn FnMut(&Row<'_>) -> ControlFlow<()>,
    ) -> io::Result<u64> {
        let Range { since, until } = range;
        let scanned = self
            .reader
            .rows(query, since, until, &self.stop, |row, _| {
                if row.id > self.last_id { ControlFlow::Continue(()) } else { each(row) }
            })
            .map_err(failed)?;
        if self.stop.is_stopped() {
            return Err(io::ErrorKind::Interrupted.into());
        }
        self.passed_over().extend(scanned.faults);
        Ok(scanned.skipped)
    }

    fn before(
        &self,
        query: &Query,
        before: Option<Position>,
        count: usize,
    ) -> io::Result<Option<Vec<Arc<LogRecord>>>> {
        let page = self.reader.records_before(query, before, count, &self.stop).map_err(failed)?;
        self.passed_over().extend(page.faults);
        let mut records = page.records;
        if records.iter().any(|record| record.id.0 <= self.last_id) {
            records.retain(|record| record.id.0 <= self.last_id);
        }
        Ok(Some(records))
    }

    fn follow(&self, each: &mut dyn FnMut(Option<&Row<'_>>) -> ControlFlow<()>) -> io::Result<()> {
        let Some(follow) = &self.follow else { return Ok(()) };
        let mut follow = follow.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            let mut is_ended = each(None).is_break();
            if is_ended || self.stop.is_stopped() {
                return Ok(());
            }
            std::thread::sleep(LOOK);
            let faults = follow
                .poll(|row| {
                    let flow = each(Some(row));
                    is_ended |= flow.is_break();
                    flow
                })
                .map_err(failed)?;
            if is_ended {
                return Ok(());
            }
            let new: Vec<_> =
                faults.into_iter().filter(|fault| !self.passed_over().contains(fault)).collect();
            if let Some(told) = Fault::sentence(&new) {
                output::remark(&told);
            }
            self.passed_over().extend(new);
        }
    }
}

fn failed(error: journal::Error) -> io::Error {
    match error {
        journal::Error::Stopped => io::ErrorKind::Interrupted.into(),
        error => io::Error::other(error),
    }
}
