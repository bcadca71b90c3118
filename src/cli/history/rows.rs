//! What a record must answer to be searched, and the two questions that need no walk.

use crate::{
    cli::select::{Runs, Sieve},
    model::{LogRecord, Position, Query, Row, SafeText},
};
use chrono::{DateTime, Utc};
use std::{collections::BTreeSet, io, ops::ControlFlow, sync::Arc};

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
