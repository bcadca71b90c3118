//! Finds the lines of a stack trace that say what is wrong: exceptions and their causes.

/// Exceptions in the lines of one event, in order; the last one is the root of it in every language we know:
/// Python ends with it, Java, Node and .NET go deeper with every cause.
pub(super) fn exceptions<'a>(lines: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let mut found = Vec::new();
    let (mut is_python, mut is_anyhow, mut is_named) = (false, false, false);
    for line in lines {
        let text = unmarked(line.trim());
        // Rust's anyhow numbers what lies below.
        if text == "Caused by:" {
            is_anyhow = true;
            continue;
        }
        if is_anyhow {
            let cause =
                text.trim_start_matches(|c: char| c.is_ascii_digit()).trim_start_matches(": ");
            is_anyhow = line.starts_with("    ") && !is_frame(text) && !text.is_empty();
            if is_anyhow {
                found.push(cause);
                continue;
            }
        }
        if text.ends_with("Traceback (most recent call last):") {
            is_python = true;
            continue;
        }
        if text.is_empty() || is_frame(text) || text.starts_with("Suppressed: ") {
            continue;
        }
        if is_python
            && !line.trim_start_matches(MARKS).starts_with("  ")
            && !line.starts_with([' ', '\t'])
        {
            is_python = false;
            if is_dotted_name(name_of(text)) {
                found.push(text);
                continue;
            }
        }
        // PHP's consoles name the class alone, and below it the message.
        let is_class = text.contains('\\') && is_exception(text) && name_of(text) == text;
        if std::mem::replace(&mut is_named, is_class) && line.starts_with("  ") {
            found.push(text);
            continue;
        }
        let cause = strip_cause(text);
        if cause.len() < text.len() || is_exception(cause) || text.starts_with(ELIXIR) {
            found.push(cause);
        }
    }
    found
}

/// A head goes on within so many lines.
const MAX_BELOW: usize = 12;

/// Elixir puts the class into brackets: `** (RuntimeError) cart is gone`.
const ELIXIR: &str = "** (";

/// What stands at the margin of boxes and exception groups.
const MARKS: [char; 5] = ['|', '+', '│', '┃', '╷'];

/// The line without the margin of a box or an exception group, and without the tag that Rails puts before it.
fn unmarked(text: &str) -> &str {
    let text = if text == "#" { "" } else { text.strip_prefix("# ").unwrap_or(text) };
    let bare = text.trim_start_matches(MARKS).trim_start();
    // Node.js' `[Error: words]`.
    if let Some(inside) = bare.strip_prefix('[').filter(|inside| is_exception(inside)) {
        return inside;
    }
    match bare.strip_prefix('[').and_then(|rest| rest.split_once("] ")) {
        Some((tag, rest)) if !tag.contains(' ') && is_exception(rest) => rest,
        _ => bare,
    }
}

/// The words with which a head goes on that only announces: `thread 'main' panicked at src/main.rs:4:5:`.
pub(super) fn continuation<'a>(head: &str, rest: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let head = head.trim_end();
    if is_place(head) {
        return above_frames(rest);
    }
    let is_report = head.ends_with("FailureAnalysisReporter   :");
    let skipped = |line: &&str| is_report && line.trim() != "Description:";
    let is_build = head.starts_with("Failed to compile");
    let mut below = rest.take(MAX_BELOW).skip_while(skipped).skip(usize::from(is_report));
    let next = below.find(|line| {
        let is_heading = !line.starts_with("  ") && line.trim_end().ends_with(':');
        let is_file = is_build && line.starts_with("./");
        // An Erlang process says who it was before it says why it crashed.
        let is_who = WHO.iter().any(|w| line.trim().starts_with(w));
        let said = unmarked(line.trim());
        // Rails puts the request's tag before an empty line, too.
        let is_tag = said.starts_with('[') && said.find(']') == Some(said.len() - 1);
        !said.is_empty() && !is_tag && (is_report || !is_heading) && !is_file && !is_who
    })?;
    let next = unmarked(next.trim());
    // A key with nothing behind it is the beginning of a list.
    if is_frame(next) || (next.ends_with(':') && !is_report) {
        return None;
    }
    let is_dotnet_category = head.ends_with(']') && !head.contains(' ');
    // Java's own logger: `com.shop.Server handle`.
    let is_method = head.split_once(' ').is_some_and(|(class, method)| {
        class.contains('.')
            && is_dotted_name(class)
            && is_dotted_name(method.trim_matches(['<', '>']))
    });
    // webpack names the file first, and Clojure the place of the error.
    let is_placed = head.starts_with("in ./") || (head.ends_with(").") && head.contains(" at ("));
    let is_opening = head.starts_with("In file included from ")
        || head.ends_with("===")
        || head.ends_with(':')
        || head.contains(" the following ");
    (is_report || is_build || is_placed || is_method || is_dotnet_category || is_opening)
        .then_some(next)
}

/// What stands in an Erlang report before the reason, and in a compiler's the way to the file.
const WHO: &[&str] = &[
    "from ",
    "initial call: ",
    "pid: ",
    "registered_name: ",
    "** Generic server ",
    "** Last message ",
    "** When Server state ",
    "** Reason for termination ",
];

/// Node.js begins with the place: `/app/worker.js:27`.
fn is_place(head: &str) -> bool {
    let place = head.rsplit_once(':').filter(|(file, _)| file.contains(['/', '.', ':']));
    !head.contains(' ')
        && place
            .is_some_and(|(_, line)| !line.is_empty() && line.bytes().all(|b| b.is_ascii_digit()))
}

/// What stands over the first frame, which says what was thrown.
pub(super) fn above_frames<'a>(lines: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let mut above = None;
    for line in lines.take(MAX_BELOW).map(str::trim).filter(|line| !line.is_empty()) {
        if line.starts_with("at ") {
            return above;
        }
        above = Some(line);
    }
    None
}

/// Whether a head only says that something is wrong, and what follows says what.
pub(super) fn only_announces(head: &str) -> bool {
    const STARTS: &[&str] = &[
        "Unhandled ",
        "Uncaught exception",
        "Exception in ASGI application",
        "terminate called after",
    ];
    let head = head.trim_end();
    head.ends_with([':', '{'])
        || head.ends_with("...")
        || head.ends_with("===")
        || head.ends_with(" terminating")
        || head.ends_with(" terminated")
        || names_nothing(head)
        || STARTS.iter().any(|start| head.starts_with(start))
}

/// A few plain words, none of them a name, `Application run failed`; or the job that Sidekiq names before the exception.
pub(super) fn names_nothing(head: &str) -> bool {
    const ENDS: &[&str] = &[" failed", " error", " exception", " failure"];
    if head.starts_with("{\"context\":") {
        return true;
    }
    let head = head.trim_end().trim_end_matches('.');
    let is_plain = |word: &str| word.bytes().all(|b| b.is_ascii_lowercase());
    head.split(' ').count() <= 4
        && ENDS.iter().any(|end| head.ends_with(end))
        && head.starts_with(|c: char| c.is_ascii_alphabetic())
        && head[1..].split(' ').all(is_plain)
}

fn is_frame(text: &str) -> bool {
    ["at ", "File \"", "... ", "from ", "^", "~", "goroutine "].iter().any(|p| text.starts_with(p))
        || text.contains(" @ 0x")
        || text.contains(".rb:") && text.contains(":in ")
        || text.starts_with('#') && text.as_bytes().get(1).is_some_and(u8::is_ascii_digit)
}

/// The exception without the words that lead to it.
fn strip_cause(text: &str) -> &str {
    const LEADS: &[&str] = &[
        "Caused by: ",
        "[cause]: ",
        "cause: Error: ",
        "---> ",
        "Unhandled exception. ",
        "exception error: ",
        "exception exit: ",
        "exception throw: ",
        "} reason: ",
        "<rejected> ",
        "what():  ",
    ];
    LEADS.iter().find_map(|lead| text.strip_prefix(lead)).unwrap_or(text)
}

/// The type of the exception that `text` begins with; `None` where it begins with none.
pub(super) fn exception_type(text: &str) -> Option<&str> {
    let text = strip_cause(unmarked(text.trim()));
    if let Some((name, _)) = text.strip_prefix(ELIXIR).and_then(|text| text.split_once(") ")) {
        return is_exception_name(name).then_some(name);
    }
    is_exception(text).then(|| name_of(text))
}

/// `java.lang.Foo` of `java.lang.Foo: words`, `DOMException` of `DOMException [TimeoutError]: words`.
fn name_of(text: &str) -> &str {
    // Ruby's modules: `ActiveRecord::RecordNotFound: message`.
    let ends = |(at, c): (usize, char)| match c {
        ':' => !text[at..].starts_with("::") && !text[..at].ends_with(':'),
        c => matches!(c, ' ' | '(' | '[' | '{'),
    };
    let end = text.char_indices().find(|found| ends(*found)).map_or(text.len(), |(at, _)| at);
    text[..end].trim_end()
}

/// A name that is an exception's, and behind it a message, a code or nothing.
fn is_exception(text: &str) -> bool {
    let name = name_of(text);
    let behind = &text[name.len()..];
    is_exception_name(name)
        && (!behind.starts_with(' ') || behind.starts_with(" (") || behind.starts_with(" ["))
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
    const ENDS: &[&str] =
        &["Error", "Exception", "Failure", "Fault", "Throwable", "ExceptionGroup", "Rejection"];
    /// What Ruby's libraries call theirs, within a module.
    const IN_MODULES: &[&str] = &[
        "NotFound",
        "Invalid",
        "Timeout",
        "Refused",
        "Denied",
        "NotUnique",
        "Deadlocked",
        "Closed",
    ];
    let last = name.rsplit(['.', '\\', '$', ':']).next().unwrap_or(name);
    let ends = |known: &[&str]| known.iter().any(|end| last.ends_with(end));
    (ends(ENDS) || name.contains("::") && ends(IN_MODULES))
        && last.starts_with(|c: char| c.is_ascii_uppercase())
        && name.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '$' | '.' | '\\' | ':'))
}

#[cfg(test)]
mod tests;
