//! `dogwatch repairs --audit` and `--verify`: who did what to services, and whether that was changed since.

use super::watchdog::Form;
use crate::{
    model::{Attempt, Ending, SafeText, ServiceName},
    store::{
        audit::{Line, Verified},
        state::RepairEntry,
    },
};
use chrono::Local;
use serde_json::json;
use std::{
    collections::BTreeSet,
    io::{self, Write},
};

/// Writes one entry.
///
/// # Errors
/// When `out` cannot be written.
pub fn entry(line: &Line, form: Form, out: &mut dyn Write) -> io::Result<()> {
    if form == Form::Json {
        return writeln!(out, "{}", json!(line));
    }
    let entry = &line.entry;
    let time = entry.time.with_timezone(&Local).format("%Y-%m-%d %H:%M:%S");
    let service = entry.service.as_ref().map_or("", |service| service.as_str());
    let (actor, action, reason) = (entry.actor.as_str(), &entry.action, &entry.reason);
    let result = entry.result.as_ref().map_or("", SafeText::as_str);
    let dry = if entry.dry_run { "  (dry run)" } else { "" };
    let arrow = if result.is_empty() { "" } else { " -> " };
    writeln!(out, "{time}  {actor:<8}  {service:<14}  {action:<16}  {reason}{arrow}{result}{dry}")
}

/// Attempts that were made and are not in the log: its end was cut off, or it was put in another's place.
///
/// `noted` are the attempts that it names.
pub fn missing<'a>(
    entries: &'a [RepairEntry],
    noted: &BTreeSet<(u64, ServiceName)>,
) -> Vec<&'a Attempt> {
    let was_made = |attempt: &&Attempt| {
        let ending = attempt.end.as_ref().map(|(_, ending, _)| *ending);
        attempt.acted_at.is_some() || matches!(ending, Some(Ending::Worked | Ending::Failed))
    };
    let attempts = entries.iter().filter_map(|entry| match entry {
        RepairEntry::Attempt(attempt) => Some(attempt),
        _ => None,
    });
    attempts
        .filter(was_made)
        .filter(|attempt| !noted.contains(&(attempt.number, attempt.service.clone())))
        .collect()
}

/// Writes what following the chain found; whether all is as it was written.
///
/// # Errors
/// When `out` cannot be written.
pub fn verdict(
    found: &Verified,
    missing: &[&Attempt],
    (project, form): (&str, Form),
    out: &mut dyn Write,
) -> io::Result<bool> {
    let is_whole = found.broken.is_none() && missing.is_empty();
    let Verified { entries, torn, last, broken } = found;
    if form == Form::Json {
        let broken = broken.as_ref().map(|(line, why)| json!({"line": line, "why": why}));
        let missing: Vec<_> =
            missing.iter().map(|a| json!({"number": a.number, "service": a.service})).collect();
        let value = json!({"entries": entries, "torn": torn, "last": last, "broken": broken,
            "missing": missing, "whole": is_whole});
        writeln!(out, "{value}")?;
        return Ok(is_whole);
    }
    let word = if is_whole { "whole" } else { "NOT as it was written" };
    writeln!(out, "audit log of {project}: {entries} entries, {word}")?;
    if *torn > 0 {
        writeln!(out, "  {torn} torn by a power cut")?;
    }
    if let Some((line, why)) = broken {
        writeln!(out, "  line {line}: {why}")?;
    }
    for attempt in missing {
        writeln!(out, "  attempt {} on {} is not in it", attempt.number, attempt.service)?;
    }
    writeln!(out, "  last line {last}")?;
    Ok(is_whole)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Remedy, Strategy};
    use chrono::DateTime;

    #[test]
    fn an_end_that_was_cut_off_is_found_by_the_attempts_that_are_missing() {
        let at = DateTime::from_timestamp(1_800_000_000, 0).unwrap();
        let attempt = |number: u64, ending: Option<Ending>| {
            RepairEntry::Attempt(Attempt {
                number,
                time: at,
                service: "api".into(),
                strategy: Strategy::Exited,
                remedy: Remedy::Start,
                targets: Vec::new(),
                config: "".into(),
                reason: "exited with 1".into(),
                course: None,
                acted_at: None,
                end: ending.map(|ending| (at, ending, "".into())),
            })
        };
        let entries = [
            attempt(1, Some(Ending::Worked)),
            attempt(2, Some(Ending::Skipped)),
            attempt(3, Some(Ending::Failed)),
            attempt(4, None),
        ];
        let noted = BTreeSet::from([(1, "api".into())]);
        let missing = missing(&entries, &noted);
        assert_eq!(missing.iter().map(|a| a.number).collect::<Vec<_>>(), [3]);
        let mut out = Vec::new();
        let found = Verified { entries: 2, last: "ab".to_owned(), ..Verified::default() };
        assert!(!verdict(&found, &missing, ("shop", Form::Text), &mut out).unwrap());
        let text = String::from_utf8(out).unwrap();
        assert!(text.contains("NOT as it was written"), "{text}");
        assert!(text.contains("attempt 3 on api is not in it"), "{text}");
        assert!(verdict(&found, &[], ("shop", Form::Json), &mut Vec::new()).unwrap());
    }
}
