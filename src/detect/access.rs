//! The request of an access-log line, in the words that a person would use.

use regex::Regex;
use std::sync::LazyLock;

/// Method, path and status as nginx, Apache, gunicorn, morgan and most others write them.
const REQUEST: &str = r#"(?-u:\b)(GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS) (/[^\s"?]*)[^\s"]*(?: HTTP/[0-9.]+)?"? (5\d\d)(?-u:\b)"#;

static PATTERN: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(REQUEST).ok());

/// `GET /orders answered 502`: what failed, without who asked and with what; `None` for another form.
pub(super) fn request(text: &str) -> Option<String> {
    let found = PATTERN.as_ref()?.captures(text)?;
    Some(format!("{} {} answered {}", &found[1], &found[2], &found[3]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn says_what_failed_and_not_who_asked() {
        for (line, want) in [
            (
                r#"10.0.0.9 - - [04/Mar/2025:09:00:00 +0000] "POST /api/orders?a=1 HTTP/1.1" 502 157 "-" "curl/8""#,
                Some("POST /api/orders answered 502"),
            ),
            ("GET /checkout 500 in 87ms", Some("GET /checkout answered 500")),
            (r#""GET /products/500 HTTP/1.1" 200 500"#, None),
            ("Completed 500 Internal Server Error in 12ms", None),
        ] {
            assert_eq!(request(line).as_deref(), want, "{line}");
        }
    }
}
