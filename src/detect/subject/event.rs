//! Finds the words of an event's head, and of one line.

use super::{logfmt, object};
use crate::model::{LogEvent, LogLine};
use memchr::memmem::Finder;
use std::{borrow::Cow, sync::LazyLock};

/// Longer JSON is judged as plain text.
const MAX_JSON: usize = 256 * 1024;

/// Where nginx ends its errors with the request, whose words are its client's.
static CLIENT: LazyLock<Finder<'_>> = LazyLock::new(|| Finder::new(", client: "));

/// The words of an event's head, or of what is under one that says nothing; of JSON over several lines, of the whole
/// object.
pub(in crate::detect) fn of_event(event: &LogEvent) -> Cow<'_, str> {
    if event.head.text.as_str() == "{" && !event.rest.is_empty() {
        let text: String = event.records().map(|record| record.text.as_str()).collect();
        if let Some(words) = object::words(&text) {
            return Cow::Owned(words);
        }
    }
    let said = event.records().map(|record| record.line()).find(|line| !line.says_nothing());
    of(said.unwrap_or_else(|| event.head.line()))
}

/// The words of one line.
pub(in crate::detect) fn of(line: LogLine<'_>) -> Cow<'_, str> {
    let text = line.text;
    if text.starts_with('{') && text.len() <= MAX_JSON {
        return object::words(text).map_or(Cow::Borrowed(text), Cow::Owned);
    }
    let message = match line.message() {
        "" => text,
        message => message,
    };
    if let Some(text) = logfmt::words(message) {
        return Cow::Owned(text);
    }
    let client = CLIENT.find(message.as_bytes());
    Cow::Borrowed(client.and_then(|at| message.get(..at)).unwrap_or(message))
}

pub(super) fn joined(message: Option<String>, error: Option<String>) -> Option<String> {
    match (message, error) {
        (Some(message), Some(error)) if message.contains(&error) => Some(message),
        (Some(message), Some(error)) if error.contains(&message) => Some(error),
        (Some(message), Some(error)) => Some(format!("{message}: {error}")),
        (message, error) => message.or(error),
    }
}
