//! Wishes on their way down to the engine, and what became of them.
//!
//! A face sends a [`Command`] and goes on drawing; the [`Outcome`] comes back as an event.

use super::{
    Alert, CleanOrder, ContainerId, FiledIssue, Files, Fingerprint, RepairMode, SafeText,
    ScaleOrder, ServiceName, StepOrder, Treatment,
};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// Number of a sent command; its outcome carries the same one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CommandId(pub u64);

/// Who stands behind a decision or an act.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Actor {
    /// The watchdog by itself.
    Watchdog,
    /// Whoever sits before the dashboard.
    Screen,
    /// Who has the token of the API.
    Api,
    /// A program that was given the tools of `dogwatch mcp`.
    Mcp,
}

impl Actor {
    /// Lower-case word as written on disk and in JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Watchdog => "watchdog",
            Self::Screen => "screen",
            Self::Api => "api",
            Self::Mcp => "mcp",
        }
    }
}

/// What brings a muted group back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MuteUntil {
    /// It becomes much more frequent.
    Escalates,
    /// This moment.
    Time(DateTime<Utc>),
    /// So many more events.
    More(u64),
    /// Nothing does.
    Forever,
}

/// An issue before it is filed; the texts are masked and may be edited by the user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IssueDraft {
    /// The group it is about.
    pub fingerprint: Fingerprint,
    /// One line.
    pub title: String,
    /// Markdown, ending with the marker line by which the issue is found again.
    pub body: String,
    /// Labels, in order.
    pub labels: Vec<String>,
    /// Secrets that were masked in `body`.
    pub masked: usize,
}

/// A wish.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Restart every container of these services, in this order.
    Restart(Vec<ServiceName>),
    /// Stop every container of these services, in this order.
    Stop(Vec<ServiceName>),
    /// Start every container of these services, in this order.
    Start(Vec<ServiceName>),
    /// Bring the whole project up, from these files.
    Up(Files),
    /// Take the whole project down: its containers and networks are removed, its volumes stay.
    Down(Files),
    /// Mark groups fixed; verification begins.
    MarkFixed(Vec<Fingerprint>),
    /// Take groups out of fixed or muted.
    Reopen(Vec<Fingerprint>),
    /// Mark groups known.
    Acknowledge(Vec<Fingerprint>),
    /// Hide groups until something happens.
    Mute(Vec<Fingerprint>, MuteUntil),
    /// Make groups one, for good.
    Merge {
        /// The group that stays.
        into: Fingerprint,
        /// The groups that become part of it; their names go on meaning it.
        from: Vec<Fingerprint>,
    },
    /// Take one template out of a group, for good.
    Split {
        /// The group.
        group: Fingerprint,
        /// The name of one of its [`super::Part`]s.
        part: Fingerprint,
    },
    /// Take back the last triage, of all groups that it named (fixed, reopen, acknowledge, mute, merge, split).
    UndoTriage,
    /// Follow a container again that was detached, from where reading stopped.
    Attach(ContainerId),
    /// Do not follow a container until it is attached again.
    Detach(ContainerId),
    /// Look whether GitHub already has an issue for this group.
    FindIssue(Fingerprint),
    /// File the issue, unless one with the same marker exists.
    FileIssue(IssueDraft),
    /// Have the watchdog repair a service now, whatever its mode; refused with the reason where its rules forbid it.
    Repair {
        /// The service.
        service: ServiceName,
        /// A person stands behind it: no wait, no number of attempts and no health counts, and it does not use any up.
        is_forced: bool,
        /// Who wishes it.
        by: Actor,
    },
    /// What the watchdog may do from now on, until it ends: to one service, or to all.
    SetRepairMode(Option<ServiceName>, RepairMode),
    /// Forget the attempts on a service, so that it is given up no more.
    ResetRepair(ServiceName),
    /// All alerts of other systems that fire now; those that are not named fire no more.
    SetAlerts(Vec<Alert>),
    /// Carry out what the watchdog decided and wrote down; for the watchdog alone.
    Treat(Treatment),
    /// Carry out one step of a fix; for the watchdog alone.
    Step(StepOrder),
    /// Make room on a full disk, as the settings allow; for the watchdog alone.
    Clean(CleanOrder),
    /// Change how many containers a service has, as the scaler decided; the scaler alone sends it.
    Scale(ScaleOrder),
}

/// What became of a command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It worked; a sentence for the user: `Restarted db in 1.2 s.`
    Done(SafeText),
    /// Still at it: `Restarting db: waiting for it to be healthy.` More follows.
    Progress(SafeText),
    /// It did not work; cause and, after a dash, what to do.
    Failed(SafeText),
    /// The answer to [`Command::FindIssue`]: the issue, or `None` when there is none.
    Found(Option<FiledIssue>),
    /// Nothing was done, because things are otherwise than they were when it was decided.
    Skipped(SafeText),
    /// It is not known whether it was done: the daemon did not answer.
    Unknown(SafeText),
    /// The issue stands on GitHub; `true` when it was already there.
    Filed(FiledIssue, bool),
}
