//! The level of an event whose head has none, where the lines below it tell it.

use crate::{
    model::{Level, LogEvent, LogRecord},
    parse::{frame, keyed, trace::Look},
};
use std::sync::Arc;

/// Gives the head the level that the event has.
pub(super) fn complete(event: &mut LogEvent) {
    let level = if event.rest.is_empty() {
        None
    } else if event.head.text.as_str() == "{" {
        of_object(event)
    } else {
        is_uncaught(event).then_some(Level::Error)
    };
    if let Some(level) = level {
        event.head = Arc::new(LogRecord { level, ..LogRecord::clone(&event.head) });
    }
}

/// JSON over several lines has its level within.
fn of_object(event: &LogEvent) -> Option<Level> {
    let text: String = event.records().map(|record| record.text.as_str()).collect();
    keyed::read_json(&text, 0).map(|keyed| keyed.level)
}

/// Node.js shows where it stood only if nobody caught what was thrown, whatever that was.
fn is_uncaught(event: &LogEvent) -> bool {
    let head = Look::of(event.head.line());
    let mut below = event.rest.iter().skip(1).take(3);
    head.level == Level::Unknown
        && head.is_preamble()
        && below.any(|record| frame::is_caret(&record.text))
        && event.rest.iter().any(|record| Look::of(record.line()).is_frame())
}
