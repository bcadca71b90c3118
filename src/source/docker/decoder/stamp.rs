//! The time that the Engine writes before each message.

use chrono::{DateTime, NaiveDate, Utc};

/// No stamp is longer, its space included.
pub(super) const MAX: usize = 40;

/// What stands at the start of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stamp {
    /// A time, and how many bytes it takes with its space.
    Time(DateTime<Utc>, usize),
    /// Too little to say.
    Incomplete,
    /// No time.
    Other,
}

/// Reads the stamp at the start of `bytes`: RFC 3339 with any number of digits, then a space.
pub(super) fn read(bytes: &[u8]) -> Stamp {
    // What Docker writes: 30 characters and a space.
    if let (Some(b' '), Some(time)) = (bytes.get(30), bytes.first_chunk().and_then(read_docker)) {
        return Stamp::Time(time, 31);
    }
    let head = &bytes[..bytes.len().min(MAX)];
    match memchr::memchr2(b' ', b'\n', head) {
        Some(end) if head[end] == b' ' => std::str::from_utf8(&head[..end])
            .ok()
            .and_then(|text| DateTime::parse_from_rfc3339(text).ok())
            .map_or(Stamp::Other, |time| Stamp::Time(time.to_utc(), end + 1)),
        None if head.len() < MAX => Stamp::Incomplete,
        _ => Stamp::Other,
    }
}

/// `2026-01-01T00:00:00.000000000Z`, ten times faster than the general form.
fn read_docker(text: &[u8; 30]) -> Option<DateTime<Utc>> {
    let is_form = text[4] == b'-'
        && text[7] == b'-'
        && text[10] == b'T'
        && text[13] == b':'
        && text[16] == b':'
        && text[19] == b'.'
        && text[29] == b'Z';
    if !is_form {
        return None;
    }
    let number = |from: usize, to: usize| {
        text[from..to].iter().try_fold(0_u32, |sum, byte| {
            byte.is_ascii_digit().then(|| sum * 10 + u32::from(byte - b'0'))
        })
    };
    let year = i32::try_from(number(0, 4)?).ok()?;
    NaiveDate::from_ymd_opt(year, number(5, 7)?, number(8, 10)?)?
        .and_hms_nano_opt(number(11, 13)?, number(14, 16)?, number(17, 19)?, number(20, 29)?)
        .map(|time| time.and_utc())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_every_engines_form() {
        for (text, want) in [
            ("2026-01-02T03:04:05.000000006Z x", Some(("2026-01-02T03:04:05.000000006Z", 31))),
            ("2026-01-02T03:04:05Z x", Some(("2026-01-02T03:04:05Z", 21))),
            ("2026-01-02T03:04:05.5+02:00 x", Some(("2026-01-02T01:04:05.5Z", 28))),
            ("2026-13-02T03:04:05.000000006Z x", None),
            ("hello world", None),
            (" x", None),
            ("\n", None),
            ("0123456789012345678901234567890123456789", None),
        ] {
            let want = want
                .map_or(Stamp::Other, |(time, length)| Stamp::Time(time.parse().unwrap(), length));
            assert_eq!(read(text.as_bytes()), want, "{text}");
        }
        assert_eq!(read(b""), Stamp::Incomplete);
        assert_eq!(read(b"2026-01-02T03:04:05.0"), Stamp::Incomplete);
    }
}
