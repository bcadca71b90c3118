//! The palette: every action, service, problem and theme, found by a few letters of its words.

use super::{action::Action, line::Line, when::When};
use crate::{
    model::{Fingerprint, SafeText, ServiceName, Severity},
    store::Store,
};
use nucleo_matcher::{
    Config, Matcher, Utf32Str,
    pattern::{CaseMatching, Normalization, Pattern},
};
use std::cmp::Reverse;

/// What an entry does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Does {
    /// The same as its key.
    Act(Action),
    /// Asks whether to restart these.
    Restart(Vec<ServiceName>),
    /// Shows only this service.
    Show(ServiceName),
    /// Selects this problem.
    Select(Fingerprint),
    /// Goes to this moment in the log.
    Go(When),
    /// Goes on with these words typed.
    Type(&'static str),
    /// Uses this theme.
    Theme(String),
}

/// One line of the palette.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    /// What is searched.
    pub(crate) text: SafeText,
    /// What else there is to say of it.
    pub(crate) note: SafeText,
    /// How bad it is, where it is a problem.
    pub(crate) severity: Option<Severity>,
    /// What Enter does.
    pub(crate) does: Does,
}

/// An entry that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Hit {
    /// Its place among the entries.
    pub(crate) entry: usize,
    /// The characters that were found, by number, in order.
    pub(crate) indices: Vec<u32>,
}

/// The palette, as it was when it was opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Palette {
    input: Line,
    entries: Vec<Entry>,
    hits: Vec<Hit>,
    /// The row of the cursor among the hits.
    pub(crate) at: usize,
}

impl Palette {
    /// Actions that make no sense out of a list: they move a cursor, or open this very popup.
    const LEFT_OUT: [Action; 12] = [
        Action::MoveUp,
        Action::MoveDown,
        Action::PageUp,
        Action::PageDown,
        Action::HalfPageUp,
        Action::HalfPageDown,
        Action::ScrollLeft,
        Action::ScrollRight,
        Action::Fold,
        Action::Unfold,
        Action::Palette,
        Action::Back,
    ];

    /// Everything that can be done now; restarts of `service` come first.
    pub(crate) fn new(store: &Store, service: Option<&ServiceName>, themes: &[String]) -> Self {
        let entry = |text: String, note: &str, does| Entry {
            text: text.into(),
            note: note.into(),
            severity: None,
            does,
        };
        let mut entries = Vec::new();
        if let Some(service) = service {
            let does = Does::Restart(vec![service.clone()]);
            entries.push(entry(format!("restart {service}"), "the selected one", does));
        }
        entries.extend(Action::ALL.iter().filter(|a| !Self::LEFT_OUT.contains(a)).map(|action| {
            entry(action.description().to_owned(), action.name(), Does::Act(*action))
        }));
        let does = Does::Type("go ");
        entries.push(entry("go to a time in the log".to_owned(), "go 14:32, go 2h", does));
        let mut groups: Vec<_> = store.groups().filter(|g| g.status.is_open()).collect();
        groups.sort_by_key(|g| (Reverse(g.severity()), Reverse(g.last_seen)));
        entries.extend(groups.into_iter().take(200).map(|group| Entry {
            text: group.title(),
            note: group.main_service().map_or_else(SafeText::default, |s| s.as_str().into()),
            severity: Some(group.severity()),
            does: Does::Select(group.fingerprint),
        }));
        for known in store.services() {
            let name = known.name.clone();
            entries.push(entry(format!("show only {name}"), "filter", Does::Show(name.clone())));
            if service != Some(&name) {
                let note = match known.restarts() {
                    0 => String::new(),
                    1 => "restarted once already".to_owned(),
                    n => format!("restarted {n} times already"),
                };
                let does = Does::Restart(vec![name.clone()]);
                entries.push(entry(format!("restart {name}"), &note, does));
            }
        }
        let all: Vec<_> = store.services().map(|s| s.name.clone()).collect();
        if all.len() > 1 {
            entries.push(entry("restart all".to_owned(), "asks first", Does::Restart(all)));
        }
        entries.extend(
            themes
                .iter()
                .map(|name| entry(format!("theme {name}"), "colours", Does::Theme(name.clone()))),
        );
        let mut palette = Self { input: Line::default(), entries, hits: Vec::new(), at: 0 };
        palette.find();
        palette
    }

    /// What was typed.
    pub(crate) const fn input(&self) -> &Line {
        &self.input
    }

    /// What was found, best first; everything while nothing is typed.
    pub(crate) fn hits(&self) -> &[Hit] {
        &self.hits
    }

    /// How many entries there are.
    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }

    /// The entry of a hit.
    pub(crate) fn entry(&self, hit: &Hit) -> Option<&Entry> {
        self.entries.get(hit.entry)
    }

    /// What Enter does now.
    pub(crate) fn chosen(&self) -> Option<&Does> {
        self.hits.get(self.at).and_then(|hit| self.entry(hit)).map(|entry| &entry.does)
    }

    /// Changes what was typed, and finds again.
    pub(crate) fn edit(&mut self, change: impl FnOnce(&mut Line)) {
        let before = self.input.as_str().to_owned();
        change(&mut self.input);
        if self.input.as_str() != before {
            self.at = 0;
            self.find();
        }
    }

    /// Types the words of the entry under the cursor.
    pub(crate) fn complete(&mut self) {
        let text =
            self.hits.get(self.at).and_then(|hit| self.entry(hit)).map(|e| e.text.to_string());
        if let Some(text) = text {
            self.edit(|input| *input = Line::new(text));
        }
    }

    fn find(&mut self) {
        self.entries.retain(|entry| !matches!(entry.does, Does::Go(_)));
        let typed = self.input.as_str().trim();
        if typed.is_empty() {
            self.hits =
                (0..self.entries.len()).map(|entry| Hit { entry, indices: Vec::new() }).collect();
            return;
        }
        let pattern = Pattern::parse(typed, CaseMatching::Ignore, Normalization::Smart);
        let mut matcher = Matcher::new(Config::DEFAULT);
        let mut chars = Vec::new();
        let mut found: Vec<(u32, Hit)> = Vec::new();
        for (entry, Entry { text, note, .. }) in self.entries.iter().enumerate() {
            let mut indices = Vec::new();
            let words = Utf32Str::new(text, &mut chars);
            if let Some(score) = pattern.indices(words, &mut matcher, &mut indices) {
                indices.sort_unstable();
                indices.dedup();
                found.push((score * 2, Hit { entry, indices }));
                continue;
            }
            // The name in the config, or the service of a problem: found, but less of a hit.
            let words = Utf32Str::new(note, &mut chars);
            if let Some(score) = pattern.score(words, &mut matcher) {
                found.push((score, Hit { entry, indices: Vec::new() }));
            }
        }
        found.sort_by_key(|(score, hit)| (Reverse(*score), hit.entry));
        self.hits = found.into_iter().map(|(_, hit)| hit).collect();
        if let Some(time) = typed.strip_prefix("go ")
            && let Some(when) = When::parse(time)
        {
            self.hits.insert(0, Hit { entry: self.entries.len(), indices: Vec::new() });
            self.entries.push(Entry {
                text: format!("go to {} in the log", time.trim()).into(),
                note: "time".into(),
                severity: None,
                does: Does::Go(when),
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Limits;

    fn palette(typed: &str) -> Palette {
        let store = Store::new(Limits::default());
        let themes = ["dark".to_owned(), "nord".to_owned()];
        let mut palette = Palette::new(&store, Some(&"db".into()), &themes);
        palette.edit(|input| input.insert(typed));
        palette
    }

    #[test]
    fn finds_by_a_few_letters_best_first() {
        for (typed, want) in [
            ("rest db", Does::Restart(vec!["db".into()])),
            ("theme nord", Does::Theme("nord".to_owned())),
            ("nord", Does::Theme("nord".to_owned())),
            ("undo", Does::Act(Action::UndoTriage)),
            ("go 2h", Does::Go(When::Ago(chrono::Duration::hours(2)))),
            ("go to a time", Does::Type("go ")),
            ("toggle_fixed", Does::Act(Action::ToggleFixed)),
        ] {
            assert_eq!(palette(typed).chosen(), Some(&want), "{typed}");
        }
        assert_eq!(palette("zzzz").hits(), []);
        assert_eq!(palette("zzzz").chosen(), None);
        let all = palette("");
        assert_eq!(all.hits().len(), all.len());
    }

    #[test]
    fn hits_name_the_letters_that_were_found() {
        let palette = palette("nord");
        assert_eq!(palette.hits()[0].indices, [6, 7, 8, 9]);
    }

    #[test]
    fn completing_types_the_entry() {
        let mut palette = palette("nord");
        palette.complete();
        assert_eq!(palette.input().as_str(), "theme nord");
    }
}
