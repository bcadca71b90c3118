//! Words that sound like trouble and are none: counts of zero, settings, paths, names of features.
//!
//! They are blanked before rules judge a line, so the rest of the line is still read.

use regex::bytes::{Regex, RegexBuilder};
use std::{borrow::Cow, ops::Range, sync::LazyLock};

/// Bound of the lazy DFA of one expression; its states are few, because its classes are ASCII.
const CACHE: usize = 4 << 20;
/// Bytes of a text in which they are looked for; rules see no more either.
const MAX_LINE: usize = 16 * 1024;

/// Words that a count or a flag of trouble is named with.
macro_rules! words {
    () => {
        concat!(
            "(?:err|error|fail|failed|failure|fatal|panic|critical|warn|warning|exception|timeout|retrie|retry",
            "|drop|dropped|reject|rejected|oom|crash|deadlock|conflict|lost|denied|killed|evict|refused",
            "|unhealthy|unreachable|skipped)"
        )
    };
}

/// What says that it did not happen. Behind a colon a word must be the last one: `Error: null value in column` says
/// that it did.
macro_rules! values {
    () => {
        concat!(
            r#"\w{0,12}["']?\s{0,3}(?:[=:]\s{0,24}(?:0+(?:\.0+)?%?|""|''|\[\]|\{\})(?:[\s,;)\]}|.]|$)"#,
            r"|\s{0,24}\b0(?:[,;)\]}|]|\s*$)",
            r"|=\s{0,3}(?:false|null|nil|none|undefined|off|ok)(?:[\s,;)\]}|.]|$)",
            r"|:\s{0,3}(?:false|null|nil|none|undefined|off|ok)(?:\s?[,;)\]}|]|\.?\s*$))",
        )
    };
}

const PHRASES: &str = concat!(
    // `no errors found`, `0 errors`, `without any warnings`
    r"\b(?:(?:no|0|zero)[ -](?:\w+ ){0,2}?|without[ -](?:(?:any|an|a) )?)(?:errors?|failures?|failed|warnings?|exceptions?",
    r"|problems?|issues?|timeouts?|conflicts?|vulnerabilities|deadlocks?|crashe?s?|panics?|rejections?)\b",
    // `failed=0`, `panicButton=off`; not the exception in `NullPointerException: null`
    r"|\b(?:[\w.-]*[._-])?",
    words!(),
    values!(),
    // `"lastError": null`
    r#"|["'][\w.-]*"#,
    words!(),
    values!(),
    // `statement_timeout set to 0`, `connect_timeout=5.0`, `"timeoutMs": 5000`
    r#"|\b[\w.-]*time-?out[\w.-]*["']?\s{0,3}(?:=|:|(?:is |was )?set to)\s{0,3}["']?\d+(?:\.\d+)?"#,
    r#"\s?(?:ms|us|ns|s|secs?|seconds?|m|mins?|minutes?|h)?(?:[\s,;)\]}"'|]|\.?$)"#,
    // where errors go: `Logging errors to /var/log/x.err.log`
    r"|\b(?:log(?:s|ging)?|writ(?:es?|ing)|send(?:s|ing)?|report(?:s|ing)?|redirect(?:s|ing)?|print(?:s|ing)?|show(?:s|ing)?|ignor(?:es?|ing)|suppress(?:es|ing)?)",
    r" (?:all |any )?(?:errors|warnings|exceptions|failures)\b",
    // when something is tried again: `Retry policy: max 5 attempts on timeout or connection errors`
    r"|\b(?:retry|retries|retrying|attempts|fallback)\b[^.;]{0,24} on (?:timeouts?|errors?|failures?)(?: (?:or|and) (?:\w+ )?(?:timeouts?|errors?|failures?))?\b",
    // what works again: `check passed after 2 failures`, `reconnected to redis after 3 failed attempts`
    r"|\b(?:passed|succeeded|successful(?:ly)?|connected|reconnected|recovered|restored) (?:to [\w.:-]{1,60} )?(?:again )?after [1-9]\d* (?:\w+ )?",
    r"(?:attempts?|failures?|retries|tries|errors|timeouts)\b",
    // where the manual is: `Read more at https://shop.example/errors`
    r"|\b(?:(?:read|learn) more|more info(?:rmation)?|see(?: also)?|refer to|documentation|docs)(?: (?:at|on|in|here))?:? <?https?://\S+",
    // where to look: `(Use `node --trace-warnings ...` to show where the warning was created)`
    r"|\(use `\w+ --trace-(?:warnings|deprecation|uncaught) \.\.\.` to show [\w ]+\)",
    // how many may be: `max failures 3`
    r"|\bmax(?:imum)?[ _-](?:\w+ )?(?:failures?|errors?|retries|timeouts?|exceptions?|crashes|failed \w+)[ :=]{1,3}\d+\b",
    // what was looked for and is not there: `checking for unclean shutdown... none`
    r"|^checking (?:for|if|whether) .{1,200}\.\. ?(?:yes|no|none|ok|done|passed)$",
    // names of what deals with errors
    r"|\b(?:error|exception|failure|fatal|panic|crash|timeout)s?[ -](?:handl(?:ing|ers?)(?: for \w+)?|boundar(?:y|ies)|pages?|detect(?:ion|ors?)",
    r"|report(?:ing|ers?)|track(?:ing|ers?)|budgets?|loggers?|logging|middlewares?|thresholds?|templates?|corrections?|bars?|codes|polic(?:y|ies)|types|classes)\b",
    // names of what is there for the worst, and of what is only slow: `access denied page`, `critical section`
    r"|\b(?:access denied|not found|forbidden|unauthori[sz]ed|maintenance) (?:pages?|templates?|handlers?|views?|routes?)\b",
    r"|\bcritical (?:sections?|paths?|css|regions?)\b|\bslow[ _-]?\w{0,12} (?:thresholds?|log|logging)\b",
    // what Docker says before it fetches an image
    r"|^unable to find image '[^']{1,200}' locally$",
    // classes that are there: `class ValidationException registered`
    r"|\b\w*(?:Error|Exception)s?\w{0,12} (?:class(?:es)? )?(?:registered|loaded|mapped|enabled|compiled)\b",
    // how much is told: `log_level: error`
    r#"|\blog[ _-]?level["']?\s?[:=]\s?["']?\w+"#,
    // an error that is measured: `mean squared error 0.012`
    r"|\b(?:margins? of|mean|squared|absolute|standard|rounding|quantization|rms) error\b",
    // names of files: `error.yaml`, `static/fatal-errors.js`
    r"|\b[\w./-]*",
    words!(),
    r"\w{0,12}(?:[.-]\w{1,16}){0,3}\.(?:ya?ml|json|toml|ini|conf|log|html?|css|s[ac]ss|m?js|jsx|tsx?|vue|svg|png|py|rb|go|rs|java|kt|php|cs|exs?|sql|txt|md|csv)\b",
    // values bound to a statement: `$1 = 'connection refused'`
    r"|\$\d{1,3} = '[^']*'",
    // a good exit
    r"|\bexit(?:ed|ing|s)?(?: successfully)?(?: with)?(?: (?:exit )?(?:code|status))?[ :=(]{1,3}0\b",
);

/// Path and query of a URL or a request; what is in it was chosen by a client.
const PATHS: &str = r#"(?:\b[a-z][a-z0-9+.-]{1,11}://[^\s/"'<>]+|\b(?:GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS) )/[^\s"'<>]*"#;

static PHRASES_RE: LazyLock<Option<Regex>> = LazyLock::new(|| build(PHRASES));
static PATHS_RE: LazyLock<Option<Regex>> = LazyLock::new(|| build(PATHS));

fn build(pattern: &str) -> Option<Regex> {
    let mut builder = RegexBuilder::new(pattern);
    // `None` never happens: the tests use both.
    builder.unicode(false).case_insensitive(true).dfa_size_limit(CACHE).build().ok()
}

/// A line of settings as programs print them when they start, `msg_denied = "access denied"`; not one that is named
/// after an error.
fn is_setting(text: &str) -> bool {
    let Some((key, value)) = text.trim_ascii().split_once(" = \"") else { return false };
    let is_key = |b: u8| b.is_ascii_alphanumeric() || b"_.-".contains(&b);
    let is_name = !key.is_empty() && key.len() < 64 && key.bytes().all(is_key);
    let tells = ["err", "fail", "exception", "reason", "cause", "message", "status"];
    is_name && value.find('"') == Some(value.len() - 1) && !tells.iter().any(|t| key.contains(t))
}

/// A line of a help text, `  -e, --errors   Show errors only`.
fn is_option(text: &str) -> bool {
    let option = text.trim_ascii_start();
    let gap = memchr::memmem::find(option.as_bytes(), b"  ").filter(|gap| *gap < 64);
    let name = option.trim_start_matches('-');
    matches!(option.len() - name.len(), 1 | 2)
        && text.starts_with("  ")
        && name.starts_with(|c: char| c.is_ascii_alphabetic())
        && gap.is_some_and(|gap| option.as_bytes()[gap..].iter().any(|b| *b != b' '))
}

/// What a test runner says of a test that passed, whatever it is named after: `  ✓ throws on timeout`.
fn is_passed(text: &str) -> bool {
    text.trim_ascii_start().starts_with(['✓', '✔', '√'])
}

/// The line of source that Python shows under a warning, `  warnings.warn("it is deprecated", DeprecationWarning)`: the
/// warning itself stands above it.
fn is_quoted_warning(text: &str) -> bool {
    text.starts_with("  ") && text.trim_ascii_start().starts_with("warnings.warn(")
}

/// The text with harmless words overwritten by spaces; borrowed where there are none.
pub(super) fn blanked(text: &str) -> Cow<'_, str> {
    if is_setting(text) || is_option(text) || is_passed(text) || is_quoted_warning(text) {
        return Cow::Owned(" ".repeat(text.len()));
    }
    let end =
        (0..=MAX_LINE.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
    let seen = &text.as_bytes()[..end];
    let phrases = PHRASES_RE.iter().flat_map(|re| re.find_iter(seen)).map(|found| found.range());
    let paths = PATHS_RE.iter().filter(|_| may_have_path(seen));
    let paths = paths.flat_map(|re| re.find_iter(seen)).map(|found| path(seen, found.range()));
    let mut spans = phrases.chain(paths).peekable();
    if spans.peek().is_none() {
        return Cow::Borrowed(text);
    }
    let mut bytes = text.as_bytes().to_vec();
    for span in spans {
        bytes[span].fill(b' ');
    }
    // Whole matches are overwritten, so what is left is valid.
    String::from_utf8(bytes).map_or(Cow::Borrowed(text), Cow::Owned)
}

/// Whether a slash stands behind a space or a scheme.
fn may_have_path(text: &[u8]) -> bool {
    memchr::memchr_iter(b'/', text).any(|at| {
        text[..at].ends_with(b" ") || text[..at].ends_with(b":") && text[at..].starts_with(b"//")
    })
}

/// The path in a URL or a request: behind the host, or from the first slash.
fn path(text: &[u8], found: Range<usize>) -> Range<usize> {
    let slash = |from: usize| {
        memchr::memchr(b'/', &text[from..found.end]).map_or(found.end, |at| from + at)
    };
    let first = slash(found.start);
    let is_url = text[found.start..first].ends_with(b":");
    (if is_url { slash((first + 2).min(found.end)) } else { first })..found.end
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> String {
        blanked(text).split_whitespace().collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn blanks_counts_settings_paths_and_names() {
        for (text, want) in [
            ("done: processed=9 failed=0 errors=0 warnings=0", "done: processed=9"),
            ("0 errors, 0 warnings", ","),
            ("Errors:                 0", ""),
            ("controllers: total 26 failed 0", "controllers: total 26"),
            ("self check finished, no errors found", "self check finished, found"),
            (r#"{"msg":"ok","error":null,"id":1}"#, r#"{"msg":"ok", "id":1}"#),
            ("statement_timeout set to 0", ""),
            ("settings connect_timeout=5.0 read_timeout=30.0 retries=3", "settings retries=3"),
            ("exited with code 0", ""),
            ("Logging errors to /var/log/clickhouse.err.log", "to /"),
            ("last error: none, retries: 2", "last retries: 2"),
            ("Retry policy: max 5 attempts on timeout or connection errors", ""),
            ("error handler registered", "registered"),
            ("epoch 3: mean squared error 0.012", "epoch 3: mean 0.012"),
            ("log_level: error", ""),
            ("  -e, --errors        Show errors only", ""),
            ("class PriceException registered", "class"),
            (
                "fetching https://a.example/errors/fatal?x=panic now",
                "fetching https://a.example now",
            ),
            ("GET /fatal-attraction 200", "GET 200"),
            ("completed with 0 failures.", "completed with ."),
            ("health check passed after 2 failures", "health check"),
            ("no key. Read more at https://errors.shop.example#nokey", "no key."),
            ("(Use `node --trace-deprecation ...` to show where the warning was created)", ""),
            ("Loading rules: error.yaml, fatal-errors.json", "Loading rules: ,"),
            ("parameters: $1 = 'connection refused', $2 = '7'", "parameters: ,"),
            ("reconnected to redis:6379 after 3 failed attempts", ""),
            ("worker started, max failures 3", "worker started,"),
            ("checking for unclean shutdown... none", ""),
            ("registered exception handler for ValidationError", "registered"),
            ("failure detector started", "started"),
            ("access denied page template loaded", "template loaded"),
            ("critical section entered", "entered"),
            ("slow query threshold set to 2s", "set to 2s"),
            ("Unable to find image 'alpine:3' locally", ""),
            ("    ✓ throws on timeout (3 ms)", ""),
            ("\tmsg_denied = \"You are logged in - access denied\"", ""),
            ("  warnings.warn(\"no TLS\", SecurityWarning)", ""),
        ] {
            assert_eq!(words(text), want, "{text}");
        }
    }

    #[test]
    fn keeps_what_is_trouble() {
        for text in [
            "timeout of 5000ms exceeded",
            "failed: no route to host",
            "10 errors",
            "failed=3",
            "failed 0 of 3",
            "error: 0x80004005",
            "exited with code 137",
            "connection timeout: 10.0.0.1:5432",
            "no such file or directory",
            "error=true",
            "--error in line 3",
            "terminate called without an active exception",
            "Warning: Undefined array key",
            "Error: null value in column",
            "panic: nil map",
            "last_error = \"access denied\"",
            "user = \"kim\" and access denied",
            "failed: none of the replicas answered",
            "warnings.warn(\"no TLS\", SecurityWarning)",
            "stopped after 3 failed attempts",
            "GET https://shop.example refused",
            "max retries exceeded",
            "checking for updates failed",
        ] {
            assert_eq!(words(text), text);
        }
    }

    proptest::proptest! {
        #[test]
        fn paths_are_only_where_they_may_be(text in "(GET|put| |/|:|http|a.b|\\t|é){0,16}") {
            let has_path = PATHS_RE.as_ref().unwrap().is_match(text.as_bytes());
            proptest::prop_assert!(!has_path || may_have_path(text.as_bytes()), "{text:?}");
        }

        #[test]
        fn keeps_the_length(text in "(failed=0|GET /é|timeout=5|[^\\x00]){0,40}") {
            proptest::prop_assert_eq!(blanked(&text).len(), text.len());
        }
    }
}
