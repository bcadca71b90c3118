//! Reads of a JSON object what says what happened; the rest is passed over, and no memory is asked for it.

use super::event::joined;
use crate::detect::telling;
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::{Map, Value};
use std::fmt;

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

/// What a JSON object says; `None` where `text` is none, or says nothing.
pub(super) fn words(text: &str) -> Option<String> {
    of_json(&read(text)?)
}

fn of_json(object: &Map<String, Value>) -> Option<String> {
    let mut message = MESSAGE_KEYS.iter().find_map(|key| object.get(*key).and_then(text_of));
    let mut error = ERROR_KEYS.iter().find_map(|key| object.get(*key).and_then(text_of));
    for nested in NESTED_KEYS.iter().filter_map(|key| object.get(*key)?.as_object()) {
        message = message.or_else(|| MESSAGE_KEYS.iter().find_map(|k| text_of(nested.get(*k)?)));
        error = error.or_else(|| ERROR_KEYS.iter().find_map(|k| text_of(nested.get(*k)?)));
    }
    joined(message, error)
}

/// A text, or an error object as `Type: message (code)`; of a stack trace the line that says what is wrong.
fn text_of(value: &Value) -> Option<String> {
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

/// The fields of `text` that are asked for; `None` where it is no JSON object.
fn read(text: &str) -> Option<Map<String, Value>> {
    let mut json = serde_json::Deserializer::from_str(text);
    let object = json.deserialize_map(Fields).ok()?;
    json.end().ok().map(|()| object)
}

struct Fields;

impl<'de> Visitor<'de> for Fields {
    type Value = Map<String, Value>;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut fields = Map::new();
        while let Some(key) = map.next_key_seed(Key)? {
            match key {
                Some(key) => drop(fields.insert(key.to_owned(), map.next_value()?)),
                None => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        Ok(fields)
    }
}

/// The key, where it is one of those.
struct Key;

impl<'de> DeserializeSeed<'de> for Key {
    type Value = Option<&'static str>;

    fn deserialize<D: Deserializer<'de>>(self, key: D) -> Result<Self::Value, D::Error> {
        key.deserialize_str(self)
    }
}

impl Visitor<'_> for Key {
    type Value = Option<&'static str>;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("a key")
    }

    fn visit_str<E>(self, key: &str) -> Result<Self::Value, E> {
        let mut known = [MESSAGE_KEYS, ERROR_KEYS, NESTED_KEYS].into_iter().flatten().copied();
        Ok(known.find(|known| *known == key))
    }
}
