//! What is looked up of a problem outside of the logs: Compose files, source files, commits. Nothing is changed.

use crate::{
    cli::agent::{AuditIssue, ChangeKind, Changed, Defined, Dossier, Entry, Learning, Scene, Spot},
    model::{Files, Frame},
    source::{
        docker::{Definition, definition, image},
        whereabouts::{self, Owner},
    },
};
use chrono::{DateTime, Utc};
use std::{
    collections::BTreeSet,
    fmt::Write as _,
    fs,
    io::{self, Read as _},
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};
use tokio::{process::Command, task::spawn_blocking, time::timeout};

/// What git may take.
const GIT: Duration = Duration::from_secs(5);
/// Commits that are told, and files that are not committed.
const COMMITS: usize = 20;
const UNCOMMITTED: usize = 20;
/// A longer Compose file is not read.
const FILE: u64 = 4 << 20;
/// Parts a unit separator in what git prints.
const UNIT: char = '\u{1f}';

/// Everything about one problem. `history`: what was done about it, `fixes`: what helped with problems like it.
pub(in crate::launch) async fn look_up(
    issue: AuditIssue,
    scene: Scene,
    (history, fixes): (Vec<Entry>, Vec<Learning>),
    mask: &(dyn Fn(&str) -> String + Send + Sync),
) -> Dossier {
    let first_seen = issue.first_seen;
    let Scene { services, context, frames, mut changes, origins } = scene;
    let mut not_told = Vec::new();
    if context.is_empty() {
        not_told.push("the lines around its newest event are no longer kept".to_owned());
    }
    let mut folders = BTreeSet::new();
    let mut definitions = Vec::new();
    for (service, files, running, made) in &origins {
        folders.insert(PathBuf::from(files.folder.as_str()));
        let wanted = (service.clone(), files.clone());
        let read = spawn_blocking(move || defined(&wanted.0, &wanted.1)).await;
        let Ok(Read { parts, newest, why }) = read else { continue };
        not_told.extend(why);
        let named = image(&parts.iter().map(|(_, part)| part.clone()).collect::<Vec<_>>());
        if let (Some(named), Some((time, _))) = (named.filter(|n| n != running), &newest) {
            let told = format!("the Compose file names {named}, but {running} runs");
            changes.push(change(*time, (ChangeKind::Image, Some(service)), told, first_seen));
        }
        if let (Some((time, file)), Some(made)) = (newest, made)
            && time > *made
        {
            let told = format!("{file} was changed after the container was made");
            changes.push(change(time, (ChangeKind::Config, Some(service)), told, first_seen));
        }
        definitions.extend(parts.into_iter().map(|(file, part)| Defined {
            service: service.clone(),
            file,
            line: part.line,
            text: mask(&part.text),
        }));
    }
    for folder in folders.iter().filter(|folder| folder.is_absolute() && folder.is_dir()) {
        match commits(folder, first_seen).await {
            Some(found) => changes.extend(found),
            None => not_told.push(format!("{} is in no git repository", folder.display())),
        }
    }
    for change in &mut changes {
        change.told = mask(&change.told);
    }
    let places = spawn_blocking(move || frames.into_iter().map(spot).collect::<Vec<_>>()).await;
    Dossier {
        issue,
        affected_services: services,
        context,
        frames: places.unwrap_or_default(),
        definitions,
        changes,
        history,
        similar_fixes: fixes,
        past_repairs: Vec::new(),
        not_told,
    }
}

fn spot((frame, owner): (Frame, Owner)) -> Spot {
    let here = whereabouts::find(&frame, &owner);
    Spot { path: frame.path, line: frame.line, here }
}

fn change(
    time: DateTime<Utc>,
    (kind, service): (ChangeKind, Option<&String>),
    told: String,
    first_seen: DateTime<Utc>,
) -> Changed {
    Changed { time, kind, service: service.cloned(), told, is_before: time <= first_seen }
}

/// What Compose files say of a service.
#[derive(Default)]
struct Read {
    /// Each part, with its file.
    parts: Vec<(String, Definition)>,
    /// The file that was changed last, and when.
    newest: Option<(DateTime<Utc>, String)>,
    /// What could not be read.
    why: Vec<String>,
}

fn defined(service: &str, files: &Files) -> Read {
    let mut read = Read::default();
    if files.compose.is_empty() {
        read.why
            .push(format!("the containers of {service} do not say where its Compose files are"));
    }
    for name in &files.compose {
        let path = Path::new(files.folder.as_str()).join(name.as_str());
        let shown = path.display().to_string();
        match whole(&path) {
            Ok((text, changed)) => {
                let found = definition(&text, service);
                if found.is_empty() && files.compose.len() == 1 {
                    read.why.push(format!("{shown} defines {service} in a way that is not read"));
                }
                read.parts.extend(found.into_iter().map(|part| (shown.clone(), part)));
                if read.newest.as_ref().is_none_or(|(time, _)| *time < changed) {
                    read.newest = Some((changed, shown));
                }
            }
            Err(error) => read.why.push(format!("cannot read {shown}: {error}")),
        }
    }
    read
}

/// A file, and when it was changed.
fn whole(path: &Path) -> io::Result<(String, DateTime<Utc>)> {
    let mut text = String::new();
    let file = fs::File::open(path)?;
    let changed = file.metadata()?.modified()?;
    file.take(FILE).read_to_string(&mut text)?;
    Ok((text, changed.into()))
}

/// The newest commits below a folder, and what is not committed there; `None` where that is no repository.
async fn commits(folder: &Path, first_seen: DateTime<Utc>) -> Option<Vec<Changed>> {
    let count = format!("-{COMMITS}");
    let form = format!("--format=%h{UNIT}%cI{UNIT}%an{UNIT}%s");
    let told = git(folder, &["log", &count, "--no-show-signature", &form, "--", "."]).await?;
    let mut found: Vec<_> = told
        .lines()
        .filter_map(|line| {
            let mut parts = line.splitn(4, UNIT);
            let (id, time) = (parts.next()?, parts.next()?);
            let (author, subject) = (parts.next()?, parts.next()?);
            let time = DateTime::parse_from_rfc3339(time).ok()?.to_utc();
            let told = format!("{id} {subject} ({author})");
            Some(change(time, (ChangeKind::Commit, None), told, first_seen))
        })
        .collect();
    let words = ["status", "--porcelain", "--untracked-files=no", "--no-renames", "--", "."];
    let changed = git(folder, &words).await.unwrap_or_default();
    let names: Vec<_> = changed.lines().filter_map(|line| line.get(3..)).collect();
    if !names.is_empty() {
        let more = names.len().saturating_sub(UNCOMMITTED);
        let mut told = names.iter().take(UNCOMMITTED).copied().collect::<Vec<_>>().join(", ");
        if more > 0 {
            let _ = write!(told, " and {more} more");
        }
        let newest = names.iter().filter_map(|name| {
            fs::metadata(folder.join(Path::new(name).file_name()?)).ok()?.modified().ok()
        });
        let time = newest.max().map_or(first_seen, DateTime::from);
        found.push(change(time, (ChangeKind::Uncommitted, None), told, first_seen));
    }
    Some(found)
}

/// Asks git, which runs nothing that a repository names.
async fn git(folder: &Path, words: &[&str]) -> Option<String> {
    let mut command = Command::new("git");
    command
        .args(["--no-pager", "-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null", "-C"])
        .arg(folder)
        .args(words)
        .env("GIT_OPTIONAL_LOCKS", "0")
        .env("GIT_TERMINAL_PROMPT", "0")
        .stdin(Stdio::null())
        .kill_on_drop(true);
    let output = timeout(GIT, command.output()).await.ok()?.ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}
