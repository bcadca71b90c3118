//! Lines of access logs, told by their form.

use regex::bytes::{Regex, RegexBuilder};
use std::sync::LazyLock;

static ACCESS: LazyLock<Option<Regex>> = LazyLock::new(|| {
    const METHOD: &str = "(?:GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS|CONNECT|TRACE|PROPFIND|PRI)";
    // Combined and common log format, uvicorn, Envoy; HAProxy; Next, Vite, Koa and morgan; gin and Fiber; Rails; Squid;
    // Serilog; Gitea.
    let pattern = format!(
        r#""{METHOD} [^"]*?(?: HTTP/[0-9.]+)?" [0-9]{{3}}\b|\b[0-9]{{3}} [0-9]+ .*"{METHOD} [^"]* HTTP/[0-9.]+"$|^\s*{METHOD} /\S* (?:\(\d+(?:\.\d+)? ?[mu]?s\) )?[0-9]{{3}}\b|(?:^|\|) *[0-9]{{3}} \||^Completed [0-9]{{3}} |\bTCP_[A-Z_]+/[0-9]{{3}} |\bHTTP {METHOD} /\S* responded [0-9]{{3}}\b|\bcompleted {METHOD} /.{{0,120}}, [0-9]{{3}} "#
    );
    // Of text that is not ASCII, an edge of Unicode's words would be looked for in the slowest way.
    RegexBuilder::new(&pattern).unicode(false).build().ok()
});

/// Whether the text is a line of an access log: one served request, with its status.
pub(in crate::detect) fn is_access(text: &str) -> bool {
    ACCESS.as_ref().is_some_and(|re| re.is_match(text.as_bytes()))
}
