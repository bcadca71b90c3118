//! `dogwatch issues`: file what is wrong as issues, each problem once, and say which there are.

mod cache;
pub mod follow;
mod lines;
#[cfg(test)]
mod tests;

pub use cache::{Cache, Known};
pub use lines::{Line, Step, Verdict, list, synced, write};

use crate::{
    action::remote::Repository,
    model::{ErrorGroup, Fingerprint, ServiceName, Severity},
    store::Store,
};
use clap::{Args, Subcommand};
use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};

const EXAMPLES: &str = "\
Examples:
  dogwatch issues                                     what would be filed; nothing is sent
  dogwatch issues --create-issues                     file it
  dogwatch issues --create-issues --min-occurrences 3 --repo acme/shop
  dogwatch analyze --since 10m --create-issues        report and file in one go
  dogwatch issues list                                what was filed from here
  dogwatch issues sync                                ask how these stand, and say what would be done

Only errors and critical problems are filed, each once: the forge is asked before anything is sent, and only issues
count whose author may write to the repository, or is named under `trusted`. What is muted is not filed, and what was
closed is filed again only with --refile-closed. At most `max_per_hour` are filed within an hour (default 10); one more
issue tells what waits, and is closed when nothing does.

`issues sync` comments, reopens and closes only what the configuration allows, and says what it would do else:
  [issues]
  follow = [\"comment\", \"reopen\", \"close\"]

The repository is --repo, `issues.repository` of the configuration, GH_REPO, or the remote `origin` of this folder. Its
host tells GitHub, GitLab, Gitea and Forgejo apart; for your own server set `kind` and `url` under [issues]. The token:
  GitHub            GH_TOKEN, GITHUB_TOKEN, or that of `gh auth login`; GH_ENTERPRISE_TOKEN for another host;
                    made at https://github.com/settings/tokens
  GitLab            GITLAB_TOKEN, with the scope api; made at HOST/-/user_settings/personal_access_tokens
  Gitea, Forgejo    GITEA_TOKEN or FORGEJO_TOKEN, with write:issue and read:repository; made at
                    HOST/user/settings/applications
For GitLab, Gitea and Forgejo on your own server, GITLAB_HOST, GITEA_SERVER_URL or FORGEJO_SERVER_URL, where set, must
name it: a token is given to no other host.

Exit codes:
  0  done, or nothing to do                3  Docker, project or service cannot be reached
  2  wrong use, or a file cannot be read   5  something could not be filed or looked up";

/// `dogwatch issues`.
#[derive(Debug, Clone, Args)]
#[command(after_help = EXAMPLES, args_conflicts_with_subcommands = true)]
#[allow(clippy::struct_excessive_bools, reason = "each is a flag")]
pub struct IssuesArgs {
    /// Something else than filing.
    #[command(subcommand)]
    pub action: Option<IssuesCommand>,

    /// Show what would be filed and send nothing, as without any flag.
    #[arg(long, conflicts_with = "create_issues")]
    pub dry_run: bool,

    /// Forget first what was filed from here; the forge is asked before anything is filed all the same.
    #[arg(long)]
    pub clear_cache: bool,

    /// Only this service; may be repeated.
    #[arg(short, long = "service", value_name = "NAME")]
    pub services: Vec<String>,

    /// A recorded log instead of Docker.
    #[arg(long, value_name = "FILE")]
    pub log: Option<PathBuf>,

    /// Show the texts of the issues, too.
    #[arg(long)]
    pub full: bool,

    /// As JSON, texts included.
    #[arg(long)]
    pub json: bool,

    /// What is filed, and where.
    #[command(flatten)]
    pub filing: FilingArgs,
}

/// What is filed, and where.
#[derive(Debug, Clone, Default, Args)]
pub struct FilingArgs {
    /// File what is found.
    #[arg(long)]
    pub create_issues: bool,

    /// Repository that issues go to.
    #[arg(long, value_name = "OWNER/NAME", value_parser = repository)]
    pub repo: Option<String>,

    /// File only what occurred so often.
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub min_occurrences: u64,

    /// File at most so many in this run, the worst first; without it as many as `issues.max_per_hour` allows.
    #[arg(long, value_name = "N")]
    pub max_issues: Option<usize>,

    /// File a new issue where the old one was closed.
    #[arg(long)]
    pub refile_closed: bool,
}

/// `dogwatch issues …`.
#[derive(Debug, Clone, Subcommand)]
pub enum IssuesCommand {
    /// List what was filed from here, and how it stood when it was last asked; nothing is sent.
    List {
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// Ask how the issues stand that were filed from here, and let them follow their problems: a comment when
    /// one escalates or comes back, open again when a fixed one returns, closed when it is fixed. What
    /// `issues.follow` does not allow is only said.
    Sync {
        /// As JSON.
        #[arg(long)]
        json: bool,
        /// Repository that issues went to.
        #[arg(long, value_name = "OWNER/NAME", value_parser = repository)]
        repo: Option<String>,
        /// Say what would be done to issues and do nothing, whatever `issues.follow` allows.
        #[arg(long)]
        dry_run: bool,
    },
}

/// Which problems are to be filed.
#[derive(Debug, Clone, Default)]
pub struct Choice {
    /// Only of these services; empty means all.
    pub services: BTreeSet<ServiceName>,
    /// Not these: a person muted them, or a baseline knows them.
    pub without: BTreeSet<Fingerprint>,
    /// At least so many events.
    pub min_occurrences: u64,
}

impl Choice {
    /// The problems that are to be filed, the worst first, then the most frequent.
    pub fn of<'a>(&self, store: &'a Store) -> Vec<&'a ErrorGroup> {
        let is_wanted = |group: &&ErrorGroup| {
            let is_there = |name: &ServiceName| self.services.contains(name);
            group.severity() >= Severity::Error
                && group.status.is_open()
                && group.count >= self.min_occurrences
                && !self.without.contains(&group.fingerprint)
                && (self.services.is_empty() || group.services.iter().any(|s| is_there(&s.service)))
        };
        let mut groups: Vec<_> = store.groups().filter(is_wanted).collect();
        groups.sort_by_key(|g| (std::cmp::Reverse((g.severity(), g.count)), g.fingerprint));
        groups
    }
}

/// Where it is kept what was filed, in the folder of a project.
pub fn cache_file(folder: &Path) -> PathBuf {
    folder.join("issues.json")
}

/// A name that the tracker will understand: a slip must not file somewhere else.
fn repository(text: &str) -> Result<String, String> {
    match Repository::parse(text, "github.com") {
        Some(_) => Ok(text.to_owned()),
        None => Err("not a repository: write owner/name, or host/owner/name".to_owned()),
    }
}
