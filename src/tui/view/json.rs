//! A JSON line as words: its message, then its other fields as `key=value`.

use serde_json::Value;
use std::fmt::Write as _;

/// Longer lines are shown as they are.
const MAX_BYTES: usize = 16 * 1024;
const MESSAGE: [&str; 5] = ["msg", "message", "event", "error", "err"];
/// Shown elsewhere in the row.
const KNOWN: [&str; 10] = [
    "time",
    "ts",
    "timestamp",
    "@timestamp",
    "level",
    "lvl",
    "severity",
    "levelname",
    "pid",
    "hostname",
];

/// The words of a JSON object; `None` for every other line.
pub(super) fn words(line: &str) -> Option<String> {
    let text = line.trim();
    if !text.starts_with('{') || !text.ends_with('}') || text.len() > MAX_BYTES {
        return None;
    }
    let Value::Object(mut fields) = serde_json::from_str(text).ok()? else { return None };
    let message = MESSAGE.into_iter().find_map(|key| match fields.get(key) {
        Some(Value::String(_)) => fields.remove(key),
        _ => None,
    });
    let mut out = match message {
        Some(Value::String(message)) => message,
        _ => String::new(),
    };
    for (key, value) in fields.iter().filter(|(key, _)| !KNOWN.contains(&key.as_str())) {
        if !out.is_empty() {
            out.push(' ');
        }
        let _ = match value {
            Value::String(text) if text.contains(' ') || text.is_empty() => {
                write!(out, "{key}={text:?}")
            }
            Value::String(text) => write!(out, "{key}={text}"),
            other => write!(out, "{key}={other}"),
        };
    }
    // Escapes inside of JSON strings may stand for anything.
    Some(crate::model::SafeText::from(out).to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn objects_become_words_and_stay_harmless() {
        for (line, want) in [
            (r#"{"level":"info","msg":"done","took":3}"#, Some("done took=3")),
            (r#"{"a":"b c","n":null}"#, Some(r#"a="b c" n=null"#)),
            (r#"{"message":"x\u001b[2Jy"}"#, Some("xy")),
            (r#"{"msg":{"a":1}}"#, Some(r#"msg={"a":1}"#)),
            ("{not json}", None),
            ("[1]", None),
            ("plain", None),
        ] {
            assert_eq!(words(line).as_deref(), want, "{line}");
        }
    }
}
