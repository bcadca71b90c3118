//! Go: zap's production encoder, one JSON object a line.

use chrono::{DateTime, Utc};

/// `fields`: more members of the object, each with a comma before it.
pub(in crate::source::demo) fn zap(
    time: DateTime<Utc>,
    level: &str,
    caller: &str,
    text: &str,
    fields: &str,
) -> String {
    let time = time.format("%Y-%m-%dT%H:%M:%S.%3fZ");
    format!(
        "{{\"level\":\"{level}\",\"ts\":\"{time}\",\"caller\":\"{caller}\",\"msg\":\"{text}\"{fields}}}"
    )
}
