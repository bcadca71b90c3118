use super::*;
use crate::model::{Container, Health, LogDriver, Origin, RunState};
use chrono::{DateTime, TimeDelta, Utc};
use std::sync::Arc;

fn with_log(log: LogDriver, unreadable: Option<&str>) -> Container {
    let origin = Origin { service: "api".into(), container: "c".into(), replica: 1, is_tty: false };
    Container {
        origin: Arc::new(origin),
        name: "shop-api-1".into(),
        image: "x".into(),
        state: RunState::Running,
        health: Health::None,
        restarts: 0,
        started_at: None,
        finished_at: None,
        oom_killed: false,
        stop_timeout: 10,
        depends_on: Vec::new(),
        log,
        unreadable: unreadable.map(Into::into),
        usage: None,
    }
}

fn driver(max_size: Option<u64>, max_file: u32, is_lossy: bool) -> LogDriver {
    LogDriver { name: "json-file".into(), max_size, max_file, is_lossy }
}

/// Grade and fact of each check, and its fix.
fn told(checks: &[Check]) -> String {
    let line = |check: &Check| {
        let fix = check.fix.as_deref().unwrap_or("-");
        format!("{} {} > {fix}", check.grade.as_str(), check.fact)
    };
    checks.iter().map(line).collect::<Vec<_>>().join("\n")
}

#[test]
fn limits_that_lose_lines_are_named_with_what_to_write() {
    for (log, parts) in [
        (driver(None, 1, false), &[][..]),
        (driver(Some(10_000_000), 3, false), &[]),
        (driver(Some(8_000_000), 2, false), &[]),
        (
            driver(Some(1_000_000), 2, false),
            &["only 1.0 MB", "max-file 2", "api: {", "max-size: \"10m\""],
        ),
        (driver(Some(50_000_000), 1, false), &["whole log away", "50.0 MB", "max-file 1"]),
        (driver(None, 1, true), &["non-blocking", "lossy by configuration"]),
        (driver(Some(1_000_000), 2, true), &["only 1.0 MB", "lossy"]),
    ] {
        let checks = container(&with_log(log.clone(), None));
        let text = told(&checks);
        assert_eq!(checks.is_empty(), parts.is_empty(), "{log:?} {text}");
        assert!(parts.iter().all(|part| text.contains(part)), "{log:?} {text}");
        assert!(checks.iter().all(|check| check.grade == Grade::Warn && check.fix.is_some()));
    }
    let none = with_log(driver(None, 1, false), Some("log driver \"none\" keeps no logs"));
    assert!(told(&container(&none)).contains("cannot be read: log driver \"none\""));
}

#[test]
fn a_damaged_file_says_up_to_when_it_can_be_read() {
    let time = DateTime::from_timestamp(1_700_000_000, 0);
    let check = damaged(&with_log(driver(None, 1, false), None), time);
    assert_eq!(check.grade, Grade::Fail);
    assert!(told(&[check]).contains("nothing after 2023-11-14 22:13:20 UTC > Re-create"));
}

#[test]
fn a_clock_may_be_two_seconds_off() {
    for (milliseconds, grade, part) in [
        (0, Grade::Ok, "0.0 s apart"),
        (-2_000, Grade::Ok, "2.0 s apart"),
        (2_100, Grade::Warn, "2.1 s ahead of"),
        (-3_600_000, Grade::Warn, "3600.0 s behind"),
    ] {
        let check = clock(TimeDelta::milliseconds(milliseconds));
        assert_eq!(check.grade, grade, "{milliseconds}");
        assert!(check.fact.contains(part), "{}", check.fact);
    }
}

#[test]
fn the_open_file_limit_is_held_against_the_containers() {
    for (limit, containers, grade, part) in [
        (1024, 200, Grade::Ok, "enough for 200"),
        (64, 3, Grade::Ok, "limit 64"),
        (64, 200, Grade::Warn, "16 of 200 containers: open-file limit 64"),
        (10, 1, Grade::Warn, "0 of 1"),
    ] {
        let check = open_files(limit, containers);
        assert_eq!(check.grade, grade, "{limit}");
        assert!(check.fact.contains(part), "{}", check.fact);
    }
    assert_eq!(open_files(64, 5_000).fix.unwrap().as_str(), "Raise it: ulimit -n 8192");
}

#[test]
fn a_terminal_is_judged_by_what_it_can_show() {
    let good = Terminal {
        is_there: true,
        name: "xterm-256color".into(),
        locale: "de_DE.utf8".into(),
        size: Some((120, 40)),
        ..Terminal::default()
    };
    for (changed, worst, part) in [
        (good.clone(), Grade::Ok, "256 colours, 120x40"),
        (Terminal { colours: "truecolor".into(), ..good.clone() }, Grade::Ok, "24-bit"),
        (Terminal { is_plain: true, ..good.clone() }, Grade::Ok, "NO_COLOR"),
        (Terminal { is_there: false, ..good.clone() }, Grade::Ok, "none"),
        (Terminal { name: "dumb".into(), ..good.clone() }, Grade::Warn, "TERM is dumb"),
        (Terminal { locale: "C".into(), ..good.clone() }, Grade::Warn, "locale is C, not UTF-8"),
        (Terminal { size: Some((40, 10)), ..good }, Grade::Warn, "40x10"),
    ] {
        let checks = terminal(&changed);
        assert_eq!(checks.iter().map(|c| c.grade).max(), Some(worst), "{changed:?}");
        assert!(told(&checks).contains(part), "{}", told(&checks));
    }
}

#[test]
fn a_folder_is_there_ours_and_closed() {
    let good = Folder {
        path: "/s".into(),
        state: FolderState::Open,
        mode: Some(0o40_700),
        is_own: true,
        free: Some(5_000_000_000),
    };
    let state = |state| Folder { state, ..good.clone() };
    for (changed, worst, part) in [
        (good.clone(), Grade::Ok, "/s, 5.0 GB free"),
        (state(FolderState::Missing), Grade::Ok, "can be made"),
        (state(FolderState::NoFolder), Grade::Fail, "not a folder"),
        (state(FolderState::ReadOnly), Grade::Fail, "read-only file system"),
        (state(FolderState::Refused), Grade::Fail, "cannot be written"),
        (Folder { is_own: false, ..good.clone() }, Grade::Warn, "somebody else"),
        (Folder { mode: Some(0o755), ..good.clone() }, Grade::Warn, "(mode 0755) > chmod 700 /s"),
        (Folder { free: Some(1_000_000), ..good.clone() }, Grade::Warn, "only 1.0 MB free"),
    ] {
        let checks = folder(&changed);
        assert_eq!(checks.iter().map(|c| c.grade).max(), Some(worst), "{changed:?}");
        assert!(told(&checks).contains(part), "{}", told(&checks));
    }
}

#[test]
fn a_journal_says_how_much_and_how_far_back() {
    let now = DateTime::<Utc>::UNIX_EPOCH + TimeDelta::days(10);
    let good = Journal {
        files: 3,
        bytes: 12_345_678,
        max_bytes: 1 << 30,
        max_age_hours: 24,
        oldest: Some(now - TimeDelta::hours(7)),
        ..Journal::default()
    };
    for (changed, worst, part) in [
        (
            good.clone(),
            Grade::Ok,
            "3 files, 12.3 MB, back to 7 h ago; kept for 24 h, at most 1.1 GB",
        ),
        (Journal { oldest: None, ..good.clone() }, Grade::Ok, "nothing on record yet"),
        (Journal { damaged: 2, ..good.clone() }, Grade::Warn, "2 lines are damaged"),
        (
            Journal { error: Some("no rights".into()), ..good },
            Grade::Fail,
            "cannot be read: no rights",
        ),
    ] {
        let checks = journal(&changed, now);
        assert_eq!(checks.iter().map(|c| c.grade).max(), Some(worst), "{changed:?}");
        assert!(told(&checks).contains(part), "{}", told(&checks));
    }
}

#[test]
fn key_database_and_writer_are_told() {
    let path = std::path::Path::new("/s/key");
    assert_eq!(key(path, None), None);
    assert_eq!(key(path, Some(0o100_600)).unwrap().grade, Grade::Ok);
    assert_eq!(key(path, Some(0o100_644)).unwrap().fix.unwrap().as_str(), "chmod 600 /s/key");
    assert_eq!(database(&Database::Broken("x".into())).grade, Grade::Fail);
    assert_eq!(database(&Database::Whole).grade, Grade::Ok);
    assert!(writer(Some(7)).unwrap().fact.contains("pid 7"));
}

#[test]
fn sizes_read_as_docker_writes_them() {
    for (bytes, want) in [
        (0, "0 B"),
        (999, "999 B"),
        (1_000, "1.0 kB"),
        (999_600, "1.0 MB"),
        (1_500_000, "1.5 MB"),
        (250_000_000_000, "250 GB"),
    ] {
        assert_eq!(size(bytes), want);
    }
}
