//! What is shown at all: `svc: level: cat: sev: state: since:` and text, as typed in one line.
//!
//! Services, moments and text hold for the problems and the log; level only for the log; category, severity and state
//! only for the problems. Words are joined by *and*; several words of one kind that do not exclude are joined by *or*.

use super::when::When;
use crate::{
    model::{
        Category, ErrorGroup, Level, Query, ServiceName, Severity, Status, StatusKind, TextMatcher,
    },
    store::Store,
};
use chrono::{DateTime, FixedOffset, Utc};
use std::collections::{BTreeSet, HashMap};

/// From when on something is new.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Since {
    /// The last visit.
    Visit,
    /// The start of the present run: of the service that is shown or selected; of a problem, its own service.
    Restart,
    /// The start of the present run of this service.
    Start(ServiceName),
    /// A moment on the clock.
    When(When),
}

/// What is known of the moments that a filter may name.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Known<'a> {
    /// Services, with their starts.
    pub(crate) store: &'a Store,
    /// The selected service.
    pub(crate) selected: Option<&'a ServiceName>,
    /// The last visit.
    pub(crate) visit: Option<DateTime<Utc>>,
    /// The present.
    pub(crate) now: DateTime<Utc>,
    /// The user's time of day.
    pub(crate) zone: FixedOffset,
}

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
    since: Option<Since>,
    /// The moment that `since` means.
    moment: Option<DateTime<Utc>>,
    /// The starts of all services, for `since:restart`.
    starts: HashMap<ServiceName, DateTime<Utc>>,
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
            since: None,
            moment: None,
            starts: HashMap::new(),
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

    /// From when on something is new, where that was asked for.
    pub(crate) const fn since(&self) -> Option<&Since> {
        self.since.as_ref()
    }

    /// The moment before which no line is shown.
    pub(crate) const fn moment(&self) -> Option<DateTime<Utc>> {
        self.moment
    }

    /// Finds the moment that was named. One on the clock stays as it was when it was typed; a start moves.
    pub(crate) fn resolve(&mut self, known: Known<'_>) {
        let start = |service: &ServiceName| started(known.store, service);
        match &self.since {
            None => {}
            Some(Since::Visit) => self.moment = known.visit,
            Some(Since::Start(service)) => self.moment = start(service),
            Some(Since::When(when)) => {
                self.moment = self.moment.or_else(|| Some(when.resolve(known.now, known.zone)));
            }
            Some(Since::Restart) => {
                self.moment = self.only_service().or(known.selected).and_then(start);
                let starts = known.store.services().map(|s| (s.name.clone(), start(&s.name)));
                self.starts = starts.filter_map(|(name, at)| Some((name, at?))).collect();
            }
        }
    }

    /// Whether a problem came, or came back, after the moment that was asked for.
    fn is_new(&self, group: &ErrorGroup) -> bool {
        let moment = match self.since {
            Some(Since::Restart) => group.main_service().and_then(|s| self.starts.get(s)).copied(),
            _ => self.moment,
        };
        moment.is_none_or(|moment| is_new_since(group, moment))
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
            && self.text.iter().all(|t| t.matches(&group.template) || t.matches(&group.title()))
            && self.is_new(group)
    }

    /// The condition on lines.
    pub(crate) fn query(&self) -> Query {
        Query {
            services: self.services.clone(),
            hidden: self.hidden.clone(),
            min_level: self.level.max(self.minimum_level),
            text: self.text.clone(),
            keeps_gaps: true,
        }
    }

    /// What can stand before a colon.
    const KINDS: [&str; 9] =
        ["svc", "service", "level", "cat", "category", "sev", "severity", "state", "since"];

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
            "since" if is_in => {
                self.since = Some(match (value, When::parse(value)) {
                    ("visit", _) => Since::Visit,
                    ("restart", _) => Since::Restart,
                    (_, Some(when)) => Since::When(when),
                    (service, None) => Since::Start(service.into()),
                });
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

/// Whether a problem came, or came back, at this moment or after it.
pub(crate) fn is_new_since(group: &ErrorGroup, moment: DateTime<Utc>) -> bool {
    let came_back = matches!(group.status, Status::Regressed { at } if at >= moment);
    group.first_seen >= moment || came_back
}

/// When the present run of a service began, its newest container's where there are several.
fn started(store: &Store, service: &ServiceName) -> Option<DateTime<Utc>> {
    store.service(service)?.containers.iter().filter_map(|c| c.started_at).max()
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
