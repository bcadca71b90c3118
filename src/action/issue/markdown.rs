//! Foreign text inside Markdown, so that it is read and not obeyed.

/// The text as a code block whose fence is longer than any run of backticks inside. No reference, mention or tag
/// works in there, and comments are broken, so that they are not taken for ours.
pub fn block(language: &str, text: &str) -> String {
    let fence = "`".repeat((longest_run(text) + 1).max(3));
    format!("{fence}{language}\n{}\n{fence}\n", unmarked(text.trim_end()))
}

/// The text as code within a sentence.
pub fn code(text: &str) -> String {
    let text = unmarked(text).replace(['\n', '\r'], " ");
    let ticks = "`".repeat(longest_run(&text) + 1);
    let pad = if text.starts_with('`') || text.ends_with('`') || text.trim().is_empty() {
        " "
    } else {
        ""
    };
    format!("{ticks}{pad}{text}{pad}{ticks}")
}

/// The text as words of a sentence: nothing in it is Markdown, a tag, a mention or a reference.
pub fn prose(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        match c {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '\n' | '\r' => out.push(' '),
            '\\' | '`' | '*' | '_' | '{' | '}' | '[' | ']' | '|' | '~' | '!' => {
                out.push('\\');
                out.push(c);
            }
            // An invisible space behind it keeps GitHub from notifying and linking.
            '@' | '#' => {
                out.push(c);
                out.push_str("&#8203;");
            }
            c => out.push(c),
        }
    }
    out
}

/// At most `max` characters; what is too long ends in `…`.
pub fn cut(text: &str, max: usize) -> String {
    match text.char_indices().nth(max) {
        None => text.to_owned(),
        Some((at, _)) => format!("{}…", &text[..at]),
    }
}

/// At most `max` lines: the first third, how many are missing, and the tail, where a trace says what went wrong.
pub fn shorten(lines: &[String], max: usize) -> Vec<String> {
    if lines.len() <= max {
        return lines.to_vec();
    }
    let head = max / 3;
    let tail = max - head;
    let missing = lines.len() - max;
    let note = format!("… {missing} lines not shown");
    let (first, last) = (lines.iter().take(head), lines.iter().skip(lines.len() - tail));
    first.cloned().chain([note]).chain(last.cloned()).collect()
}

fn unmarked(text: &str) -> String {
    text.replace("<!--", "<! --").replace("-->", "-- >")
}

fn longest_run(text: &str) -> usize {
    text.split(|c| c != '`').map(str::len).max().unwrap_or(0)
}
