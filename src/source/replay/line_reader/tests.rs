use super::*;

/// Service, replica, text.
fn read(reader: &mut LineReader, line: &str) -> (String, u32, String) {
    let raw = reader.read(&Bytes::copy_from_slice(line.as_bytes()));
    let text = String::from_utf8(raw.bytes.into()).unwrap();
    (raw.origin.service.to_string(), raw.origin.replica, text)
}

fn check(reader: &mut LineReader, table: &[(&str, &str, u32, &str)]) {
    for (line, service, replica, text) in table {
        let want = ((*service).to_owned(), *replica, (*text).to_owned());
        assert_eq!(read(reader, line), want, "{line:?}");
    }
}

#[test]
fn takes_every_prefix_of_compose() {
    check(
        &mut LineReader::new(),
        &[
            ("api-1     | hello", "api", 1, "hello"),
            ("worker-12  | hello", "worker", 12, "hello"),
            ("shop-api-2  | a | b", "shop-api", 2, "a | b"),
            ("api_1  | hello", "api", 1, "hello"),
            ("api-1     |   indented", "api", 1, "  indented"),
            ("api-1     | ", "api", 1, ""),
            ("api-1     |", "api", 1, ""),
            ("\u{1b}[33mapi-1     | \u{1b}[0mhello", "api", 1, "hello"),
            ("\u{1b}[36mapi-1     |\u{1b}[0m hello", "api", 1, "hello"),
            ("\u{1b}[Kapi-1     | \u{1b}[31mred\u{1b}[0m", "api", 1, "red\u{1b}[0m"),
            ("api-1 | known by now", "api", 1, "known by now"),
            ("proxy     | in the same column", "proxy", 0, "in the same column"),
            ("shop-proxy  | hyphenated", "shop-proxy", 0, "hyphenated"),
            ("Attaching to api-1, worker-12", "log", 0, "Attaching to api-1, worker-12"),
        ],
    );
}

#[test]
fn takes_the_engines_time_and_leaves_the_programs() {
    let mut reader = LineReader::new();
    for (line, time, text) in [
        ("api-1  | 2025-03-04T09:00:00.123456789Z hello", true, "hello"),
        ("api-1  | 2025-03-04T09:00:00.123456789Z", true, ""),
        ("api-1  | 2025-03-04T09:00:00.123Z hello", false, "2025-03-04T09:00:00.123Z hello"),
        ("2025-03-04T09:00:00.123456789Z hello", true, "hello"),
        ("2025-99-04T09:00:00.123456789Z x", false, "2025-99-04T09:00:00.123456789Z x"),
    ] {
        let raw = reader.read(&Bytes::copy_from_slice(line.as_bytes()));
        assert_eq!((raw.time.is_some(), &raw.bytes[..]), (time, text.as_bytes()), "{line}");
    }
}

#[test]
fn leaves_bars_in_plain_logs_alone() {
    let mut reader = LineReader::named("app");
    for line in [
        "INFO     | loguru without a time",
        "2025-03-04 09:00:00.123 | ERROR    | app:run:1 - x",
        "[GIN] 2025/03/04 - 09:00:00 | 200 | 1ms",
        "0|app  | pm2",
        "api-1 | one space is not enough",
        "total  | 7",
        " id | name",
        "| a | b |",
        "-1  | x",
        "",
    ] {
        assert_eq!(read(&mut reader, line), ("app".to_owned(), 0, line.to_owned()));
    }
    for n in 0..20 {
        read(&mut reader, &format!("plain line {n}"));
    }
    // By now it is clear what kind of log this is.
    assert_eq!(read(&mut reader, "job-7  | done").0, "app");
}

#[test]
fn what_follows_the_bar_makes_a_name_without_a_number_known() {
    let mut reader = LineReader::named("app");
    for line in
        ["created    | 2025-03-04 09:00:00.123456+00", "note       | { a b }", "kind  | [x] y"]
    {
        assert_eq!(read(&mut reader, line).0, "app");
    }
    check(
        &mut reader,
        &[
            ("vectors-etcd  | {\"level\":\"warn\"}", "vectors-etcd", 0, "{\"level\":\"warn\"}"),
            (
                "proxy         | [2025-03-04 09:00:00,123] ERROR the whole of a line",
                "proxy",
                0,
                "[2025-03-04 09:00:00,123] ERROR the whole of a line",
            ),
            ("client  |  ⚠ a full reload follows", "client", 0, " ⚠ a full reload follows"),
        ],
    );
}

#[test]
fn lines_that_stand_alone_are_not_judged_by_those_before() {
    let mut reader = LineReader::named("app");
    for n in 0..20 {
        read(&mut reader, &format!("plain line {n}"));
    }
    reader.forget();
    check(&mut reader, &[("job-7  | done", "job", 7, "done")]);
}

#[test]
fn a_sample_makes_names_without_numbers_known() {
    let log = "db     | ready\nproxy  | up\nproxy  | GET / 200\n";
    let mut reader = LineReader::new();
    reader.learn(log.as_bytes());
    check(&mut reader, &[("db     | ready", "db", 0, "ready"), ("proxy  | up", "proxy", 0, "up")]);
    let mut reader = LineReader::new();
    reader.learn(b"a  | 1\nplain\nplain\nplain\n");
    check(&mut reader, &[("a  | 1", "log", 0, "a  | 1")]);
}

#[test]
fn composes_own_words_are_not_the_services() {
    let mut reader = LineReader::new();
    let raw = reader.read(&Bytes::from_static(b"worker-1 exited with code 137"));
    assert_eq!((raw.origin.service.as_str(), raw.stream), ("worker", Stream::System));
    assert_eq!(raw.bytes, &b"exited with code 137"[..]);
    for line in
        ["it exited with code 137", "worker-1 exited with code x", "a b-1 exited with code 1"]
    {
        assert_eq!(
            reader.read(&Bytes::from_static(line.as_bytes())).origin.service.as_str(),
            "log",
            "{line}"
        );
    }
}

#[test]
fn reads_our_own_format_and_no_other_json() {
    let mut reader = LineReader::new();
    let raw = reader.read(&Bytes::from_static(
        br#"{"time":"2025-03-04T09:00:00Z","service":"api","container":"c1","replica":2,"stream":"stderr","level":"error","text":"ERROR a\tb"}"#,
    ));
    assert_eq!((raw.origin.service.as_str(), raw.origin.replica), ("api", 2));
    assert_eq!((raw.origin.container.as_str(), raw.stream), ("c1", Stream::Stderr));
    assert_eq!(raw.time, "2025-03-04T09:00:00Z".parse().ok());
    assert_eq!(raw.bytes, &b"ERROR a\tb"[..]);
    for line in [
        r#"{"service":"api","msg":"text"}"#,
        r#"{"service":1,"text":"x"}"#,
        r#"{"level":"info"}"#,
        "{\"service\":\"a\",\"text\":\"",
    ] {
        assert_eq!(read(&mut reader, line), ("log".to_owned(), 0, line.to_owned()));
    }
}

#[test]
fn reads_the_engines_files() {
    let raw = LineReader::named("api").read(&Bytes::from_static(
        br#"{"log":"ERROR \u001b[31mx\n","stream":"stderr","time":"2025-03-04T09:00:00.5Z"}"#,
    ));
    assert_eq!((raw.origin.service.as_str(), raw.stream), ("api", Stream::Stderr));
    assert_eq!(raw.time, "2025-03-04T09:00:00.5Z".parse().ok());
    assert_eq!(raw.bytes, &b"ERROR \x1b[31mx"[..]);
}

#[test]
fn a_record_survives_our_own_format() {
    let mut reader = LineReader::new();
    let line = "api-2  | 2025-03-04T09:00:00.123456789Z ERROR \"quoted\" żółw\ttab";
    let raw = reader.read(&Bytes::from_static(line.as_bytes()));
    let record = crate::model::LogRecord {
        id: crate::model::RecordId(1),
        time: raw.time.unwrap(),
        origin: raw.origin,
        stream: raw.stream,
        level: crate::model::Level::Error,
        text: crate::model::SafeText::from_untrusted(&raw.bytes),
        message_at: 6,
    };
    let back = LineReader::new()
        .read(&serde_json::to_vec(&crate::model::Row::from(&record)).unwrap().into());
    assert_eq!(back.origin, record.origin);
    assert_eq!((back.time, back.stream), (Some(record.time), record.stream));
    assert_eq!(back.bytes, record.text.as_bytes());
}

#[test]
fn names_without_end_do_not_fill_the_memory() {
    let mut reader = LineReader::new();
    for n in 0..10_000 {
        reader.read(&format!("c{n}-1  | x").into());
    }
    assert_eq!(reader.origins.len(), MAX_CONTAINERS);
}

proptest::proptest! {
    #[test]
    fn any_bytes_belong_to_somebody(bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..200)) {
        let whole = Bytes::from(bytes);
        let raw = LineReader::new().read(&whole);
        proptest::prop_assert!(raw.bytes.len() <= whole.len());
    }
}
