//! What changed between two reports.

use super::baseline::{Baseline, Entry};
use crate::model::{Category, Severity};
use schemars::JsonSchema;
use serde::Serialize;
use std::io::{self, Write};

/// Version of the JSON form.
const SCHEMA_VERSION: u32 = 1;

/// Two reports side by side; each list worst first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Comparison {
    /// Version of this form.
    schema_version: u32,
    /// Only in the later one.
    new: Vec<Change>,
    /// Gone in the earlier one, and there again.
    regressed: Vec<Change>,
    /// Only in the earlier one.
    gone: Vec<Change>,
    /// In both, and more often than before.
    more: Vec<Change>,
    /// In both, and not more often than before.
    not_more: Vec<Change>,
}

/// One problem in both.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
struct Change {
    /// Stable name.
    fingerprint: String,
    /// What kind of trouble.
    category: Category,
    /// How bad, in the later one where it is in both.
    severity: Severity,
    /// What it is, in a few words.
    title: String,
    /// Where.
    services: Vec<String>,
    /// Events in the earlier one; a baseline does not count.
    before: Option<u64>,
    /// Events in the later one.
    after: Option<u64>,
}

impl Comparison {
    /// Compares an earlier report with a later one.
    pub fn between(old: &Baseline, new: &Baseline) -> Self {
        let mut comparison = Self {
            schema_version: SCHEMA_VERSION,
            new: Vec::new(),
            regressed: Vec::new(),
            gone: Vec::new(),
            more: Vec::new(),
            not_more: Vec::new(),
        };
        for later in new.present() {
            let earlier = old.find(later.key()).map(|(_, entry)| entry);
            let before = earlier.filter(|e| e.gone_since.is_none()).and_then(|e| e.count);
            let change = Change::of(later, before, later.count);
            match earlier {
                None => comparison.new.push(change),
                Some(earlier) if earlier.gone_since.is_some() => comparison.regressed.push(change),
                Some(earlier) if later.count > earlier.count && earlier.count.is_some() => {
                    comparison.more.push(change);
                }
                Some(_) => comparison.not_more.push(change),
            }
        }
        let is_there = |earlier: &Entry| {
            new.find(earlier.key()).is_some_and(|(_, entry)| entry.gone_since.is_none())
        };
        let gone = old.present().filter(|earlier| !is_there(earlier));
        comparison.gone.extend(gone.map(|earlier| Change::of(earlier, earlier.count, None)));
        let Self { new, regressed, gone, more, not_more, .. } = &mut comparison;
        for list in [new, regressed, gone, more, not_more] {
            list.sort_by(|a, b| {
                (b.severity, b.after, &a.fingerprint).cmp(&(a.severity, a.after, &b.fingerprint))
            });
        }
        comparison
    }

    /// 1 when something at or above `limit` is new or came back, else 0.
    pub fn exit_code(&self, limit: Severity) -> u8 {
        u8::from(self.new.iter().chain(&self.regressed).any(|change| change.severity >= limit))
    }

    /// Writes it for people, or as JSON.
    ///
    /// # Errors
    /// When `out` cannot be written.
    pub fn write(&self, is_json: bool, out: &mut dyn Write) -> io::Result<()> {
        if is_json {
            serde_json::to_writer_pretty(&mut *out, self)?;
            return writeln!(out);
        }
        let lists = [
            ("NEW", &self.new),
            ("CAME BACK", &self.regressed),
            ("GONE", &self.gone),
            ("MORE OFTEN", &self.more),
        ];
        for (title, list) in lists.into_iter().filter(|(_, list)| !list.is_empty()) {
            writeln!(out, "{title} ({})", list.len())?;
            for change in list {
                change.write(out)?;
            }
            writeln!(out)?;
        }
        match self.not_more.len() {
            0 if lists.iter().all(|(_, list)| list.is_empty()) => {
                writeln!(out, "No problems in either report.")
            }
            count => writeln!(out, "In both, and not more often: {count}"),
        }
    }
}

impl Change {
    fn of(entry: &Entry, before: Option<u64>, after: Option<u64>) -> Self {
        Self {
            fingerprint: entry.fingerprint.clone(),
            category: entry.category,
            severity: entry.severity,
            title: entry.name().to_owned(),
            services: entry.places(),
            before,
            after,
        }
    }

    fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        let severity = self.severity.as_str();
        let count = |count: Option<u64>| count.map_or_else(|| "-".to_owned(), |n| n.to_string());
        writeln!(
            out,
            "  {severity:<8} {:>6} -> {:<6} {}: {} ({})",
            count(self.before),
            count(self.after),
            self.category.title(),
            self.title,
            self.services.join(", ")
        )
    }
}
