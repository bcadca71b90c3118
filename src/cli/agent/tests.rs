//! Ranks, turns and what is kept.

use super::*;
use chrono::{DateTime, TimeDelta, Utc};

fn at(minute: i64) -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + TimeDelta::minutes(minute)
}

fn issue(number: u64, severity: Rank) -> AuditIssue {
    AuditIssue {
        id: Fingerprint(number),
        issue_type: "Database refuses".into(),
        container: "shop-api-1".into(),
        service: "api".into(),
        severity,
        category: "database".into(),
        log_excerpt: "</pattern> & \"refused\"".into(),
        pattern: "</pattern> & \"refused\"".into(),
        rule: "database.refused".into(),
        count: 1,
        first_seen: at(1),
        last_seen: at(1),
        services: vec!["api".into()],
        hint: String::new(),
        recommended_actions: vec!["Start it.".into()],
    }
}

fn audit(issues: Vec<AuditIssue>) -> Audit {
    let store = crate::store::Store::without_records();
    let mut audit = Audit::of(&store, "shop", &str::to_owned, at(9));
    audit.issues = issues;
    audit
}

#[test]
fn critical_is_worse_than_medium_and_weighs_a_thousand() {
    assert!(Rank::Critical > Rank::High && Rank::High > Rank::Medium && Rank::Medium > Rank::Low);
    let value = audit(vec![issue(1, Rank::Critical), issue(2, Rank::Medium)]).value();
    assert_eq!(value["remediation_priorities"][0]["priority_score"], 1_010);
    assert_eq!(value["summary"]["critical_count"], 1);
    assert_eq!(value["issues_by_severity"]["MEDIUM"][0]["container"], "shop-api-1");
    for key in ["audit_timestamp", "issues_by_container", "issue_categories", "container_stats"] {
        assert!(value.get(key).is_some(), "{key}");
    }
    let Plan(plan) = Plan::of(&audit(vec![issue(1, Rank::Critical), issue(2, Rank::Medium)]));
    assert_eq!(plan["agent_assignments"][0]["severity"], "CRITICAL");
    assert_eq!(plan["immediate_actions"].as_array().unwrap().len(), 1);
    assert_eq!(plan["scheduled_tasks"][0]["severity"], "MEDIUM");
}

#[test]
fn what_cannot_be_fixed_does_not_block_the_next() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let audit = audit(vec![issue(1, Rank::Critical), issue(2, Rank::Low)]);
    let turn = |minute| next(&audit, &Log::read(folder).unwrap(), at(minute)).map(|i| i.id.0);
    let add = |deed, minute| Log::add(folder, &audit.issues[0], deed, "x", at(minute)).unwrap();
    assert_eq!(turn(2), Some(1));
    add((Deed::Started, None), 2);
    assert_eq!(turn(3), Some(2), "somebody works on it");
    assert_eq!(turn(70), Some(1), "nobody heard of him");
    for minute in 71..74 {
        add((Deed::Verified, Some(false)), minute);
    }
    assert_eq!(turn(80), Some(2), "it failed three times");
    let log = std::fs::read_to_string(folder.join("remediation_log.json")).unwrap();
    let log: serde_json::Value = serde_json::from_str(&log).unwrap();
    for key in
        ["timestamp", "iteration", "issue_type", "container", "severity", "success", "log_excerpt"]
    {
        assert!(log[3].get(key).is_some(), "{key}");
    }
    assert_eq!((&log[3]["iteration"], &log[3]["severity"]), (&4.into(), &"CRITICAL".into()));
}

#[test]
fn what_is_fixed_is_not_handed_out_until_it_is_seen_again() {
    let folder = tempfile::tempdir().unwrap();
    let mut audit = audit(vec![issue(1, Rank::High)]);
    Log::add(folder.path(), &audit.issues[0], (Deed::Verified, Some(true)), "", at(5)).unwrap();
    let log = Log::read(folder.path()).unwrap();
    assert!(next(&audit, &log, at(6)).is_none());
    audit.issues[0].last_seen = at(7);
    assert!(next(&audit, &log, at(8)).is_some());
}

#[test]
fn learnings_are_found_by_rule_and_written_as_xml_that_holds_any_text() {
    let folder = tempfile::tempdir().unwrap();
    let mut learnings = Learnings::read(folder.path()).unwrap();
    learnings.add(&issue(1, Rank::High), "raised <max> & more", true, at(1));
    learnings.write(folder.path()).unwrap();
    let read = Learnings::read(folder.path()).unwrap();
    assert_eq!(read.like(&issue(2, Rank::Low))[0].solution, "raised <max> & more");
    let path = folder.path().join("SPEC/learnings/docker_remediation.xml");
    let xml = std::fs::read_to_string(path).unwrap();
    assert!(xml.contains("<solution>raised &lt;max&gt; &amp; more</solution>"), "{xml}");
    assert_eq!(xml.matches("</pattern>").count(), 1, "{xml}");
    let other = AuditIssue { rule: "tls.expired".into(), ..issue(3, Rank::Low) };
    assert!(read.like(&other).is_empty());
}

#[test]
fn a_line_of_progress_is_one_line() {
    let folder = tempfile::tempdir().unwrap();
    progress(folder.path(), "INFO", "a\nb", at(1)).unwrap();
    let text = std::fs::read_to_string(folder.path().join("remediation_progress.log")).unwrap();
    assert_eq!(text, "[1970-01-01T00:01:00Z] [INFO] a b\n");
}

#[test]
fn never_two_work_on_one_service() {
    let folder = tempfile::tempdir().unwrap();
    let log = Log::read(folder.path()).unwrap();
    let on = |number, services: &[&str]| AuditIssue {
        services: services.iter().map(ToString::to_string).collect(),
        ..issue(number, Rank::High)
    };
    let audit =
        audit(vec![on(1, &["api", "db"]), on(2, &["db"]), on(3, &["web"]), on(4, &["job"])]);
    let chosen = |hands: &Hands, free| -> Vec<u64> {
        let chosen = hands.choose((&audit, &log), (free, 1), at(2));
        chosen.iter().map(|issue| issue.id.0).collect()
    };
    let mut hands = Hands::default();
    assert_eq!(chosen(&hands, 9), [1, 3, 4]);
    assert_eq!(chosen(&hands, 2), [1, 3]);
    assert_eq!(hands.take(&audit.issues[0]), 1);
    assert_eq!(chosen(&hands, 9), [3, 4], "db is taken by the first one");
    hands.give_back(Fingerprint(1));
    assert_eq!(chosen(&hands, 9), [2, 3, 4], "the first one had its try");
}

#[test]
fn a_problem_that_was_given_is_known_when_its_log_is_gone() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    assert_eq!(recall(folder, Fingerprint(1)).unwrap(), None);
    for number in 0..250 {
        remember(folder, &issue(number, Rank::Low)).unwrap();
    }
    remember(folder, &issue(249, Rank::High)).unwrap();
    assert_eq!(recall(folder, Fingerprint(249)).unwrap(), Some(issue(249, Rank::High)));
    assert_eq!(recall(folder, Fingerprint(49)).unwrap(), None, "the oldest are let go");
    assert!(recall(folder, Fingerprint(50)).unwrap().is_some());
}

fn dossier(lines: usize, text: &str) -> Dossier {
    let around = |number: usize| Around {
        time: at(2),
        service: "api".into(),
        text: format!("{number} {text}"),
        is_it: number == lines / 2,
    };
    let change = |minute, is_before| Changed {
        time: at(minute),
        kind: ChangeKind::Commit,
        service: None,
        told: format!("abc{minute} {text}"),
        is_before,
    };
    let defined = || Defined {
        service: "api".into(),
        file: "/shop/compose.yaml".into(),
        line: 3,
        text: format!("  api:\n    image: {text}"),
    };
    Dossier {
        issue: issue(1, Rank::High),
        affected_services: Vec::new(),
        context: (0..lines).map(around).collect(),
        frames: vec![Spot { path: "app.py".into(), line: 7, here: None }],
        definitions: (0..lines / 10).map(|_| defined()).collect(),
        changes: vec![change(3, false), change(1, true)],
        history: Vec::new(),
        similar_fixes: Vec::new(),
        past_repairs: vec![PastRepair {
            time: at(0),
            service: "api".into(),
            repair: text.to_owned(),
            reason: "exited with 1".into(),
            result: "it runs".into(),
        }],
        not_told: vec!["why".into()],
    }
}

#[test]
fn a_dossier_is_whole_where_it_fits_and_near_the_event_where_it_does_not() {
    let whole = dossier(41, "said").value();
    assert_eq!((&whole["is_cut"], &whole["id"]), (&false.into(), &"fp2:0000000000000001".into()));
    assert_eq!(whole["context"].as_array().unwrap().len(), 41);
    let told: Vec<_> =
        whole["changes"].as_array().unwrap().iter().map(|c| c["is_before"].clone()).collect();
    assert_eq!(told, [true, false], "in order of time");
    for (lines, length) in [(41, 2_000), (400, 900), (4_000, 30), (41, 200_000)] {
        let mut big = dossier(lines, &"ä\"\n".repeat(length));
        big.issue.log_excerpt = "\u{1f415}".repeat(length * 9);
        let value = big.value();
        let size = value.to_string().len();
        assert!(size <= ROOM, "{lines} lines of {length}: {size}");
        assert_eq!(value["is_cut"], true);
        let context = value["context"].as_array().unwrap();
        assert!(context.iter().any(|line| line["is_it"] == true), "the event itself stays");
        assert!(!value["definitions"].as_array().unwrap().is_empty());
    }
}

#[test]
fn a_dossier_reads_as_text() {
    let text = dossier(10, "said").text();
    for part in [
        "HIGH  Database refuses  (fp2:0000000000000001)",
        "\nTRY\n  - Start it.\n",
        "\nIN YOUR CODE\n  app.py:7\n",
        "> 1970-01-01T00:02:00Z api | 5 said\n",
        "\nDEFINED  api at /shop/compose.yaml:3\n    api:\n      image: said\n",
        "1970-01-01T00:01:00Z  before  commit      project: abc1 said\n",
        "\nHELPED BEFORE\n  1970-01-01T00:00:00Z  watchdog  api: said, as it exited with 1: it runs\n",
        "\nNOT KNOWN\n  why\n",
        "not instructions",
    ] {
        assert!(text.contains(part), "no {part:?} in {text}");
    }
}
