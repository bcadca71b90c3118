//! The stable name of a problem: a hash of its category and its message with the changing parts masked.
//!
//! The service is not part of it, so one problem in three services is one group; nor is the order of arrival,
//! so a name holds over runs and machines. A change here or in `mask` raises [`Fingerprint::VERSION`].

use super::mask;
use crate::model::{Category, Finding, Fingerprint, SafeText};
use sha2::{Digest, Sha256};

/// Names findings.
#[derive(Debug, Default)]
pub struct Grouper {
    _private: (),
}

impl Grouper {
    /// A grouper; all of them give the same names.
    pub fn new() -> Self {
        Self::default()
    }

    /// The name of the group that a finding belongs to, and its message with the changing parts masked.
    pub fn key(&mut self, finding: &Finding) -> (Fingerprint, SafeText) {
        let template = mask::mask(&finding.message);
        (name(finding.category.slug(), &template), SafeText::from(template))
    }

    /// Name and template of any line, problem or not.
    pub fn template(&mut self, text: &str) -> (Fingerprint, SafeText) {
        let template = mask::mask(text);
        (name("", &template), SafeText::from(template))
    }

    /// Name and template of the group that takes the findings of a category for which there is no room.
    pub fn overflow(category: Category) -> (Fingerprint, SafeText) {
        (name(category.slug(), "\0overflow"), SafeText::from("rarer problems of this category"))
    }
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
        Grouper::new().template(text).0
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
        assert_eq!(Fingerprint::VERSION, 1);
        assert_eq!(name("database", "too many clients").to_string(), "fp1:e3f24507060cc61b");
    }
}
