//! What becomes of an event that is over, and of lines that waited within it and which nothing confirmed as its own.

use super::pending::{Pending, Verdict};
use crate::{model::LogEvent, parse::trace::Look};

/// Gives the event away, and behind it the events that its loose lines are by themselves.
pub(super) fn finish(pending: Pending, done: &mut Vec<LogEvent>) {
    let (event, loose, last) = pending.close();
    done.push(event);
    let mut open: Option<Pending> = None;
    for record in loose {
        if let Some(pending) = &mut open
            && pending.judge(Look::of(record.line()), last) == Verdict::Joins
        {
            pending.join(record, last);
            continue;
        }
        if let Some(pending) = open.take() {
            finish(pending, done);
        }
        if Look::of(record.line()).may_head() {
            open = Some(Pending::open(record, last));
        } else {
            done.push(LogEvent::single(record));
        }
    }
    if let Some(pending) = open {
        finish(pending, done);
    }
}
