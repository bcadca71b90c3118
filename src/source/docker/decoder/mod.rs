//! Turns the bytes of the Engine's log endpoint into lines, without reading, waiting or guessing.
//!
//! ```text
//! no terminal:  [kind 0 0 0 length] stamp text \n  [kind 0 0 0 length] stamp text ...     one frame, one message
//! terminal:     stamp text \r\n stamp text ...                                            no frames at all
//! ```
//! A message over 16 kB comes in pieces, each with the same stamp again; pieces of the two streams may alternate.

mod frames;
mod line;
mod stamp;
mod terminal;

pub(super) use frames::Broken;
pub(super) use line::Line;

use chrono::{DateTime, Utc};
use frames::Frames;
use terminal::Tty;

/// Decoder of one connection.
#[derive(Debug)]
pub(super) enum Decoder {
    /// Of a container with a terminal.
    Tty(Tty),
    /// Of any other one.
    Frames(Frames),
}

impl Decoder {
    /// A decoder at the start of a stream; `is_tty` must come from the container's configuration.
    pub(super) fn new(is_tty: bool) -> Self {
        if is_tty { Self::Tty(Tty::default()) } else { Self::Frames(Frames::default()) }
    }

    /// Takes the next bytes and appends the lines that they end.
    pub(super) fn push(&mut self, input: &[u8], out: &mut Vec<Line>) -> Result<(), Broken> {
        match self {
            Self::Tty(tty) => {
                tty.push(input, out);
                Ok(())
            }
            Self::Frames(frames) => frames.push(input, out),
        }
    }

    /// Appends what stands there without a line end. The decoder is then at the start again.
    pub(super) fn finish(&mut self, out: &mut Vec<Line>) {
        match self {
            Self::Tty(tty) => tty.finish(out),
            Self::Frames(frames) => frames.finish(out),
        }
    }

    /// Whether nothing stands open, or only lines that began before `time`.
    pub(super) fn is_before(&self, time: Option<DateTime<Utc>>) -> bool {
        let is_before = |open: Option<DateTime<Utc>>| open.is_some_and(|open| Some(open) < time);
        match self {
            Self::Tty(tty) => tty.open().all(is_before),
            Self::Frames(frames) => frames.open().all(is_before),
        }
    }

    /// Whether the stream stands inside a frame: if it ends here, it was cut.
    pub(super) const fn is_inside_frame(&self) -> bool {
        match self {
            Self::Tty(_) => false,
            Self::Frames(frames) => frames.is_inside_frame(),
        }
    }
}

#[cfg(test)]
mod tests;
