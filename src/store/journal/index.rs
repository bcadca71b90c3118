//! What a file holds, so that most questions are answered without opening it.
//!
//! A compressed file carries its index in the extra field of its gzip header (sub-field `DW`), which every other
//! reader of gzip passes over; of a text file it is counted when it is first asked for.

use super::line::Head;
use crate::model::Speaker;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, io::Read};

/// Space in a gzip extra field, less its own header.
const MAX_EXTRA: usize = 65_535 - 4;
/// The format; others are counted anew.
const VERSION: u32 = 1;

/// What stands in one file.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(super) struct Index {
    v: u32,
    /// Whole rows.
    pub(super) rows: u64,
    /// Lines that are none.
    pub(super) bad: u64,
    /// Rows that tell of a gap.
    pub(super) gaps: u64,
    /// Bytes before compression.
    pub(super) bytes: u64,
    /// Time of the oldest and of the newest row.
    pub(super) times: Option<(DateTime<Utc>, DateTime<Utc>)>,
    /// The greatest number.
    pub(super) max_id: u64,
    /// By service.
    pub(super) services: BTreeMap<String, Share>,
}

/// What one service has in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(super) struct Share {
    /// Bytes of its rows before compression, line feeds and all.
    pub(super) bytes: u64,
    /// Time of its newest row.
    pub(super) last: DateTime<Utc>,
}

impl Index {
    /// Counts whole lines; a last one without its line feed is left out. Answers the bytes that were counted.
    pub(super) fn count(&mut self, bytes: &[u8]) -> u64 {
        self.v = VERSION;
        let mut from = 0;
        for end in memchr::memchr_iter(b'\n', bytes) {
            self.count_line(&bytes[from..end]);
            from = end + 1;
        }
        self.bytes += from as u64;
        from as u64
    }

    fn count_line(&mut self, line: &[u8]) {
        let Some(head) = Head::of(line) else {
            self.bad += 1;
            return;
        };
        let time = head.position.time;
        self.rows += 1;
        self.max_id = self.max_id.max(head.position.id.0);
        self.times = match self.times {
            Some((first, last)) => Some((first.min(time), last.max(time))),
            None => Some((time, time)),
        };
        if head.speaker != Speaker::Container && memchr::memmem::find(line, b"\"gap\":").is_some() {
            self.gaps += 1;
        }
        let bytes = line.len() as u64 + 1;
        match self.services.get_mut(head.service.as_ref()) {
            Some(share) => {
                share.bytes += bytes;
                share.last = share.last.max(time);
            }
            None => {
                self.services.insert(head.service.into_owned(), Share { bytes, last: time });
            }
        }
    }

    /// As a gzip extra field; `None` where there is not room enough.
    pub(super) fn to_extra(&self) -> Option<Vec<u8>> {
        let json = serde_json::to_vec(self).ok().filter(|json| json.len() <= MAX_EXTRA)?;
        let mut extra = b"DW".to_vec();
        extra.extend_from_slice(&u16::try_from(json.len()).ok()?.to_le_bytes());
        extra.extend_from_slice(&json);
        Some(extra)
    }

    /// From the beginning of a gzip file; `None` where it carries none, or that of another version.
    pub(super) fn from_gzip(mut file: impl Read) -> Option<Self> {
        const HAS_EXTRA: u8 = 4;
        let mut header = [0; 16];
        file.read_exact(&mut header).ok()?;
        let [0x1f, 0x8b, 8, flags, .., b'D', b'W', low, high] = header else { return None };
        if flags & HAS_EXTRA == 0 {
            return None;
        }
        let mut json = vec![0; usize::from(u16::from_le_bytes([low, high]))];
        file.read_exact(&mut json).ok()?;
        serde_json::from_slice(&json).ok().filter(|index: &Self| index.v == VERSION)
    }
}
