//! The stable name of a problem: a hash of its message with the changing parts masked, and for an exception of the
//! place in the user's own code that it comes from.
//!
//! The service is not part of it, so one problem in three services is one group. Names that turn out to mean one
//! problem go on under the oldest of them. A change here or in `mask` raises [`Fingerprint::VERSION`].

use super::{
    mask,
    mine::{self, Miner},
};
use crate::model::{Category, Finding, Fingerprint, Learnt, NamePart, Naming, SafeText, Thrown};
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
        let category = Some(finding.category);
        let template = mask::mask(&finding.message);
        let Name { fingerprint, template, thrown } =
            of_finding(category, template, finding.place.as_ref());
        if let Some(own) = Self::own(finding, fingerprint) {
            return (own, template);
        }
        self.place(fingerprint, category, &template, thrown.as_ref());
        match self.group(fingerprint) {
            Some((group, general)) => (group, general.into()),
            None => (fingerprint, template),
        }
    }

    /// The name that a message has by itself, and the message with its changing parts masked.
    pub fn name(category: Option<Category>, message: &str) -> (Fingerprint, SafeText) {
        let template = mask::mask(message);
        (of_template(category, &template), SafeText::from(template))
    }

    /// Learns from a template, which [`Self::name`] or [`super::Namer`] gave.
    ///
    /// What came without a trace belongs to the first place that its message is known to be thrown at.
    pub fn place(
        &mut self,
        name: Fingerprint,
        category: Option<Category>,
        template: &SafeText,
        thrown: Option<&Thrown>,
    ) {
        let scope = || mine::scope(scope(category, template));
        let origin = thrown.map(|thrown| (thrown.plain, mine::scope(&thrown.place)));
        self.miner.place(name, scope, template, origin);
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

    /// The name of the group that the user's own rule puts a finding into, which has `name` without it; `None` where no
    /// rule does.
    pub fn own(finding: &Finding, name: Fingerprint) -> Option<Fingerprint> {
        of_naming(finding.naming.as_deref()?, name)
    }

    /// Name and template of the group that takes the findings of a category for which there is no room.
    pub fn overflow(category: Category) -> (Fingerprint, SafeText) {
        (name(category.slug(), "\0overflow"), SafeText::from("rarer problems of this category"))
    }
}

/// What a finding is called by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Name {
    pub(super) fingerprint: Fingerprint,
    pub(super) template: SafeText,
    pub(super) thrown: Option<Thrown>,
}

/// The name of a message with its changing parts masked, of an exception that was thrown at `place` where there is one.
pub(super) fn of_finding(
    category: Option<Category>,
    template: String,
    place: Option<&SafeText>,
) -> Name {
    let plain = of_template(category, &template);
    let Some(place) = place else {
        return Name { fingerprint: plain, template: template.into(), thrown: None };
    };
    let template = unquoted(&template);
    let fingerprint = of_thrown(&template, place);
    let thrown = Some(Thrown { place: place.clone(), plain });
    Name { fingerprint, template: template.into(), thrown }
}

/// The name that a message has as one part of a group.
pub(super) fn of_part(
    category: Option<Category>,
    message: &str,
    thrown: Option<&Thrown>,
) -> Fingerprint {
    of_finding(category, mask::mask(message), thrown.map(|thrown| &thrown.place)).fingerprint
}

/// The name of an exception; the place tells problems apart as the category does for others.
fn of_thrown(template: &str, place: &str) -> Fingerprint {
    name(&format!("thrown {place}"), template)
}

/// What a user's rule makes of a name; `None` where it leaves it as it is.
fn of_naming(naming: &Naming, default: Fingerprint) -> Option<Fingerprint> {
    if matches!(naming.parts.as_slice(), [] | [NamePart::Default]) {
        return None;
    }
    let parts = naming.parts.iter().map(|part| match part {
        NamePart::Default => format!("\0{:016x}", default.0),
        NamePart::Words(words) => words.to_string(),
    });
    Some(name("user's own", &parts.collect::<Vec<_>>().join("\0\0")))
}

/// The template with what stands in quotes masked: thrown at one place, `KeyError: 'a'` and `KeyError: 'b'` are one.
fn unquoted(template: &str) -> String {
    let mut out = String::with_capacity(template.len());
    let mut rest = template;
    while let Some(at) = rest.find(['\'', '"', '`']) {
        let (before, from) = rest.split_at(at);
        let quote = &from[..1];
        out.push_str(before);
        let is_begin = !before.ends_with(char::is_alphanumeric);
        let is_end =
            |end: &usize| *end > 0 && !from[end + 2..].starts_with(|c: char| c.is_alphanumeric());
        let end = from[1..].match_indices(quote).map(|(end, _)| end).find(is_end);
        if let Some(end) = end.filter(|_| is_begin) {
            out.extend([quote, "<str>", quote]);
            rest = &from[end + 2..];
        } else {
            out.push_str(quote);
            rest = &from[1..];
        }
    }
    out.push_str(rest);
    out
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
    use chrono::DateTime;

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
    fn what_stands_in_quotes_is_masked_and_an_apostrophe_is_none() {
        for (template, want) in [
            ("KeyError: 'a'", "KeyError: '<str>'"),
            ("can't read \"x\" of `y`", "can't read \"<str>\" of `<str>`"),
            ("the user's 'name' isn't set", "the user's '<str>' isn't set"),
            ("open '", "open '"),
            ("''", "''"),
            ("'it's' é'", "'<str>' é'"),
        ] {
            assert_eq!(unquoted(template), want);
        }
    }

    fn thrown(message: &str, place: Option<&str>) -> Finding {
        let mut finding = crate::group::tests::finding(message, DateTime::UNIX_EPOCH);
        finding.place = place.map(SafeText::from);
        finding
    }

    /// The number of groups that these are in the end.
    fn groups(findings: &[(&str, Option<&str>)]) -> usize {
        let mut grouper = Grouper::new();
        let mut names = Vec::new();
        for (message, place) in findings {
            let finding = thrown(message, *place);
            grouper.key(&finding);
            let template = mask::mask(message);
            names.push(of_finding(Some(finding.category), template, finding.place.as_ref()));
        }
        let group = |name: &Name| grouper.group(name.fingerprint).unwrap().0;
        names.iter().map(group).collect::<std::collections::HashSet<_>>().len()
    }

    #[test]
    fn an_exception_is_known_by_its_place_and_its_words() {
        let (load, save) = (Some("cart.py load"), Some("cart.py save"));
        for (findings, want) in [
            // Other values at one place.
            (&[("KeyError: 'a'", load), ("KeyError: 'b'", load)][..], 1),
            (&[("ValueError: bad order 17", load), ("ValueError: bad order 18", load)], 1),
            // Other places, and other words.
            (&[("KeyError: 'a'", load), ("KeyError: 'a'", save)], 2),
            (&[("KeyError: 'a'", load), ("TypeError: 'a'", load)], 2),
            // Without a trace it is that of the first place, whichever comes first.
            (&[("KeyError: 'a'", None), ("KeyError: 'a'", load)], 1),
            (&[("KeyError: 'a'", load), ("KeyError: 'a'", None)], 1),
            (&[("KeyError: 'a'", load), ("KeyError: 'b'", load), ("KeyError: 'b'", None)], 1),
            (&[("KeyError: 'a'", load), ("KeyError: 'a'", None), ("KeyError: 'a'", save)], 2),
            (&[("KeyError: 'a'", load), ("KeyError: 'b'", save), ("KeyError: 'b'", load)], 2),
            // Nobody knows that these are one.
            (&[("KeyError: 'a'", None), ("KeyError: 'b'", None)], 2),
        ] {
            assert_eq!(groups(findings), want, "{findings:?}");
        }
    }

    #[test]
    fn names_that_are_learnt_do_not_join_two_places() {
        let names = ["ann", "bob", "carol", "dora"];
        let messages: Vec<_> = names.iter().map(|n| format!("LoginError: no user {n}")).collect();
        let at = |place| messages.iter().map(move |m| (m.as_str(), place)).collect::<Vec<_>>();
        let plain = at(None);
        let load = at(Some("cart.py load"));
        let save = at(Some("cart.py save"));
        assert_eq!(groups(&plain), 1);
        assert_eq!(groups(&[&plain[..], &load[..]].concat()), 1);
        assert_eq!(groups(&[&load[..], &save[..], &plain[..]].concat()), 2);
    }

    #[test]
    fn the_users_own_parts_make_the_name() {
        let words = |text: &str| NamePart::Words(text.into());
        let naming = |parts: &[NamePart]| {
            let naming = Naming { parts: parts.to_vec(), title: None, rule: "x:1".into() };
            let mut findings = ["connection refused", "no such host"].map(|m| thrown(m, None));
            for finding in &mut findings {
                finding.naming = Some(Box::new(naming.clone()));
            }
            findings.map(|finding| Grouper::new().key(&finding).0)
        };
        let [a, b] = naming(&[words("ours")]);
        assert_eq!(a, b);
        assert_ne!(a, naming(&[words("ours"), words("db")])[0]);
        assert_ne!(naming(&[words("a"), words("b")]), naming(&[words("ab")]));
        let [a, b] = naming(&[words("ours"), NamePart::Default]);
        assert_ne!(a, b);
        let plain = ["connection refused", "no such host"]
            .map(|message| Grouper::new().key(&thrown(message, None)).0);
        assert_eq!(naming(&[NamePart::Default]), plain);
    }

    #[test]
    fn names_are_the_same_in_every_release_of_one_version() {
        assert_eq!(Fingerprint::VERSION, 2);
        assert_eq!(name("database", "too many clients").to_string(), "fp2:a569e54b6f1478c3");
        let thrown = of_thrown("KeyError: '<str>'", "cart.py load");
        assert_eq!(thrown.to_string(), "fp2:0d3f0bf5c5d516d3");
    }
}
