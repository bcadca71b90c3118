//! A moment as a user types it: `10m`, `14:32`, `2026-03-14 12:00`.

use chrono::{DateTime, Duration, FixedOffset, NaiveDate, NaiveDateTime, NaiveTime, Utc};

/// A moment, not yet on the clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum When {
    /// So long ago.
    Ago(Duration),
    /// The last time that the clock of the day showed this.
    Clock(NaiveTime),
    /// Then, by the user's clock.
    Local(NaiveDateTime),
    /// Then.
    At(DateTime<Utc>),
}

impl When {
    /// Reads `90s`, `2h30m`, `14:32`, `14:32:05`, a date with or without a time, RFC 3339.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        if let Ok(time) = DateTime::parse_from_rfc3339(text) {
            return Some(Self::At(time.to_utc()));
        }
        for form in ["%H:%M", "%H:%M:%S", "%H:%M:%S%.f"] {
            if let Ok(time) = NaiveTime::parse_from_str(text, form) {
                return Some(Self::Clock(time));
            }
        }
        for form in ["%Y-%m-%d %H:%M", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"] {
            if let Ok(time) = NaiveDateTime::parse_from_str(text, form) {
                return Some(Self::Local(time));
            }
        }
        if let Ok(date) = text.parse::<NaiveDate>() {
            return Some(Self::Local(date.and_time(NaiveTime::MIN)));
        }
        let span = humantime::parse_duration(text).ok()?;
        Duration::from_std(span).ok().map(Self::Ago)
    }

    /// The moment it means at `now` for a user in `zone`.
    pub(crate) fn resolve(self, now: DateTime<Utc>, zone: FixedOffset) -> DateTime<Utc> {
        let utc = |local: NaiveDateTime| {
            local.checked_sub_offset(zone).map_or(now, |time| time.and_utc())
        };
        match self {
            Self::At(time) => time,
            Self::Local(time) => utc(time),
            Self::Ago(span) => now.checked_sub_signed(span).unwrap_or(DateTime::UNIX_EPOCH),
            Self::Clock(clock) => {
                let today = now.with_timezone(&zone).date_naive();
                let time = utc(today.and_time(clock));
                let yesterday = today.pred_opt().map(|day| utc(day.and_time(clock)));
                if time > now { yesterday.unwrap_or(time) } else { time }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_people_type() {
        let now = "2026-03-14T21:48:21Z".parse().unwrap();
        let zone = FixedOffset::east_opt(3_600).unwrap();
        for (text, want) in [
            ("10m", "2026-03-14T21:38:21Z"),
            ("2h30m", "2026-03-14T19:18:21Z"),
            ("14:32", "2026-03-14T13:32:00Z"),
            ("14:32:05", "2026-03-14T13:32:05Z"),
            ("22:48:20", "2026-03-14T21:48:20Z"),
            ("23:00", "2026-03-13T22:00:00Z"),
            ("2026-03-01", "2026-02-28T23:00:00Z"),
            ("2026-03-01 12:30", "2026-03-01T11:30:00Z"),
            ("2026-03-01T12:30:00Z", "2026-03-01T12:30:00Z"),
        ] {
            let when = When::parse(text).unwrap_or_else(|| panic!("{text}"));
            assert_eq!(when.resolve(now, zone), want.parse::<DateTime<Utc>>().unwrap(), "{text}");
        }
        for text in ["", "soon", "25:00", "14", "10 apples", "99999999999999y"] {
            assert_eq!(When::parse(text), None, "{text}");
        }
    }
}
