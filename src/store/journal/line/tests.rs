//! Our own way to write and read rows says what `serde_json` says.

use super::{Head, Origins, record, write};
use crate::model::{
    GapReason, Level, LogRecord, Position, RecordId, Row, RowGap, SafeText, Speaker, Stream,
};
use chrono::{DateTime, Utc};
use proptest::prelude::*;

fn time() -> impl Strategy<Value = DateTime<Utc>> {
    let nanos = prop_oneof![Just(0), Just(120_000_000), Just(1_000), 0_u32..1_000_000_000];
    (-70_000_000_000_i64..250_000_000_000, nanos)
        .prop_map(|(seconds, nanos)| DateTime::from_timestamp(seconds, nanos).unwrap())
}

fn text() -> impl Strategy<Value = String> {
    let part = prop_oneof![
        "[ -~]{0,40}",
        ".{0,20}",
        "[\\x00-\\x1f\"\\\\]{0,5}",
        Just("żółw 日本".to_owned())
    ];
    proptest::collection::vec(part, 0..4).prop_map(|parts| parts.concat())
}

fn row() -> impl Strategy<Value = Row<'static>> {
    use proptest::option::of;
    let gap = (of(time()), time(), of(0_u64..9)).prop_map(|(from, to, lines)| RowGap {
        from,
        to,
        lines,
        reason: GapReason::Rotated,
    });
    let stream = prop_oneof![
        Just(Stream::Stdout),
        Just(Stream::Stderr),
        Just(Stream::System),
        Just(Stream::Manager)
    ];
    let level = prop_oneof![Just(Level::Unknown), Just(Level::Warn), Just(Level::Fatal)];
    let fields = proptest::collection::btree_map(text(), text(), 0..3);
    let redacted = proptest::collection::vec((0_u32..99, 0_u32..99), 0..3);
    let who = (text(), text(), 0_u32..20, stream, level);
    let what = (text(), prop_oneof![Just(0_u32), 0_u32..50], fields, redacted, of(gap));
    (prop_oneof![Just(0), 1_u64..u64::MAX / 2], of(time()), of(time()), of(time()), who, what)
        .prop_map(|(id, time, line_time, run, who, what)| Row {
            id,
            time,
            line_time,
            source: who.3.into(),
            service: who.0.into(),
            container: who.1.into(),
            replica: who.2,
            run,
            stream: who.3,
            level: who.4,
            text: what.0.into(),
            message_at: what.1,
            fields: what.2.into_iter().map(|(name, value)| (name.into(), value.into())).collect(),
            redacted: what.3,
            gap: what.4,
        })
}

fn same(ours: &LogRecord, row: &Row<'_>) {
    let text = SafeText::from(row.text.as_ref());
    assert_eq!(ours.position(), Position { time: row.time.unwrap(), id: RecordId(row.id) });
    assert_eq!((ours.stream, ours.level), (row.stream, row.level));
    assert_eq!(ours.text, text);
    assert!(ours.text.is_char_boundary(ours.message_at as usize));
    if text.is_char_boundary(row.message_at as usize) {
        assert_eq!(ours.message_at, row.message_at);
    }
    assert_eq!(ours.origin.service, row.service.as_ref().into());
    assert_eq!(ours.origin.container, row.container.as_ref().into());
    assert_eq!(ours.origin.replica, row.replica);
}

proptest! {
    #[test]
    fn a_row_is_written_as_serde_writes_it_and_read_as_serde_reads_it(row in row()) {
        let mut line = Vec::new();
        write(&mut line, &row);
        prop_assert_eq!(line.pop(), Some(b'\n'));
        let want = serde_json::to_string(&row).unwrap();
        prop_assert_eq!(std::str::from_utf8(&line).unwrap(), &want);
        prop_assert!(!line.contains(&b'\n'), "one line");
        let origins = Origins::default();
        match row.time {
            Some(time) => {
                let head = Head::of(&line).unwrap();
                prop_assert_eq!(head.position, Position { time, id: RecordId(row.id) });
                prop_assert_eq!(head.service.as_ref(), row.service.as_ref());
                prop_assert_eq!(head.speaker, Speaker::from(row.stream));
                same(&record(&line, &origins).unwrap(), &row);
            }
            None => prop_assert!(Head::of(&line).is_none() && record(&line, &origins).is_none()),
        }
    }

    #[test]
    fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..80), row in row(), cut in 0_usize..400) {
        let origins = Origins::default();
        let _ = (Head::of(&bytes), record(&bytes, &origins));
        let mut line = Vec::new();
        write(&mut line, &row);
        line.truncate(cut.min(line.len()));
        let _ = (Head::of(&line), record(&line, &origins));
        line.extend_from_slice(&bytes);
        line.push(b'}');
        let _ = (Head::of(&line), record(&line, &origins));
    }
}

#[test]
fn the_same_row_in_other_words_is_read_too() {
    let origins = Origins::default();
    for line in [
        r#"{"text":"it says \"no\"","service":"api","time":"2026-03-04T09:00:00Z","id":7}"#,
        r#"{"id":7, "time":"2026-03-04T10:00:00+01:00","service":"a\u0070i","text":"it says \u0022no\"","new":[1]}"#,
        r#"{"id":7,"time":"2026-03-04T09:00:00Z","source":"container","service":"api","container":"","replica":0,"stream":"stdout","level":"unknown","text":"it says \u0022no\"","extra":{}}"#,
    ] {
        let record = record(line.as_bytes(), &origins).expect(line);
        assert_eq!(record.text.as_str(), "it says \"no\"");
        assert_eq!((record.id, record.origin.service.as_str()), (RecordId(7), "api"));
        assert_eq!(Head::of(line.as_bytes()).unwrap().position, record.position());
    }
    for line in [
        "",
        "{}",
        "null",
        "{\"id\":7",
        "[1]",
        &"[".repeat(10_000),
        "{\"service\":\"a\",\"text\":\"b\"}",
    ] {
        assert!(record(line.as_bytes(), &origins).is_none(), "{line:.40}");
    }
}

#[test]
fn records_of_one_container_share_their_origin() {
    let origins = Origins::default();
    let line = br#"{"id":7,"time":"2026-03-04T09:00:00Z","service":"api","text":""}"#;
    let (one, other) = (record(line, &origins).unwrap(), record(line, &origins).unwrap());
    assert!(std::sync::Arc::ptr_eq(&one.origin, &other.origin));
}

#[test]
fn what_stands_in_a_file_is_made_harmless_again() {
    let line = b"{\"id\":1,\"time\":\"2026-03-04T09:00:00Z\",\"service\":\"a\\u001b[2J\",\"text\":\"\\u001b]0;x\\u0007y\xff\"}";
    // Bytes that are no text are no row; an escape sequence in one is harmless.
    assert!(record(line, &Origins::default()).is_none());
    let line: Vec<u8> = line.iter().copied().filter(|b| *b != 0xff).collect();
    let record = record(&line, &Origins::default()).unwrap();
    assert_eq!((record.text.as_str(), record.origin.service.as_str()), ("y", "a"));
}
