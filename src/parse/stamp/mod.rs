//! Timestamps as programs write them, without a format being named beforehand.
//!
//! Reading finds where a stamp ends and costs no calendar; [`Stamp::resolve`] makes a time of it when one is needed.
//! What a stamp leaves out (year, date, zone) is taken from `now`; no zone is read as UTC.

mod reader;

use chrono::{DateTime, Datelike, Duration, NaiveDate, NaiveTime, Utc};
use reader::Reader;

/// One timestamp, and where it ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Stamp {
    when: When,
    /// Offset of the first byte behind it.
    pub(super) end: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum When {
    Epoch { seconds: i64, nanos: u32 },
    Civil { date: Date, clock: Clock, offset: i32 },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Date {
    Full(i32, u32, u32),
    NoYear(u32, u32),
    Today,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Clock {
    hour: u32,
    minute: u32,
    second: u32,
    nanos: u32,
}

impl Stamp {
    /// The time it means; `None` for a day that no calendar has.
    pub(super) fn resolve(&self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let (date, clock, offset) = match self.when {
            When::Epoch { seconds, nanos } => return DateTime::from_timestamp(seconds, nanos),
            When::Civil { date, clock, offset } => (date, clock, offset),
        };
        // A leap second is the second before it.
        let time = NaiveTime::from_hms_nano_opt(
            clock.hour,
            clock.minute,
            clock.second.min(59),
            clock.nanos,
        )?;
        let at = |day: NaiveDate| {
            let time = day.and_time(time).and_utc();
            // Most stamps are in UTC or name no zone.
            if offset == 0 {
                return Some(time);
            }
            time.checked_sub_signed(Duration::seconds(offset.into()))
        };
        match date {
            Date::Full(year, month, day) => at(NaiveDate::from_ymd_opt(year, month, day)?),
            Date::NoYear(month, day) => {
                let this = NaiveDate::from_ymd_opt(now.year(), month, day).and_then(at);
                match this {
                    Some(time) if time <= now + Duration::days(1) => Some(time),
                    _ => at(NaiveDate::from_ymd_opt(now.year() - 1, month, day)?),
                }
            }
            Date::Today => {
                let today = at(now.date_naive())?;
                if today > now + Duration::hours(12) {
                    today.checked_sub_signed(Duration::days(1))
                } else {
                    Some(today)
                }
            }
        }
    }

    /// Seconds, milliseconds, microseconds or nanoseconds since 1970, told apart by their size.
    pub(super) fn of_epoch(text: &[u8]) -> Option<Self> {
        let mut reader = Reader::new(text, 0);
        let stamp = reader.epoch()?;
        (stamp.end == text.len()).then_some(stamp)
    }

    /// The same time, ending elsewhere.
    pub(super) const fn ending_at(self, end: usize) -> Self {
        Self { end, ..self }
    }

    /// Whether it is only a time of day, which may as well be a duration.
    pub(super) const fn is_clock_only(&self) -> bool {
        matches!(self.when, When::Civil { date: Date::Today, .. })
    }
}

/// The timestamp that begins at byte `at`, if one does and ends at the end of a word.
pub(super) fn read(bytes: &[u8], at: usize) -> Option<Stamp> {
    let mut reader = Reader::new(bytes, at);
    let when = match reader.peek() {
        b'0'..=b'9' => reader.numeric()?,
        b'A'..=b'Z' => reader.named()?,
        _ => return None,
    };
    let next = reader.peek();
    (!next.is_ascii_alphanumeric() && next != b'_').then_some(Stamp { when, end: reader.at() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> DateTime<Utc> {
        "2026-11-21T22:12:29Z".parse().unwrap()
    }

    #[test]
    fn reads_the_stamps_of_many_programs() {
        for (text, want, length) in [
            ("2025-03-04T09:05:06.123456789Z x", "2025-03-04T09:05:06.123456789Z", 30),
            ("2025-03-04T09:05:06+02:00 x", "2025-03-04T07:05:06Z", 25),
            ("2025-03-04T09:05:06.5-0530", "2025-03-04T14:35:06.5Z", 26),
            ("2025-03-04 09:05:06,123 ERROR", "2025-03-04T09:05:06.123Z", 23),
            ("2025-03-04 09:05:06 +0000] [7]", "2025-03-04T09:05:06Z", 25),
            ("2025-03-04 09:05:06.123 UTC [1]", "2025-03-04T09:05:06.123Z", 27),
            ("2025-03-04 09:05:06+00 [1]", "2025-03-04T09:05:06Z", 22),
            ("2025-03-04 09:05:06 EST [1]", "2025-03-04T14:05:06Z", 23),
            ("2025-03-04 09:05:06 INFO", "2025-03-04T09:05:06Z", 19),
            ("2025-03-04  9:05:06 0 [Note]", "2025-03-04T09:05:06Z", 19),
            ("2025/03/04 09:05:06 [error]", "2025-03-04T09:05:06Z", 19),
            ("2025/03/04 - 09:05:06 | 200", "2025-03-04T09:05:06Z", 21),
            ("02/Jan/2006:15:04:05 +0000]", "2006-01-02T15:04:05Z", 26),
            ("21/Nov/2026 22:19:54] \"GET", "2026-11-21T22:19:54Z", 20),
            ("04-Mar-2025 09:05:06 UTC]", "2025-03-04T09:05:06Z", 24),
            ("02 Jan 2006 15:04:05.123 *", "2006-01-02T15:04:05.123Z", 24),
            ("03/04/2025, 9:05:06 PM  ", "2025-03-04T21:05:06Z", 22),
            ("Jan  2 15:04:05 host", "2026-01-02T15:04:05Z", 15),
            ("Dec 10 06:55:46 host", "2025-12-10T06:55:46Z", 15),
            ("Jan 02, 2024 3:04:05 PM com", "2024-01-02T15:04:05Z", 23),
            ("Sun Dec 04 04:47:44 2005]", "2005-12-04T04:47:44Z", 24),
            ("Sun Dec 04 04:47:44.123456 2005]", "2005-12-04T04:47:44.123456Z", 31),
            ("Mon, 02 Jan 2006 15:04:05 GMT", "2006-01-02T15:04:05Z", 29),
            ("2025 Mar  4 09:05:06 | x", "2025-03-04T09:05:06Z", 20),
            ("2025-Mar-04 09:05:06 x", "2025-03-04T09:05:06Z", 20),
            ("Tue 04 Mar 2025 09:05:06 x", "2025-03-04T09:05:06Z", 24),
            ("04-Mar 09:05:06.5 x", "2026-03-04T09:05:06.5Z", 17),
            ("2025-03-04 09-05-06.123 [Info]", "2025-03-04T09:05:06.123Z", 23),
            ("Jan-7 14:24:05.640 [name]", "2026-01-07T14:24:05.640Z", 18),
            ("02 Jan 15:04:05.123 #", "2026-01-02T15:04:05.123Z", 19),
            ("25-03-04 09:05:06 WARN", "2025-03-04T09:05:06Z", 17),
            ("03-17 16:13:38.811  1702", "2026-03-17T16:13:38.811Z", 18),
            ("081109 203615 148 INFO", "2008-11-09T20:36:15Z", 13),
            ("20250304 09:05:06 x", "2025-03-04T09:05:06Z", 17),
            ("1700000000 x", "2023-11-14T22:13:20Z", 10),
            ("1700000000.25 x", "2023-11-14T22:13:20.25Z", 13),
            ("1700000000123 x", "2023-11-14T22:13:20.123Z", 13),
            ("15:04:05.5 x", "2026-11-21T15:04:05.5Z", 10),
            ("3:04PM INF", "2026-11-21T15:04:00Z", 6),
        ] {
            let stamp = read(text.as_bytes(), 0).unwrap_or_else(|| panic!("no stamp in {text:?}"));
            let want: DateTime<Utc> = want.parse().unwrap();
            assert_eq!((stamp.resolve(now()), stamp.end), (Some(want), length), "{text:?}");
        }
    }

    #[test]
    fn leaves_other_numbers_alone() {
        for text in [
            "10.0.0.1 - - [x]",
            "172.18.0.5:8000 up",
            "12 items",
            "2025 was good",
            "2025-03-04 is a day",
            "2025-13-04 09:00:00",
            "99:00:00",
            "12:30 lunch",
            "1234567890123456789012",
            "0000000001 x",
            "Jan is a month",
            "May 5 items",
            "Monday",
            "1-2-3",
            "12-34-56 is a number",
            "25.03.04 09:05:06",
            "Jan-7 is a day",
            "",
        ] {
            assert_eq!(read(text.as_bytes(), 0), None, "{text:?}");
        }
    }

    #[test]
    fn a_day_that_does_not_exist_has_no_time() {
        let stamp = read(b"2025-02-31 09:00:00", 0).unwrap();
        assert_eq!(stamp.resolve(now()), None);
    }

    #[test]
    fn a_time_of_day_ahead_of_now_was_yesterday() {
        let now: DateTime<Utc> = "2026-11-21T00:00:10Z".parse().unwrap();
        let stamp = read(b"23:59:59", 0).unwrap();
        assert_eq!(stamp.resolve(now), "2026-11-20T23:59:59Z".parse().ok());
    }
}
