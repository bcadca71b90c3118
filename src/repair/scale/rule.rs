//! What a user may set about the scale of a service, in a table `[scale.SERVICE]` or by labels.

use crate::{
    model::Service,
    repair::settings::{seconds, shown},
};
use chrono::TimeDelta;
use serde::{Deserialize, Serialize};

/// Where the figure comes from by which a service is scaled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Gauge {
    /// Processor time, in percent of what each container may use.
    #[default]
    Cpu,
    /// Memory, in percent of each container's limit.
    Memory,
    /// A command of the user's that prints a number.
    Command,
    /// The length of a list or a stream of Redis.
    Redis,
    /// The messages in a queue of RabbitMQ.
    Rabbitmq,
    /// A query of Prometheus that answers one number.
    Promql,
}

/// How one service is scaled.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Rule {
    /// Where the figure comes from: `cpu`, `memory`, `command`, `redis`, `rabbitmq` or `promql`.
    pub source: Gauge,
    /// For `command`: what the shell runs; the first word that it prints is the figure.
    pub command: Option<String>,
    /// `redis://:password@127.0.0.1:6379/0`, `http://user:password@127.0.0.1:15672` for the management of `rabbitmq`,
    /// `http://127.0.0.1:9090` for `promql`.
    #[serde(serialize_with = "shown")]
    pub url: Option<String>,
    /// The variable that holds the address, where it is a secret.
    pub url_env: Option<String>,
    /// For `redis`: the list or the stream; for `rabbitmq`: the queue.
    pub key: Option<String>,
    /// For a stream: the group of consumers whose backlog counts, instead of the stream's length.
    pub group: Option<String>,
    /// For `rabbitmq`: the virtual host, where it is not `/`.
    pub vhost: Option<String>,
    /// For `promql`: the query.
    pub query: Option<String>,
    /// Whether the figure is one container's share already; `cpu` and `memory` always are. Else it is for all of them.
    pub average: bool,
    /// What one container should have: percent for `cpu` and `memory`.
    pub target: f64,
    /// More than this for each makes it more; a third above the target where nothing is said, for queues a tenth.
    pub up_at: Option<f64>,
    /// Less than this for each makes it fewer; a third of the target where nothing is said, for queues a half.
    pub down_at: Option<f64>,
    /// Never fewer containers; at least 1.
    pub min: u32,
    /// Never more.
    pub max: u32,
    /// Containers that one change adds or takes away at most.
    pub step: u32,
    /// Time between two looks, in seconds.
    pub interval_seconds: u64,
    /// How long more must be needed without a break until it gets more, in seconds.
    pub up_window_seconds: u64,
    /// How long fewer must suffice without a break until it gets fewer, in seconds.
    pub down_window_seconds: u64,
    /// How long nothing is changed after a change, in seconds.
    pub cooldown_seconds: u64,
    /// Changes within any ten minutes, at most.
    pub changes: u32,
}

impl Default for Rule {
    fn default() -> Self {
        Self {
            source: Gauge::Cpu,
            command: None,
            url: None,
            url_env: None,
            key: None,
            group: None,
            vhost: None,
            query: None,
            average: false,
            target: 60.0,
            up_at: None,
            down_at: None,
            min: 1,
            max: 5,
            step: 2,
            interval_seconds: 30,
            up_window_seconds: 0,
            down_window_seconds: 300,
            cooldown_seconds: 60,
            changes: 2,
        }
    }
}

impl Rule {
    /// The rule of a service: what the user set, with the service's labels above it; `None` where nothing asks for one.
    /// Where only labels do, the rest of it is `usual`.
    pub fn of(service: &Service, set: Option<&Self>, usual: &Self) -> Option<Self> {
        let labels = &service.containers.first()?.care.labels;
        let number = |name: &str| labels.get(name).and_then(|text| text.trim().parse::<f64>().ok());
        let max = number("dogwatch.scale.max");
        let mut rule = match set {
            Some(rule) => rule.clone(),
            None => max.map(|_| usual.clone())?,
        };
        // A label that makes no sense as a number of containers is found by `fault`.
        rule.max = max.map_or(rule.max, |max| max as u32);
        rule.min = number("dogwatch.scale.min").map_or(rule.min, |min| min as u32);
        if rule.source == Gauge::Cpu {
            rule.target = number("dogwatch.scale.cpu").unwrap_or(rule.target);
        }
        Some(rule)
    }

    /// What makes no sense in it, and what would; `None` where all is well.
    pub fn fault(&self) -> Option<String> {
        let is_positive = |number: f64| number.is_finite() && number > 0.0;
        let is_missing =
            |text: &Option<String>| text.as_deref().is_none_or(|t| t.trim().is_empty());
        let has_no_address = is_missing(&self.url) && is_missing(&self.url_env);
        let told = match self.source {
            _ if self.min == 0 => "min must be at least 1",
            _ if self.max < self.min => "max must not be less than min",
            _ if self.max > 100 => "max must be at most 100",
            _ if !is_positive(self.target) => "target must be a number above 0",
            _ if self.up_threshold() < self.target => "up_at must not be less than target",
            _ if self.down_threshold() > self.target => "down_at must not be more than target",
            Gauge::Command if is_missing(&self.command) => "source = \"command\" needs command",
            Gauge::Redis if is_missing(&self.key) => "source = \"redis\" needs key",
            Gauge::Redis if has_no_address => "source = \"redis\" needs url or url_env",
            Gauge::Rabbitmq if is_missing(&self.key) => "source = \"rabbitmq\" needs key",
            Gauge::Rabbitmq if has_no_address => "source = \"rabbitmq\" needs url or url_env",
            Gauge::Promql if is_missing(&self.query) => "source = \"promql\" needs query",
            Gauge::Promql if has_no_address => "source = \"promql\" needs url or url_env",
            _ => return None,
        };
        Some(told.to_owned())
    }

    /// Time between two looks; never under a second.
    pub fn interval(&self) -> TimeDelta {
        seconds(self.interval_seconds.clamp(1, 86_400))
    }

    const fn is_share(&self) -> bool {
        matches!(self.source, Gauge::Cpu | Gauge::Memory)
    }

    pub(super) fn up_threshold(&self) -> f64 {
        let factor = if self.is_share() { 4.0 / 3.0 } else { 1.1 };
        self.up_at.unwrap_or(self.target * factor)
    }

    pub(super) fn down_threshold(&self) -> f64 {
        let factor = if self.is_share() { 1.0 / 3.0 } else { 0.5 };
        self.down_at.unwrap_or(self.target * factor)
    }

    /// A figure for one container, in words.
    pub(super) fn told(&self, each: f64) -> String {
        match self.source {
            Gauge::Cpu => format!("processor at {each:.0} % of what it may use"),
            Gauge::Memory => format!("memory at {each:.0} % of its limit"),
            Gauge::Command | Gauge::Redis | Gauge::Rabbitmq | Gauge::Promql => {
                format!("{each:.1} for each container")
            }
        }
    }
}
