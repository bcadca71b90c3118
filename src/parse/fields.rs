//! What a structured line holds, opened only when somebody asks.
//!
//! A record keeps its line as it was written; for JSON and logfmt a person wants `message key=value`, and detection the
//! error and its stack. Everything given out is bounded and harmless.

use super::{keyed, level, stamp};
use crate::model::{Level, SafeText};
use serde_json::Value;

/// A longer line is not opened.
const MAX_LINE: usize = 256 * 1024;
/// Other fields kept.
const MAX_OTHERS: usize = 24;
/// Characters of another field's value.
const MAX_VALUE: usize = 200;
/// Lines of a stack.
const MAX_STACK: usize = 200;

/// The parts of a structured line.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Fields {
    /// What the program said; empty where it only wrote fields.
    pub message: SafeText,
    /// The program's own word.
    pub level: Level,
    /// The error beside the message, with its type where it has one: `TypeError: x is undefined`.
    pub error: Option<SafeText>,
    /// The error's stack, line by line, at most 200.
    pub stack: Vec<SafeText>,
    /// All other fields, JSON's by name, at most 24, without time, process and host; values are cut at 200 characters.
    pub others: Vec<(SafeText, SafeText)>,
}

impl Fields {
    /// Opens a line of JSON or logfmt, both also behind a timestamp; `None` for any other line.
    pub fn of(line: &str) -> Option<Self> {
        if line.len() > MAX_LINE {
            return None;
        }
        let start = line.find('{').filter(|at| *at < 80 && line.ends_with('}'));
        if let Some(start) = start
            && let Ok(Value::Object(map)) = serde_json::from_str(&line[start..])
        {
            let mut fields = Self::default();
            for (key, value) in map {
                fields.take(&key, value);
            }
            return Some(fields);
        }
        Self::of_logfmt(line)
    }

    fn of_logfmt(line: &str) -> Option<Self> {
        let mut fields = Self::default();
        let mut pairs = 0;
        let at = stamp::read(line.as_bytes(), 0).map_or(0, |stamp| stamp.end);
        for (key, value) in keyed::pairs(&line[at..]) {
            pairs += 1;
            fields.take(key, Value::String(unescaped(value)));
        }
        (pairs >= 2).then_some(fields)
    }

    /// One line for a person: the message, the error, then `key=value`.
    pub fn line(&self) -> SafeText {
        let mut line = self.message.to_string();
        if let Some(error) = &self.error
            && !line.contains(error.as_str())
        {
            line.push_str(if line.is_empty() { "" } else { ": " });
            line.push_str(error);
        }
        for (key, value) in &self.others {
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(key);
            line.push('=');
            line.push_str(value);
        }
        line.into()
    }

    fn take(&mut self, key: &str, value: Value) {
        match key {
            "msg" | "message" | "short_message" | "@m" | "@message" | "body" | "Body"
            | "MESSAGE" | "Message" | "RenderedMessage" | "event"
                if self.message.is_empty() =>
            {
                self.message = plain(&value).into();
            }
            "@mt" | "text" if self.message.is_empty() => self.message = plain(&value).into(),
            "level" | "lvl" | "severity" | "log.level" | "levelname" | "level_name" | "@l"
            | "@level" | "error_severity" | "severity_text" | "SeverityText" | "LogLevel"
            | "Level" | "s" => {
                let found = level::of_value(plain(&value).as_bytes());
                match found {
                    Some(found) => self.level = found,
                    None => self.keep(key, &value),
                }
            }
            "time" | "ts" | "timestamp" | "@timestamp" | "@t" | "t" | "pid" | "hostname" | "v"
            | "host" | "caller" | "asctime" | "datetime" | "Timestamp" | "version" => {}
            "err" | "error" | "exception" | "exc_info" | "@x" | "Exception" | "exc" | "cause"
            | "errorMessage" | "error.message" => self.take_error(key, value),
            "stack" | "stacktrace" | "stack_trace" | "stackTrace" | "error.stack_trace"
            | "error.stack" | "traceback" | "errorVerbose" => self.take_stack(&value),
            // tracing puts the message among the fields.
            "fields" if value.get("message").is_some() => {
                if let Value::Object(map) = value {
                    map.into_iter().for_each(|(key, value)| self.take(&key, value));
                }
            }
            _ => self.keep(key, &value),
        }
    }

    fn take_error(&mut self, key: &str, value: Value) {
        match value {
            Value::Null | Value::Bool(_) => {}
            Value::Object(map) => {
                let text = |names: &[&str]| {
                    names
                        .iter()
                        .find_map(|n| map.get(*n).and_then(Value::as_str))
                        .unwrap_or_default()
                };
                let kind = text(&["type", "name", "class", "exception_class", "code"]);
                let message = text(&["message", "msg", "exception_message", "error"]);
                let error = match (kind, message) {
                    ("", "") => String::new(),
                    ("", message) => message.to_owned(),
                    (kind, "") => kind.to_owned(),
                    (kind, message) => format!("{kind}: {message}"),
                };
                if !error.is_empty() {
                    self.error = Some(error.into());
                }
                for name in ["stack", "stacktrace", "stack_trace", "stackTrace", "trace"] {
                    if let Some(stack) = map.get(name) {
                        self.take_stack(stack);
                    }
                }
            }
            Value::String(text) if text.contains('\n') => {
                // A stack in place of a message. Python's last line tells, everybody else's first.
                let is_python = text.starts_with("Traceback");
                let mut lines = text.lines().filter(|l| !l.trim().is_empty());
                let telling = if is_python { lines.next_back() } else { lines.next() };
                self.error = telling.map(SafeText::from);
                self.take_stack(&Value::String(text));
            }
            Value::String(text) if text.is_empty() => {}
            Value::String(text) => self.error = Some(text.into()),
            other => self.keep(key, &other),
        }
    }

    fn take_stack(&mut self, value: &Value) {
        match value {
            Value::String(text) => {
                self.stack = text.lines().take(MAX_STACK).map(SafeText::from).collect();
            }
            Value::Array(lines) => {
                self.stack = lines.iter().take(MAX_STACK).map(|l| plain(l).into()).collect();
            }
            _ => {}
        }
    }

    fn keep(&mut self, key: &str, value: &Value) {
        if self.others.len() < MAX_OTHERS && !value.is_null() {
            let value: String = plain(value).chars().take(MAX_VALUE).collect();
            let key: String = key.chars().take(MAX_VALUE).collect();
            self.others.push((key.into(), value.into()));
        }
    }
}

/// The message of a line of JSON or logfmt; `None` for any other line, and for one without a message.
pub fn message_of(line: &str) -> Option<SafeText> {
    Fields::of(line).map(|f| f.message).filter(|m| !m.is_empty())
}

fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// The inside of a logfmt string.
fn unescaped(value: &str) -> String {
    if !value.contains('\\') {
        return value.to_owned();
    }
    serde_json::from_str(&format!("\"{value}\"")).unwrap_or_else(|_| value.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn opens_json_of_many_loggers() {
        for (line, message, error, others) in [
            (
                r#"{"level":50,"time":1,"pid":7,"hostname":"h","name":"catalog","err":{"type":"Error","message":"api answered 500","stack":"Error: api answered 500\n    at a (b.js:1:2)"},"msg":"api answered 500"}"#,
                "api answered 500",
                Some("Error: api answered 500"),
                "name=catalog",
            ),
            (
                r#"2025-03-04T09:00:00Z {"level":"info","msg":"order paid","order_id":7,"error":null}"#,
                "order paid",
                None,
                "order_id=7",
            ),
            (
                r#"{"message":"x","exc_info":"Traceback (most recent call last):\n  File \"a\"\nKeyError: 'k'\n"}"#,
                "x",
                Some("KeyError: 'k'"),
                "",
            ),
            (
                r#"{"t":{"$date":"x"},"s":"E","c":"NETWORK","msg":"refused","attr":{"port":1}}"#,
                "refused",
                None,
                r#"attr={"port":1} c=NETWORK"#,
            ),
            (
                r#"time="2025-03-04T09:00:00Z" level=error msg="a \"b\" = c" id=7"#,
                "a \"b\" = c",
                None,
                "id=7",
            ),
        ] {
            let fields = Fields::of(line).unwrap_or_else(|| panic!("not opened: {line}"));
            let got: Vec<_> = fields.others.iter().map(|(k, v)| format!("{k}={v}")).collect();
            assert_eq!(fields.message.as_str(), message);
            assert_eq!(fields.error.as_deref(), error);
            assert_eq!(got.join(" "), others);
        }
    }

    #[test]
    fn reads_as_one_line_for_a_person() {
        let line = r#"{"level":"error","msg":"save failed","error":"disk full","id":7}"#;
        let fields = Fields::of(line).unwrap();
        assert_eq!(fields.line().as_str(), "save failed: disk full id=7");
        assert_eq!(
            (fields.level, message_of(line).unwrap().as_str()),
            (Level::Error, "save failed")
        );
    }

    #[test]
    fn other_lines_stay_closed() {
        for line in ["", "plain", "{", "{}}", "took=5ms", "a b=c d=e", "[1]", "f({\"a\":1})}"] {
            assert_eq!(message_of(line), None, "{line}");
        }
        let deep = format!("{{\"a\":{}{}}}", "[".repeat(10_000), "]".repeat(10_000));
        assert_eq!(Fields::of(&deep), None);
    }

    #[test]
    fn what_it_gives_is_bounded_and_harmless() {
        let others: Vec<_> =
            (0..100).map(|i| format!("\"k{i}\":\"{}\"", "x".repeat(900))).collect();
        let stack = "a\\n".repeat(5_000);
        let line = format!(r#"{{"msg":"a\u001b[31mb\nc","stack":"{stack}",{}}}"#, others.join(","));
        let fields = Fields::of(&line).unwrap();
        assert_eq!(fields.message.as_str(), "ab c");
        assert_eq!((fields.stack.len(), fields.others.len()), (200, 24));
        assert!(fields.others.iter().all(|(_, v)| v.len() <= 200));
    }
}
