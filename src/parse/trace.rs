//! What the lines of stack traces look like, language by language.
//!
//! Each question is about one line alone; `multiline` keeps the state. The text is a record's: tabs are spaces already.

use super::{frame, kin, margin, sql, starts::Starts};
use crate::model::{Level, LogLine};
use aho_corasick::{AhoCorasick, MatchKind};
use std::sync::LazyLock;

/// One line, seen with the eyes of the joiner.
#[derive(Debug, Clone, Copy)]
pub(super) struct Look<'a> {
    /// The whole line.
    pub(super) text: &'a str,
    /// The line without its own head.
    pub(super) message: &'a str,
    /// Spaces at the beginning.
    pub(super) indent: usize,
    /// The line has a head of its own: a stamp, a level, or the form of an access log.
    pub(super) is_headed: bool,
    pub(super) level: Level,
    pub(super) line: LogLine<'a>,
}

/// Words without which no line that is not levelled begins a trace.
static TROUBLE: LazyLock<Option<AhoCorasick>> = LazyLock::new(|| {
    AhoCorasick::builder()
        .match_kind(MatchKind::LeftmostFirst)
        .build([
            "rror",
            "xception",
            "panic",
            "raceback",
            "arning",
            "atal",
            "hrowable",
            "goroutine ",
            "SIGSEGV",
            "SIGABRT",
            "ailure",
            "ailed",
            "ncaught",
            "nhandled",
            "** (",
            " got signal ",
        ])
        .ok()
});

/// What Clojure says before the place of an error.
const CLOJURE: [&str; 3] = ["Execution error ", "Syntax error ", "Unexpected error "];

impl<'a> Look<'a> {
    pub(super) fn of(line: LogLine<'a>) -> Self {
        let text = line.text;
        let indent = text.len() - text.trim_start_matches(' ').len();
        let has_head = line.message_at > indent;
        let has_level = line.level != Level::Unknown && indent < 2;
        let is_headed =
            has_head || (has_level && !frame::is_spoken(text)) || frame::is_access(text);
        Self { text, message: line.message(), indent, is_headed, level: line.level, line }
    }

    /// The line behind a stamp of its own, as if it had none: somebody stamps every line of a trace.
    pub(super) fn behind_stamp(line: LogLine<'a>) -> Self {
        let look = Self::of(line);
        if line.level != Level::Unknown || line.message_at == 0 || !look.is_headed {
            return look;
        }
        let text = line.said();
        let indent = text.len() - text.trim_start_matches(' ').len();
        Self { text, indent, is_headed: false, ..look }
    }

    /// The first line of Java's own logger: `Mar 04, 2025 9:00:00 AM com.shop.Server handle`; the second begins with
    /// the level.
    pub(super) fn is_jul(&self) -> bool {
        let may_be = self.is_headed
            && self.level == Level::Unknown
            && self.text.as_bytes()[0].is_ascii_alphanumeric();
        if !may_be {
            return false;
        }
        let mut words = self.message.split(' ');
        let (class, method, end) = (words.next(), words.next(), words.next());
        end.is_none()
            && class.is_some_and(|c| c.contains('.') && frame::is_path(c))
            && method.is_some_and(|m| !m.is_empty() && frame::is_path(m.trim_matches(['<', '>'])))
    }

    /// `SEVERE: message`.
    pub(super) fn is_jul_message(&self) -> bool {
        let word = self.text.split(": ").next().unwrap_or_default();
        self.level != Level::Unknown
            && word.bytes().all(|b| b.is_ascii_uppercase())
            && word.len() > 3
    }

    /// Python names a file and a line before it shows a syntax error.
    pub(super) fn is_bare_frame(&self) -> bool {
        self.indent == 2 && self.text.starts_with("  File \"") && self.text.contains("\", line ")
    }

    /// PHP's consoles name the class of an exception alone, indented, over its message.
    fn is_bare_class(&self) -> bool {
        let text = self.text.trim();
        memchr::memchr(b'\\', text.as_bytes()).is_some()
            && frame::exception_name(text) == Some(text)
    }

    pub(super) fn is_blank(&self) -> bool {
        self.indent == self.text.len()
    }

    /// Whether lines that follow may belong to this one, so that it is worth waiting for them.
    pub(super) fn may_head(&self) -> bool {
        // JSON holds its trace within the line.
        let is_whole = self.text.starts_with("{\"") && self.text.ends_with('}');
        if self.is_blank() || is_whole || frame::is_access(self.text) {
            return false;
        }
        if self.level >= Level::Warn || self.is_traceback() || self.is_preamble() {
            return true;
        }
        if self.is_bare_frame() || self.is_bare_class() {
            return true;
        }
        if self.indent >= 2 && !self.is_headed {
            return false;
        }
        self.text.ends_with([':', '{', '['])
            || self.is_postgres()
            || self.is_dotnet()
            || frame::is_ruby_frame(self.text)
            || self.is_jul()
            || kin::may_head(self.text)
            || TROUBLE.as_ref().is_some_and(|words| words.is_match(self.text))
    }

    /// Python's first line of a trace, exception groups included.
    pub(super) fn is_traceback(&self) -> bool {
        let text = self.text.trim_start_matches([' ', '+', '|']);
        text.starts_with("Traceback (most recent call last)")
            || text.starts_with("Exception Group Traceback (most recent call last)")
    }

    /// Python's words between chained traces.
    pub(super) fn is_python_chain(&self) -> bool {
        self.text.starts_with("During handling of the above exception")
            || self.text.starts_with("The above exception was the direct cause")
    }

    /// Where Node.js shows the line of code before it shows the error: `/app/worker.js:27`.
    pub(super) fn is_preamble(&self) -> bool {
        let text = self.text;
        let digits = text.len() - text.trim_end_matches(|c: char| c.is_ascii_digit()).len();
        digits > 0
            && digits < 7
            && text.len() < 400
            && text[..text.len() - digits].ends_with(':')
            && !text.contains(' ')
            && (text.starts_with("file://") || !text.contains("://"))
            && text.chars().next().is_some_and(|c| c.is_ascii_alphabetic() || "/<[".contains(c))
    }

    /// `Name: message` or `Name` where the name is that of an exception, in any language.
    pub(super) fn is_exception(&self) -> bool {
        frame::exception_name(self.text).is_some()
    }

    /// The first line of a trace, which is never one of the words within another.
    pub(super) fn begins_trace(&self) -> bool {
        const STARTS: [&str; 4] =
            ["Exception in thread ", "Unhandled exception", "Uncaught ", "thread '"];
        frame::is_spoken(self.text) || STARTS.iter().any(|start| self.text.starts_with(start))
    }

    /// An exception, in a log line or alone, or as Elixir writes it.
    pub(super) fn tells_exception(&self) -> bool {
        let text = self.message.strip_prefix("Caused by: ").unwrap_or(self.message);
        text.starts_with("** (") || frame::exception_name(text).is_some()
    }

    /// Node.js puts what was thrown and is no error into brackets: `[UnhandledPromiseRejection: ...] {`.
    pub(super) fn is_thrown(&self) -> bool {
        self.text.strip_prefix('[').is_some_and(|text| frame::exception_name(text).is_some())
    }

    /// What may stand in place of an exception after Python's frames: any dotted name, alone or before a colon.
    pub(super) fn is_python_exception(&self) -> bool {
        let end = frame::name_end(self.text);
        end > 0 && matches!(self.text.as_bytes().get(end), None | Some(b':'))
    }

    /// A line of a trace that stands at the margin, in any language.
    pub(super) fn is_margin(&self) -> bool {
        margin::begins(self.text) || self.is_sql_detail()
    }

    /// A line of a trace that is indented by one space: .NET's inner exceptions, Rust's assertions, V8's causes.
    pub(super) fn is_barely_indented(&self) -> bool {
        static INDENTED: Starts =
            Starts::new(&["at ", "---> ", "right: ", "left: ", "|", "+", "= ", "[", "--> ", "@ "]);
        let text = self.text.trim_start();
        self.indent == 1 && (INDENTED.begin(text) || frame::is_native_frame(text))
    }

    /// Three quotes alone: Python shows the trace of another process between them.
    pub(super) fn is_quote(&self) -> bool {
        matches!(self.text.trim_end(), "\"\"\"" | "'''")
    }

    /// A call within a goroutine: `main.(*server).reserve(0x1, 0x2)`.
    pub(super) fn is_go_call(&self) -> bool {
        let Some(open) = self.text.find('(') else { return false };
        let name = self.text[..open].bytes();
        self.text.ends_with(')')
            && open > 0
            && name.into_iter().all(|b| b.is_ascii_alphanumeric() || b"._/*()[]{}-$".contains(&b))
    }

    /// A register of a crashed Go program: `rax    0x0`.
    pub(super) fn is_register(&self) -> bool {
        let mut words = self.text.split_whitespace();
        words.next().is_some_and(|w| w.len() <= 6)
            && words.next().is_some_and(|w| w.starts_with("0x"))
            && words.next().is_none()
    }

    /// A function name alone, as zap writes its traces; the file follows, indented.
    pub(super) fn is_go_function(&self) -> bool {
        self.text.contains('.')
            && self.text.bytes().all(|b| b.is_ascii_alphanumeric() || b"._/*()-".contains(&b))
    }

    /// Whether it is a frame: what confirms that the lines before it were a trace.
    pub(super) fn is_frame(&self) -> bool {
        let text = self.text.trim_start();
        self.indent >= 1
            && (text.starts_with("at ")
                || text.starts_with("File \"")
                || text.starts_with("... ")
                || text.starts_with("from ")
                || text.contains(".go:")
                || frame::is_elixir_frame(text))
    }

    /// .NET's console: `info: Shop.Mail[0]`, the message on the next line.
    fn is_dotnet(&self) -> bool {
        let is_word = matches!(
            self.text.get(..6),
            Some("trce: " | "dbug: " | "info: " | "warn: " | "fail: " | "crit: ")
        );
        is_word && self.text.ends_with(']')
    }

    /// Postgres: a line that may have DETAIL, STATEMENT or tabbed lines behind it.
    pub(super) fn is_postgres(&self) -> bool {
        sql::is_head(&self.text[..self.text.len() - self.message.len()])
    }

    /// `DETAIL:` and its kin, with or without a head of their own.
    pub(super) fn is_sql_detail(&self) -> bool {
        sql::is_detail(self.text, self.message)
    }

    /// Rust names the place first and says what happened on the next line.
    pub(super) fn announces_message(&self) -> bool {
        (self.text.contains("panicked at ") && self.text.ends_with(':'))
            || self.text.starts_with("ERROR in ./")
            || self.text.starts_with("WARNING in ./")
            || self.is_bare_announcement()
    }

    /// Dart and OCaml say that something was not caught, and on the next line what; Clojure names the place first.
    fn is_bare_announcement(&self) -> bool {
        !self.is_headed
            && (self.is_heading()
                || (self.text.ends_with(").")
                    && CLOJURE.iter().any(|start| self.text.starts_with(start))))
    }

    /// A few words that end with a colon, one of which is trouble: `error during build:`.
    fn is_heading(&self) -> bool {
        const TROUBLE: [&str; 5] = ["error", "errors", "exception", "failure", "failed"];
        let Some(words) = self.text.strip_suffix(':') else { return false };
        words.len() < 60
            && !words.contains(':')
            && words.contains(' ')
            && words.split(' ').any(|word| TROUBLE.contains(&word))
    }

    /// A line of source behind its number: `12     price: "3",`.
    pub(super) fn is_numbered_source(&self) -> bool {
        let behind = self.text.trim_start_matches(|c: char| c.is_ascii_digit());
        behind.len() < self.text.len() && (behind.starts_with("  ") || behind.starts_with(" |"))
    }

    /// A file and a line alone, or a path alone.
    pub(super) fn is_bare_place(&self) -> bool {
        self.is_preamble() || (self.text.starts_with('/') && !self.text.contains(' '))
    }
}
