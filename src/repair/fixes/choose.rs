//! Which fix is tried: what fits, and of that first what has not failed in this incident and what worked before.

use super::Known;
use crate::model::{Attempt, Category, Fix, Remedy, RuleId, SafeText, ServiceName, Strategy, When};
use crate::repair::history::Cure;
use chrono::{DateTime, Utc};
use std::{cmp::Reverse, collections::BTreeSet, sync::Arc};

/// What a service has logged lately.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Signs {
    /// Categories of its open problems.
    pub categories: BTreeSet<Category>,
    /// Rules of its open problems.
    pub rules: BTreeSet<RuleId>,
}

/// A trouble, and what was tried about such before.
#[derive(Debug, Clone, Copy)]
pub struct Case<'a> {
    /// The service.
    pub service: &'a ServiceName,
    /// What is wrong.
    pub strategy: Strategy,
    /// What it has logged lately; `None` for nothing.
    pub signs: Option<&'a Signs>,
    /// What the watchdog does by itself about it.
    pub remedy: Remedy,
    /// Attempts of the present incident.
    pub incident: &'a [&'a Attempt],
    /// What worked before.
    pub cures: &'a [Cure],
}

/// The fix that is tried next; `None` for what the watchdog does by itself.
///
/// The user's own come first, in the order of their files, and what the watchdog does by itself last. What has failed in
/// this incident goes behind what has not; then what cured the same trouble of the same service most lately goes first.
pub fn choose(fixes: &[Known], case: Case<'_>) -> Option<Arc<Fix>> {
    let fits = |known: &&Known| known.wanted.is_none() && is_meant(&known.fix.when, case);
    let own = fixes.iter().filter(fits).map(|known| Some(&known.fix));
    let all = own.chain([None]);
    // Of equals the first is taken.
    let best = all.min_by_key(|fix| {
        let name = fix.map(|fix| &fix.name);
        let failures = case.incident.iter().filter(|attempt| is_of(attempt, name, case.remedy));
        (failures.count(), Reverse(worked_at(case, name)))
    });
    best.flatten().cloned()
}

/// When the same cured the same trouble of the same service last.
fn worked_at(case: Case<'_>, name: Option<&SafeText>) -> Option<DateTime<Utc>> {
    let is_same = |cure: &&Cure| {
        cure.service == *case.service
            && cure.strategy == case.strategy
            && cure.fix.as_ref() == name
            && (name.is_some() || cure.remedy == case.remedy)
    };
    case.cures.iter().find(is_same).map(|cure| cure.time)
}

/// Whether an attempt was one by this fix, or by this remedy where there is none.
fn is_of(attempt: &Attempt, name: Option<&SafeText>, remedy: Remedy) -> bool {
    match (&attempt.course, name) {
        (Some(course), Some(name)) => course.fix.name == *name,
        (None, None) => attempt.remedy == remedy,
        _ => false,
    }
}

fn is_meant(when: &When, case: Case<'_>) -> bool {
    let is_trouble = match when.trouble.as_slice() {
        // Whoever only follows another one is not ill.
        [] => case.strategy != Strategy::Dependant,
        named => named.contains(&case.strategy),
    };
    let nothing = Signs::default();
    let signs = case.signs.unwrap_or(&nothing);
    let is_any = |globs: &[String], text: &str| globs.iter().any(|glob| matches(glob, text));
    is_trouble
        && (when.services.is_empty() || is_any(&when.services, case.service.as_str()))
        && (when.categories.is_empty()
            || when.categories.iter().any(|category| signs.categories.contains(category)))
        && (when.rules.is_empty()
            || signs.rules.iter().any(|rule| is_any(&when.rules, rule.as_str())))
}

/// Whether a pattern with `*` for any text is the whole of `text`.
fn matches(glob: &str, text: &str) -> bool {
    let Some((head, rest)) = glob.split_once('*') else { return glob == text };
    let Some(mut text) = text.strip_prefix(head) else { return false };
    let mut parts: Vec<_> = rest.split('*').collect();
    let tail = parts.pop().unwrap_or_default();
    for part in parts {
        let Some(at) = text.find(part) else { return false };
        text = text.get(at + part.len()..).unwrap_or_default();
    }
    text.ends_with(tail)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_is_any_text() {
        for (glob, text, want) in [
            ("api", "api", true),
            ("api", "api2", false),
            ("worker-*", "worker-1", true),
            ("*-worker", "a-worker", true),
            ("*", "", true),
            ("a*b*c", "a-b-b-c", true),
            ("a*b*c", "a-c-b", false),
            ("ab*b", "ab", false),
        ] {
            assert_eq!(matches(glob, text), want, "{glob} {text}");
        }
    }
}
