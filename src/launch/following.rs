//! `dogwatch issues sync`: asks how the issues of a project stand, and lets them follow their problems.

use super::{
    Refusal,
    ground::Ground,
    issues::{UNFILED, check_settings, kept, lock, tracker, unkept},
};
use crate::{
    action::{Deed, Tracker},
    cli::{
        Arguments,
        issues::{self, Cache, Known, Step, follow},
        output,
    },
    model::{ErrorGroup, Fingerprint},
    store::state::{self, State},
};
use chrono::Utc;
use color_eyre::eyre::Result;
use std::{
    collections::{BTreeSet, HashMap},
    path::Path,
    process::ExitCode,
    sync::Arc,
};

/// What `issues sync` was asked for.
pub(super) struct Asked {
    pub(super) repo: Option<String>,
    pub(super) is_json: bool,
    pub(super) is_dry: bool,
}

/// Asks how every issue stands that was filed from here, and does what the configuration allows.
pub(super) async fn sync(arguments: &Arguments, ground: &Ground, asked: Asked) -> Result<ExitCode> {
    if !asked.is_dry {
        check_settings(ground)?;
    }
    let (project, path, mut cache) = kept(arguments, ground)?;
    let _lock = lock(&path)?;
    let groups = problems(&path, project.as_str())?;
    adopt(&mut cache, &groups);
    let follow = &ground.config().issues.follow;
    let allowed = if asked.is_dry { BTreeSet::new() } else { follow.clone() };
    let round = Round { tracker: tracker(ground, asked.repo), path: &path, allowed };
    let ids: Vec<_> = cache.issues.keys().copied().collect();
    let mut steps = Vec::new();
    let mut errors = Vec::new();
    for id in ids {
        match round.follow(id, &mut cache, groups.get(&id)).await? {
            Ok(step) => steps.extend(step),
            Err(error) => {
                output::remark(&error);
                errors.push(error);
            }
        }
    }
    let is_failed = !errors.is_empty() || steps.iter().any(|step| step.error.is_some());
    cache.issues.retain(|_, known| known.issue.is_some() || is_failed);
    cache.write(&path).map_err(|error| unkept(&path, &error))?;
    output::to_stdout(|out| issues::synced(&cache, &steps, &errors, asked.is_json, out))?;
    Ok(if is_failed { ExitCode::from(UNFILED) } else { ExitCode::SUCCESS })
}

/// The problems on record, beside the cache of the same project.
fn problems(cache: &Path, project: &str) -> Result<HashMap<Fingerprint, ErrorGroup>, Refusal> {
    let path = cache.with_file_name(state::FILE);
    if !path.exists() {
        return Ok(HashMap::new());
    }
    let saved = State::view(&path).and_then(|state| state.load(project));
    let saved = saved.map_err(|error| {
        Refusal::usage(format!("cannot read how the problems stand, so nothing is done: {error}"))
    })?;
    Ok(saved.groups.into_iter().map(|group| (group.fingerprint, group)).collect())
}

/// Takes in what was filed from the dashboard.
fn adopt(cache: &mut Cache, groups: &HashMap<Fingerprint, ErrorGroup>) {
    for group in groups.values().filter(|group| group.issue.is_some()) {
        if !cache.issues.contains_key(&group.fingerprint) {
            let title = group.category.title();
            cache.note(group.fingerprint, title, group.issue.clone(), Utc::now());
        }
    }
}

struct Round<'a> {
    tracker: Arc<dyn Tracker>,
    path: &'a Path,
    allowed: BTreeSet<Deed>,
}

impl Round<'_> {
    /// Looks how one issue stands, and does what it is missing. The inner error is GitHub's.
    async fn follow(
        &self,
        id: Fingerprint,
        cache: &mut Cache,
        group: Option<&ErrorGroup>,
    ) -> Result<Result<Option<Step>, String>, Refusal> {
        let Some(known) = cache.issues.get_mut(&id) else { return Ok(Ok(None)) };
        let found = match Arc::clone(&self.tracker).find(id).await {
            Ok(found) => found,
            Err(error) => return Ok(Err(format!("{}: {error}", known.title))),
        };
        let now = Utc::now();
        // What GitHub does not list any more was deleted, or moved away.
        known.issue.clone_from(&found);
        known.checked_at = now;
        let (Some(issue), Some(group)) = (found, group) else { return Ok(Ok(None)) };
        follow::seen(known, &issue, now);
        let Some(wish) = follow::wish(known, &issue, group, now) else {
            follow::begin(known, group);
            return Ok(Ok(None));
        };
        let mut step = Step { number: issue.number, wish, is_done: false, error: None };
        if !self.allowed.contains(&step.wish.deed) {
            return Ok(Ok(Some(step)));
        }
        follow::note(known, group, now);
        cache.write(self.path).map_err(|error| unkept(self.path, &error))?;
        for change in step.wish.changes() {
            if let Err(error) = Arc::clone(&self.tracker).change(issue.number, change).await {
                step.error = Some(error.to_string());
                return Ok(Ok(Some(step)));
            }
        }
        step.is_done = true;
        let known = cache.issues.get_mut(&id);
        if let Some(Known { issue: Some(issue), told, .. }) = known {
            issue.is_open = step.wish.deed != Deed::Close;
            told.closed_at = (!issue.is_open).then_some(now);
        }
        Ok(Ok(Some(step)))
    }
}
