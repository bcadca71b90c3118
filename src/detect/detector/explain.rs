//! Why an event is, or is not, a problem, for those who wonder.

use super::{
    Detector, MAX_EXCEPTIONS, NOT_AT_THIS_LEVEL, Verdict, continuation, is_below_warning, is_quiet,
    thrown_at,
};
use crate::{
    detect::{harmless, subject, telling},
    model::{Level, LogEvent, LogLine, Naming, RuleId, SafeText, Severity},
};
use std::borrow::Cow;

/// How one event was judged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explanation {
    /// What the program said.
    pub level: Level,
    /// Every rule with a hit on any line that was judged, best first for each line.
    pub hits: Vec<Hit>,
    /// The rule that won, and how bad it is; `None` where the event is no problem.
    pub winner: Option<(RuleId, Severity)>,
    /// The line that says what is wrong.
    pub message: Option<SafeText>,
    /// Where in the user's own code it was thrown.
    pub place: Option<SafeText>,
    /// What the user's own rules say of its group.
    pub naming: Option<Naming>,
    /// Why it is no problem, as a sentence; `None` where it is one.
    pub ignored: Option<String>,
}

/// One rule whose pattern is in one line of an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hit {
    /// The rule.
    pub rule: RuleId,
    /// The words it was looked for in.
    pub text: SafeText,
    /// Why it does not count, as a few words; `None` where it does.
    pub silenced: Option<&'static str>,
}

impl Detector {
    /// Why the event is, or is not, a problem.
    pub fn explain(&self, event: &LogEvent) -> Explanation {
        let level = event.head.level;
        let verdict = self.judge(event);
        let mut hits = Vec::new();
        for text in Self::texts(event) {
            self.explain_text(&text, event.head.line(), &mut hits);
        }
        if let Some(Verdict { rule, .. }) = &verdict {
            let won = hits.iter_mut().filter(|hit| hit.rule == rule.id);
            for hit in won.filter(|hit| hit.silenced == Some(NOT_AT_THIS_LEVEL)) {
                hit.silenced = None;
            }
        }
        let excuse = verdict.as_ref().filter(|verdict| verdict.rule.ignore);
        let excuse =
            excuse.map(|verdict| format!("Rule {} says that it is none.", verdict.rule.id));
        let verdict = verdict.filter(|verdict| !verdict.rule.ignore);
        let ignored = verdict.is_none().then(|| match (level, hits.is_empty()) {
            _ if excuse.is_some() => excuse.unwrap_or_default(),
            (Level::Trace | Level::Debug | Level::Info, _) => {
                format!("The program says {}, and no rule speaks on such lines.", level.as_str())
            }
            (_, true) => "It has no level and no rule knows its words.".to_owned(),
            (_, false) => "Rules know some of its words, but none of them counts here.".to_owned(),
        });
        Explanation {
            level,
            hits,
            winner: verdict.as_ref().map(|v| (v.rule.id.clone(), v.rule.severity_at(level))),
            message: verdict.as_ref().map(|v| SafeText::from(v.text.trim())),
            place: verdict.as_ref().and_then(|v| thrown_at(event, v.text.trim())),
            naming: verdict.as_ref().and_then(|v| self.naming(event, v.rule, v.text.trim())),
            ignored,
        }
    }

    /// The texts of an event that are judged, the head's first.
    fn texts(event: &LogEvent) -> Vec<Cow<'_, str>> {
        let head = subject::of_event(event);
        if is_quiet(event.head.level) {
            return vec![Cow::Borrowed(event.head.text.as_str())];
        }
        let continued = continuation(&head, event);
        let mut texts = vec![head];
        texts.extend(continued.map(Cow::Borrowed));
        if !event.rest.is_empty() {
            let lines = event.records().map(|record| record.said());
            let deepest_first = telling::exceptions(lines).into_iter().rev().take(MAX_EXCEPTIONS);
            texts.extend(deepest_first.map(Cow::Borrowed));
        }
        texts
    }

    fn explain_text(&self, text: &str, head: LogLine<'_>, hits: &mut Vec<Hit>) {
        let (matcher, level) = (self.rules.matcher(), head.level);
        let is_access = is_below_warning(level) && subject::is_access(text);
        let plain = if is_access { Cow::Borrowed(text) } else { harmless::blanked(text) };
        let counted: Vec<usize> = matcher.hits(&plain, is_quiet(level)).collect();
        for at in matcher.hits(text, is_quiet(level)) {
            let Some(rule) = self.rule(at) else { continue };
            let silenced = if counted.contains(&at) {
                self.silenced(at, rule, text, head, is_access)
            } else {
                Some("only in harmless words")
            };
            hits.push(Hit { rule: rule.id.clone(), text: SafeText::from(text), silenced });
        }
    }
}
