//! Finding lines: in memory while it holds them, in the journal before that, within limits of lines, bytes and time.

use super::query::Wish;
use crate::{
    engine::Handle,
    model::{LogRecord, Position, RecordId},
    store::journal::{Error, Stop},
};
use std::{
    ops::ControlFlow::{self, Break, Continue},
    sync::Arc,
    time::{Duration, Instant},
};

/// How long one search may take; what was found until then is the answer.
const PATIENCE: Duration = Duration::from_secs(10);
/// Bytes of text in one answer.
const ROOM: usize = 16 << 20;
/// Lines that are looked at in one go, at first; each look at the journal takes more than the one before.
const STEP: usize = 2_000;
const LONGEST: usize = 16_000;

/// What was found.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// Oldest first.
    pub(super) records: Vec<Arc<LogRecord>>,
    /// Before this place there may be more; `None` where that was all.
    pub(super) older: Option<Position>,
}

/// The newest `limit` lines that are wanted. Blocking work of up to ten seconds.
pub(super) fn newest(
    handle: &Handle,
    wish: &Wish,
    limit: usize,
    stop: &Stop,
) -> Result<Found, Error> {
    let deadline = Instant::now() + PATIENCE;
    let mut basket = Basket { wish, limit, deadline, found: Vec::new(), bytes: 0 };
    let older = match in_memory(handle, wish, |records| basket.take(records)) {
        Break(older) => older,
        Continue(None) => None,
        Continue(Some(seam)) => basket.fill_from_journal(handle, seam, stop)?,
    };
    basket.found.reverse();
    Ok(Found { records: basket.found, older })
}

/// Gives what memory holds of `wish.query` before its end to `take`, the newest lines first, oldest first in each
/// portion. Answers where the journal goes on, where there is one and it has more.
fn in_memory<T>(
    handle: &Handle,
    wish: &Wish,
    mut take: impl FnMut(Vec<Arc<LogRecord>>) -> ControlFlow<T>,
) -> ControlFlow<T, Option<Position>> {
    let has_journal = handle.history().is_some();
    let mut before = wish.end();
    loop {
        let (seam, mut records) = handle
            .read(|store| (store.complete_from(), store.records_before(&wish.query, before, STEP)));
        // Below the seam memory has holes, and the journal has all.
        let seam = seam.filter(|_| has_journal);
        let is_last = records.len() < STEP;
        let oldest = records.first().map(|record| record.position());
        records.retain(|record| seam.is_none_or(|seam| record.position() >= seam));
        take(records)?;
        match oldest {
            Some(oldest) if !is_last && seam.is_none_or(|seam| oldest >= seam) => {
                before = Some(oldest);
            }
            _ => return Continue(seam.map(|seam| wish.end().map_or(seam, |end| end.min(seam)))),
        }
    }
}

/// What was found so far, with its limits.
struct Basket<'a> {
    wish: &'a Wish,
    limit: usize,
    deadline: Instant,
    /// Newest first.
    found: Vec<Arc<LogRecord>>,
    bytes: usize,
}

impl Basket<'_> {
    /// Goes on in the journal before this place; answers where there may be more.
    fn fill_from_journal(
        &mut self,
        handle: &Handle,
        mut before: Position,
        stop: &Stop,
    ) -> Result<Option<Position>, Error> {
        let Some(reader) = handle.history() else { return Ok(None) };
        let mut portion = STEP;
        loop {
            let page = match reader.records_before(&self.wish.query, Some(before), portion, stop) {
                Err(Error::Stopped) => return Ok(Some(before)),
                page => page?,
            };
            let oldest = page.records.first().map(|record| record.position());
            if let Break(older) = self.take(page.records) {
                return Ok(older);
            }
            let Some(oldest) = oldest.filter(|_| !page.is_end) else { return Ok(None) };
            before = oldest;
            portion = (portion * 2).min(LONGEST);
        }
    }

    /// Takes what is wanted of lines in order; breaks with the answer where it is full, or nothing more can come.
    fn take(&mut self, records: Vec<Arc<LogRecord>>) -> ControlFlow<Option<Position>> {
        let oldest = records.first().map(|record| record.position());
        for record in records.into_iter().rev() {
            if self.wish.since.is_some_and(|since| record.time < since) {
                return Break(None);
            }
            if !self.wish.wants(&record) {
                continue;
            }
            let is_full = self.found.len() >= self.limit || self.bytes + record.text.len() > ROOM;
            // A line has room alone, however long it is.
            if let Some(last) = self.found.last().filter(|_| is_full) {
                return Break(Some(last.position()));
            }
            self.bytes += record.text.len();
            self.found.push(record);
        }
        match oldest {
            Some(oldest) if Instant::now() > self.deadline => Break(Some(oldest)),
            _ => Continue(()),
        }
    }
}

/// How many lines are wanted, and whether all were looked at. Blocking work of up to ten seconds.
pub(super) fn count(handle: &Handle, wish: &Wish, stop: &Stop) -> Result<(u64, bool), Error> {
    if let (true, Some(reader)) = (wish.is_all(), handle.history()) {
        let (rows, newest) = reader.count()?;
        return Ok((rows + unwritten(handle, wish, newest), true));
    }
    let deadline = Instant::now() + PATIENCE;
    let mut count = 0;
    let in_memory = in_memory(handle, wish, |records| {
        let is_new = |record: &&Arc<LogRecord>| wish.since.is_none_or(|since| record.time >= since);
        let is_done = records.first().is_some_and(|oldest| !is_new(&oldest));
        let wanted = records.iter().filter(is_new).filter(|record| wish.wants(record));
        count += wanted.count() as u64;
        match (is_done, Instant::now() > deadline) {
            (true, _) => Break(true),
            (false, true) => Break(false),
            (false, false) => Continue(()),
        }
    });
    let seam = match in_memory {
        Break(is_complete) => return Ok((count, is_complete)),
        Continue(seam) => seam,
    };
    let (Some(reader), Some(seam)) = (handle.history(), seam) else { return Ok((count, true)) };
    // The walk takes whole moments; at its end each place is looked at.
    let until = seam.time + chrono::Duration::nanoseconds(1);
    let mut is_late = false;
    let scanned = reader.scan(&wish.query, wish.since, Some(until), stop, |record| {
        count += u64::from(record.position() < seam && wish.wants(&record));
        is_late = Instant::now() > deadline;
        if is_late { Break(()) } else { Continue(()) }
    })?;
    Ok((count, scanned.is_complete && !is_late))
}

/// Lines that are not on disk yet: those of the last moment.
fn unwritten(handle: &Handle, wish: &Wish, newest: RecordId) -> u64 {
    let mut count = 0;
    let _ = in_memory(handle, wish, |records| {
        let fresh = records.iter().filter(|record| record.id > newest).count() as u64;
        count += fresh;
        if fresh == 0 { Break(()) } else { Continue(()) }
    });
    count
}
