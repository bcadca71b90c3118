//! Rows for programs: our own NDJSON, one document as the log API gives it, and a table for spreadsheets.
//!
//! They hold what was asked for and nothing else: a gap that was not is told beside them.

use super::walk::{Part, Sink};
use crate::model::{Row, Speaker, Stream};
use chrono::SecondsFormat;
use serde::Serialize;
use std::io::{self, Write};

/// One row a line, as the journal holds them.
pub(super) struct NdjsonSink<'a> {
    out: &'a mut dyn Write,
}

impl<'a> NdjsonSink<'a> {
    /// A sink that has written nothing yet.
    pub(super) fn new(out: &'a mut dyn Write) -> Self {
        Self { out }
    }
}

impl Sink for NdjsonSink<'_> {
    fn row(&mut self, row: &Row<'_>, part: Part) -> io::Result<()> {
        if part == Part::Gap {
            return Ok(());
        }
        serde_json::to_writer(&mut self.out, row)?;
        self.out.write_all(b"\n")
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// `{"logs": [...], "count": N}`, written as the rows come; [`JsonSink::finish`] closes it.
pub(super) struct JsonSink<'a> {
    out: &'a mut dyn Write,
    count: u64,
}

/// One entry of the document.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Entry<'a> {
    id: String,
    message: &'a str,
    /// Milliseconds since 1970.
    timestamp: Option<i64>,
    level: &'static str,
    source: EntrySource<'a>,
    service_name: &'a str,
    container_id: &'a str,
    is_std_err: bool,
    is_system: bool,
}

#[derive(Serialize)]
struct EntrySource<'a> {
    r#type: Speaker,
    name: &'a str,
}

impl<'a> JsonSink<'a> {
    /// A sink that has written nothing yet.
    pub(super) fn new(out: &'a mut dyn Write) -> Self {
        Self { out, count: 0 }
    }

    /// Writes the end of the document.
    ///
    /// # Errors
    /// When it cannot be written.
    pub(super) fn finish(self) -> io::Result<()> {
        let begin = if self.count == 0 { "{\"logs\":[" } else { "\n" };
        writeln!(self.out, "{begin}],\"count\":{}}}", self.count)
    }
}

impl Sink for JsonSink<'_> {
    fn row(&mut self, row: &Row<'_>, part: Part) -> io::Result<()> {
        if part == Part::Gap {
            return Ok(());
        }
        self.out.write_all(if self.count == 0 { b"{\"logs\":[\n" } else { b",\n" })?;
        self.count += 1;
        let entry = Entry {
            id: row.id.to_string(),
            message: &row.text,
            timestamp: row.time.map(|time| time.timestamp_millis()),
            level: row.level.as_str(),
            source: EntrySource { r#type: row.source, name: &row.service },
            service_name: &row.service,
            container_id: &row.container,
            is_std_err: row.stream == Stream::Stderr,
            is_system: row.source != Speaker::Container,
        };
        Ok(serde_json::to_writer(&mut self.out, &entry)?)
    }
}

/// Comma-separated values with a head line (RFC 4180). No cell can be taken for a formula.
pub(super) struct CsvSink<'a> {
    out: &'a mut dyn Write,
    has_head: bool,
}

impl<'a> CsvSink<'a> {
    /// A sink that has written nothing yet.
    pub(super) fn new(out: &'a mut dyn Write) -> Self {
        Self { out, has_head: false }
    }

    fn cell(&mut self, text: &str) -> io::Result<()> {
        // A spreadsheet would calculate what begins so.
        let guard = if text.starts_with(['=', '+', '-', '@']) { "'" } else { "" };
        write!(self.out, "\"{guard}{}\"", text.replace('"', "\"\""))
    }
}

impl Sink for CsvSink<'_> {
    fn row(&mut self, row: &Row<'_>, part: Part) -> io::Result<()> {
        if part == Part::Gap {
            return Ok(());
        }
        if !self.has_head {
            self.has_head = true;
            self.out.write_all(b"time,service,replica,container,stream,level,text\r\n")?;
        }
        let time = row.time.map(|time| time.to_rfc3339_opts(SecondsFormat::AutoSi, true));
        write!(self.out, "{},", time.unwrap_or_default())?;
        self.cell(&row.service)?;
        write!(self.out, ",{},", row.replica)?;
        self.cell(&row.container)?;
        write!(self.out, ",{},{},", row.stream.as_str(), row.level.as_str())?;
        self.cell(&row.text)?;
        self.out.write_all(b"\r\n")
    }
}

/// Counts and writes nothing.
pub(super) struct CountSink;

impl Sink for CountSink {
    fn row(&mut self, _: &Row<'_>, _: Part) -> io::Result<()> {
        Ok(())
    }
}
