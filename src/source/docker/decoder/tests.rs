//! Hostile, cut and ordinary streams.

use super::{line::MAX_LINE, terminal::PIECE, *};
use crate::model::Stream;
use proptest::prelude::*;

/// Stream, nanoseconds, text.
type Seen = (Stream, Option<u32>, Vec<u8>);

const A: &str = "2026-01-01T00:00:00.000000001Z";
const B: &str = "2026-01-01T00:00:00.000000002Z";

fn frame(kind: u8, payload: &[u8]) -> Vec<u8> {
    let mut bytes = vec![kind, 0, 0, 0];
    bytes.extend_from_slice(&u32::try_from(payload.len()).unwrap().to_be_bytes());
    bytes.extend_from_slice(payload);
    bytes
}

fn text(kind: u8, text: &str) -> Vec<u8> {
    frame(kind, text.as_bytes())
}

fn decode(is_tty: bool, pieces: &[&[u8]]) -> Vec<Seen> {
    let mut decoder = Decoder::new(is_tty);
    let mut out = Vec::new();
    for piece in pieces {
        decoder.push(piece, &mut out).unwrap();
    }
    decoder.finish(&mut out);
    out.into_iter()
        .map(|line| (line.stream, line.time.map(|t| t.timestamp_subsec_nanos()), line.bytes))
        .collect()
}

fn line(stream: Stream, nanos: u32, bytes: &str) -> Seen {
    (stream, Some(nanos), bytes.as_bytes().to_vec())
}

/// A stream with everything that an Engine sends, and what must come out of it.
fn framed() -> (Vec<u8>, Vec<Seen>) {
    let long = "x".repeat(PIECE);
    let stream = [
        text(1, &format!("{A} one\n")),
        text(2, &format!("{B} bad: \u{1b}[31mred\n")),
        text(1, ""),
        text(1, &format!("{A} {long}")),
        text(2, &format!("{B} {long}")),
        text(1, &format!("{A} end of one\n")),
        text(2, &format!("{B} end of two\n")),
        text(1, &format!("{A} \n")),
        frame(
            1,
            format!("{B} not utf-8: ")
                .bytes()
                .chain([0xff, 0xfe, 0, b'\n'])
                .collect::<Vec<_>>()
                .as_slice(),
        ),
        text(1, "garbage stamp\n"),
        text(1, "g\n"),
        text(0, &format!("{A} two in\n{B} a frame\n")),
        text(1, &format!("{A} last words")),
        text(1, &format!("{B} next run\n")),
        text(2, &format!("{A} no end")),
    ];
    let want = vec![
        line(Stream::Stdout, 1, "one"),
        line(Stream::Stderr, 2, "bad: \u{1b}[31mred"),
        line(Stream::Stdout, 1, &format!("{long}end of one")),
        line(Stream::Stderr, 2, &format!("{long}end of two")),
        line(Stream::Stdout, 1, ""),
        (Stream::Stdout, Some(2), b"not utf-8: \xff\xfe\0".to_vec()),
        (Stream::Stdout, None, b"garbage stamp".to_vec()),
        (Stream::Stdout, None, b"g".to_vec()),
        line(Stream::Stdout, 1, "two in"),
        line(Stream::Stdout, 2, "a frame"),
        line(Stream::Stdout, 1, "last words"),
        line(Stream::Stdout, 2, "next run"),
        line(Stream::Stderr, 1, "no end"),
    ];
    (stream.concat(), want)
}

fn terminal() -> (Vec<u8>, Vec<Seen>) {
    let long = "y".repeat(PIECE);
    let stream = [
        format!("{A} one\r\n"),
        format!("{B} 10%\r20%\rdone\r\n"),
        format!("{A} {long}{A} {long}{A} tail\r\n"),
        format!("{B} {long}{B} \r\n"),
        format!("{B} {long}2026-01-01 is no stamp {A} nor this\r\n"),
        "garbage here\r\n".to_owned(),
        "\u{1}\0\0\0\n".to_owned(),
        "\n".to_owned(),
        format!("{A} $ "),
    ]
    .concat();
    let want = vec![
        line(Stream::Stdout, 1, "one"),
        line(Stream::Stdout, 2, "10%\r20%\rdone"),
        line(Stream::Stdout, 1, &format!("{long}{long}tail")),
        line(Stream::Stdout, 2, &long),
        line(Stream::Stdout, 2, &format!("{long}2026-01-01 is no stamp {A} nor this")),
        (Stream::Stdout, None, b"garbage here".to_vec()),
        (Stream::Stdout, None, b"\x01\0\0\0".to_vec()),
        (Stream::Stdout, None, Vec::new()),
        line(Stream::Stdout, 1, "$ "),
    ];
    (stream.into_bytes(), want)
}

#[test]
fn frames_become_lines() {
    let (stream, want) = framed();
    assert_eq!(decode(false, &[&stream]), want);
}

#[test]
fn terminals_become_lines() {
    let (stream, want) = terminal();
    assert_eq!(decode(true, &[&stream]), want);
}

#[test]
fn a_cut_at_any_byte_changes_nothing() {
    for (is_tty, (stream, want)) in [(false, framed()), (true, terminal())] {
        for at in 0..stream.len() {
            let (left, right) = stream.split_at(at);
            assert_eq!(decode(is_tty, &[left, right]), want, "tty {is_tty}, cut at {at}");
        }
    }
}

#[test]
fn single_bytes_change_nothing() {
    for (is_tty, (stream, want)) in [(false, framed()), (true, terminal())] {
        let pieces: Vec<&[u8]> = stream.chunks(1).collect();
        assert_eq!(decode(is_tty, &pieces), want);
    }
}

#[test]
fn a_huge_line_is_cut_with_a_marker_and_its_neighbours_stay() {
    for is_tty in [false, true] {
        let mut decoder = Decoder::new(is_tty);
        let mut out = Vec::new();
        let mut push = |text: &str| {
            let bytes = if is_tty { text.as_bytes().to_vec() } else { super::tests::text(1, text) };
            decoder.push(&bytes, &mut out).unwrap();
        };
        push(&format!("{A} before\n"));
        let piece = "ż".repeat(PIECE / 2);
        for _ in 0..200 {
            push(&format!("{B} {piece}"));
        }
        push(&format!("{B} \n"));
        push(&format!("{A} after\n"));
        assert_eq!(out.len(), 3);
        assert_eq!(out[0].bytes, b"before");
        assert_eq!(out[2].bytes, b"after");
        let cut = std::str::from_utf8(&out[1].bytes).unwrap();
        assert!(cut.len() <= MAX_LINE);
        assert!(
            cut.ends_with("ż… [dogwatch: cut at 1 MiB, 2.2 MB not kept]"),
            "{}",
            &cut[cut.len() - 60..]
        );
    }
}

#[test]
fn a_line_of_exactly_the_limit_is_whole() {
    for (more, is_whole) in [(0, true), (1, false)] {
        let text = format!("{A} {}\n", "z".repeat(MAX_LINE + more));
        let lines = decode(true, &[text.as_bytes()]);
        // A line without repeated stamps, as an Engine that does not cut would send it.
        assert_eq!(lines[0].2.len() == MAX_LINE && !lines[0].2.ends_with(b"kept]"), is_whole);
    }
}

#[test]
fn what_is_no_frame_is_refused() {
    for (bytes, want) in [
        (vec![7, 0, 0, 0], "frame header [07, 00, 00, 00] is not one of Docker's"),
        (b"2026-01-01T".to_vec(), "frame header [32, 30, 32, 36] is not one of Docker's"),
        (vec![1, 0, 0, 0, 255, 255, 255, 255], "a frame of 4294967295 bytes"),
        (frame(3, b"no space\x1b[2J"), "the Engine reports: no space"),
    ] {
        let mut out = Vec::new();
        let error = Decoder::new(false).push(&bytes, &mut out).unwrap_err();
        assert_eq!(error.to_string(), want);
    }
}

#[test]
fn knows_whether_the_end_was_a_cut() {
    let bytes = text(1, &format!("{A} one\n"));
    for at in 0..=bytes.len() {
        let mut decoder = Decoder::new(false);
        decoder.push(&bytes[..at], &mut Vec::new()).unwrap();
        assert_eq!(decoder.is_inside_frame(), at != 0 && at != bytes.len(), "{at}");
    }
}

#[test]
fn last_words_without_an_end_do_not_hide_the_next_run() {
    let glued = |text: &str| Line {
        stream: Stream::Stdout,
        time: Some(A.parse().unwrap()),
        bytes: text.as_bytes().to_vec(),
    };
    let next = |text: &str| glued(text).next_run().map(|l| String::from_utf8(l.bytes).unwrap());
    assert_eq!(next(&format!("last words{B} first Z line")), Some("first Z line".to_owned()));
    assert_eq!(next(&format!("{B} first")), Some("first".to_owned()));
    assert_eq!(next(&format!("the same {A} again")), None);
    assert_eq!(next("A to Z and 0-9: nothing"), None);
    assert_eq!(next("Z "), None);
}

proptest! {
    #[test]
    fn any_pieces_give_the_same_lines(cuts in proptest::collection::vec(1..9000_usize, 0..40)) {
        for (is_tty, (stream, want)) in [(false, framed()), (true, terminal())] {
            let mut rest = stream.as_slice();
            let mut pieces = Vec::new();
            for cut in &cuts {
                let (piece, after) = rest.split_at(rest.len().min(*cut));
                pieces.push(piece);
                rest = after;
            }
            pieces.push(rest);
            prop_assert_eq!(decode(is_tty, &pieces), want);
        }
    }

    #[test]
    fn no_bytes_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400), is_tty: bool) {
        let mut decoder = Decoder::new(is_tty);
        let mut out = Vec::new();
        let _ = decoder.push(&bytes, &mut out);
        decoder.finish(&mut out);
    }

    #[test]
    fn any_text_of_a_terminal_comes_through(lines in proptest::collection::vec("[^\r\n]{0,60}", 1..20)) {
        let stream = lines.iter().fold(String::new(), |all, text| all + A + " " + text + "\r\n");
        let got: Vec<Vec<u8>> = decode(true, &[stream.as_bytes()]).into_iter().map(|l| l.2).collect();
        let want: Vec<Vec<u8>> = lines.into_iter().map(String::into_bytes).collect();
        prop_assert_eq!(got, want);
    }
}
