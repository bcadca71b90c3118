//! A journal as it is written, broken, closed and read.

mod faults;

use super::{Error, Fault, Journal, Opened, Reader, ServiceLimits, Settings, Stop, Swept};
use crate::model::{
    GapReason, Level, LogRecord, Position, Query, RecordId, Row, RowGap, Speaker, Stream,
    TextMatcher,
};
use chrono::{DateTime, Duration, Utc};
use std::{collections::BTreeSet, fs, ops::ControlFlow, path::Path};

fn at(millis: i64) -> DateTime<Utc> {
    DateTime::from_timestamp_millis(1_700_000_000_000 + millis).unwrap()
}

/// A row whose time is its number in milliseconds.
fn row<'a>(id: u64, service: &'a str, text: &'a str) -> Row<'a> {
    Row {
        id,
        time: Some(at(id as i64)),
        line_time: None,
        source: Speaker::Container,
        service: service.into(),
        container: "c0ffee".into(),
        replica: 1,
        run: Some(at(0)),
        stream: Stream::Stderr,
        level: Level::Error,
        text: text.into(),
        message_at: 0,
        fields: std::collections::BTreeMap::default(),
        redacted: Vec::new(),
        gap: None,
    }
}

fn small() -> Settings {
    Settings { file_bytes: 64 << 10, ..Settings::default() }
}

fn open(folder: &Path) -> (Journal, Opened) {
    open_with(folder, &small())
}

fn open_with(folder: &Path, settings: &Settings) -> (Journal, Opened) {
    Journal::open(folder, settings.clone(), at(0)).unwrap()
}

/// Writes rows `from..to` of two services in turn; every hundredth names a needle.
fn fill(journal: &mut Journal, ids: std::ops::Range<u64>) {
    for id in ids {
        let text =
            if id % 100 == 0 { format!("a Needle {id}") } else { format!("line {id} \"of\" hay") };
        journal.append(&row(id, if id % 2 == 0 { "api" } else { "db" }, &text));
        if id % 64 == 0 {
            journal.flush().unwrap();
        }
    }
    journal.flush().unwrap();
}

fn compress_all(journal: &Journal) {
    while journal.chores().compress_one().unwrap() {}
}

fn ids(reader: &Reader) -> Vec<u64> {
    let mut ids = Vec::new();
    let take = |record: LogRecord| {
        ids.push(record.id.0);
        ControlFlow::Continue(())
    };
    let scanned = reader.scan(&Query::default(), None, None, &Stop::default(), take).unwrap();
    assert!(scanned.is_complete);
    ids
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.contains(".ndjson"))
        .collect();
    names.sort();
    names
}

fn word(text: &str) -> Query {
    Query { text: vec![TextMatcher::parse(text).unwrap().unwrap()], ..Query::default() }
}

#[test]
fn what_is_written_is_read_back_in_order_over_files_plain_and_compressed() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path().join("p/journal");
    let (mut journal, opened) = open(&folder);
    assert_eq!(opened, Opened { next_id: RecordId(1), ..Opened::default() });
    fill(&mut journal, 1..3_000);
    let reader = journal.reader();
    let all: Vec<_> = (1..3_000).collect();
    assert!(names(&folder).len() > 4, "{:?}", names(&folder));
    assert_eq!(ids(&reader), all);
    assert!(journal.chores().compress_one().unwrap());
    assert_eq!(ids(&reader), all);
    compress_all(&journal);
    assert_eq!(ids(&reader), all);
    assert_eq!(names(&folder).iter().filter(|name| !name.contains(".gz")).count(), 1);
    drop(journal);
    let (mut journal, opened) = open(&folder);
    assert_eq!(opened.next_id, RecordId(3_000));
    fill(&mut journal, 3_000..3_010);
    assert_eq!(ids(&Reader::new(&folder)), (1..3_010).collect::<Vec<_>>());
}

#[test]
fn pages_walk_both_ways_without_a_seam() {
    let folder = tempfile::tempdir().unwrap();
    let (mut journal, _) = open(folder.path());
    fill(&mut journal, 1..2_000);
    compress_all(&journal);
    let (reader, stop) = (journal.reader(), Stop::default());
    let even = Query { services: BTreeSet::from(["api".into()]), ..Query::default() };
    for (query, want) in [
        (Query::default(), (1..2_000).collect::<Vec<u64>>()),
        (even, (2..2_000).step_by(2).collect()),
        (word("needle"), (100..2_000).step_by(100).collect()),
        (word("Needle"), (100..2_000).step_by(100).collect()),
        (word("NEEDLE"), vec![]),
        (word("/needle [0-9]+00$/"), (100..2_000).step_by(100).collect()),
        (word("\"of\""), (1..2_000).filter(|id| id % 100 != 0).collect()),
        (word("!hay"), (100..2_000).step_by(100).collect()),
    ] {
        let mut seen = Vec::new();
        let mut before = None;
        loop {
            let page = reader.records_before(&query, before, 77, &stop).unwrap();
            assert_eq!(page.skipped, 0);
            let mut page_ids: Vec<_> = page.records.iter().map(|r| r.id.0).collect();
            page_ids.extend(seen);
            seen = page_ids;
            before = page.records.first().map(|r| r.position());
            if page.is_end {
                break;
            }
        }
        assert_eq!(seen, want, "{query:?}");
        let mut seen = Vec::new();
        let mut after = None;
        loop {
            let page = reader.records_after(&query, after, 77, &stop).unwrap();
            seen.extend(page.records.iter().map(|r| r.id.0));
            after = page.records.last().map(|r| r.position());
            if page.is_end {
                break;
            }
        }
        assert_eq!(seen, want, "{query:?}");
    }
}

#[test]
fn rows_that_come_late_stand_at_their_time() {
    let folder = tempfile::tempdir().unwrap();
    let (mut journal, _) = open(folder.path());
    // Three containers' backlogs one after the other: every file spans what the others span.
    let mut id = 0;
    let mut want = Vec::new();
    for container in 0..3_i64 {
        for n in 0..900_i64 {
            id += 1;
            let time = at(n * 10 + container);
            want.push((time, id));
            journal.append(&Row { time: Some(time), ..row(id, "api", "text") });
        }
        journal.flush().unwrap();
    }
    compress_all(&journal);
    want.sort_unstable();
    let want: Vec<_> = want.into_iter().map(|(_, id)| id).collect();
    let reader = journal.reader();
    assert_eq!(ids(&reader), want);
    let stop = Stop::default();
    let page = reader.records_before(&Query::default(), None, 500, &stop).unwrap();
    let newest: Vec<_> = page.records.iter().map(|r| r.id.0).collect();
    assert_eq!(newest, want[want.len() - 500..]);
    assert!(!page.is_end);
    let middle = Position { time: at(4_501), id: RecordId(want[1_351]) };
    let around = reader.around(&Query::default(), middle, 5, 7, &stop).unwrap();
    let seen: Vec<_> = around.records.iter().map(|r| r.id.0).collect();
    assert_eq!(seen, want[1_346..1_359]);
    assert_eq!((around.at, around.is_start, around.is_end), (5, false, false));
    let gone = Position { time: at(4_501), id: RecordId(0) };
    let around = reader.around(&Query::default(), gone, 5, 7, &stop).unwrap();
    assert_eq!((around.records.len(), around.at), (12, 5));
}

#[test]
fn more_than_memory_may_hold_is_walked_in_several_passes() {
    use super::merge::{Found, Merge};
    let hit = |n: i64| super::filter::Hit {
        position: Position { time: at(n), id: RecordId(1) },
        line: (n as usize * 2)..(n as usize * 2 + 1),
    };
    let bytes: Vec<u8> = (0..100_u8).flat_map(|n| [n, b'\n']).collect();
    let mut merge = Merge::default();
    merge.add(Found::new(bytes.clone(), (0..100).filter(|n| n % 2 == 0).map(hit).collect()));
    merge.add(Found::new(bytes.clone(), (0..100).rev().filter(|n| n % 2 == 1).map(hit).collect()));
    for n in 0..10 {
        assert_eq!(merge.next(|_| true), Some(&[n][..]));
    }
    let cut = merge.halve().unwrap();
    assert_eq!(cut.time, at(55));
    merge.keep_before(cut);
    merge.add(Found::new(
        bytes,
        (50..60)
            .map(hit)
            .map(|mut h| {
                h.position.id = RecordId(2);
                h
            })
            .collect(),
    ));
    merge.keep_before(cut);
    assert_eq!(merge.next(|p| p.time < at(10)), None);
    let mut rest = Vec::new();
    while let Some(line) = merge.next(|_| true) {
        rest.push(line[0]);
    }
    let mut want: Vec<u8> = (10..55).chain(50..55).collect();
    want.sort_unstable();
    assert_eq!(rest, want);
}

#[test]
fn a_walk_ends_when_it_is_told_to() {
    let folder = tempfile::tempdir().unwrap();
    let (mut journal, _) = open(folder.path());
    fill(&mut journal, 1..2_000);
    let (reader, stop) = (journal.reader(), Stop::default());
    let mut seen = 0;
    let take = |_| {
        seen += 1;
        if seen == 10 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    };
    reader.scan(&Query::default(), None, None, &stop, take).unwrap();
    assert_eq!(seen, 10);
    let mut seen = Vec::new();
    let take = |record: LogRecord| {
        seen.push(record.id.0);
        ControlFlow::Continue(())
    };
    reader.scan(&Query::default(), Some(at(100)), Some(at(110)), &stop, take).unwrap();
    assert_eq!(seen, (100..110).collect::<Vec<_>>());
    let mut seen = 0;
    let take = |_| {
        seen += 1;
        stop.stop();
        ControlFlow::Continue(())
    };
    let scanned = reader.scan(&Query::default(), None, None, &stop, take).unwrap();
    assert_eq!((seen, scanned.is_complete), (1, false));
    let page = reader.records_before(&Query::default(), None, 10, &stop);
    assert!(matches!(page, Err(super::Error::Stopped)));
}

#[test]
fn gaps_fields_and_masks_come_back() {
    let folder = tempfile::tempdir().unwrap();
    let (mut journal, _) = open(folder.path());
    fill(&mut journal, 1..500);
    let gap = RowGap { from: None, to: at(7), lines: Some(3), reason: GapReason::Rotated };
    let told = Row {
        source: Speaker::System,
        stream: Stream::System,
        gap: Some(gap),
        fields: [("code".into(), "7".into())].into(),
        redacted: vec![(1, 2)],
        ..row(500, "api", "3 lines lost \"gap\":")
    };
    journal.append(&told);
    journal.append(&row(501, "api", "talks of \"gap\": only"));
    fill(&mut journal, 502..1_500);
    compress_all(&journal);
    let reader = journal.reader();
    let gaps = reader.gaps(None, None).unwrap();
    assert_eq!(gaps.len(), 1);
    assert_eq!(
        (gaps[0].lines, gaps[0].to, gaps[0].origin.service.as_str()),
        (Some(3), at(7), "api")
    );
    assert!(reader.gaps(Some(at(501)), None).unwrap().is_empty());
    // A gap passes whatever is asked for, but another service.
    for (query, want) in [
        (word("nothing-like-it"), 0),
        (Query { keeps_gaps: true, ..word("nothing-like-it") }, 1),
        (Query { keeps_gaps: true, min_level: Some(Level::Fatal), ..Query::default() }, 1),
        (
            Query {
                keeps_gaps: true,
                services: BTreeSet::from(["db".into()]),
                ..word("nothing-like-it")
            },
            0,
        ),
        (Query { keeps_gaps: true, ..word("3 lines") }, 1),
    ] {
        let page = reader.records_before(&query, None, 9, &Stop::default()).unwrap();
        let ids: Vec<_> = page.records.iter().map(|r| r.id.0).collect();
        assert_eq!(ids, vec![500; want], "{query:?}");
        let mut rows = 0;
        let take = |_: &Row<'_>, _: &[u8]| {
            rows += 1;
            ControlFlow::Continue(())
        };
        reader.rows(&query, None, None, &Stop::default(), take).unwrap();
        assert_eq!(rows, want, "{query:?}");
    }
    let mut rows = 0;
    reader
        .rows(&word("3 lines lost"), None, None, &Stop::default(), |row, line| {
            rows += 1;
            assert_eq!(*row, told);
            assert_eq!(std::str::from_utf8(line).unwrap(), serde_json::to_string(&told).unwrap());
            ControlFlow::Continue(())
        })
        .unwrap();
    assert_eq!(rows, 1);
}

#[test]
fn the_tail_is_what_is_new_by_number_or_by_time() {
    let folder = tempfile::tempdir().unwrap();
    let (mut journal, _) = open(folder.path());
    fill(&mut journal, 1..1_000);
    // A line that was recovered late, and much older than its number says.
    journal.append(&Row { time: Some(at(3)), ..row(1_000, "api", "late") });
    journal.flush().unwrap();
    let reader = journal.reader();
    let tail = |from, since| -> Vec<u64> {
        reader.tail(RecordId(from), since).unwrap().iter().map(|r| r.id.0).collect()
    };
    assert_eq!(tail(998, None), [1_000, 998, 999]);
    assert_eq!(tail(2_000, Some(at(998))), [998, 999]);
    assert_eq!(tail(2_000, None), [0_u64; 0]);
}

#[test]
fn old_files_go_as_a_whole_and_the_open_one_is_closed_in_time() {
    let folder = tempfile::tempdir().unwrap();
    let (mut journal, _) = open(folder.path());
    fill(&mut journal, 1..2_000);
    let before = names(folder.path()).len();
    assert_eq!(journal.sweep(at(2_000)).unwrap(), Swept::default());
    let swept = journal.sweep(at(1_200) + Duration::hours(24)).unwrap();
    assert!(swept.files > 0 && swept.rewritten == 0 && swept.bytes > 0, "{swept:?}");
    let left = ids(&journal.reader());
    assert_eq!(left.len() as u64, 1_999 - swept.rows);
    assert!(left[0] <= 1_200 && left[0] > 1, "whole files only");
    assert!(names(folder.path()).len() < before);
    assert_eq!(left.last(), Some(&1_999));
    let swept = journal.sweep(at(2_000) + Duration::hours(24)).unwrap();
    assert_eq!(ids(&journal.reader()), [0_u64; 0], "{swept:?}");
    fill(&mut journal, 2_000..2_010);
    assert_eq!(ids(&journal.reader()), (2_000..2_010).collect::<Vec<_>>());
    drop(journal);
    assert_eq!(open(folder.path()).1.next_id, RecordId(2_010));
}

#[test]
fn each_service_has_its_own_limits() {
    let folder = tempfile::tempdir().unwrap();
    let limits = |max_age_hours, max_bytes| ServiceLimits { max_age_hours, max_bytes };
    let settings =
        Settings { services: [("api".into(), limits(Some(168), None))].into(), ..small() };
    let (mut journal, _) = open_with(folder.path(), &settings);
    fill(&mut journal, 1..1_500);
    journal.chores().compress_one().unwrap();
    let swept = journal.sweep(at(3_000) + Duration::hours(24)).unwrap();
    assert!(swept.rewritten > 1 && swept.files == 0, "{swept:?}");
    assert_eq!(ids(&journal.reader()), (2..1_500).step_by(2).collect::<Vec<_>>());
    drop(journal);

    let settings =
        Settings { services: [("api".into(), limits(Some(168), Some(70_000)))].into(), ..small() };
    let (mut journal, opened) = open_with(folder.path(), &settings);
    assert_eq!(opened.next_id, RecordId(1_499));
    journal.sweep(at(3_000) + Duration::hours(25)).unwrap();
    let left = ids(&journal.reader());
    assert!(left.len() > 50 && left.len() < 500 && left.last() == Some(&1_498), "{}", left.len());
}

#[test]
fn the_oldest_files_make_room_for_the_newest() {
    let folder = tempfile::tempdir().unwrap();
    let settings = Settings { max_bytes: 200_000, compress: false, ..small() };
    let (mut journal, _) = open_with(folder.path(), &settings);
    fill(&mut journal, 1..3_000);
    journal.sweep(at(3_000)).unwrap();
    let size: u64 = names(folder.path())
        .iter()
        .map(|name| fs::metadata(folder.path().join(name)).unwrap().len())
        .sum();
    assert!(size <= 200_000 && size > 100_000, "{size}");
    assert_eq!(ids(&journal.reader()).last(), Some(&2_999));
}
