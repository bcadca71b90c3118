//! Lines that waited within an event which nothing confirmed as theirs.

use super::pending::{Pending, Verdict};
use crate::{
    model::{LogEvent, LogRecord},
    parse::trace::Look,
};
use chrono::{DateTime, Utc};
use std::sync::Arc;

/// Gives the events away that these lines are by themselves.
pub(super) fn judge(loose: Vec<Arc<LogRecord>>, last: DateTime<Utc>, done: &mut Vec<LogEvent>) {
    let mut open: Option<Pending> = None;
    for record in loose {
        if let Some(pending) = &mut open
            && pending.judge(Look::of(record.line()), last) == Verdict::Joins
        {
            pending.join(record, last);
            continue;
        }
        if let Some(pending) = open.take() {
            pending.finish(done);
        }
        if Look::of(record.line()).may_head() {
            open = Some(Pending::open(record, last));
        } else {
            done.push(LogEvent::single(record));
        }
    }
    if let Some(pending) = open {
        pending.finish(done);
    }
}
