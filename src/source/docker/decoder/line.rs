//! One line while it comes, and when it is there.

use super::stamp::{self, Stamp};
use crate::model::Stream;
use chrono::{DateTime, Utc};
use std::mem;

/// Bytes of one line that are kept, its marker included.
pub(in crate::source::docker) const MAX_LINE: usize = 1 << 20;
/// Room for the marker of a line that was cut.
const MARKER_ROOM: usize = 64;

/// One line, without its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::source::docker) struct Line {
    /// Its pipe.
    pub(in crate::source::docker) stream: Stream,
    /// The Engine's stamp; `None` where it cannot be read.
    pub(in crate::source::docker) time: Option<DateTime<Utc>>,
    /// The text as it was written, at most [`MAX_LINE`].
    pub(in crate::source::docker) bytes: Vec<u8>,
}

impl Line {
    /// The next run's first line, where a terminal's last words without an end stand before it in one line.
    ///
    /// Only a stamp in the text tells, so this is asked only of lines that were taken before.
    pub(in crate::source::docker) fn next_run(&self) -> Option<Self> {
        memchr::memmem::find_iter(&self.bytes, "Z ").find_map(|end| {
            let text = self.bytes.get(end.checked_sub(29)?..)?;
            match stamp::read(text) {
                Stamp::Time(time, length) if Some(time) > self.time => Some(Self {
                    stream: self.stream,
                    time: Some(time),
                    bytes: text[length..].to_vec(),
                }),
                _ => None,
            }
        })
    }
}

/// A line whose end has not come yet.
#[derive(Debug, Default)]
pub(super) struct Partial {
    pub(super) is_open: bool,
    pub(super) time: Option<DateTime<Utc>>,
    text: Vec<u8>,
    lost: u64,
}

impl Partial {
    pub(super) fn open(&mut self, time: Option<DateTime<Utc>>) {
        self.is_open = true;
        self.time = time;
    }

    pub(super) fn append(&mut self, text: &[u8]) {
        let kept = text.len().min(MAX_LINE - self.text.len());
        self.text.extend_from_slice(&text[..kept]);
        self.lost += (text.len() - kept) as u64;
    }

    /// Ends the line with `end` as its last piece.
    pub(super) fn close(&mut self, stream: Stream, end: &[u8]) -> Line {
        let bytes = if self.text.is_empty() && end.len() <= MAX_LINE {
            end.to_vec()
        } else {
            self.append(end);
            mem::take(&mut self.text)
        };
        let lost = mem::take(&mut self.lost);
        self.is_open = false;
        let bytes = if lost > 0 { cut(bytes, lost) } else { bytes };
        Line { stream, time: self.time.take(), bytes }
    }
}

/// Shortens a full line by the room of its marker and adds the marker.
fn cut(mut bytes: Vec<u8>, lost: u64) -> Vec<u8> {
    let mut at = bytes.len().min(MAX_LINE - MARKER_ROOM);
    let is_continuation = |at: usize| bytes.get(at).is_some_and(|byte| byte & 0xc0 == 0x80);
    let back = (0..4).find(|back| !is_continuation(at - back)).unwrap_or(0);
    at -= back;
    let lost = lost + (bytes.len() - at) as u64;
    bytes.truncate(at);
    let size = match lost {
        0..1_000 => format!("{lost} bytes"),
        1_000..1_000_000 => format!("{:.1} kB", lost as f64 / 1e3),
        _ => format!("{:.1} MB", lost as f64 / 1e6),
    };
    bytes.extend_from_slice(format!("… [dogwatch: cut at 1 MiB, {size} not kept]").as_bytes());
    bytes.shrink_to_fit();
    bytes
}
