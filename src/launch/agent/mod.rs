//! `dogwatch agent`: reads the project's logs, hands out problems, and watches whether a fix helped.

mod lookup;
mod run;

pub(super) use lookup::look_up;

use super::{
    Refusal,
    ground::{self, Ground},
    headless, memory, stack,
};
use crate::{
    cli::{
        Arguments,
        agent::{
            AgentArgs, AgentCommand, Audit, AuditIssue, Deed, Dossier, Judged, Learnings, Log,
            NextForm, PastRepair, Plan, Scene, Verdict, next, progress, recall, remember,
        },
        output,
    },
    detect::Detector,
    engine::{Scope, read_lines, read_once},
    model::{Ending, Fingerprint},
    redact::Redactor,
    source::Source,
    store::{
        Limits, Store,
        state::{self, RepairEntry, State},
    },
};
use chrono::{DateTime, TimeDelta, Utc};
use color_eyre::eyre::Result;
use serde_json::{Value, json};
use std::{
    collections::BTreeSet, env, fs, io, path::PathBuf, process::ExitCode, sync::Arc, time::Duration,
};
use tokio::time::{Instant, sleep, timeout};

/// Nothing is left, or it is not fixed.
const NOT_DONE: u8 = 1;
/// How far before the newest event of a problem lines are read, and what that may take.
const BEFORE: TimeDelta = TimeDelta::seconds(60);
const READING: Duration = Duration::from_secs(15);
/// Memory for the lines around an event.
const LINES: Limits = Limits { records: 200_000, bytes: 64 << 20 };
/// How far back repairs count that helped, and how many are told.
const BACK: TimeDelta = TimeDelta::days(30);
const PAST: usize = 5;
/// How often the logs are read while a fix is watched.
const LOOK: Duration = Duration::from_secs(2);

/// `dogwatch agent`.
pub(super) async fn agent(
    arguments: &Arguments,
    args: &AgentArgs,
    ground: &Ground,
) -> Result<ExitCode> {
    ground::check_named(arguments)?;
    let bench = Bench::open(arguments, args, ground).await?;
    let code = match &args.action {
        AgentCommand::Audit => bench.audit().await?,
        AgentCommand::Plan => bench.plan().await?,
        AgentCommand::Next { id, format } => bench.next(*id, *format).await?,
        AgentCommand::Start { id, by } => bench.note(*id, (Deed::Started, None), by).await?,
        AgentCommand::Attempt { id, note, failed } => {
            bench.note(*id, (Deed::Attempt, failed.then_some(false)), note).await?
        }
        AgentCommand::Verify { id, window } => bench.verify(*id, *window).await?,
        AgentCommand::Run(args) => run::run(&bench, args).await?,
        AgentCommand::Learn { id, text } => bench.learn(*id, text).await?,
    };
    Ok(ExitCode::from(code))
}

/// What every command works with.
struct Bench {
    source: Arc<dyn Source>,
    name: String,
    folder: PathBuf,
    /// Where the project's repairs are on record.
    record: Option<PathBuf>,
    redactor: Arc<Redactor>,
    since: Option<DateTime<Utc>>,
    tail: Option<u64>,
    detector: Arc<Detector>,
    is_redacting: bool,
}

impl Bench {
    async fn open(arguments: &Arguments, args: &AgentArgs, ground: &Ground) -> Result<Self> {
        let (source, _) = stack::source(arguments, ground).await?;
        let folder = args.dir.clone().or_else(|| env::current_dir().ok()).unwrap_or_default();
        if let Err(error) = fs::create_dir_all(&folder) {
            return Err(unwritten(&folder.display(), &error).into());
        }
        Ok(Self {
            name: source.describe().name.to_string(),
            record: ground
                .paths
                .as_ref()
                .map(|paths| paths.project(&source.describe().name).join(state::FILE)),
            source,
            folder,
            redactor: memory::redactor(ground),
            since: arguments.stack.since.map(|since| since.resolve(Utc::now())),
            tail: arguments.stack.tail.and_then(|tail| tail.0),
            detector: Arc::new(headless::detector(ground)),
            is_redacting: ground.config().engine.redact,
        })
    }

    async fn read(&self, since: Option<DateTime<Utc>>) -> Result<(Store, Audit), Refusal> {
        let scope = Scope { since, tail: self.tail, ..Scope::default() };
        let redactor = self.is_redacting.then(|| Arc::clone(&self.redactor));
        let detector = Arc::clone(&self.detector);
        let store = read_once(Arc::clone(&self.source), detector, redactor, scope)
            .await
            .map_err(|error| Refusal::unreachable(error.to_string()))?;
        let mask = |text: &str| self.redactor.redact(text).0;
        let audit = Audit::of(&store, &self.name, &mask, Utc::now());
        Ok((store, audit))
    }

    async fn audit(&self) -> Result<u8, Refusal> {
        let (_, audit) = self.read(self.since).await?;
        self.write("docker_audit_report.json", &audit.value())?;
        self.tell("INFO", &format!("audit: {} problems", audit.issues.len()))?;
        print(&audit.value()["summary"])?;
        Ok(0)
    }

    async fn plan(&self) -> Result<u8, Refusal> {
        let (_, audit) = self.read(self.since).await?;
        let Plan(plan) = Plan::of(&audit);
        self.write("docker_audit_report.json", &audit.value())?;
        self.write("remediation_plan.json", &plan)?;
        self.tell("INFO", &format!("plan: {} problems", audit.issues.len()))?;
        print(&plan)?;
        Ok(0)
    }

    async fn next(&self, id: Option<Fingerprint>, format: NextForm) -> Result<u8, Refusal> {
        let (store, audit) = self.read(self.since).await?;
        let issue = match id {
            Some(id) => Some(self.find(&audit, id)?),
            None => next(&audit, &self.log()?, Utc::now()).cloned(),
        };
        let Some(issue) = issue else {
            output::remark("nothing is left to do");
            return Ok(NOT_DONE);
        };
        let dossier = self.dossier(&issue, &store).await?;
        match format {
            NextForm::Json => print(&dossier.value())?,
            NextForm::Text => output::to_stdout(|out| write!(out, "{}", dossier.text()))
                .map_err(|error| unwritten(&"standard output", &error))?,
        }
        Ok(0)
    }

    /// What the watchdog did that helped the same services; nothing where nothing is on record.
    fn past_repairs(&self, issue: &AuditIssue, mask: &dyn Fn(&str) -> String) -> Vec<PastRepair> {
        let since = Utc::now() - BACK;
        let read = |path: &PathBuf| State::view(path).and_then(|s| s.repairs(&self.name, since));
        let entries = self.record.as_ref().and_then(|path| read(path).ok()).unwrap_or_default();
        let helped = entries.into_iter().rev().filter_map(|entry| {
            let RepairEntry::Attempt(attempt) = entry else { return None };
            let Some((_, Ending::Worked, result)) = &attempt.end else { return None };
            let service = attempt.service.to_string();
            let steps = attempt.course.as_ref().map(|course| course.fix.told());
            issue.services.contains(&service).then(|| PastRepair {
                time: attempt.time,
                service,
                repair: mask(&steps.unwrap_or_else(|| attempt.verb().to_string())),
                reason: mask(&attempt.reason),
                result: mask(result),
            })
        });
        helped.take(PAST).collect()
    }

    /// One problem with all that is needed to fix it.
    async fn dossier(&self, issue: &AuditIssue, store: &Store) -> Result<Dossier, Refusal> {
        self.remember(issue)?;
        let mask = |text: &str| self.redactor.redact(text).0;
        let mut scene = Scene::of(issue, store, &mask);
        // The lines themselves are read once more: memory need not hold all of the log for them.
        let scope = Scope { since: Some(issue.last_seen - BEFORE), ..Scope::default() };
        let redactor = self.is_redacting.then(|| Arc::clone(&self.redactor));
        let (source, detector) = (Arc::clone(&self.source), Arc::clone(&self.detector));
        let reading = read_lines(source, detector, redactor, scope, LINES);
        if let Ok(Ok(lines)) = timeout(READING, reading).await {
            scene.context = Scene::of(issue, &lines, &mask).context;
        }
        let history = self.log()?.of(issue.id).cloned().collect();
        let fixes = self.learnings()?.like(issue).into_iter().cloned().collect();
        let past_repairs = self.past_repairs(issue, &mask);
        let dossier = look_up(issue.clone(), scene, (history, fixes), &mask).await;
        Ok(Dossier { past_repairs, ..dossier })
    }

    async fn note(
        &self,
        id: Fingerprint,
        deed: (Deed, Option<bool>),
        note: &str,
    ) -> Result<u8, Refusal> {
        let (_, audit) = self.read(self.since).await?;
        let issue = self.find(&audit, id)?;
        self.remember(&issue)?;
        self.add(&issue, deed, note)?;
        let level = if deed.1 == Some(false) { "ERROR" } else { "INFO" };
        let word = if deed.0 == Deed::Started { "started by" } else { "attempt:" };
        self.tell(level, &format!("{id} {}: {word} {note}", issue.issue_type))?;
        Ok(0)
    }

    async fn verify(&self, id: Fingerprint, window: Duration) -> Result<u8, Refusal> {
        let judged = self.judge(id, window).await?;
        print(&json!(judged))?;
        Ok(if judged.is_well() { 0 } else { NOT_DONE })
    }

    /// Reads the logs since the last attempt, again and again, until the time is over or it came again.
    async fn judge(&self, id: Fingerprint, window: Duration) -> Result<Judged, Refusal> {
        let begun = (Instant::now(), Utc::now());
        let (_, before) = self.read(self.since).await?;
        let issue = self.find(&before, id)?;
        let log = self.log()?;
        let is_fix = |deed| deed == (Deed::Verified, Some(true));
        let was_fixed = log.of(id).any(|entry| is_fix((entry.event, entry.success)));
        // From the last attempt on, or from when it was found to be fixed.
        let counts = log
            .of(id)
            .rfind(|entry| entry.event == Deed::Attempt || is_fix((entry.event, entry.success)));
        let since = counts.map_or(begun.1, |entry| entry.timestamp);
        let known: BTreeSet<_> =
            before.issues.iter().filter(|i| i.first_seen < since).map(|i| i.id).collect();
        let judged = loop {
            let (store, audit) = self.read(Some(since)).await?;
            let seen = (&store, &audit);
            let judged = Judged::of(id, seen, (since, was_fixed), &known, &issue.services);
            let is_back = matches!(judged.verdict, Verdict::StillThere | Verdict::CameBack);
            let left = window.saturating_sub(begun.0.elapsed());
            if is_back || left.is_zero() {
                break judged;
            }
            sleep(left.min(LOOK)).await;
        };
        let verdict = judged.verdict.as_str();
        self.add(&issue, (Deed::Verified, Some(judged.is_well())), verdict)?;
        let level = if judged.is_well() { "SUCCESS" } else { "ERROR" };
        let new = judged.new_problems.len();
        self.tell(level, &format!("{id} {}: {verdict}, {new} new", issue.issue_type))?;
        Ok(judged)
    }

    async fn learn(&self, id: Fingerprint, text: &str) -> Result<u8, Refusal> {
        let (_, audit) = self.read(self.since).await?;
        let issue = self.find(&audit, id)?;
        let last = self.log()?.of(id).next_back().cloned();
        let is_verified =
            last.is_some_and(|e| e.event == Deed::Verified && e.success == Some(true));
        let mut learnings = self.learnings()?;
        let solution = self.redactor.redact(text).0;
        learnings.add(&issue, &solution, is_verified, Utc::now());
        learnings.write(&self.folder).map_err(|error| unwritten(&"the learnings", &error))?;
        self.tell("INFO", &format!("{id} {}: learnt", issue.issue_type))?;
        Ok(0)
    }

    /// The problem of this name: as the logs have it, else as it was when it was given.
    fn find(&self, audit: &Audit, id: Fingerprint) -> Result<AuditIssue, Refusal> {
        if let Some(issue) = audit.issue(id) {
            return Ok(issue.clone());
        }
        let known = recall(&self.folder, id).map_err(|error| {
            Refusal::usage(format!("cannot read remediation_problems.json: {error}"))
        })?;
        known.ok_or_else(|| {
            let told = "is in the logs, and none was given under that name\n\nTry:\n  dogwatch agent audit";
            Refusal::usage(format!("no problem {id} {told}"))
        })
    }

    fn remember(&self, issue: &AuditIssue) -> Result<(), Refusal> {
        remember(&self.folder, issue)
            .map_err(|error| unwritten(&"remediation_problems.json", &error))
    }

    fn log(&self) -> Result<Log, Refusal> {
        Log::read(&self.folder)
            .map_err(|error| Refusal::usage(format!("cannot read remediation_log.json: {error}")))
    }

    fn learnings(&self) -> Result<Learnings, Refusal> {
        Learnings::read(&self.folder)
            .map_err(|error| Refusal::usage(format!("cannot read the learnings: {error}")))
    }

    fn add(
        &self,
        issue: &AuditIssue,
        deed: (Deed, Option<bool>),
        note: &str,
    ) -> Result<(), Refusal> {
        let note = self.redactor.redact(note).0;
        Log::add(&self.folder, issue, deed, &note, Utc::now())
            .map_err(|error| unwritten(&"remediation_log.json", &error))
    }

    fn tell(&self, level: &str, text: &str) -> Result<(), Refusal> {
        let text = self.redactor.redact(text).0;
        progress(&self.folder, level, &text, Utc::now())
            .map_err(|error| unwritten(&"remediation_progress.log", &error))
    }

    fn write(&self, name: &str, value: &Value) -> Result<(), Refusal> {
        output::to_place(Some(&self.folder.join(name)), |out| {
            serde_json::to_writer_pretty(&mut *out, value)?;
            writeln!(out)
        })
        .map_err(|error| unwritten(&name, &error))
    }
}

fn print(value: &Value) -> Result<(), Refusal> {
    output::to_stdout(|out| {
        serde_json::to_writer_pretty(&mut *out, value)?;
        writeln!(out)
    })
    .map_err(|error| unwritten(&"standard output", &error))
}

fn unwritten(place: &dyn std::fmt::Display, error: &io::Error) -> Refusal {
    Refusal::usage(format!("cannot write {place}: {error}"))
}
