//! Lines that a rule promises to match, or not to.
//!
//! They are three quarters of the built-in rules' text and only needed where rules are shown or tested, so there they are
//! cut out and read when somebody asks for them.

use serde::{Deserialize, Deserializer};
use std::{ops::Deref, sync::OnceLock};

/// Lines of one kind, in the order of the file.
#[derive(Debug, Clone, Default)]
pub struct Samples {
    /// The array as TOML; empty where it was read.
    written: &'static str,
    read: OnceLock<Vec<String>>,
}

impl Samples {
    const fn new(written: &'static str) -> Self {
        Self { written, read: OnceLock::new() }
    }
}

impl From<Vec<String>> for Samples {
    fn from(lines: Vec<String>) -> Self {
        Self { written: "", read: OnceLock::from(lines) }
    }
}

impl<'de> Deserialize<'de> for Samples {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Vec::deserialize(deserializer).map(Self::from)
    }
}

impl Deref for Samples {
    type Target = [String];

    fn deref(&self) -> &[String] {
        #[derive(Default, Deserialize)]
        struct Table {
            samples: Vec<String>,
        }
        let read = || toml::from_str(&format!("samples = {}", self.written));
        let empty = Table::default;
        self.read.get_or_init(|| read().unwrap_or_else(|_| empty()).samples)
    }
}

impl<'a> IntoIterator for &'a Samples {
    type Item = &'a String;
    type IntoIter = std::slice::Iter<'a, String>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

/// What a rule matches, and what it misses.
#[derive(Debug, Default)]
pub(super) struct Pair {
    pub(super) matches: Samples,
    pub(super) misses: Samples,
}

/// A file of rules of ours without its samples, and these by rule. They are what is behind `matches = [` and `misses = [`
/// at the start of a line, up to the end of that line or to a line with `]` alone.
pub(super) fn cut(text: &'static str) -> (String, Vec<Pair>) {
    let (mut rules, mut samples) = (String::with_capacity(text.len() / 2), Vec::new());
    let mut rest = text;
    while let Some((line, behind)) = rest.split_once('\n') {
        if line == "[[rule]]" {
            samples.push(Pair::default());
        }
        let pair = samples.last_mut();
        let place = pair.and_then(|Pair { matches, misses }| match line.split_once(" = [")?.0 {
            "matches" => Some(matches),
            "misses" => Some(misses),
            _ => None,
        });
        let Some(place) = place else {
            rules.push_str(line);
            rules.push('\n');
            rest = behind;
            continue;
        };
        let start = line.find('[').unwrap_or(0);
        let end = if line.ends_with(" = [") {
            rest.find("\n]\n").map_or(rest.len(), |at| at + "\n]".len())
        } else {
            line.len()
        };
        *place = Samples::new(rest.get(start..end).unwrap_or_default());
        rest = rest.get(end + 1..).unwrap_or_default();
    }
    rules.push_str(rest);
    (rules, samples)
}
