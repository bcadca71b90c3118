//! `dogwatch schema`: the published form of what dogwatch writes, for those who read it with programs.

use super::{
    SchemaOf,
    report::{Baseline, Comparison, Report},
};
use schemars::schema_for;
use std::io::{self, Write};

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
