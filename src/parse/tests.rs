//! Lines as many programs write them, with the level each one has: `tests/fixtures/levels.tsv`.

use super::{Parser, fields};
use crate::model::{ContainerId, Level, LogRecord, Origin, RawLine, RecordId, ServiceName, Stream};
use bytes::Bytes;
use std::sync::Arc;

fn parse(line: &str) -> LogRecord {
    let origin = Arc::new(Origin {
        service: ServiceName::from("api"),
        container: ContainerId::from("api-1"),
        replica: 1,
        is_tty: false,
    });
    let raw = RawLine {
        origin,
        stream: Stream::Stdout,
        time: None,
        bytes: Bytes::copy_from_slice(line.as_bytes()),
    };
    Parser::new().parse(&raw, RecordId(1), "2026-11-21T22:12:29Z".parse().unwrap())
}

/// Level, beginning of the message, line; `\t` and `\e` are a tabulator and an escape.
fn table() -> impl Iterator<Item = (&'static str, &'static str, String)> {
    include_str!("../../tests/fixtures/levels.tsv")
        .lines()
        .filter(|row| !row.starts_with("# "))
        .map(|row| {
            let mut columns = row.splitn(3, '\t');
            let mut column = || columns.next().unwrap_or_else(|| panic!("three columns: {row}"));
            (column(), column(), column().replace("\\t", "\t").replace("\\e", "\u{1b}"))
        })
}

#[test]
fn every_program_is_taken_at_its_own_word() {
    let mut wrong = Vec::new();
    for (level, message, line) in table() {
        let record = parse(&line);
        let told = fields::message_of(&record.text);
        let told = told.as_deref().unwrap_or_else(|| record.message());
        if record.level.as_str() != level || !told.starts_with(message) {
            let got = record.level.as_str();
            wrong.push(format!("{level} {message:?}, got {got} {told:?}\n    {line}"));
        }
    }
    let rows = table().count();
    assert!(rows >= 500, "{rows} rows");
    assert!(wrong.is_empty(), "{} of {rows} wrong:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn words_behind_a_level_do_not_change_it() {
    for words in [
        " error",
        " ERROR",
        " fatal error",
        " 3 errors",
        " Exception",
        " level=error",
        " and [error]",
        " \"ERROR\"",
        " E0102",
        " <Error>",
        " failed: panic",
        " {\"level\":\"error\"}",
    ] {
        for (level, _, line) in table() {
            let known = parse(&line).level;
            // JSON ends with its brace; `level=` says it better than Heroku's `at=`.
            let is_open = !line.starts_with('{') && !line.starts_with("at=");
            if level != "unknown" && known.as_str() == level && is_open {
                let longer = format!("{line}{words}");
                assert_eq!(parse(&longer).level, known, "{longer}");
            }
        }
    }
    assert_eq!(parse("").level, Level::Unknown);
}
