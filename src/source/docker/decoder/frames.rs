//! The stream of a container without a terminal: frames, and in them pieces of messages.

use super::{
    line::{Line, MAX_LINE, Partial},
    stamp::{self, Stamp},
};
use crate::model::{SafeText, Stream};
use chrono::{DateTime, Utc};
use std::mem;

/// A longer frame is not a frame.
const MAX_FRAME: usize = MAX_LINE + 64;

/// Bytes that cannot be a log stream; only a new connection helps.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(in crate::source::docker) enum Broken {
    /// The first four bytes are not those of a frame.
    #[error("frame header {0:02x?} is not one of Docker's")]
    Header([u8; 4]),
    /// Too long.
    #[error("a frame of {0} bytes")]
    Length(usize),
    /// The daemon reports an error of its own in the stream.
    #[error("the Engine reports: {0}")]
    Daemon(SafeText),
}

/// Decoder of frames.
#[derive(Debug)]
pub(in crate::source::docker) struct Frames {
    header: [u8; 8],
    /// Bytes of the header that are there; it stays at 8 until the frame's last byte.
    header_len: usize,
    stream: Stream,
    remaining: usize,
    /// Start of a message while its stamp is incomplete; `None` once the stamp is known.
    prefix: Option<Vec<u8>>,
    partial: [Partial; 2],
}

impl Default for Frames {
    fn default() -> Self {
        Self {
            header: [0; 8],
            header_len: 0,
            stream: Stream::Stdout,
            remaining: 0,
            prefix: Some(Vec::new()),
            partial: <[Partial; 2]>::default(),
        }
    }
}

impl Frames {
    pub(super) fn push(&mut self, mut input: &[u8], out: &mut Vec<Line>) -> Result<(), Broken> {
        while !input.is_empty() {
            if self.header_len < 8 {
                let take = input.len().min(8 - self.header_len);
                self.header[self.header_len..self.header_len + take]
                    .copy_from_slice(&input[..take]);
                self.header_len += take;
                input = &input[take..];
                if self.header_len == 8 {
                    self.begin_frame(input)?;
                } else if self.header_len >= 4 {
                    self.kind()?;
                }
                continue;
            }
            let (mut payload, rest) = input.split_at(input.len().min(self.remaining));
            self.remaining -= payload.len();
            while !payload.is_empty() {
                payload = self.take(payload, out);
            }
            input = rest;
            if self.remaining == 0 {
                self.end_frame(out);
            }
        }
        Ok(())
    }

    pub(super) fn finish(&mut self, out: &mut Vec<Line>) {
        self.end_frame(out);
        for stream in [Stream::Stdout, Stream::Stderr] {
            let partial = &mut self.partial[index(stream)];
            if partial.is_open {
                out.push(partial.close(stream, &[]));
            }
        }
    }

    /// Times of the lines that have no end yet.
    pub(super) fn open(&self) -> impl Iterator<Item = Option<DateTime<Utc>>> {
        self.partial.iter().filter(|partial| partial.is_open).map(|partial| partial.time)
    }

    pub(super) const fn is_inside_frame(&self) -> bool {
        self.header_len > 0
    }

    fn kind(&self) -> Result<Option<Stream>, Broken> {
        match self.header {
            [0 | 1, 0, 0, 0, ..] => Ok(Some(Stream::Stdout)),
            [2, 0, 0, 0, ..] => Ok(Some(Stream::Stderr)),
            [3, 0, 0, 0, ..] => Ok(None),
            [a, b, c, d, ..] => Err(Broken::Header([a, b, c, d])),
        }
    }

    fn begin_frame(&mut self, payload: &[u8]) -> Result<(), Broken> {
        let [.., a, b, c, d] = self.header;
        let length = u32::from_be_bytes([a, b, c, d]) as usize;
        let Some(stream) = self.kind()? else {
            let text = &payload[..payload.len().min(length).min(512)];
            return Err(Broken::Daemon(SafeText::from_untrusted(text)));
        };
        if length > MAX_FRAME {
            return Err(Broken::Length(length));
        }
        self.stream = stream;
        self.remaining = length;
        self.prefix = Some(Vec::new());
        if length == 0 {
            self.header_len = 0;
        }
        Ok(())
    }

    /// Ends the frame; a stamp that is still incomplete was none.
    fn end_frame(&mut self, out: &mut Vec<Line>) {
        self.header_len = 0;
        self.remaining = 0;
        if let Some(prefix) = self.prefix.take_if(|prefix| !prefix.is_empty()) {
            self.begin_message(None, out);
            self.partial[index(self.stream)].append(&prefix);
        }
    }

    /// Takes one piece of the payload, up to a line end or its own end, and returns the rest.
    fn take<'a>(&mut self, payload: &'a [u8], out: &mut Vec<Line>) -> &'a [u8] {
        let Some(prefix) = &mut self.prefix else {
            let partial = &mut self.partial[index(self.stream)];
            let Some(end) = memchr::memchr(b'\n', payload) else {
                partial.append(payload);
                return &[];
            };
            out.push(partial.close(self.stream, &payload[..end]));
            self.prefix = Some(Vec::new());
            return &payload[end + 1..];
        };
        let had = prefix.len();
        let stamp = if had == 0 {
            stamp::read(payload)
        } else {
            prefix.extend_from_slice(&payload[..payload.len().min(stamp::MAX)]);
            stamp::read(prefix)
        };
        match stamp {
            Stamp::Incomplete => {
                if had == 0 {
                    prefix.extend_from_slice(payload);
                }
                &[]
            }
            Stamp::Time(time, length) => {
                self.prefix = None;
                self.begin_message(Some(time), out);
                &payload[length - had..]
            }
            Stamp::Other => {
                let mut text = mem::take(prefix);
                text.truncate(had);
                self.prefix = None;
                self.begin_message(None, out);
                self.partial[index(self.stream)].append(&text);
                payload
            }
        }
    }

    /// A message begins; where another one of its stream is open with another stamp, that one lacks its end.
    fn begin_message(&mut self, time: Option<DateTime<Utc>>, out: &mut Vec<Line>) {
        let partial = &mut self.partial[index(self.stream)];
        let is_next_piece = partial.is_open && (time.is_none() || partial.time == time);
        if is_next_piece {
            return;
        }
        if partial.is_open {
            out.push(partial.close(self.stream, &[]));
        }
        partial.open(time);
    }
}

const fn index(stream: Stream) -> usize {
    match stream {
        Stream::Stdout | Stream::System | Stream::Manager => 0,
        Stream::Stderr => 1,
    }
}
