//! `dogwatch monitor`: an engine an environment, each with a task that writes its files at the pace asked for.

use super::{
    Refusal, environment,
    ground::{self, Ground},
    headless, notifying,
    recording::Terminated,
    sole::Sole,
    stack,
};
use crate::{
    cli::{
        Arguments,
        monitor::{
            self, Ledger, MonitorArgs, Silence, State, Watched, report_file, state_file,
            write_report,
        },
        output,
    },
    engine::{Engine, Handle, Parts},
    model::Event,
    source::{Link, docker::Surroundings},
};
use chrono::{TimeDelta, Utc};
use color_eyre::eyre::Result;
use std::{
    env, fs, io,
    path::{Path, PathBuf},
    process::ExitCode,
    time::Duration,
};
use tokio::{
    sync::{broadcast::error::RecvError, watch},
    task::JoinSet,
    time::{Instant, MissedTickBehavior, interval},
};

/// How often it is looked whether it is time to write.
const TICK: Duration = Duration::from_millis(250);
/// The last files could not be written.
const UNWRITTEN: u8 = 2;

/// `dogwatch monitor`.
pub(super) async fn monitor(
    arguments: &Arguments,
    args: &MonitorArgs,
    ground: &Ground,
) -> Result<ExitCode> {
    ground::check_named(arguments)?;
    let folder = args.output_dir.clone().or_else(|| env::current_dir().ok()).unwrap_or_default();
    let around = Surroundings::here();
    let (connection, known) = stack::connect(&arguments.stack, &around).await?;
    let found =
        environment::environments(&args.environments, &arguments.stack, ground, (&around, &known))?;
    for fault in ground.faults() {
        output::remark(&fault);
    }
    if args.max_agents.is_some() {
        output::remark("--max-agents: the monitor starts no agents");
    }
    // Heard before the first file is there: a run that is ended writes its last ones.
    let mut terminated = Terminated::new();
    let mut desks = Vec::new();
    for environment in &found {
        let desk = Desk::open(&folder, &environment.name, environment.project.as_str(), args)?;
        desk.write(&desk.state(Watched::default()))
            .map_err(|error| Refusal::usage(format!("cannot write {error}")))?;
        desks.push(desk);
    }
    let (stop, stopped) = watch::channel(false);
    let (mut engines, mut heralds) = (Vec::new(), Vec::new());
    let mut rounds = JoinSet::new();
    for (environment, desk) in found.into_iter().zip(desks) {
        let (source, project) = stack::watch(connection.clone(), environment.project);
        if !known.iter().any(|summary| summary.name == project) {
            let name = &environment.name;
            output::remark(&format!("{name}: waiting for a container of {}", project.as_str()));
        }
        let from = (source, Some(&project));
        let parts = headless::parts(arguments, ground, from, "the monitor files nothing");
        let parts = Parts { is_read_only: true, ..parts };
        let (engine, handle) = Engine::start(&ground.config().engine, parts);
        engines.push(engine);
        heralds.extend(notifying::start(&handle, ground));
        tokio::spawn(tell(handle.clone(), environment.name));
        rounds.spawn(desk.keep(handle, stopped.clone()));
    }
    let is_written = tokio::select! {
        _ = tokio::signal::ctrl_c() => end(&stop, rounds).await,
        () = terminated.come() => end(&stop, rounds).await,
        is_written = all(&mut rounds) => is_written,
    };
    for herald in heralds {
        herald.end().await;
    }
    for engine in engines {
        engine.stop().await;
    }
    Ok(if is_written { ExitCode::SUCCESS } else { ExitCode::from(UNWRITTEN) })
}

async fn end(stop: &watch::Sender<bool>, mut rounds: JoinSet<bool>) -> bool {
    stop.send_replace(true);
    all(&mut rounds).await
}

/// Waits for all tasks; whether each of them wrote its last files.
async fn all(rounds: &mut JoinSet<bool>) -> bool {
    let mut is_written = true;
    while let Some(done) = rounds.join_next().await {
        is_written &= done.unwrap_or(false);
    }
    is_written
}

/// Where the files of one environment are written.
struct Desk {
    folder: PathBuf,
    environment: String,
    project: String,
    args: MonitorArgs,
    ledger: Ledger,
    /// Nobody else writes these files.
    _sole: Sole,
}

impl Desk {
    /// Reads what an earlier run left. A file that is not ours is put aside, never written over.
    fn open(
        folder: &Path,
        environment: &str,
        project: &str,
        args: &MonitorArgs,
    ) -> Result<Self, Refusal> {
        let path = folder.join(state_file(environment));
        let sole = Sole::take(&path, "dogwatch monitor --output-dir OTHER_FOLDER", Utc::now())?;
        let ledger = match fs::read_to_string(&path).map(|text| Ledger::read(&text)) {
            Ok(Ok(ledger)) => ledger,
            Ok(Err(why)) => {
                let aside = path.with_extension(format!("{}.json", Utc::now().timestamp()));
                fs::rename(&path, &aside).map_err(|error| {
                    Refusal::usage(format!("cannot put {} aside: {error}", path.display()))
                })?;
                output::remark(&format!(
                    "{} is not ours ({why}); it is {} now",
                    path.display(),
                    aside.display()
                ));
                Ledger::default()
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ledger::default(),
            Err(error) => {
                return Err(Refusal::usage(format!("cannot read {}: {error}", path.display())));
            }
        };
        Ok(Self {
            folder: folder.to_owned(),
            environment: environment.to_owned(),
            project: project.to_owned(),
            args: args.clone(),
            ledger,
            _sole: sole,
        })
    }

    fn state(&self, watching: Watched) -> State {
        self.ledger.state(&self.environment, &self.project, watching, Utc::now())
    }

    /// Replaces both files.
    fn write(&self, state: &State) -> Result<(), String> {
        let place = |name: String, write: &dyn Fn(&mut dyn io::Write) -> io::Result<()>| {
            let path = self.folder.join(name);
            output::to_place(Some(&path), write)
                .map_err(|error| format!("{}: {error}", path.display()))
        };
        place(state_file(&self.environment), &|out| {
            serde_json::to_writer_pretty(&mut *out, state)?;
            writeln!(out)
        })?;
        place(report_file(&self.environment), &|out| write_report(state, out))
    }

    /// Writes round after round until it is told to stop, or the rounds are over; whether the last files are written.
    async fn keep(mut self, handle: Handle, mut stopped: watch::Receiver<bool>) -> bool {
        let pace = self.args.pace();
        let mut tick = interval(TICK);
        tick.set_missed_tick_behavior(MissedTickBehavior::Skip);
        let mut last = Instant::now();
        // What is on record already comes in the first seconds.
        let mut was_news = true;
        let mut iterations = 0;
        let mut seen = 0;
        loop {
            let is_over = tokio::select! {
                _ = stopped.wait_for(|stopped| *stopped) => true,
                _ = tick.tick() => false,
            };
            let events = handle.read(|store| store.groups().map(|g| g.count).sum::<u64>());
            let is_news = events != seen;
            if !is_over && !pace.is_due(last.elapsed(), was_news, is_news) {
                continue;
            }
            iterations += 1;
            seen = events;
            let has_changed = self.round(&handle, iterations);
            let is_last = is_over || self.args.max_iterations.is_some_and(|max| iterations >= max);
            (last, was_news) = (Instant::now(), is_news || has_changed.unwrap_or(true));
            if is_last {
                return has_changed.is_some();
            }
        }
    }

    /// One look and one writing; whether something became different, or nothing where the files were not written.
    fn round(&mut self, handle: &Handle, iterations: u64) -> Option<bool> {
        let now = Utc::now();
        let silence = Silence {
            after: TimeDelta::from_std(self.args.resolve_after).unwrap_or(TimeDelta::MAX),
            is_heard: handle.link() == Link::Live,
        };
        let mask = |text: &str| handle.redact(text).0;
        let (changes, watching) = handle.read(|store| {
            let totals = store.totals();
            let watching = Watched {
                connected: silence.is_heard,
                lines: totals.lines,
                lost_lines: totals.lost,
                iterations,
            };
            (self.ledger.look(store, silence, &mask, now), watching)
        });
        let told = output::to_stdout(|out| {
            monitor::tell(&changes, &self.environment, self.args.format, now, out)
        });
        if let Err(error) = told {
            output::remark(&format!("cannot write to standard output: {error}"));
        }
        match self.write(&self.state(watching)) {
            Ok(()) => Some(!changes.is_empty()),
            Err(error) => {
                output::remark(&format!("cannot write {error}"));
                None
            }
        }
    }
}

/// Tells on standard error what goes wrong with watching itself.
async fn tell(handle: Handle, environment: String) {
    let mut events = handle.events();
    for trouble in handle.troubles() {
        output::remark(&format!("{environment}: {trouble}"));
    }
    loop {
        match events.recv().await {
            Ok(Event::Trouble(text)) => output::remark(&format!("{environment}: {text}")),
            Ok(_) | Err(RecvError::Lagged(_)) => {}
            Err(RecvError::Closed) => return,
        }
    }
}
