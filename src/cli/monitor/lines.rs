//! What became different, a line each.

use super::{Change, Form};
use chrono::{DateTime, Local, SecondsFormat, Utc};
use serde_json::json;
use std::io::{self, Write};

/// Writes the changes of one environment.
///
/// # Errors
/// When `out` cannot be written.
pub fn tell(
    changes: &[Change],
    environment: &str,
    form: Form,
    now: DateTime<Utc>,
    out: &mut dyn Write,
) -> io::Result<()> {
    for Change { before, issue } in changes {
        if form == Form::Json {
            let time = now.to_rfc3339_opts(SecondsFormat::Millis, true);
            let line =
                json!({"time": time, "environment": environment, "before": before, "issue": issue});
            writeln!(out, "{line}")?;
            continue;
        }
        let time = now.with_timezone(&Local).format("%H:%M:%S");
        let (state, grade) = (issue.state.as_str(), issue.severity.as_str());
        writeln!(
            out,
            "{time}  {environment:<8}  {:<14}  {state:<9}  {grade:<8}  {} ({}x)",
            issue.service, issue.title, issue.count
        )?;
    }
    Ok(())
}
