//! Walks over a record once or twice and hands what is wanted to a sink: hits, the lines around them, gaps.
//!
//! Memory holds the lines before a hit and the places of the newest hits, never the record.

use crate::{
    cli::select::{Runs, Sieve},
    model::{LogRecord, Position, Query, RecordId, Row, SafeText},
};
use chrono::{DateTime, Utc};
use std::{
    borrow::Cow,
    collections::{BTreeSet, VecDeque},
    io,
    ops::ControlFlow,
    sync::Arc,
};

/// A record that can be read from its beginning.
pub trait Rows {
    /// Hands over the rows from `since` on and before `until` in order of time, until `each` has enough. Rows that do
    /// not meet `query` need not come, but those that tell of a gap always do. Answers how many damaged rows were passed
    /// over.
    ///
    /// # Errors
    /// When the record cannot be read.
    fn scan(
        &self,
        range: Range,
        query: &Query,
        each: &mut dyn FnMut(&Row<'_>) -> ControlFlow<()>,
    ) -> io::Result<u64>;

    /// Hands over rows that were not there for [`Self::scan`], as they are written, until `each` has enough; `None`
    /// where nothing more waits for now.
    ///
    /// # Errors
    /// When the record cannot be read.
    fn follow(&self, _each: &mut dyn FnMut(Option<&Row<'_>>) -> ControlFlow<()>) -> io::Result<()> {
        Ok(())
    }

    /// The newest `count` rows that meet `query` and stand before a place, oldest first; `None` from a record that can
    /// only be read forwards.
    ///
    /// # Errors
    /// When the record cannot be read.
    fn before(
        &self,
        _query: &Query,
        _before: Option<Position>,
        _count: usize,
    ) -> io::Result<Option<Vec<Arc<LogRecord>>>> {
        Ok(None)
    }

    /// The time of the oldest row; `None` where there is none.
    ///
    /// # Errors
    /// When the record cannot be read.
    fn oldest(&self) -> io::Result<Option<DateTime<Utc>>> {
        let mut oldest = None;
        self.scan(Range::default(), &Query::default(), &mut |row| {
            oldest = row.time;
            ControlFlow::Break(())
        })?;
        Ok(oldest)
    }
}

/// A stretch of time; the default is all of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Range {
    /// From there on.
    pub since: Option<DateTime<Utc>>,
    /// Before that.
    pub until: Option<DateTime<Utc>>,
}

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

/// The runs of the containers that `sieve` wants, by their beginnings.
///
/// # Errors
/// When the record cannot be read.
pub(super) fn runs(rows: &dyn Rows, sieve: &Sieve) -> io::Result<Runs> {
    let mut runs = Runs::new();
    rows.scan(Range::default(), &sieve.query(true), &mut |row| {
        if let Some(run) = row.run
            && (sieve.services.is_empty() || sieve.services.contains(&*row.service))
        {
            runs.entry((row.service.to_string(), row.replica)).or_default().insert(run);
        }
        ControlFlow::Continue(())
    })?;
    Ok(runs)
}

/// Names of all services in the record.
///
/// # Errors
/// When the record cannot be read.
pub fn services(rows: &dyn Rows) -> io::Result<BTreeSet<String>> {
    let mut names = BTreeSet::new();
    rows.scan(Range::default(), &Query::default(), &mut |row| {
        if !row.service.is_empty() && !names.contains(&*row.service) {
            names.insert(SafeText::from(&*row.service).to_string());
        }
        ControlFlow::Continue(())
    })?;
    Ok(names)
}

/// The place of a row among all.
type Place = (Option<DateTime<Utc>>, u64);

fn place(row: &Row<'_>) -> Place {
    (row.time, row.id)
}

/// Where the newest `count` hits begin.
fn nth_newest(
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

/// The journal holds only harmless text; a file that somebody else wrote may hold anything.
fn harmless<'a>(row: &'a Row<'_>) -> Row<'a> {
    let mut row = borrowed(row);
    let is_new = |text: &mut Cow<'_, str>| {
        let safe = SafeText::from(&**text);
        let is_new = safe.as_str() != &**text;
        if is_new {
            *text = Cow::Owned(safe.to_string());
        }
        is_new
    };
    is_new(&mut row.service);
    is_new(&mut row.container);
    if is_new(&mut row.text) {
        row.message_at = 0;
        row.redacted.clear();
    }
    if !row.fields.is_empty() {
        let fields = std::mem::take(&mut row.fields);
        row.fields = fields
            .into_iter()
            .map(|(mut name, mut value)| {
                is_new(&mut name);
                is_new(&mut value);
                (name, value)
            })
            .collect();
    }
    row
}

/// The same row, with the same bytes.
fn borrowed<'a>(row: &'a Row<'_>) -> Row<'a> {
    Row {
        service: (&*row.service).into(),
        container: (&*row.container).into(),
        text: (&*row.text).into(),
        fields: row
            .fields
            .iter()
            .map(|(name, value)| ((&**name).into(), (&**value).into()))
            .collect(),
        redacted: row.redacted.clone(),
        ..*row
    }
}
