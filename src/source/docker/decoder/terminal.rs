//! The stream of a container with a terminal: stamped lines, and nothing to say where a piece ends.

use super::{
    line::{Line, Partial},
    stamp::{self, Stamp},
};
use crate::model::Stream;
use chrono::{DateTime, Utc};

/// The Engine cuts messages into pieces of this size.
pub(super) const PIECE: usize = 16 * 1024;

/// Decoder of a terminal's output.
#[derive(Debug, Default)]
pub(in crate::source::docker) struct Tty {
    place: Place,
    /// The line's stamp and its space as they stood there, to know it when it comes again.
    stamp: Vec<u8>,
    /// Bytes of text since the last stamp.
    since: usize,
    partial: Partial,
}

/// Where in a line the decoder of a terminal stands.
#[derive(Debug, Default)]
enum Place {
    /// In its stamp, or before it.
    #[default]
    Stamp,
    /// In its text.
    Text,
    /// After a full piece, where so many bytes of the same stamp have come again.
    Again(usize),
}

impl Tty {
    pub(super) fn push(&mut self, mut input: &[u8], out: &mut Vec<Line>) {
        while !input.is_empty() {
            input = match self.place {
                Place::Stamp => self.take_stamp(input),
                Place::Text => self.take_text(input, out),
                Place::Again(matched) => self.take_again(input, matched),
            };
        }
    }

    pub(super) fn finish(&mut self, out: &mut Vec<Line>) {
        if matches!(self.place, Place::Stamp) && !self.stamp.is_empty() {
            self.partial.open(None);
            self.partial.append(&self.stamp);
        }
        if self.partial.is_open {
            out.push(self.end_line(&[]));
        }
        *self = Self::default();
    }

    /// Times of the lines that have no end yet.
    pub(super) fn open(&self) -> impl Iterator<Item = Option<DateTime<Utc>>> {
        let is_stamp_open = matches!(self.place, Place::Stamp) && !self.stamp.is_empty();
        let text = self.partial.is_open.then_some(self.partial.time);
        text.into_iter().chain(is_stamp_open.then_some(None))
    }

    fn take_stamp<'a>(&mut self, input: &'a [u8]) -> &'a [u8] {
        let had = self.stamp.len();
        self.stamp.extend_from_slice(&input[..input.len().min(stamp::MAX)]);
        self.since = 0;
        match stamp::read(&self.stamp) {
            Stamp::Incomplete => return &input[self.stamp.len() - had..],
            Stamp::Time(time, length) => {
                self.stamp.truncate(length);
                self.partial.open(Some(time));
                self.place = Place::Text;
                return &input[length - had..];
            }
            Stamp::Other => {}
        }
        self.partial.open(None);
        self.partial.append(&self.stamp[..had]);
        self.stamp.clear();
        self.place = Place::Text;
        input
    }

    fn take_text<'a>(&mut self, input: &'a [u8], out: &mut Vec<Line>) -> &'a [u8] {
        let room = if self.stamp.is_empty() { usize::MAX } else { PIECE - self.since };
        let piece = &input[..input.len().min(room)];
        if let Some(end) = memchr::memchr(b'\n', piece) {
            out.push(self.end_line(&piece[..end]));
            self.stamp.clear();
            self.place = Place::Stamp;
            return &input[end + 1..];
        }
        self.partial.append(piece);
        self.since += piece.len();
        if self.since == PIECE && !self.stamp.is_empty() {
            self.place = Place::Again(0);
        }
        &input[piece.len()..]
    }

    fn take_again<'a>(&mut self, input: &'a [u8], matched: usize) -> &'a [u8] {
        let wanted = &self.stamp[matched..];
        let equal = wanted.iter().zip(input).take_while(|(a, b)| a == b).count();
        if equal == wanted.len() {
            self.since = 0;
            self.place = Place::Text;
        } else if equal == input.len() {
            self.place = Place::Again(matched + equal);
        } else {
            // It only looked like the stamp: text after all, and no further pieces are to be expected.
            self.partial.append(&self.stamp[..matched + equal]);
            self.stamp.clear();
            self.place = Place::Text;
        }
        &input[equal..]
    }

    fn end_line(&mut self, last: &[u8]) -> Line {
        let mut line = self.partial.close(Stream::Stdout, last);
        while line.bytes.last() == Some(&b'\r') {
            line.bytes.pop();
        }
        line
    }
}
