//! Lines that look like events of their own and are not: tools that put a head before every line of one event, and
//! reports whose lines stand at the margin.

use super::{frame, gcc, starts::Starts};
use crate::model::{Level, LogLine};
use chrono::Duration;

/// Lines of one event by one writer are written at once.
const AT_ONCE: Duration = Duration::milliseconds(5);

/// The lines of a report, each known by how it begins; whatever else stands there ends it.
struct Report {
    /// Words of the first line.
    head: &'static str,
    starts: Starts,
}

const GRADLE: &str = "FAILURE: Build ";

static REPORTS: &[Report] = &[
    // MinIO.
    Report {
        head: "API: ",
        starts: Starts::new(&[
            "Time: ",
            "DeploymentID: ",
            "RequestID: ",
            "RemoteHost: ",
            "Host: ",
            "UserAgent: ",
            "Error: ",
        ]),
    },
    Report {
        head: "Sanitizer: ",
        starts: Starts::new(&[
            "READ of size",
            "WRITE of size",
            "0x",
            "freed by thread",
            "previously allocated by",
            "allocated by",
            "Thread T",
            "Direct leak",
            "Indirect leak",
            "SUMMARY: ",
            "Shadow byte",
            "=>0x",
            "The signal is caused",
            "Hint: ",
            "AddressSanitizer ",
            "==",
        ]),
    },
    // MySQL and MariaDB.
    Report {
        head: "got signal ",
        starts: Starts::new(&[
            "Most likely, you have hit a bug",
            "This could be because you hit",
            "or one of the libraries",
            "BuildID[",
            "Thread pointer:",
            "Attempting backtrace",
            "where mysqld died",
            "where mariadbd died",
            "terribly wrong",
            "stack_bottom",
            "/usr/",
            "/lib",
            "The manual page at",
            "information that should help",
            "Trying to get some variables",
            "Some pointers may be",
            "Query (",
            "Connection ID",
            "Status:",
            "Optimizer switch",
            "Server Version:",
            "Server version:",
            "key_buffer_size",
            "read_buffer_size",
            "max_used_connections",
            "max_threads",
            "thread_count",
            "It is possible that mysqld could use",
            "Hope that",
            "To report this bug",
            "We will try",
            "diagnose the problem",
            "something is definitely wrong",
            "or misconfigured",
            "the equation",
        ]),
    },
    // Spring Boot: sections between blank lines; see `is_section`.
    Report {
        head: "FailureAnalysisReporter",
        starts: Starts::new(&["****", "APPLICATION FAILED", "Description:", "Action:"]),
    },
    // Go's race detector.
    Report {
        head: "WARNING: DATA RACE",
        starts: Starts::new(&[
            "Read at 0x",
            "Write at 0x",
            "Read by ",
            "Write by ",
            "Previous read ",
            "Previous write ",
            "Goroutine ",
            "==",
        ]),
    },
    // Go's tests.
    Report { head: "--- FAIL: ", starts: Starts::new(&["FAIL", "exit status "]) },
    // R.
    Report {
        head: "Error in ",
        starts: Starts::new(&["Calls: ", "Execution halted", "In addition: "]),
    },
    // Java's heap dump.
    Report {
        head: "OutOfMemoryError",
        starts: Starts::new(&["Dumping heap to ", "Heap dump file created"]),
    },
    // The C library ends the program.
    Report { head: " detected ***", starts: Starts::new(&["Aborted"]) },
    Report { head: "free(): ", starts: Starts::new(&["Aborted"]) },
    Report { head: "malloc(): ", starts: Starts::new(&["Aborted"]) },
    Report { head: "double free or corruption", starts: Starts::new(&["Aborted"]) },
    // Python's own logging.
    Report { head: "--- Logging error ---", starts: Starts::new(&["Message: ", "Arguments: "]) },
    // Gradle.
    Report {
        head: GRADLE,
        starts: Starts::new(&[
            "* ",
            "Execution failed for ",
            "A problem occurred ",
            "BUILD FAILED",
        ]),
    },
    // Erlang's older reports.
    Report { head: "ERROR REPORT====", starts: Starts::new(&["** "]) },
    // Elixir's Plug.
    Report { head: " terminated", starts: Starts::new(&["Server: ", "Request: "]) },
    // Next.js and Create React App.
    Report {
        head: "Failed to compile",
        starts: Starts::new(&[
            "./",
            "Error: ",
            "Type error: ",
            "Syntax error: ",
            "Module not found: ",
            "https://nextjs.org/docs/",
            "Import trace for ",
            "> Build failed ",
        ]),
    },
    // Elasticsearch.
    Report {
        head: "bootstrap checks failed",
        starts: Starts::new(&[
            "bootstrap check failure [",
            "ERROR: Elasticsearch did not exit normally",
        ]),
    },
    // webpack.
    Report { head: "Module not found", starts: Starts::new(&["resolve '"]) },
    Report { head: "ERROR in ./", starts: Starts::new(&["resolve '"]) },
    // Swift.
    Report { head: "Swift runtime failure", starts: Starts::new(&["Thread "]) },
    Report {
        head: "terminate called",
        starts: Starts::new(&["Aborted", "terminate called recursively"]),
    },
    Report {
        head: "",
        starts: Starts::new(&["BEGIN failed--compilation", "Compilation failed in require"]),
    },
];

/// Whether `record` goes on with the event that `head` began, and whose last line is `last`.
pub(super) fn goes_on(head: LogLine<'_>, last: LogLine<'_>, record: LogLine<'_>) -> bool {
    is_npm(head, record)
        || is_marked(head, record)
        || is_named(head, record)
        || is_tagged(head, record)
        || is_same_writer(last, record)
        || is_reported(head, record)
        || is_section(head, last, record)
        || is_enclosed(head, record)
        || is_reason(head, last, record)
        || is_coded(head, last, record)
        || is_indented(head, record)
        || is_compiled(head, last, record)
}

/// Whether the line may begin such an event, though no word of trouble is in it.
pub(super) fn may_head(text: &str) -> bool {
    (text.starts_with("API: ") && text.ends_with(')'))
        || text.starts_with(['╷', '╭', '┌', '┏'])
        || text.starts_with("terminate called")
        || frame::is_coded(text)
        || frame::is_diagnostic(text)
        || is_opening(text)
        || is_perl(text)
        || C_LIBRARY.iter().any(|words| text.starts_with(words))
        || text.starts_with("*** ") && STARRED.iter().any(|words| text.contains(words))
        || gcc::is_context(text)
        || is_haskell(text)
}

/// How the C library begins before it ends a program.
const C_LIBRARY: [&str; 4] =
    ["*** Error in `", "free(): ", "malloc(): ", "double free or corruption"];

/// What stands between three stars in the first line of a crash report: the C library's, Abseil's and glog's, Open MPI's,
/// Objective-C's.
const STARRED: [&str; 6] =
    [" detected ***", "SIG", "Aborted at ", "rocess received signal", "Terminating", "CRASH"];

/// A compiler's words under where it was, and its notes under them.
fn is_compiled(head: LogLine<'_>, last: LogLine<'_>, record: LogLine<'_>) -> bool {
    let is_led = gcc::is_context(last.text) || gcc::is_way(last.text);
    (is_led && (gcc::is_context(record.text) || gcc::is_message(record.text)))
        || (gcc::is_note(record.text) && (gcc::is_context(head.text) || gcc::is_message(head.text)))
}

/// A program's name and the function of Haskell's that gave up: `shop: Prelude.head: empty list`.
fn is_haskell(text: &str) -> bool {
    let mut words = text.split(' ');
    let mut label = || words.next().and_then(|word| word.strip_suffix(':'));
    let (Some(_), Some(function)) = (label(), label()) else { return false };
    words.next().is_some()
        && function.contains('.')
        && function.starts_with(|c: char| c.is_ascii_uppercase())
}

/// npm writes its name and the level before every line.
fn is_npm(head: LogLine<'_>, record: LogLine<'_>) -> bool {
    let words = |text: &'static str| record.text.starts_with(text) && head.text.starts_with(text);
    words("npm ERR!") || words("npm error")
}

/// A part of the program puts its name before every line, and a stamp before the first: `InnoDB: Failing assertion: ...`.
fn is_named(head: LogLine<'_>, record: LogLine<'_>) -> bool {
    if head.message_at == 0 || record.message_at > 0 || record.level != Level::Unknown {
        return false;
    }
    let text = record.text;
    let end = text.bytes().take_while(u8::is_ascii_alphanumeric).count();
    let is_name = end > 2 && text.as_bytes()[0].is_ascii_uppercase();
    let is_before = |at: usize| head.text[..at].ends_with([' ', ']']);
    is_name
        && text[end..].starts_with(": ")
        && frame::exception_name(text).is_none()
        && head.text.find(&text[..end + 2]).is_some_and(is_before)
}

/// A box, or pytest's `E` at the margin.
fn is_marked(head: LogLine<'_>, record: LogLine<'_>) -> bool {
    let is_box = head.text.starts_with(['╷', '╭', '┌', '┏', '│', '┃'])
        && record.text.starts_with(['│', '┃', '├', '┣', '╵', '╰', '└', '┗']);
    is_box
        || (head.text.starts_with("E   ") && record.text.starts_with("E   "))
        || (head.message().starts_with("** ") && record.text.starts_with("** "))
        || (head.text.starts_with("# ") && (record.text == "#" || record.text.starts_with("# ")))
}

/// A crash report that says where it begins: all below it is of it, but for what is said at a lower level.
fn is_enclosed(head: LogLine<'_>, record: LogLine<'_>) -> bool {
    is_opening(head.text) && (record.level == Level::Unknown || record.level >= Level::Warn)
}

/// `=== REDIS BUG REPORT START: Cut & paste starting from here ===`
fn is_opening(text: &str) -> bool {
    text.starts_with("=== ") && text.contains(" REPORT START")
}

/// Gradle's `> Could not resolve ...`, under the words that lead to it; what it does begins so, too.
fn is_reason(head: LogLine<'_>, last: LogLine<'_>, record: LogLine<'_>) -> bool {
    head.text.contains(GRADLE) && record.text.starts_with("> ") && last.text.ends_with([':', '.'])
}

/// Messages with codes under one with a code, and the rest of one that a comma broke.
fn is_coded(head: LogLine<'_>, last: LogLine<'_>, record: LogLine<'_>) -> bool {
    frame::is_coded(head.text)
        && (frame::is_coded(record.text)
            || (last.text.ends_with(',') && record.message_at == 0 && record.text.starts_with('[')))
}

/// The same writer says more, indented: `[ERROR]   symbol:   variable price`.
fn is_indented(head: LogLine<'_>, record: LogLine<'_>) -> bool {
    if record.level < Level::Warn || record.level != head.level || record.time - head.time > AT_ONCE
    {
        return false;
    }
    let before = |line: LogLine<'_>| {
        let before = &line.text[..line.message_at];
        (before.trim_end().len(), before.len() - before.trim_end().len())
    };
    let ((width, gap), (head_width, head_gap)) = (before(record), before(head));
    // A level alone may be padded by one writer and not by another, unless it is in brackets as Maven's.
    let is_told =
        || record.text.starts_with('[') && record.text[..width] == head.text[..head_width];
    width > 0
        && head_width > 0
        && gap >= head_gap + 2
        && writer(record) == writer(head)
        && (writer(record).is_some() || is_told())
}

/// Rails puts the request's tag before every line: `[a1b2] app/models/cart.rb:12:in 'total'`.
fn is_tagged(head: LogLine<'_>, record: LogLine<'_>) -> bool {
    if head.level < Level::Warn || record.level != Level::Unknown || !record.text.starts_with('[') {
        return false;
    }
    let tag = record.text.split_inclusive(']').next().unwrap_or_default();
    tag.len() > 3 && tag.ends_with(']') && head.message().starts_with(tag)
}

/// The same writer goes on at once, at the same level, with what it announced, or with a frame.
fn is_same_writer(last: LogLine<'_>, record: LogLine<'_>) -> bool {
    let is_at_once = record.time - last.time <= AT_ONCE;
    if last.says_nothing() && record.message_at == 0 && record.level == Level::Unknown {
        return is_at_once;
    }
    if record.level < Level::Warn || record.level != last.level || !is_at_once {
        return false;
    }
    if last.says_nothing() || record.says_nothing() && record.text.get(1..4) == last.text.get(1..4)
    {
        return !frame::is_ruby_frame(last.message());
    }
    if writer(record) != writer(last) {
        return false;
    }
    let (before, message) = (last.message().trim_end(), record.message());
    // Maven has a level alone before every line.
    if writer(record).is_none() {
        let head = |line: LogLine<'_>| line.text.starts_with('[') && line.message_at > 0;
        return head(record) && head(last) && before.ends_with(':');
    }
    before.ends_with(':')
        || frame::is_ruby_frame(message)
        || (before.starts_with("{\"context\"") && frame::exception_name(message).is_some())
}

/// The last two words of the head: thread and level, level and process.
fn writer(record: LogLine<'_>) -> Option<(&str, &str)> {
    let head = record.text.get(..record.message_at)?;
    let mut words = head.split_whitespace().rev();
    Some((words.next()?, words.next()?))
}

fn is_reported(head: LogLine<'_>, record: LogLine<'_>) -> bool {
    let is_in =
        |report: &Report| report.starts.begin(record.text) && head.text.contains(report.head);
    REPORTS.iter().any(is_in)
}

/// What stands under a blank line in the reports of Spring Boot and Prisma.
fn is_section(head: LogLine<'_>, last: LogLine<'_>, record: LogLine<'_>) -> bool {
    const HEADS: [&str; 3] =
        ["FailureAnalysisReporter", "Invalid `prisma.", "Prisma Client request"];
    last.text.trim().is_empty()
        && record.message_at == 0
        && record.level == Level::Unknown
        && HEADS.iter().any(|words| head.text.contains(words))
}

/// Perl ends with the place: `... at /srv/app.pl line 3.`
fn is_perl(text: &str) -> bool {
    let Some(text) = text.strip_suffix('.') else { return false };
    let digits = text.len() - text.trim_end_matches(|c: char| c.is_ascii_digit()).len();
    digits > 0 && text[..text.len() - digits].ends_with(" line ") && text.contains(" at ")
}
