//! What this process was given: files it may open, a terminal.

use super::Check;

/// Files that are open beside the streams: database, journal, terminal, sockets of questions.
const OWN_FILES: u64 = 48;
/// Columns and rows below which the dashboard shows only a part.
const SMALL: (u16, u16) = (80, 24);

/// Whether `limit` open files are enough to follow so many containers.
pub fn open_files(limit: u64, containers: usize) -> Check {
    let containers = containers as u64;
    if limit >= containers + OWN_FILES {
        return Check::ok(
            "open files",
            format!("limit {limit}, enough for {containers} containers"),
        );
    }
    let followed = limit.saturating_sub(OWN_FILES);
    let wanted = (containers + OWN_FILES).next_power_of_two().max(1024);
    Check::warn(
        "open files",
        format!("can follow {followed} of {containers} containers: open-file limit {limit}"),
        format!("Raise it: ulimit -n {wanted}"),
    )
}

/// What is known of the terminal.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Terminal {
    /// Whether standard output is one.
    pub is_there: bool,
    /// `TERM`.
    pub name: String,
    /// `COLORTERM`.
    pub colours: String,
    /// Whether `NO_COLOR` is set.
    pub is_plain: bool,
    /// The locale that decides: `LC_ALL`, `LC_CTYPE`, `LANG`.
    pub locale: String,
    /// Columns and rows, where known.
    pub size: Option<(u16, u16)>,
}

/// Whether the dashboard can be drawn, and how well.
pub fn terminal(terminal: &Terminal) -> Vec<Check> {
    let Terminal { name, locale, .. } = terminal;
    if !terminal.is_there {
        return vec![Check::ok(
            "terminal",
            "standard output is none; the dashboard needs one, this does not",
        )];
    }
    if name.is_empty() || name == "dumb" {
        let name = if name.is_empty() { "not set" } else { "dumb" };
        return vec![Check::warn(
            "terminal",
            format!("TERM is {name}: the dashboard cannot be drawn"),
            "Set it to what your terminal is: export TERM=xterm-256color",
        )];
    }
    let depth = if terminal.is_plain {
        "no colours (NO_COLOR)"
    } else if matches!(&*terminal.colours, "truecolor" | "24bit") {
        "24-bit colours"
    } else if name.contains("256") || name.contains("direct") {
        "256 colours"
    } else {
        "16 colours"
    };
    let size = terminal.size.map_or_else(String::new, |(w, h)| format!(", {w}x{h}"));
    let mut checks = vec![Check::ok("terminal", format!("{name}, {depth}{size}"))];
    if let Some((columns, rows)) = terminal.size
        && (columns < SMALL.0 || rows < SMALL.1)
    {
        checks.push(Check::warn(
            "terminal",
            format!("{columns}x{rows} shows one pane at a time"),
            format!("Make it {}x{} or larger.", SMALL.0, SMALL.1),
        ));
    }
    let folded = locale.to_ascii_lowercase();
    if !folded.contains("utf-8") && !folded.contains("utf8") {
        let told = if locale.is_empty() { "not set" } else { locale };
        checks.push(Check::warn(
            "terminal",
            format!("the locale is {told}, not UTF-8: lines and marks may be drawn wrong"),
            "Set one: export LANG=C.UTF-8",
        ));
    }
    checks
}
