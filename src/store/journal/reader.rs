//! Reading the journal back: pages around a place, the newest end, gaps; all of it in order is a walk.

use super::{
    ahead::{Times, each_in_order},
    catalog::{Catalog, Listed},
    error::Error,
    fault::{Fault, Faults},
    filter::Filter,
    follow::Follow,
    line::{self, Head, Origins},
    page::{Around, Nearest, Page, Side},
    stop::Stop,
    walk::Scanned,
};
use crate::model::{Gap, LogRecord, Origin, Position, Query, RecordId, Row};
use chrono::{DateTime, Utc};
use std::{
    collections::BTreeMap,
    ops::ControlFlow::{self, Break, Continue},
    path::Path,
    sync::Arc,
};

/// Reads a journal beside its writer, and without one. Clones share what they know of the files.
///
/// Every call is blocking work of milliseconds to seconds. All rows come in the order of [`Position`]. A file that
/// cannot be read is passed over and named in the answer; it is no error.
#[derive(Debug, Clone)]
pub struct Reader {
    catalog: Arc<Catalog>,
    pub(super) origins: Arc<Origins>,
}

impl Reader {
    /// A reader of the files in `folder`; one that is not there is an empty journal.
    pub fn new(folder: &Path) -> Self {
        Self { catalog: Arc::new(Catalog::new(folder.to_owned())), origins: Arc::default() }
    }

    /// The newest `count` rows that meet `query` and stand before `before`.
    pub fn records_before(
        &self,
        query: &Query,
        before: Option<Position>,
        count: usize,
        stop: &Stop,
    ) -> Result<Page, Error> {
        self.nearest(Side::Newest, &Filter::new(query, None, before), count, stop)
    }

    /// The oldest `count` rows that meet `query` and stand after `after`; from the very first for `None`.
    pub fn records_after(
        &self,
        query: &Query,
        after: Option<Position>,
        count: usize,
        stop: &Stop,
    ) -> Result<Page, Error> {
        let since = after.map(behind);
        self.nearest(Side::Oldest, &Filter::new(query, since, None), count, stop)
    }

    /// The row at `position`, whether or not it meets `query`, with up to `before` and `after` others that do.
    pub fn around(
        &self,
        query: &Query,
        position: Position,
        before: usize,
        after: usize,
        stop: &Stop,
    ) -> Result<Around, Error> {
        let older = self.records_before(query, Some(position), before, stop)?;
        let all = Query::default();
        let itself = Filter::new(&all, Some(position), Some(behind(position)));
        let itself = self.nearest(Side::Oldest, &itself, 1, stop)?;
        let newer = self.records_after(query, Some(position), after, stop)?;
        let at = older.records.len();
        let mut records = older.records;
        records.extend(itself.records);
        records.extend(newer.records);
        let faults = Faults::default();
        faults.extend(older.faults.into_iter().chain(itself.faults).chain(newer.faults));
        let (is_start, is_end, faults) = (older.is_end, newer.is_end, faults.into_vec());
        Ok(Around { records, at, is_start, is_end, faults })
    }

    /// Gives every row from `since` on and before `until` that meets `query` to `take`, oldest first, until it breaks.
    pub fn scan(
        &self,
        query: &Query,
        since: Option<DateTime<Utc>>,
        until: Option<DateTime<Utc>>,
        stop: &Stop,
        mut take: impl FnMut(LogRecord) -> ControlFlow<()>,
    ) -> Result<Scanned, Error> {
        self.walk(Filter::new(query, since.map(begin), until.map(begin)), stop, |line| {
            // The filter has read it once.
            line::record(line, &self.origins).map_or(Continue(()), &mut take)
        })
    }

    /// As [`Self::scan`], with all that is in a row and the row's own bytes, without the line feed: for exports.
    pub fn rows(
        &self,
        query: &Query,
        since: Option<DateTime<Utc>>,
        until: Option<DateTime<Utc>>,
        stop: &Stop,
        mut take: impl FnMut(&Row<'_>, &[u8]) -> ControlFlow<()>,
    ) -> Result<Scanned, Error> {
        self.walk(Filter::new(query, since.map(begin), until.map(begin)), stop, |line| {
            match serde_json::from_slice::<Row<'_>>(line) {
                Ok(row) => take(&row, line),
                Err(_) => Continue(()),
            }
        })
    }

    /// Every row with a number from `from_id` on, or a time from `since` on, in order; opens the newest files only.
    pub fn tail(
        &self,
        from_id: RecordId,
        since: Option<DateTime<Utc>>,
    ) -> Result<Vec<Arc<LogRecord>>, Error> {
        let is_new = |time: DateTime<Utc>| since.is_some_and(|since| time >= since);
        let mut records = Vec::new();
        let faults = Faults::default();
        for file in self.list(&faults)? {
            let last = file.index.times.map(|(_, last)| last);
            if file.index.max_id < from_id.0 && !last.is_some_and(is_new) {
                continue;
            }
            let bytes = self.bytes(&file, &faults);
            records.extend(bytes.split(|b| *b == b'\n').filter_map(|line| {
                let Position { time, id } = Head::of(line)?.position;
                let is_wanted = id >= from_id || is_new(time);
                is_wanted.then(|| line::record(line, &self.origins).map(Arc::new))?
            }));
        }
        records.sort_unstable_by_key(|record| record.position());
        if let Some(told) = Fault::sentence(&faults.into_vec()) {
            tracing::warn!("{told}.");
        }
        Ok(records)
    }

    /// The gaps that rows tell of from `since` on and before `until`, oldest row first.
    pub fn gaps(
        &self,
        since: Option<DateTime<Utc>>,
        until: Option<DateTime<Utc>>,
    ) -> Result<Vec<Gap>, Error> {
        let query = Query::default();
        let filter = Filter::new(&query, since.map(begin), until.map(begin));
        let mut gaps = BTreeMap::new();
        let faults = Faults::default();
        for file in self.list(&faults)? {
            if file.index.gaps == 0 || !filter.wants(&file.index) {
                continue;
            }
            let bytes = self.bytes(&file, &faults);
            for line in bytes.split(|b| *b == b'\n') {
                if memchr::memmem::find(line, b"\"gap\":").is_none() {
                    continue;
                }
                let Some(head) = Head::of(line).filter(|head| filter.admits(head)) else {
                    continue;
                };
                if let Some(gap) = gap(line) {
                    gaps.insert(head.position, gap);
                }
            }
        }
        Ok(gaps.into_values().collect())
    }

    /// How many rows there are, and the greatest number among them; opens no file whose index is known.
    pub fn count(&self) -> Result<(u64, RecordId), Error> {
        let files = self.list(&Faults::default())?;
        let newest = files.iter().map(|file| file.index.max_id).max().unwrap_or_default();
        Ok((files.iter().map(|file| file.index.rows).sum(), RecordId(newest)))
    }

    /// Rows that are flushed from now on.
    pub fn follow(&self) -> Result<Follow, Error> {
        Follow::new(Arc::clone(&self.catalog))
    }

    fn nearest(
        &self,
        side: Side,
        filter: &Filter<'_>,
        count: usize,
        stop: &Stop,
    ) -> Result<Page, Error> {
        let faults = Faults::default();
        let mut files = self.wanted(filter, &faults)?;
        match side {
            Side::Newest => files.sort_by_key(|(_, (_, last))| std::cmp::Reverse(*last)),
            Side::Oldest => files.sort_by_key(|(_, (first, _))| *first),
        }
        let mut nearest = Nearest::new(side, count);
        let read = |file: &Listed| {
            let mut found = Nearest::new(side, count);
            found.take_lines(&self.bytes(file, &faults), filter, &self.origins);
            found
        };
        let is_complete = each_in_order(&files, stop, read, |(first, last), found| {
            // Files come by the side that is wanted: when one has nothing for us, none behind it has.
            let best = match side {
                Side::Newest => Position { time: *last, id: RecordId(u64::MAX) },
                Side::Oldest => Position { time: *first, id: RecordId(0) },
            };
            if !nearest.has_room_for(best) {
                nearest.cut();
                return Break(());
            }
            if let Some(found) = found {
                nearest.merge(found);
            }
            Continue(())
        });
        if stop.is_stopped() && !is_complete {
            return Err(Error::Stopped);
        }
        Ok(nearest.into_page(faults.into_vec()))
    }

    /// Files that may hold what is wanted, each with the times of its oldest and newest row.
    pub(super) fn wanted(
        &self,
        filter: &Filter<'_>,
        faults: &Faults,
    ) -> Result<Vec<(Listed, Times)>, Error> {
        let files = self.list(faults)?.into_iter().filter(|file| filter.wants(&file.index));
        Ok(files.filter_map(|file| file.index.times.map(|times| (file, times))).collect())
    }

    /// All files that can be read.
    fn list(&self, faults: &Faults) -> Result<Vec<Listed>, Error> {
        let (files, unreadable) = self.catalog.list()?;
        faults.extend(unreadable);
        Ok(files)
    }

    /// What can be read of a file.
    pub(super) fn bytes(&self, file: &Listed, faults: &Faults) -> Vec<u8> {
        match self.catalog.read(file) {
            Ok(Some((bytes, fault))) => {
                faults.extend(fault);
                bytes
            }
            Ok(None) => Vec::new(),
            Err(error) => {
                let path = self.catalog.path(file.number, file.kind);
                faults.extend([Fault::of(&path, &error)]);
                Vec::new()
            }
        }
    }
}

/// The place directly behind another.
fn behind(position: Position) -> Position {
    Position { id: RecordId(position.id.0.saturating_add(1)), ..position }
}

/// The first place of a moment.
fn begin(time: DateTime<Utc>) -> Position {
    Position { time, id: RecordId(0) }
}

fn gap(line: &[u8]) -> Option<Gap> {
    let row: Row<'_> = serde_json::from_slice(line).ok()?;
    let gap = row.gap?;
    let origin = Origin {
        service: row.service.as_ref().into(),
        container: row.container.as_ref().into(),
        replica: row.replica,
        is_tty: false,
    };
    let origin = Arc::new(origin);
    Some(Gap { origin, from: gap.from, to: gap.to, lines: gap.lines, reason: gap.reason })
}
