//! What is shown at all: `svc: level: cat: sev: state:` and text, as typed in one line.
//!
//! Services and text hold for the problems and the log; level only for the log; category, severity and state only
//! for the problems. Words are joined by *and*; several words of one kind that do not exclude are joined by *or*.

use crate::model::{
    Category, ErrorGroup, Level, Query, ServiceName, Severity, StatusKind, TextMatcher,
};
use std::collections::BTreeSet;

/// A condition on problems and lines.
#[derive(Debug, Clone)]
pub(crate) struct Filter {
    source: String,
    services: BTreeSet<ServiceName>,
    hidden: BTreeSet<ServiceName>,
    level: Option<Level>,
    categories: Vec<(Category, bool)>,
    severities: Vec<(Severity, bool)>,
    states: Vec<(StatusKind, bool)>,
    text: Vec<TextMatcher>,
    /// Problems below this are hidden.
    pub(crate) minimum: Severity,
    /// Lines below this are hidden; lines that do not say, too.
    pub(crate) minimum_level: Option<Level>,
}

impl Filter {
    /// Everything of at least this severity.
    pub(crate) fn new(minimum: Severity) -> Self {
        Self {
            source: String::new(),
            services: BTreeSet::new(),
            hidden: BTreeSet::new(),
            level: None,
            categories: Vec::new(),
            severities: Vec::new(),
            states: Vec::new(),
            text: Vec::new(),
            minimum,
            minimum_level: None,
        }
    }

    /// Replaces what was typed, keeping the minimums.
    ///
    /// # Errors
    /// A sentence that names the word that cannot be read and the known ones; nothing changes.
    pub(crate) fn set(&mut self, source: &str) -> Result<(), String> {
        let mut next = Self::new(self.minimum);
        next.minimum_level = self.minimum_level;
        for word in words(source) {
            next.add(&word)?;
        }
        source.trim().clone_into(&mut next.source);
        *self = next;
        Ok(())
    }

    /// What was typed.
    pub(crate) fn source(&self) -> &str {
        &self.source
    }

    /// Its words, for chips.
    pub(crate) fn chips(&self) -> Vec<String> {
        words(&self.source)
    }

    /// Whether nothing was typed.
    pub(crate) fn is_empty(&self) -> bool {
        self.source.is_empty()
    }

    /// The only service that is wanted, where it is one.
    pub(crate) fn only_service(&self) -> Option<&ServiceName> {
        if self.services.len() == 1 { self.services.first() } else { None }
    }

    /// Whether a problem is shown.
    pub(crate) fn wants_group(&self, group: &ErrorGroup) -> bool {
        let severity = group.severity();
        let is_in = |s: &ServiceName| self.services.is_empty() || self.services.contains(s);
        severity >= self.minimum
            && picks(&self.severities, &severity)
            && picks(&self.categories, &group.category)
            && picks(&self.states, &group.status.kind())
            && group.services.iter().any(|s| is_in(&s.service) && !self.hidden.contains(&s.service))
            && self.text.iter().all(|t| t.matches(&group.template))
    }

    /// The condition on lines.
    pub(crate) fn query(&self) -> Query {
        Query {
            services: self.services.clone(),
            hidden: self.hidden.clone(),
            min_level: self.level.max(self.minimum_level),
            text: self.text.clone(),
        }
    }

    /// What can stand before a colon.
    const KINDS: [&str; 8] =
        ["svc", "service", "level", "cat", "category", "sev", "severity", "state"];

    fn add(&mut self, word: &str) -> Result<(), String> {
        let (is_in, body) = match word.strip_prefix('!') {
            Some(rest) if rest.contains(':') => (false, rest),
            _ => (true, word),
        };
        if body.strip_suffix(':').is_some_and(|kind| Self::KINDS.contains(&kind)) {
            // Its value is still to be typed.
            return Ok(());
        }
        let Some((kind, value)) = body.split_once(':').filter(|(_, v)| !v.is_empty()) else {
            self.text.extend(TextMatcher::parse(word)?);
            return Ok(());
        };
        match kind {
            "svc" | "service" => {
                let set = if is_in { &mut self.services } else { &mut self.hidden };
                set.extend(value.split(',').filter(|v| !v.is_empty()).map(ServiceName::from));
            }
            "level" => self.level = Some(read_level(value)?),
            "cat" | "category" => {
                for slug in value.split(',') {
                    let category = Category::ALL.iter().find(|c| c.slug().starts_with(slug));
                    let known = || Category::ALL.iter().map(|c| c.slug()).collect::<Vec<_>>();
                    let category = category.ok_or_else(|| unknown("category", slug, &known()))?;
                    self.categories.push((*category, is_in));
                }
            }
            "sev" | "severity" => {
                for name in value.split(',') {
                    let severity = Severity::ALL.iter().find(|s| s.as_str().starts_with(name));
                    let known = Severity::ALL.map(Severity::as_str);
                    self.severities
                        .push((*severity.ok_or_else(|| unknown("severity", name, &known))?, is_in));
                }
            }
            "state" => {
                for name in value.split(',') {
                    let state = STATES.iter().find(|s| s.as_str().starts_with(name));
                    let known = STATES.map(StatusKind::as_str);
                    self.states
                        .push((*state.ok_or_else(|| unknown("state", name, &known))?, is_in));
                }
            }
            _ => self.text.extend(TextMatcher::parse(word)?),
        }
        Ok(())
    }
}

const STATES: [StatusKind; 6] = [
    StatusKind::Regressed,
    StatusKind::New,
    StatusKind::Ongoing,
    StatusKind::Verifying,
    StatusKind::Fixed,
    StatusKind::Muted,
];

fn unknown(what: &str, word: &str, known: &[&str]) -> String {
    format!("no {what} {word:?}; known: {}", known.join(", "))
}

fn read_level(word: &str) -> Result<Level, String> {
    const LEVELS: [Level; 6] =
        [Level::Trace, Level::Debug, Level::Info, Level::Warn, Level::Error, Level::Fatal];
    LEVELS
        .into_iter()
        .find(|l| l.as_str().starts_with(word))
        .ok_or_else(|| unknown("level", word, &LEVELS.map(Level::as_str)))
}

/// No condition holds for all; else one that includes (where there is any) and none that excludes.
fn picks<T: PartialEq>(conditions: &[(T, bool)], value: &T) -> bool {
    let mut included = conditions.iter().filter(|(_, is_in)| *is_in).peekable();
    let is_included = included.peek().is_none() || included.any(|(v, _)| v == value);
    is_included && !conditions.iter().any(|(v, is_in)| !is_in && v == value)
}

/// Words by spaces; `"..."` and `/.../` keep theirs.
fn words(source: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = String::new();
    let mut quote = None;
    for c in source.chars() {
        match (quote, c) {
            (Some('"'), '"') => quote = None,
            (Some('/'), '/') => {
                quote = None;
                word.push(c);
            }
            (None, '"') => quote = Some('"'),
            (None, '/') if word.is_empty() || word == "!" => {
                quote = Some('/');
                word.push(c);
            }
            (None, c) if c.is_whitespace() => {
                if !word.is_empty() {
                    words.push(std::mem::take(&mut word));
                }
            }
            (_, c) => word.push(c),
        }
    }
    if !word.is_empty() {
        words.push(word);
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_keep_quotes_and_expressions_together() {
        assert_eq!(
            words(r#"svc:db "too many" /a b/ !/c d/ x/y"#),
            ["svc:db", "too many", "/a b/", "!/c d/", "x/y"]
        );
    }

    #[test]
    fn reads_every_kind_of_word() {
        let mut filter = Filter::new(Severity::Info);
        filter
            .set("svc:api,db !svc:web level:warn cat:data sev:crit !state:muted refused !GET")
            .unwrap();
        let query = filter.query();
        assert_eq!(query.services.len(), 2);
        assert!(query.hidden.contains(&"web".into()));
        assert_eq!(query.min_level, Some(Level::Warn));
        assert_eq!(query.text.len(), 2);
        assert!(picks(&filter.categories, &Category::Database));
        assert!(!picks(&filter.categories, &Category::Network));
        assert!(!picks(&filter.states, &StatusKind::Muted));
        assert!(picks(&filter.states, &StatusKind::New));
        assert_eq!(filter.chips().len(), 8);
    }

    #[test]
    fn faults_name_the_word_and_the_known_ones_and_change_nothing() {
        let mut filter = Filter::new(Severity::Info);
        filter.set("svc:api").unwrap();
        assert_eq!(
            filter.set("sev:dreadful").unwrap_err(),
            "no severity \"dreadful\"; known: critical, error, warning, info"
        );
        assert!(filter.set("/(/").is_err());
        assert_eq!(filter.source(), "svc:api");
    }

    #[test]
    fn a_colon_in_plain_text_is_text() {
        let mut filter = Filter::new(Severity::Info);
        filter.set("db:5432").unwrap();
        assert_eq!(filter.query().text.len(), 1);
    }
}
