//! Markdown as an issue's reader will see it, in words with meanings. A preview, not a parser: it knows what our
//! drafts are made of, and shows the rest as it stands.

use crate::tui::{
    theme::Role,
    view::{
        canvas::Words,
        text::{width, wrap},
    },
};

/// Rows of at most `columns`, at most `rows` of them, from row `skip` on.
pub(super) fn preview(lines: &[String], columns: usize, skip: usize, rows: usize) -> Vec<Words> {
    let mut out = Vec::new();
    let mut fence: Option<String> = None;
    let enough = skip + rows;
    for line in lines {
        if out.len() >= enough {
            break;
        }
        let trimmed = line.trim_start();
        let ticks = trimmed.len() - trimmed.trim_start_matches('`').len();
        match &fence {
            Some(open) if ticks >= open.len() && trimmed.trim_matches('`').trim().is_empty() => {
                fence = None;
            }
            Some(_) => code(line, columns, &mut out),
            None if ticks >= 3 => fence = Some("`".repeat(ticks)),
            None => text(line, columns, &mut out),
        }
    }
    out.into_iter().skip(skip).take(rows).collect()
}

/// A line of a log: a bar before it, and the ink of the worst word in it.
fn code(line: &str, columns: usize, out: &mut Vec<Words>) {
    let has = |words: &[&str]| words.iter().any(|w| line.contains(w));
    let role = if has(&["FATAL", "CRITICAL", "PANIC", "panic:"]) {
        Role::Crit
    } else if has(&["ERROR", "Error:", "Exception", "Traceback"]) {
        Role::Err
    } else if has(&["WARN"]) {
        Role::Warn
    } else {
        Role::Fg
    };
    for part in wrap(line, columns.saturating_sub(2), 8) {
        let mut words = vec![(Role::Border, "▏ ".to_owned())];
        masked(part, role, &mut words);
        out.push(words);
    }
}

fn text(line: &str, columns: usize, out: &mut Vec<Words>) {
    let line = line.trim_end();
    let body = line.trim_start();
    if body.is_empty() {
        // One empty row is enough anywhere.
        if out.last().is_some_and(|last| !last.is_empty()) {
            out.push(Words::new());
        }
        return;
    }
    if body.starts_with("<!--") {
        out.push(vec![(Role::Muted, "(hidden marker: it is found again by this)".to_owned())]);
        return;
    }
    if matches!(body, "---" | "***" | "___") {
        out.push(vec![(Role::Border, "─".repeat(columns))]);
        return;
    }
    let level = body.len() - body.trim_start_matches('#').len();
    if (1..=6).contains(&level) && body[level..].starts_with(' ') {
        let role = if level <= 2 { Role::FocusTitle } else { Role::Strong };
        for part in wrap(body[level..].trim(), columns, 4) {
            out.push(vec![(role, part.to_owned())]);
        }
        return;
    }
    if body.starts_with('|') {
        table(body, columns, out);
        return;
    }
    let stripped = tags(body);
    if stripped.is_empty() {
        return;
    }
    let (mark, rest) = mark(&stripped);
    let indent = width(mark.1);
    let lead = line.len() - body.len();
    for (at, part) in wrap(rest, columns.saturating_sub(indent + lead), 12).into_iter().enumerate()
    {
        let mut words = vec![(Role::Fg, " ".repeat(lead))];
        let first = if at == 0 { mark.1.to_owned() } else { " ".repeat(indent) };
        words.push((mark.0, first));
        inline(part, &mut words);
        out.push(words);
    }
}

/// What stands before an item of a list or a quotation.
fn mark(body: &str) -> ((Role, &'static str), &str) {
    const MARKS: [(&str, Role, &str); 6] = [
        ("- [ ] ", Role::Muted, "[ ] "),
        ("- [x] ", Role::Ok, "[x] "),
        ("- [X] ", Role::Ok, "[x] "),
        ("- ", Role::Accent, " • "),
        ("* ", Role::Accent, " • "),
        ("> ", Role::Border, "▏ "),
    ];
    MARKS
        .iter()
        .find_map(|(from, role, to)| Some(((*role, *to), body.strip_prefix(from)?)))
        .unwrap_or(((Role::Fg, ""), body))
}

/// Cells of one row, a quarter of the room each at least; the row of dashes is left out.
fn table(body: &str, columns: usize, out: &mut Vec<Words>) {
    let cells: Vec<&str> = body.trim_matches('|').split('|').map(str::trim).collect();
    if cells.iter().all(|c| !c.is_empty() && c.chars().all(|c| matches!(c, '-' | ':'))) {
        return;
    }
    let each = (columns / cells.len().max(1)).max(6);
    let mut words = Words::new();
    for cell in cells {
        let before = words.len();
        inline(cell, &mut words);
        let used: usize = words[before..].iter().map(|(_, t)| width(t)).sum();
        words.push((Role::Fg, " ".repeat(each.saturating_sub(used).max(1))));
    }
    out.push(words);
}

/// The text without tags such as `<details>`; what is between them stays.
fn tags(body: &str) -> String {
    const KNOWN: [&str; 8] =
        ["<details>", "</details>", "<summary>", "</summary>", "<sub>", "</sub>", "<br>", "<br/>"];
    let mut text = body.replace("&#8203;", "");
    for tag in KNOWN {
        if text.contains('<') {
            text = text.replace(tag, "");
        }
    }
    text.trim().to_owned()
}

/// Code, bold text, and secrets that were masked.
fn inline(text: &str, words: &mut Words) {
    let mut rest = text;
    loop {
        let code = rest.find('`').map(|at| (at, "`", Role::Var));
        let bold = rest.find("**").map(|at| (at, "**", Role::Strong));
        let Some((at, sign, role)) = [code, bold].into_iter().flatten().min_by_key(|(at, ..)| *at)
        else {
            break;
        };
        let after = &rest[at + sign.len()..];
        let Some(end) = after.find(sign).filter(|end| *end > 0) else { break };
        masked(&rest[..at], Role::Fg, words);
        masked(&after[..end], role, words);
        rest = &after[end + sign.len()..];
    }
    masked(rest, Role::Fg, words);
}

/// Text in its ink; what stands for a secret in that of a warning, so that redaction is seen.
fn masked(text: &str, role: Role, words: &mut Words) {
    let mut rest = text;
    while let Some(from) = rest.find("[redacted:") {
        let Some(length) = rest[from..].find(']') else { break };
        words.push((role, rest[..from].to_owned()));
        words.push((Role::WarnBadge, rest[from..=from + length].to_owned()));
        rest = &rest[from + length + 1..];
    }
    if !rest.is_empty() {
        words.push((role, rest.to_owned()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(markdown: &str) -> Vec<String> {
        let lines: Vec<String> = markdown.lines().map(str::to_owned).collect();
        preview(&lines, 40, 0, 100)
            .into_iter()
            .map(|words| words.into_iter().map(|(_, text)| text).collect::<String>())
            .map(|line: String| line.trim_end().to_owned())
            .collect()
    }

    #[test]
    fn shows_what_drafts_are_made_of() {
        assert_eq!(
            shown(
                "## What\n\n\n`db` **refuses**\n```text\nFATAL: no\n```\n- [ ] one\n- two\n| a | b \
                 |\n|---|---|\n| `c` | d |\n<details>\n<summary>More</summary>\n<!-- x -->"
            ),
            [
                "What",
                "",
                "db refuses",
                "▏ FATAL: no",
                "[ ] one",
                " • two",
                "a                   b",
                "c                   d",
                "More",
                "(hidden marker: it is found again by this)",
            ]
        );
    }

    #[test]
    fn broken_markdown_is_shown_as_it_stands() {
        for text in ["a ` b", "**", "``", "[redacted:x", "#", "|", "``` ``", "****", "#no"] {
            shown(text);
        }
        assert_eq!(shown("a ` b ** c"), ["a ` b ** c"]);
        assert_eq!(shown("#no"), ["#no"]);
    }

    #[test]
    fn masked_secrets_stand_out() {
        let lines = ["password=[redacted:password:fb4f] ok".to_owned()];
        let words = &preview(&lines, 60, 0, 9)[0];
        assert!(words.contains(&(Role::WarnBadge, "[redacted:password:fb4f]".to_owned())));
    }
}
