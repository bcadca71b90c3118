//! Text from a log, written so that a browser or a reader of XML shows it and does nothing else.

use std::fmt::{self, Display, Formatter, Write as _};

/// Writes a text with what has a meaning in HTML and XML replaced, also inside attributes.
pub(in crate::cli) struct Escaped<'a>(pub(in crate::cli) &'a str);

impl Display for Escaped<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        for c in self.0.chars() {
            match c {
                '&' => f.write_str("&amp;")?,
                '<' => f.write_str("&lt;")?,
                '>' => f.write_str("&gt;")?,
                '"' => f.write_str("&quot;")?,
                '\'' => f.write_str("&#39;")?,
                // No document may hold them (XML 1.0, 2.2).
                c if is_forbidden(c) => f.write_char('\u{fffd}')?,
                c => f.write_char(c)?,
            }
        }
        Ok(())
    }
}

fn is_forbidden(c: char) -> bool {
    matches!(c, '\u{fffe}' | '\u{ffff}') || (c < ' ' && !matches!(c, '\t' | '\n' | '\r'))
}
