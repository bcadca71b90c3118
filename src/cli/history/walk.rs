//! Walks over a record once or twice and hands what is wanted to a sink: hits, the lines around them, gaps.
//!
//! Memory holds the lines before a hit and the places of the newest hits, never the record.

use super::{
    harmless::harmless,
    newest::{Place, nth_newest, place},
    rows::{Range, Rows},
};
use crate::{cli::select::Sieve, model::Row};
use std::{collections::VecDeque, io, ops::ControlFlow};

/// Which of the hits, and how much around each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Frame {
    /// Lines before a hit.
    pub before: usize,
    /// Lines behind a hit.
    pub after: usize,
    /// Only so many of the oldest.
    pub head: Option<u64>,
    /// Only so many of the newest.
    pub tail: Option<u64>,
    /// Whether what comes later is wanted, too.
    pub follows: bool,
}

impl Frame {
    /// Whether more than the hits is wanted.
    pub const fn has_context(&self) -> bool {
        self.before > 0 || self.after > 0
    }
}

/// Why a row is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    /// It is what was looked for.
    Hit,
    /// It stands beside a hit.
    Context,
    /// It tells that lines are missing there; it was not looked for.
    Gap,
}

/// Where rows go.
pub(super) trait Sink {
    /// Takes a row; its text is harmless.
    ///
    /// # Errors
    /// When it cannot be written; nothing more comes then.
    fn row(&mut self, row: &Row<'_>, part: Part) -> io::Result<()>;

    /// Rows were left out between two hits with their contexts.
    ///
    /// # Errors
    /// When it cannot be written.
    fn skip(&mut self) -> io::Result<()> {
        Ok(())
    }

    /// Nothing more comes for now: what was written should be seen.
    ///
    /// # Errors
    /// When it cannot be written.
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// What a walk has met.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Walked {
    /// Hits that were handed on.
    pub hits: u64,
    /// Gaps of the wanted services in the wanted time.
    pub gaps: u64,
    /// Rows that are none.
    pub damaged: u64,
}

/// Walks over `rows`. With `tail`, the record is read twice.
///
/// # Errors
/// When the record cannot be read or the sink cannot write.
pub(super) fn walk(
    rows: &dyn Rows,
    sieve: &Sieve,
    frame: Frame,
    sink: &mut dyn Sink,
) -> io::Result<Walked> {
    if (frame.tail == Some(0) && !frame.follows) || frame.head == Some(0) {
        return Ok(Walked::default());
    }
    let mut range = Range { since: sieve.since, until: sieve.until };
    let begin = match frame.tail {
        Some(count) => nth_newest(rows, range, sieve, count)?,
        None => None,
    };
    // Of what lies before the first hit nothing is needed but its context.
    if frame.before == 0
        && let Some((time, _)) = begin
    {
        range.since = time.or(range.since);
    }
    let mut path = Path {
        sieve,
        sink,
        frame,
        begin,
        before: VecDeque::new(),
        to_find: frame.head,
        to_show: 0,
        passed: 0,
        has_shown: false,
        walked: Walked::default(),
        failed: Ok(()),
    };
    let query = sieve.query(frame.has_context());
    let damaged = match frame.tail {
        Some(0) => 0,
        _ => rows.scan(range, &query, &mut |row| path.take(row))?,
    };
    if frame.follows && path.failed.is_ok() {
        // What comes late is of an earlier time, but nobody has seen it.
        path.begin = None;
        rows.follow(&mut |row| match row {
            Some(row) => path.take(row),
            None => path.flush(),
        })?;
    }
    path.failed?;
    Ok(Walked { damaged, ..path.walked })
}

/// A walk on its way.
struct Path<'a> {
    sieve: &'a Sieve,
    sink: &'a mut dyn Sink,
    frame: Frame,
    /// Hits before this place are too old.
    begin: Option<Place>,
    before: VecDeque<Row<'static>>,
    /// Hits that are still wanted.
    to_find: Option<u64>,
    /// Rows that still belong behind the last hit.
    to_show: usize,
    /// Rows in scope since the last one that was shown.
    passed: usize,
    has_shown: bool,
    walked: Walked,
    failed: io::Result<()>,
}

impl Path<'_> {
    fn take(&mut self, row: &Row<'_>) -> ControlFlow<()> {
        self.failed = self.pass(row);
        let is_done = self.to_find == Some(0) && self.to_show == 0;
        if self.failed.is_err() || is_done {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    }

    fn flush(&mut self) -> ControlFlow<()> {
        self.failed = self.sink.flush();
        if self.failed.is_err() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }

    fn pass(&mut self, row: &Row<'_>) -> io::Result<()> {
        let is_gap = row.gap.is_some() && self.sieve.covers(row);
        let is_in_scope = self.sieve.is_in_scope(row);
        self.walked.gaps += u64::from(is_gap);
        let is_new_enough = self.begin.is_none_or(|begin| place(row) >= begin);
        if is_in_scope && is_new_enough && self.to_find != Some(0) && self.sieve.hits(row) {
            return self.hit(row);
        }
        if self.to_show > 0 && is_in_scope {
            self.to_show -= 1;
            return self.show(row, Part::Context);
        }
        if is_gap && is_new_enough {
            return self.show(row, Part::Gap);
        }
        if is_in_scope {
            self.passed += 1;
            if self.frame.before > 0 {
                if self.before.len() >= self.frame.before {
                    self.before.pop_front();
                }
                self.before.push_back(row.clone().into_owned());
            }
        }
        Ok(())
    }

    fn hit(&mut self, row: &Row<'_>) -> io::Result<()> {
        if self.frame.has_context() && self.has_shown && self.passed > self.before.len() {
            self.sink.skip()?;
        }
        while let Some(earlier) = self.before.pop_front() {
            self.show(&earlier, Part::Context)?;
        }
        self.walked.hits += 1;
        self.to_find = self.to_find.map(|count| count - 1);
        self.to_show = self.frame.after;
        self.show(row, Part::Hit)
    }

    fn show(&mut self, row: &Row<'_>, part: Part) -> io::Result<()> {
        self.passed = 0;
        self.has_shown |= part != Part::Gap;
        self.sink.row(&harmless(row), part)
    }
}
