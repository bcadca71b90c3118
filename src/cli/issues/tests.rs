//! What is chosen, and what is kept of it.

use super::*;
use crate::{
    cli::{Arguments, Command},
    model::{FiledIssue, IssueDraft},
};
use chrono::DateTime;
use clap::Parser as _;

fn args(line: &str) -> Result<IssuesArgs, clap::Error> {
    let arguments = Arguments::try_parse_from(line.split_whitespace())?;
    let Some(Command::Issues(args)) = arguments.command else { panic!("{line}") };
    Ok(args)
}

#[test]
fn flags_that_users_know_are_understood_and_slips_refused() {
    let plain = args("dogwatch issues").unwrap();
    assert!(!plain.filing.create_issues && plain.filing.min_occurrences == 1);
    assert!(args("dogwatch issues --dry-run").unwrap().dry_run);
    let asked =
        args("dogwatch issues --create-issues --min-occurrences 3 --repo acme/shop --clear-cache")
            .unwrap();
    assert!(asked.filing.create_issues && asked.clear_cache);
    assert_eq!(
        (asked.filing.min_occurrences, asked.filing.repo.as_deref()),
        (3, Some("acme/shop"))
    );
    assert!(matches!(
        args("dogwatch issues sync").unwrap().action,
        Some(IssuesCommand::Sync { .. })
    ));
    for line in [
        "dogwatch issues --dry-run --create-issues",
        "dogwatch issues --repo shop",
        "dogwatch issues list --create-issues",
    ] {
        assert_eq!(args(line).unwrap_err().exit_code(), 2, "{line}");
    }
}

#[test]
fn the_cache_reads_back_and_lists_what_is_unknown() {
    let folder = tempfile::tempdir().unwrap();
    let path = cache_file(&folder.path().join("shop"));
    let mut cache = Cache::read(&path).unwrap();
    let now = DateTime::UNIX_EPOCH;
    let issue =
        FiledIssue { number: 7, url: "https://x/7".into(), is_open: false, is_declined: false };
    cache.note(Fingerprint(1), "[ERROR] One", Some(issue), now);
    cache.note(Fingerprint(2), "[ERROR] Two", None, now);
    cache.write(&path).unwrap();
    assert_eq!(Cache::read(&path).unwrap(), cache);
    let mut out = Vec::new();
    list(&cache, false, &mut out).unwrap();
    let text = String::from_utf8(out).unwrap();
    assert!(text.contains("#7") && text.contains("closed") && text.contains("unknown"), "{text}");
    std::fs::write(&path, "{").unwrap();
    assert!(Cache::read(&path).is_err(), "a broken file is not taken for an empty one");
}

#[test]
fn programs_are_told_the_whole_text() {
    let draft = IssueDraft {
        fingerprint: Fingerprint(1),
        title: "[ERROR] One".into(),
        body: "text".into(),
        labels: vec!["bug".into()],
        masked: 2,
    };
    let line = Line { verdict: Verdict::WouldFile, draft, issue: None, error: None };
    let mut out = Vec::new();
    write(&[line], true, false, &mut out).unwrap();
    let value: serde_json::Value = serde_json::from_slice(&out).unwrap();
    assert_eq!((&value[0]["verdict"], &value[0]["body"]), (&"would_file".into(), &"text".into()));
}

/// A problem that was seen once.
pub(super) fn group() -> ErrorGroup {
    let now = DateTime::UNIX_EPOCH;
    ErrorGroup {
        fingerprint: Fingerprint(1),
        template: "connection refused".into(),
        rule: crate::model::RuleId::from("database.refused"),
        guidance: std::sync::Arc::default(),
        category: crate::model::Category::Database,
        base_severity: Severity::Error,
        escalation: None,
        status: crate::model::Status::New,
        count: 1,
        first_seen: now,
        last_seen: now,
        services: Vec::new(),
        trend: crate::model::Trend::default(),
        samples: std::collections::VecDeque::new(),
        sessions: 1,
        issue: None,
        variety: crate::model::Variety::default(),
    }
}
