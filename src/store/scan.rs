//! Looks through many lines for those that meet a query, without making records of them.

use super::{
    block::{Block, Unpacker},
    pages::Pages,
    search,
    timeline::Timeline,
};
use crate::model::{LogRecord, Position, Query, ServiceName};
use std::sync::Arc;

/// Plain records that are looked at as one piece.
const PIECE: usize = 512;

/// A line that meets the query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hit {
    /// Its place.
    pub position: Position,
    /// Its service.
    pub service: ServiceName,
}

/// What a look at some lines found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Scan {
    /// Oldest first.
    pub hits: Vec<Hit>,
    /// Everything from here on was looked at; `None` when everything that is kept was.
    pub reached: Option<Position>,
}

/// One service and its timeline.
pub(super) type Named<'a> = (&'a ServiceName, &'a Timeline);

/// Looks at about `lines` lines before `before`, the newest first.
pub(super) fn before(
    timelines: &[Named<'_>],
    (query, pages): (&Query, &Pages),
    before: Option<Position>,
    lines: usize,
) -> Scan {
    let reached = reach(timelines, before, lines);
    let is_in = |position: Position| {
        reached.is_none_or(|from| from <= position) && before.is_none_or(|end| position < end)
    };
    let mut hits = Vec::new();
    let mut unpacker = Unpacker::new();
    for (service, timeline) in timelines {
        let mut add = |position| hits.push(Hit { position, service: (*service).clone() });
        let blocks = timeline.blocks();
        let from = reached.map_or(0, |from| blocks.partition_point(|b| b.last < from));
        let end = before.map_or(blocks.len(), |end| blocks.partition_point(|b| b.first < end));
        for block in blocks.range(from.min(end)..end) {
            find(block, (query, pages), &mut unpacker, |position| {
                if is_in(position) {
                    add(position);
                }
            });
        }
        for plain in [timeline.late(), timeline.hot()] {
            let from = reached.map_or(0, |from| plain.partition_point(|r| r.position() < from));
            let wanted = |record: &&Arc<LogRecord>| is_in(record.position());
            let records = plain.range(from..).take_while(wanted).filter(|r| query.matches(r));
            records.for_each(|record| add(record.position()));
        }
    }
    hits.sort_unstable_by_key(|hit| hit.position);
    Scan { hits, reached }
}

/// How many lines meet the query, counting no further than `limit`.
pub(super) fn count(
    timelines: &[Named<'_>],
    (query, pages): (&Query, &Pages),
    limit: usize,
) -> usize {
    let mut total = 0;
    let mut unpacker = Unpacker::new();
    for (_, timeline) in timelines {
        let plain = timeline.late().iter().chain(timeline.hot());
        total += plain.filter(|r| query.matches(r)).take(limit).count();
        for block in timeline.blocks() {
            if total >= limit {
                return limit;
            }
            if query.text.is_empty() && !block.keeps_gaps_for(query) {
                total += block.len_of(query.min_level);
            } else {
                find(block, (query, pages), &mut unpacker, |_| total += 1);
            }
        }
    }
    total.min(limit)
}

/// Tells the places of the lines of a block that meet the query.
fn find(
    block: &Block,
    (query, pages): (&Query, &Pages),
    unpacker: &mut Unpacker,
    mut tell: impl FnMut(Position),
) {
    let keeps_gaps = block.keeps_gaps_for(query);
    if block.len_of(query.min_level) == 0 && !keeps_gaps {
        return;
    }
    let mut lines = if query.text.is_empty() {
        (0..block.len()).collect()
    } else {
        search::lines_with(unpacker.text(block), &query.text)
    };
    let gaps = if keeps_gaps { search::lines_of_gaps(unpacker.text(block)) } else { Vec::new() };
    if lines.is_empty() && gaps.is_empty() {
        return;
    }
    let columns = pages.columns(block);
    search::retain_level(&mut lines, query, &columns);
    search::add_gaps(&mut lines, gaps, &columns);
    lines.into_iter().filter_map(|at| columns.position(at)).for_each(&mut tell);
}

/// Where a look at about so many lines before `before` ends.
fn reach(timelines: &[Named<'_>], before: Option<Position>, lines: usize) -> Option<Position> {
    // The pieces of each service, the newest first: where each begins, and how many lines it has.
    let mut ways: Vec<_> = timelines
        .iter()
        .map(|(_, timeline)| {
            let (blocks, hot) = (timeline.blocks(), timeline.hot());
            let end = before.map_or(blocks.len(), |end| blocks.partition_point(|b| b.first < end));
            let blocks = blocks.range(..end).rev().map(|b| (b.first, b.len()));
            let end = before.map_or(hot.len(), |end| hot.partition_point(|r| r.position() < end));
            let pieces = (0..end)
                .step_by(PIECE)
                .rev()
                .filter_map(move |at| hot.get(at).map(|r| (r.position(), PIECE.min(end - at))));
            pieces.chain(blocks).peekable()
        })
        .collect();
    let mut looked = 0;
    loop {
        let newest = ways
            .iter_mut()
            .filter_map(|way| way.peek().copied().map(|piece| (piece, way)))
            .max_by_key(|((first, _), _)| *first);
        let ((first, count), way) = newest?;
        way.next();
        looked += count;
        if looked >= lines {
            // Nothing may be older: then everything was looked at.
            let is_end = timelines.iter().all(|(_, t)| t.first().is_none_or(|f| f >= first));
            return (!is_end).then_some(first);
        }
    }
}
