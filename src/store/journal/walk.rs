//! The walk over all rows that meet a query, in their order, though files overlap in time.

use super::{
    Reader,
    ahead::each_in_order,
    catalog::Listed,
    error::Error,
    fault::{Fault, Faults},
    filter::{Bad, Filter, Hit},
    line::Head,
    merge::{Found, Merge},
    stop::Stop,
};
use crate::model::Position;
use std::{
    collections::BTreeSet,
    ops::ControlFlow::{self, Break, Continue},
};

/// Bytes of rows that wait for older ones of other files; beyond it the rows are read in several passes.
const MAX_WAITING: usize = 96 << 20;

/// How far a walk came.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Scanned {
    /// Rows of the files that were looked into, whether they met the query or not.
    pub rows: u64,
    /// Lines in them that are no rows.
    pub skipped: u64,
    /// Whether all of it was walked: nobody stopped it.
    pub is_complete: bool,
    /// Files that were passed over.
    pub faults: Vec<Fault>,
}

impl Reader {
    pub(super) fn walk(
        &self,
        filter: Filter<'_>,
        stop: &Stop,
        take: impl FnMut(&[u8]) -> ControlFlow<()>,
    ) -> Result<Scanned, Error> {
        let faults = Faults::default();
        let scanned = self.walk_past(filter, stop, &faults, take)?;
        Ok(Scanned { faults: faults.into_vec(), ..scanned })
    }

    fn walk_past(
        &self,
        mut filter: Filter<'_>,
        stop: &Stop,
        faults: &Faults,
        mut take: impl FnMut(&[u8]) -> ControlFlow<()>,
    ) -> Result<Scanned, Error> {
        let mut scanned = Scanned { is_complete: true, ..Scanned::default() };
        let mut counted = BTreeSet::new();
        loop {
            let mut files = self.wanted(&filter, faults)?;
            files.sort_by_key(|(file, (first, _))| (*first, file.number));
            let mut firsts =
                files.iter().map(|(_, (first, _))| *first).skip(1).collect::<Vec<_>>().into_iter();
            let mut merge = Merge::default();
            let mut cut: Option<Position> = None;
            let mut is_ended = false;
            let read = |file: &Listed| {
                let (found, bad) = self.find(self.bytes(file, faults), &filter);
                (file.number, file.index.rows, bad + file.index.bad, found)
            };
            let is_complete = each_in_order(&files, stop, read, |(first, _), found| {
                if cut.is_some_and(|cut| *first > cut.time) {
                    return Break(());
                }
                let Some((number, rows, bad, found)) = found else { return Continue(()) };
                if counted.insert(number) {
                    scanned.rows += rows;
                    scanned.skipped += bad;
                }
                merge.add(found);
                if let Some(cut) = cut {
                    merge.keep_before(cut);
                }
                // What stands before all that is still to be read can go.
                let next = firsts.next();
                while let Some(line) = merge.next(|p| next.is_none_or(|next| p.time < next)) {
                    if stop.is_stopped() {
                        return Break(());
                    }
                    if take(line).is_break() {
                        is_ended = true;
                        return Break(());
                    }
                }
                if merge.bytes() > MAX_WAITING {
                    cut = merge.halve().or(cut);
                    if let Some(cut) = cut {
                        merge.keep_before(cut);
                    }
                }
                Continue(())
            });
            if is_ended {
                return Ok(scanned);
            }
            if stop.is_stopped() && !is_complete {
                scanned.is_complete = false;
                return Ok(scanned);
            }
            while let Some(line) = merge.next(|_| true) {
                if take(line).is_break() {
                    return Ok(scanned);
                }
            }
            match cut {
                Some(cut) => filter.begin_at(cut),
                None => return Ok(scanned),
            }
        }
    }

    /// What meets the filter in a file's bytes, and how many of the lines that were read are no rows.
    fn find(&self, bytes: Vec<u8>, filter: &Filter<'_>) -> (Found, u64) {
        let mut hits = Vec::new();
        let mut bad = 0;
        for line in filter.candidates(&bytes) {
            let text = &bytes[line.clone()];
            let Some(head) = Head::of(text).filter(|head| filter.admits(head)) else { continue };
            let is_hit = filter.is_head_enough()
                || filter.record(text, &self.origins).map_or_else(
                    |Bad| {
                        bad += 1;
                        false
                    },
                    |record| record.is_some(),
                );
            if is_hit {
                hits.push(Hit { position: head.position, line });
            }
        }
        (Found::new(bytes, hits), bad)
    }
}
