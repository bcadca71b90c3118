//! One hit of a rule, and the words of our judgement.
//!
//! `detect` makes findings from joined events, `group` gathers them.

use super::{Level, Origin, Position, SafeText, Stream};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::{fmt, sync::Arc};

/// How bad we say it is, worst last.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Worth knowing.
    Info,
    /// May become an error.
    Warning,
    /// Something failed.
    Error,
    /// A service cannot do its work.
    Critical,
}

impl Severity {
    /// All, worst first.
    pub const ALL: [Self; 4] = [Self::Critical, Self::Error, Self::Warning, Self::Info];

    /// Lower-case word: `critical`, `error`, `warning`, `info`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Critical => "critical",
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Info => "info",
        }
    }

    /// One step worse; critical stays.
    #[must_use]
    pub const fn escalated(self) -> Self {
        match self {
            Self::Info => Self::Warning,
            Self::Warning => Self::Error,
            Self::Error | Self::Critical => Self::Critical,
        }
    }

    /// What a level of the program's own weighs, where no rule knows better; `None` below a warning.
    pub const fn of_level(level: Level) -> Option<Self> {
        match level {
            Level::Fatal => Some(Self::Critical),
            Level::Error => Some(Self::Error),
            Level::Warn => Some(Self::Warning),
            Level::Unknown | Level::Trace | Level::Debug | Level::Info => None,
        }
    }
}

macro_rules! categories {
    ($($variant:ident $slug:literal $title:literal $doc:literal;)*) => {
        /// What kind of trouble it is. The slug is used in files and JSON, the title on screens and in issues.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
        #[serde(rename_all = "lowercase")]
        pub enum Category { $(#[doc = $doc] $variant,)* }

        impl Category {
            /// All, in the order of the dictionary.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// Lower-case word for files and JSON.
            pub const fn slug(self) -> &'static str {
                match self { $(Self::$variant => $slug,)* }
            }

            /// Words for people.
            pub const fn title(self) -> &'static str {
                match self { $(Self::$variant => $title,)* }
            }

            /// The category of a slug.
            pub fn from_slug(slug: &str) -> Option<Self> {
                match slug { $($slug => Some(Self::$variant),)* _ => None }
            }
        }
    };
}

categories! {
    Database "database" "Database Connection" "A database refuses, loses or fails a connection or statement.";
    Authentication "authentication" "Authentication" "Somebody is not who they must be, or may not.";
    Network "network" "Network" "Hosts, ports and names cannot be reached.";
    Configuration "configuration" "Configuration" "A setting is missing or wrong.";
    Resource "resource" "Memory/Resource" "Memory, handles, processes or space ran out.";
    Dependency "dependency" "Dependency" "A module or package is missing.";
    Timeout "timeout" "Timeout" "Something took too long.";
    Permission "permission" "Permission" "The system refuses access.";
    Code "code" "Syntax/Code" "A fault in the program: exceptions, syntax, types.";
    Migration "migration" "Migration" "A database schema change failed.";
    Websocket "websocket" "WebSocket" "A WebSocket broke.";
    Cors "cors" "CORS" "A browser's cross-origin request was refused.";
    Tls "tls" "SSL/TLS" "A certificate or handshake failed.";
    Filesystem "filesystem" "Filesystem" "A file is missing, full, read-only or broken.";
    Performance "performance" "Performance" "It works, but slowly.";
    Health "health" "Health" "A health check or a container's life.";
    Other "other" "Other" "None of the above.";
}

/// Name of a rule, `category.what`, such as `database.too-many-clients`; cheap to clone.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RuleId(Arc<str>);

impl RuleId {
    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<&str> for RuleId {
    fn from(id: &str) -> Self {
        Self(id.into())
    }
}

impl fmt::Display for RuleId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// What a rule lets the watchdog do by itself, where its user allows that at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Repair {
    /// Nothing: a person must look.
    #[default]
    None,
    /// A restart often helps.
    Restart,
    /// Starting what is stopped often helps.
    Start,
}

/// What a rule tells its reader.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Guidance {
    /// What it is, in a few words.
    pub title: SafeText,
    /// What it means, in a sentence; may be empty.
    pub hint: SafeText,
    /// What to try, in order, as sentences.
    pub remedies: Vec<SafeText>,
    /// What the watchdog may do.
    pub repair: Repair,
}

/// What a user's own rule says of the group of a finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Naming {
    /// Findings with equal parts are one problem; at least one part.
    pub parts: Vec<NamePart>,
    /// What the problem is called; `None` leaves it its own words.
    pub title: Option<SafeText>,
    /// Where the rule stands: `.dogwatch.toml:12`.
    pub rule: SafeText,
}

/// One part of a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NamePart {
    /// The name that the finding has without the rule.
    Default,
    /// These words.
    Words(SafeText),
}

/// One event that is a problem.
#[derive(Debug, Clone)]
pub struct Finding {
    /// The rule that hit; its guidance is shared by all its findings.
    pub rule: RuleId,
    /// What the rule tells its reader.
    pub guidance: Arc<Guidance>,
    /// What kind of trouble.
    pub category: Category,
    /// How bad, before escalation.
    pub severity: Severity,
    /// Where it happened.
    pub origin: Arc<Origin>,
    /// The pipe of the event; one event never spans two.
    pub stream: Stream,
    /// The event's first line in the merged stream.
    pub position: Position,
    /// The program's own level.
    pub level: Level,
    /// The line that says what is wrong, without timestamp and level: for a stack trace, the exception.
    pub message: SafeText,
    /// Where in the user's own code it was thrown, without numbers that change: `services/cart.py load`. `None` where
    /// `message` is a program's own words, or the trace names libraries only.
    pub place: Option<SafeText>,
    /// What the first of the user's own rules of grouping that matches makes of it.
    pub naming: Option<Box<Naming>>,
    /// All lines of the event, the first one first, at most 200.
    pub lines: Vec<SafeText>,
}
