//! Where the body of an answer stands among the bytes of its connection, and where it ends.

use std::io;

/// A chunk is announced with at most so many digits.
const MOST_DIGITS: u8 = 15;

/// The body of one answer, while it comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Body {
    /// In chunks.
    Chunks(Place),
    /// So many bytes are still to come.
    Length(u64),
    /// All that comes until the connection ends.
    #[default]
    Rest,
}

/// Place in a body that comes in chunks: `size [;words] CR LF bytes CR LF`, the last one empty, then lines of words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// Before or inside the size of a chunk: its value so far, and how many digits that were.
    Size(u64, u8),
    /// Behind the size, in what else the line says.
    Words(u64),
    /// Inside a chunk, so many bytes before its end.
    Bytes(u64),
    /// Behind a chunk, in its line end.
    Behind,
    /// In the lines behind the last chunk; whether something stands on this one.
    Trailer(bool),
    /// Behind everything.
    End,
}

impl Body {
    /// A body in chunks, at its beginning.
    pub(super) const fn chunks() -> Self {
        Self::Chunks(Place::Size(0, 0))
    }

    /// Whether its proper end has come.
    pub(super) const fn is_over(&self) -> bool {
        matches!(self, Self::Chunks(Place::End) | Self::Length(0))
    }

    /// Whether it is whole where the connection ends now.
    pub(super) const fn may_end(&self) -> bool {
        self.is_over() || matches!(self, Self::Rest)
    }

    /// Moves what is of the body in the next bytes of the connection to their front, and says how much that is.
    ///
    /// # Errors
    /// Where they are no chunks.
    pub(super) fn take(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Chunks(place) => place.take(bytes),
            Self::Length(left) => {
                let taken = bytes.len().min(usize::try_from(*left).unwrap_or(usize::MAX));
                *left -= taken as u64;
                Ok(taken)
            }
            Self::Rest => Ok(bytes.len()),
        }
    }
}

impl Place {
    fn take(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        let (mut at, mut kept) = (0, 0);
        while at < bytes.len() {
            if let Self::Bytes(left) = self {
                let taken = (bytes.len() - at).min(usize::try_from(*left).unwrap_or(usize::MAX));
                bytes.copy_within(at..at + taken, kept);
                at += taken;
                kept += taken;
                *left -= taken as u64;
                if *left == 0 {
                    *self = Self::Behind;
                }
                continue;
            }
            *self = self.behind(bytes[at]).ok_or_else(|| {
                io::Error::new(io::ErrorKind::InvalidData, "the answer comes in broken chunks")
            })?;
            at += 1;
        }
        Ok(kept)
    }

    /// The place behind one more byte between two chunks; `None` where it may not stand there.
    fn behind(self, byte: u8) -> Option<Self> {
        let place = match (self, byte) {
            (Self::Size(size, digits), b'0'..=b'9' | b'a'..=b'f' | b'A'..=b'F') => {
                let digit = char::from(byte).to_digit(16)?;
                let digits = Some(digits + 1).filter(|digits| *digits <= MOST_DIGITS)?;
                Self::Size(size * 16 + u64::from(digit), digits)
            }
            (Self::Size(_, 0), _) => return None,
            (Self::Size(size, _) | Self::Words(size), b'\n') => match size {
                0 => Self::Trailer(false),
                size => Self::Bytes(size),
            },
            (Self::Size(size, _), b'\r' | b';' | b' ' | b'\t') | (Self::Words(size), _) => {
                Self::Words(size)
            }
            (Self::Behind, b'\r') => Self::Behind,
            (Self::Behind, b'\n') => Self::Size(0, 0),
            (Self::Size(..) | Self::Behind, _) => return None,
            (Self::Trailer(false), b'\n') => Self::End,
            (Self::Trailer(_), b'\n') => Self::Trailer(false),
            (Self::Trailer(has_words), b'\r') => Self::Trailer(has_words),
            (Self::Trailer(_), _) => Self::Trailer(true),
            (Self::Bytes(_) | Self::End, _) => self,
        };
        Some(place)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(mut body: Body, pieces: &[&[u8]]) -> io::Result<(Vec<u8>, Body)> {
        let mut got = Vec::new();
        for piece in pieces {
            let mut piece = piece.to_vec();
            let kept = body.take(&mut piece)?;
            got.extend_from_slice(&piece[..kept]);
        }
        Ok((got, body))
    }

    #[test]
    fn each_kind_of_body_has_its_own_end() {
        for (body, text, want, is_over) in [
            (Body::chunks(), "3\r\nabc\r\nA;x=y\r\n0123456789\r\n0\r\n\r\n", "abc0123456789", true),
            (Body::chunks(), "3\r\nabc\r\n0\r\nName: x\r\n\r\nmore", "abc", true),
            (Body::chunks(), "3\r\nabc\r\n0\r\n", "abc", false),
            (Body::chunks(), "3\r\nab", "ab", false),
            (Body::Length(3), "abcd", "abc", true),
            (Body::Length(5), "abcd", "abcd", false),
            (Body::Rest, "abcd", "abcd", false),
        ] {
            let (got, body) = read(body, &[text.as_bytes()]).unwrap();
            assert_eq!((&got[..], body.is_over()), (want.as_bytes(), is_over), "{text}");
        }
    }

    #[test]
    fn what_is_no_chunk_is_refused() {
        for text in ["\r\n", "x\r\n", "3x\r\n", "3\r\nabcd\r\n", "-1\r\n", "1000000000000000\r\n"] {
            assert!(read(Body::chunks(), &[text.as_bytes()]).is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn cuts_between_reads_change_nothing(
            chunks in prop::collection::vec(prop::collection::vec(any::<u8>(), 1..40), 0..8),
            size in 1..30_usize,
        ) {
            let mut text = Vec::new();
            for chunk in &chunks {
                text.extend_from_slice(format!("{:x}\r\n", chunk.len()).as_bytes());
                text.extend_from_slice(chunk);
                text.extend_from_slice(b"\r\n");
            }
            text.extend_from_slice(b"0\r\n\r\n");
            let pieces: Vec<&[u8]> = text.chunks(size).collect();
            let (got, body) = read(Body::chunks(), &pieces).unwrap();
            prop_assert_eq!(got, chunks.concat());
            prop_assert!(body.is_over());
        }

        #[test]
        fn hostile_bytes_end_in_an_error_at_most(
            pieces in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..40), 0..8),
        ) {
            let pieces: Vec<&[u8]> = pieces.iter().map(Vec::as_slice).collect();
            let _ = read(Body::chunks(), &pieces);
        }
    }
}
