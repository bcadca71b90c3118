//! `dogwatch doctor`: what was looked at, how good it is, and what to do about it.

use super::history::ColourWish;
use crate::engine::health::{Check, Grade};
use clap::Args;
use serde::Serialize;
use std::io::{self, Write};

const EXAMPLES: &str = "\
Examples:
  dogwatch doctor                  this machine, Docker, and the project of this folder
  dogwatch doctor -p shop --json   for programs

Exit codes:
  0  all right    1  something should be done    3  Docker cannot be reached";

/// `dogwatch doctor`.
#[derive(Debug, Clone, Args)]
#[command(after_help = EXAMPLES)]
pub struct DoctorArgs {
    /// As JSON.
    #[arg(long)]
    pub json: bool,

    /// Colours in text.
    #[arg(long, value_enum, default_value_t, value_name = "WHEN")]
    pub color: ColourWish,
}

#[derive(Serialize)]
struct Document<'a> {
    schema_version: u32,
    grade: Grade,
    checks: &'a [Check],
}

/// The worst grade; nothing looked at is all right.
pub fn worst(checks: &[Check]) -> Grade {
    checks.iter().map(|check| check.grade).max().unwrap_or(Grade::Ok)
}

/// Writes one line a check, and its fix on a line below.
///
/// # Errors
/// When `out` cannot be written.
pub fn text(checks: &[Check], has_colour: bool, out: &mut dyn Write) -> io::Result<()> {
    let width = checks.iter().map(|c| c.subject.chars().count()).max().unwrap_or(0).min(32);
    for Check { subject, grade, fact, fix } in checks {
        let (begin, end) = match (has_colour, grade) {
            (false, _) => ("", ""),
            (true, Grade::Ok) => ("\x1b[32m", "\x1b[0m"),
            (true, Grade::Warn) => ("\x1b[1;33m", "\x1b[0m"),
            (true, Grade::Fail) => ("\x1b[1;31m", "\x1b[0m"),
        };
        writeln!(out, "{begin}{:<4}{end}  {subject:<width$}  {fact}", grade.as_str())?;
        if let Some(fix) = fix {
            writeln!(out, "      {:<width$}  fix: {fix}", "")?;
        }
    }
    let of = |grade| checks.iter().filter(|check| check.grade == grade).count();
    match (of(Grade::Warn), of(Grade::Fail)) {
        (0, 0) => writeln!(out, "All right."),
        (warn, fail) => writeln!(out, "{warn} to look at, {fail} broken."),
    }
}

/// Writes all of it as one document.
///
/// # Errors
/// When `out` cannot be written.
pub fn json(checks: &[Check], out: &mut dyn Write) -> io::Result<()> {
    let document = Document { schema_version: 1, grade: worst(checks), checks };
    serde_json::to_writer_pretty(&mut *out, &document)?;
    out.write_all(b"\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checks() -> Vec<Check> {
        vec![
            Check::ok("docker", "there"),
            Check::warn("shop-a\u{1b}[2Jpi-1", "keeps little", "Keep more."),
            Check::fail("state", "read-only", "Mount it."),
        ]
    }

    #[test]
    fn one_line_a_check_and_the_fix_below() {
        let mut out = Vec::new();
        text(&checks(), false, &mut out).unwrap();
        assert_eq!(
            String::from_utf8(out).unwrap(),
            "ok    docker      there\n\
             warn  shop-api-1  keeps little\n                  fix: Keep more.\n\
             fail  state       read-only\n                  fix: Mount it.\n\
             1 to look at, 1 broken.\n"
        );
    }

    #[test]
    fn programs_read_the_grades() {
        let mut out = Vec::new();
        json(&checks(), &mut out).unwrap();
        let json: serde_json::Value = serde_json::from_slice(&out).unwrap();
        assert_eq!((&json["schema_version"], &json["grade"]), (&1.into(), &"fail".into()));
        assert_eq!(json["checks"][1]["fix"], "Keep more.");
        assert!(json["checks"][0]["fix"].is_null());
        assert_eq!(worst(&[]), Grade::Ok);
    }
}
