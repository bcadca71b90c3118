//! Files that could not be read: they are passed over and named, and all others are read.

use super::error::Error;
use crate::model::SafeText;
use std::{
    collections::BTreeMap,
    fmt,
    path::Path,
    sync::{Mutex, PoisonError},
};

/// Files that are named in one sentence.
const MAX_NAMED: usize = 3;

/// A file that could not be read, or not to its end; a question passes over it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Fault {
    /// Its name in the journal's folder.
    pub file: SafeText,
    /// What is wrong with it.
    pub reason: SafeText,
}

impl Fault {
    pub(super) fn new(file: &Path, reason: &str) -> Self {
        let name = file.file_name().unwrap_or(file.as_os_str()).to_string_lossy();
        Self { file: name.as_ref().into(), reason: reason.into() }
    }

    /// What the system says of a file.
    pub(super) fn of(file: &Path, error: &Error) -> Self {
        match error {
            Error::Io { source, .. } => Self::new(file, &source.to_string()),
            other => Self::new(file, &other.to_string()),
        }
    }

    /// One sentence about all of them, which names the first three; `None` where there are none.
    pub fn sentence(faults: &[Self]) -> Option<String> {
        let what = match faults.len() {
            0 => return None,
            1 => "1 file of the record could not be read".to_owned(),
            count => format!("{count} files of the record could not be read"),
        };
        let named: Vec<_> = faults.iter().take(MAX_NAMED).map(ToString::to_string).collect();
        let rest = match faults.len().saturating_sub(MAX_NAMED) {
            0 => String::new(),
            more => format!("; and {more} more"),
        };
        Some(format!("{what}: {}{rest}", named.join("; ")))
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.file, self.reason)
    }
}

/// What one question met, from all its threads.
#[derive(Debug, Default)]
pub(super) struct Faults(Mutex<BTreeMap<SafeText, SafeText>>);

impl Faults {
    /// Notes faults; of a file the last one stays.
    pub(super) fn extend(&self, faults: impl IntoIterator<Item = Fault>) {
        let mut met = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        met.extend(faults.into_iter().map(|fault| (fault.file, fault.reason)));
    }

    /// All of them by name.
    pub(super) fn into_vec(self) -> Vec<Fault> {
        let met = self.0.into_inner().unwrap_or_else(PoisonError::into_inner);
        met.into_iter().map(|(file, reason)| Fault { file, reason }).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sentence_names_three_and_counts_the_rest() {
        let fault = |name: &str| Fault::new(Path::new(name), "it is damaged");
        assert_eq!(Fault::sentence(&[]), None);
        assert_eq!(
            Fault::sentence(&[fault("/x/a")]).unwrap(),
            "1 file of the record could not be read: a: it is damaged"
        );
        let said = Fault::sentence(&["a", "b", "c", "d", "e"].map(fault)).unwrap();
        assert!(said.starts_with("5 files of the record could not be read: a: "), "{said}");
        assert!(said.ends_with("; c: it is damaged; and 2 more"), "{said}");
    }
}
