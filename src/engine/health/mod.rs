//! Is everything as dogwatch needs it? Facts in, [`Check`]s out: a grade, a sentence, and the fix.
//!
//! Nothing here asks or reads anything; `dogwatch doctor` shows all of it, the dashboard what matters.

mod docker;
mod machine;
mod place;

pub use docker::{clock, containers, engine};
pub use machine::{Terminal, open_files, terminal};
pub use place::{Database, Folder, FolderState, Journal, database, folder, journal, key, writer};

use crate::model::SafeText;
use serde::Serialize;

/// How good a thing is, from the best.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Grade {
    /// As it should be.
    Ok,
    /// It works, and something may be lost or missing.
    Warn,
    /// It does not work.
    Fail,
}

impl Grade {
    /// Lower-case word as written in JSON: `ok`, `warn`, `fail`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warn => "warn",
            Self::Fail => "fail",
        }
    }
}

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Check {
    /// What: `docker`, `journal`, the name of a container.
    pub subject: SafeText,
    /// How good it is.
    pub grade: Grade,
    /// What is so.
    pub fact: SafeText,
    /// What to do about it; `None` where nothing is to be done.
    pub fix: Option<SafeText>,
}

impl Check {
    /// Something that is as it should be.
    pub fn ok(subject: impl Into<SafeText>, fact: impl Into<SafeText>) -> Self {
        Self { subject: subject.into(), grade: Grade::Ok, fact: fact.into(), fix: None }
    }

    /// Something that may lose or miss something.
    pub fn warn(
        subject: impl Into<SafeText>,
        fact: impl Into<SafeText>,
        fix: impl Into<SafeText>,
    ) -> Self {
        let fix = Some(fix.into());
        Self { subject: subject.into(), grade: Grade::Warn, fact: fact.into(), fix }
    }

    /// Something that does not work.
    pub fn fail(
        subject: impl Into<SafeText>,
        fact: impl Into<SafeText>,
        fix: impl Into<SafeText>,
    ) -> Self {
        Self { grade: Grade::Fail, ..Self::warn(subject, fact, fix) }
    }
}

/// Bytes for people, in thousands as Docker counts: `1.5 MB`.
fn size(bytes: u64) -> String {
    let mut size = bytes as f64;
    let mut unit = "B";
    for next in ["kB", "MB", "GB", "TB"] {
        if size < 999.5 {
            break;
        }
        size /= 1e3;
        unit = next;
    }
    if unit == "B" || size >= 99.5 {
        format!("{size:.0} {unit}")
    } else {
        format!("{size:.1} {unit}")
    }
}

#[cfg(test)]
mod tests;
