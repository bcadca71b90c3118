//! Lines that stand at the margin and can only be of a trace, in any language.

use super::{frame, starts::Starts};

static MARGIN: Starts = Starts::new(&[
    // Java, .NET
    "Caused by:",
    "Suppressed:",
    "Wrapped by:",
    "... ",
    "--- End of ",
    "---> ",
    // Go
    "[signal ",
    "goroutine ",
    "created by ",
    "exit status ",
    "runtime.",
    "[recovered]",
    "runtime stack:",
    // Rust
    "note: ",
    "For more information about this error, try `rustc",
    "stack backtrace:",
    "Stack backtrace:",
    "Location:",
    "Backtrace:",
    // PHP
    "Stack trace:",
    "[stacktrace]",
    "[previous exception]",
    "thrown in ",
    "\"} ",
    "Next ",
    // Node.js
    "Require stack:",
    "- /",
    "Node.js v",
    "Emitted 'error' event",
    "(Use `node ",
    // SQL
    "[SQL: ",
    "[parameters: ",
    "(Background on this error",
    "LINE ",
    // Elixir
    "** (",
    "Last message",
    "State: ",
    "Function: ",
    // Python
    "Current thread 0x",
    "Thread 0x",
    "future: <",
    "handle: <",
    "protocol: <",
    "transport: <",
    // OCaml
    "Raised at ",
    "Raised by primitive operation",
    "Re-raised at ",
    "Called from ",
    // Haskell
    "CallStack (from HasCallStack):",
    "HasCallStack backtrace:",
    // Dart, Lua, Clojure, Julia
    "<asynchronous suspension>",
    "coroutine ",
    "Full report at:",
    "in expression starting at ",
    "unknown function (ip: ",
]);

/// Whether the line can only be part of a trace.
pub(super) fn begins(text: &str) -> bool {
    MARGIN.begin(text)
        || matches!(text, "}" | "]" | "})" | "]}" | "};" | "},")
        || frame::is_numbered_frame(text)
        || frame::is_clickhouse_frame(text)
        || frame::is_ruby_frame(text)
        || frame::is_native_frame(text)
        || frame::is_trace_heading(text)
        || frame::is_caret(text)
        || frame::is_pointed_source(text)
}
