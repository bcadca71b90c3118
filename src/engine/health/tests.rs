use super::*;
use crate::{
    model::LogDriver,
    source::docker::{Examination, Examined, Risk},
};
use chrono::{DateTime, TimeDelta, Utc};

fn examined(unreadable: Option<&str>, risks: &[&str]) -> Examined {
    let risk = |sentence: &&str| Risk { sentence: (*sentence).into(), fix: "logging: {}".into() };
    Examined {
        name: "shop-api-1".into(),
        service: "api".into(),
        driver: LogDriver { name: "json-file".into(), max_file: 1, ..LogDriver::default() },
        size: None,
        unreadable: unreadable.map(Into::into),
        risks: risks.iter().map(risk).collect(),
    }
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
fn containers_are_told_one_by_one_where_something_is_wrong() {
    let found = |containers| Examination { containers, ..Examination::default() };
    for (containers_found, want) in [
        (vec![], "ok no containers yet > -"),
        (vec![examined(None, &[])], "ok 1 log can be read and keeps enough (json-file) > -"),
        (
            vec![examined(None, &[]), examined(None, &["only 1.0 MB are kept"])],
            "ok 1 log can be read and keeps enough (json-file) > -\n\
             warn only 1.0 MB are kept > logging: {}",
        ),
        (
            vec![examined(Some("log driver \"none\" keeps no logs"), &[])],
            "warn its log cannot be read: log driver \"none\" keeps no logs > Give it one that can, in the \
             compose file, then docker compose up -d: logging: {driver: json-file}",
        ),
    ] {
        assert_eq!(told(&containers(&found(containers_found))), want);
    }
}

#[test]
fn an_engine_is_judged_by_its_versions() {
    let found = |is_supported| Examination {
        engine: "28.5.2".into(),
        api: "1.51".into(),
        oldest_api: "1.44".into(),
        spoken_api: "1.41".into(),
        is_supported,
        clock_ahead: Some(TimeDelta::zero()),
        troubles: vec!["cannot ask".into()],
        ..Examination::default()
    };
    let good = engine(&found(true));
    assert_eq!(good[0].grade, Grade::Ok);
    assert!(good[0].fact.contains("28.5.2") && good[0].fact.contains("1.41"), "{good:?}");
    assert!(told(&good).contains("warn cannot ask"));
    assert_eq!(engine(&found(false))[0].grade, Grade::Fail);
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
            Journal { unreadable: Some("1 file: x: bad".into()), ..good.clone() },
            Grade::Warn,
            "1 file: x: bad; all others are read",
        ),
        (
            Journal { unreadable: Some("x: bad".into()), oldest: None, ..good.clone() },
            Grade::Warn,
            "nothing on record yet",
        ),
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
