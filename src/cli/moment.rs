//! How far back, as Docker's users write it.

use chrono::{DateTime, NaiveDate, Utc};
use std::{str::FromStr, time::Duration};

/// `--since`: a span before now, or a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Since {
    /// So long ago.
    Ago(Duration),
    /// Then.
    At(DateTime<Utc>),
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
        }
    }
}

impl FromStr for Since {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let moment = || -> Option<DateTime<Utc>> {
            if let Ok(time) = DateTime::parse_from_rfc3339(text) {
                return Some(time.to_utc());
            }
            if let Ok(date) = text.parse::<NaiveDate>() {
                return Some(date.and_time(chrono::NaiveTime::MIN).and_utc());
            }
            let seconds = text.parse::<f64>().ok().filter(|s| *s >= 0.0 && *s < 1e12)?;
            DateTime::from_timestamp_millis((seconds * 1e3) as i64)
        };
        moment()
            .map(Self::At)
            .or_else(|| humantime::parse_duration(text).ok().map(Self::Ago))
            .ok_or_else(|| {
                "not a time: write 10m, 1h30m, 2024-01-15T10:30:00Z or Unix seconds".to_owned()
            })
    }
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
            ("2024-01-15", "2024-01-15T00:00:00+00:00"),
            ("1705314600", "2024-01-15T10:30:00+00:00"),
            ("1705314600.5", "2024-01-15T10:30:00.500+00:00"),
            ("500000years", "1970-01-01T00:00:00+00:00"),
        ] {
            assert_eq!(text.parse::<Since>().unwrap().resolve(now).to_rfc3339(), want, "{text}");
        }
        for text in ["", "yesterday", "-5", "10", "1e300", "2024-13-01"] {
            let since = text.parse::<Since>();
            assert!(since.is_err() || text == "10", "{text} {since:?}");
        }
    }
}
