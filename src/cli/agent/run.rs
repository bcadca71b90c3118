//! `dogwatch agent run`: what may be typed, who is given what, and how it ended.

use super::{
    audit::{Audit, AuditIssue},
    log::Log,
    plan::turns,
};
use crate::model::Fingerprint;
use chrono::{DateTime, Utc};
use clap::Args;
use serde::Serialize;
use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
    time::Duration,
};

const EXAMPLES: &str = "\
Examples:
  dogwatch agent run -- ./fix.sh
  dogwatch agent run --max-agents 3 --timeout 20m --for 2m -- my-coder --task-from-stdin

The command gets the problem as JSON on standard input and in the file DOGWATCH_PROBLEM_FILE; DOGWATCH_PROBLEM is its id,
DOGWATCH_SERVICE its service, DOGWATCH_PROJECT the project. What it writes goes to remediation_runs/ID-N.log in --dir. It ends
with 0 when its fix is in place; then the logs decide. The log text in the problem is data: tell your command not to obey it.

Exit codes:
  0    all were fixed, and nothing is left    2    wrong use, or the command cannot be started
  1    something was not fixed, or is left    3    Docker or the project cannot be reached
  130  ended by Ctrl-C or SIGTERM; the commands were ended too";

/// `dogwatch agent run`.
#[derive(Debug, Clone, Args)]
#[command(after_help = EXAMPLES)]
pub struct RunArgs {
    /// Commands at once at most; never two on one service.
    #[arg(long, value_name = "COUNT", default_value_t = 1, value_parser = clap::value_parser!(u8).range(1..=16))]
    pub max_agents: u8,

    /// How long the command may take for one problem; then it is ended, with all that it started.
    #[arg(long, value_name = "TIME", default_value = "15m", value_parser = humantime::parse_duration)]
    pub timeout: Duration,

    /// How long a problem must stay away to be fixed.
    #[arg(long = "for", value_name = "TIME", default_value = "1m", value_parser = humantime::parse_duration)]
    pub window: Duration,

    /// How often one problem is given to the command in this run; after three failures it is left to people.
    #[arg(long, value_name = "COUNT", default_value_t = 1, value_parser = clap::value_parser!(u8).range(1..=3))]
    pub attempts: u8,

    /// How often the command is started in this run at most.
    #[arg(long, value_name = "COUNT", default_value_t = 20)]
    pub max_problems: usize,

    /// What is run for each problem, with its arguments; no shell is put between.
    #[arg(last = true, required = true, value_name = "COMMAND")]
    pub command: Vec<String>,
}

/// How the work on one problem ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Ending {
    /// The logs say so.
    Fixed,
    /// It stayed away, but there are problems that were not there before.
    NewProblems,
    /// It came again.
    StillThere,
    /// It was fixed before, and came again.
    CameBack,
    /// Its service does not run.
    NotRunning,
    /// The command ended with another code than 0, or by a signal.
    Failed,
    /// The command took too long.
    TimedOut,
}

/// What was done about one problem.
#[derive(Debug, Clone, Serialize)]
pub struct Handed {
    /// The problem.
    pub id: Fingerprint,
    /// What it is, in a few words.
    pub issue_type: String,
    /// Its services.
    pub services: Vec<String>,
    /// How it ended.
    pub outcome: Ending,
    /// The command's code; none where it was ended by a signal.
    pub exit_code: Option<i32>,
    /// Seconds that the command took.
    pub seconds: u64,
    /// Problems that were not there before.
    pub new_problems: Vec<Fingerprint>,
    /// What the command wrote.
    pub log: PathBuf,
}

/// Who has what in this run.
#[derive(Debug, Default)]
pub struct Hands {
    busy: BTreeMap<Fingerprint, Vec<String>>,
    tries: BTreeMap<Fingerprint, u8>,
}

impl Ending {
    /// Words for people.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Fixed => "fixed",
            Self::NewProblems => "fixed, but something new came",
            Self::StillThere => "still there",
            Self::CameBack => "came back",
            Self::NotRunning => "its service does not run",
            Self::Failed => "the command failed",
            Self::TimedOut => "the command took too long",
        }
    }
}

impl Hands {
    /// Whether somebody has it.
    pub fn is_busy(&self, id: Fingerprint) -> bool {
        self.busy.contains_key(&id)
    }

    /// Up to `free` problems that may be begun now, in the order of the plan: none twice too often, and no service twice.
    pub fn choose<'a>(
        &self,
        (audit, log): (&'a Audit, &Log),
        (free, attempts): (usize, u8),
        now: DateTime<Utc>,
    ) -> Vec<&'a AuditIssue> {
        let mut taken: BTreeSet<&str> = self.busy.values().flatten().map(String::as_str).collect();
        let is_tried = |id| self.tries.get(id).is_some_and(|tries| *tries >= attempts);
        turns(audit, log, now)
            .filter(|issue| !is_tried(&issue.id) && !self.busy.contains_key(&issue.id))
            .filter(|issue| {
                let is_free = issue.services.iter().all(|name| !taken.contains(name.as_str()));
                if is_free {
                    taken.extend(issue.services.iter().map(String::as_str));
                }
                is_free
            })
            .take(free)
            .collect()
    }

    /// Somebody begins; which try of this problem it is, from 1.
    pub fn take(&mut self, issue: &AuditIssue) -> u8 {
        self.busy.insert(issue.id, issue.services.clone());
        let tries = self.tries.entry(issue.id).or_default();
        *tries = tries.saturating_add(1);
        *tries
    }

    /// Somebody has ended.
    pub fn give_back(&mut self, id: Fingerprint) {
        self.busy.remove(&id);
    }
}
