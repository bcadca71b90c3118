//! `dogwatch watchdog` and `dogwatch repairs`: what may be typed, and how decisions and attempts are written.

use super::{
    moment::Since,
    scale::{self, Scaled},
};
use crate::{
    model::{Attempt, Clean, Course, Decision, Ending, GuardState, RepairMode, SafeText, Watchdog},
    store::state::RepairEntry,
};
use chrono::{DateTime, Local, Utc};
use clap::{Args, ValueEnum};
use serde_json::{Value, json};
use std::{
    collections::BTreeMap,
    io::{self, Write},
};

const EXAMPLES: &str = "\
Examples:
  dogwatch watchdog                          say what would be done; nothing is done
  dogwatch watchdog --mode auto              start what crashed, restart what hangs
  dogwatch watchdog --mode auto api worker   only these two
  dogwatch watchdog --once --format json     how everything stands now, for scripts
  dogwatch watchdog --mode auto --labelled-only
                                             only what a label opts in: dogwatch.repair=restart, autoheal=true

By itself it starts and restarts containers, nothing else: never a volume, an image, or what somebody stopped by
hand; on a full disk it removes what `clean` in your configuration names, and nothing where it names nothing. Your own fixes of several steps come first: `dogwatch fixes --help`.
Opt a service out: label dogwatch.repair=off, auto_repair=false or autoheal=false.

Environment:
  WATCHDOG_INTERVAL (30), MAX_RESTART_ATTEMPTS (3), RESTART_COOLDOWN (300); for services that are scaled:
  SCALER_INTERVAL (30), MIN_REPLICAS (1), MAX_REPLICAS (5); of autoheal: AUTOHEAL_INTERVAL,
  AUTOHEAL_START_PERIOD, AUTOHEAL_DEFAULT_STOP_TIMEOUT, AUTOHEAL_ONLY_MONITOR_RUNNING, AUTOHEAL_CONTAINER_LABEL

Exit codes:
  0  ended, or with --once nothing is wrong    2  wrong use
  1  with --once: something is wrong           3  Docker or the project cannot be reached";

const REPAIRS_EXAMPLES: &str = "\
Examples:
  dogwatch repairs --since 24h             each attempt and each change of scale: when, what, why, how it ended
  dogwatch repairs --since 7d --report     by service: attempts, how many worked, time to be well
  dogwatch repairs --audit                 every decision and act, of the watchdog and of people, with its reason
  dogwatch repairs --verify                whether that log was changed: each line holds the hash of the one before
  dogwatch repairs --format json | jq .

Exit codes:
  0  told    1  with --verify: it was changed    2  wrong use    3  nothing is on record";

/// `dogwatch watchdog`.
#[derive(Debug, Clone, Args)]
#[command(after_help = EXAMPLES)]
pub struct WatchdogArgs {
    /// Act only on these services.
    #[arg(value_name = "SERVICE")]
    pub services: Vec<String>,

    /// What it may do; observe unless the configuration says otherwise.
    #[arg(long, value_enum)]
    pub mode: Option<Mode>,

    /// Repairs that may go on at the same time; 3 unless the configuration says otherwise. Never two on one service.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u8).range(1..=50))]
    pub max_agents: Option<u8>,

    /// Send nothing that changes anything, whatever the mode.
    #[arg(long)]
    pub dry_run: bool,

    /// Act only on services that a label opts in.
    #[arg(long)]
    pub labelled_only: bool,

    /// Look once, do and verify what is due, and end.
    #[arg(long)]
    pub once: bool,

    /// Form of the lines.
    #[arg(long, value_enum, default_value_t)]
    pub format: Form,
}

/// `dogwatch repairs`.
#[derive(Debug, Clone, Args)]
#[command(after_help = REPAIRS_EXAMPLES)]
pub struct RepairsArgs {
    /// Sum up by service.
    #[arg(long, conflicts_with_all = ["audit", "verify"])]
    pub report: bool,

    /// Every decision and every act instead: who, what, why, and what came of it.
    #[arg(long)]
    pub audit: bool,

    /// Whether the audit log is as it was written; exit 1 where it is not.
    #[arg(long, conflicts_with = "audit")]
    pub verify: bool,

    /// Form of the answer.
    #[arg(long, value_enum, default_value_t)]
    pub format: Form,
}

/// What the watchdog may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Mode {
    /// Say what it would do.
    Observe,
    /// Wait for a person's yes.
    Ask,
    /// Act.
    Auto,
}

impl From<Mode> for RepairMode {
    fn from(mode: Mode) -> Self {
        match mode {
            Mode::Observe => Self::Observe,
            Mode::Ask => Self::Ask,
            Mode::Auto => Self::Auto,
        }
    }
}

/// Form of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum Form {
    /// For people.
    #[default]
    Text,
    /// One JSON object a line.
    Json,
}

/// How far back repairs are told where nothing is said.
pub fn since(since: Option<Since>, now: DateTime<Utc>) -> DateTime<Utc> {
    since.map_or(now - chrono::TimeDelta::days(1), |since| since.resolve(now))
}

/// Writes a decision as one line.
///
/// # Errors
/// When `out` cannot be written.
pub fn decision(decision: &Decision, form: Form, out: &mut dyn Write) -> io::Result<()> {
    if form == Form::Json {
        return writeln!(out, "{}", json!(decision));
    }
    let time = decision.time.with_timezone(&Local).format("%H:%M:%S");
    let service = decision.service.as_ref().map_or("", |service| service.as_str());
    let (word, verb) = (word(decision), decision.remedy.map_or("", |remedy| remedy.verb()));
    let reason = &decision.reason;
    match (decision.state, verb) {
        (GuardState::WouldAct | GuardState::Asking | GuardState::Acting, verb)
            if decision.ending.is_none() && !verb.is_empty() =>
        {
            writeln!(out, "{time}  {service:<14}  {word:<10}  {verb}: {reason}")
        }
        _ => writeln!(out, "{time}  {service:<14}  {word:<10}  {reason}"),
    }
}

fn word(decision: &Decision) -> &'static str {
    match (decision.ending, decision.state) {
        (Some(ending), _) => ending.as_str(),
        (None, GuardState::Fine) => "fine",
        (None, GuardState::LeftAlone) => "left alone",
        (None, GuardState::Waiting) => "waiting",
        (None, GuardState::WouldAct) => "would",
        (None, GuardState::Asking) => "asks to",
        (None, GuardState::Acting) => "acting",
        (None, GuardState::Verifying) => "verifying",
        (None, GuardState::GivenUp) => "given up",
        (None, GuardState::Paused) => "paused",
    }
}

/// Writes what a run begins with.
///
/// # Errors
/// When `out` cannot be written.
pub fn head(watchdog: &Watchdog, project: &str, form: Form, out: &mut dyn Write) -> io::Result<()> {
    if form == Form::Json {
        return Ok(());
    }
    let mode = watchdog.mode.as_str();
    let services = watchdog.guards.len();
    write!(out, "watching {services} services of {project}, mode {mode}")?;
    match &watchdog.restrained {
        Some(why) => writeln!(out, "; nothing will be done: {why}"),
        None => writeln!(out),
    }
}

/// Whether a person should look: something is wrong, and nothing was, or will be, done about it by itself.
pub fn is_troubled(watchdog: &Watchdog) -> bool {
    watchdog.guards.iter().any(|guard| {
        let is_ours = !matches!(guard.state, GuardState::Fine | GuardState::LeftAlone);
        is_ours || (guard.state == GuardState::LeftAlone && guard.strategy.is_some())
    })
}

/// Room that was made on a full disk, as the audit log tells of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cleaned {
    /// When it was decided.
    pub time: DateTime<Utc>,
    /// What was cleaned.
    pub clean: Clean,
    /// Why.
    pub reason: SafeText,
    /// What came of it; `None` where that is not known.
    pub result: Option<SafeText>,
}

/// All that the watchdog did, each oldest first.
#[derive(Debug, Clone, Copy)]
pub struct Record<'a> {
    /// Attempts on services, and what happened between them.
    pub repairs: &'a [RepairEntry],
    /// Changes of scale.
    pub scaled: &'a [Scaled],
    /// What was cleaned.
    pub cleaned: &'a [Cleaned],
}

/// Writes all that was done, oldest first, or sums the repairs up by service.
///
/// # Errors
/// When `out` cannot be written.
pub fn repairs(
    Record { repairs: entries, scaled, cleaned }: Record<'_>,
    args: &RepairsArgs,
    project: &str,
    out: &mut dyn Write,
) -> io::Result<()> {
    if args.report {
        return report(entries, project, args.format, out);
    }
    let form = args.format;
    let entries = entries.iter().map(|entry| (entry.time(), Done::Repair(entry)));
    let scaled = scaled.iter().map(|change| (change.time, Done::Scale(change)));
    let cleaned = cleaned.iter().map(|cleaned| (cleaned.time, Done::Clean(cleaned)));
    let mut all: Vec<_> = entries.chain(scaled).chain(cleaned).collect();
    all.sort_by_key(|(time, _)| *time);
    if form == Form::Text && all.is_empty() {
        return writeln!(out, "no repairs of {project}");
    }
    all.iter().try_for_each(|(_, done)| match done {
        Done::Repair(entry) if form == Form::Json => writeln!(out, "{}", value(entry)),
        Done::Repair(entry) => line(entry, out),
        Done::Scale(change) => scale::scaled(change, form, out),
        Done::Clean(cleaned) => clean(cleaned, form, out),
    })
}

/// One line of the record.
enum Done<'a> {
    Repair(&'a RepairEntry),
    Scale(&'a Scaled),
    Clean(&'a Cleaned),
}

fn clean(cleaned: &Cleaned, form: Form, out: &mut dyn Write) -> io::Result<()> {
    let Cleaned { time, clean, reason, result } = cleaned;
    if form == Form::Json {
        let value = json!({"kind": "clean", "time": time, "what": clean, "reason": reason, "result": result});
        return writeln!(out, "{value}");
    }
    let time = time.with_timezone(&Local).format("%Y-%m-%d %H:%M:%S");
    let result = result.as_ref().map_or("open", SafeText::as_str);
    writeln!(out, "{time}  {:<14}  {}  {result}", "", clean.action())
}

fn value(entry: &RepairEntry) -> Value {
    match entry {
        RepairEntry::Attempt(attempt) => {
            let (end, course) = (attempt.end.as_ref(), attempt.course.as_ref());
            json!({
                "kind": "attempt", "number": attempt.number, "time": attempt.time,
                "service": attempt.service, "strategy": attempt.strategy, "remedy": attempt.remedy,
                "fix": course.map(|course| &course.fix.name), "steps_done": course.map(|course| course.done),
                "steps": course.map(|course| course.steps().len()),
                "rolling_back": course.map(|course| course.is_undoing),
                "reason": attempt.reason, "acted_at": attempt.acted_at,
                "ended_at": end.map(|(time, _, _)| time), "ending": end.map(|(_, ending, _)| ending),
                "detail": end.map(|(_, _, text)| text),
            })
        }
        RepairEntry::Reset(time, service) => {
            json!({"kind": "reset", "time": time, "service": service})
        }
        RepairEntry::Pause(time, reason) => {
            json!({"kind": "pause", "time": time, "reason": reason})
        }
    }
}

fn line(entry: &RepairEntry, out: &mut dyn Write) -> io::Result<()> {
    let time = entry.time().with_timezone(&Local).format("%Y-%m-%d %H:%M:%S");
    match entry {
        RepairEntry::Attempt(attempt) => {
            let Attempt { service, reason, .. } = attempt;
            let goes_on = attempt.course.as_deref().map(Course::told).unwrap_or_default();
            let (word, text) =
                attempt.end.as_ref().map_or(("open", goes_on.as_str()), |(_, ending, text)| {
                    (ending.as_str(), SafeText::as_str(text))
                });
            let verb = attempt.verb();
            writeln!(out, "{time}  {service:<14}  {verb:<14}  {word:<7}  {reason} -> {text}")
        }
        RepairEntry::Reset(_, service) => {
            writeln!(
                out,
                "{time}  {service:<14}  {:<14}  well for long enough: attempts forgotten",
                "reset"
            )
        }
        RepairEntry::Pause(_, reason) => {
            writeln!(out, "{time}  {:<14}  {:<14}  {reason}", "", "pause")
        }
    }
}

/// What was done to one service.
#[derive(Debug, Default)]
struct Sum {
    attempts: u64,
    worked: u64,
    failed: u64,
    /// Seconds from the decision until it was well, all together.
    seconds: i64,
}

fn report(
    entries: &[RepairEntry],
    project: &str,
    form: Form,
    out: &mut dyn Write,
) -> io::Result<()> {
    let mut sums = BTreeMap::<&str, Sum>::new();
    for entry in entries {
        let RepairEntry::Attempt(attempt) = entry else { continue };
        let sum = sums.entry(attempt.service.as_str()).or_default();
        sum.attempts += 1;
        match &attempt.end {
            Some((time, Ending::Worked, _)) => {
                sum.worked += 1;
                sum.seconds += (*time - attempt.time).num_seconds();
            }
            Some((_, Ending::Skipped, _)) | None => {}
            Some(_) => sum.failed += 1,
        }
    }
    let mean = |sum: &Sum| (sum.worked > 0).then(|| sum.seconds / sum.worked as i64);
    if form == Form::Text {
        writeln!(
            out,
            "{:<16}  {:>8}  {:>6}  {:>6}  mean time to well",
            project, "attempts", "worked", "failed"
        )?;
    }
    for (service, sum) in &sums {
        let Sum { attempts, worked, failed, .. } = sum;
        if form == Form::Json {
            let value = json!({"service": service, "attempts": attempts, "worked": worked,
                "failed": failed, "mean_seconds_to_well": mean(sum)});
            writeln!(out, "{value}")?;
        } else {
            let mean = mean(sum).map_or_else(|| "-".to_owned(), |mean| format!("{mean} s"));
            writeln!(out, "{service:<16}  {attempts:>8}  {worked:>6}  {failed:>6}  {mean}")?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Remedy, Strategy};

    fn attempt(number: u64, ending: Option<Ending>) -> RepairEntry {
        let at = |second: i64| DateTime::from_timestamp(1_800_000_000 + second, 0).unwrap();
        RepairEntry::Attempt(Attempt {
            number,
            time: at(0),
            service: "api".into(),
            strategy: Strategy::Exited,
            remedy: Remedy::Start,
            targets: Vec::new(),
            config: "".into(),
            reason: "exited with 1".into(),
            course: None,
            acted_at: None,
            end: ending.map(|ending| (at(40), ending, "api is running for 30 s".into())),
        })
    }

    fn written(args: &RepairsArgs) -> String {
        let entries =
            [attempt(1, Some(Ending::Worked)), attempt(2, Some(Ending::Failed)), attempt(3, None)];
        let scaled = Scaled {
            time: DateTime::from_timestamp(1_800_000_050, 0).unwrap(),
            service: "worker".into(),
            from: 1,
            to: 3,
            reason: "45.0 for each container".into(),
            result: Some("done".into()),
        };
        let mut out = Vec::new();
        let cleaned = Cleaned {
            time: DateTime::from_timestamp(1_800_000_060, 0).unwrap(),
            clean: Clean::DanglingImages,
            reason: "the disk of / is 95 % full".into(),
            result: Some("images without a name removed: 12.0 MB are free again".into()),
        };
        let record = Record { repairs: &entries, scaled: &[scaled], cleaned: &[cleaned] };
        repairs(record, args, "shop", &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    fn args(report: bool, format: Form) -> RepairsArgs {
        RepairsArgs { report, format, audit: false, verify: false }
    }

    #[test]
    fn attempts_are_told_one_by_one_and_summed_up() {
        let text = written(&args(false, Form::Text));
        assert_eq!(text.lines().count(), 5, "{text}");
        let cleaned = text.lines().next_back().unwrap();
        assert!(cleaned.ends_with(
            "clean dangling-images  images without a name removed: 12.0 MB are free again"
        ));
        let last = text.lines().nth(3).unwrap();
        assert!(
            last.ends_with("worker          scale 1 to 3    done     45.0 for each container"),
            "{last}"
        );
        assert!(text.contains("worked   exited with 1 -> api is running for 30 s"), "{text}");
        let json = written(&args(true, Form::Json));
        let value: Value = serde_json::from_str(&json).unwrap();
        assert_eq!(
            (&value["attempts"], &value["worked"], &value["failed"]),
            (&json!(3), &json!(1), &json!(1))
        );
        assert_eq!(value["mean_seconds_to_well"], json!(40));
    }
}
