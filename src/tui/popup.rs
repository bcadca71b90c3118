//! What may lie over the screen, and what it knows.
//!
//! While a popup is open, keys go to it: Esc closes, Enter accepts. `update/popup.rs` moves them, `view/dialogs` draws them.

use super::{completion, line::Line, palette::Palette, wishes::WishMenu};
use crate::{
    model::{Command, Fingerprint, SafeText, ServiceName},
    store::Store,
};
use std::cell::Cell;

pub(crate) use super::{
    editor::{Editor, Field, Lookup},
    questions::{Bulk, Merging, ProjectQuestion, Splitting, Told},
};

/// What lies over the screen.
#[derive(Debug)]
pub(crate) enum Popup {
    /// A question before acting on services.
    Confirm(Confirm),
    /// Which services to restart.
    Pick(Pick),
    /// Whether problems are one.
    Merge(Merging),
    /// Which message is to be a problem of its own.
    Split(Splitting),
    /// What to do to several services; the row of the cursor in [`Bulk::ALL`].
    Bulk(usize),
    /// The user's own commands for this service; the row of the cursor.
    Own(ServiceName, usize),
    /// Whether the whole project goes up or down.
    Project(ProjectQuestion),
    /// How long to mute.
    Mute(MuteMenu),
    /// The keys.
    Help(Help),
    /// Every action, service, problem and theme.
    Palette(Palette),
    /// The filter line.
    Filter(FilterLine),
    /// The issue editor.
    Editor(Box<Editor>),
    /// The themes.
    Themes(ThemeList),
    /// All messages of this run; rows scrolled from the newest.
    Messages(usize),
    /// Why this is a problem.
    Why(Fingerprint),
    /// The source cannot be reached.
    Away(Away),
    /// What the watchdog may do.
    Watchdog(WishMenu),
    /// Whether the watchdog may repair this service.
    Repair(ServiceName),
}

/// That the source cannot be reached; since when and why is known to its link.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Away;

/// What is to be done to services.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verb {
    /// Stop and start.
    Restart,
    /// Stop.
    Stop,
    /// Start.
    Start,
}

impl Verb {
    /// Capitalised, for a question: `Restart`.
    pub(crate) const fn title(self) -> &'static str {
        match self {
            Self::Restart => "Restart",
            Self::Stop => "Stop",
            Self::Start => "Start",
        }
    }

    /// As Compose spells it: `restart`.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Restart => "restart",
            Self::Stop => "stop",
            Self::Start => "start",
        }
    }
}

/// A question before acting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Confirm {
    /// What is to be done.
    pub(crate) verb: Verb,
    /// To whom, in this order.
    pub(crate) services: Vec<ServiceName>,
    /// Who needs them.
    pub(crate) dependants: Vec<ServiceName>,
    /// Whether the dependants are restarted too (`d`).
    pub(crate) with_dependants: bool,
    /// Whether Enter does it; else Cancel is the default and `y` does it.
    pub(crate) enter_accepts: bool,
}

impl Confirm {
    /// All who are touched, in order: those who are needed before those who need them.
    pub(crate) fn targets(&self) -> Vec<ServiceName> {
        let more = if self.with_dependants { self.dependants.as_slice() } else { &[] };
        self.services.iter().chain(more).cloned().collect()
    }

    /// What a yes sends.
    pub(crate) fn command(&self) -> Command {
        match self.verb {
            Verb::Restart => Command::Restart(self.targets()),
            // Those who need the others go first.
            Verb::Stop => Command::Stop(self.targets().into_iter().rev().collect()),
            Verb::Start => Command::Start(self.targets()),
        }
    }
}

/// Services with check marks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Pick {
    /// All services and whether they are chosen.
    pub(crate) rows: Vec<(ServiceName, bool)>,
    /// The row of the cursor.
    pub(crate) at: usize,
}

impl Pick {
    /// Those with a check mark.
    pub(crate) fn chosen(&self) -> Vec<ServiceName> {
        self.rows.iter().filter(|(_, is_chosen)| *is_chosen).map(|(s, _)| s.clone()).collect()
    }
}

/// How long to mute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct MuteMenu {
    /// Which problems.
    pub(crate) problems: Vec<Fingerprint>,
    /// The row of the cursor in [`MuteMenu::ROWS`].
    pub(crate) at: usize,
}

impl MuteMenu {
    /// The choices.
    pub(crate) const ROWS: [&str; 5] =
        ["until it escalates", "for 1 hour", "for 1 day", "until 100 more", "for ever"];
}

/// The help.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Help {
    /// Words to look for.
    pub(crate) search: Line,
    /// Whether the search line has the keys.
    pub(crate) is_searching: bool,
    /// Rows scrolled.
    pub(crate) scroll: usize,
    /// How far it can be scrolled and one more, as last drawn.
    pub(crate) rows: Cell<usize>,
}

/// The filter line.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct FilterLine {
    /// What was typed; it is applied while typing.
    pub(crate) input: Line,
    /// What is wrong with it.
    pub(crate) error: Option<SafeText>,
    /// What it was before, for Esc.
    pub(crate) before: String,
    /// Words that may stand in place of the last one.
    pub(crate) completions: Vec<String>,
    /// Which of them stands there.
    pub(crate) completion: Option<usize>,
}

impl FilterLine {
    /// A line to go on with.
    pub(crate) fn new(source: &str, store: &Store) -> Self {
        let text = if source.is_empty() { String::new() } else { format!("{source} ") };
        let mut line =
            Self { input: Line::new(text), before: source.to_owned(), ..Self::default() };
        line.complete(store);
        line
    }

    /// Looks for words that may stand in place of the last one.
    pub(crate) fn complete(&mut self, store: &Store) {
        self.completions = completion::words(self.input.as_str(), store);
        self.completion = None;
    }

    /// Puts the next or the previous of them there.
    pub(crate) fn next_completion(&mut self, step: isize) {
        let len = self.completions.len();
        if len == 0 {
            return;
        }
        let at = match self.completion {
            None if step < 0 => len - 1,
            None => 0,
            Some(at) => (at + len).saturating_add_signed(step) % len,
        };
        self.completion = Some(at);
        self.input = Line::new(completion::put(self.input.as_str(), &self.completions[at]));
    }
}

/// The themes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ThemeList {
    /// Names.
    pub(crate) names: Vec<String>,
    /// The row of the cursor; its theme is tried at once.
    pub(crate) at: usize,
    /// The theme to go back to on Esc.
    pub(crate) before: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn those_who_need_others_stop_first_and_start_last() {
        let mut confirm = Confirm {
            verb: Verb::Restart,
            services: vec!["db".into()],
            dependants: vec!["api".into(), "web".into()],
            with_dependants: false,
            enter_accepts: true,
        };
        assert_eq!(confirm.command(), Command::Restart(vec!["db".into()]));
        confirm.with_dependants = true;
        let all: Vec<ServiceName> = vec!["db".into(), "api".into(), "web".into()];
        assert_eq!(confirm.command(), Command::Restart(all.clone()));
        confirm.verb = Verb::Stop;
        assert_eq!(confirm.command(), Command::Stop(all.into_iter().rev().collect()));
    }
}
