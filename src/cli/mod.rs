//! The command line: what may be typed. One file a command beside it does the work without a screen.
//!
//! Answers go to standard output, remarks to standard error. Exit codes: 0 fine, 1 found something at or above
//! `--fail-on`, 2 wrong use or a bad file, 3 Docker, project or service cannot be reached, 4 only partly read,
//! 5 GitHub refused, 130 ended by Ctrl-C with work in hand.

pub mod agent;
pub mod analyze;
pub mod audit;
pub mod classify;
pub mod compare;
pub mod completions;
pub mod config;
pub mod doctor;
pub mod fixes;
pub mod history;
pub mod issues;
pub mod man;
pub mod mcp;
pub mod moment;
pub mod monitor;
pub mod monitoring;
pub mod notify;
pub mod older;
pub mod output;
pub mod record;
pub mod report;
pub mod rules;
pub mod scale;
pub mod schema;
pub mod select;
pub mod serve;
pub mod themes;
pub mod watchdog;

use agent::AgentArgs;
use analyze::AnalyzeArgs;
use clap::{Args, CommandFactory as _, Parser, Subcommand};
use clap_complete::Shell;
use classify::ClassifyArgs;
use compare::CompareArgs;
use doctor::DoctorArgs;
pub use fixes::FixesCommand;
use history::{ExportArgs, HistoryArgs};
use issues::IssuesArgs;
use mcp::McpArgs;
use moment::{Since, Speed, Tail};
use monitor::MonitorArgs;
use monitoring::MonitoringCommand;
use notify::NotifyArgs;
use record::RecordArgs;
use scale::ScaleArgs;
use schema::SchemaOf;
use serve::ServeArgs;
use std::{net::SocketAddr, path::PathBuf};
use watchdog::{RepairsArgs, WatchdogArgs};

const EXAMPLES: &str = "\
Examples:
  dogwatch                               watch the Compose project of this folder
  dogwatch -p shop                       watch a project by name
  dogwatch demo                          see it all without Docker
  docker compose logs -f | dogwatch -    watch a pipe
  dogwatch history timeout --since 2h    search what was on record
  dogwatch analyze --since 10m           report what went wrong, exit 1 if anything did

Exit codes:
  0  fine              2  wrong use, or a bad configuration file
  1  problems found    3  Docker, project or service cannot be reached";

const RULES_EXAMPLES: &str = "\
Examples:
  dogwatch rules list --json
  dogwatch rules test                    run the samples of every rule, your own included
  dogwatch rules test database.refused   run the samples of one rule
  dogwatch rules show tls.expired        print one rule whole
  dogwatch rules check .dogwatch.toml    check the rules that a team shares
  tail app.log | dogwatch rules explain  say of each line which rules hit, which won and why";

/// An errors inbox for Docker Compose stacks, in the terminal.
///
/// Follows the logs of every service, finds the real errors, groups them, shows the worst one with the lines around
/// it, and restarts, marks fixed or files an issue with one key. Without a command it opens the dashboard.
#[derive(Debug, Clone, Parser)]
#[command(name = "dogwatch", version, after_help = EXAMPLES)]
pub struct Arguments {
    /// A recorded log to open instead of Docker; `-` is standard input.
    #[arg(value_name = "FILE|-", value_parser = log_or_command)]
    pub log: Option<PathBuf>,

    /// Play the log at the pace of its own times: 1 as it was, 10 ten times as fast; all at once without it.
    #[arg(long, value_name = "FACTOR", requires = "log")]
    pub speed: Option<Speed>,

    /// Answer programs over HTTP beside the dashboard, as `dogwatch serve` does.
    #[arg(long, value_name = "ADDRESS:PORT")]
    pub listen: Option<SocketAddr>,

    #[command(flatten)]
    #[allow(missing_docs, reason = "clap would show it as help")]
    pub stack: StackArgs,

    #[command(flatten)]
    #[allow(missing_docs, reason = "clap would show it as help")]
    pub general: GeneralArgs,

    #[command(flatten)]
    #[allow(missing_docs, reason = "clap would show it as help")]
    pub screen: ScreenArgs,

    #[command(subcommand)]
    #[allow(missing_docs, reason = "clap would show it as help")]
    pub command: Option<Command>,
}

/// Which stack, as `docker compose` and `docker` name it, and how far back.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Stack")]
pub struct StackArgs {
    /// Compose file; may be repeated.
    #[arg(short, long = "file", value_name = "FILE", global = true)]
    pub files: Vec<PathBuf>,

    /// Compose project.
    #[arg(short, long, value_name = "NAME", global = true)]
    pub project_name: Option<String>,

    /// Folder that the project is found from, instead of this one.
    #[arg(long, value_name = "FOLDER", global = true)]
    pub project_directory: Option<PathBuf>,

    /// Docker's address, such as `unix:///run/docker.sock` or `ssh://host`.
    #[arg(short = 'H', long, value_name = "URL", global = true, conflicts_with = "context")]
    pub host: Option<String>,

    /// Docker context.
    #[arg(short, long, value_name = "NAME", global = true)]
    pub context: Option<String>,

    /// Nothing older: 10m, 1h30m, today, 2024-01-15T10:30:00Z, or Unix seconds.
    #[arg(long, value_name = "TIME", global = true)]
    pub since: Option<Since>,

    /// At most so many old lines of each container, or `all`.
    #[arg(short = 'n', long, value_name = "LINES", global = true)]
    pub tail: Option<Tail>,
}

/// What holds for every command.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "General")]
pub struct GeneralArgs {
    /// Configuration file, instead of the one in your folder.
    #[arg(
        long,
        value_name = "FILE",
        global = true,
        env = "DOGWATCH_CONFIG",
        conflicts_with = "no_config"
    )]
    pub config: Option<PathBuf>,

    /// Ignore configuration, rules and themes of your own.
    #[arg(long, global = true)]
    pub no_config: bool,

    /// Write more into the diagnostics log; -vv even more.
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    pub verbose: u8,
}

/// How the dashboard looks and what it may do.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Dashboard")]
pub struct ScreenArgs {
    /// Theme; `dogwatch themes` lists them.
    #[arg(long, value_name = "NAME", global = true, env = "DOGWATCH_THEME")]
    pub theme: Option<String>,

    /// Leave the mouse to the terminal.
    #[arg(long, global = true)]
    pub no_mouse: bool,

    /// Only look: no restart, no filing.
    #[arg(long, global = true)]
    pub read_only: bool,
}

/// What to do without, or instead of, the dashboard of the stack.
#[derive(Debug, Clone, Subcommand)]
pub enum Command {
    /// Open the dashboard on a made-up stack.
    Demo,
    /// Read the logs once and report what went wrong.
    Analyze(AnalyzeArgs),
    /// Say what is new, what came back and what is gone between two reports.
    Compare(CompareArgs),
    /// Search the record of a project, also while Docker is not running.
    History(HistoryArgs),
    /// Write the record of a project, or a part of it, to a file.
    Export(ExportArgs),
    /// Follow a project without a screen and write what its services say to a file, to be played later.
    Record(RecordArgs),
    /// Answer programs over HTTP: log API, problems, metrics for Prometheus.
    Serve(ServeArgs),
    /// Give coding agents tools over the Model Context Protocol, on standard input and output.
    Mcp(McpArgs),
    /// Watch environments without a screen, and keep a state file and a report of each.
    Monitor(MonitorArgs),
    /// File what is wrong as issues on GitHub, GitLab, Gitea or Forgejo, each problem once; without a flag, show what would be filed.
    Issues(IssuesArgs),
    /// Hand problems to whoever fixes them, and verify by the logs whether a fix helped.
    Agent(AgentArgs),
    /// What Prometheus, Alertmanager and Grafana need to show and tell what dogwatch knows.
    Monitoring {
        /// What to do with it.
        #[command(subcommand)]
        action: MonitoringCommand,
    },
    /// Watch over the services without a screen, and repair what may be repaired.
    Watchdog(WatchdogArgs),
    /// Give services more and fewer containers as their load asks for; say so unless told to do it.
    Scale(ScaleArgs),
    /// Tell what the watchdog did.
    Repairs(RepairsArgs),
    /// List or check your own fixes of several steps, which the watchdog tries first.
    #[command(after_help = fixes::EXAMPLES)]
    Fixes {
        /// What to do with them.
        #[command(subcommand)]
        action: FixesCommand,
    },
    /// Try the places for messages that the configuration names.
    Notify(NotifyArgs),
    /// Judge each line of a log, as JSON.
    Classify(ClassifyArgs),
    /// List the rules, or try them.
    #[command(after_help = RULES_EXAMPLES)]
    Rules {
        /// What to do with them.
        #[command(subcommand)]
        action: RulesCommand,
    },
    /// Look for what would cost lines: Docker, its logs, disk, limits, terminal, configuration.
    Doctor(DoctorArgs),
    /// List the themes.
    Themes {
        /// With the colours of each.
        #[arg(short, long)]
        long: bool,
    },
    /// Say where the configuration is, what it says, whether it is right.
    Config {
        /// What to do with it.
        #[command(subcommand)]
        action: ConfigCommand,
    },
    /// Print the JSON Schema of a file that dogwatch writes.
    Schema {
        /// Which file.
        #[arg(value_enum)]
        of: SchemaOf,
    },
    /// Write a page of the manual for every command.
    Man {
        /// Where to; `man -l DIR/dogwatch.1` shows one, and below `man1` of MANPATH they are found.
        #[arg(value_name = "DIR")]
        folder: PathBuf,
    },
    /// Print a completion script for a shell.
    Completions {
        /// The shell.
        shell: Shell,
    },
}

/// `dogwatch rules`.
#[derive(Debug, Clone, Subcommand)]
pub enum RulesCommand {
    /// List all rules, your own included.
    List {
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// Print one rule whole: words, limits, hint, remedies and samples.
    Show {
        /// The rule.
        #[arg(value_name = "RULE")]
        id: String,
    },
    /// Check files of rules before they are used: line, key and fix of every fault; exit with 2 where there is one.
    Check {
        /// Files with `[[rule]]` tables.
        #[arg(value_name = "FILE", required = true)]
        files: Vec<PathBuf>,
    },
    /// Say of lines which rules hit, which won and why.
    Explain {
        /// A line of log in quotes; nothing or `-` reads lines from standard input.
        #[arg(value_name = "LINE|-")]
        line: Option<String>,
    },
    /// Run the samples of rules, or say of lines which rules hit and why.
    Test {
        /// A rule, a line of log in quotes, or `-` for lines from standard input; nothing means all rules.
        #[arg(value_name = "RULE|LINE|-")]
        subject: Option<String>,
        /// A line to try on that rule alone; `-` reads lines from standard input.
        #[arg(value_name = "LINE|-")]
        line: Option<String>,
    },
}

/// `dogwatch config`.
#[derive(Debug, Clone, Subcommand)]
pub enum ConfigCommand {
    /// Print where the files are.
    Path,
    /// Print every setting and where it comes from.
    Show,
    /// Check configuration, rules and themes; exit with 2 when something is wrong.
    Check,
}

/// A log; a word that names no file and is nearly a command is taken for a slip.
fn log_or_command(text: &str) -> Result<PathBuf, String> {
    let path = PathBuf::from(text);
    if text == "-" || text.contains(['/', '.']) || path.exists() {
        return Ok(path);
    }
    let arguments = Arguments::command();
    let near = arguments
        .get_subcommands()
        .map(|command| (strsim::jaro_winkler(text, command.get_name()), command.get_name()))
        .max_by(|a, b| a.0.total_cmp(&b.0));
    match near {
        Some((likeness, name)) if likeness > 0.8 => {
            Err(format!("there is no such file; did you mean the command `{name}`?"))
        }
        _ => Ok(path),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Arguments, clap::Error> {
        Arguments::try_parse_from(line.split_whitespace())
    }

    #[test]
    fn the_command_line_is_sound() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn flags_stand_before_and_behind_the_command() {
        for line in [
            "dogwatch -f a.yml -f b.yml -p shop analyze --since 10m -n 50 -s api x.log",
            "dogwatch analyze x.log -s api -f a.yml -f b.yml -p shop --since 10m --tail 50",
        ] {
            let arguments = parse(line).unwrap();
            assert_eq!(arguments.stack.files.len(), 2, "{line}");
            assert_eq!(arguments.stack.project_name.as_deref(), Some("shop"));
            assert_eq!(arguments.stack.tail, Some(Tail(Some(50))));
            let Some(Command::Analyze(analyze)) = arguments.command else { panic!("{line}") };
            assert_eq!(analyze.services, ["api"]);
            assert_eq!(analyze.log, Some("x.log".into()));
        }
    }

    #[test]
    fn without_a_command_it_is_the_dashboard() {
        let arguments = parse("dogwatch --read-only --theme dark -").unwrap();
        assert!(arguments.command.is_none() && arguments.screen.read_only);
        assert_eq!(arguments.log, Some("-".into()));
    }

    #[test]
    fn a_misspelt_command_is_not_a_file() {
        let text = parse("dogwatch analyse").unwrap_err().to_string();
        assert!(text.contains("did you mean the command `analyze`"), "{text}");
        assert!(parse("dogwatch app.log").is_ok() && parse("dogwatch xyz").is_ok());
    }

    #[test]
    fn unknown_values_list_the_known_ones() {
        for (line, known) in [
            ("dogwatch analyze --format xml", "text, json, markdown, html, sarif, junit, github"),
            ("dogwatch analyze --fail-on high", "critical, error, warning"),
            ("dogwatch completions csh", "bash, elvish, fish"),
        ] {
            let text = parse(line).unwrap_err().to_string();
            assert!(text.contains(known), "{text}");
        }
        for line in [
            "dogwatch --since tomorrow",
            "dogwatch --tail few",
            "dogwatch analyze --json --format text",
        ] {
            assert_eq!(parse(line).unwrap_err().exit_code(), 2, "{line}");
        }
    }
}
