//! What may be asked of a report: its form, and from which severity on it fails.

use crate::model::Severity;
use clap::ValueEnum;
use std::path::Path;

/// Form of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum Format {
    /// For a terminal.
    #[default]
    Text,
    /// For programs.
    Json,
    /// For an issue or a page.
    Markdown,
    /// One page with charts, for a browser.
    Html,
    /// SARIF 2.1.0, for code scanning and editors.
    Sarif,
    /// Test results, for any CI system.
    Junit,
    /// Annotations of GitHub Actions.
    Github,
}

impl Format {
    /// The form that the ending of a file's name stands for.
    pub fn of_ending(path: &Path) -> Option<Self> {
        match path.extension()?.to_str()?.to_ascii_lowercase().as_str() {
            "json" => Some(Self::Json),
            "md" | "markdown" => Some(Self::Markdown),
            "html" | "htm" => Some(Self::Html),
            "sarif" => Some(Self::Sarif),
            "xml" => Some(Self::Junit),
            _ => None,
        }
    }
}

/// From which severity on `analyze` fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum FailOn {
    /// Critical only.
    Critical,
    /// Critical and error.
    #[default]
    Error,
    /// Critical, error and warning.
    Warning,
}

impl FailOn {
    /// The least severity that fails.
    pub const fn severity(self) -> Severity {
        match self {
            Self::Critical => Severity::Critical,
            Self::Error => Severity::Error,
            Self::Warning => Severity::Warning,
        }
    }
}
