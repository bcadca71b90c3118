//! Lines in several wrappings.

use super::*;
use crate::model::{Level, LogRecord, Origin, RecordId, SafeText, Stream};
use chrono::{DateTime, Utc};
use std::sync::Arc;

fn subject(text: &str) -> String {
    let record = LogRecord {
        id: RecordId(1),
        time: DateTime::<Utc>::UNIX_EPOCH,
        origin: Arc::new(Origin {
            service: "api".into(),
            container: "api-1".into(),
            replica: 1,
            is_tty: false,
        }),
        stream: Stream::Stdout,
        level: Level::Error,
        text: SafeText::from(text),
        message_at: 0,
    };
    of(record.line()).into_owned()
}

#[test]
fn json_gives_message_and_error() {
    for (text, want) in [
        (r#"{"level":"error","msg":"decode","error":"unexpected EOF"}"#, "decode: unexpected EOF"),
        (
            r#"{"level":50,"err":{"type":"Error","message":"api answered 500","stack":"Error: x\n at y"},"msg":"api answered 500"}"#,
            "api answered 500",
        ),
        (
            r#"{"msg":"sync","err":{"type":"TypeError","message":"no","code":"E1"}}"#,
            "sync: TypeError: no (E1)",
        ),
        (
            r#"{"message":"bad","exc_info":"Traceback (most recent call last):\n  File \"a\", line 1\nKeyError: 'X'"}"#,
            "bad: KeyError: 'X'",
        ),
        (
            r#"{"s":"E","msg":"Failed","attr":{"error":"E11000 duplicate key"}}"#,
            "Failed: E11000 duplicate key",
        ),
        (r#"{"a":1}"#, r#"{"a":1}"#),
        (r#"{"a":"#, r#"{"a":"#),
        (r#"{"msg":"fine","error":null}"#, "fine"),
    ] {
        assert_eq!(subject(text), want);
    }
}

#[test]
fn logfmt_gives_message_and_error() {
    assert_eq!(
        subject(r#"caller=a.go:1 msg="sync \"a\"" err="no such host""#),
        r#"sync "a": no such host"#
    );
    assert_eq!(subject("msg=ok err=null"), "ok");
    assert_eq!(subject("summsg=ok"), "summsg=ok");
}

#[test]
fn nginx_loses_its_clients_words() {
    let text =
        r#"connect() failed (111: Connection refused), client: 10.0.0.1, request: "GET /panic""#;
    assert_eq!(subject(text), "connect() failed (111: Connection refused)");
}

#[test]
fn access_lines_are_known() {
    for text in [
        r#"10.0.0.1 - - [04/Mar/2025:09:00:00 +0000] "GET /x HTTP/1.1" 200 12"#,
        r#"10.0.0.1:4000 - "GET /x HTTP/1.1" 500 Internal Server Error"#,
        "GET /x 200 in 3ms",
        r#"[GIN] 2025/03/04 - 09:00:00 | 200 |  1.2ms | 10.0.0.1 | GET "/x""#,
        "Completed 200 OK in 3ms",
    ] {
        assert!(is_access(text), "{text}");
    }
    for text in [
        r#"connect() failed, request: "GET /x HTTP/1.1", upstream: "http://a""#,
        "upstream said 403 forbidden",
        "GET failed",
    ] {
        assert!(!is_access(text), "{text}");
    }
}
