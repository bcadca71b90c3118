//! A journal as it is written, broken, closed and read.

use super::{Journal, Opened, Reader, Settings, Stop};
use crate::model::{Level, LogRecord, Query, RecordId, Row, Speaker, Stream, TextMatcher};
use chrono::{DateTime, Utc};
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
    Journal::open(folder, small(), at(0)).unwrap()
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
    while journal.compress_one().unwrap() {}
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
    assert!(journal.compress_one().unwrap());
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
