//! Text for cells: fitted to columns, numbers and ages in few characters.
//!
//! Widths are those of the terminal: clusters whose width terminals disagree about are made simple first.

use chrono::{DateTime, Duration, FixedOffset, Utc};
use std::borrow::Cow;
use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

/// The text with clusters made simple: the first emoji of a sequence, letters for flags, no keycaps.
///
/// Ratatui and terminals disagree about the width of the others, which breaks the right edge of the row.
pub(crate) fn calm(text: &str) -> Cow<'_, str> {
    if text.is_ascii() {
        return Cow::Borrowed(text);
    }
    let needs = |c: char| matches!(c as u32, 0x200d | 0x20e3 | 0xfe0f | 0x1_f1e6..=0x1_f1ff | 0x1_f3fb..=0x1_f3ff);
    if !text.contains(needs) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    for cluster in text.graphemes(true) {
        let first = cluster.chars().next().unwrap_or(' ');
        match first as u32 {
            0x1_f1e6..=0x1_f1ff => out.extend(cluster.chars().filter_map(flag_letter)),
            0x1_f3fb..=0x1_f3ff => {}
            _ if cluster.contains('\u{200d}') => out.push(first),
            _ => out.extend(cluster.chars().filter(|c| !needs(*c))),
        }
    }
    Cow::Owned(out)
}

fn flag_letter(c: char) -> Option<char> {
    char::from_u32((c as u32).checked_sub(0x1_f1e6)? + u32::from('A'))
}

/// Columns that a text takes.
pub(crate) fn width(text: &str) -> usize {
    if text.is_ascii() { text.len() } else { text.width() }
}

/// The longest start of `text` that takes at most `columns`.
pub(crate) fn take(text: &str, columns: usize) -> &str {
    if text.is_ascii() {
        return &text[..text.len().min(columns)];
    }
    let mut used = 0;
    for (at, cluster) in text.grapheme_indices(true) {
        used += cluster.width();
        if used > columns {
            return &text[..at];
        }
    }
    text
}

/// `text` without its first `columns`.
pub(crate) fn skip(text: &str, columns: usize) -> &str {
    &text[take(text, columns).len()..]
}

/// The text in at most `columns`, ending with `…` where it was cut.
pub(crate) fn fit(text: &str, columns: usize) -> Cow<'_, str> {
    // A text of many bytes need not be measured to its end.
    if text.len() <= columns || (text.len() <= columns * 8 && width(text) <= columns) {
        return Cow::Borrowed(text);
    }
    if columns == 0 {
        return Cow::Borrowed("");
    }
    Cow::Owned(format!("{}…", take(text, columns - 1)))
}

/// The text in rows of at most `columns`, broken at spaces where that is possible; at most `rows` of them.
pub(crate) fn wrap(text: &str, columns: usize, rows: usize) -> Vec<&str> {
    let mut lines = Vec::new();
    let mut rest = text;
    while lines.len() < rows && columns > 0 {
        let mut line = take(rest, columns);
        if line.is_empty() && !rest.is_empty() {
            // One cluster is wider than the row.
            break;
        }
        if line.len() < rest.len()
            && !rest[line.len()..].starts_with(' ')
            && let Some(at) = line.rfind(' ')
            && at > line.len() / 2
        {
            line = &line[..=at];
        }
        lines.push(line.trim_end());
        rest = &rest[line.len()..];
        rest = rest.strip_prefix(' ').unwrap_or(rest);
        if rest.is_empty() {
            break;
        }
    }
    if lines.is_empty() {
        lines.push("");
    }
    lines
}

/// A count in at most four characters: `412`, `1.2k`, `38k`, `1.2M`.
pub(crate) fn count(n: u64) -> String {
    const STEPS: [(u64, &str); 4] =
        [(1_000, "k"), (1_000_000, "M"), (1_000_000_000, "G"), (1_000_000_000_000, "T")];
    if n < 1_000 {
        return n.to_string();
    }
    let (unit, name) = STEPS.into_iter().rev().find(|(unit, _)| n >= *unit).unwrap_or((1_000, "k"));
    if n / unit < 10 {
        format!("{}.{}{name}", n / unit, n % unit * 10 / unit)
    } else {
        format!("{}{name}", n / unit)
    }
}

/// A count with its thousands apart: `1 284`.
pub(crate) fn thousands(n: u64) -> String {
    let digits = n.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(' ');
        }
        out.push(digit);
    }
    out
}

/// `1 problem`, `2 problems`.
pub(crate) fn many(n: u64, one: &str) -> String {
    if n == 1 { format!("1 {one}") } else { format!("{} {one}s", thousands(n)) }
}

/// A rate in at most five characters: `0`, `.01/s`, `1.5/s`, `340/s`, `1.2k`.
pub(crate) fn rate(per_second: f64) -> String {
    if per_second < 0.005 {
        "0".to_owned()
    } else if per_second < 0.095 {
        format!(".{:02}/s", (per_second * 100.0).round() as u64)
    } else if per_second < 9.95 {
        format!("{per_second:.1}/s")
    } else if per_second < 999.5 {
        format!("{per_second:.0}/s")
    } else {
        count(per_second as u64)
    }
}

/// Memory in at most four characters: `148M`, `1.2G`.
pub(crate) fn bytes(n: u64) -> String {
    const UNITS: [(u32, &str); 4] = [(40, "T"), (30, "G"), (20, "M"), (10, "K")];
    for (shift, name) in UNITS {
        let whole = n >> shift;
        if whole >= 10 {
            return format!("{whole}{name}");
        }
        if whole >= 1 {
            return format!("{whole}.{}{name}", (n >> (shift - 10)) % 1024 * 10 / 1024);
        }
    }
    format!("{n}B")
}

/// How long ago, in at most three characters: `2s`, `18m`, `3h`, `12d`.
pub(crate) fn age(then: DateTime<Utc>, now: DateTime<Utc>) -> String {
    span(now - then)
}

/// How long, in its largest unit.
pub(crate) fn span(length: Duration) -> String {
    let seconds = length.num_seconds().max(0);
    match seconds {
        0..60 => format!("{seconds}s"),
        60..3_600 => format!("{}m", seconds / 60),
        3_600..86_400 => format!("{}h", seconds / 3_600),
        86_400..86_313_600 => format!("{}d", seconds / 86_400),
        _ => format!("{}y", seconds / 31_536_000),
    }
}

/// How long, in its two largest units: `3m14s`.
pub(crate) fn long_span(length: Duration) -> String {
    let seconds = length.num_seconds().max(0);
    match seconds {
        0..60 => format!("{seconds}s"),
        60..3_600 => format!("{}m{:02}s", seconds / 60, seconds % 60),
        3_600..86_400 => format!("{}h{:02}m", seconds / 3_600, seconds % 3_600 / 60),
        _ => format!("{}d{:02}h", seconds / 86_400, seconds % 86_400 / 3_600),
    }
}

/// Time of day: `21:48:19`; with the date where it is another day.
pub(crate) fn time_of_day(time: DateTime<Utc>, now: DateTime<Utc>, zone: FixedOffset) -> String {
    let (time, now) = (time.with_timezone(&zone), now.with_timezone(&zone));
    if time.date_naive() == now.date_naive() {
        time.format("%H:%M:%S").to_string()
    } else {
        time.format("%m-%d %H:%M").to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_fit_their_columns() {
        for (n, want) in [
            (0, "0"),
            (999, "999"),
            (1_000, "1.0k"),
            (1_284, "1.2k"),
            (38_400, "38k"),
            (999_999, "999k"),
            (1_250_000, "1.2M"),
            (u64::MAX, "18446744T"),
        ] {
            assert_eq!(count(n), want);
        }
        for (n, want) in [
            (0.0, "0"),
            (0.012, ".01/s"),
            (0.0949, ".09/s"),
            (0.096, "0.1/s"),
            (6.93, "6.9/s"),
            (9.97, "10/s"),
            (340.2, "340/s"),
            (1284.0, "1.2k"),
        ] {
            assert_eq!(rate(n), want);
            assert!(rate(n).len() <= 5);
        }
        assert_eq!(bytes(148 << 20), "148M");
        assert_eq!(bytes((1 << 30) + (256 << 20)), "1.2G");
        assert_eq!(bytes(12), "12B");
        assert_eq!(thousands(1_284_000), "1 284 000");
        assert_eq!(many(1, "line"), "1 line");
    }

    #[test]
    fn ages_have_one_unit() {
        for (seconds, want) in [
            (0, "0s"),
            (59, "59s"),
            (60, "1m"),
            (3_599, "59m"),
            (3_600, "1h"),
            (90_000, "1d"),
            (-5, "0s"),
        ] {
            assert_eq!(span(Duration::seconds(seconds)), want);
        }
        assert_eq!(long_span(Duration::seconds(194)), "3m14s");
    }

    #[test]
    fn texts_fit_by_their_width_not_their_length() {
        assert_eq!(fit("connection", 10), "connection");
        assert_eq!(fit("connection", 9), "connecti…");
        assert_eq!(fit("日本語", 6), "日本語");
        assert_eq!(fit("日本語", 5), "日本…");
        assert_eq!(fit("日本語", 4), "日…");
        assert_eq!(fit("abc", 0), "");
        assert_eq!(skip("日本語", 2), "本語");
        assert_eq!(wrap("one two three", 8, 9), ["one two", "three"]);
        assert_eq!(wrap("abcdefgh", 3, 9), ["abc", "def", "gh"]);
        assert_eq!(wrap("abcdefgh", 3, 2), ["abc", "def"]);
        assert_eq!(wrap("", 3, 2), [""]);
        assert_eq!(wrap("日本", 1, 5), [""]);
    }

    #[test]
    fn clusters_of_doubtful_width_become_simple() {
        assert_eq!(calm("plain"), "plain");
        assert_eq!(calm("a 👩\u{200d}💻 b"), "a 👩 b");
        assert_eq!(calm("🇩🇪!"), "DE!");
        assert_eq!(calm("1\u{20e3}"), "1");
        assert_eq!(calm("👍\u{1f3fd}"), "👍");
        assert_eq!(calm("żółw 日本"), "żółw 日本");
    }
}
