//! Where the newest hits begin: from the newest end page by page where the record can be read so, else by all of it.

use super::rows::{Range, Rows};
use crate::{
    cli::select::Sieve,
    model::{Position, RecordId, Row},
};
use chrono::{DateTime, Utc};
use std::{collections::VecDeque, io, ops::ControlFlow};

/// The place of a row among all.
pub(super) type Place = (Option<DateTime<Utc>>, u64);

/// The place of this row.
pub(super) fn place(row: &Row<'_>) -> Place {
    (row.time, row.id)
}

/// Where the newest `count` hits begin; `None` where there is none.
///
/// # Errors
/// When the record cannot be read.
pub(super) fn nth_newest(
    rows: &dyn Rows,
    range: Range,
    sieve: &Sieve,
    count: u64,
) -> io::Result<Option<Place>> {
    // A record does not tell its run.
    if sieve.run.is_none()
        && let ControlFlow::Break(found) = backwards(rows, range, sieve, count)?
    {
        return Ok(found);
    }
    let mut newest = VecDeque::new();
    rows.scan(range, &sieve.query(false), &mut |row| {
        if sieve.is_in_scope(row) && sieve.hits(row) {
            newest.push_back(place(row));
            if newest.len() as u64 > count {
                newest.pop_front();
            }
        }
        ControlFlow::Continue(())
    })?;
    Ok(newest.pop_front())
}

/// The same from the newest end, page by page; goes on where the record cannot be read so.
fn backwards(
    rows: &dyn Rows,
    range: Range,
    sieve: &Sieve,
    count: u64,
) -> io::Result<ControlFlow<Option<Place>>> {
    let query = sieve.query(false);
    let page = usize::try_from(count).unwrap_or(usize::MAX).clamp(256, 4096);
    let mut before = range.until.map(|time| Position { time, id: RecordId(0) });
    let (mut found, mut oldest) = (0_u64, None);
    loop {
        let Some(records) = rows.before(&query, before, page)? else {
            return Ok(ControlFlow::Continue(()));
        };
        let Some(first) = records.first() else { return Ok(ControlFlow::Break(oldest)) };
        before = Some(first.position());
        for record in records.iter().rev() {
            if range.since.is_some_and(|since| record.time < since) {
                return Ok(ControlFlow::Break(oldest));
            }
            let row = Row::from(&**record);
            if sieve.is_in_scope(&row) && sieve.hits(&row) {
                oldest = Some(place(&row));
                found += 1;
                if found == count {
                    return Ok(ControlFlow::Break(oldest));
                }
            }
        }
    }
}
