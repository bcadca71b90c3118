//! One rule: words to look for, what they mean, and what helps.

use super::Samples;
use crate::model::{Category, Guidance, Level, RuleId, Severity};
use std::{cmp::Reverse, sync::Arc};

/// The program's own levels at which a rule may speak.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Levels(u8);

impl Levels {
    /// Every level.
    pub const ALL: Self = Self(u8::MAX);
    /// Everything but trace, debug and info: what a rule gets that does not say.
    pub const LOUD: Self = Self::of(&[Level::Unknown, Level::Warn, Level::Error, Level::Fatal]);

    /// Exactly these levels.
    pub const fn of(levels: &[Level]) -> Self {
        let mut bits = 0;
        let mut at = 0;
        while at < levels.len() {
            bits |= 1 << levels[at] as u8;
            at += 1;
        }
        Self(bits)
    }

    /// Whether `level` is among them.
    pub const fn has(self, level: Level) -> bool {
        self.0 & (1 << level as u8) != 0
    }

    /// Whether any level below a warning is among them.
    pub const fn has_quiet(self) -> bool {
        self.has(Level::Trace) || self.has(Level::Debug) || self.has(Level::Info)
    }
}

/// What kind of line a rule reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Scope {
    /// Messages. Lines of access logs are not read: their words are other people's URLs.
    #[default]
    Message,
    /// Lines of access logs too.
    Access,
}

/// What a rule is limited to; empty lists are no limit.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Only {
    /// Services whose lines it reads, by Compose's names.
    pub services: Vec<Arc<str>>,
    /// For a rule that ignores: the categories whose findings it takes away.
    pub categories: Vec<Category>,
}

impl Only {
    /// Whether lines of `service` are read.
    pub fn has_service(&self, service: &str) -> bool {
        self.services.is_empty() || self.services.iter().any(|known| &**known == service)
    }
}

/// Where a rule was read from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RuleSource {
    /// Compiled into the program, from this file of `patterns/`.
    BuiltIn(&'static str),
    /// The user's folder, or the project's file; its name.
    User(Arc<str>),
}

/// One rule, complete and checked.
#[derive(Debug, Clone)]
pub struct Rule {
    /// `category.name`.
    pub id: RuleId,
    /// The part of the id before the dot.
    pub category: Category,
    /// How bad a hit is, before the program's own level is heard.
    pub severity: Severity,
    /// Regular expression, ASCII, without case; `None` takes every line of `levels`.
    pub pattern: Option<String>,
    /// Where this matches as well, the rule does not hit.
    pub unless: Option<String>,
    /// At which levels it may speak.
    pub levels: Levels,
    /// What kind of line it reads.
    pub scope: Scope,
    /// Higher wins; from -10 down ([`Rule::is_broad`]) the words are general and give way to those that say more.
    pub priority: i8,
    /// Whether lines that it wins are no problems after all, whatever their level.
    pub ignore: bool,
    /// Which services and categories it is limited to.
    pub only: Only,
    /// Whether `severity` stands even where the program's own level says otherwise.
    pub overrides_level: bool,
    /// What its reader is told.
    pub guidance: Arc<Guidance>,
    /// Lines that it must win.
    pub matches: Samples,
    /// Lines that it must not hit.
    pub misses: Samples,
    /// Where it was read from.
    pub source: RuleSource,
}

impl Rule {
    /// Orders rules so that of several that hit, the first wins: higher priority, then the category that names the
    /// cause before the one that names the place, then the worse severity, then the name.
    pub(super) fn rank(&self) -> impl Ord + use<> {
        (
            Reverse(self.priority),
            specificity(self.category),
            Reverse(self.severity),
            self.id.clone(),
        )
    }

    /// Whether it knows only general words, such as `failed`.
    pub const fn is_broad(&self) -> bool {
        self.priority <= -10
    }

    /// How bad a hit is on a line of this level.
    ///
    /// A warning is never more than a warning and an error never less than an error; a fatal line is critical where
    /// only general words were recognised, because then the program knows better than the rule.
    pub fn severity_at(&self, level: Level) -> Severity {
        match level {
            _ if self.overrides_level => self.severity,
            Level::Warn => self.severity.min(Severity::Warning),
            Level::Fatal if self.is_broad() => Severity::Critical,
            Level::Error | Level::Fatal => self.severity.max(Severity::Error),
            Level::Unknown | Level::Trace | Level::Debug | Level::Info => self.severity,
        }
    }
}

/// Lower is more specific. `connection to "db" failed: certificate verify failed` is a matter of certificates.
const fn specificity(category: Category) -> u8 {
    match category {
        Category::Tls => 0,
        Category::Cors => 1,
        Category::Websocket => 2,
        Category::Migration => 3,
        Category::Authentication => 4,
        Category::Resource => 5,
        Category::Permission => 6,
        Category::Dependency => 7,
        Category::Configuration => 8,
        Category::Filesystem => 9,
        Category::Database => 10,
        Category::Timeout => 11,
        Category::Network => 12,
        Category::Health => 13,
        Category::Performance => 14,
        Category::Code => 15,
        Category::Other => 16,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(severity: Severity, priority: i8, overrides_level: bool) -> Rule {
        Rule {
            id: RuleId::from("other.x"),
            category: Category::Other,
            severity,
            pattern: None,
            unless: None,
            levels: Levels::LOUD,
            scope: Scope::Message,
            priority,
            ignore: false,
            only: Only::default(),
            overrides_level,
            guidance: Arc::default(),
            matches: Samples::default(),
            misses: Samples::default(),
            source: RuleSource::BuiltIn("other.toml"),
        }
    }

    #[test]
    fn levels_are_a_set() {
        for level in [Level::Unknown, Level::Warn, Level::Error, Level::Fatal] {
            assert!(Levels::LOUD.has(level));
        }
        assert!(!Levels::LOUD.has_quiet());
        assert!(Levels::of(&[Level::Info]).has_quiet());
        assert!(!Levels::of(&[Level::Info]).has(Level::Error));
    }

    #[test]
    fn the_programs_level_bounds_the_severity() {
        for (severity, priority, overrides, level, want) in [
            (Severity::Critical, 0, false, Level::Warn, Severity::Warning),
            (Severity::Critical, 0, true, Level::Warn, Severity::Critical),
            (Severity::Warning, 0, false, Level::Error, Severity::Error),
            (Severity::Critical, 0, false, Level::Error, Severity::Critical),
            (Severity::Error, 0, false, Level::Fatal, Severity::Error),
            (Severity::Error, -10, false, Level::Fatal, Severity::Critical),
            (Severity::Warning, -10, true, Level::Fatal, Severity::Warning),
            (Severity::Warning, 0, false, Level::Unknown, Severity::Warning),
        ] {
            assert_eq!(rule(severity, priority, overrides).severity_at(level), want, "{level:?}");
        }
    }

    #[test]
    fn specificity_orders_all_categories_differently() {
        let all: std::collections::BTreeSet<u8> =
            Category::ALL.iter().map(|c| specificity(*c)).collect();
        assert_eq!(all.len(), Category::ALL.len());
    }
}
