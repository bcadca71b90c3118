//! What a user may change about the watchdog. The numbers of each way of repair stand here and nowhere else.

use crate::model::{Clean, RepairMode, Strategy};
use chrono::TimeDelta;
use serde::{Deserialize, Serialize, Serializer};

/// How fast attempts follow each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Preset {
    /// The first wait is the cooldown, the longest 20 minutes.
    #[default]
    Compose,
    /// As Kubernetes does: 10 s, doubling, at most 5 minutes.
    K8s,
}

/// Which services are restarted after one that they need.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Cascade {
    /// Those that say so (`depends_on` with `restart: true`), and those that share its network.
    #[default]
    Declared,
    /// All that depend on it.
    All,
    /// None.
    None,
}

/// Settings of the watchdog, the section `[watchdog]` of the configuration.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// What it may do: `observe` says what it would do, `ask` waits for a yes, `auto` acts.
    pub mode: RepairMode,
    /// Time between two looks at everything, in seconds; events are looked at when they come.
    pub interval_seconds: u64,
    /// How fast attempts follow each other: `compose` or `k8s`.
    pub preset: Preset,
    /// Attempts in one incident; then a person must look.
    pub max_attempts: u32,
    /// Wait after the first attempt, in seconds; it doubles with each further one.
    pub cooldown_seconds: u64,
    /// How long a service must be well until its attempts are forgotten, in seconds.
    pub stable_seconds: u64,
    /// How long a service must be well after a repair until it counts as repaired, in seconds.
    pub window_seconds: u64,
    /// How long nothing is done after the watchdog itself began, in seconds.
    pub start_period_seconds: u64,
    /// Seconds that a stop may take, instead of what the container says.
    pub stop_timeout_seconds: Option<u32>,
    /// Act only on services that a label opts in.
    pub labelled_only: bool,
    /// Leave alone what has ended.
    pub only_running: bool,
    /// Act only on these services, where any are named. A data store must be named here or by a label to be restarted.
    pub services: Vec<String>,
    /// Never act on these services.
    pub except: Vec<String>,
    /// Repairs that may go on at the same time.
    pub at_once: usize,
    /// Which services are restarted after one that they need: `declared`, `all` or `none`.
    pub cascade: Cascade,
    /// Repairs of all services together in ten minutes; after them nothing is done for ten minutes.
    pub breaker_actions: usize,
    /// Memory that is too much, in percent of the limit; 0 switches it off.
    pub memory_percent: u8,
    /// For so long, in seconds.
    pub memory_seconds: u64,
    /// Processor time that is too much, in percent of the limit, or of the machine's cores; 0 switches it off.
    pub cpu_percent: u8,
    /// For so long, in seconds.
    pub cpu_seconds: u64,
    /// Disk space in use from which on it is said what could be cleaned, in percent; 0 switches it off.
    pub disk_percent: u8,
    /// What is cleaned then, in mode `auto` and at most once an hour: `own-logs` (lines that dogwatch kept of projects
    /// that were not watched for a week), `dangling-images` (images without a name that no container uses). Nothing else,
    /// and no volume, ever.
    pub clean: Vec<Clean>,
    /// Errors of network interfaces within five minutes that are too many; 0 switches it off.
    pub network_errors: u64,
    /// Problems a minute, for five minutes, that are too many; 0 switches it off. Whoever can write into a service's log
    /// can have it restarted by this.
    pub errors_per_minute: u64,
    /// Fixes of a project's own file that you consent to, by the words that `dogwatch fixes list` names.
    pub consents: Vec<String>,
    /// Names of alerts that are acted on, where their labels name a service; `auto_repair=true` means all with this
    /// label. Without names no alert does anything.
    pub alerts: Vec<String>,
    /// A Prometheus that is asked for the alerts that fire, beside those of Alertmanager: `http://127.0.0.1:9090`.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "shown")]
    pub prometheus: Option<String>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            mode: RepairMode::Observe,
            interval_seconds: 30,
            preset: Preset::Compose,
            max_attempts: 3,
            cooldown_seconds: 300,
            stable_seconds: 600,
            window_seconds: 30,
            start_period_seconds: 0,
            stop_timeout_seconds: None,
            labelled_only: false,
            only_running: false,
            services: Vec::new(),
            except: Vec::new(),
            at_once: 3,
            cascade: Cascade::Declared,
            breaker_actions: 5,
            memory_percent: 90,
            memory_seconds: 300,
            cpu_percent: 90,
            cpu_seconds: 600,
            disk_percent: 90,
            clean: Vec::new(),
            network_errors: 1_000,
            errors_per_minute: 0,
            consents: Vec::new(),
            alerts: Vec::new(),
            prometheus: None,
        }
    }
}

/// How often a way of repair may be tried, and how fast.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Limit {
    pub(super) attempts: u32,
    /// Wait after the first attempt.
    pub(super) base: TimeDelta,
    /// The longest wait.
    pub(super) cap: TimeDelta,
}

impl Settings {
    /// The limit of a way of repair, without labels.
    pub(super) fn limit(&self, strategy: Strategy) -> Limit {
        let minutes = TimeDelta::minutes;
        let (base, cap) = match self.preset {
            Preset::Compose => (seconds(self.cooldown_seconds), minutes(20)),
            Preset::K8s => (TimeDelta::seconds(10), minutes(5)),
        };
        let (attempts, base) = match strategy {
            // What fills up needs a while to fill up again.
            Strategy::Memory | Strategy::Cpu | Strategy::Errors => {
                (self.max_attempts.min(2), base.max(minutes(10)))
            }
            _ => (self.max_attempts, base),
        };
        Limit { attempts, base, cap: cap.max(base) }
    }
}

/// Shows an address without its name and password, and without what is asked there.
#[allow(clippy::ref_option, reason = "serde hands it over so")]
pub(super) fn shown<S: Serializer>(url: &Option<String>, out: S) -> Result<S::Ok, S::Error> {
    let Some(url) = url else { return out.serialize_none() };
    let (scheme, rest) = url.split_once("://").unwrap_or(("", url));
    let shown = match rest.rsplit_once('@') {
        Some((_, place)) => format!("{scheme}://…@{place}"),
        None => url.clone(),
    };
    out.serialize_str(shown.split('?').next().unwrap_or_default())
}

/// Seconds of a setting as a span; what makes no sense as one is a century.
pub(super) fn seconds(seconds: u64) -> TimeDelta {
    const CENTURY: i64 = 100 * 366 * 24 * 3600;
    TimeDelta::seconds(i64::try_from(seconds).unwrap_or(CENTURY).min(CENTURY))
}
