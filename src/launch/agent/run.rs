//! `dogwatch agent run`: gives problems to a command, and lets the logs say whether it helped.

use super::{Bench, NOT_DONE, print, unwritten};
use crate::{
    cli::{
        agent::{AuditIssue, Deed, Ending, Handed, Hands, Judged, RunArgs, Verdict, unfixed},
        output,
    },
    launch::{Refusal, recording::Terminated},
    model::Fingerprint,
    store::Store,
};
use chrono::Utc;
use futures_util::{StreamExt as _, stream::FuturesUnordered};
use serde_json::json;
use std::{
    fs::{self, File},
    path::PathBuf,
    process::{ExitStatus, Stdio},
    time::Duration,
};
use tokio::{
    process::{Child, Command},
    time::{Instant, timeout},
};

const FOLDER: &str = "remediation_runs";
/// How long a command that takes too long may tidy up.
const GRACE: Duration = Duration::from_secs(5);
/// Ended by Ctrl-C.
const INTERRUPTED: u8 = 130;

/// Hands out problems until none is left that may be begun.
pub(super) async fn run(bench: &Bench, args: &RunArgs) -> Result<u8, Refusal> {
    let mut stopped = std::pin::pin!(stop());
    let mut working = FuturesUnordered::new();
    let (mut hands, mut begun, mut done) = (Hands::default(), 0, Vec::<Handed>::new());
    loop {
        let free = usize::from(args.max_agents).saturating_sub(working.len());
        let free = free.min(args.max_problems.saturating_sub(begun));
        if free > 0 {
            let (store, audit) = bench.read(bench.since).await?;
            let seen = (&audit, &bench.log()?);
            for issue in hands.choose(seen, (free, args.attempts), Utc::now()) {
                let job = Job::begin(bench, args, (issue, &store), hands.take(issue)).await?;
                begun += 1;
                working.push(job.end(bench, args));
            }
        }
        if working.is_empty() {
            break;
        }
        tokio::select! {
            biased;
            () = &mut stopped => {
                // The commands end with their jobs; their problems are free again.
                drop(working);
                let (_, audit) = bench.read(bench.since).await?;
                for issue in audit.issues.iter().filter(|issue| hands.is_busy(issue.id)) {
                    bench.add(issue, (Deed::Attempt, None), "interrupted")?;
                }
                bench.tell("ERROR", "run: interrupted")?;
                return Ok(INTERRUPTED);
            }
            ended = working.next() => {
                let Some(handed) = ended.transpose()? else { continue };
                hands.give_back(handed.id);
                let Handed { id, issue_type, outcome, .. } = &handed;
                output::remark(&format!("{id} {issue_type}: {}", outcome.as_str()));
                done.push(handed);
            }
        }
    }
    let (_, audit) = bench.read(bench.since).await?;
    let left: Vec<Fingerprint> = unfixed(&audit, &bench.log()?).map(|issue| issue.id).collect();
    print(&json!({ "schema_version": 1, "handed": done, "left": left }))?;
    let is_well = left.is_empty() && done.iter().all(|handed| handed.outcome == Ending::Fixed);
    Ok(if is_well { 0 } else { NOT_DONE })
}

async fn stop() {
    let mut terminated = Terminated::new();
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        () = terminated.come() => {}
    }
}

/// One problem in the hands of the command.
struct Job {
    issue: AuditIssue,
    child: Running,
    begun: Instant,
    log: PathBuf,
}

impl Job {
    /// Starts the command with the problem on its standard input.
    async fn begin(
        bench: &Bench,
        args: &RunArgs,
        (issue, store): (&AuditIssue, &Store),
        attempt: u8,
    ) -> Result<Self, Refusal> {
        let folder = bench.folder.join(FOLDER);
        fs::create_dir_all(&folder).map_err(|error| unwritten(&FOLDER, &error))?;
        let before = bench.log()?.of(issue.id).count();
        let name = format!("{}-{}", issue.id.to_string().replace(':', "-"), before + 1);
        let (problem, log) =
            (folder.join(format!("{name}.json")), folder.join(format!("{name}.log")));
        let dossier = bench.dossier(issue, store).await?;
        bench.write(&format!("{FOLDER}/{name}.json"), &dossier.value())?;
        let opened = || {
            let output = File::create(&log)?;
            Ok((File::open(&problem)?, output.try_clone()?, output))
        };
        let (input, errors, output) =
            opened().map_err(|error| unwritten(&log.display(), &error))?;
        let Some((program, words)) = args.command.split_first() else {
            return Err(Refusal::usage("no command was given"));
        };
        let mut command = Command::new(program);
        command
            .args(words)
            .env("DOGWATCH_PROBLEM", issue.id.to_string())
            .env("DOGWATCH_PROBLEM_FILE", &problem)
            .env("DOGWATCH_SERVICE", &issue.service)
            .env("DOGWATCH_PROJECT", &bench.name)
            .stdin(input)
            .stdout(Stdio::from(output))
            .stderr(Stdio::from(errors))
            .kill_on_drop(true);
        let child = Running::start(&mut command)
            .map_err(|error| Refusal::usage(format!("cannot start {program}: {error}")))?;
        bench.add(issue, (Deed::Started, None), program)?;
        let text = format!("{} {}: given to {program}, try {attempt}", issue.id, issue.issue_type);
        bench.tell("INFO", &text)?;
        Ok(Self { issue: issue.clone(), child, begun: Instant::now(), log })
    }

    /// Waits for the command, and then for what the logs say.
    async fn end(mut self, bench: &Bench, args: &RunArgs) -> Result<Handed, Refusal> {
        let ended = self.child.wait(args.timeout).await;
        let seconds = self.begun.elapsed().as_secs();
        let code = ended.as_ref().and_then(ExitStatus::code);
        let (note, outcome) = match &ended {
            None => (format!("ended after {seconds} s without a result"), Some(Ending::TimedOut)),
            Some(status) if !status.success() => {
                (format!("the command ended with {status}"), Some(Ending::Failed))
            }
            Some(_) => (format!("the command says done after {seconds} s"), None),
        };
        let failed = outcome.is_some().then_some(false);
        bench.add(&self.issue, (Deed::Attempt, failed), &note)?;
        let level = if outcome.is_some() { "ERROR" } else { "INFO" };
        bench.tell(level, &format!("{} {}: {note}", self.issue.id, self.issue.issue_type))?;
        let (outcome, new_problems) = if let Some(outcome) = outcome {
            (outcome, Vec::new())
        } else {
            let judged = bench.judge(self.issue.id, args.window).await?;
            (ending(&judged), judged.new_problems)
        };
        Ok(Handed {
            id: self.issue.id,
            issue_type: self.issue.issue_type,
            services: self.issue.services,
            outcome,
            exit_code: code,
            seconds,
            new_problems,
            log: self.log,
        })
    }
}

const fn ending(judged: &Judged) -> Ending {
    match judged.verdict {
        Verdict::Fixed if judged.new_problems.is_empty() => Ending::Fixed,
        Verdict::Fixed => Ending::NewProblems,
        Verdict::StillThere => Ending::StillThere,
        Verdict::CameBack => Ending::CameBack,
        Verdict::NotRunning => Ending::NotRunning,
    }
}

/// A command with all that it starts; what still runs when this is dropped is ended.
struct Running {
    child: Child,
    #[cfg(unix)]
    group: Option<rustix::process::Pid>,
}

impl Running {
    fn start(command: &mut Command) -> std::io::Result<Self> {
        #[cfg(unix)]
        command.process_group(0);
        let child = command.spawn()?;
        #[cfg(unix)]
        let group = child
            .id()
            .and_then(|id| i32::try_from(id).ok())
            .and_then(rustix::process::Pid::from_raw);
        Ok(Self {
            child,
            #[cfg(unix)]
            group,
        })
    }

    /// How it ended; `None` where it had to be ended.
    async fn wait(&mut self, most: Duration) -> Option<ExitStatus> {
        if let Ok(Ok(status)) = timeout(most, self.child.wait()).await {
            // What it left running is meant to run.
            #[cfg(unix)]
            {
                self.group = None;
            }
            return Some(status);
        }
        #[cfg(unix)]
        self.signal(rustix::process::Signal::TERM);
        let _ = timeout(GRACE, self.child.wait()).await;
        #[cfg(unix)]
        self.signal(rustix::process::Signal::KILL);
        let _ = self.child.kill().await;
        #[cfg(unix)]
        {
            self.group = None;
        }
        None
    }

    #[cfg(unix)]
    fn signal(&self, signal: rustix::process::Signal) {
        if let Some(group) = self.group {
            let _ = rustix::process::kill_process_group(group, signal);
        }
    }
}

#[cfg(unix)]
impl Drop for Running {
    fn drop(&mut self) {
        self.signal(rustix::process::Signal::KILL);
    }
}
