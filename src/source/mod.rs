//! Reads the world: which services there are, how they are, and what they log.
//!
//! A [`Source`] reports [`Change`]s and follows one container at a time; `engine::ingest` owns the tasks, retries
//! what is transient and remembers how far each stream was read. A [`Control`] is the daemon's verbs.
//! Nothing here parses a line, and nothing outside `docker` knows what Docker is.

pub mod demo;
pub mod docker;
pub mod replay;
pub mod whereabouts;

use crate::model::{
    Anchor, Container, ContainerId, Files, Gap, Health, Notice, Origin, RawLine, RunState,
    SafeText, Secret, ServiceName, Stream, Usage,
};
use chrono::{DateTime, Utc};
use futures_util::future::BoxFuture;
use std::{collections::BTreeMap, sync::Arc, time::Duration};
use tokio::sync::mpsc;

/// Where following begins.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Resume {
    /// Per stream, how far it was read before; lines up to there are not delivered again.
    pub anchors: BTreeMap<Stream, Anchor>,
    /// Without anchors: nothing older than this.
    pub since: Option<DateTime<Utc>>,
    /// Without anchors: at most so many old lines.
    pub tail: Option<u64>,
    /// Deliver what there is now and end, with [`End::Finished`], also while the container runs.
    pub is_once: bool,
    /// For a log that the Engine rotates: up to where the record was known to be complete, and what is on record since.
    pub verified: Option<Verified>,
}

/// Up to where a container's record was known to be complete, where that is not the last line.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Verified {
    /// Nothing before is missing.
    pub until: DateTime<Utc>,
    /// The lines on record from a little before that on, in any order, with as many entries as there are lines.
    pub known: Vec<(Stream, DateTime<Utc>)>,
}

/// Lines on their way up, in the order of their streams; never empty, at most 2,048 lines or 256 KiB and one line.
pub type Lines = Vec<RawLine>;

/// What comes out of a followed log, in the order in which it must be taken.
#[derive(Debug, Clone)]
pub enum Delivery {
    /// New lines.
    Lines(Lines),
    /// Lines that following missed and a second look found: older than some that came, never sent twice.
    Recovered(Lines),
    /// Lines are missing.
    Gap(Gap),
    /// Nothing before this moment is missing that is not told as a gap. Only sent for logs that the Engine rotates;
    /// for all others that holds for each line that comes.
    Verified(ContainerId, DateTime<Utc>),
}

impl Delivery {
    /// The lines in it, new and recovered; none for the others.
    pub fn lines(&self) -> &[RawLine] {
        match self {
            Self::Lines(lines) | Self::Recovered(lines) => lines,
            Self::Gap(_) | Self::Verified(..) => &[],
        }
    }
}

impl From<Lines> for Delivery {
    fn from(lines: Lines) -> Self {
        Self::Lines(lines)
    }
}

/// A variable of a container's environment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Variable {
    /// Its name.
    pub name: String,
    /// Its value; whether it is a secret is for `redact` to say.
    pub value: Secret,
}

/// Something about the stack changed.
#[derive(Debug, Clone)]
pub enum Change {
    /// A container is there; also sent when anything in it changed. Says everything that is known.
    Container(Box<Container>),
    /// A container's state or health changed.
    State(ContainerId, RunState, Health),
    /// A measure.
    Usage(ContainerId, Usage),
    /// The environment of a container, told before its log is followed, so that its secrets can be known.
    Environment(ContainerId, Vec<Variable>),
    /// A container was removed.
    Removed(ContainerId),
    /// Follow this container's logs from now on; sent at every start, ignored while it is being followed.
    Follow(Arc<Origin>),
    /// Something to write into the log stream.
    Notice(Notice),
    /// The full list was delivered: what was not named does not exist.
    Listed,
    /// The connection is lost or has come back; between the two, what we show is stale.
    Link(Link),
}

/// Whether the source can be reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Link {
    /// Not yet.
    Connecting,
    /// Yes.
    Live,
    /// Not since then.
    Away {
        /// When it was lost.
        since: DateTime<Utc>,
        /// Why, as a sentence.
        reason: SafeText,
    },
    /// A recorded log, read to its end.
    Ended,
}

/// Why following a container ended without an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// The container stopped; a new [`Change::Follow`] comes when it starts again.
    Stopped,
    /// The container is gone, or its log cannot be read at all.
    Gone,
    /// The container was removed before its log could be opened: what it wrote since it was last read is not known.
    Missed,
    /// A recorded log was read to its end.
    Finished,
}

/// What went wrong.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Error {
    /// Worth trying again by itself.
    #[error("{0}")]
    Transient(SafeText),
    /// Trying again does not help: a person must act.
    #[error("{0}")]
    Permanent(SafeText),
}

impl Error {
    /// Whether trying again may help.
    pub const fn is_transient(&self) -> bool {
        matches!(self, Self::Transient(_))
    }
}

/// What a source reads, for the title of the screen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Description {
    /// Compose project, file name, or `demo`.
    pub name: SafeText,
    /// Where: the Engine's address, a path; may be empty.
    pub place: SafeText,
    /// Whether it goes on for ever (Docker, the demo, a pipe) or ends (a file).
    pub is_live: bool,
}

/// Where services and their lines come from.
pub trait Source: Send + Sync + 'static {
    /// What is read.
    fn describe(&self) -> Description;

    /// Reports the whole stack, then every change, until the receiver is gone or an error ends it.
    ///
    /// Ends well where nothing will ever change, as in a recorded log; what is followed goes on to its end then.
    /// Begins with `Link(Live)`, one `Container` and (where its log can be read) one `Follow` for each
    /// container, then `Listed`. After an error the engine waits and calls it again; it must then begin anew.
    fn watch(self: Arc<Self>, out: mpsc::Sender<Change>) -> BoxFuture<'static, Result<(), Error>>;

    /// Delivers the lines of one container, those of each stream in order, until it stops or an error ends it.
    ///
    /// Waits when `out` is full. After a transient error the engine calls it again with anchors of what it took.
    fn follow(
        self: Arc<Self>,
        target: Arc<Origin>,
        from: Resume,
        out: mpsc::Sender<Delivery>,
    ) -> BoxFuture<'static, Result<End, Error>>;

    /// The verbs, where the source has them; a recorded log has none.
    fn control(self: Arc<Self>) -> Option<Arc<dyn Control>>;
}

/// A container at the moment of asking.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Look {
    /// What it does.
    pub state: RunState,
    /// What its health check says.
    pub health: Health,
    /// When its present or last run began.
    pub started_at: Option<DateTime<Utc>>,
}

/// The daemon's verbs. Each returns when the daemon says that it is done.
pub trait Control: Send + Sync + 'static {
    /// Stops and starts one container, letting it stop for `timeout`.
    fn restart(
        self: Arc<Self>,
        container: ContainerId,
        timeout: Duration,
    ) -> BoxFuture<'static, Result<(), Error>>;

    /// Stops one container, letting it stop for `timeout`.
    fn stop(
        self: Arc<Self>,
        container: ContainerId,
        timeout: Duration,
    ) -> BoxFuture<'static, Result<(), Error>>;

    /// Starts one container.
    fn start(self: Arc<Self>, container: ContainerId) -> BoxFuture<'static, Result<(), Error>>;

    /// Brings the whole project up, or takes it down; volumes stay. Takes minutes where images are pulled or built.
    fn project(
        self: Arc<Self>,
        is_up: bool,
        files: Files,
    ) -> BoxFuture<'static, Result<(), Error>> {
        let _ = (is_up, files);
        let text = "only a Compose project can be brought up or taken down";
        Box::pin(async move { Err(Error::Permanent(text.into())) })
    }

    /// Runs a command in a container that runs; its exit code, and the last of what it said.
    fn exec(
        self: Arc<Self>,
        container: ContainerId,
        words: Vec<String>,
    ) -> BoxFuture<'static, Result<(i64, SafeText), Error>> {
        let _ = (container, words);
        Box::pin(async move { Err(Error::Permanent("no command can be run in it".into())) })
    }

    /// Makes the containers of a service anew, from a new image where `is_rebuilt`; volumes stay.
    fn renew(
        self: Arc<Self>,
        service: ServiceName,
        files: Files,
        is_rebuilt: bool,
    ) -> BoxFuture<'static, Result<(), Error>> {
        let _ = (service, files, is_rebuilt);
        let text = "only services of a Compose project can be made anew";
        Box::pin(async move { Err(Error::Permanent(text.into())) })
    }

    /// Removes images that have no name and that no container uses; the bytes that are free again.
    fn prune(self: Arc<Self>) -> BoxFuture<'static, Result<u64, Error>> {
        Box::pin(async { Err(Error::Permanent("there are no images here".into())) })
    }

    /// Asks how a container is at this moment; `None` where there is no such one.
    fn look(
        self: Arc<Self>,
        container: ContainerId,
    ) -> BoxFuture<'static, Result<Option<Look>, Error>>;
}
