//! Finds private keys in PEM form, also those of which only one end is there.

use super::redactor::Found;

/// Lines of a private key whose end is missing.
const MAX_KEY_LINES: usize = 100;

/// Private keys in PEM form, from BEGIN to END; without one of the two, the lines beside that look like its body.
pub(super) fn private_keys(text: &str) -> Vec<Found> {
    const BEGIN: &str = "-----BEGIN ";
    const END: &str = "-----END ";
    let mut found: Vec<Found> = Vec::new();
    let mut at = 0;
    while let Some(dashes) = text[at..].find("-----") {
        let start = at + dashes;
        at = start + 5;
        let rest = &text[start..];
        let mark = &rest[..rest.floor_char_boundary(96)];
        let label = mark.strip_prefix(BEGIN).or_else(|| mark.strip_prefix(END));
        let Some(label) = label.and_then(|l| l.split("-----").next()) else { continue };
        if !(label.ends_with("PRIVATE KEY") || label.ends_with("PRIVATE KEY BLOCK")) {
            continue;
        }
        let range = if mark.starts_with(BEGIN) {
            start..key_end(text, start + BEGIN.len() + label.len() + 5)
        } else {
            key_start(text, start)..start + END.len() + label.len() + 5
        };
        at = range.end.min(text.len());
        let range = range.start..at;
        if found.last().is_none_or(|f| f.range.end <= range.start) {
            found.push(Found { kind: "private-key", range });
        }
    }
    found
}

fn key_end(text: &str, body: usize) -> usize {
    let body = body.min(text.len());
    let limit =
        text[body..].match_indices('\n').nth(MAX_KEY_LINES).map_or(text.len(), |(i, _)| body + i);
    let inside = &text[body..limit];
    if let Some(end) = inside.find("-----END ") {
        let tail = &inside[end + 9..];
        let close = tail[..tail.floor_char_boundary(64)].find("-----").map_or(0, |c| c + 5);
        return body + end + 9 + close;
    }
    let mut end = body;
    for (index, line) in inside.split_inclusive('\n').enumerate() {
        if index > 0 && !is_key_body(line) {
            break;
        }
        end += line.trim_end_matches('\n').len();
        if line.ends_with('\n') {
            end += 1;
        }
    }
    body + text[body..end].trim_end_matches('\n').len()
}

fn key_start(text: &str, end: usize) -> usize {
    let mut start = text[..end].rfind('\n').map_or(0, |n| n + 1);
    if !is_key_body(&text[start..end]) && start != end {
        return end;
    }
    for _ in 0..MAX_KEY_LINES {
        let Some(before) = start.checked_sub(1) else { break };
        let line = text[..before].rfind('\n').map_or(0, |n| n + 1);
        if !is_key_body(&text[line..before]) {
            break;
        }
        start = line;
    }
    start
}

/// Whether a line may be the body of a key: base64 only, and either long or the short last line.
fn is_key_body(line: &str) -> bool {
    let line = line.trim();
    !line.is_empty()
        && line.bytes().all(|b| b.is_ascii_alphanumeric() || b"+/=".contains(&b))
        && (line.len() >= 40
            || line.ends_with('=')
            || line.len() >= 8 && line.bytes().any(|b| b.is_ascii_digit()))
}
