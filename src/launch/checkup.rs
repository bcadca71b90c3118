//! `dogwatch doctor`: gathers the facts that `engine::health` judges. Everything that needs no Engine is looked at without
//! one.

use super::{ground::Ground, stack};
use crate::{
    action::{Tracker as _, forge::Forge},
    cli::{Arguments, doctor, doctor::DoctorArgs, output},
    engine::health::{self, Check, Database, Folder, FolderState, Grade, Journal, Terminal},
    source::docker::{
        Connection, Found, ProjectName, ProjectWish, Surroundings, Wish, choose, examine, find,
    },
    store::{
        journal::{self, Stop},
        state::{self, State},
    },
};
use chrono::Utc;
use color_eyre::eyre::Result;
use std::{
    env, fs,
    io::{self, IsTerminal as _},
    path::Path,
    process::ExitCode,
};

/// Exit code where the Engine cannot be reached.
const UNREACHABLE: u8 = 3;

/// `dogwatch doctor`.
pub(super) async fn doctor(
    arguments: &Arguments,
    args: &DoctorArgs,
    ground: &Ground,
) -> Result<ExitCode> {
    let mut checks = Vec::new();
    let (is_reached, project, containers) = docker(arguments, ground, &mut checks).await;
    checks.extend(kept(ground, project.as_ref()));
    checks.extend(machine::open_files().map(|limit| health::open_files(limit, containers)));
    checks.extend(health::terminal(&terminal()));
    checks.extend(config(ground));
    checks.push(filing(ground));
    let has_colour = args.color.is_met(|name| env::var(name).ok(), io::stdout().is_terminal());
    output::to_stdout(|out| {
        if args.json { doctor::json(&checks, out) } else { doctor::text(&checks, has_colour, out) }
    })?;
    Ok(ExitCode::from(match doctor::worst(&checks) {
        _ if !is_reached => UNREACHABLE,
        Grade::Ok => 0,
        Grade::Warn | Grade::Fail => 1,
    }))
}

/// The Engine, why this one, and the project; whether it was reached, which project, how many containers.
async fn docker(
    arguments: &Arguments,
    ground: &Ground,
    checks: &mut Vec<Check>,
) -> (bool, Option<ProjectName>, usize) {
    let around = Surroundings::here();
    let stack = &arguments.stack;
    let wish = Wish { host: stack.host.clone(), context: stack.context.clone() };
    let connection = match choose(&wish, &around) {
        Ok(choice) => Connection::open(choice).await,
        Err(error) => Err(error),
    };
    let wish = ProjectWish {
        name: stack.project_name.clone(),
        files: stack.files.clone(),
        folder: ground.folder.clone(),
    };
    let connection = match connection {
        Ok(connection) => connection,
        Err(error) => {
            // The demo is no help to somebody who looks for what is wrong.
            let advice: Vec<_> =
                error.advice().into_iter().filter(|told| !told.contains("dogwatch demo")).collect();
            checks.push(Check::fail("docker", error.to_string(), advice.join(" Or: ")));
            let project = match find(&wish, &around, &[]) {
                Found::One(name) => Some(name),
                Found::Several(_) | Found::None { .. } => None,
            };
            return (false, project, 0);
        }
    };
    let choice = connection.choice();
    let reached = format!("reached at {} ({})", choice.endpoint, choice.chosen_by);
    checks.push(Check::ok("docker", reached));
    let known = match connection.projects().await {
        Ok(known) => known,
        Err(error) => {
            let fix = "Try docker ps; restart Docker where that does not answer either.";
            checks.push(Check::fail("docker", format!("it does not answer: {error}"), fix));
            return (false, None, 0);
        }
    };
    let project = match find(&wish, &around, &known) {
        Found::One(name) => {
            checks.push(Check::ok("project", name.as_str()));
            Some(name)
        }
        Found::Several(projects) => {
            let names = stack::names(&projects);
            let fact = format!("none is named here, several have containers: {names}");
            checks.push(Check::warn("project", fact, "Name one: dogwatch doctor -p NAME"));
            None
        }
        Found::None { .. } => {
            let fact = "there is no compose file here, and no container of any project";
            let fix = "Go to the folder of a compose file, or name a project: -p NAME";
            checks.push(Check::warn("project", fact, fix));
            None
        }
    };
    let found = examine(&connection, project.as_ref()).await;
    checks.extend(health::engine(&found));
    if project.is_some() {
        checks.extend(health::containers(&found));
    }
    (true, project, found.containers.len())
}

/// What is kept on disk, and whether it can be.
fn kept(ground: &Ground, project: Option<&ProjectName>) -> Vec<Check> {
    let Some(paths) = &ground.paths else {
        let fact = "there is no home folder: settings and history are not saved";
        return vec![Check::fail("state", fact, "Name a place: DOGWATCH_STATE_DIR=/path")];
    };
    let mut checks = health::folder(&folder(&paths.state));
    let key = paths.key();
    checks.extend(health::key(&key, machine::mode(&key)));
    let Some(project) = project else { return checks };
    let place = paths.project(project.as_str());
    checks.push(health::database(&database(&place.join(state::FILE))));
    checks.extend(health::writer(machine::holder(&place.join("lock"))));
    let facts = record(&place.join(journal::FOLDER), &ground.config().journal);
    checks.extend(health::journal(&facts, Utc::now()));
    checks
}

/// Who holds the lock of a record, as far as the system tells.
pub(super) fn writer(lock: &Path) -> Option<u32> {
    machine::holder(lock)
}

fn folder(path: &Path) -> Folder {
    // Of one that is missing, the nearest one above decides.
    let there = path.ancestors().find(|path| path.exists()).unwrap_or(path);
    let state = match fs::metadata(path) {
        Ok(meta) if !meta.is_dir() => FolderState::NoFolder,
        _ if machine::is_read_only(there) => FolderState::ReadOnly,
        _ if !machine::is_writable(there) => FolderState::Refused,
        Ok(_) => FolderState::Open,
        Err(_) => FolderState::Missing,
    };
    let (mode, is_own) = (machine::mode(path), machine::is_own(there));
    Folder { path: path.to_owned(), state, mode, is_own, free: machine::free(there) }
}

fn database(path: &Path) -> Database {
    if !path.exists() {
        return Database::None;
    }
    match State::view(path).and_then(|state| state.check()) {
        Ok(()) => Database::Whole,
        Err(error) => Database::Broken(error.to_string()),
    }
}

/// What the files of the journal say; every line of it is read once.
fn record(folder: &Path, settings: &journal::Settings) -> Journal {
    let files = fs::read_dir(folder).into_iter().flatten().flatten();
    let is_rows = |name: &str| name.ends_with(".ndjson") || name.ends_with(".ndjson.gz");
    let sizes = files.filter(|file| file.file_name().to_str().is_some_and(is_rows));
    let sizes: Vec<_> = sizes.filter_map(|file| Some(file.metadata().ok()?.len())).collect();
    let mut facts = Journal {
        files: sizes.len() as u64,
        bytes: sizes.iter().sum(),
        max_bytes: settings.max_bytes,
        max_age_hours: settings.max_age_hours,
        ..Journal::default()
    };
    let scanned = journal::Reader::new(folder).rows(
        &crate::model::Query::default(),
        None,
        None,
        &Stop::default(),
        |row, _| {
            facts.oldest = facts.oldest.or(row.time);
            std::ops::ControlFlow::Continue(())
        },
    );
    match scanned {
        Ok(scanned) => {
            facts.damaged = scanned.skipped;
            facts.unreadable = journal::Fault::sentence(&scanned.faults);
        }
        Err(error) => facts.error = Some(error.to_string()),
    }
    facts
}

fn terminal() -> Terminal {
    let set = |name: &str| env::var(name).ok().filter(|value| !value.is_empty());
    Terminal {
        is_there: io::stdout().is_terminal(),
        name: set("TERM").unwrap_or_default(),
        colours: set("COLORTERM").unwrap_or_default(),
        is_plain: set("NO_COLOR").is_some(),
        locale: ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().find_map(set).unwrap_or_default(),
        size: machine::size(),
    }
}

/// Every fault of the user's files, or that there is none.
fn config(ground: &Ground) -> Vec<Check> {
    let (detector, mut faults) = ground.detector();
    faults.splice(0..0, ground.faults());
    if faults.is_empty() {
        return vec![Check::ok("config", format!("no faults; {} rules", detector.rules().len()))];
    }
    let check = |fault: &String| {
        Check::warn(
            "config",
            fault.as_str(),
            "Mend the file; dogwatch config check tells the rest.",
        )
    };
    faults.iter().map(check).collect()
}

fn filing(ground: &Ground) -> Check {
    let tracker = Forge::new(ground.config().issues.clone(), ground.folder.clone()).info();
    let place = tracker.repository.as_deref().unwrap_or("no repository is known here").to_owned();
    let token = if tracker.is_signed_in {
        "there is a token to file issues with".to_owned()
    } else {
        format!(
            "no token, so issues can be copied, saved or opened in the browser; to file them {}",
            tracker.sign_in()
        )
    };
    Check::ok("issues", format!("{}: {token}; {place}", tracker.kind.name()))
}

/// What the system says of files, limits and the terminal.
#[cfg(unix)]
mod machine {
    use rustix::{
        fs::{Access, StatVfsMountFlags, access, statvfs},
        process::{Pid, Resource, geteuid, getrlimit, test_kill_process},
    };
    use std::{fs, os::unix::fs::MetadataExt as _, path::Path};

    pub(super) fn mode(path: &Path) -> Option<u32> {
        fs::metadata(path).ok().map(|meta| meta.mode())
    }

    pub(super) fn is_own(path: &Path) -> bool {
        fs::metadata(path).is_ok_and(|meta| meta.uid() == geteuid().as_raw())
    }

    pub(super) fn is_writable(path: &Path) -> bool {
        access(path, Access::WRITE_OK | Access::EXEC_OK).is_ok()
    }

    pub(super) fn is_read_only(path: &Path) -> bool {
        statvfs(path).is_ok_and(|fs| fs.f_flag.contains(StatVfsMountFlags::RDONLY))
    }

    pub(super) fn free(path: &Path) -> Option<u64> {
        statvfs(path).ok().map(|fs| fs.f_bavail.saturating_mul(fs.f_frsize))
    }

    /// How many files this process may open; `None` for as many as it likes.
    pub(super) fn open_files() -> Option<u64> {
        getrlimit(Resource::Nofile).current
    }

    /// Who holds the lock. It is not tried: somebody who starts just then must not find it taken.
    pub(super) fn holder(lock: &Path) -> Option<u32> {
        let pid: i32 = fs::read_to_string(lock).ok()?.trim().parse().ok()?;
        let is_alive = match test_kill_process(Pid::from_raw(pid)?) {
            Ok(()) => true,
            Err(error) => error == rustix::io::Errno::PERM,
        };
        // Its number may be another's by now: Linux says which files are locked.
        let is_held = match (fs::read_to_string("/proc/locks"), fs::metadata(lock)) {
            (Ok(locks), Ok(meta)) => {
                locks.lines().any(|line| line.contains(&format!(":{} ", meta.ino())))
            }
            _ => true,
        };
        (is_alive && is_held).then(|| pid.unsigned_abs())
    }

    pub(super) fn size() -> Option<(u16, u16)> {
        let size = rustix::termios::tcgetwinsize(rustix::stdio::stdout()).ok()?;
        (size.ws_col > 0).then_some((size.ws_col, size.ws_row))
    }
}

/// Elsewhere nothing of it is asked.
#[cfg(not(unix))]
mod machine {
    use std::path::Path;

    pub(super) fn mode(_: &Path) -> Option<u32> {
        None
    }

    pub(super) fn is_own(_: &Path) -> bool {
        true
    }

    pub(super) fn is_writable(_: &Path) -> bool {
        true
    }

    pub(super) fn is_read_only(_: &Path) -> bool {
        false
    }

    pub(super) fn free(_: &Path) -> Option<u64> {
        None
    }

    pub(super) fn open_files() -> Option<u64> {
        None
    }

    pub(super) fn holder(_: &Path) -> Option<u32> {
        None
    }

    pub(super) fn size() -> Option<(u16, u16)> {
        None
    }
}
