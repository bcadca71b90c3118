//! `dogwatch watchdog`, an engine without a screen that repairs; and `dogwatch repairs`, what it did.

use super::{Refusal, ground::Ground, headless, notifying, recording::Terminated, scaling, stack};
use crate::{
    cli::{
        Arguments, audit as audit_text, output, scale,
        watchdog::{self, Form, RepairsArgs, WatchdogArgs},
    },
    config::{Origin, project_file},
    engine::{Engine, Hand, Handle, Scale, Watch},
    model::{Event, GuardState, ScaleState, Watchdog},
    repair,
    source::docker::{Found, ProjectWish, Surroundings, find},
    store::{
        audit as audit_log,
        state::{self, State},
    },
};
use chrono::{DateTime, Utc};
use color_eyre::eyre::Result;
use std::{
    collections::BTreeSet, fmt, io, path::Path, process::ExitCode, sync::Arc, time::Duration,
};
use tokio::{
    sync::broadcast::{Receiver, error::RecvError},
    time::{Instant, MissedTickBehavior, interval},
};

/// Something is wrong.
const TROUBLED: u8 = 1;
/// The audit log is not as it was written.
const CHANGED: u8 = 1;
/// How long the first look may take.
const PATIENCE: Duration = Duration::from_mins(1);

/// `dogwatch watchdog`.
pub(super) async fn watchdog(
    arguments: &Arguments,
    args: &WatchdogArgs,
    ground: &Ground,
) -> Result<ExitCode> {
    let told = "a recorded log has nothing to watch over";
    let (source, project) = stack::running(arguments, ground, told).await?;
    let mut settings = ground.config().engine.clone();
    let (mut wish, fault) = wish(ground);
    if let Some(fault) = fault {
        output::remark(&fault);
    }
    wish.mode = args.mode.map_or(wish.mode, Into::into);
    wish.labelled_only |= args.labelled_only;
    if !args.services.is_empty() {
        wish.services.clone_from(&args.services);
    }
    let chosen = wish.services.clone();
    settings.watchdog = Some(Watch { settings: wish, is_dry: args.dry_run });
    let scale = scaling::settings(&arguments.stack, ground, &project, Hand::Watchdog)?;
    settings.scale = Some(Scale { services: chosen, ..scale });
    let parts =
        headless::parts(arguments, ground, (source, Some(&project)), "the watchdog files nothing");
    let (engine, handle) = Engine::start(&settings, parts);
    let telling = notifying::start(&handle, ground);
    let last = follow(&handle, project.as_str(), args).await;
    if let Some(telling) = telling {
        telling.end().await;
    }
    engine.stop().await;
    let is_troubled = args.once && last.as_ref().is_none_or(|last| watchdog::is_troubled(last));
    Ok(if is_troubled { ExitCode::from(TROUBLED) } else { ExitCode::SUCCESS })
}

/// What the user says about the watchdog. Whom it believes is not for the project's own file to say: an address there is
/// passed over, and the second says so.
pub(super) fn wish(ground: &Ground) -> (repair::Settings, Option<String>) {
    const KEY: &str = "watchdog.prometheus";
    let mut settings = ground.config().watchdog.clone();
    let theirs = Origin::File(project_file(&ground.folder));
    if ground.loaded.origins.get(KEY) != Some(&theirs) {
        return (settings, None);
    }
    settings.prometheus = None;
    let told = format!(
        "{KEY} stands in {theirs} and is passed over: only you may say whose alerts are believed; move it into your \
         own file, which `dogwatch config path` names"
    );
    (settings, Some(told))
}

/// Writes what is decided until somebody ends it; how all stood then.
async fn follow(handle: &Handle, project: &str, args: &WatchdogArgs) -> Option<Arc<Watchdog>> {
    let mut events = handle.events();
    let mut terminated = Terminated::new();
    let mut interrupted = std::pin::pin!(tokio::signal::ctrl_c());
    let mut tick = interval(Duration::from_millis(250));
    tick.set_missed_tick_behavior(MissedTickBehavior::Skip);
    let begun = Instant::now();
    let mut is_headed = false;
    loop {
        tokio::select! {
            biased;
            _ = &mut interrupted => break,
            () = terminated.come() => break,
            is_open = next(&mut events, args.format) => if !is_open { break },
            _ = tick.tick() => {
                let now = handle.watchdog();
                let has_looked = now.looked_at.is_some();
                if has_looked && !is_headed {
                    is_headed = true;
                    say(|out| watchdog::head(&now, project, args.format, out));
                }
                let scalings = handle.scalings();
                let is_scaling = scalings.looked_at.is_none()
                    || scalings.services.iter().any(|s| s.state == ScaleState::Acting);
                let is_repairing = now.guards.iter().any(|guard| is_going_on(guard.state));
                let is_done = has_looked && !is_repairing && !is_scaling;
                let is_late = !(has_looked && scalings.looked_at.is_some()) && begun.elapsed() > PATIENCE;
                if args.once && (is_done || is_late) {
                    while let Ok(event) = events.try_recv() {
                        tell(&event, args.format);
                    }
                    return has_looked.then_some(now);
                }
            }
        }
    }
    Some(handle.watchdog())
}

const fn is_going_on(state: GuardState) -> bool {
    matches!(state, GuardState::Acting | GuardState::Verifying)
}

/// Tells the next event; whether more may come.
async fn next(events: &mut Receiver<Event>, form: Form) -> bool {
    match events.recv().await {
        Ok(event) => tell(&event, form),
        Err(RecvError::Lagged(count)) => output::remark(&format!("{count} events were missed")),
        Err(RecvError::Closed) => return false,
    }
    true
}

fn tell(event: &Event, form: Form) {
    match event {
        Event::Decided(decision) => say(|out| watchdog::decision(decision, form, out)),
        Event::Scaled(scaling) => say(|out| scale::line(scaling, form, out)),
        Event::Trouble(text) => output::remark(text),
        _ => {}
    }
}

/// Writes to standard output; who does not read it any more is not waited for.
fn say(write: impl FnOnce(&mut dyn io::Write) -> io::Result<()>) {
    if let Err(error) = output::to_stdout(write) {
        output::remark(&format!("cannot write to standard output: {error}"));
    }
}

/// `dogwatch repairs`.
pub(super) fn repairs(
    arguments: &Arguments,
    args: &RepairsArgs,
    ground: &Ground,
) -> Result<ExitCode> {
    let Some(paths) = &ground.paths else {
        return Err(Refusal::unreachable("there is no home folder that holds a record").into());
    };
    let known = super::archive::recorded(&paths.state.join("projects"));
    let wish = ProjectWish {
        name: arguments.stack.project_name.clone(),
        files: arguments.stack.files.clone(),
        folder: ground.folder.clone(),
    };
    let project = match find(&wish, &Surroundings::here(), &known) {
        Found::One(name) => name,
        Found::Several(projects) => return Err(stack::several(&projects).into()),
        Found::None { .. } => return Err(Refusal::unreachable("no project is on record").into()),
    };
    let folder = paths.project(project.as_str());
    let path = folder.join(state::FILE);
    let since = watchdog::since(arguments.stack.since, Utc::now());
    let read = State::view(&path).and_then(|state| state.repairs(project.as_str(), since));
    if args.audit || args.verify {
        return audit(args, (&folder, project.as_str()), since);
    }
    let entries = read.map_err(|error| nothing(project.as_str(), &error))?;
    let scaled = scaling::changes(&folder, since);
    output::to_stdout(|out| watchdog::repairs((&entries, &scaled), args, project.as_str(), out))?;
    Ok(ExitCode::SUCCESS)
}

/// Tells what is in the audit log, or whether it is as it was written.
fn audit(
    args: &RepairsArgs,
    (folder, project): (&Path, &str),
    since: DateTime<Utc>,
) -> Result<ExitCode> {
    let (mut told, mut noted) = (Vec::new(), BTreeSet::new());
    let found = audit_log::verify(&folder.join(audit_log::FILE), |line| {
        noted.extend(line.entry.attempt.zip(line.entry.service.clone()));
        if args.audit && line.entry.time >= since {
            told.push(line);
        }
    });
    let found = found.map_err(|error| nothing(project, &error))?;
    if args.audit {
        output::to_stdout(|out| {
            told.iter().try_for_each(|line| audit_text::entry(line, args.format, out))
        })?;
        return Ok(ExitCode::SUCCESS);
    }
    let read = State::view(&folder.join(state::FILE))
        .and_then(|state| state.repairs(project, DateTime::UNIX_EPOCH));
    let entries = read.map_err(|error| nothing(project, &error))?;
    let missing = audit_text::missing(&entries, &noted);
    let mut is_whole = true;
    output::to_stdout(|out| {
        is_whole = audit_text::verdict(&found, &missing, (project, args.format), out)?;
        Ok(())
    })?;
    Ok(if is_whole { ExitCode::SUCCESS } else { ExitCode::from(CHANGED) })
}

fn nothing(project: &str, error: &dyn fmt::Display) -> Refusal {
    Refusal::unreachable(format!("no repairs of the project {project} are on record: {error}"))
}
