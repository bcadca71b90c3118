//! Moments and spans, as Docker's users write them.

use chrono::{DateTime, Days, Local, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Utc};
use std::{str::FromStr, time::Duration};

/// `--since` and `--until`: a span before now, a moment, or a day's beginning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Since {
    /// So long ago.
    Ago(Duration),
    /// Then.
    At(DateTime<Utc>),
    /// When the day began here that lies so many days back; `today` is 0.
    Day(u8),
}

impl Since {
    /// The moment it means. A span longer than time itself means the beginning of it.
    pub fn resolve(self, now: DateTime<Utc>) -> DateTime<Utc> {
        match self {
            Self::At(time) => time,
            Self::Ago(span) => chrono::Duration::from_std(span)
                .ok()
                .and_then(|span| now.checked_sub_signed(span))
                .unwrap_or(DateTime::UNIX_EPOCH),
            Self::Day(back) => now
                .with_timezone(&Local)
                .date_naive()
                .checked_sub_days(Days::new(back.into()))
                .and_then(|day| here(day.and_time(NaiveTime::MIN)))
                .unwrap_or(DateTime::UNIX_EPOCH),
        }
    }
}

impl FromStr for Since {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "today" => return Ok(Self::Day(0)),
            "yesterday" => return Ok(Self::Day(1)),
            _ => {}
        }
        let moment = || -> Option<DateTime<Utc>> {
            if let Ok(time) = DateTime::parse_from_rfc3339(text) {
                return Some(time.to_utc());
            }
            if let Ok(date) = text.parse::<NaiveDate>() {
                return here(date.and_time(NaiveTime::MIN));
            }
            if let Ok(time) = text.parse::<NaiveDateTime>() {
                return here(time);
            }
            let seconds = text.parse::<f64>().ok().filter(|s| *s >= 0.0 && *s < 1e12)?;
            DateTime::from_timestamp_millis((seconds * 1e3) as i64)
        };
        moment()
            .map(Self::At)
            .or_else(|| humantime::parse_duration(text).ok().map(Self::Ago))
            .ok_or_else(|| {
                "not a time: write 10m, 1h30m, today, yesterday, 2024-01-15T10:30:00Z or Unix seconds"
                    .to_owned()
            })
    }
}

/// A time without a zone is one of this place, as Docker reads it; the hour that a clock change leaves out is later.
fn here(time: NaiveDateTime) -> Option<DateTime<Utc>> {
    let there = |time: NaiveDateTime| time.and_local_timezone(Local).earliest();
    there(time).or_else(|| there(time.checked_add_signed(TimeDelta::hours(1))?)).map(|t| t.to_utc())
}

/// `--tail`: so many lines, or all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tail(
    /// Lines; `None` means all.
    pub Option<u64>,
);

impl FromStr for Tail {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "all" => Ok(Self(None)),
            text => text
                .parse()
                .map(|lines| Self(Some(lines)))
                .map_err(|_| "not a number of lines, and not `all`".to_owned()),
        }
    }
}

/// `--speed`: how many times as fast as it was.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Speed(
    /// More than nothing, at most a million.
    pub f64,
);

impl FromStr for Speed {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let factor = text.strip_suffix('x').unwrap_or(text).parse().ok();
        factor.filter(|factor| (0.001..=1e6).contains(factor)).map(Self).ok_or_else(|| {
            "not a speed: 1 is as it was, 10 ten times as fast; 0.001 to 1000000".into()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_spans_and_moments() {
        let now = DateTime::from_timestamp(1_705_314_645, 0).unwrap();
        for (text, want) in [
            ("10m", "2024-01-15T10:20:45+00:00"),
            ("1h30m", "2024-01-15T09:00:45+00:00"),
            ("2024-01-15T10:30:00Z", "2024-01-15T10:30:00+00:00"),
            ("2024-01-15T12:30:00+02:00", "2024-01-15T10:30:00+00:00"),
            ("1705314600", "2024-01-15T10:30:00+00:00"),
            ("1705314600.5", "2024-01-15T10:30:00.500+00:00"),
            ("500000years", "1970-01-01T00:00:00+00:00"),
        ] {
            assert_eq!(text.parse::<Since>().unwrap().resolve(now).to_rfc3339(), want, "{text}");
        }
        for text in ["", "tomorrow", "-5", "10", "1e300", "2024-13-01"] {
            let since = text.parse::<Since>();
            assert!(since.is_err() || text == "10", "{text} {since:?}");
        }
    }

    #[test]
    fn days_and_times_without_a_zone_are_of_this_place() {
        let now = DateTime::from_timestamp(1_705_314_645, 0).unwrap();
        let here = now.with_timezone(&Local);
        let midnight = |back| {
            let day = here.date_naive() - Days::new(back);
            day.and_time(NaiveTime::MIN).and_local_timezone(Local).earliest().unwrap().to_utc()
        };
        let day = here.date_naive().to_string();
        for (text, want) in [
            ("today", midnight(0)),
            ("yesterday", midnight(1)),
            (day.as_str(), midnight(0)),
            (&format!("{day}T00:00:01"), midnight(0) + chrono::Duration::seconds(1)),
        ] {
            assert_eq!(text.parse::<Since>().unwrap().resolve(now), want, "{text}");
        }
    }

    #[test]
    fn a_speed_is_more_than_nothing() {
        for (text, want) in [
            ("1", Some(1.0)),
            ("10x", Some(10.0)),
            ("0.5", Some(0.5)),
            ("0", None),
            ("-1", None),
            ("NaN", None),
            ("inf", None),
            ("fast", None),
        ] {
            assert_eq!(text.parse::<Speed>().ok().map(|speed| speed.0), want, "{text}");
        }
    }
}
