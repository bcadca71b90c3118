//! `dogwatch schema`: the published form of what dogwatch writes, for those who read it with programs.

use super::report::{Baseline, Comparison, Report};
use clap::ValueEnum;
use schemars::schema_for;
use std::io::{self, Write};

/// A file whose form is published.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum SchemaOf {
    /// `analyze --json`.
    Report,
    /// `analyze --baseline`.
    Baseline,
    /// `compare --json`.
    Comparison,
}

/// Writes the JSON Schema (draft 2020-12) of a file.
///
/// # Errors
/// When `out` cannot be written.
pub fn write(of: SchemaOf, out: &mut dyn Write) -> io::Result<()> {
    let schema = match of {
        SchemaOf::Report => schema_for!(Report),
        SchemaOf::Baseline => schema_for!(Baseline),
        SchemaOf::Comparison => schema_for!(Comparison),
    };
    serde_json::to_writer_pretty(&mut *out, &schema)?;
    writeln!(out)
}
