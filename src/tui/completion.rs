//! Completes the last word of the filter line: its keys, then the values that each key knows.

use crate::{
    model::{Category, Level, Severity, StatusKind},
    store::Store,
};

/// What can stand before a colon, and what it is about.
pub(crate) const KEYS: [(&str, &str); 6] = [
    ("svc:", "service"),
    ("level:", "at least, in the log"),
    ("cat:", "category"),
    ("sev:", "severity"),
    ("state:", "new, ongoing, fixed"),
    ("since:", "visit, restart, a service, 10m, 14:32"),
];

const LEVELS: [Level; 6] =
    [Level::Trace, Level::Debug, Level::Info, Level::Warn, Level::Error, Level::Fatal];

const STATES: [StatusKind; 6] = [
    StatusKind::New,
    StatusKind::Regressed,
    StatusKind::Ongoing,
    StatusKind::Verifying,
    StatusKind::Fixed,
    StatusKind::Muted,
];

/// Words that may stand in place of the last one of `input`; none where it is complete or plain text.
pub(crate) fn words(input: &str, store: &Store) -> Vec<String> {
    let (not, word) = last(input);
    let candidates: Vec<String> = match word.split_once(':') {
        None => KEYS.iter().map(|(key, _)| (*key).to_owned()).collect(),
        Some((key, _)) => values(key, store).into_iter().map(|v| format!("{key}:{v}")).collect(),
    };
    // After a comma a value is added to those before it.
    let begun = word.rsplit_once(',').map_or("", |(before, _)| before);
    let (prefix, rest) = if begun.is_empty() {
        (String::new(), word)
    } else {
        (format!("{begun},"), &word[begun.len() + 1..])
    };
    candidates
        .into_iter()
        .filter_map(|candidate| {
            let value = candidate.split_once(':').map_or("", |(_, value)| value);
            let tail = if begun.is_empty() { candidate.as_str() } else { value };
            (tail.starts_with(rest) && tail != rest).then(|| format!("{not}{prefix}{tail}"))
        })
        .collect()
}

/// `input` with its last word replaced.
pub(crate) fn put(input: &str, word: &str) -> String {
    let start = input.rfind(char::is_whitespace).map_or(0, |at| at + 1);
    format!("{}{word}", &input[..start])
}

/// The last word without its exclamation mark, and that mark.
fn last(input: &str) -> (&str, &str) {
    let start = input.rfind(char::is_whitespace).map_or(0, |at| at + 1);
    let word = &input[start..];
    word.strip_prefix('!').map_or(("", word), |rest| ("!", rest))
}

fn values(key: &str, store: &Store) -> Vec<String> {
    let words = |words: &[&str]| -> Vec<String> { words.iter().map(|w| (*w).to_owned()).collect() };
    match key {
        "svc" | "service" => store.services().map(|s| s.name.to_string()).collect(),
        "since" => words(&["visit", "restart", "10m", "1h"])
            .into_iter()
            .chain(store.services().map(|s| s.name.to_string()))
            .collect(),
        "level" => words(&LEVELS.map(Level::as_str)),
        "cat" | "category" => Category::ALL.iter().map(|c| c.slug().to_owned()).collect(),
        "sev" | "severity" => words(&Severity::ALL.map(Severity::as_str)),
        "state" => words(&STATES.map(StatusKind::as_str)),
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Limits;

    #[test]
    fn keys_first_then_their_values() {
        let store = Store::new(Limits::default());
        for (input, want) in [
            ("", &["svc:", "level:", "cat:", "sev:", "state:", "since:"][..]),
            ("s", &["svc:", "sev:", "state:", "since:"]),
            ("since:v", &["since:visit"]),
            ("refused !sv", &["!svc:"]),
            ("sev:", &["sev:critical", "sev:error", "sev:warning", "sev:info"]),
            ("sev:e", &["sev:error"]),
            ("sev:error,w", &["sev:error,warning"]),
            ("!state:m", &["!state:muted"]),
            ("level:error", &[]),
            ("timeout", &[]),
            ("what:", &[]),
        ] {
            assert_eq!(words(input, &store), want, "{input}");
        }
    }

    #[test]
    fn the_last_word_is_replaced() {
        assert_eq!(put("refused sev:e", "sev:error"), "refused sev:error");
        assert_eq!(put("s", "svc:"), "svc:");
        assert_eq!(put("refused ", "svc:"), "refused svc:");
    }
}
