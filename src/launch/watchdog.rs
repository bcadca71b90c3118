//! `dogwatch watchdog`, an engine without a screen that repairs; and `dogwatch repairs`, what it did.

use super::{
    Refusal,
    ground::Ground,
    headless, notifying, scaling, stack,
    telling::{say, tell_until},
};
use crate::{
    cli::{
        Arguments, audit as audit_text, output, scale,
        watchdog::{self, Cleaned, Record, RepairsArgs, WatchdogArgs},
    },
    config::{Origin, project_file},
    engine::{Engine, Hand, Handle, Scale, Watch},
    model::{Clean, Event, GuardState, OwnLogs, ScaleState},
    repair,
    source::docker::{Found, ProjectName, ProjectWish, Surroundings, find},
    store::{
        audit::{self as audit_log, Entry},
        state::{self, State},
    },
};
use chrono::{DateTime, TimeDelta, Utc};
use color_eyre::eyre::Result;
use std::{collections::BTreeSet, fmt, io, path::Path, process::ExitCode, time::Duration};

/// Something is wrong.
const TROUBLED: u8 = 1;
/// The audit log is not as it was written.
const CHANGED: u8 = 1;
/// Longer than the watchdog waits between two cleanings.
const CLEANED: TimeDelta = TimeDelta::days(1);
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
    let scaling = &ground.loaded.scaling;
    if !scaling.is_empty() && ground.config().scale.is_empty() {
        output::remark(&format!(
            "{} count for services that are scaled by a table [scale.SERVICE] or a label dogwatch.scale.max; no table \
             names one",
            scaling.join(", ")
        ));
    }
    let chosen = wish.services.clone();
    wish.at_once = args.max_agents.map_or(wish.at_once, usize::from);
    let fixes = ground.fixes();
    for fault in &fixes.faults {
        output::remark(&fault.to_string());
    }
    let waiting = fixes.fixes.iter().filter(|known| known.wanted.is_some());
    for known in waiting {
        let told = format!(
            "fix {} of {} is passed over: it comes with the project and waits for your consent; \
             `dogwatch fixes list` says how",
            known.fix.name, known.place
        );
        output::remark(&told);
    }
    let (own_logs, cleaned_at) = cleaning(ground, Some(&project));
    settings.watchdog = Some(Watch {
        settings: wish,
        fixes: fixes.fixes,
        is_dry: args.dry_run,
        own_logs,
        cleaned_at,
    });
    let scale = scaling::settings(&arguments.stack, ground, &project, Hand::Watchdog)?;
    settings.scale = Some(Scale { services: chosen, ..scale });
    let parts =
        headless::parts(arguments, ground, (source, Some(&project)), "the watchdog files nothing");
    let (engine, handle) = Engine::start(&settings, parts);
    let telling = notifying::start(&handle, ground);
    follow(&handle, project.as_str(), args).await;
    let last = handle.watchdog();
    if let Some(telling) = telling {
        telling.end().await;
    }
    engine.stop().await;
    let is_troubled = args.once && (last.looked_at.is_none() || watchdog::is_troubled(&last));
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

/// Where dogwatch keeps its own lines, and when an earlier run last made room on the disk.
pub(super) fn cleaning(
    ground: &Ground,
    project: Option<&ProjectName>,
) -> (Option<OwnLogs>, Option<DateTime<Utc>>) {
    let (Some(paths), Some(project)) = (&ground.paths, project) else { return (None, None) };
    let own = paths.project(project.as_str());
    let last = cleanings(&own, Utc::now() - CLEANED).last().map(|cleaned| cleaned.time);
    (Some(OwnLogs { projects: paths.state.join("projects"), own }), last)
}

/// What the audit log of a project's folder tells of cleanings, oldest first; nothing where there is no log.
fn cleanings(folder: &Path, since: DateTime<Utc>) -> Vec<Cleaned> {
    let mut found = Vec::<Cleaned>::new();
    let _ = audit_log::verify(&folder.join(audit_log::FILE), |line| {
        let Entry { time, action, reason, result, .. } = line.entry;
        let Some(clean) = Clean::of_action(action.as_str()) else { return };
        let is_open = |other: &&mut Cleaned| other.clean == clean && other.result.is_none();
        match (result, found.iter_mut().rev().find(is_open)) {
            (Some(result), Some(open)) => open.result = Some(result),
            (result, _) => found.push(Cleaned { time, clean, reason, result }),
        }
    });
    found.retain(|cleaned| cleaned.time >= since);
    found
}

/// Writes what is decided until somebody ends it, or with `--once` until nothing is going on.
async fn follow(handle: &Handle, project: &str, args: &WatchdogArgs) {
    let form = args.format;
    let write = |event: &Event, out: &mut dyn io::Write| match event {
        Event::Decided(decision) => watchdog::decision(decision, form, out),
        Event::Scaled(scaling) => scale::line(scaling, form, out),
        _ => Ok(()),
    };
    let mut is_headed = false;
    let is_over = |elapsed| {
        let (now, scalings) = (handle.watchdog(), handle.scalings());
        let has_looked = now.looked_at.is_some();
        if has_looked && !is_headed {
            is_headed = true;
            say(|out| watchdog::head(&now, project, form, out));
        }
        let has_measured = scalings.looked_at.is_some();
        let is_repairing = now.guards.iter().any(|guard| is_going_on(guard.state));
        let is_scaling = scalings.services.iter().any(|s| s.state == ScaleState::Acting);
        let is_done = has_looked && has_measured && !is_repairing && !is_scaling;
        let is_late = !(has_looked && has_measured) && elapsed > PATIENCE;
        args.once && (is_done || is_late)
    };
    tell_until(handle, write, is_over).await;
}

const fn is_going_on(state: GuardState) -> bool {
    matches!(state, GuardState::Acting | GuardState::Verifying)
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
    let told = Record { repairs: &entries, scaled: &scaled, cleaned: &cleanings(&folder, since) };
    output::to_stdout(|out| watchdog::repairs(told, args, project.as_str(), out))?;
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
