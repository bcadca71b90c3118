//! Finds the lines of a stack trace that say what is wrong: exceptions and their causes.

/// Exceptions in the lines of one event, in order; the last one is the root of it in every language we know:
/// Python ends with it, Java, Node and .NET go deeper with every cause.
pub(super) fn exceptions<'a>(lines: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let mut found = Vec::new();
    let mut is_python = false;
    for line in lines {
        let text = line.trim();
        if text == "Traceback (most recent call last):" {
            is_python = true;
            continue;
        }
        if text.is_empty() || is_frame(text) || text.starts_with("Suppressed: ") {
            continue;
        }
        if is_python && !line.starts_with([' ', '\t']) {
            is_python = false;
            if is_dotted_name(name_of(text)) {
                found.push(text);
                continue;
            }
        }
        let cause = strip_cause(text);
        if cause.len() < text.len() || is_exception_name(name_of(cause)) {
            found.push(cause);
        }
    }
    found
}

/// The line on which a head continues that only announces: `thread 'main' panicked at src/main.rs:4:5:`.
pub(super) fn continuation<'a>(head: &str, next: Option<&'a str>) -> Option<&'a str> {
    let next = next.map(str::trim).filter(|next| !next.is_empty() && !is_frame(next))?;
    let head = head.trim_end();
    let is_dotnet_category = head.ends_with(']') && !head.contains(' ');
    (head.ends_with(':') || is_dotnet_category).then_some(next)
}

fn is_frame(text: &str) -> bool {
    ["at ", "File \"", "... ", "from ", "^", "~", "goroutine "].iter().any(|p| text.starts_with(p))
        || text.starts_with('#') && text.as_bytes().get(1).is_some_and(u8::is_ascii_digit)
}

/// The exception without the words that lead to it.
fn strip_cause(text: &str) -> &str {
    const LEADS: &[&str] =
        &["Caused by: ", "[cause]: ", "cause: Error: ", "---> ", "** (", "Unhandled exception. "];
    LEADS.iter().find_map(|lead| text.strip_prefix(lead)).unwrap_or(text)
}

/// `java.lang.Foo` of `java.lang.Foo: words`, `DOMException` of `DOMException [TimeoutError]: words`.
fn name_of(text: &str) -> &str {
    text.split([':', ' ', '(', '[', '{']).next().unwrap_or(text).trim_end()
}

/// Written like a class: `psycopg2.errors.UniqueViolation`, `KeyError`.
fn is_dotted_name(name: &str) -> bool {
    !name.is_empty()
        && name.split('.').all(|part| {
            part.starts_with(|c: char| c.is_alphabetic() || c == '_')
                && part.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '$'))
        })
}

/// Named like an exception: a class whose last part ends like one.
fn is_exception_name(name: &str) -> bool {
    const ENDS: &[&str] = &["Error", "Exception", "Failure", "Fault", "Throwable"];
    let last = name.rsplit(['.', '\\', '$']).next().unwrap_or(name);
    ENDS.iter().any(|end| last.ends_with(end))
        && last.starts_with(|c: char| c.is_ascii_uppercase())
        && name.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '$' | '.' | '\\'))
}

#[cfg(test)]
mod tests;
