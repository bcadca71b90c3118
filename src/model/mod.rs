//! The ground: the nouns that every other room speaks of.
//!
//! Nothing here reads, waits or draws; a type holds data and answers questions about itself. The dictionary:
//!
//! - [`SafeText`]: text from outside, made harmless once and for all; [`SafeLine`] is one that lies where it was read.
//! - [`Secret`]: a value from a container's environment that must never be shown.
//! - [`LogRecord`]: one line as a service logged it, [`LogLine`] one that is lent; [`Level`] is what the service said of it.
//! - [`LogEvent`]: the lines that belong together, a message and its stack trace.
//! - [`Origin`]: where a record comes from: project, service, container, replica.
//! - [`Service`] and [`Container`]: what Compose runs, with [`RunState`], [`Health`] and [`Usage`].
//! - [`Care`]: how a container wants to be treated; [`Guard`]: how the watchdog sees a service; [`Attempt`]: one repair.
//! - [`Fix`]: a repair of several [`Step`]s that a user wrote; [`Course`]: how far one has come.
//! - [`Finding`]: one hit of a rule; [`Severity`] and [`Category`] are our judgement.
//! - [`ErrorGroup`]: all findings of one [`Fingerprint`]; the screen calls it a problem.
//! - [`Variety`]: what varies within a group: [`Part`]s are templates, [`Slot`]s count values; [`Learnt`] outlives a run.
//! - [`Thrown`]: where in the user's own code an exception comes from.
//! - [`Query`]: which records a reader wants.
//! - [`Gap`]: where the record has a hole, and why; [`Row`]: a record as it is written to disk.
//! - [`Command`]: a wish on its way down; [`Outcome`]: what became of it; [`Event`]: a hint on its way up.

mod alert;
mod attempt;
mod care;
mod clean;
mod code;
mod command;
mod error_group;
mod event;
mod files;
mod finding;
mod fix;
pub mod frame;
mod gap;
mod guard;
mod log_event;
mod query;
mod record;
mod remedy;
mod row;
mod safe_text;
mod scaling;
mod secret;
mod service;
mod variety;

pub use alert::Alert;
pub use attempt::{Attempt, Ending, Target, Treatment};
pub use care::{Care, End, HealthCheck, RestartPolicy};
pub use clean::{Clean, CleanOrder, OwnLogs};
pub use code::is_foreign;
pub use command::{Actor, Command, CommandId, IssueDraft, MuteUntil, Outcome};
pub use error_group::{
    ErrorGroup, FiledIssue, Fingerprint, Sample, ServiceCount, Status, StatusKind, Trend,
};
pub use event::Event;
pub use files::{Bind, Files};
pub use finding::{Category, Finding, Guidance, NamePart, Naming, Repair, RuleId, Severity};
pub use fix::{Course, Fix, Step, StepKind, StepOrder, When};
pub use frame::Frame;
pub use gap::{Gap, GapReason};
pub use guard::{Decision, FixTally, Guard, GuardState, RepairMode, Tally, Watchdog};
pub use log_event::LogEvent;
pub use query::{Query, TextMatcher};
pub use record::{Anchor, Level, LogLine, LogRecord, Origin, Position, RawLine, RecordId, Stream};
pub use remedy::{Remedy, Strategy};
pub use row::{Row, RowGap, Speaker};
pub use safe_text::{SafeLine, SafeText};
pub use scaling::{ScaleOrder, ScaleState, Scaling, Scalings, Shape};
pub use secret::Secret;
pub use service::{
    Container, ContainerId, Health, LogDriver, Notice, RunState, Service, ServiceName, Usage,
};
pub use variety::{Learnt, Part, Slot, Thrown, Variety, placeholders};
