//! The user's own fixes: what stands in their files, and which one fits a trouble best.
//!
//! A fix of the project's own file comes with a checkout: what in it is more than the watchdog does by itself waits for
//! the user's consent, which names its contents.

mod choose;
mod file;
#[cfg(test)]
mod tests;

pub use choose::{Case, Signs, choose};
pub use file::{Contents, Fault, read};

use crate::model::Fix;
use sha2::{Digest as _, Sha256};
use std::{fmt::Write as _, path::Path, sync::Arc};

/// A fix, and where it comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    /// The fix.
    pub fix: Arc<Fix>,
    /// File and line.
    pub place: String,
    /// The word that consents to it, where it needs one and has none; it is passed over then.
    pub wanted: Option<String>,
}

/// Joins the fixes of several files; of two with one name the first counts, and the second is a fault.
#[derive(Debug, Default)]
pub struct Book {
    /// In the order in which they were read.
    pub fixes: Vec<Known>,
    /// What is wrong with others.
    pub faults: Vec<Fault>,
}

impl Book {
    /// Adds a file of the user's own.
    pub fn add_own(&mut self, contents: Contents) {
        self.add(contents, |_| None);
    }

    /// Adds the file of a project in this folder. What a fix there needs consent for has it where `given` holds its
    /// word.
    pub fn add_project(&mut self, contents: Contents, folder: &Path, given: &[String]) {
        self.add(contents, |fix| {
            let word = consent(fix, folder);
            let is_risky = fix.all_steps().any(|step| step.kind.is_risky());
            (is_risky && !given.contains(&word)).then_some(word)
        });
    }

    fn add(&mut self, contents: Contents, wanted: impl Fn(&Fix) -> Option<String>) {
        self.faults.extend(contents.faults);
        for (fix, place) in contents.fixes {
            if let Some(first) = self.fixes.iter().find(|known| known.fix.name == fix.name) {
                let reason = format!(
                    "name: {} stands at {} already, which counts; choose another name",
                    fix.name, first.place
                );
                self.faults.push(Fault { place, fix: fix.name.to_string(), reason });
                continue;
            }
            let wanted = wanted(&fix);
            self.fixes.push(Known { fix: Arc::new(fix), place, wanted });
        }
    }
}

/// The word that consents to a fix of a project's: its name, and a hash of all it says and of the folder it is for.
pub fn consent(fix: &Fix, folder: &Path) -> String {
    let said = serde_json::to_vec(fix).unwrap_or_default();
    let place = folder.to_string_lossy();
    let digest = Sha256::new().chain_update(place.as_bytes()).chain_update([0]).chain_update(said);
    let mut word = format!("{}@", fix.name);
    for byte in digest.finalize().iter().take(8) {
        let _ = write!(word, "{byte:02x}");
    }
    word
}
