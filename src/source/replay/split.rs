//! Bytes to lines, with a bound on each.

use bytes::{Buf as _, Bytes};

/// The longest line that is kept, in bytes; what follows is counted and left out.
pub const MAX_LINE: usize = 1 << 20;
/// Room for the words that say so.
const MARK: usize = 64;

/// Cuts a stream of bytes at its line feeds; holds at most [`MAX_LINE`] bytes.
#[derive(Debug, Default)]
pub struct Splitter {
    partial: Vec<u8>,
    dropped: u64,
}

impl Splitter {
    /// A splitter at the beginning of a line.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes the next bytes and hands each complete line to `line`, without its line feed; most share the memory of
    /// `bytes`.
    pub fn push(&mut self, mut bytes: Bytes, mut line: impl FnMut(Bytes)) {
        while let Some(end) = memchr::memchr(b'\n', &bytes) {
            let head = bytes.split_to(end);
            if self.partial.is_empty() && end <= MAX_LINE - MARK {
                line(head);
            } else {
                self.keep(&head);
                self.flush(&mut line);
            }
            bytes.advance(1);
        }
        self.keep(&bytes);
    }

    /// Hands over what came after the last line feed, if anything did.
    pub fn finish(&mut self, mut line: impl FnMut(Bytes)) {
        if !self.partial.is_empty() {
            self.flush(&mut line);
        }
    }

    fn keep(&mut self, bytes: &[u8]) {
        let room = (MAX_LINE - MARK).saturating_sub(self.partial.len()).min(bytes.len());
        self.partial.extend_from_slice(&bytes[..room]);
        self.dropped += (bytes.len() - room) as u64;
    }

    fn flush(&mut self, line: &mut impl FnMut(Bytes)) {
        if self.dropped > 0 {
            let mark = format!("… [dogwatch: cut at 1 MiB, {} bytes not kept]", self.dropped);
            self.partial.extend_from_slice(mark.as_bytes());
        }
        line(Bytes::copy_from_slice(&self.partial));
        self.dropped = 0;
        self.partial.clear();
        self.partial.shrink_to(64 * 1024);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split(pieces: &[&[u8]]) -> Vec<Vec<u8>> {
        let mut splitter = Splitter::new();
        let mut lines = Vec::new();
        for piece in pieces {
            splitter.push(Bytes::copy_from_slice(piece), |line| lines.push(line.to_vec()));
        }
        splitter.finish(|line| lines.push(line.to_vec()));
        lines
    }

    #[test]
    fn lines_do_not_depend_on_where_the_pieces_end() {
        for pieces in [
            &[&b"ab\n\nc\0\xff"[..]][..],
            &[&b"a"[..], b"b", b"\n", b"\nc", b"\0\xff"],
            &[&b"ab\n"[..], b"\nc\0\xff\n"],
        ] {
            assert_eq!(split(pieces), [&b"ab"[..], b"", b"c\0\xff"], "{pieces:?}");
        }
        assert!(split(&[b""]).is_empty());
    }

    #[test]
    fn an_endless_line_is_cut_and_counted_and_the_next_is_whole() {
        let mut splitter = Splitter::new();
        let mut lines = Vec::new();
        let piece = Bytes::from(vec![b'x'; 64 * 1024]);
        for _ in 0..1_600 {
            splitter.push(piece.clone(), |_| panic!("no line has ended"));
            assert!(splitter.partial.capacity() <= 2 * MAX_LINE);
        }
        splitter.push(Bytes::from_static(b"\nnext\n"), |line| lines.push(line.to_vec()));
        assert_eq!(lines.len(), 2);
        assert!(lines[0].len() <= MAX_LINE);
        let dropped = 1_600 * 64 * 1024 - (MAX_LINE - MARK);
        assert!(lines[0].ends_with(format!("1 MiB, {dropped} bytes not kept]").as_bytes()));
        assert_eq!(lines[1], b"next");
        assert!(splitter.partial.capacity() <= 64 * 1024);
    }
}
