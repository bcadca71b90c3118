//! `dogwatch scale`, an engine without a screen that gives services more and fewer containers; and the same for the
//! watchdog.

use super::{Refusal, ground::Ground, headless, stack, telling::tell_until};
use crate::{
    action::scale::Compose,
    cli::{
        Arguments, StackArgs,
        scale::{self, ScaleArgs, Scaled},
    },
    config::{Origin, project_file},
    engine::{Engine, Hand, Handle, Scale},
    model::{Event, ScaleState, ServiceName},
    repair::scale::Change,
    source::docker::{ProjectName, Surroundings, Wish, choose},
    store::audit::{self, Entry},
};
use chrono::{DateTime, TimeDelta, Utc};
use color_eyre::eyre::Result;
use std::{collections::BTreeSet, io, path::Path, process::ExitCode, time::Duration};

/// A change did not succeed.
const FAILED: u8 = 1;
/// How long the first look may take.
const PATIENCE: Duration = Duration::from_mins(1);
/// How far back the changes of earlier runs are read.
const BACK: TimeDelta = TimeDelta::hours(1);

/// `dogwatch scale`.
pub(super) async fn scale(
    arguments: &Arguments,
    args: &ScaleArgs,
    ground: &Ground,
) -> Result<ExitCode> {
    let told = "a recorded log has nothing to scale";
    let (source, project) = stack::running(arguments, ground, told).await?;
    let mut settings = ground.config().engine.clone();
    let hand = if args.apply { Hand::Free } else { Hand::Bound };
    let wish = self::settings(&arguments.stack, ground, &project, hand)?;
    settings.scale = Some(Scale { services: args.services.clone(), ..wish });
    let parts =
        headless::parts(arguments, ground, (source, Some(&project)), "scaling files nothing");
    let (engine, handle) = Engine::start(&settings, parts);
    follow(&handle, args).await;
    let last = handle.scalings();
    engine.stop().await;
    if last.looked_at.is_some() && last.services.is_empty() {
        let told = "nothing is to be scaled\n\nTry, in the file that `dogwatch config path` names:\n  \
                    [scale.SERVICE]\n  max = 3    # by processor time, at most three containers";
        return Err(Refusal::usage(told).into());
    }
    let has_failed = last.services.iter().any(|scaling| scaling.state == ScaleState::Failed);
    let is_late = args.once && last.looked_at.is_none();
    Ok(if is_late || (args.once && has_failed) {
        ExitCode::from(FAILED)
    } else {
        ExitCode::SUCCESS
    })
}

/// How the scaler of a run is set: the user's rules, and what earlier runs did.
///
/// # Errors
/// Where the project's own file names a command or an address: whoever wrote it would run what they like.
pub(super) fn settings(
    stack: &StackArgs,
    ground: &Ground,
    project: &ProjectName,
    hand: Hand,
) -> Result<Scale> {
    let theirs = Origin::File(project_file(&ground.folder));
    let is_theirs = |(key, origin): (&String, &Origin)| {
        let is_risky = [".command", ".url", ".url_env"].iter().any(|end| key.ends_with(end));
        (key.starts_with("scale.") && is_risky && *origin == theirs).then(|| key.clone())
    };
    if let Some(key) = ground.loaded.origins.iter().find_map(is_theirs) {
        let told = format!(
            "{key} stands in {theirs}, but only you may say what is run and who is asked\n\nTry:\n  \
             move it into your own file, which `dogwatch config path` names"
        );
        return Err(Refusal::usage(told).into());
    }
    let wish = Wish { host: stack.host.clone(), context: stack.context.clone() };
    let choice = choose(&wish, &Surroundings::here());
    let host = choice.map(|choice| choice.endpoint.to_string());
    let host = host.map_err(|error| Refusal::unreachable(error.to_string()))?;
    let (past, cut) = past(ground, project);
    Ok(Scale {
        rules: ground.config().scale.clone(),
        usual: ground.loaded.usual.clone(),
        services: Vec::new(),
        hand,
        compose: Compose { host, project: project.as_str().to_owned() },
        past,
        cut,
    })
}

/// How the scaler beside a screen or a server is set. Where that must not be, nothing is scaled, and it is said why.
pub(super) fn beside(
    stack: &StackArgs,
    ground: &Ground,
    project: Option<&ProjectName>,
) -> (Option<Scale>, Option<String>) {
    match project.map(|project| settings(stack, ground, project, Hand::Watchdog)) {
        None => (None, None),
        Some(Ok(scale)) => (Some(scale), None),
        Some(Err(report)) => (None, Some(format!("nothing is scaled: {report}"))),
    }
}

/// What earlier runs changed not long ago, and of whose last change they did not see the end.
fn past(
    ground: &Ground,
    project: &ProjectName,
) -> (Vec<(ServiceName, Change)>, BTreeSet<ServiceName>) {
    let (mut past, mut cut) = (Vec::new(), BTreeSet::new());
    let Some(paths) = &ground.paths else { return (past, cut) };
    for scaled in changes(&paths.project(project.as_str()), Utc::now() - BACK) {
        let Scaled { time, service, from, to, result, .. } = scaled;
        if result.is_none() {
            cut.insert(service.clone());
        } else {
            cut.remove(&service);
        }
        past.push((service, Change { time, from, to }));
    }
    (past, cut)
}

/// Changes of scale in the audit log of a project's folder, oldest first; none where there is no log.
pub(super) fn changes(folder: &Path, since: DateTime<Utc>) -> Vec<Scaled> {
    let mut found = Vec::<Scaled>::new();
    let _ = audit::verify(&folder.join(audit::FILE), |line| {
        let Entry { time, action, service, reason, result, dry_run, .. } = line.entry;
        let change = Scale::intended(action.as_str(), time).filter(|_| !dry_run);
        let Some((service, Change { from, to, .. })) = service.zip(change) else { return };
        let is_same = |other: &&mut Scaled| {
            (&other.service, other.from, other.to) == (&service, from, to) && other.result.is_none()
        };
        match result {
            Some(result) => {
                if let Some(open) = found.iter_mut().rev().find(is_same) {
                    open.result = Some(result);
                }
            }
            None => found.push(Scaled { time, service, from, to, reason, result }),
        }
    });
    found.retain(|scaled| scaled.time >= since);
    found
}

/// Writes how services come to stand until somebody ends it, or with `--once` until nothing is going on.
async fn follow(handle: &Handle, args: &ScaleArgs) {
    let write = |event: &Event, out: &mut dyn io::Write| match event {
        Event::Scaled(scaling) => scale::line(scaling, args.format, out),
        _ => Ok(()),
    };
    let is_over = |elapsed| {
        let now = handle.scalings();
        let is_going_on = now.services.iter().any(|s| s.state == ScaleState::Acting);
        let is_over = now.looked_at.is_some() && (args.once || now.services.is_empty());
        let is_late = now.looked_at.is_none() && args.once && elapsed > PATIENCE;
        is_late || (is_over && !is_going_on)
    };
    tell_until(handle, write, is_over).await;
}
