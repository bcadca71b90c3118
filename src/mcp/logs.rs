//! Lines of all services in order of time: the newest that are wanted, from memory and from disk.

use super::answer::{Answer, ROOM, Refusal, WARNING, text};
use crate::{
    engine::Handle,
    model::{Level, LogRecord, Position, Query, RecordId, ServiceName, TextMatcher},
    store::journal::Stop,
};
use chrono::{DateTime, SecondsFormat, Utc};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};
use std::{sync::Arc, time::Duration};
use tokio::task::spawn_blocking;

/// Characters of a line.
const LINE: usize = 2_000;
/// How long one search may take.
const PATIENCE: Duration = Duration::from_secs(10);
/// Bytes of all lines of one answer; the rest is for what stands around them.
const LINES: usize = ROOM - (12 << 10);

/// The program's own word for how bad a line is, at least.
#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(super) enum AtLeast {
    Debug,
    Info,
    Warn,
    Error,
    Fatal,
}

impl AtLeast {
    const fn level(self) -> Level {
        match self {
            Self::Debug => Level::Debug,
            Self::Info => Level::Info,
            Self::Warn => Level::Warn,
            Self::Error => Level::Error,
            Self::Fatal => Level::Fatal,
        }
    }
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Search {
    /// Words that a line must hold; `/…/` is a regular expression, a leading `!` excludes. Without an upper-case letter
    /// case does not matter.
    text: Option<String>,
    /// Only lines of these Compose services.
    #[serde(default)]
    services: Vec<String>,
    /// Only lines that say of themselves that they are at least so bad.
    level: Option<AtLeast>,
    /// Nothing older: `10m`, `1h 30m`, or `2024-01-15T10:30:00Z`.
    since: Option<String>,
    /// The page before: what an earlier answer gave as `older`.
    before: Option<String>,
    /// At most so many: 100 without it, 500 at most.
    limit: Option<usize>,
}

/// What is looked for.
struct Wish {
    query: Query,
    since: Option<DateTime<Utc>>,
    before: Option<Position>,
    limit: usize,
}

/// The newest lines that are wanted, oldest first.
pub(super) async fn search(handle: &Handle, search: Search) -> Answer {
    let wrong = |name: &str, why: String| Refusal(format!("{name} cannot be used: {why}"));
    let matcher = search.text.as_deref().map(TextMatcher::parse).transpose();
    let query = Query {
        services: search.services.iter().map(|name| ServiceName::from(name.as_str())).collect(),
        min_level: search.level.map(AtLeast::level),
        text: matcher.map_err(|why| wrong("text", why))?.flatten().into_iter().collect(),
        ..Query::default()
    };
    let wish = Wish {
        query,
        since: search.since.as_deref().map(|since| moment(since, Utc::now())).transpose()?,
        before: search.before.as_deref().map(place).transpose()?,
        limit: search.limit.unwrap_or(100).clamp(1, 500),
    };
    let stop = Stop::default();
    let (work, flag) = (handle.clone(), stop.clone());
    let finding = spawn_blocking(move || newest(&work, &wish, &flag));
    let found = tokio::time::timeout(PATIENCE, finding).await;
    // Also where nobody waits any more.
    stop.stop();
    let (records, has_more) = match found {
        Ok(Ok(found)) => found?,
        Ok(Err(error)) => return Err(Refusal(format!("the search failed: {error}"))),
        Err(_) => return Err(Refusal::new("the search takes too long; ask with since")),
    };
    let written = fitting(&records, records.len().saturating_sub(1), handle);
    let first = written.first().map_or(0, |(index, _)| *index);
    let older = records.get(first).filter(|_| has_more || first > 0).map(|r| named(r.position()));
    let lines: Vec<_> = written.into_iter().map(|(_, line)| line).collect();
    Ok(json!({ "warning": WARNING, "count": lines.len(), "lines": lines, "older": older }))
}

/// Lines oldest first, and whether there are more before them. Blocking work.
fn newest(
    handle: &Handle,
    wish: &Wish,
    stop: &Stop,
) -> Result<(Vec<Arc<LogRecord>>, bool), Refusal> {
    let wanted = wish.limit + 1;
    let (seam, mut records) = handle.read(|store| {
        (store.complete_from(), store.records_before(&wish.query, wish.before, wanted))
    });
    let history = handle.history();
    // Below the seam memory has holes, and the journal has all.
    if let (Some(seam), Some(reader)) = (seam, history) {
        records.retain(|record| record.position() >= seam);
        if let Some(missing @ 1..) = wanted.checked_sub(records.len()) {
            let end = wish.before.map_or(seam, |before| before.min(seam));
            let page = reader
                .records_before(&wish.query, Some(end), missing, stop)
                .map_err(|error| Refusal(format!("the record on disk cannot be read: {error}")))?;
            records.splice(0..0, page.records);
        }
    }
    records.retain(|record| wish.since.is_none_or(|since| record.time >= since));
    let surplus = records.len().saturating_sub(wish.limit);
    records.drain(..surplus);
    Ok((records, surplus > 0))
}

/// As many lines around the one at `at` as one answer has room for, with their places, in order.
pub(super) fn fitting(
    records: &[Arc<LogRecord>],
    at: usize,
    handle: &Handle,
) -> Vec<(usize, Value)> {
    let mut order: Vec<_> = (0..records.len()).collect();
    order.sort_by_key(|index| index.abs_diff(at));
    let mut room = LINES;
    let mut lines: Vec<_> = order
        .into_iter()
        .filter_map(|index| records.get(index).map(|record| (index, line(record, handle))))
        .take_while(|(_, line)| {
            let taken = line.to_string().len();
            let fits = taken <= room;
            room = room.saturating_sub(taken);
            fits
        })
        .collect();
    lines.sort_by_key(|(index, _)| *index);
    lines
}

fn line(record: &LogRecord, handle: &Handle) -> Value {
    json!({
        "time": record.time.to_rfc3339_opts(SecondsFormat::Millis, true),
        "service": record.origin.service, "stream": record.stream.as_str(),
        "level": record.level.as_str(), "text": text(handle, &record.text, LINE),
    })
}

/// `10m` before `now`, or a moment as it is written.
pub(super) fn moment(word: &str, now: DateTime<Utc>) -> Result<DateTime<Utc>, Refusal> {
    let ago = humantime::parse_duration(word.trim()).ok();
    let ago = ago.and_then(|ago| now.checked_sub_signed(chrono::Duration::from_std(ago).ok()?));
    ago.or_else(|| Some(DateTime::parse_from_rfc3339(word.trim()).ok()?.to_utc()))
        .ok_or_else(|| Refusal::new("since must be like 10m, 1h 30m or 2024-01-15T10:30:00Z"))
}

/// A place as an answer names it.
fn named(position: Position) -> String {
    let time = position.time.to_rfc3339_opts(SecondsFormat::Nanos, true);
    format!("{time}/{}", position.id.0)
}

/// Reads a place that an answer named.
fn place(text: &str) -> Result<Position, Refusal> {
    let read = |text: &str| {
        let (time, id) = text.split_once('/')?;
        let time = DateTime::parse_from_rfc3339(time).ok()?.to_utc();
        Some(Position { time, id: RecordId(id.parse().ok()?) })
    };
    read(text).ok_or_else(|| Refusal::new("before must be what an earlier answer gave as older"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_read_back_exactly() {
        let time = DateTime::from_timestamp(1_696_195_200, 123_456_789).unwrap();
        let position = Position { time, id: RecordId(7) };
        assert_eq!(place(&named(position)), Ok(position));
        for wrong in ["", "/", "yesterday/7", "2024-01-15T10:30:00Z", "2024-01-15T10:30:00Z/x"] {
            assert!(place(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn since_is_a_span_or_a_moment() {
        let now = DateTime::from_timestamp(1_696_195_200, 0).unwrap();
        assert_eq!(moment("10m", now), Ok(now - chrono::Duration::minutes(10)));
        assert_eq!(moment("2023-10-01T21:20:00+00:00", now), Ok(now));
        for wrong in ["", "soon", "99999999999999999y", "-5m"] {
            assert!(moment(wrong, now).is_err(), "{wrong}");
        }
    }
}
