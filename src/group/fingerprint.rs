//! The stable name of a problem: a hash of its message with the changing parts masked.
//!
//! The service is not part of it, so one problem in three services is one group. Names that turn out to mean one
//! problem go on under the oldest of them. A change here or in `mask` raises [`Fingerprint::VERSION`].

use super::{
    mask,
    mine::{self, Miner},
};
use crate::model::{Category, Finding, Fingerprint, Learnt, SafeText};
use sha2::{Digest, Sha256};

/// Words that a message must have of its own to be known by them alone, whatever it was judged to be.
const SPEAKING: usize = 3;

/// Names findings, and learns which names mean one problem.
#[derive(Debug, Default)]
pub struct Grouper {
    miner: Miner,
}

impl Grouper {
    /// A grouper that has learnt nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// The name of the group that a finding belongs to as far as is known, and the group's template.
    ///
    /// Later findings may show that two groups are one: [`Self::take_merges`] tells.
    pub fn key(&mut self, finding: &Finding) -> (Fingerprint, SafeText) {
        let (name, template) = Self::name(Some(finding.category), &finding.message);
        self.place(name, Some(finding.category), &template);
        match self.group(name) {
            Some((group, general)) => (group, general.into()),
            None => (name, template),
        }
    }

    /// The name that a message has by itself, and the message with its changing parts masked.
    pub fn name(category: Option<Category>, message: &str) -> (Fingerprint, SafeText) {
        let template = mask::mask(message);
        (of_template(category, &template), SafeText::from(template))
    }

    /// Learns from a template, which [`Self::name`] gave.
    pub fn place(&mut self, name: Fingerprint, category: Option<Category>, template: &SafeText) {
        self.miner.place(name, || mine::scope(scope(category, template)), template);
    }

    /// The name and the template of the group of a template that was placed; `None` for others.
    pub fn group(&self, name: Fingerprint) -> Option<(Fingerprint, &str)> {
        self.miner.group(name)
    }

    /// Pairs of groups that turned out to be one since the last call, in order: the younger, and the one whose name
    /// stays.
    pub fn take_merges(&mut self) -> Vec<(Fingerprint, Fingerprint)> {
        self.miner.take_merges()
    }

    /// Templates that were learnt since the last call, for [`Self::restore`] in a later run.
    pub fn take_learnt(&mut self) -> Vec<Learnt> {
        self.miner.take_learnt()
    }

    /// Takes what earlier runs learnt.
    pub fn restore(&mut self, learnt: Vec<Learnt>) {
        self.miner.restore(learnt);
    }

    /// Name and template of the group that takes the findings of a category for which there is no room.
    pub fn overflow(category: Category) -> (Fingerprint, SafeText) {
        (name(category.slug(), "\0overflow"), SafeText::from("rarer problems of this category"))
    }
}

/// The name of a template.
pub(super) fn of_template(category: Option<Category>, template: &str) -> Fingerprint {
    name(scope(category, template), template)
}

/// The category, where a template has too few words of its own to tell problems apart without it.
fn scope(category: Option<Category>, template: &str) -> &'static str {
    let words = template.split(|c: char| c.is_whitespace() || "()[]{},;:=\"'".contains(c));
    let is_speaking = words.filter(|word| mine::is_constant(word)).nth(SPEAKING - 1).is_some();
    if is_speaking { "" } else { category.map_or("", Category::slug) }
}

/// What one thing looks like by chance: an id may hold digits only, an address may be a name or a number.
const ALIKE: [(&str, &str); 3] = [("<hex>", "<num>"), ("<id>", "<num>"), ("<ip>", "<host>")];

fn name(category: &str, template: &str) -> Fingerprint {
    let mut canonical = template.to_owned();
    for (from, to) in ALIKE {
        if canonical.contains(from) {
            canonical = canonical.replace(from, to);
        }
    }
    let mut hash = Sha256::new();
    hash.update(Fingerprint::VERSION.to_le_bytes());
    hash.update(category.as_bytes());
    hash.update([0]);
    hash.update(canonical.as_bytes());
    let digest = hash.finalize();
    Fingerprint(digest.iter().take(8).fold(0, |name, byte| (name << 8) | u64::from(*byte)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fp(text: &str) -> Fingerprint {
        Grouper::name(None, text).0
    }

    #[test]
    fn one_problem_has_one_name_whatever_changes_in_it() {
        for (a, b) in [
            ("connect to 10.0.0.1:5432 failed", "connect to 10.9.8.7:5433 failed"),
            ("job 123456789012 failed", "job 12ab5678901c failed"),
            ("relation \"orders\" does not exist", "relation \"users\" does not exist"),
            ("fetch failed for /login", "fetch failed for /api/v1/orders/17?x=1"),
            ("timed out after 5.0s", "timed out after 120ms"),
        ] {
            assert_eq!(fp(a), fp(b), "{a} | {b}");
        }
    }

    #[test]
    fn different_problems_have_different_names() {
        for (a, b) in [
            ("connection refused", "connection reset by peer"),
            ("KeyError: 'STRIPE_API_KEY'", "KeyError: 'user'"),
            ("GET /api/orders HTTP/1.1\" 500 17", "GET /api/orders HTTP/1.1\" 404 17"),
            ("ERROR: a", "ERROR: b"),
        ] {
            assert_ne!(fp(a), fp(b), "{a} | {b}");
        }
        assert_ne!(name("network", "x"), name("database", "x"));
    }

    #[test]
    fn names_are_the_same_in_every_release_of_one_version() {
        assert_eq!(Fingerprint::VERSION, 2);
        assert_eq!(name("database", "too many clients").to_string(), "fp2:a569e54b6f1478c3");
    }
}
