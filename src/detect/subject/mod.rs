//! What of a line is judged: the words of its author, without the wrapping of JSON, logfmt and nginx.

mod object;

use super::telling;
use crate::model::{LogEvent, LogRecord};
use memchr::{memchr, memmem};
use regex::Regex;
use serde_json::{Map, Value};
use std::{borrow::Cow, sync::LazyLock};

/// Longer JSON is judged as plain text.
const MAX_JSON: usize = 256 * 1024;

const MESSAGE_KEYS: &[&str] = &[
    "msg",
    "message",
    "Message",
    "@m",
    "@message",
    "MESSAGE",
    "short_message",
    "event",
    "log",
    "text",
    "body",
    "@mt",
];
const ERROR_KEYS: &[&str] = &[
    "err",
    "error",
    "exception",
    "Exception",
    "@x",
    "error.message",
    "error_message",
    "errorMessage",
    "errmsg",
    "exc_info",
    "exception.message",
    "cause",
    "reason",
    "stack",
    "stack_trace",
    "stacktrace",
    "error.stack_trace",
];
/// Objects that hold the details of a message (`attr` of Mongo, tracing's `fields`).
const NESTED_KEYS: &[&str] = &["attr", "fields", "jsonPayload", "context", "extra"];

/// The words of an event's head; of JSON over several lines, of the whole object.
pub(super) fn of_event(event: &LogEvent) -> Cow<'_, str> {
    if event.head.text.as_str() == "{" && !event.rest.is_empty() {
        let text: String = event.records().map(|record| record.text.as_str()).collect();
        if let Some(words) = object::read(&text).and_then(|object| of_json(&object)) {
            return Cow::Owned(words);
        }
    }
    of(&event.head)
}

/// The words of one line.
pub(super) fn of(record: &LogRecord) -> Cow<'_, str> {
    let text = record.text.as_str();
    if text.starts_with('{') && text.len() <= MAX_JSON {
        let words = object::read(text).and_then(|object| of_json(&object));
        return words.map_or(Cow::Borrowed(text), Cow::Owned);
    }
    let message = match record.message() {
        "" => text,
        message => message,
    };
    if let Some(text) = of_logfmt(message) {
        return Cow::Owned(text);
    }
    // nginx ends its errors with the request, whose words are its client's.
    let client = memmem::find(message.as_bytes(), b", client: ");
    Cow::Borrowed(client.and_then(|at| message.get(..at)).unwrap_or(message))
}

fn of_json(object: &Map<String, Value>) -> Option<String> {
    let mut message = MESSAGE_KEYS.iter().find_map(|key| object.get(*key).and_then(words));
    let mut error = ERROR_KEYS.iter().find_map(|key| object.get(*key).and_then(words));
    for nested in NESTED_KEYS.iter().filter_map(|key| object.get(*key)?.as_object()) {
        message = message.or_else(|| MESSAGE_KEYS.iter().find_map(|k| words(nested.get(*k)?)));
        error = error.or_else(|| ERROR_KEYS.iter().find_map(|k| words(nested.get(*k)?)));
    }
    joined(message, error)
}

fn joined(message: Option<String>, error: Option<String>) -> Option<String> {
    match (message, error) {
        (Some(message), Some(error)) if message.contains(&error) => Some(message),
        (Some(message), Some(error)) if error.contains(&message) => Some(error),
        (Some(message), Some(error)) => Some(format!("{message}: {error}")),
        (message, error) => message.or(error),
    }
}

/// A text, or an error object as `Type: message (code)`; of a stack trace the line that says what is wrong.
fn words(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => {
            let text = text.trim();
            let mut lines = text.lines();
            let first = lines.next().filter(|line| !line.is_empty())?;
            let deeper = telling::exceptions(text.lines()).pop();
            Some(deeper.unwrap_or(first).to_owned())
        }
        Value::Object(error) => {
            let text = |key: &str| error.get(key).and_then(Value::as_str).filter(|t| !t.is_empty());
            let message = text("message").or_else(|| text("msg")).or_else(|| text("stack"))?;
            let message = message.lines().next().unwrap_or(message);
            let mut all = String::new();
            let kind = text("type").or_else(|| text("name")).or_else(|| text("class"));
            if let Some(kind) = kind.filter(|kind| *kind != "Error" && !message.contains(kind)) {
                all.push_str(kind);
                all.push_str(": ");
            }
            all.push_str(message);
            if let Some(code) = text("code").filter(|code| !message.contains(code)) {
                all.push_str(" (");
                all.push_str(code);
                all.push(')');
            }
            Some(all)
        }
        _ => None,
    }
}

/// `msg` and `error` of a logfmt line; `None` where it has no `msg`.
fn of_logfmt(text: &str) -> Option<String> {
    memchr(b'=', text.as_bytes())?;
    let message = logfmt_value(text, &["msg=", "message="])?;
    joined(Some(message), logfmt_value(text, &["err=", "error=", "cause=", "reason="]))
}

fn logfmt_value(text: &str, keys: &[&str]) -> Option<String> {
    keys.iter().find_map(|key| {
        let mut found = memmem::find_iter(text.as_bytes(), key);
        let at = found.find(|at| *at == 0 || text.as_bytes()[at - 1] == b' ')?;
        let rest = &text[at + key.len()..];
        let value = match rest.strip_prefix('"') {
            None => rest.split(' ').next()?.to_owned(),
            Some(quoted) => unquoted(quoted)?,
        };
        (!matches!(value.as_str(), "" | "null" | "nil" | "<nil>" | "none")).then_some(value)
    })
}

/// The text up to the closing quote; `None` where there is none.
fn unquoted(text: &str) -> Option<String> {
    let mut out = String::new();
    let mut chars = text.chars();
    loop {
        match chars.next()? {
            '"' => return Some(out),
            '\\' => out.push(chars.next()?),
            c => out.push(c),
        }
    }
}

static ACCESS: LazyLock<Option<Regex>> = LazyLock::new(|| {
    const METHOD: &str = "(?:GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS|CONNECT|TRACE|PROPFIND|PRI)";
    // Combined and common log format, uvicorn, Envoy; HAProxy; Next, Vite, Koa and morgan; gin and Fiber; Rails; Squid;
    // Serilog; Gitea.
    Regex::new(&format!(
        r#""{METHOD} [^"]*?(?: HTTP/[0-9.]+)?" [0-9]{{3}}\b|\b[0-9]{{3}} [0-9]+ .*"{METHOD} [^"]* HTTP/[0-9.]+"$|^\s*{METHOD} /\S* (?:\(\d+(?:\.\d+)? ?[mu]?s\) )?[0-9]{{3}}\b|(?:^|\|) *[0-9]{{3}} \||^Completed [0-9]{{3}} |\bTCP_[A-Z_]+/[0-9]{{3}} |\bHTTP {METHOD} /\S* responded [0-9]{{3}}\b|\bcompleted {METHOD} /.{{0,120}}, [0-9]{{3}} "#
    ))
    .ok()
});

/// Whether the text is a line of an access log: one served request, with its status.
pub(super) fn is_access(text: &str) -> bool {
    ACCESS.as_ref().is_some_and(|re| re.is_match(text))
}

#[cfg(test)]
mod tests;
