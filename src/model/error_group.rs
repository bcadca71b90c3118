//! All findings of one fingerprint, with what its users did about it.
//!
//! `group` makes and moves them through their life; `store` keeps them, also on disk; the screen calls one a problem.

use super::{
    Category, ContainerId, Guidance, Position, RuleId, SafeText, ServiceName, Severity, Stream,
    Variety,
};
use chrono::{DateTime, Duration, Utc};
use serde::{Deserialize, Serialize};
use std::{collections::VecDeque, fmt, sync::Arc};

/// Stable name of a group: equal for equal problems in any service, on any machine, in any run.
///
/// Written `fp2:` and 16 hexadecimal digits; the number is the version of the algorithm.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Fingerprint(pub u64);

impl Fingerprint {
    /// Version of masking and hashing; raised when either changes.
    pub const VERSION: u32 = 2;

    /// Reads `fp2:0123456789abcdef`, or a name of an earlier version; `None` for another form.
    pub fn parse(text: &str) -> Option<Self> {
        let (version, hex) = text.strip_prefix("fp")?.split_once(':')?;
        if !(1..=Self::VERSION).contains(&version.parse().ok()?) {
            return None;
        }
        (hex.len() == 16).then(|| u64::from_str_radix(hex, 16).ok().map(Self))?
    }

    /// The first seven hexadecimal digits, for labels and narrow places.
    pub fn short(self) -> String {
        format!("{:016x}", self.0).chars().take(7).collect()
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "fp{}:{:016x}", Self::VERSION, self.0)
    }
}

impl Serialize for Fingerprint {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Fingerprint {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| serde::de::Error::custom("not a fingerprint"))
    }
}

/// Where a group stands in its life (semantics: Sentry's states, with windows for development).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase", tag = "kind")]
pub enum Status {
    /// Seen for the first time less than 24 h ago and in at most two sessions, and not acknowledged.
    New,
    /// Known.
    Ongoing,
    /// Marked fixed; quiet since, but not for long enough to believe it.
    Verifying {
        /// When it was marked; only later events count against it.
        since: DateTime<Utc>,
    },
    /// Marked fixed and quiet through the verify window.
    Fixed {
        /// When it was marked; only later events count against it.
        since: DateTime<Utc>,
    },
    /// It was fixed and came back.
    Regressed {
        /// When it came back.
        at: DateTime<Utc>,
    },
    /// Not to be shown among what needs attention.
    Muted {
        /// What brings it back.
        until: super::MuteUntil,
        /// When it was muted.
        since: DateTime<Utc>,
        /// The group's count at that moment.
        count: u64,
    },
}

/// [`Status`] without its data, in the order in which the screen ranks groups of one severity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum StatusKind {
    /// See [`Status::Regressed`].
    Regressed,
    /// See [`Status::New`].
    New,
    /// See [`Status::Ongoing`].
    Ongoing,
    /// See [`Status::Verifying`].
    Verifying,
    /// See [`Status::Fixed`].
    Fixed,
    /// See [`Status::Muted`].
    Muted,
}

impl Status {
    /// The state without its data.
    pub const fn kind(&self) -> StatusKind {
        match self {
            Self::New => StatusKind::New,
            Self::Ongoing => StatusKind::Ongoing,
            Self::Verifying { .. } => StatusKind::Verifying,
            Self::Fixed { .. } => StatusKind::Fixed,
            Self::Regressed { .. } => StatusKind::Regressed,
            Self::Muted { .. } => StatusKind::Muted,
        }
    }

    /// Whether it needs attention: new, ongoing or regressed.
    pub const fn is_open(&self) -> bool {
        matches!(self, Self::New | Self::Ongoing | Self::Regressed { .. })
    }
}

impl StatusKind {
    /// Word for JSON and reports.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Ongoing => "ongoing",
            Self::Verifying => "verifying",
            Self::Fixed => "fixed",
            Self::Regressed => "regressed",
            Self::Muted => "muted",
        }
    }
}

/// Events per minute of the last hour, and of the hour before it, against which that one is judged.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Trend {
    /// Minute of the newest bucket since the epoch; 0 while empty.
    minute: i64,
    /// Newest last, at most [`Trend::KEPT`].
    counts: VecDeque<u32>,
}

impl Trend {
    /// How many minutes are shown, and are the usual against which another one is held.
    pub const MINUTES: usize = 60;
    /// How many are remembered.
    pub const KEPT: usize = 2 * Self::MINUTES;

    /// Counts one event. An event older than what is remembered changes nothing.
    pub fn add(&mut self, time: DateTime<Utc>) {
        let minute = time.timestamp().div_euclid(60);
        if self.counts.is_empty() {
            self.minute = minute;
            self.counts.push_back(0);
        }
        while self.minute < minute {
            if minute - self.minute > Self::KEPT as i64 {
                self.counts.clear();
                self.counts.push_back(0);
                self.minute = minute;
                break;
            }
            self.minute += 1;
            self.counts.push_back(0);
            if self.counts.len() > Self::KEPT {
                self.counts.pop_front();
            }
        }
        let back = (self.minute - minute) as usize;
        if back >= Self::KEPT {
            return;
        }
        while self.counts.len() <= back {
            self.counts.push_front(0);
        }
        let at = self.counts.len() - 1 - back;
        if let Some(count) = self.counts.get_mut(at) {
            *count = count.saturating_add(1);
        }
    }

    /// Adds the events of another one.
    pub fn join(&mut self, other: &Self) {
        let first = other.minute - other.counts.len() as i64 + 1;
        for (minute, count) in (first..).zip(&other.counts).filter(|(_, count)| **count > 0) {
            let Some(time) = DateTime::from_timestamp(minute * 60, 0) else { continue };
            self.add(time);
            let back = (self.minute - minute) as usize;
            let at = self.counts.len().checked_sub(back + 1);
            if let Some(own) = at.and_then(|at| self.counts.get_mut(at)) {
                *own = own.saturating_add(count - 1);
            }
        }
    }

    /// The last `minutes` counts up to `now`, oldest first, always that many.
    pub fn last(&self, minutes: usize, now: DateTime<Utc>) -> Vec<u32> {
        let end = now.timestamp().div_euclid(60);
        (0..minutes as i64)
            .rev()
            .map(|back| {
                let behind = self.minute - (end - back);
                usize::try_from(behind)
                    .ok()
                    .and_then(|behind| self.counts.len().checked_sub(behind + 1))
                    .and_then(|at| self.counts.get(at).copied())
                    .unwrap_or(0)
            })
            .collect()
    }
}

/// How often a group was seen in one service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServiceCount {
    /// The service.
    pub service: ServiceName,
    /// Events there.
    pub count: u64,
    /// The newest one there.
    pub last_seen: DateTime<Utc>,
}

/// One occurrence of a group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sample {
    /// Its first line in the merged stream; ids are only valid in the run that made them.
    pub position: Position,
    /// Where it happened.
    pub service: ServiceName,
    /// In which container.
    pub container: ContainerId,
    /// Through which pipe.
    pub stream: Stream,
    /// The line that says what is wrong.
    pub message: SafeText,
    /// The event's lines, at most 200.
    pub lines: Vec<SafeText>,
}

/// The GitHub issue of a group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FiledIssue {
    /// Number in the repository.
    pub number: u64,
    /// Page for people.
    pub url: SafeText,
    /// Whether it was open when last looked at.
    pub is_open: bool,
    /// Whether it was closed as not planned: nobody wants to hear of it again.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_declined: bool,
}

/// All findings of one fingerprint.
#[derive(Debug, Clone, PartialEq)]
pub struct ErrorGroup {
    /// Its stable name.
    pub fingerprint: Fingerprint,
    /// The message with its changing parts masked: `connection to <host> port <num> refused`.
    pub template: SafeText,
    /// The rule of its first finding.
    pub rule: RuleId,
    /// What that rule tells its reader.
    pub guidance: Arc<Guidance>,
    /// What kind of trouble.
    pub category: Category,
    /// How bad by rule or level, without escalation.
    pub base_severity: Severity,
    /// Why it is shown one step worse than `base_severity`; `None` where it is not.
    pub escalation: Option<SafeText>,
    /// Where it stands in its life.
    pub status: Status,
    /// All events, also those of earlier sessions.
    pub count: u64,
    /// Time of the oldest event.
    pub first_seen: DateTime<Utc>,
    /// Time of the newest event.
    pub last_seen: DateTime<Utc>,
    /// By service, most events first.
    pub services: Vec<ServiceCount>,
    /// Events per minute.
    pub trend: Trend,
    /// Newest last, at most [`ErrorGroup::MAX_SAMPLES`]; the first one ever seen is kept at the front.
    pub samples: VecDeque<Sample>,
    /// Runs of dogwatch that saw it.
    pub sessions: u32,
    /// Its issue on GitHub.
    pub issue: Option<FiledIssue>,
    /// What varies within it.
    pub variety: Variety,
}

impl ErrorGroup {
    /// Occurrences kept to look at.
    pub const MAX_SAMPLES: usize = 50;

    /// How bad it is now, escalation included.
    pub fn severity(&self) -> Severity {
        if self.escalation.is_some() { self.base_severity.escalated() } else { self.base_severity }
    }

    /// The service that has it most; every group has one.
    pub fn main_service(&self) -> Option<&ServiceName> {
        self.services.first().map(|s| &s.service)
    }

    /// What it is, in a few words: the user's own for it, else its rule's; empty where neither has any.
    pub fn heading(&self) -> &SafeText {
        self.variety.title.as_ref().unwrap_or(&self.guidance.title)
    }

    /// What it says, in one line: the template, with the values that were the same in every event.
    pub fn title(&self) -> SafeText {
        self.variety.concrete(&self.template)
    }

    /// Events per second over the last minute and the present one.
    pub fn rate(&self, now: DateTime<Utc>) -> f64 {
        let counts = self.trend.last(2, now);
        let seconds = 60.0 + (now.timestamp().rem_euclid(60)) as f64;
        f64::from(counts.iter().sum::<u32>()) / seconds
    }

    /// Time between first and newest event.
    pub fn span(&self) -> Duration {
        self.last_seen - self.first_seen
    }

    /// Tells an occurrence its place in this run's record: the one at the same time in the same container.
    pub fn relocate(&mut self, container: &ContainerId, position: Position) {
        let found = self
            .samples
            .iter_mut()
            .find(|s| s.position.time == position.time && s.container == *container);
        if let Some(sample) = found {
            sample.position = position;
        }
    }

    /// The newest occurrence.
    pub fn newest(&self) -> Option<&Sample> {
        self.samples.iter().max_by_key(|s| s.position)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(minute: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(minute * 60, 0).unwrap()
    }

    #[test]
    fn trend_counts_by_minute_and_forgets_after_an_hour() {
        let mut trend = Trend::default();
        trend.add(at(100));
        trend.add(at(102));
        trend.add(at(102));
        trend.add(at(101));
        assert_eq!(trend.last(4, at(102)), [0, 1, 1, 2]);
        assert_eq!(trend.last(3, at(104)), [2, 0, 0]);
        trend.add(at(99));
        assert_eq!(trend.last(4, at(102)), [1, 1, 1, 2]);
        trend.add(at(1000));
        assert_eq!(trend.last(2, at(1000)), [0, 1]);
        trend.add(at(10));
        assert_eq!(trend.last(60, at(1000)).iter().sum::<u32>(), 1);
    }

    #[test]
    fn fingerprints_read_back() {
        let fp = Fingerprint(0xab12);
        assert_eq!(Fingerprint::parse(&fp.to_string()), Some(fp));
        assert_eq!(Fingerprint::parse("fp9:000000000000ab12"), None);
        assert_eq!(Fingerprint::parse("fp1:000000000000ab12"), Some(fp));
        assert_eq!(Fingerprint::parse("fp2:zz"), None);
    }
}
