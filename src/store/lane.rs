//! A way through the records of one service that meet a query, backwards or forwards, opening as few blocks as can be.
//!
//! Several lanes are merged by [`merge`]: the one that may hold the next record goes a step, until all have passed it.

use super::{
    block::Block,
    columns::Columns,
    pages::{Pages, Text},
    search,
    timeline::Timeline,
};
use crate::model::{LogRecord, Position, Query};
use std::{collections::VecDeque, ops::Range, sync::Arc};

/// Which way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    /// To older ones, from those before a place.
    Back,
    /// To newer ones, from those after a place.
    Forward,
}

/// One way through one service.
struct Lane<'a> {
    query: &'a Query,
    pages: &'a Pages,
    way: Way,
    edge: Option<Position>,
    blocks: &'a VecDeque<Arc<Block>>,
    ahead: Range<usize>,
    open: Option<Open<'a>>,
    hot: Plain<'a>,
    late: Plain<'a>,
}

/// Plain records that are still ahead.
struct Plain<'a> {
    records: &'a VecDeque<Arc<LogRecord>>,
    ahead: Range<usize>,
}

/// A block that is gone through.
struct Open<'a> {
    block: &'a Block,
    columns: Arc<Columns>,
    text: Option<Arc<Text>>,
    /// Lines ahead, in order of the way from the end.
    ahead: Vec<usize>,
}

/// What may come next.
#[derive(Debug, Clone, Copy)]
enum Next {
    Hot,
    Late,
    Line,
    Block,
}

/// The next `count` records of all timelines on this way.
pub(super) fn merge<'a>(
    timelines: impl Iterator<Item = &'a Timeline>,
    (query, pages): (&'a Query, &'a Pages),
    (way, edge): (Way, Option<Position>),
    count: usize,
) -> Vec<Arc<LogRecord>> {
    let mut lanes: Vec<_> =
        timelines.map(|timeline| Lane::new(timeline, (query, pages), (way, edge))).collect();
    let mut found = Vec::with_capacity(count.min(256));
    while found.len() < count {
        let bounds = lanes.iter_mut().filter_map(|lane| lane.next().map(|n| (n, lane)));
        let next = match way {
            Way::Back => bounds.max_by_key(|((position, _), _)| *position),
            Way::Forward => bounds.min_by_key(|((position, _), _)| *position),
        };
        let Some(((_, next), lane)) = next else { break };
        found.extend(lane.step(next));
    }
    found
}

impl<'a> Lane<'a> {
    fn new(
        timeline: &'a Timeline,
        (query, pages): (&'a Query, &'a Pages),
        (way, edge): (Way, Option<Position>),
    ) -> Self {
        let blocks = timeline.blocks();
        let ahead = match (way, edge) {
            (_, None) => 0..blocks.len(),
            (Way::Back, Some(edge)) => 0..blocks.partition_point(|b| b.first < edge),
            (Way::Forward, Some(edge)) => blocks.partition_point(|b| b.last <= edge)..blocks.len(),
        };
        let hot = Plain::new(timeline.hot(), way, edge);
        let late = Plain::new(timeline.late(), way, edge);
        Self { query, pages, way, edge, blocks, ahead, open: None, hot, late }
    }

    /// What may come next, and the place that it does not stand beyond.
    fn next(&self) -> Option<(Position, Next)> {
        let block = match self.way {
            Way::Back => self.ahead.clone().next_back().and_then(|at| self.blocks.get(at)),
            Way::Forward => self.ahead.clone().next().and_then(|at| self.blocks.get(at)),
        };
        let bound = |block: &Block| match self.way {
            Way::Back => self.edge.map_or(block.last, |edge| edge.min(block.last)),
            Way::Forward => self.edge.map_or(block.first, |edge| edge.max(block.first)),
        };
        let line = self.open.as_ref().and_then(Open::next);
        let packed = line
            .map(|position| (position, Next::Line))
            .or_else(|| block.map(|block| (bound(block), Next::Block)));
        let hot = self.hot.next(self.way).map(|position| (position, Next::Hot));
        let late = self.late.next(self.way).map(|position| (position, Next::Late));
        let all = [packed, hot, late].into_iter().flatten();
        match self.way {
            Way::Back => all.max_by_key(|(position, _)| *position),
            Way::Forward => all.min_by_key(|(position, _)| *position),
        }
    }

    /// Goes on by one; the record, where that was one that is wanted.
    fn step(&mut self, next: Next) -> Option<Arc<LogRecord>> {
        match next {
            Next::Hot => self.hot.take(self.way).filter(|r| self.query.matches(r)).map(Arc::clone),
            Next::Late => {
                self.late.take(self.way).filter(|r| self.query.matches(r)).map(Arc::clone)
            }
            Next::Line => self.open.as_mut().and_then(|open| open.take(self.pages)).map(Arc::new),
            Next::Block => {
                let at = match self.way {
                    Way::Back => self.ahead.next_back(),
                    Way::Forward => self.ahead.next(),
                };
                let block = at.and_then(|at| self.blocks.get(at))?;
                self.open = self.open(block);
                None
            }
        }
    }

    fn open(&self, block: &'a Block) -> Option<Open<'a>> {
        let keeps_gaps = block.keeps_gaps_for(self.query);
        if block.len_of(self.query.min_level) == 0 && !keeps_gaps {
            return None;
        }
        let columns = self.pages.columns(block);
        let mut text = None;
        let mut ahead: Vec<_> = if self.query.text.is_empty() {
            (0..columns.len()).collect()
        } else {
            let page = self.pages.text(block);
            let found = search::lines_with(page.as_str(), &self.query.text);
            text = Some(page);
            found
        };
        search::retain_level(&mut ahead, self.query, &columns);
        if keeps_gaps {
            let page = text.get_or_insert_with(|| self.pages.text(block));
            search::add_gaps(&mut ahead, search::lines_of_gaps(page.as_str()), &columns);
        }
        if let Some(edge) = self.edge {
            ahead.retain(|at| {
                columns.position(*at).is_some_and(|position| match self.way {
                    Way::Back => position < edge,
                    Way::Forward => position > edge,
                })
            });
        }
        if self.way == Way::Forward {
            ahead.reverse();
        }
        Some(Open { block, columns, text, ahead })
    }
}

impl<'a> Plain<'a> {
    fn new(records: &'a VecDeque<Arc<LogRecord>>, way: Way, edge: Option<Position>) -> Self {
        let ahead = match (way, edge) {
            (_, None) => 0..records.len(),
            (Way::Back, Some(edge)) => 0..records.partition_point(|r| r.position() < edge),
            (Way::Forward, Some(edge)) => {
                records.partition_point(|r| r.position() <= edge)..records.len()
            }
        };
        Self { records, ahead }
    }

    fn next(&self, way: Way) -> Option<Position> {
        let mut ahead = self.ahead.clone();
        let at = match way {
            Way::Back => ahead.next_back(),
            Way::Forward => ahead.next(),
        };
        at.and_then(|at| self.records.get(at)).map(|r| r.position())
    }

    fn take(&mut self, way: Way) -> Option<&'a Arc<LogRecord>> {
        let at = match way {
            Way::Back => self.ahead.next_back(),
            Way::Forward => self.ahead.next(),
        };
        at.and_then(|at| self.records.get(at))
    }
}

impl Open<'_> {
    fn next(&self) -> Option<Position> {
        self.ahead.last().and_then(|at| self.columns.position(*at))
    }

    fn take(&mut self, pages: &Pages) -> Option<LogRecord> {
        let at = self.ahead.pop()?;
        let text = self.text.get_or_insert_with(|| pages.text(self.block));
        self.block.record(&self.columns, at, text.line(at)?)
    }
}
