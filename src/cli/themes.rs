//! `dogwatch themes`.

use std::io::{self, Write};

/// One theme, as the dashboard describes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ThemeLine {
    /// Name for `--theme`.
    pub name: String,
    /// Light or dark and its colours, or what is wrong with its file; may have more lines.
    pub description: Result<String, String>,
}

/// Writes the themes; marks the one in use; `is_long` tells all lines of a description.
///
/// # Errors
/// When `out` cannot be written.
pub fn run(
    themes: &[ThemeLine],
    current: &str,
    is_long: bool,
    out: &mut dyn Write,
) -> io::Result<()> {
    let width = themes.iter().map(|t| t.name.chars().count()).max().unwrap_or(0);
    for ThemeLine { name, description } in themes {
        let mark = if name == current { '*' } else { ' ' };
        match description {
            Ok(text) => {
                let mut lines = text.lines();
                let first = lines.next().unwrap_or_default();
                let first = first.strip_prefix(name.as_str()).unwrap_or(first).trim_start();
                writeln!(out, "{mark} {name:<width$}  {first}")?;
                for line in lines.filter(|_| is_long) {
                    writeln!(out, "  {:width$}  {line}", "")?;
                }
            }
            Err(why) => writeln!(out, "{mark} {name:<width$}  broken: {why}")?,
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_the_current_one_and_says_what_is_broken() {
        let theme = |name: &str, description: Result<&str, &str>| ThemeLine {
            name: name.into(),
            description: description.map(Into::into).map_err(Into::into),
        };
        let themes =
            [theme("dark", Ok("dark (dark)\n  bg #000")), theme("mine", Err("mine.toml:3: no"))];
        let mut out = Vec::new();
        run(&themes, "dark", false, &mut out).unwrap();
        assert_eq!(
            String::from_utf8(out).unwrap(),
            "* dark  (dark)\n  mine  broken: mine.toml:3: no\n"
        );
        let mut out = Vec::new();
        run(&themes, "dark", true, &mut out).unwrap();
        assert!(String::from_utf8(out).unwrap().contains("bg #000"));
    }
}
