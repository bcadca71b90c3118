//! Judges one event: which rule it is, how bad, and which of its lines says so.
//!
//! The program's own level comes before any word: trace, debug and info are heard only by rules that ask for them,
//! lines without a level only by words, and what is logged as a warning or worse is always a problem.

mod explain;

use super::{
    Rule, RuleSet, Scope, access,
    grouping::{self, Seen},
    harmless, place, subject, telling,
};
use crate::model::{Category, Finding, Level, LogEvent, LogLine, Naming, SafeText};
pub use explain::{Explanation, Hit};
use std::{borrow::Cow, iter};

/// Lines of an event that go into a finding.
const MAX_LINES: usize = 200;
/// Exceptions of one event that are judged.
const MAX_EXCEPTIONS: usize = 6;
/// Why a rule does not count that is for lines of another level.
const NOT_AT_THIS_LEVEL: &str = "not at this level";

/// Applies rules to events. Holds nothing of what it saw.
#[derive(Debug)]
pub struct Detector {
    rules: RuleSet,
}

/// The rule that an event comes under, and the words that say so.
#[derive(Debug)]
pub struct Verdict<'a> {
    rule: &'a Rule,
    text: Cow<'a, str>,
}

impl Detector {
    /// A detector with these rules.
    pub const fn new(rules: RuleSet) -> Self {
        Self { rules }
    }

    /// The rules.
    pub const fn rules(&self) -> &RuleSet {
        &self.rules
    }

    /// The finding, where the event is a problem.
    pub fn detect(&self, event: &LogEvent) -> Option<Finding> {
        let verdict = self.judge(event).filter(|verdict| !verdict.rule.ignore)?;
        Some(self.finding(&verdict, event))
    }

    /// The verdict on a line that is an event of its own, where it is a problem; costs no memory where it is none and says
    /// so itself.
    pub fn detect_line<'a>(&'a self, line: LogLine<'a>) -> Option<Verdict<'a>> {
        self.judge_line(line).filter(|verdict| !verdict.rule.ignore)
    }

    /// What a verdict says of its event.
    pub fn finding(&self, verdict: &Verdict<'_>, event: &LogEvent) -> Finding {
        let Verdict { rule, text } = verdict;
        let head = &event.head;
        let request = (rule.scope == Scope::Access).then(|| access::request(text)).flatten();
        Finding {
            rule: rule.id.clone(),
            guidance: rule.guidance.clone(),
            category: rule.category,
            severity: rule.severity_at(head.level),
            origin: head.origin.clone(),
            stream: head.stream,
            position: event.position(),
            level: head.level,
            message: SafeText::from(request.as_deref().unwrap_or(text.trim())),
            place: thrown_at(event, text.trim()),
            naming: self.naming(event, rule, text.trim()).map(Box::new),
            lines: event.records().take(MAX_LINES).map(|record| record.text.clone()).collect(),
        }
    }

    fn naming(&self, event: &LogEvent, rule: &Rule, message: &str) -> Option<Naming> {
        let rules = self.rules.groupings();
        if rules.is_empty() {
            return None;
        }
        let thrown = telling::exceptions(event.records().map(|record| record.said()));
        let exception = telling::exception_type(message);
        let exception =
            exception.or_else(|| telling::exception_type(thrown.last().copied()?)).unwrap_or("");
        let (service, rule_id) = (&event.head.origin.service, rule.id.as_str());
        let category = rule.category;
        grouping::naming(rules, Seen { service, category, rule: rule_id, message, exception })
    }

    fn judge<'a>(&'a self, event: &'a LogEvent) -> Option<Verdict<'a>> {
        let line = event.head.line();
        if event.rest.is_empty() || is_quiet(line.level) {
            return self.judge_line(line);
        }
        let head_text = subject::of_event(event);
        let head = self.winner(&head_text, line);
        let root = self.judge_exceptions(event);
        let continued = continuation(&head_text, event);
        if let Some(text) = continued
            && root.is_none()
            && let Some(rule) = self.winner(text, line)
            && head.is_none_or(|head| head.priority <= rule.priority)
        {
            return Some(Verdict { rule, text: Cow::Borrowed(text) });
        }
        match (head, root) {
            // The head has the say where it says something of its own; else the exception under it.
            (Some(head), Some(root))
                if root.rule.priority > head.priority
                    || telling::names_nothing(&head_text)
                    || head.is_broad() && root.rule.priority == head.priority =>
            {
                Some(root)
            }
            (None, root) => root,
            (Some(rule), _) => {
                let deepest = || {
                    let lines = || event.rest.iter().map(|record| record.said());
                    let found = telling::exceptions(lines());
                    let told = found.iter().rfind(|text| text.contains(": ")).or(found.last());
                    let told = told.copied().or_else(|| telling::above_frames(lines()));
                    told.filter(|_| telling::only_announces(&head_text))
                };
                let text = continued.or_else(deepest).map_or(head_text, Cow::Borrowed);
                Some(Verdict { rule, text })
            }
        }
    }

    /// The verdict on an event of one line.
    fn judge_line<'a>(&'a self, line: LogLine<'a>) -> Option<Verdict<'a>> {
        if is_quiet(line.level) {
            let rule = self.winner(line.text, line)?;
            return Some(Verdict { rule, text: subject::of(line) });
        }
        let text = subject::of(line);
        let rule = self.winner(&text, line)?;
        Some(Verdict { rule, text })
    }

    /// The verdict on the exceptions of a stack trace: the deepest, unless one above it says more.
    fn judge_exceptions<'a>(&'a self, event: &'a LogEvent) -> Option<Verdict<'a>> {
        let lines = event.records().map(|record| record.said());
        let mut best: Option<Verdict<'a>> = None;
        for text in telling::exceptions(lines).into_iter().rev().take(MAX_EXCEPTIONS) {
            if let Some(rule) = self.winner(text, event.head.line())
                && rule.pattern.is_some()
                && best.as_ref().is_none_or(|best| rule.priority > best.rule.priority)
            {
                best = Some(Verdict { rule, text: Cow::Borrowed(text) });
            }
        }
        best
    }

    /// The best rule for a text of an event with this head.
    fn winner(&self, text: &str, head: LogLine<'_>) -> Option<&Rule> {
        let rule = self.by_words(text, head).or_else(|| self.by_level(head.level))?;
        let is_nameless =
            head.level == Level::Unknown && rule.category == Category::Other && rule.is_broad();
        let named = (is_nameless && !rule.ignore).then(|| self.by_logged_words(text, head));
        Some(named.flatten().filter(|named| named.priority > rule.priority).unwrap_or(rule))
    }

    /// The best rule that speaks only where the program itself says that something is wrong. Once the words of a line
    /// say it in its stead, such a rule may tell what it is about; only exceptions and paths stand in lines about anything.
    fn by_logged_words(&self, text: &str, head: LogLine<'_>) -> Option<&Rule> {
        let head = LogLine { level: Level::Error, ..head };
        let rule = self.by_words(text, head)?;
        let tells = !matches!(rule.category, Category::Code | Category::Filesystem);
        (tells && !rule.levels.has(Level::Unknown) && !rule.ignore).then_some(rule)
    }

    /// The best rule without a pattern.
    fn by_level(&self, level: Level) -> Option<&Rule> {
        let mut fallback = self.rules.matcher().fallback().filter_map(|at| self.rule(at));
        fallback.find(|rule| rule.levels.has(level))
    }

    fn by_words(&self, text: &str, head: LogLine<'_>) -> Option<&Rule> {
        let (matcher, level) = (self.rules.matcher(), head.level);
        let mut hits = matcher.hits(text, is_quiet(level));
        let first = hits.next()?;
        let is_access = is_below_warning(level) && subject::is_access(text);
        let counts = |at: usize| {
            let rule = self.rule(at)?;
            self.silenced(at, rule, text, head, is_access).is_none().then_some(rule)
        };
        let plain = if is_access { Cow::Borrowed(text) } else { harmless::blanked(text) };
        match &plain {
            Cow::Borrowed(_) => {
                self.first_that_holds(iter::once(first).chain(hits).filter_map(counts), level)
            }
            Cow::Owned(plain) => {
                let hits = matcher.hits(plain, is_quiet(level));
                self.first_that_holds(hits.filter_map(counts), level)
            }
        }
    }

    /// The first rule; one that ignores only some categories holds where the next one is of them.
    fn first_that_holds<'a>(
        &'a self,
        rules: impl Iterator<Item = &'a Rule>,
        level: Level,
    ) -> Option<&'a Rule> {
        let mut waiting: Option<Vec<&Rule>> = None;
        for rule in rules {
            if rule.ignore && !rule.only.categories.is_empty() {
                waiting.get_or_insert_default().push(rule);
                continue;
            }
            return Some(excuse(waiting.as_deref(), rule).unwrap_or(rule));
        }
        excuse(waiting.as_deref(), self.by_level(level)?)
    }

    fn silenced(
        &self,
        at: usize,
        rule: &Rule,
        text: &str,
        head: LogLine<'_>,
        is_access: bool,
    ) -> Option<&'static str> {
        if !rule.levels.has(head.level) {
            Some(NOT_AT_THIS_LEVEL)
        } else if !rule.only.has_service(head.origin.service.as_str()) {
            Some("not for this service")
        } else if is_access && rule.scope != Scope::Access {
            Some("a line of an access log")
        } else if self.rules.matcher().is_excused(at, text) {
            Some("its unless matches")
        } else {
            None
        }
    }

    fn rule(&self, at: usize) -> Option<&Rule> {
        self.rules.rules().get(at)
    }
}

/// The words with which a head goes on that only announces.
fn continuation<'a>(head: &str, event: &'a LogEvent) -> Option<&'a str> {
    let below = event.rest.iter().filter(|record| !record.line().says_nothing());
    telling::continuation(head, below.map(|record| record.said()))
}

/// Where an exception was thrown; `None` where `message` is a program's own words: those name the problem wherever it is.
fn thrown_at(event: &LogEvent, message: &str) -> Option<SafeText> {
    let head = event.head.said();
    let is_folded = event.rest.is_empty();
    let is_thrown = if is_folded {
        // A trace in a JSON string.
        head.contains("\\n") && !telling::exceptions(iter::once(message)).is_empty()
    } else {
        let is_logged = event.head.message_at > 0 && event.head.level != Level::Unknown;
        let lines = event.records().skip(usize::from(is_logged)).map(|record| record.said());
        let is_panic = |line: &str| {
            line.starts_with("panic: ")
                || line.starts_with("fatal error: ")
                || line.starts_with("http: panic serving ")
                || line.contains("' panicked at ")
        };
        is_panic(event.head.message())
            || is_panic(head)
            || telling::exceptions(lines).iter().any(|text| text.trim_end() == message)
    };
    let lines = || event.records().flat_map(|record| place::unfolded(record.said()));
    is_thrown.then(|| place::of(lines())).flatten()
}

/// The first of the waiting rules that ignores the category of `rule`.
fn excuse<'a>(waiting: Option<&[&'a Rule]>, rule: &Rule) -> Option<&'a Rule> {
    let mut waiting = waiting?.iter().copied();
    waiting.find(|excuse| excuse.only.categories.contains(&rule.category))
}

const fn is_quiet(level: Level) -> bool {
    matches!(level, Level::Trace | Level::Debug | Level::Info)
}

const fn is_below_warning(level: Level) -> bool {
    matches!(level, Level::Unknown) || is_quiet(level)
}

#[cfg(test)]
mod tests;
