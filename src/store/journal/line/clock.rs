//! Times as the rows hold them: RFC 3339 in UTC, with 0, 3, 6 or 9 digits of a second.

use chrono::{DateTime, Datelike, NaiveDate, Timelike, Utc};

/// Appends `2026-03-04T09:00:00.123456789Z`; years outside 0 to 9999 are written by `chrono`.
pub(super) fn write(out: &mut Vec<u8>, time: DateTime<Utc>) {
    let (year, nanos) = (time.year(), time.nanosecond());
    // A leap second is a nanosecond above 10^9, and rare enough.
    if !(0..=9999).contains(&year) || nanos >= 1_000_000_000 {
        out.extend_from_slice(time.to_rfc3339_opts(chrono::SecondsFormat::AutoSi, true).as_bytes());
        return;
    }
    let mut text = *b"0000-00-00T00:00:00.000000000Z";
    put(&mut text[0..4], year.unsigned_abs());
    put(&mut text[5..7], time.month());
    put(&mut text[8..10], time.day());
    put(&mut text[11..13], time.hour());
    put(&mut text[14..16], time.minute());
    put(&mut text[17..19], time.second());
    let digits = match nanos {
        0 => 0,
        n if n % 1_000_000 == 0 => 3,
        n if n % 1_000 == 0 => 6,
        _ => 9,
    };
    put(&mut text[20..29], nanos);
    let end = if digits == 0 { 19 } else { 20 + digits };
    out.extend_from_slice(&text[..end]);
    out.push(b'Z');
}

/// Reads what [`write`] writes; `None` for any other way to say a time.
pub(super) fn read(text: &[u8]) -> Option<DateTime<Utc>> {
    let (moment, rest) = text.split_at_checked(19)?;
    let [.., b'Z'] = rest else { return None };
    let is_shaped = moment[4] == b'-'
        && moment[7] == b'-'
        && moment[10] == b'T'
        && moment[13] == b':'
        && moment[16] == b':';
    let fraction = match rest {
        [b'Z'] => 0,
        [b'.', digits @ .., b'Z'] if matches!(digits.len(), 3 | 6 | 9) => {
            number(digits)? * 10_u32.pow(9 - digits.len() as u32)
        }
        _ => return None,
    };
    if !is_shaped {
        return None;
    }
    let year = number(&moment[0..4])?.cast_signed();
    let date = NaiveDate::from_ymd_opt(year, number(&moment[5..7])?, number(&moment[8..10])?)?;
    let (hour, minute) = (number(&moment[11..13])?, number(&moment[14..16])?);
    let time = date.and_hms_nano_opt(hour, minute, number(&moment[17..19])?, fraction)?;
    Some(time.and_utc())
}

fn put(place: &mut [u8], mut number: u32) {
    for digit in place.iter_mut().rev() {
        *digit = b'0' + (number % 10) as u8;
        number /= 10;
    }
}

fn number(digits: &[u8]) -> Option<u32> {
    digits.iter().try_fold(0_u32, |sum, digit| {
        digit.is_ascii_digit().then(|| sum * 10 + u32::from(digit - b'0'))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_written_as_chrono_writes_them_and_read_back() {
        for (seconds, nanos) in [
            (0, 0),
            (1_700_000_000, 123_456_789),
            (1_700_000_000, 120_000_000),
            (1_700_000_000, 1_000),
            (1_709_164_800, 1),
            (-62_135_596_800, 5),
            (253_402_300_799, 999_999_999),
        ] {
            let time = DateTime::from_timestamp(seconds, nanos).unwrap();
            let mut out = Vec::new();
            write(&mut out, time);
            let want = time.to_rfc3339_opts(chrono::SecondsFormat::AutoSi, true);
            assert_eq!(std::str::from_utf8(&out).unwrap(), want);
            assert_eq!(read(&out), Some(time));
        }
    }

    #[test]
    fn other_texts_are_no_times() {
        for text in [
            "",
            "Z",
            "2026-03-04T09:00:00",
            "2026-13-04T09:00:00Z",
            "2026-02-30T09:00:00Z",
            "2026-03-04T24:00:00Z",
            "2026-03-04T09:00:00.Z",
            "2026-03-04T09:00:00.1Z",
            "2026-03-04T09:00:00.12345678xZ",
            "2026-03-04 09:00:00Z",
            "2026-03-04T09:00:00+01:00",
        ] {
            assert_eq!(read(text.as_bytes()), None, "{text}");
        }
    }
}
