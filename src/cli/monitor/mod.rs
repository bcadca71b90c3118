//! `dogwatch monitor`: watch one or several environments without a screen, and keep a state file and a report of each.

mod issue;
mod ledger;
mod lines;
mod report;
#[cfg(test)]
mod tests;
mod trend;

pub use issue::{Grade, Issue, Stage, State, Stats, Watched, Word};
pub use ledger::{Change, Ledger, Silence};
pub use lines::tell;
pub use report::write as write_report;
pub use trend::Day;

use clap::{Args, ValueEnum};
use serde::{Deserialize, Serialize};
use std::{path::PathBuf, time::Duration};

const EXAMPLES: &str = "\
Examples:
  dogwatch monitor                           the project of this folder, as the environment `dev`
  dogwatch monitor --env dev --env test      two environments at once
  dogwatch monitor --interval 30 --max-iterations 10
  dogwatch monitor --env test --format json | jq .

An environment is a table of the configuration; without one, docker-compose.NAME.yml of this folder, or the project
NAME, or the one whose name ends in -NAME:
  [env.test]
  files = [\"docker-compose.test.yml\"]
  env_files = [\".env.test\"]
  project_name = \"shop-test\"

Files, whole at every moment:
  docker_issues_NAME.json         every issue: detected, assigned, fixing, fixed, failed or needs_manual
  docker_issues_report_NAME.md    the same for people

They are written 5 s after something new, and every 50 s while there is nothing, and once more when it is ended. The
report tells the last 14 days, too. A second monitor on the same files is refused.

Exit codes:
  0  ended by --max-iterations, SIGINT or SIGTERM    3  Docker or a project cannot be reached
  2  wrong use, or a file cannot be written";

/// `dogwatch monitor`.
#[derive(Debug, Clone, Args)]
#[command(after_help = EXAMPLES)]
pub struct MonitorArgs {
    /// Environment; may be repeated, or be a list with commas.
    #[arg(long = "env", value_name = "NAME", value_delimiter = ',', value_parser = environment)]
    pub environments: Vec<String>,

    /// Write every so many seconds, instead of 5 s after something new and 50 s otherwise.
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..=86_400))]
    pub interval: Option<u64>,

    /// End after so many rounds of writing.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub max_iterations: Option<u64>,

    /// Folder of the files, instead of this one.
    #[arg(long, value_name = "DIR")]
    pub output_dir: Option<PathBuf>,

    /// How long a problem must be quiet, while its services run, until it counts as fixed.
    #[arg(long, value_name = "TIME", default_value = "30m", value_parser = humantime::parse_duration)]
    pub resolve_after: Duration,

    /// Form of the lines that tell of changes.
    #[arg(long, value_enum, default_value_t)]
    pub format: Form,

    /// Known from older tools; the monitor starts no agents.
    #[arg(long, value_name = "N", hide = true)]
    pub max_agents: Option<u32>,
}

/// Form of the lines that tell of changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum Form {
    /// For people.
    #[default]
    Text,
    /// One JSON object a line.
    Json,
}

/// An environment of the configuration, the tables `[env.NAME]`. Paths begin in the project's folder.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Profile {
    /// Compose files, in order.
    pub files: Vec<PathBuf>,
    /// Files of variables, as Compose's `--env-file`.
    pub env_files: Vec<PathBuf>,
    /// Compose project.
    pub project_name: Option<String>,
    /// Folder that the project is found from.
    pub folder: Option<PathBuf>,
}

impl MonitorArgs {
    /// When to write.
    pub fn pace(&self) -> Pace {
        self.interval
            .map(Duration::from_secs)
            .map_or(Pace::USUAL, |fixed| Pace { busy: fixed, idle: fixed })
    }
}

/// How long to wait between two rounds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace {
    /// While something new comes.
    pub busy: Duration,
    /// While nothing does.
    pub idle: Duration,
}

impl Pace {
    /// As users of older tools know it.
    pub const USUAL: Self = Self { busy: Duration::from_secs(5), idle: Duration::from_secs(50) };

    /// Whether it is time, so long after the last round; `was_news`: whether that one had something new, `is_news`:
    /// whether there is something new since.
    pub fn is_due(self, passed: Duration, was_news: bool, is_news: bool) -> bool {
        passed >= if was_news || is_news { self.busy } else { self.idle }
    }
}

/// Name of the state file of an environment.
pub fn state_file(environment: &str) -> String {
    format!("docker_issues_{environment}.json")
}

/// Name of the report of an environment.
pub fn report_file(environment: &str) -> String {
    format!("docker_issues_report_{environment}.md")
}

/// A name that can be a part of a file's name.
fn environment(text: &str) -> Result<String, String> {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    if text.is_empty() || text.len() > 64 || !text.chars().all(is_plain) {
        return Err("an environment is named with letters, digits, - and _".to_owned());
    }
    Ok(text.to_owned())
}
