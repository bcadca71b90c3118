//! `dogwatch scale`: what may be typed, and how it is told what services would be, or are, given.

use super::watchdog::Form;
use crate::model::{SafeText, ScaleState, Scaling, ServiceName};
use chrono::{DateTime, Local, Utc};
use clap::Args;
use serde_json::json;
use std::io::{self, Write};

const EXAMPLES: &str = "\
Examples:
  dogwatch scale                        say what would be changed, and why; nothing is sent
  dogwatch scale --once --format json   how all stand now, for scripts
  dogwatch scale --apply worker         change how many containers worker has, until Ctrl-C

What is scaled stands in the configuration, or in labels (dogwatch.scale.min, dogwatch.scale.max, dogwatch.scale.cpu):
  [scale.worker]
  source = \"redis\"       # or cpu, memory, command, rabbitmq, promql
  url = \"redis://127.0.0.1:6379\"
  key = \"jobs\"
  target = 100           # for each container
  max = 5

`dogwatch watchdog --mode auto` does the same beside its repairs.

Exit codes:
  0  ended, or with --once all was told    2  wrong use, or nothing is to be scaled
  1  with --once --apply: a change failed    3  Docker or the project cannot be reached";

/// `dogwatch scale`.
#[derive(Debug, Clone, Args)]
#[command(after_help = EXAMPLES)]
pub struct ScaleArgs {
    /// Only these services.
    #[arg(value_name = "SERVICE")]
    pub services: Vec<String>,

    /// Do it; without this it is only said.
    #[arg(long)]
    pub apply: bool,

    /// Look once, do what is due, and end.
    #[arg(long)]
    pub once: bool,

    /// Form of the lines.
    #[arg(long, value_enum, default_value_t)]
    pub format: Form,
}

/// Writes how a service stands, as one line.
///
/// # Errors
/// When `out` cannot be written.
pub fn line(scaling: &Scaling, form: Form, out: &mut dyn Write) -> io::Result<()> {
    if form == Form::Json {
        return writeln!(out, "{}", json!(scaling));
    }
    let Scaling { time, service, state, replicas, wanted, reason, .. } = scaling;
    let time = time.with_timezone(&Local).format("%H:%M:%S");
    let word = match state {
        ScaleState::Steady => "steady",
        ScaleState::Waiting => "waiting",
        ScaleState::LeftAlone => "left alone",
        ScaleState::WouldAct => "would",
        ScaleState::Acting => "scaling",
        ScaleState::Done => "done",
        ScaleState::Failed => "failed",
    };
    let count =
        if replicas == wanted { replicas.to_string() } else { format!("{replicas} -> {wanted}") };
    let service = service.as_str();
    writeln!(out, "{time}  {service:<14}  {word:<10}  {count:<8}  {reason}")
}

/// A change of scale as the audit log tells of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scaled {
    /// When it was decided.
    pub time: DateTime<Utc>,
    /// The service.
    pub service: ServiceName,
    /// Containers before.
    pub from: u32,
    /// Containers after.
    pub to: u32,
    /// Why.
    pub reason: SafeText,
    /// What came of it; `None` where that is not known.
    pub result: Option<SafeText>,
}

/// Writes a change of scale as one line among repairs.
///
/// # Errors
/// When `out` cannot be written.
pub fn scaled(scaled: &Scaled, form: Form, out: &mut dyn Write) -> io::Result<()> {
    let Scaled { time, service, from, to, reason, result } = scaled;
    if form == Form::Json {
        let value = json!({"kind": "scale", "time": time, "service": service, "from": from, "to": to,
            "reason": reason, "result": result});
        return writeln!(out, "{value}");
    }
    let time = time.with_timezone(&Local).format("%Y-%m-%d %H:%M:%S");
    let verb = format!("scale {from} to {to}");
    let result = result.as_ref().map_or("open", SafeText::as_str);
    writeln!(out, "{time}  {service:<14}  {verb:<14}  {result:<7}  {reason}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_says_from_where_to_where_and_why() {
        let scaling = Scaling {
            time: DateTime::UNIX_EPOCH,
            service: "worker".into(),
            state: ScaleState::WouldAct,
            replicas: 1,
            wanted: 3,
            reason: "45.0 for each container".into(),
            changed: 0,
            failed: 0,
        };
        let written = |form| {
            let mut out = Vec::new();
            line(&scaling, form, &mut out).unwrap();
            String::from_utf8(out).unwrap()
        };
        let text = written(Form::Text);
        assert!(
            text.ends_with("worker          would       1 -> 3    45.0 for each container\n"),
            "{text}"
        );
        let value: serde_json::Value = serde_json::from_str(&written(Form::Json)).unwrap();
        assert_eq!((&value["state"], &value["wanted"]), (&json!("would_act"), &json!(3)));
    }
}
