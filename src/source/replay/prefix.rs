//! The prefix that Compose puts before each line.
//!
//! Compose pads every name to one width and adds a space: `api-1     | text`, so at least two spaces stand before the
//! bar. Compose v1 wrote `api_1`. Colours may surround the prefix, and `--timestamps` adds a time behind it.

use chrono::{DateTime, NaiveDate, Utc};

/// A line taken apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Prefixed<'a> {
    /// The container's name: `api-1`, `shop-api-1`, `api_1`, or what `container_name` says.
    pub(super) name: &'a [u8],
    /// Column of the bar.
    pub(super) column: usize,
    /// What the container wrote.
    pub(super) text: &'a [u8],
}

/// The longest name that is believed.
const MAX_NAME: usize = 100;

/// Takes a prefix off, if the line begins with something that looks like one.
pub(super) fn take(line: &[u8]) -> Option<Prefixed<'_>> {
    let line = skip_escapes(line);
    let length = line
        .iter()
        .take(MAX_NAME + 1)
        .take_while(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.'))
        .count();
    if length == 0 || length > MAX_NAME || !line[0].is_ascii_alphanumeric() {
        return None;
    }
    let (name, rest) = line.split_at(length);
    let rest = skip_escapes(rest);
    let padding = rest.iter().take(MAX_NAME).take_while(|b| **b == b' ').count();
    let rest = skip_escapes(&rest[padding..]).strip_prefix(b"|")?;
    let text = skip_escapes(rest);
    // An empty line of a container may have lost the space behind the bar.
    let text = if text.is_empty() { text } else { skip_escapes(text.strip_prefix(b" ")?) };
    (padding > 0).then_some(Prefixed { name, column: length + padding, text })
}

/// What follows the escape sequences at the start: Compose colours its prefixes and clears the line.
fn skip_escapes(mut bytes: &[u8]) -> &[u8] {
    while let Some(rest) = bytes.strip_prefix(b"\x1b[") {
        let Some(end) = rest.iter().take(16).position(|b| (0x40..=0x7e).contains(b)) else { break };
        if !matches!(rest[end], b'm' | b'K') {
            break;
        }
        bytes = &rest[end + 1..];
    }
    bytes
}

/// Service and container number of a numbered name: `shop-api-2` is 2 of `shop-api`.
pub(super) fn numbered(name: &[u8]) -> Option<(&[u8], u32)> {
    let digits = name.iter().rev().take_while(|b| b.is_ascii_digit()).count();
    let at = name.len() - digits;
    if at < 2 || digits == 0 || digits > 5 || !matches!(name[at - 1], b'-' | b'_') {
        return None;
    }
    let replica = name[at..].iter().fold(0, |n, d| n * 10 + u32::from(d - b'0'));
    Some((&name[..at - 1], replica))
}

/// Takes off the Engine's own time: nine digits of a second and `Z`, which hardly any program writes itself.
pub(super) fn take_time(text: &[u8]) -> (Option<DateTime<Utc>>, &[u8]) {
    const LENGTH: usize = "2006-01-02T15:04:05.000000000Z".len();
    let is_whole = matches!(text.get(LENGTH), None | Some(b' '));
    let time = text.get(..LENGTH).filter(|_| is_whole).and_then(engine_time);
    match time {
        Some(time) => (Some(time), text.get(LENGTH + 1..).unwrap_or_default()),
        None => (None, text),
    }
}

/// Reads exactly `2006-01-02T15:04:05.000000000Z`.
fn engine_time(stamp: &[u8]) -> Option<DateTime<Utc>> {
    const LAYOUT: &[u8] = b"0000-00-00T00:00:00.000000000Z";
    let is_laid_out = stamp
        .iter()
        .zip(LAYOUT)
        .all(|(b, want)| if *want == b'0' { b.is_ascii_digit() } else { b == want });
    if !is_laid_out {
        return None;
    }
    let number = |from: usize, to: usize| {
        stamp[from..to].iter().fold(0, |n, d| n * 10 + u32::from(d - b'0'))
    };
    let day = NaiveDate::from_ymd_opt(number(0, 4) as i32, number(5, 7), number(8, 10))?;
    let (hour, minute, second) = (number(11, 13), number(14, 16), number(17, 19));
    Some(day.and_hms_nano_opt(hour, minute, second, number(20, 29))?.and_utc())
}

/// Container and words of Compose's own line `worker-1 exited with code 137`.
pub(super) fn take_exit(line: &[u8]) -> Option<(&[u8], &[u8])> {
    let line = skip_escapes(line).trim_ascii();
    // Read from the end: there, nearly every other line differs at once.
    let digits = line.iter().rev().take(4).take_while(|b| b.is_ascii_digit()).count();
    let (head, _) = line.split_at(line.len() - digits);
    let name = head.strip_suffix(b" exited with code ").filter(|_| (1..=3).contains(&digits))?;
    let is_name = head.len() <= MAX_NAME + 20
        && name.iter().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(b));
    (is_name && numbered(name).is_some()).then(|| (name, &line[name.len() + 1..]))
}
