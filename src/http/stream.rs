//! `GET /api/v1/logs/stream`: lines as they come, as NDJSON or as Server-Sent Events.
//!
//! Each reader has a queue of its own; when it is too slow, the oldest lines fall out and it is told how many. It goes
//! on where it stopped with the `cursor` of its last line.

use super::{
    answer::{self, Refusal},
    line::Line,
    query::{MOST, Wish, Words, place, shown, written},
    routes::Site,
    search,
    server::become_true,
};
use crate::{
    engine::{Drawn, Tap},
    model::{LogRecord, Position},
    store::journal::Stop,
};
use axum::{
    body::{Body, Bytes},
    extract::{RawQuery, State},
    http::{HeaderMap, StatusCode, header},
    response::Response,
};
use futures_util::stream::unfold;
use serde_json::json;
use std::{collections::VecDeque, convert::Infallible, sync::Arc, time::Duration};
use tokio::{
    sync::watch,
    task::spawn_blocking,
    time::{Instant, sleep_until},
};

/// A sign of life for whoever is in between, where no line comes.
const PULSE: Duration = Duration::from_secs(15);
/// Lines that came so much before the last one of a reader may have been written after it.
const LATE: chrono::Duration = chrono::Duration::seconds(60);
/// Bytes in one piece.
const PIECE: usize = 64 << 10;

/// How lines are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Ndjson,
    Events,
}

/// From now on, or from `since` or behind `after` on: at most 10,000 lines of the past come first.
pub(super) async fn lines(
    State(site): State<Arc<Site>>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Result<Response, Refusal> {
    let known: Vec<_> = Wish::CHOICE.into_iter().chain(["after", "format"]).collect();
    let words = Words::read(query.as_deref(), &known)?;
    let wish = Wish::read(&words)?;
    let forms = [("ndjson", Form::Ndjson), ("sse", Form::Events)];
    let form = match words.of("format", &forms)?[..] {
        [] => accepted(&headers),
        [form] => form,
        _ => return Err(Refusal::bad("format", "must not be given more than once")),
    };
    let last_seen = headers.get("last-event-id").and_then(|id| id.to_str().ok());
    let after = match (words.one("after")?, last_seen) {
        (Some(text), _) | (None, Some(text)) => Some(place(text).ok_or_else(|| {
            Refusal::bad("after", format!("must be the cursor of a line, not {}", shown(text)))
        })?),
        (None, None) => None,
    };
    // Opened before the past is read, so that no line falls between the two.
    let tap = site.handle.tap();
    let (past, lost) = past(&site, &wish, after).await?;
    let newest = past.iter().map(|record| record.id.0).max();
    let flow = Flow {
        closing: site.closing.clone(),
        site,
        wish,
        form,
        tap,
        waiting: past.into(),
        lost,
        seen: newest.max(after.map(|after| after.id.0)).unwrap_or_default(),
        pulse: Instant::now() + PULSE,
    };
    let kind = match form {
        Form::Ndjson => "application/x-ndjson",
        Form::Events => "text/event-stream",
    };
    let body = unfold(flow, |mut flow| async {
        let piece = flow.next().await?;
        Some((Ok::<_, Infallible>(piece), flow))
    });
    Ok(answer::streamed(StatusCode::OK, kind, Body::from_stream(body)))
}

fn accepted(headers: &HeaderMap) -> Form {
    let accept = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok());
    if accept.is_some_and(|value| value.contains("text/event-stream")) {
        Form::Events
    } else {
        Form::Ndjson
    }
}

/// The lines that come first, in order of arrival, and whether older ones were left out.
async fn past(
    site: &Arc<Site>,
    wish: &Wish,
    after: Option<Position>,
) -> Result<(Vec<Arc<LogRecord>>, Option<Told>), Refusal> {
    let since = match after {
        Some(after) => after.time.checked_sub_signed(LATE),
        None if wish.since.is_none() => return Ok((Vec::new(), None)),
        None => None,
    };
    let mut wish = wish.clone();
    wish.since = wish.since.max(since);
    let _turn = site.searches.acquire().await;
    let handle = site.handle.clone();
    let found = spawn_blocking(move || search::newest(&handle, &wish, MOST, &Stop::default()));
    let failed = |told: String| Refusal::new(StatusCode::INTERNAL_SERVER_ERROR, "unreadable", told);
    let found = found
        .await
        .map_err(|error| failed(error.to_string()))?
        .map_err(|error| failed(error.to_string()))?;
    let mut records = found.records;
    records.retain(|record| after.is_none_or(|after| record.id > after.id));
    records.sort_by_key(|record| record.id);
    Ok((records, found.older.map(Told::Older)))
}

/// What a reader is told beside lines.
#[derive(Debug, Clone, Copy)]
enum Told {
    /// So many lines of all services came too fast for it.
    Lost(u64),
    /// There are more old lines before this place than were sent.
    Older(Position),
}

/// One reader.
struct Flow {
    site: Arc<Site>,
    wish: Wish,
    form: Form,
    tap: Tap,
    /// Lines that are to be written.
    waiting: VecDeque<Arc<LogRecord>>,
    lost: Option<Told>,
    /// Lines up to this number were written, or not wanted.
    seen: u64,
    pulse: Instant,
    closing: watch::Receiver<bool>,
}

impl Flow {
    /// The next piece; `None` when the server ends.
    async fn next(&mut self) -> Option<Bytes> {
        let mut out = Vec::new();
        loop {
            if let Some(told) = self.lost.take() {
                self.tell(told, &mut out);
            }
            while let Some(record) = self.waiting.pop_front() {
                self.write(&record, &mut out);
                if out.len() >= PIECE {
                    break;
                }
            }
            if !out.is_empty() {
                self.pulse = Instant::now() + PULSE;
                return Some(out.into());
            }
            tokio::select! {
                biased;
                () = become_true(&mut self.closing) => return None,
                drawn = self.tap.next() => self.take(drawn),
                () = sleep_until(self.pulse) => {
                    self.pulse = Instant::now() + PULSE;
                    return Some(Bytes::from_static(match self.form {
                        Form::Ndjson => b"\n",
                        Form::Events => b": still here\n\n",
                    }));
                }
            }
        }
    }

    fn take(&mut self, drawn: Drawn) {
        if drawn.lost > 0 {
            self.site.counts.lose(drawn.lost);
            self.lost = Some(Told::Lost(drawn.lost));
        }
        let seen = self.seen;
        let wish = &self.wish;
        self.waiting.extend(drawn.records.into_iter().filter(|record| {
            record.id.0 > seen
                && wish.query.matches(record)
                && wish.wants(record)
                && wish.since.is_none_or(|since| record.time >= since)
        }));
    }

    fn write(&self, record: &LogRecord, out: &mut Vec<u8>) {
        let line = Line::new(record, &self.site.handle);
        let Ok(text) = serde_json::to_string(&line) else { return };
        if self.form == Form::Events {
            let id = written(record.position());
            out.extend_from_slice(format!("id: {id}\ndata: ").as_bytes());
        }
        out.extend_from_slice(text.as_bytes());
        self.end(out);
    }

    fn tell(&self, told: Told, out: &mut Vec<u8>) {
        let told = match told {
            Told::Lost(lines) => json!({ "lost": lines }),
            Told::Older(position) => json!({ "older": written(position) }),
        };
        if self.form == Form::Events {
            out.extend_from_slice(b"event: dogwatch\ndata: ");
        }
        out.extend_from_slice(json!({ "dogwatch": told }).to_string().as_bytes());
        self.end(out);
    }

    fn end(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(match self.form {
            Form::Ndjson => b"\n",
            Form::Events => b"\n\n",
        });
    }
}
