//! `PostgreSQL` and Redis.

use chrono::{DateTime, Utc};

pub(in crate::source::demo) fn postgres(
    time: DateTime<Utc>,
    pid: u64,
    level: &str,
    text: &str,
) -> String {
    format!("{} UTC [{pid}] {level}:  {text}", time.format("%Y-%m-%d %H:%M:%S.%3f"))
}

/// `sign`: `*` notice, `-` verbose, `#` warning.
pub(in crate::source::demo) fn redis(time: DateTime<Utc>, sign: char, text: &str) -> String {
    format!("1:M {} {sign} {text}", time.format("%d %b %Y %H:%M:%S.%3f"))
}
