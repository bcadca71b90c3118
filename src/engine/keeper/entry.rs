//! A record on its way to the journal, and the row that it becomes there.

use crate::{
    model::{LogRecord, Row, RowGap},
    parse::{fields::Fields, line_time},
};
use chrono::{DateTime, Utc};
use std::sync::Arc;

/// Bytes that a waiting line takes beside its text.
const OVERHEAD: usize = 160;

/// A record on its way to the journal.
#[derive(Debug, Clone)]
pub(in crate::engine) struct Entry {
    pub(in crate::engine) record: Arc<LogRecord>,
    /// When the run of the container began that wrote it.
    pub(in crate::engine) run: Option<DateTime<Utc>>,
    /// The hole that it tells of.
    pub(in crate::engine) gap: Option<RowGap>,
}

impl Entry {
    /// Bytes that it takes while it waits.
    pub(super) fn size(&self) -> usize {
        self.record.text.len() + OVERHEAD
    }

    /// Lets `take` look at its row.
    pub(super) fn row<R>(&self, take: impl FnOnce(&Row<'_>) -> R) -> R {
        let record = &*self.record;
        let mut row = Row::from(record);
        row.run = self.run;
        row.gap = self.gap;
        row.redacted = masks(&record.text);
        if record.stream.is_ours() {
            return take(&row);
        }
        row.line_time = line_time(record);
        let fields = Fields::of(&record.text);
        if let Some(fields) = &fields {
            let others = fields.others.iter();
            row.fields = others.map(|(k, v)| (k.as_str().into(), v.as_str().into())).collect();
        }
        take(&row)
    }
}

/// Where masks of secrets stand: offset and length.
fn masks(text: &str) -> Vec<(u32, u32)> {
    memchr::memmem::find_iter(text.as_bytes(), b"[redacted:")
        .filter_map(|at| {
            let length = text.get(at..)?.find(']')? + 1;
            Some((at as u32, length as u32))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn masks_are_found() {
        assert_eq!(masks("a [redacted:password:12ab] b [redacted:x:1]"), [(2, 24), (29, 14)]);
        assert_eq!(masks("a [redacted:pass"), []);
    }
}
