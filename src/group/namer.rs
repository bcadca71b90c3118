//! Names messages, and remembers the templates that it has seen: a known one costs neither a hash of it nor memory.

use super::{fingerprint, mask};
use crate::model::{Category, Finding, Fingerprint, SafeText, Thrown};
use foldhash::HashMap;
use std::sync::Arc;

/// Templates that are remembered; beyond, all are forgotten.
const MAX_TEMPLATES: usize = 8_192;

/// Gives the names that [`super::Grouper::name`] gives; one for each thread.
#[derive(Debug, Default)]
pub struct Namer {
    known: HashMap<Box<str>, Known>,
    /// Where a message is masked.
    room: String,
}

#[derive(Debug)]
struct Known {
    template: Arc<SafeText>,
    /// One for each category that it was judged to be, which are few.
    names: Vec<(Option<Category>, Fingerprint)>,
}

impl Namer {
    /// A namer that has seen nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// The name that a message has by itself, and the message with its changing parts masked.
    pub fn name(
        &mut self,
        category: Option<Category>,
        message: &str,
    ) -> (Fingerprint, Arc<SafeText>) {
        let masked = mask::mask_in(message, std::mem::take(&mut self.room));
        let named = self.named(category, &masked);
        self.room = masked;
        named
    }

    /// The name that a finding has by itself, its template, and where it was thrown.
    pub fn name_of(
        &mut self,
        finding: &Finding,
    ) -> (Fingerprint, Arc<SafeText>, Option<Box<Thrown>>) {
        let category = Some(finding.category);
        let Some(place) = &finding.place else {
            let (name, template) = self.name(category, &finding.message);
            return (name, template, None);
        };
        let template = mask::mask(&finding.message);
        let named = fingerprint::of_finding(category, template, Some(place));
        (named.fingerprint, Arc::new(named.template), named.thrown.map(Box::new))
    }

    fn named(&mut self, category: Option<Category>, masked: &str) -> (Fingerprint, Arc<SafeText>) {
        if let Some(known) = self.known.get_mut(masked) {
            let found = known.names.iter().find(|(of, _)| *of == category).copied();
            let (_, name) = found.unwrap_or_else(|| {
                let named = (category, fingerprint::of_template(category, masked));
                known.names.push(named);
                named
            });
            return (name, Arc::clone(&known.template));
        }
        if self.known.len() >= MAX_TEMPLATES {
            self.known.clear();
        }
        let name = fingerprint::of_template(category, masked);
        let template = Arc::new(SafeText::from(masked));
        let known = Known { template: Arc::clone(&template), names: vec![(category, name)] };
        self.known.insert(masked.into(), known);
        (name, template)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::group::Grouper;

    #[test]
    fn names_as_who_remembers_nothing() {
        let mut namer = Namer::new();
        for round in 0..3 {
            for category in [None, Some(Category::Database), Some(Category::Network)] {
                for message in
                    ["a 17", "job 12 of user bob failed after 3 s", "", "a b9", "\u{1b}[1m"]
                {
                    let (name, template) = namer.name(category, message);
                    let want = Grouper::name(category, message);
                    assert_eq!((name, (*template).clone()), want, "{round}: {message}");
                }
            }
        }
    }

    #[test]
    fn memory_does_not_grow_with_new_templates() {
        let mut namer = Namer::new();
        for n in 0..3 * MAX_TEMPLATES {
            let word: String = format!("{n:05}").bytes().map(|b| (b + 49) as char).collect();
            namer.name(None, &word);
        }
        assert!(namer.known.len() <= MAX_TEMPLATES);
    }
}
