//! Level and time under their keys, in JSON and logfmt, without building a tree.
//!
//! One pass over the top-level keys; the `level` family outranks `severity` and the rest, because a ticket may have a
//! severity too. What ends in the middle still says what it said so far.

mod walk;

use super::{
    level,
    stamp::{self, Stamp},
};
use crate::model::Level;
use walk::Walk;

/// So many bytes of a JSON line are looked at.
const REACH: usize = 16 * 1024;
/// Deeper nesting ends the look.
const DEPTH: usize = 64;

/// What the keys say.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Keyed {
    /// The program's own word.
    pub(super) level: Level,
    /// Its time, not resolved.
    pub(super) stamp: Option<Stamp>,
}

/// What stands under a key, and how much it counts.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd)]
enum Meaning {
    Level,
    Severity,
    Priority,
    Otel,
    Time,
    /// GELF: a number under `level` is syslog's.
    Gelf,
    /// Serilog's compact form leaves `@l` out for information.
    Compact,
    /// The text of an error: trouble, where no level says otherwise.
    Trouble,
    /// How it went.
    State,
}

#[derive(Default)]
struct Reading<'a> {
    word: Option<(u8, Level)>,
    raw_level: Option<&'a [u8]>,
    is_gelf: bool,
    is_compact: bool,
    is_trouble: bool,
    stamp: Option<Stamp>,
}

fn meaning(key: &[u8]) -> Option<Meaning> {
    if key.len() > 16 {
        return None;
    }
    Some(match key {
        b"level" | b"lvl" | b"log.level" | b"levelname" | b"@l" | b"loglevel" | b"log_level"
        | b"level_name" | b"LogLevel" | b"logLevel" | b"Level" | b"LEVEL" | b"@level"
        | b"severity_text" | b"severityText" | b"SeverityText" | b"error_severity" => {
            Meaning::Level
        }
        b"severity" | b"Severity" | b"sev" | b"s" => Meaning::Severity,
        b"PRIORITY" | b"priority" | b"syslog_level" | b"syslog.level" => Meaning::Priority,
        b"severity_number" | b"severityNumber" | b"SeverityNumber" => Meaning::Otel,
        b"time" | b"ts" | b"timestamp" | b"@timestamp" | b"@t" | b"t" | b"datetime"
        | b"Timestamp" | b"asctime" | b"date" | b"timeMillis" | b"eventTime" => Meaning::Time,
        b"short_message" => Meaning::Gelf,
        b"@m" | b"@mt" | b"@x" => Meaning::Compact,
        b"error" | b"err" | b"errors" | b"exception" | b"error_message" | b"errorMessage" => {
            Meaning::Trouble
        }
        b"status" | b"type" | b"kind" | b"result" | b"outcome" => Meaning::State,
        _ => return None,
    })
}

impl<'a> Reading<'a> {
    fn take(&mut self, meaning: Meaning, value: &'a [u8]) {
        let (rank, level) = match meaning {
            Meaning::Level => {
                self.raw_level.get_or_insert(value);
                // A word counts more than a number beside it: Monolog writes both.
                let rank = u8::from(level::number(value).is_some());
                (rank, level::of_value(value))
            }
            Meaning::Severity => (2, level::of_value(value)),
            Meaning::Priority => {
                (3, level::number(value).map_or_else(|| level::of_word(value), level::of_syslog))
            }
            Meaning::Otel => (4, level::number(value).and_then(level::of_otel)),
            Meaning::Time => {
                if self.stamp.is_none() {
                    self.stamp = Stamp::of_epoch(value)
                        .or_else(|| stamp::read(value, 0).filter(|s| !s.is_clock_only()));
                }
                return;
            }
            Meaning::Gelf => {
                self.is_gelf = true;
                return;
            }
            Meaning::Compact => {
                self.is_compact = true;
                return;
            }
            // Only an object says it, not a pair among words.
            Meaning::Trouble | Meaning::State => return,
        };
        if let Some(level) = level
            && self.word.is_none_or(|(known, _)| rank < known)
        {
            self.word = Some((rank, level));
        }
    }

    fn finish(self) -> Keyed {
        let level = match self.word {
            Some((_, level)) => level,
            None if self.is_gelf => self
                .raw_level
                .and_then(level::number)
                .and_then(level::of_syslog)
                .unwrap_or_default(),
            None if self.is_compact => Level::Info,
            None if self.is_trouble => Level::Error,
            None => Level::Unknown,
        };
        Keyed { level, stamp: self.stamp }
    }
}

/// Whether a text under such a key says that something went wrong.
fn is_trouble(meaning: Meaning, value: &[u8]) -> bool {
    match meaning {
        Meaning::Trouble => {
            let nothing: &[&[u8]] = &[
                b"",
                b"-",
                b"0",
                b"null",
                b"nil",
                b"<nil>",
                b"none",
                b"false",
                b"ok",
                b"success",
                b"no error",
            ];
            !nothing.iter().any(|word| value.eq_ignore_ascii_case(word))
        }
        Meaning::State => {
            let failed: &[&[u8]] = &[b"error", b"failed", b"failure", b"fail"];
            failed.iter().any(|word| value.eq_ignore_ascii_case(word))
        }
        _ => false,
    }
}

/// ECS's `"log": {"level": ...}`, and a level that is an object with a name.
fn is_level(parent: &[u8], key: &[u8]) -> bool {
    match key {
        b"level" => parent == b"log",
        b"name" => parent == b"level",
        _ => false,
    }
}

/// The text of an error that is an object, or one of several: `"error": {"message": ...}`, `"errors": [{"message": ...}]`.
fn is_cause(parent: &[u8], key: &[u8]) -> bool {
    matches!(parent, b"error" | b"err" | b"errors" | b"exception")
        && matches!(key, b"message" | b"msg")
}

/// Reads the JSON object that begins at byte `at`; `None` where none does.
pub(super) fn read_json(text: &str, at: usize) -> Option<Keyed> {
    let bytes = text.as_bytes();
    let bytes = bytes.get(at..bytes.len().min(at + REACH))?;
    let mut walk = Walk { bytes, at: 0 };
    if !walk.eat(b'{') {
        return None;
    }
    walk.spaces();
    if walk.peek() != b'"' {
        return None;
    }
    let mut reading = Reading::default();
    // One bit for each open bracket: whether it is an object.
    let mut objects: u64 = 1;
    let mut depth = 1_usize;
    let mut is_key_next = true;
    // ECS writes `"log": {"level": ...}`, MongoDB `"t": {"$date": ...}`: the key of the object that is open at depth 2.
    let mut parent: &[u8] = b"";
    // Loguru: `"record": {"level": {"name": ...}}`.
    let mut is_record_level = false;
    let mut has_key = false;
    while walk.at < bytes.len() {
        match walk.peek() {
            b'"' => {
                let Some(string) = walk.string() else { break };
                if !is_key_next {
                    continue;
                }
                is_key_next = false;
                walk.spaces();
                if !walk.eat(b':') {
                    if has_key {
                        break;
                    }
                    return None;
                }
                has_key = true;
                walk.spaces();
                let meaning = match depth {
                    1 => meaning(string),
                    2 if is_level(parent, string) => Some(Meaning::Level),
                    3 if parent == b"record" && is_record_level && string == b"name" => {
                        Some(Meaning::Level)
                    }
                    2 if parent == b"t" && string == b"$date" => Some(Meaning::Time),
                    2 | 3 if is_cause(parent, string) => Some(Meaning::Trouble),
                    _ => None,
                };
                if depth == 1 {
                    parent = string;
                } else if depth == 2 {
                    is_record_level = string == b"level";
                }
                let is_text = walk.peek() == b'"';
                if let Some(meaning) = meaning
                    && let Some(value) = walk.scalar()
                {
                    reading.take(meaning, value);
                    reading.is_trouble |= is_text && is_trouble(meaning, value);
                }
            }
            open @ (b'{' | b'[') => {
                depth += 1;
                if depth > DEPTH {
                    break;
                }
                let is_object = open == b'{';
                objects = objects << 1 | u64::from(is_object);
                is_key_next = is_object;
                walk.at += 1;
            }
            b'}' | b']' => {
                depth -= 1;
                objects >>= 1;
                is_key_next = false;
                walk.at += 1;
                if depth == 0 {
                    break;
                }
            }
            b',' => {
                is_key_next = objects & 1 == 1;
                walk.at += 1;
            }
            _ => walk.at += 1,
        }
    }
    has_key.then(|| reading.finish())
}

/// Reads `key=value` pairs from byte `at` on; `None` unless the text there begins with one.
pub(super) fn read_logfmt(head: &[u8], at: usize) -> Option<Keyed> {
    let mut walk = Walk { bytes: head, at };
    let mut reading = Reading::default();
    let mut pairs = 0;
    while let Some((key, value)) = walk.pair() {
        pairs += 1;
        match meaning(key) {
            // One-letter keys of MongoDB mean nothing here.
            Some(Meaning::Severity) if key == b"s" => {}
            // Heroku's `at=error`, where nothing says it better.
            None if key == b"at" => reading.take(Meaning::Severity, value),
            Some(meaning) => reading.take(meaning, value),
            None => {}
        }
        walk.spaces();
    }
    (pairs > 0).then(|| reading.finish())
}

/// All pairs of a logfmt line, values without their quotes; ends at the first word that is no pair.
pub(super) fn pairs(line: &str) -> impl Iterator<Item = (&str, &str)> {
    let mut walk = Walk { bytes: line.as_bytes(), at: 0 };
    std::iter::from_fn(move || {
        walk.spaces();
        let (key, value) = walk.pair()?;
        // Cut at ASCII bytes, so both are whole.
        Some((std::str::from_utf8(key).ok()?, std::str::from_utf8(value).ok()?))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::{DateTime, Utc};

    fn now() -> DateTime<Utc> {
        "2026-11-21T22:12:29Z".parse().unwrap()
    }

    #[test]
    fn finds_the_level_of_many_loggers() {
        for (text, want) in [
            (r#"{"level":"info","ts":"x","msg":"ok"}"#, Level::Info),
            (r#"{"level":50,"time":1700000000123,"msg":"x"}"#, Level::Error),
            (r#"{"msg":"x","level":"WARNING"}"#, Level::Warn),
            (r#"{"level_name":"CRITICAL","level":500}"#, Level::Fatal),
            (r#"{"level":300,"level_name":"WARNING"}"#, Level::Warn),
            (r#"{ "severity" : "ERROR", "message" : "a" }"#, Level::Error),
            (r#"{"log.level":"ERROR"}"#, Level::Error),
            (r#"{"log":{"logger":"x","level":"warn"},"message":"a"}"#, Level::Warn),
            (r#"{"t":{"$date":"2025-03-04T09:00:00Z"},"s":"E","c":"NETWORK"}"#, Level::Error),
            (r#"{"@t":"2025-03-04T09:00:00Z","@mt":"hi"}"#, Level::Info),
            (r#"{"@t":"2025-03-04T09:00:00Z","@mt":"hi","@l":"Fatal"}"#, Level::Fatal),
            (r#"{"version":"1.1","short_message":"x","level":3}"#, Level::Error),
            (r#"{"MESSAGE":"x","PRIORITY":"4"}"#, Level::Warn),
            (r#"{"severityNumber":17,"body":"x"}"#, Level::Error),
            (r#"{"level":"info","severity":"critical"}"#, Level::Info),
            (r#"{"severity":"high","level":"debug"}"#, Level::Debug),
            (r#"{"err":{"level":"error"},"msg":"level: error"}"#, Level::Unknown),
            (r#"{"msg":"\"level\":\"error\"","ok":1}"#, Level::Unknown),
            (r#"{"list":["level","error"],"level":"info"}"#, Level::Info),
            (r#"{"level":3}"#, Level::Unknown),
            (r#"{"level":"error","msg":"cut off in the mid"#, Level::Error),
            (r#"{"level":null}"#, Level::Unknown),
            (r#"{"msg":"sent","error":"connection refused"}"#, Level::Error),
            (r#"{"msg":"sent","status":"failed"}"#, Level::Error),
            (r#"{"msg":"sent","error":""}"#, Level::Unknown),
            (r#"{"msg":"sent","error":{"message":"no"}}"#, Level::Error),
            (r#"{"msg":"sent","error":{},"errors":[ ]}"#, Level::Unknown),
            (r#"{"errors":[{"message":"no"}]}"#, Level::Error),
            (r#"{"error":{"message":"no"},"level":"info"}"#, Level::Info),
            (r#"{"type":"error","message":"no"}"#, Level::Error),
            (r#"{"type":"server","message":"up"}"#, Level::Unknown),
            (r#"{"msg":"sent","error":null,"status":"ok"}"#, Level::Unknown),
            (r#"{"msg":"sent","error":"timeout","level":"info"}"#, Level::Info),
        ] {
            assert_eq!(read_json(text, 0).map(|k| k.level), Some(want), "{text}");
        }
    }

    #[test]
    fn is_not_fooled_by_braces() {
        for text in ["{}", "{", "{a: 1}", "[1]", "{\"never ends", "{\"a\" b}", ""] {
            assert_eq!(read_json(text, 0), None, "{text}");
        }
        let deep = format!("{{\"a\":{}", "[".repeat(100_000));
        assert_eq!(read_json(&deep, 0).map(|k| k.level), Some(Level::Unknown));
    }

    #[test]
    fn reads_the_time_in_every_writing() {
        for text in [
            r#"{"time":1741080000000}"#,
            r#"{"ts":1741080000.0}"#,
            r#"{"ts":"2025-03-04T09:20:00Z"}"#,
            r#"{"@timestamp":"2025-03-04T09:20:00.000Z"}"#,
            r#"{"t":{"$date":"2025-03-04T10:20:00+01:00"}}"#,
        ] {
            let stamp = read_json(text, 0).unwrap().stamp.unwrap();
            assert_eq!(stamp.resolve(now()), "2025-03-04T09:20:00Z".parse().ok(), "{text}");
        }
    }

    #[test]
    fn reads_logfmt_from_its_first_pair() {
        for (text, want) in [
            ("time=\"2025-03-04T09:20:00Z\" level=error msg=\"a = b\"", Some(Level::Error)),
            ("ts=x caller=a.go:1 level=warn", Some(Level::Warn)),
            ("lvl=eror msg=x", Some(Level::Error)),
            ("severity=INFO msg=\"level=error\"", Some(Level::Info)),
            ("msg=\"never ends level=error", Some(Level::Unknown)),
            ("took=5ms", Some(Level::Unknown)),
            ("the level=error", None),
            ("=x", None),
        ] {
            assert_eq!(read_logfmt(text.as_bytes(), 0).map(|k| k.level), want, "{text}");
        }
    }
}
