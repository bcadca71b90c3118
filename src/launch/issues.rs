//! `dogwatch issues`, and filing after `dogwatch analyze`: problems of one reading become issues, each once.

use super::{
    Refusal, archive,
    following::{Asked, sync},
    ground::{self, Ground},
    headless, memory, stack,
};
use crate::{
    action::{
        self, Filed, Tracker,
        forge::Forge,
        issue::{self, IssueInput},
        remote,
    },
    cli::{
        Arguments,
        issues::{
            self, Cache, Choice, FilingArgs, IssuesArgs, IssuesCommand, Line, Verdict, follow,
        },
        output,
    },
    engine::{Scope, file, held, read_once},
    model::{ErrorGroup, Fingerprint, IssueDraft, ServiceName, StatusKind},
    redact::Redactor,
    source::docker::{Found, ProjectName, ProjectWish, Surroundings, find},
    store::{
        Store,
        state::{self, State},
    },
};
use chrono::Utc;
use color_eyre::eyre::Result;
use std::{
    collections::BTreeSet,
    fs::{self, File, TryLockError},
    io,
    path::PathBuf,
    process::ExitCode,
    sync::Arc,
};

/// Something could not be filed or looked up.
pub(super) const UNFILED: u8 = 5;

/// `dogwatch issues`.
pub(super) async fn issues(
    arguments: &Arguments,
    args: &IssuesArgs,
    ground: &Ground,
) -> Result<ExitCode> {
    ground::check_named(arguments)?;
    match &args.action {
        Some(IssuesCommand::List { json }) => {
            let (_, _, cache) = kept(arguments, ground)?;
            output::to_stdout(|out| issues::list(&cache, *json, out))?;
            return Ok(ExitCode::SUCCESS);
        }
        Some(IssuesCommand::Sync { json, repo, dry_run }) => {
            let asked = Asked { repo: repo.clone(), is_json: *json, is_dry: *dry_run };
            return sync(arguments, ground, asked).await;
        }
        None => {}
    }
    if args.filing.create_issues {
        check_settings(ground)?;
    }
    let (source, project) = stack::source(arguments, ground).await?;
    let scope = Scope {
        services: args.services.iter().map(|s| ServiceName::from(s.as_str())).collect(),
        since: arguments.stack.since.map(|since| since.resolve(Utc::now())),
        tail: arguments.stack.tail.and_then(|tail| tail.0),
    };
    let name = source.describe().name.to_string();
    let redactor = ground.config().engine.redact.then(|| memory::redactor(ground));
    let store = read_once(source, Arc::new(headless::detector(ground)), redactor, scope)
        .await
        .map_err(|error| Refusal::unreachable(error.to_string()))?;
    let desk = Desk::open(ground, project.as_ref(), &name, &args.filing)?;
    if args.clear_cache {
        desk.forget()?;
    }
    let lines = if args.filing.create_issues {
        desk.file(&store, &args.services, BTreeSet::new()).await?
    } else {
        desk.would_file(&store, &args.services)?
    };
    output::to_stdout(|out| issues::write(&lines, args.json, args.full, out))?;
    let is_failed = lines.iter().any(Line::is_failed);
    Ok(if is_failed { ExitCode::from(UNFILED) } else { ExitCode::SUCCESS })
}

/// What was filed from here for the project that is on record; no Engine is asked.
pub(super) fn kept(
    arguments: &Arguments,
    ground: &Ground,
) -> Result<(ProjectName, PathBuf, Cache), Refusal> {
    let Some(paths) = &ground.paths else {
        return Err(Refusal::unreachable("there is no home folder that holds a record"));
    };
    let known = archive::recorded(&paths.state.join("projects"));
    let wish = ProjectWish {
        name: arguments.stack.project_name.clone(),
        files: arguments.stack.files.clone(),
        folder: ground.folder.clone(),
    };
    let project = match find(&wish, &Surroundings::here(), &known) {
        Found::One(name) => name,
        Found::Several(projects) => return Err(stack::several(&projects)),
        Found::None { .. } => {
            return Err(Refusal::unreachable(
                "no project of that name, or of this folder, is on record\n\nTry:\n  dogwatch                          follow the project of this folder\n  dogwatch issues --create-issues   file what is wrong in it\n  dogwatch -p NAME issues list      another project",
            ));
        }
    };
    let path = issues::cache_file(&paths.project(project.as_str()));
    let cache = Cache::read(&path).map_err(|error| unreadable(&path, &error))?;
    Ok((project, path, cache))
}

/// Where issues of one project are written and filed.
pub(super) struct Desk {
    pub(super) tracker: Arc<dyn Tracker>,
    redactor: Arc<Redactor>,
    /// Where it is kept what was filed; a recorded log has no such place.
    pub(super) path: Option<PathBuf>,
    muted: BTreeSet<Fingerprint>,
    filing: FilingArgs,
    pub(super) name: String,
    commit: Option<String>,
    form: Arc<issue::Form>,
    /// New issues within an hour.
    pub(super) limit: u32,
}

impl Desk {
    /// Sends nothing. `name` is the source's.
    pub(super) fn open(
        ground: &Ground,
        project: Option<&ProjectName>,
        name: &str,
        filing: &FilingArgs,
    ) -> Result<Self, Refusal> {
        let folder = project.zip(ground.paths.as_ref()).map(|(p, paths)| paths.project(p.as_str()));
        let muted = folder.as_ref().zip(project).map(|(folder, project)| {
            let path = folder.join(state::FILE);
            let saved = path.exists().then(|| State::view(&path)?.load(project.as_str()));
            let saved = saved.transpose().map_err(|error| {
                Refusal::usage(format!("cannot read what is muted, so nothing is filed: {error}"))
            })?;
            let groups = saved.map(|saved| saved.groups).unwrap_or_default();
            let muted = groups.iter().filter(|g| g.status.kind() == StatusKind::Muted);
            Ok::<_, Refusal>(muted.map(|g| g.fingerprint).collect())
        });
        let tracker = tracker(ground, filing.repo.clone());
        Ok(Self {
            form: Arc::new(ground.config().issues.form.clone()),
            limit: ground.config().issues.max_per_hour,
            tracker,
            redactor: memory::redactor(ground),
            path: folder.map(|folder| issues::cache_file(&folder)),
            muted: muted.transpose()?.unwrap_or_default(),
            filing: filing.clone(),
            name: name.to_owned(),
            commit: project.and_then(|_| remote::commit_of_folder(&ground.folder)),
        })
    }

    fn drafts(
        &self,
        store: &Store,
        services: &[String],
        known: BTreeSet<Fingerprint>,
    ) -> Vec<IssueDraft> {
        let mut without = known;
        without.extend(&self.muted);
        let choice = Choice {
            services: services.iter().map(|s| ServiceName::from(s.as_str())).collect(),
            without,
            min_occurrences: self.filing.min_occurrences,
        };
        choice.of(store).into_iter().map(|group| self.draft(group, store)).collect()
    }

    fn draft(&self, group: &ErrorGroup, store: &Store) -> IssueDraft {
        let service = group.main_service().and_then(|name| store.service(name));
        let input = IssueInput {
            group,
            context: &[],
            project: &self.name,
            image: service.and_then(|s| s.containers.first()).map(|c| c.image.as_str()),
            commit: self.commit.as_deref(),
            now: Utc::now(),
            form: &self.form,
        };
        issue::draft(&input, &|text| self.redactor.redact(text))
    }

    /// What filing would do, as far as that can be said without asking anybody.
    fn would_file(&self, store: &Store, services: &[String]) -> Result<Vec<Line>, Refusal> {
        let cache = self.cache()?;
        let drafts = self.drafts(store, services, BTreeSet::new());
        let line = |draft: IssueDraft| {
            let known = cache.issues.get(&draft.fingerprint);
            let issue = known.and_then(|known| known.issue.clone());
            let verdict = match &issue {
                Some(issue) if issue.is_open => Verdict::Exists,
                Some(_) if !self.filing.refile_closed => Verdict::Closed,
                _ => Verdict::WouldFile,
            };
            Line { verdict, draft, issue, error: None }
        };
        let mut lines: Vec<_> = drafts.into_iter().map(line).collect();
        let wanted = lines.iter_mut().filter(|line| line.verdict == Verdict::WouldFile);
        let most = self.filing.max_issues.unwrap_or(usize::MAX).min(self.limit as usize);
        for line in wanted.skip(most) {
            line.verdict = Verdict::Later;
            line.error = Some(format!("only {most} would be filed now - a later run files it"));
        }
        Ok(lines)
    }

    /// Files what is wanted, the worst first. Once the forge refuses, nothing more is sent in this run; what the
    /// hourly limit holds back is told in one more issue.
    ///
    /// # Errors
    /// Where another dogwatch files for this project, or it cannot be kept what was filed: then nothing is sent.
    pub(super) async fn file(
        &self,
        store: &Store,
        services: &[String],
        known: BTreeSet<Fingerprint>,
    ) -> Result<Vec<Line>, Refusal> {
        let _lock = self.path.as_deref().map(lock).transpose()?;
        let mut cache = self.cache()?;
        let mut lines = Vec::new();
        let mut left = self.filing.max_issues.unwrap_or(usize::MAX);
        let mut refused = None::<String>;
        let mut is_held = false;
        for draft in self.drafts(store, services, known) {
            let (id, title) = (draft.fingerprint, draft.title.clone());
            if is_held && let Some(issue) = cache.open(id) {
                let issue = Some(issue.clone());
                lines.push(Line { verdict: Verdict::Exists, draft, issue, error: None });
                continue;
            }
            if refused.is_some() || is_held || left == 0 {
                let error = if is_held {
                    held(self.limit)
                } else if refused.is_some() {
                    "not tried after what was refused above - run it again when that is mended"
                        .to_owned()
                } else {
                    "--max-issues are filed - run it again for more".to_owned()
                };
                let error = Some(error);
                lines.push(Line { verdict: Verdict::Later, draft, issue: None, error });
                continue;
            }
            let is_known = cache.issues.contains_key(&id);
            if !is_known {
                cache.note(id, &title, None, Utc::now());
                self.keep(&cache)?;
            }
            let beside = self.filing.refile_closed;
            let filed = file(&self.tracker, draft.clone(), beside, |_| {}).await;
            let (verdict, issue, error) = match filed {
                Ok(Filed::Now(issue)) => (Verdict::Filed, Some(issue), None),
                Ok(Filed::Before(issue)) => (Verdict::Exists, Some(issue), None),
                Ok(Filed::Closed(issue)) => (Verdict::Closed, Some(issue), None),
                Ok(Filed::Held(limit)) => {
                    is_held = true;
                    if !is_known {
                        cache.issues.remove(&id);
                    }
                    (Verdict::Later, None, Some(held(limit)))
                }
                Err(error) => {
                    if !is_known && matches!(error, action::Error::Refused(_)) {
                        cache.issues.remove(&id);
                    }
                    (Verdict::Failed, None, Some(error.to_string()))
                }
            };
            if let Some(issue) = &issue {
                cache.note(id, &title, Some(issue.clone()), Utc::now());
                if let (Some(known), Some(group)) = (cache.issues.get_mut(&id), store.group(id)) {
                    follow::begin(known, group);
                }
            }
            self.keep(&cache)?;
            left -= usize::from(verdict == Verdict::Filed);
            refused = error.clone().filter(|_| verdict == Verdict::Failed);
            lines.push(Line { verdict, draft, issue, error });
        }
        let waits = |line: &Line| matches!(line.verdict, Verdict::Later | Verdict::Failed);
        if is_held {
            let line = self.tell_of_held(&lines, &mut cache).await?;
            lines.push(line);
        } else if services.is_empty() && !lines.iter().any(waits) {
            lines.extend(self.tell_that_nothing_waits(&mut cache).await?);
        }
        Ok(lines)
    }

    fn cache(&self) -> Result<Cache, Refusal> {
        let Some(path) = &self.path else { return Ok(Cache::default()) };
        Cache::read(path).map_err(|error| unreadable(path, &error))
    }

    pub(super) fn keep(&self, cache: &Cache) -> Result<(), Refusal> {
        let Some(path) = &self.path else { return Ok(()) };
        cache.write(path).map_err(|error| unkept(path, &error))
    }

    fn forget(&self) -> Result<(), Refusal> {
        let Some(path) = &self.path else { return Ok(()) };
        match fs::remove_file(path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(unkept(path, &error)),
            _ => Ok(()),
        }
    }
}

/// A file that is left out may say where issues go and how they are written: without it nothing is sent.
pub(super) fn check_settings(ground: &Ground) -> Result<(), Refusal> {
    match &ground.faults()[..] {
        [] => Ok(()),
        faults => Err(Refusal::usage(format!("nothing is filed: {}", faults.join("\n")))),
    }
}

/// Where issues go. What is being sent is noted beside the record of all projects.
pub(super) fn tracker(ground: &Ground, repo: Option<String>) -> Arc<dyn Tracker> {
    let mut settings = ground.config().issues.clone();
    settings.repository = repo.or(settings.repository);
    let github = Forge::new(settings, ground.folder.clone());
    match &ground.paths {
        Some(paths) => Arc::new(github.noting_in(paths.filing())),
        None => Arc::new(github),
    }
}

/// Only one process at a time files for a project.
pub(super) fn lock(path: &std::path::Path) -> Result<File, Refusal> {
    let place = path.with_extension("lock");
    let opened = place.parent().map_or(Ok(()), fs::create_dir_all);
    let opened = opened
        .and_then(|()| File::options().create(true).append(true).open(&place))
        .map_err(|error| unkept(&place, &error))?;
    match opened.try_lock() {
        Ok(()) => Ok(opened),
        Err(TryLockError::WouldBlock) => {
            Err(Refusal::unfiled("another dogwatch files issues of this project, wait for it"))
        }
        Err(TryLockError::Error(error)) => Err(unkept(&place, &error)),
    }
}

fn unreadable(path: &std::path::Path, error: &io::Error) -> Refusal {
    Refusal::usage(format!(
        "cannot read {}: {error}\n\nTry:\n  dogwatch issues --clear-cache",
        path.display()
    ))
}

pub(super) fn unkept(path: &std::path::Path, error: &io::Error) -> Refusal {
    Refusal::usage(format!("cannot write {}: {error}", path.display()))
}
