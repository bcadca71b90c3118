//! Whether a line at the margin belongs to the lines above it, where these alone tell it.

use crate::{
    model::{Level, LogEvent},
    parse::trace::Look,
};
use chrono::Duration;

/// A program writes a message and its trace at once; an exception so long after a harmless line is another event.
pub(super) const AT_ONCE: Duration = Duration::milliseconds(1);

/// A file alone under a frame that has none, or under words that announce it.
pub(super) fn is_place(event: &LogEvent, look: &Look<'_>) -> bool {
    let above = event.last().text.trim_end();
    look.is_bare_place()
        && !event.rest.is_empty()
        && (above.starts_with('#') || (above.starts_with("Full report") && above.ends_with(':')))
}

/// A line of source behind its number and a bar, under another line of that column: rustc and its kin.
pub(super) fn is_quoted(event: &LogEvent, look: &Look<'_>) -> bool {
    let is_column = |text: &str| {
        let bar = text.trim_start().trim_start_matches(|c: char| c.is_ascii_digit());
        bar.trim_start().starts_with('|')
    };
    is_column(look.text) && is_column(&event.last().text)
}

/// An item of a list, under its heading or another item.
pub(super) fn is_listed(event: &LogEvent, look: &Look<'_>) -> bool {
    let above = &event.last().text;
    look.text.starts_with("- ")
        && !event.rest.is_empty()
        && (above.ends_with(':') || above.starts_with("- "))
}

/// The exception whose message the head told already; one more of the same is another event.
pub(super) fn is_repeated(event: &LogEvent, look: &Look<'_>) -> bool {
    let head = &event.head;
    head.level >= Level::Error
        && look.is_exception()
        && !Look::of(head.line()).is_exception()
        && look
            .text
            .split_once(": ")
            .is_some_and(|(_, message)| message.len() >= 16 && head.message().contains(message))
}

/// Whether a line of the event opened a bracket at its end.
pub(super) fn has_open_bracket(event: &LogEvent) -> bool {
    event.records().any(|record| record.text.ends_with(['{', '[']))
}

/// A class of Java's directly under what was logged, without a frame.
pub(super) fn is_exception_at_once(event: &LogEvent, look: &Look<'_>) -> bool {
    let head = &event.head;
    let name = look.text.split(':').next().unwrap_or_default();
    event.rest.is_empty()
        && head.level >= Level::Warn
        && head.message_at > 0
        && look.line.time - head.time <= AT_ONCE
        && name.bytes().filter(|b| *b == b'.').count() > 1
        && look.is_exception()
}

/// `error: words` directly under what was logged: Node.js's driver of Postgres names its exceptions so, if frames follow.
pub(super) fn is_thrown(event: &LogEvent, look: &Look<'_>) -> bool {
    let head = &event.head;
    event.rest.is_empty()
        && head.level >= Level::Error
        && head.message_at > 0
        && look.text.starts_with("error: ")
        && !head.text.starts_with("error: ")
}
