//! What a person would read of a line: without escape sequences and invisible characters, and where each piece was.

use std::ops::Range;

/// An escape sequence longer than this is not believed.
const MAX_ESCAPE: usize = 4096;

/// The visible bytes of a line.
#[derive(Debug)]
pub(super) struct Readable {
    pub(super) text: Vec<u8>,
    /// Where pieces begin: in this text, and in the line.
    pieces: Vec<(usize, usize)>,
}

impl Readable {
    /// `None` where everything is visible.
    pub(super) fn of(line: &[u8]) -> Option<Self> {
        if line.is_ascii() && memchr::memchr(0x1b, line).is_none() {
            return None;
        }
        let is_suspect =
            |b: &u8| *b == 0x1b || matches!(b, 0xc2 | 0xcc | 0xcd | 0xe1 | 0xe2 | 0xef | 0xf3);
        let mut at = line.iter().position(is_suspect)?;
        let mut this = Self { text: Vec::new(), pieces: Vec::new() };
        let mut shown = 0;
        while at < line.len() {
            let hidden = hidden_length(&line[at..]);
            if hidden == 0 {
                let next = line[at + 1..].iter().position(is_suspect);
                at = next.map_or(line.len(), |next| at + 1 + next);
                continue;
            }
            this.piece(line, shown..at);
            at += hidden;
            shown = at;
        }
        if this.pieces.is_empty() && shown == 0 {
            return None;
        }
        this.piece(line, shown..line.len());
        Some(this)
    }

    fn piece(&mut self, line: &[u8], range: Range<usize>) {
        if !range.is_empty() {
            self.pieces.push((self.text.len(), range.start));
            self.text.extend_from_slice(&line[range]);
        }
    }

    /// Where in the line a range of this text lies, with what is hidden within.
    pub(super) fn in_line(&self, range: &Range<usize>) -> Range<usize> {
        let place = |at: usize| {
            let piece = self.pieces.partition_point(|(begin, _)| *begin <= at).saturating_sub(1);
            self.pieces.get(piece).map_or(at, |(begin, place)| place + at - begin)
        };
        place(range.start)..place(range.end.saturating_sub(1)) + 1
    }
}

/// Bytes at the start that nobody sees: an escape sequence, or a character without width; otherwise 0.
fn hidden_length(rest: &[u8]) -> usize {
    match rest {
        [0x1b, kind, ..] => escape_length(*kind, rest, 2),
        [0x1b] => 1,
        // C1 controls are ESC and a byte 0x40 lower.
        [0xc2, c1 @ 0x80..=0x9f, ..] => escape_length(c1 - 0x40, rest, 2),
        // Soft hyphen.
        [0xc2, 0xad, ..] => 2,
        // Combining marks and the grapheme joiner.
        [0xcc, ..] | [0xcd, 0x80..=0xaf, ..] => rest.len().min(2),
        // Zero-width space to right-to-left mark, bidirectional overrides, word joiner to deprecated formats, Mongolian
        // vowel separator, variation selectors, byte order mark.
        [0xe2, 0x80, 0x8b..=0x8f | 0xaa..=0xae, ..]
        | [0xe2, 0x81, 0xa0..=0xaf, ..]
        | [0xe1, 0xa0, 0x8b..=0x8e, ..]
        | [0xef, 0xb8, 0x80..=0x8f, ..]
        | [0xef, 0xbb, 0xbf, ..] => 3,
        // Tags and further variation selectors.
        [0xf3, 0xa0, 0x80..=0x87, _, ..] => 4,
        _ => 0,
    }
}

fn escape_length(kind: u8, rest: &[u8], from: usize) -> usize {
    let body = &rest[from..rest.len().min(MAX_ESCAPE)];
    let end = match kind {
        b'[' => body.iter().position(|b| !(0x20..0x40).contains(b)).map(|at| {
            // A byte that cannot end it is text again.
            from + at + usize::from((0x40..0x7f).contains(&body[at]))
        }),
        b']' | b'P' | b'X' | b'^' | b'_' => string_length(body).map(|length| from + length),
        0x20..=0x2f => body
            .iter()
            .position(|b| !(0x20..0x30).contains(b))
            .map(|at| from + at + usize::from((0x30..0x7f).contains(&body[at]))),
        // A control or the first byte of a character right after ESC is not part of a sequence.
        0..0x20 | 0x80.. => Some(from - 1),
        _ => Some(from),
    };
    end.unwrap_or(if rest.len() < MAX_ESCAPE { rest.len() } else { from })
}

/// OSC and its kin end with BEL, ST (ESC \) or C1 ST.
fn string_length(body: &[u8]) -> Option<usize> {
    body.iter().enumerate().find_map(|(at, b)| match (b, body.get(at + 1)) {
        (0x07, _) => Some(at + 1),
        (0x1b, Some(b'\\')) | (0xc2, Some(0x9c)) => Some(at + 2),
        // Another sequence begins: this one was broken off.
        (0x1b, _) | (0xc2, Some(0x80..=0x9f)) => Some(at),
        _ => None,
    })
}
